import * as vscode from 'vscode';

type ForgeName = 'github' | 'gitea';

/** Tokens of forges: the editor's own sign-in, its secret storage, or the environment. */
export interface Tokens {
  /** Asks the user where nothing is stored; `undefined` when they decline. */
  get(forge: ForgeName, baseUrl: string): Promise<string | undefined>;
  /** A stored token that was not accepted is asked for anew next time. */
  forget(baseUrl: string): Promise<void>;
}

export function createTokens(
  secrets: vscode.SecretStorage,
  environment: Readonly<Record<string, string | undefined>>,
): Tokens {
  return {
    get: async (forge, baseUrl) =>
      forge === 'github'
        ? ((await githubSession(baseUrl)) ?? environment['GITHUB_TOKEN'])
        : ((await secrets.get(secretKey(baseUrl))) ??
          environment['GITEA_TOKEN'] ??
          (await askToken(secrets, baseUrl))),
    forget: (baseUrl) => Promise.resolve(secrets.delete(secretKey(baseUrl))),
  };
}

function secretKey(baseUrl: string): string {
  return `token:${baseUrl}`;
}

async function githubSession(baseUrl: string): Promise<string | undefined> {
  const provider = /^https?:\/\/(api\.)?github\.com/.test(baseUrl) ? 'github' : 'github-enterprise';
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
