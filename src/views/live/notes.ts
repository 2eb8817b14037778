import * as vscode from 'vscode';
import type { Disposable } from '../../base/dispose';
import { createDisposables } from '../../base/dispose';
import { documentRequest } from '../../host/documentUri';
import { COLORS, SCHEMES } from '../../host/ids';
import type { WorkbenchSource } from '../../host/workbenchSource';
import type { LineNote } from './present';
import { presentNotes } from './present';

/** Behind each line of a live diff that differs: who set it, when, and what the next sync does. */
export function noteFields(source: WorkbenchSource): Disposable {
  const owned = createDisposables();
  const drift = owned.add(noteType(COLORS.drift));
  const other = owned.add(noteType('editorCodeLens.foreground'));

  const note = (editor: vscode.TextEditor): void => {
    const { uri } = editor.document;
    if (uri.scheme !== SCHEMES.live && uri.scheme !== SCHEMES.git) return;
    const request = documentRequest(uri);
    const fields = request === undefined ? [] : (source.peek()?.placedFields(request) ?? []);
    const notes = presentNotes(fields, Date.now()).filter(
      ({ line }) => line < editor.document.lineCount,
    );
    const show = (type: vscode.TextEditorDecorationType, isDrift: boolean): void =>
      editor.setDecorations(
        type,
        notes.filter((one) => one.isDrift === isDrift).map((one) => noteAt(one, editor.document)),
      );
    show(drift, true);
    show(other, false);
  };
  const noteAll = (): void => vscode.window.visibleTextEditors.forEach(note);
  owned.add(source.onDidChange(noteAll));
  owned.add(vscode.window.onDidChangeVisibleTextEditors(noteAll));
  owned.add(
    vscode.workspace.onDidChangeTextDocument(({ document }) =>
      vscode.window.visibleTextEditors.filter((one) => one.document === document).forEach(note),
    ),
  );
  noteAll();
  return owned;
}

function noteType(color: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor(color), margin: '0 0 0 2em', fontStyle: 'italic' },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
}

function noteAt({ line, text }: LineNote, document: vscode.TextDocument): vscode.DecorationOptions {
  const { end } = document.lineAt(line).range;
  return { range: new vscode.Range(end, end), renderOptions: { after: { contentText: text } } };
}
