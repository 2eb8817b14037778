import * as vscode from 'vscode';
import type { Disposable } from '../../base/dispose';
import { createDisposables } from '../../base/dispose';
import { COLORS } from '../../host/ids';
import type { WorkbenchSource } from '../../host/workbenchSource';
import type { MarkedLines } from './present';
import { presentMarks } from './present';

export interface GutterOptions {
  readonly source: WorkbenchSource;
  readonly isEnabled: () => boolean;
  readonly whileTyping: () => boolean;
}

/** Marks the lines whose edits change objects, in colours of their own beside Git's. */
export function markLines(options: GutterOptions): Disposable & { refresh(): void } {
  const owned = createDisposables();
  const change = owned.add(markType(COLORS.changeMark, '0 0 0 3px'));
  const removal = owned.add(markType(COLORS.removalMark, '2px 0 0 0'));

  const mark = (editor: vscode.TextEditor): void => {
    const { document } = editor;
    if (document.uri.scheme !== 'file') return;
    // Between saves the editor moves the marks with the text; the core knows the saved text only.
    if (document.isDirty && !options.whileTyping()) return;
    const impact = options.isEnabled()
      ? options.source.peek()?.impactOf(document.uri.fsPath, { marked: true })
      : undefined;
    const marks = presentMarks(impact, document.lineCount);
    editor.setDecorations(change, rangesOf(marks, 'change'));
    editor.setDecorations(removal, rangesOf(marks, 'removal'));
  };
  const refresh = (): void => vscode.window.visibleTextEditors.forEach(mark);

  owned.add(options.source.onDidChange(refresh));
  owned.add(vscode.window.onDidChangeVisibleTextEditors(refresh));
  refresh();
  return { refresh, dispose: () => owned.dispose() };
}

function markType(color: string, borderWidth: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    borderStyle: 'solid',
    borderWidth,
    borderColor: new vscode.ThemeColor(color),
    overviewRulerColor: new vscode.ThemeColor(color),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
}

function rangesOf(marks: readonly MarkedLines[], kind: MarkedLines['kind']): vscode.Range[] {
  return marks
    .filter((mark) => mark.kind === kind)
    .map((mark) => new vscode.Range(mark.start, 0, mark.end, 0));
}
