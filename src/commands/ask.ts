import * as vscode from 'vscode';
import type { Question } from './confirmation';

/** True after a clear yes: the button, and for a protected cluster its name typed. */
export async function ask(question: Question): Promise<boolean> {
  const answer = await vscode.window.showWarningMessage(
    question.message,
    { modal: true, detail: question.detail },
    question.yes,
  );
  if (answer !== question.yes) return false;
  return question.typed === undefined || (await askToType(question.message, question.typed));
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
