interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
}

const SSH_SCHEMES: ReadonlySet<string> = new Set(['ssh', 'git+ssh', 'ssh+git']);
const DEFAULT_PORTS: Readonly<Record<string, string>> = { https: '443', http: '80', git: '9418' };
/** Hosts that serve the same repositories as another name, for networks that block port 22. */
const HOST_ALIASES: Readonly<Record<string, string>> = {
  'ssh.github.com': 'github.com',
  'altssh.gitlab.com': 'gitlab.com',
  'altssh.bitbucket.org': 'bitbucket.org',
  'ssh.dev.azure.com': 'dev.azure.com',
  'vs-ssh.visualstudio.com': 'dev.azure.com',
};

/**
 * A form in which all URLs of one repository are equal: `host/path` in lower case without user,
 * scheme, `.git` and default port, or `file:/path`. Letter case is dropped because Argo CD compares
 * URLs so. The port of an SSH URL is dropped too: it says nothing about the port of the web server.
 */
export function normaliseGitUrl(url: string): string {
  const parts = splitUrl(url.trim());
  if (parts === undefined) return `file:${trimPath(url.trim().replaceAll('\\', '/'))}`;
  if (parts.scheme === 'file') return `file:${trimPath(`/${parts.path}`)}`;
  const host = HOST_ALIASES[parts.host] ?? parts.host;
  const place = hostSpecific(host, trimPath(parts.path).replace(/^\/+/, '').toLowerCase());
  return `${place.host}${portOf(parts)}/${place.path}`;
}

/** A URL as it may be shown: without a login. The user of SSH, `git` mostly, is part of the address. */
export function withoutUser(url: string): string {
  return url
    .replace(/^([a-z0-9+.-]*ssh[a-z0-9+.-]*:\/\/[^/@:]*):[^/@]*@/i, '$1@')
    .replace(/^(?![a-z0-9+.-]*ssh)([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}

/** Two URLs of one repository, whatever their scheme, user and spelling. */
export function sameRepository(a: string, b: string): boolean {
  return a !== '' && b !== '' && normaliseGitUrl(a) === normaliseGitUrl(b);
}

const FULL_URL = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:]*)(?::(\d*))?\/*(.*)$/i;
/** `user@host:path`; a single letter before the colon is a drive of Windows, not a host. */
const SHORT_URL = /^(?:[^/@:]+@)?([^/@:]{2,}|\[[^\]]*\]):(?!\/\/)(.*)$/;

function splitUrl(url: string): UrlParts | undefined {
  const full = FULL_URL.exec(url);
  if (full !== null) {
    const [scheme, host, port, path] = full.slice(1).map((part) => part ?? '') as Quadruple;
    return { scheme: scheme.toLowerCase(), host: host.toLowerCase(), port, path };
  }
  const short = SHORT_URL.exec(url);
  if (short === null) return undefined;
  const [host = '', path = ''] = short.slice(1);
  return { scheme: 'ssh', host: host.toLowerCase(), port: '', path };
}

type Quadruple = [string, string, string, string];

function trimPath(path: string): string {
  const bare = path
    .replace(/[?#].*$/, '')
    .replace(/\/{2,}/g, '/')
    .replace(/\/+$/, '');
  return bare.replace(/\.git$/i, '').replace(/\/+$/, '');
}

function portOf(parts: UrlParts): string {
  const plain = parts.port === '' || SSH_SCHEMES.has(parts.scheme);
  return plain || parts.port === DEFAULT_PORTS[parts.scheme] ? '' : `:${parts.port}`;
}

/** Forges whose SSH and web paths differ: Azure DevOps (`v3/`, `_git/`) and Bitbucket Server (`scm/`). */
function hostSpecific(
  host: string,
  path: string,
): { readonly host: string; readonly path: string } {
  const legacy = /^([^.]+)\.visualstudio\.com$/.exec(host)?.[1];
  if (legacy !== undefined) return { host: 'dev.azure.com', path: azurePath(`${legacy}/${path}`) };
  if (host === 'dev.azure.com') return { host, path: azurePath(path) };
  return { host, path: path.replace(/^scm\//, '') };
}

function azurePath(path: string): string {
  const parts = path
    .replace(/^v3\//, '')
    .split('/')
    .filter((part) => part !== '_git' && part !== 'defaultcollection');
  // A project's first repository may be addressed without repeating its name.
  return parts.length === 2 ? [...parts, parts[1]].join('/') : parts.join('/');
}
