import * as vscode from 'vscode';
import type { Disposable } from '../base/dispose';
import { createDisposables } from '../base/dispose';
import type { DocumentRequest } from '../model/workbench';
import { documentText } from './documentText';
import { createStrayMemory } from './documentEvents';
import { documentRequest, documentUri } from './documentUri';
import { SCHEMES } from './ids';
import type { WorkbenchSource } from './workbenchSource';

export function uriOf(request: DocumentRequest, title: string): vscode.Uri {
  return vscode.Uri.from(documentUri(request, title));
}

/**
 * Serves the read-only documents, and serves them again when the app behind one changed. As a file
 * system, because the editor restores tabs only of schemes that have one.
 */
export function provideDocuments(source: WorkbenchSource): Disposable {
  const owned = createDisposables();
  const changed = owned.add(new vscode.EventEmitter<vscode.FileChangeEvent[]>());
  const lifetime = new AbortController();
  owned.add({ dispose: () => lifetime.abort() });
  /** Counts changes: the editor takes a text for the same while its time is the same. */
  const state = { version: 1 };
  const strays = createStrayMemory();

  const provider: vscode.FileSystemProvider = {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: () => ({ type: vscode.FileType.File, ctime: 0, mtime: state.version, size: 0 }),
    readFile: async (uri) => Buffer.from(await textOf(source, uri, lifetime.signal)),
    readDirectory: () => [],
    createDirectory: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
  };
  for (const scheme of [SCHEMES.live, SCHEMES.git, SCHEMES.rendered]) {
    const options = { isReadonly: true, isCaseSensitive: true };
    owned.add(vscode.workspace.registerFileSystemProvider(scheme, provider, options));
  }
  owned.add(
    source.onDidChange((change) => {
      state.version += 1;
      const events = openDocuments(change.apps, strays(source.state())).map((uri) => ({
        type: vscode.FileChangeType.Changed,
        uri,
      }));
      if (events.length > 0) changed.fire(events);
    }),
  );
  return owned;
}

function refuse(uri: vscode.Uri): never {
  throw vscode.FileSystemError.NoPermissions(uri);
}

function openDocuments(
  apps: ReadonlySet<string>,
  clusters: ReadonlySet<string>,
): readonly vscode.Uri[] {
  return vscode.workspace.textDocuments
    .map(({ uri }) => uri)
    .filter((uri) => {
      const request = documentRequest(uri);
      return request?.kind === 'stray'
        ? clusters.has(request.cluster)
        : request !== undefined && apps.has(request.appKey);
    });
}

async function textOf(
  source: WorkbenchSource,
  uri: vscode.Uri,
  signal: AbortSignal,
): Promise<string> {
  const request = documentRequest(uri);
  if (request === undefined) return '# This document is not one that Plumbline makes.\n';
  const workbench = await source.get();
  // A tab restored at start asks before the repository has been read.
  if (
    request.kind !== 'stray' &&
    !workbench.state().apps.some(({ app }) => app.key === request.appKey)
  ) {
    await workbench.whenIdle();
  }
  return documentText(request, await workbench.document(request, signal));
}

/** Texts held in memory: what is about to be proposed, shown before it is. */
export interface Previews extends Disposable {
  show(name: string, text: string): Promise<void>;
}

export function createPreviews(): Previews {
  const owned = createDisposables();
  const texts = new Map<string, string>();
  const changed = owned.add(new vscode.EventEmitter<vscode.Uri>());
  owned.add(
    vscode.workspace.registerTextDocumentContentProvider(SCHEMES.plan, {
      onDidChange: changed.event,
      provideTextDocumentContent: ({ path }) => texts.get(path) ?? 'This preview is over.\n',
    }),
  );
  return {
    async show(name, text) {
      const uri = vscode.Uri.from({ scheme: SCHEMES.plan, path: `/${name}` });
      texts.set(uri.path, text);
      changed.fire(uri);
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document, { preview: true, preserveFocus: true });
    },
    dispose: () => owned.dispose(),
  };
}
