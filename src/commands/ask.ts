import * as vscode from 'vscode';
import type { Question } from './confirmation';

/** True after a clear yes: the button, and for a protected cluster its name typed. */
export async function ask(question: Question, show?: () => Promise<void>): Promise<boolean> {
  const more = question.show === undefined || show === undefined ? [] : [question.show];
  const answer = await vscode.window.showWarningMessage(
    question.message,
    { modal: true, detail: question.detail },
    question.yes,
    ...more,
  );
  if (answer === undefined) return false;
  if (answer !== question.yes) {
    await show?.();
    if (!(await askBeside(question))) return false;
  }
  return question.typed === undefined || (await askToType(question.message, question.typed));
}

/** Stays open while the user reads what is shown below it. */
async function askBeside({ message, place, yes }: Question): Promise<boolean> {
  const title = place === undefined ? message : `${message} on ${place}`;
  const answer = await vscode.window.showQuickPick(['Do Nothing', yes], {
    title,
    placeHolder: 'Look at the changes, then answer',
    ignoreFocusOut: true,
  });
  return answer === yes;
}

async function askToType(title: string, expected: string): Promise<boolean> {
  const typed = await vscode.window.showInputBox({
    title,
    prompt: `${expected} is protected. Type its name to go on.`,
    placeHolder: expected,
    ignoreFocusOut: true,
    validateInput: (text) => (text === expected ? undefined : `Type ${expected}`),
  });
  return typed === expected;
}

/** Paths of files with unsaved text, as the workspace names them. */
export function unsavedFiles(): readonly string[] {
  return vscode.workspace.textDocuments
    .filter(({ isDirty, uri }) => isDirty && uri.scheme === 'file')
    .map(({ uri }) => vscode.workspace.asRelativePath(uri));
}
