import * as vscode from 'vscode';
import type { ArgoToken } from '../model/ports';
import { environmentToken, githubSignIn } from '../pipeline/environmentToken';
import { createArgoTokens } from './argoTokens';
import type { ArgoTokens } from './argoTokens';

type ForgeName = 'github' | 'gitea';

/** Tokens of forges: the editor's own sign-in, its secret storage, or the environment. */
export interface Tokens {
  /** Asks the user where nothing is stored; `undefined` when they decline. */
  get(forge: ForgeName, baseUrl: string): Promise<string | undefined>;
  /** A stored token that was not accepted is asked for anew next time. */
  forget(baseUrl: string): Promise<void>;
  readonly argo: ArgoTokens;
}

export function createTokens(
  secrets: vscode.SecretStorage,
  environment: Readonly<Record<string, string | undefined>>,
): Tokens {
  return {
    get: async (forge, baseUrl) =>
      forge === 'github'
        ? ((await githubSession(baseUrl)) ?? fromEnvironment(environment, forge, baseUrl))
        : ((await secrets.get(secretKey(baseUrl))) ??
          fromEnvironment(environment, forge, baseUrl) ??
          (await askToken(secrets, baseUrl))),
    forget: (baseUrl) => Promise.resolve(secrets.delete(secretKey(baseUrl))),
    argo: createArgoTokens(secrets),
  };
}

/** What the core may use of the stored tokens: none while the workspace is not trusted. */
export function argoTokensIn(secrets: vscode.SecretStorage): () => Promise<readonly ArgoToken[]> {
  const stored = createArgoTokens(secrets);
  return async () => (vscode.workspace.isTrusted ? await stored.all() : []);
}

function secretKey(baseUrl: string): string {
  return `token:${baseUrl}`;
}

function fromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  forge: ForgeName,
  baseUrl: string,
): string | undefined {
  const found = environmentToken(environment, forge, baseUrl);
  return found.kind === 'token' ? found.token : undefined;
}

async function githubSession(baseUrl: string): Promise<string | undefined> {
  const enterprise = vscode.workspace.getConfiguration('github-enterprise').get<string>('uri', '');
  const provider = githubSignIn(baseUrl, enterprise);
  if (provider === undefined) return undefined;
  try {
    const session = await vscode.authentication.getSession(provider, ['repo'], {
      createIfNone: true,
    });
    return session.accessToken;
  } catch {
    // Declined, or an editor without this sign-in: the environment may still have a token.
    return undefined;
  }
}

async function askToken(
  secrets: vscode.SecretStorage,
  baseUrl: string,
): Promise<string | undefined> {
  const token = await vscode.window.showInputBox({
    title: `Access token for ${baseUrl}`,
    prompt: 'Needs the right to write to repositories. It is kept in the secret storage.',
    password: true,
    ignoreFocusOut: true,
  });
  if (token === undefined || token === '') return undefined;
  await secrets.store(secretKey(baseUrl), token);
  return token;
}
