import * as vscode from 'vscode';
import { messageOf } from '../base/userError';
import { withoutCredentials } from './credentials';

/** What is used of the built-in Git extension's API, version 1. */
interface GitApi {
  getRepository(uri: vscode.Uri): GitRepository | null;
  openRepository?(root: vscode.Uri): Thenable<GitRepository | null>;
}

interface GitRepository {
  push(remoteName?: string, branchName?: string, setUpstream?: boolean): Thenable<void>;
}

interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

/**
 * Pushes with the editor's own credentials; what went wrong as a sentence. `undefined` as a function
 * where there is no Git extension, as in Restricted Mode: it is not a dependency.
 */
export async function gitPush(): Promise<
  ((root: string, remote: string, branch: string) => Promise<string | undefined>) | undefined
> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  const git = await extension?.activate();
  if (git?.enabled !== true) return undefined;
  const api = git.getAPI(1);
  return async (root, remote, branch) => {
    const uri = vscode.Uri.file(root);
    const repository = api.getRepository(uri) ?? (await api.openRepository?.(uri));
    if (!repository) return `Git does not know the repository ${root}.`;
    try {
      await repository.push(remote, branch, false);
      return undefined;
    } catch (error) {
      return pushError(error);
    }
  };
}

/** Errors of the Git extension carry what git said beside a message that says nothing. */
function pushError(error: unknown): string {
  const said =
    typeof error === 'object' && error !== null && 'stderr' in error ? error.stderr : undefined;
  const text = typeof said === 'string' && said.trim() !== '' ? said.trim() : messageOf(error);
  return withoutCredentials(text.split('\n').slice(-3).join(' '));
}
