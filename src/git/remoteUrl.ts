import { isSafe } from './safety';

/** How git may speak to a server; nothing else is ever allowed to it. */
export type RemoteProtocol = 'https' | 'ssh' | 'http';

const FULL = /^(https|ssh|http):\/\/(?:([^/@\s]*)@)?(\[[0-9a-f:]+\]|[a-z0-9_.-]+)(?::\d+)?\/(.+)$/i;
/** `user@host:path` of ssh. */
const SHORT = /^[a-z0-9_][a-z0-9_.-]*@([a-z0-9_][a-z0-9_.-]*):(?!\/\/)(.+)$/i;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/**
 * The protocol of an address that may be fetched from: `https` and `ssh`, and `http` of this machine
 * alone. `undefined` for every other, for what holds a password, and for what could be an option.
 */
export function remoteProtocol(url: string): RemoteProtocol | undefined {
  if (!isSafe(url)) return undefined;
  if (SHORT.test(url)) return 'ssh';
  const parts = FULL.exec(url);
  const [scheme, user, host] = (parts ?? []).slice(1).map((part) => part ?? '');
  if (scheme === undefined || isOption(host) || isOption(user) || hasPassword(user))
    return undefined;
  return PROTOCOLS.find((one) => one === scheme.toLowerCase() && isReachable(one, host));
}

function hasPassword(user = ''): boolean {
  return user.includes(':');
}

const PROTOCOLS: readonly RemoteProtocol[] = ['https', 'ssh', 'http'];

function isOption(text = ''): boolean {
  return text.startsWith('-');
}

function isReachable(protocol: RemoteProtocol, host = ''): boolean {
  return protocol !== 'http' || LOOPBACK.test(host);
}

const COMMIT = /^[0-9a-f]{40}$/;

export function isCommit(ref: string): boolean {
  return COMMIT.test(ref);
}

/** A range of versions, which Argo CD and Flux take the highest tag of; no ref can be written so. */
export function isRange(ref: string): boolean {
  const isWord = /^[\d\s*~^<>=vVxX][\w\s.*~^<>=|,+-]{0,199}$/.test(ref);
  return isWord && (/[*~^<>=|,]/.test(ref) || /^v?(\d+\.)*[xX](\.[xX])*$/.test(ref));
}

/** A ref as git-check-ref-format(1) has it: never an option, a range or a refspec. */
export function isRef(ref: string): boolean {
  const isOrdinary = isSafe(ref) && !/[\s~^:?*[\\\p{Cc}]|\.\.|@\{|\/\/|\.lock$/u.test(ref);
  return isOrdinary && !/^[/+.]|[/.]$/.test(ref);
}
