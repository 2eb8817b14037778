import { isIP } from 'node:net';
import { listAt, textAt, valueAt } from '../model/fields';
import type { Access } from '../model/cluster';
import type { ArgoToken } from '../model/ports';

/** Of the editor's secret storage, as much as is used. */
export interface SecretStore {
  get(key: string): Thenable<string | undefined>;
  store(key: string, value: string): Thenable<void>;
  delete(key: string): Thenable<void>;
}

/** Tokens of Argo CD servers in the editor's secret storage, at most one a server. */
export interface ArgoTokens {
  all(): Promise<readonly ArgoToken[]>;
  /** The token that it replaces. */
  store(token: ArgoToken): Promise<ArgoToken | undefined>;
  forget(server: string): Promise<void>;
}

const KEY = 'argocd.tokens';

export function createArgoTokens(secrets: SecretStore): ArgoTokens {
  const all = async (): Promise<readonly ArgoToken[]> => tokensIn((await secrets.get(KEY)) ?? '');
  const write = async (tokens: readonly ArgoToken[]): Promise<void> => {
    await (tokens.length === 0 ? secrets.delete(KEY) : secrets.store(KEY, JSON.stringify(tokens)));
  };
  const except = (tokens: readonly ArgoToken[], server: string): readonly ArgoToken[] =>
    tokens.filter((one) => one.server !== server);
  return {
    all,
    async store(token) {
      const before = await all();
      await write([token, ...except(before, token.server)]);
      return before.find(({ server }) => server === token.server);
    },
    async forget(server) {
      await write(except(await all(), server));
    },
  };
}

function tokensIn(text: string): readonly ArgoToken[] {
  try {
    return listAt({ tokens: JSON.parse(text) as unknown }, 'tokens').flatMap(tokenOf);
  } catch {
    // Nothing stored, or by a version that writes it otherwise.
    return [];
  }
}

function tokenOf(stored: unknown): readonly ArgoToken[] {
  const [server, token] = [textAt(stored, 'server') ?? '', textAt(stored, 'token') ?? ''];
  if (server === '' || token === '') return [];
  const plainText = valueAt(stored, 'plainText') === true;
  return [{ server, token, plainText, rootPath: textAt(stored, 'rootPath') ?? '' }];
}

export type ArgoAddress =
  | ({ readonly kind: 'address' } & Omit<ArgoToken, 'token'>)
  | { readonly kind: 'refused'; readonly reason: string };

/** An address as a browser has it, or as `argocd login` takes it: https, but on this machine. */
export function argoAddress(written: string): ArgoAddress {
  const text = written.trim();
  const full = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  if (text === '' || !URL.canParse(full)) return refused('This is no address.');
  const url = new URL(full);
  if (url.username !== '' || url.password !== '') return refused('An address without a login.');
  const plainText = url.protocol === 'http:';
  if (plainText && !isThisMachine(url.hostname)) {
    return refused('A token is only sent by https, or to this machine.');
  }
  // What a browser shows of the user interface is no part of where the server is.
  const rootPath = url.pathname.replace(/\/(?:applications|settings|login)(?:\/.*)?$/, '');
  const server = url.host;
  return { kind: 'address', server, plainText, rootPath: rootPath.replace(/\/+$/, '') };
}

function refused(reason: string): ArgoAddress {
  return { kind: 'refused', reason };
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Why a text can be no token; `undefined` when it can. */
export function tokenProblem(text: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(text.trim()) ? undefined : 'A token is one word.';
}

/** Stays stored unless its server does not accept it, or the user stops; then what was there is back. */
export async function keepIfAccepted(
  tokens: ArgoTokens,
  token: ArgoToken,
  whoAmI: (server: string) => Promise<Access<string>>,
): Promise<Access<string>> {
  const before = await tokens.store(token);
  const undo = async (): Promise<void> => {
    await (before === undefined ? tokens.forget(token.server) : tokens.store(before));
  };
  try {
    const answer = await whoAmI(token.server);
    if (answer.kind === 'unauthorised') await undo();
    return answer;
  } catch (error) {
    await undo();
    throw error;
  }
}
