import * as vscode from 'vscode';
import { UserError } from '../base/userError';
import type { Access } from '../model/cluster';
import type { ArgoToken } from '../model/ports';
import { argoAddress, keepIfAccepted, tokenProblem } from '../host/argoTokens';
import type { Command } from './command';
import { withProgress } from './picks';
import { refresh } from './refresh';

/** Keeps a token for one server of Argo CD, once that server has accepted it. */
export const storeArgoToken: Command = async (context, argument) => {
  const workbench = await context.workbench();
  if (!workbench.state().trusted) {
    throw new UserError('No Argo CD is asked while the workspace is in Restricted Mode.');
  }
  const token = await askForToken();
  if (token === undefined) return;
  const answer = await withProgress(`Asking the Argo CD at ${token.server}`, (signal) =>
    keepIfAccepted(context.tokens.argo, token, (server) => workbench.argoUser(server, signal)),
  );
  const message = outcome(token.server, answer);
  await refresh(context, argument);
  void vscode.window.showInformationMessage(message);
};

function outcome(server: string, answer: Access<string>): string {
  if (answer.kind === 'unauthorised') {
    throw new UserError(`The Argo CD at ${server} does not accept this token; it was not kept.`);
  }
  if (answer.kind === 'ok') return `Stored. The Argo CD at ${server} knows you as ${answer.value}.`;
  return `Stored, but the Argo CD at ${server} could not be asked: ${answer.message}`;
}

async function askForToken(): Promise<ArgoToken | undefined> {
  const title = 'Store Argo CD Token';
  const written = await vscode.window.showInputBox({
    title,
    prompt: 'The address of the server, as in a browser',
    placeHolder: 'https://argocd.example.com',
    ignoreFocusOut: true,
    validateInput: (text) => {
      const read = argoAddress(text);
      return read.kind === 'refused' ? read.reason : undefined;
    },
  });
  const address = argoAddress(written ?? '');
  if (address.kind === 'refused') return undefined;
  const token = await vscode.window.showInputBox({
    title: `${title} for ${address.server}`,
    prompt:
      'Of "argocd account generate-token" or of a role of a project. It is kept in the secret storage and sent to this server only.',
    password: true,
    ignoreFocusOut: true,
    validateInput: tokenProblem,
  });
  if (token === undefined || tokenProblem(token) !== undefined) return undefined;
  const { server, plainText, rootPath } = address;
  return { server, plainText, rootPath, token: token.trim() };
}

export const forgetArgoToken: Command = async ({ tokens }) => {
  const servers = (await tokens.argo.all()).map(({ server }) => server);
  if (servers.length === 0) {
    void vscode.window.showInformationMessage('No token of an Argo CD is stored.');
    return;
  }
  const server = await vscode.window.showQuickPick(servers, {
    title: 'Forget Argo CD Token',
    placeHolder: 'Of which server?',
  });
  if (server === undefined) return;
  await tokens.argo.forget(server);
  void vscode.window.showInformationMessage(`The token for ${server} is forgotten.`);
};
