import * as vscode from 'vscode';
import type { Disposable } from '../../base/dispose';
import { createDisposables } from '../../base/dispose';
import { COMMANDS } from '../../host/ids';
import { openCommand } from '../../host/open';
import { placeOf } from '../../host/places';
import type { WorkbenchSource } from '../../host/workbenchSource';
import type { LensLink } from './present';
import { presentLens, presentLensLinks } from './present';

const RESERVED_LANGUAGES = ['yaml', 'helm'];

export interface LensOptions {
  readonly source: WorkbenchSource;
  readonly isEnabled: () => boolean;
  /** False where settings say that nothing is ever fetched. */
  readonly mayFetch: () => boolean;
  readonly whileTyping: () => boolean;
}

/**
 * One lens above a file that apps read. Its line is there from the moment the file opens, and stays
 * until it closes, so that the text never jumps.
 */
export function provideLens(options: LensOptions): Disposable & { refresh(): void } {
  const owned = createDisposables();
  const changed = owned.add(new vscode.EventEmitter<void>());
  const reserved = new Set<string>();

  const titleOf = (document: vscode.TextDocument): string | undefined => {
    const state = options.source.state();
    const path = document.uri.fsPath;
    const indexing = state.roots.length === 0 || state.roots.some((root) => root.indexing);
    if (isCandidate(document, indexing) && isInside(options.source, path)) reserved.add(path);
    return presentLens(options.source.peek()?.impactOf(path), {
      reserved: reserved.has(path),
      indexing,
      stale: document.isDirty && !options.whileTyping(),
    });
  };

  owned.add(
    vscode.languages.registerCodeLensProvider(
      { scheme: 'file' },
      {
        onDidChangeCodeLenses: changed.event,
        provideCodeLenses(document) {
          const title = options.isEnabled() ? titleOf(document) : undefined;
          if (title === undefined) return [];
          reserved.add(document.uri.fsPath);
          const { source } = options;
          const path = document.uri.fsPath;
          const links = presentLensLinks(
            source.peek()?.impactOf(path),
            source.state(),
            path,
          ).filter(({ kind }) => kind !== 'fetch' || options.mayFetch());
          return [lens(document, title), ...links.map((link) => linkLens(document, link))];
        },
      },
    ),
  );
  owned.add(options.source.onDidChange(() => changed.fire()));
  owned.add(
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      reserved.delete(uri.fsPath);
    }),
  );
  return { refresh: () => changed.fire(), dispose: () => owned.dispose() };
}

function lens(document: vscode.TextDocument, title: string): vscode.CodeLens {
  return new vscode.CodeLens(FIRST_LINE, {
    title,
    tooltip: 'Show what this file changes',
    command: COMMANDS.showImpact,
    arguments: [document.uri],
  });
}

function linkLens({ uri }: vscode.TextDocument, link: LensLink): vscode.CodeLens {
  const command =
    link.kind === 'failure'
      ? { ...openCommand(link.open), title: link.title }
      : { title: link.title, command: LINK_COMMANDS[link.kind], arguments: [uri] };
  return new vscode.CodeLens(FIRST_LINE, command);
}

const FIRST_LINE = new vscode.Range(0, 0, 0, 0);

const LINK_COMMANDS = {
  changes: COMMANDS.showImpact,
  pullRequest: COMMANDS.createPullRequest,
  fetch: COMMANDS.fetchCharts,
} as const;

function isCandidate(document: vscode.TextDocument, indexing: boolean): boolean {
  return indexing && RESERVED_LANGUAGES.includes(document.languageId);
}

function isInside(source: WorkbenchSource, path: string): boolean {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const roots = [...source.state().roots, ...folders.map(({ uri }) => ({ root: uri.fsPath }))];
  return placeOf(path, roots) !== undefined;
}
