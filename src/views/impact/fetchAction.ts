import * as vscode from 'vscode';
import type { Disposable } from '../../base/dispose';
import { COMMANDS, DIAGNOSTICS } from '../../host/ids';
import type { WorkbenchSource } from '../../host/workbenchSource';
import { FETCHABLE_PROBLEMS } from '../../model/missing';

export interface FetchActionOptions {
  readonly source: WorkbenchSource;
  /** False where settings say that nothing is ever fetched. */
  readonly isAllowed: () => boolean;
}

/** A quick fix at the problem that a chart, a base or another source is not fetched. */
export function provideFetchAction({ source, isAllowed }: FetchActionOptions): Disposable {
  return vscode.languages.registerCodeActionsProvider(
    { scheme: 'file' },
    {
      provideCodeActions({ uri }, _range, { diagnostics }) {
        const lacking = diagnostics.filter(isChartProblem);
        if (lacking.length === 0 || !source.state().trusted || !isAllowed()) return [];
        const action = new vscode.CodeAction(
          'Fetch what is missing',
          vscode.CodeActionKind.QuickFix,
        );
        action.diagnostics = lacking;
        action.isPreferred = true;
        action.command = { command: COMMANDS.fetchCharts, title: action.title, arguments: [uri] };
        return [action];
      },
    },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
  );
}

function isChartProblem({ source, code }: vscode.Diagnostic): boolean {
  return source === DIAGNOSTICS && typeof code === 'string' && FETCHABLE_PROBLEMS.includes(code);
}
