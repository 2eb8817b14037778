import * as vscode from 'vscode';
import type { Disposable } from '../../base/dispose';
import { createDisposables } from '../../base/dispose';
import { DIAGNOSTICS } from '../../host/ids';
import { joinRoot } from '../../host/places';
import type { WorkbenchSource } from '../../host/workbenchSource';
import type { Finding, ProblemsScope } from './problems';
import { presentProblems } from './problems';

const END_OF_LINE = Number.MAX_SAFE_INTEGER;
const REDRAW_PAUSE_MS = 30;

const SEVERITIES: Readonly<Record<Finding['severity'], vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
};

export interface ProblemsView extends Disposable {
  refresh(): void;
  /** Shows the problems of the whole repository, for the rest of the session; their number. */
  showAll(): number;
}

/** Problems at their source lines: of open and changed files, or of all when asked. */
export function showProblems(
  source: WorkbenchSource,
  scopeSetting: () => ProblemsScope['kind'],
): ProblemsView {
  const owned = createDisposables();
  const collection = owned.add(vscode.languages.createDiagnosticCollection(DIAGNOSTICS));
  const state: { timer?: NodeJS.Timeout; all: boolean } = { all: false };
  const drawn = new Map<string, string>();

  const draw = (): number => {
    delete state.timer;
    const kind = state.all ? 'all' : scopeSetting();
    const paths = kind === 'all' ? new Set<string>() : pathsInScope(source);
    const found = presentProblems(source.peek()?.problems() ?? new Map(), { kind, paths });
    publish(collection, drawn, found);
    return [...found.values()].reduce((sum, findings) => sum + findings.length, 0);
  };
  const refresh = (): void => {
    state.timer ??= setTimeout(draw, REDRAW_PAUSE_MS);
  };

  owned.add(source.onDidChange(refresh));
  owned.add(vscode.workspace.onDidOpenTextDocument(refresh));
  owned.add(vscode.workspace.onDidCloseTextDocument(refresh));
  owned.add({ dispose: () => clearTimeout(state.timer) });
  return {
    refresh,
    showAll() {
      state.all = true;
      return draw();
    },
    dispose: () => owned.dispose(),
  };
}

function pathsInScope(source: WorkbenchSource): ReadonlySet<string> {
  const open = vscode.workspace.textDocuments
    .filter(({ uri, isClosed }) => uri.scheme === 'file' && !isClosed)
    .map(({ uri }) => uri.fsPath);
  const changed = source
    .state()
    .roots.flatMap((root) => (root.changedPaths ?? []).map((path) => joinRoot(root.root, path)));
  return new Set([...open, ...changed]);
}

/** Writes only the files whose findings moved. */
function publish(
  collection: vscode.DiagnosticCollection,
  drawn: Map<string, string>,
  found: ReadonlyMap<string, readonly Finding[]>,
): void {
  for (const path of [...drawn.keys()].filter((one) => !found.has(one))) {
    drawn.delete(path);
    collection.delete(vscode.Uri.file(path));
  }
  for (const [path, findings] of found) {
    const look = JSON.stringify(findings);
    if (drawn.get(path) === look) continue;
    drawn.set(path, look);
    collection.set(vscode.Uri.file(path), findings.map(diagnosticOf));
  }
}

function diagnosticOf(finding: Finding): vscode.Diagnostic {
  const { startLine, startColumn, endLine } = finding;
  const range = new vscode.Range(startLine, startColumn, endLine, finding.endColumn ?? END_OF_LINE);
  const diagnostic = new vscode.Diagnostic(range, finding.message, SEVERITIES[finding.severity]);
  diagnostic.source = DIAGNOSTICS;
  diagnostic.code = finding.code;
  return diagnostic;
}
