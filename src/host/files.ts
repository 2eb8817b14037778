import * as vscode from 'vscode';
import type { Disposable } from '../base/dispose';
import { createDisposables } from '../base/dispose';
import type { FileChange, Workbench } from '../model/workbench';
import { placeOf } from './places';
import { isWatched, OUTSIDE_GIT_PATTERN } from './watching';

const TYPING_PAUSE_MS = 250;

export interface FilesOptions {
  readonly workbench: Workbench;
  readonly whileTyping: () => boolean;
}

/** Tells the core what happens to files: saves, unsaved text, the active file, and changes on disk. */
export function followFiles(options: FilesOptions): Disposable {
  const { workbench } = options;
  const owned = createDisposables();
  const tell = batch((changes) => workbench.filesChanged(changes));
  const watchers = new Map<string, Disposable>();

  const watch = (): void => {
    for (const { folder, pattern } of watchedFolders(workbench)) {
      if (watchers.has(folder)) continue;
      watchers.set(folder, owned.add(watchFolder(folder, pattern, tell)));
    }
  };

  watch();
  owned.add(
    workbench.onDidChange((change) => (change.roots.size > 0 || change.structure) && watch()),
  );
  owned.add(followBuffers(options, tell));
  owned.add(vscode.window.onDidChangeActiveTextEditor((editor) => setActive(workbench, editor)));
  setActive(workbench, vscode.window.activeTextEditor);
  return owned;
}

function setActive(workbench: Workbench, editor: vscode.TextEditor | undefined): void {
  const isFile = editor?.document.uri.scheme === 'file';
  if (editor !== undefined && !isFile) return;
  workbench.setActiveFile(editor?.document.uri.fsPath);
}

function followBuffers(options: FilesOptions, tell: (change: FileChange) => void): Disposable {
  const { workbench } = options;
  const owned = createDisposables();
  const timers = new Map<string, NodeJS.Timeout>();
  const stop = (path: string): void => {
    clearTimeout(timers.get(path));
    timers.delete(path);
  };
  const isOurs = (document: vscode.TextDocument): boolean =>
    document.uri.scheme === 'file' &&
    placeOf(document.uri.fsPath, workbench.state().roots) !== undefined;

  owned.add(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (!options.whileTyping() || contentChanges.length === 0 || !isOurs(document)) return;
      const path = document.uri.fsPath;
      stop(path);
      timers.set(
        path,
        setTimeout(() => {
          timers.delete(path);
          workbench.setBuffer(path, document.isDirty ? document.getText() : undefined);
        }, TYPING_PAUSE_MS),
      );
    }),
  );
  const settle = (document: vscode.TextDocument): void => {
    stop(document.uri.fsPath);
    workbench.setBuffer(document.uri.fsPath, undefined);
  };
  owned.add(
    vscode.workspace.onDidSaveTextDocument((document) => {
      if (!isOurs(document)) return;
      settle(document);
      tell({ path: document.uri.fsPath, kind: 'changed' });
    }),
  );
  // Closing without saving takes the unsaved text away.
  owned.add(
    vscode.workspace.onDidCloseTextDocument((document) => isOurs(document) && settle(document)),
  );
  owned.add({ dispose: () => timers.forEach((timer) => clearTimeout(timer)) });
  return owned;
}

interface WatchedFolder {
  readonly folder: string;
  readonly pattern: string;
}

/** The roots, and Git directories that lie outside them (linked worktrees, submodules). */
function watchedFolders(workbench: Workbench): readonly WatchedFolder[] {
  const { roots } = workbench.state();
  const outside = roots
    .flatMap(({ repository }) =>
      repository === undefined ? [] : [repository.gitDir, repository.commonDir],
    )
    .filter((folder) => placeOf(folder, roots) === undefined);
  return [
    ...roots.map(({ root }) => ({ folder: root, pattern: '**/*' })),
    ...outside.map((folder) => ({ folder, pattern: OUTSIDE_GIT_PATTERN })),
  ];
}

function watchFolder(
  folder: string,
  pattern: string,
  tell: (change: FileChange) => void,
): Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher(
    new vscode.RelativePattern(vscode.Uri.file(folder), pattern),
  );
  const pass =
    (kind: FileChange['kind']) =>
    ({ fsPath }: vscode.Uri): void => {
      if (isWatched(fsPath)) tell({ path: fsPath, kind });
    };
  watcher.onDidCreate(pass('created'));
  watcher.onDidChange(pass('changed'));
  watcher.onDidDelete(pass('deleted'));
  return watcher;
}

/** Events of one delivery go over together: the editor hands them out one by one in the same turn. */
function batch(deliver: (changes: readonly FileChange[]) => void): (change: FileChange) => void {
  const waiting: FileChange[] = [];
  return (change) => {
    waiting.push(change);
    if (waiting.length === 1) queueMicrotask(() => deliver(waiting.splice(0)));
  };
}
