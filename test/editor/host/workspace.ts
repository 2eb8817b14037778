import * as assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { until } from './suite';

export function folder(): string {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(first, 'a folder is open');
  return first.uri.fsPath;
}

export function uriOf(path: string): vscode.Uri {
  return vscode.Uri.file(join(folder(), path));
}

export async function show(path: string): Promise<vscode.TextEditor> {
  return await vscode.window.showTextDocument(uriOf(path));
}

/** Replaces text in the editor; the text must be there. */
export async function replace(editor: vscode.TextEditor, from: string, to: string): Promise<void> {
  const { document } = editor;
  const at = document.getText().indexOf(from);
  assert.ok(at >= 0, `${from} is in ${document.fileName}`);
  const range = new vscode.Range(document.positionAt(at), document.positionAt(at + from.length));
  assert.ok(await editor.edit((edit) => edit.replace(range, to)));
}

/** Runs with a file's text changed on disk, not through the editor, and puts it back. */
export async function withDisk(
  path: string,
  change: (text: string) => string,
  run: () => Promise<void>,
): Promise<void> {
  const file = join(folder(), path);
  const text = readFileSync(file, 'utf8');
  assert.notEqual(change(text), text, `${path} changes`);
  writeFileSync(file, change(text));
  try {
    await run();
  } finally {
    writeFileSync(file, text);
  }
}

/** Runs with a saved edit, and takes it back by a saved edit. */
export async function withSaved(
  path: string,
  [from, to]: readonly [string, string],
  run: (editor: vscode.TextEditor) => Promise<void>,
): Promise<void> {
  const editor = await show(path);
  await replace(editor, from, to);
  assert.ok(await editor.document.save());
  try {
    await run(editor);
  } finally {
    const again = await show(path);
    await replace(again, to, from);
    await again.document.save();
  }
}

/** The titles of our lenses above a file. */
export async function lensesOf(path: string): Promise<readonly string[]> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    uriOf(path),
    10,
  );
  return lenses
    .filter(({ command }) => command?.command.startsWith('plumbline.'))
    .map(({ command }) => command?.title ?? '');
}

export async function lensSays(path: string, words: RegExp): Promise<string> {
  const seen: { last: readonly string[] } = { last: [] };
  try {
    return await until(`a lens that says ${words.source}`, async () => {
      seen.last = await lensesOf(path);
      return seen.last.find((title) => words.test(title));
    });
  } catch (error) {
    throw new Error(`the lens of ${path} says ${seen.last.join(' / ')}`, { cause: error });
  }
}

export function problemsOf(path: string): readonly vscode.Diagnostic[] {
  return vscode.languages
    .getDiagnostics(uriOf(path))
    .filter(({ source }) => source === 'plumbline');
}

export async function hoverTexts(path: string, line: number): Promise<readonly string[]> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    'vscode.executeHoverProvider',
    uriOf(path),
    new vscode.Position(line, 3),
  );
  return hovers.flatMap(({ contents }) =>
    contents.map((content) =>
      // Escaped text has its blanks as entities.
      (typeof content === 'string' ? content : content.value).replaceAll('&nbsp;', ' '),
    ),
  );
}
