import * as vscode from 'vscode';
import type { Disposable } from '../../base/dispose';
import { createDisposables } from '../../base/dispose';
import { COMMANDS, LANGUAGES } from '../../host/ids';
import type { WorkbenchSource } from '../../host/workbenchSource';
import type { FileStatus } from './present';
import { presentFileStatus } from './present';

const SEVERITIES: Readonly<Record<FileStatus['severity'], vscode.LanguageStatusSeverity>> = {
  information: vscode.LanguageStatusSeverity.Information,
  warning: vscode.LanguageStatusSeverity.Warning,
  error: vscode.LanguageStatusSeverity.Error,
};

/** How the apps of the active file were rendered, in the language status of the editor. */
export function showFileStatus(source: WorkbenchSource): Disposable {
  const owned = createDisposables();
  const state: { item?: vscode.LanguageStatusItem } = {};

  const refresh = (): void => {
    const document = vscode.window.activeTextEditor?.document;
    const status =
      document?.uri.scheme === 'file'
        ? presentFileStatus(source.state(), document.uri.fsPath)
        : undefined;
    if (status === undefined || document === undefined) {
      state.item?.dispose();
      delete state.item;
      return;
    }
    state.item ??= createItem();
    fill(state.item, status, document);
  };

  owned.add(source.onDidChange(refresh));
  owned.add(vscode.window.onDidChangeActiveTextEditor(refresh));
  owned.add({ dispose: () => state.item?.dispose() });
  refresh();
  return owned;
}

function createItem(): vscode.LanguageStatusItem {
  const item = vscode.languages.createLanguageStatusItem('plumbline.render', [
    { scheme: 'file', language: 'yaml' },
    { scheme: 'file', language: LANGUAGES.helm },
    { scheme: 'file', language: 'json' },
  ]);
  item.name = 'Plumbline';
  return item;
}

function fill(
  item: vscode.LanguageStatusItem,
  status: FileStatus,
  document: vscode.TextDocument,
): void {
  item.text = status.text;
  item.detail = status.detail;
  item.severity = SEVERITIES[status.severity];
  item.busy = status.busy;
  item.accessibilityInformation = { label: `Plumbline: ${status.text}, ${status.detail}` };
  item.command = {
    command: COMMANDS.showRendered,
    title: 'Show Rendered',
    arguments: [document.uri],
  };
}
