import type { PullRequestHead } from '../model/ports';

/** A repository on a forge, from a remote URL in any of git's notations. */
export interface ForgeAddress {
  /** `https://git.acme.example:3000`; `https` for SSH remotes, whose web address is a guess to probe. */
  readonly baseUrl: string;
  readonly host: string;
  /** Everything before the last segment; groups keep their slashes. */
  readonly owner: string;
  readonly repository: string;
}

/** Names under which a public forge serves SSH on the port of HTTPS. */
const webHosts: Readonly<Record<string, string>> = { 'ssh.github.com': 'github.com' };

const scpLike = /^(?:[^@/]+@)?([^:/]+):(?!\/)(.+)$/;

function splitPath(path: string): { owner: string; repository: string } | undefined {
  const clean = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  const slash = clean.lastIndexOf('/');
  if (slash <= 0) return undefined;
  return { owner: clean.slice(0, slash), repository: clean.slice(slash + 1) };
}

function fromScp(url: string): ForgeAddress | undefined {
  const [, named, path] = scpLike.exec(url) ?? [];
  const parts = splitPath(path ?? '');
  if (named === undefined || parts === undefined) return undefined;
  const host = webHost(named);
  return { baseUrl: `https://${host}`, host, ...parts };
}

function fromUrl(url: URL): ForgeAddress | undefined {
  if (!['http:', 'https:', 'ssh:', 'git:'].includes(url.protocol)) return undefined;
  const parts = splitPath(decodeURIComponent(url.pathname));
  if (parts === undefined) return undefined;
  if (url.protocol.startsWith('http')) return { baseUrl: url.origin, host: url.hostname, ...parts };
  const host = webHost(url.hostname);
  return { baseUrl: `https://${host}`, host, ...parts };
}

function webHost(host: string): string {
  const name = host.toLowerCase();
  return webHosts[name] ?? name;
}

/** `undefined` for a local path and for anything without an owner and a name. */
export function parseForgeAddress(url: string): ForgeAddress | undefined {
  if (!url.includes('://')) return fromScp(url);
  return URL.canParse(url) ? fromUrl(new URL(url)) : undefined;
}

/** Where a person opens the pull request by hand: both forges serve this path. */
export function compareUrl(address: ForgeAddress, base: string, head: PullRequestHead): string {
  const from = head.owner === undefined ? '' : `${encodeURIComponent(head.owner)}:`;
  const range = `${segments(base)}...${from}${segments(head.branch)}`;
  return `${address.baseUrl}/${segments(address.owner)}/${segments(address.repository)}/compare/${range}`;
}

function segments(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** The head as both forges name it in a request: `owner:branch` in a fork. */
export function headName({ owner, branch }: PullRequestHead): string {
  return owner === undefined ? branch : `${owner}:${branch}`;
}

/** An address that can be shown: a user name of SSH stays, passwords and tokens do not. */
export function withoutCredentials(url: string): string {
  return url
    .replace(/^(https?:\/\/)[^/@]*@/i, '$1')
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/@:]*):[^/@]*@/i, '$1@');
}
