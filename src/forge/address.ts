/** A repository on a forge, from a remote URL in any of git's notations. */
export interface ForgeAddress {
  /** `https://git.acme.example:3000`; `https` for SSH remotes, whose web address is a guess to probe. */
  readonly baseUrl: string;
  readonly host: string;
  /** Everything before the last segment; groups keep their slashes. */
  readonly owner: string;
  readonly repository: string;
}

const scpLike = /^(?:[^@/]+@)?([^:/]+):(?!\/)(.+)$/;

function splitPath(path: string): { owner: string; repository: string } | undefined {
  const clean = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  const slash = clean.lastIndexOf('/');
  if (slash <= 0) return undefined;
  return { owner: clean.slice(0, slash), repository: clean.slice(slash + 1) };
}

function fromScp(url: string): ForgeAddress | undefined {
  const [, host, path] = scpLike.exec(url) ?? [];
  const parts = splitPath(path ?? '');
  return host !== undefined && parts ? { baseUrl: `https://${host}`, host, ...parts } : undefined;
}

function fromUrl(url: URL): ForgeAddress | undefined {
  if (!['http:', 'https:', 'ssh:', 'git:'].includes(url.protocol)) return undefined;
  const parts = splitPath(decodeURIComponent(url.pathname));
  const baseUrl = url.protocol.startsWith('http') ? url.origin : `https://${url.hostname}`;
  return parts && { baseUrl, host: url.hostname, ...parts };
}

/** `undefined` for a local path and for anything without an owner and a name. */
export function parseForgeAddress(url: string): ForgeAddress | undefined {
  if (!url.includes('://')) return fromScp(url);
  return URL.canParse(url) ? fromUrl(new URL(url)) : undefined;
}

/** Where a person opens the pull request by hand: both forges serve this path. */
export function compareUrl(address: ForgeAddress, base: string, head: string): string {
  const range = `${encodeURIComponent(base)}...${encodeURIComponent(head)}`;
  return `${address.baseUrl}/${address.owner}/${address.repository}/compare/${range}`;
}
