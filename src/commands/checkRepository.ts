import * as vscode from 'vscode';
import { plural } from '../views/words';
import type { Command } from './command';
import { withProgress } from './picks';

/** Shows the problems of every file, not only of open and changed ones. */
export const checkRepository: Command = async (context) => {
  const workbench = await context.workbench();
  await withProgress('Rendering and checking every app', async (signal) => {
    await Promise.race([workbench.whenIdle(), aborted(signal)]);
    signal.throwIfAborted();
  });
  const count = context.problems.showAll();
  if (count > 0) {
    await vscode.commands.executeCommand('workbench.actions.view.problems');
    return;
  }
  const { apps } = workbench.state();
  await vscode.window.showInformationMessage(
    `No problem in ${plural(apps.length, 'app')} of the open folders.`,
  );
};

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}
