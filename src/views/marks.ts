import * as vscode from 'vscode';
import { SCHEMES } from '../host/ids';
import type { Disposable } from '../base/dispose';
import type { RowMark } from './row';

/** Letters and colours of tree rows, read from the row's URI. */
export function provideRowMarks(): Disposable {
  return vscode.window.registerFileDecorationProvider({
    provideFileDecoration(uri) {
      if (uri.scheme !== SCHEMES.row) return undefined;
      const mark = JSON.parse(uri.query) as RowMark;
      return new vscode.FileDecoration(mark.badge, mark.tooltip, new vscode.ThemeColor(mark.color));
    },
  });
}
