import * as vscode from 'vscode';

/** Starts a command of one line in a terminal that the user sees and answers. */
export function runInTerminal(name: string, command: string): void {
  const terminal = vscode.window.createTerminal({ name });
  terminal.show();
  terminal.sendText(command);
}
