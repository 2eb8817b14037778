import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import type { Disposable } from '../base/dispose';
import { isBelowChart } from './charts';
import { LANGUAGES } from './ids';

/**
 * The file patterns of the `helm` language also catch templates of other tools: a file below
 * `templates/` without a chart above it is plain YAML.
 */
export function demoteOtherTemplates(isEnabled: () => boolean): Disposable {
  const check = (document: vscode.TextDocument): void => {
    if (document.languageId !== LANGUAGES.helm || document.uri.scheme !== 'file') return;
    if (!isEnabled() || !/\.ya?ml$/.test(document.uri.fsPath)) return;
    const folder = vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath;
    const hasChart = (one: string): boolean => existsSync(join(one, 'Chart.yaml'));
    if (isBelowChart(dirname(document.uri.fsPath), folder, hasChart)) return;
    void vscode.languages.setTextDocumentLanguage(document, 'yaml');
  };
  vscode.workspace.textDocuments.forEach(check);
  return vscode.workspace.onDidOpenTextDocument(check);
}
