import * as vscode from 'vscode';
import type { Disposable } from '../base/dispose';
import { createDisposables } from '../base/dispose';
import type { DocumentRequest } from '../model/workbench';
import { documentRequest, documentUri } from './documentUri';
import { SCHEMES } from './ids';
import { signalOf } from './signal';
import type { WorkbenchSource } from './workbenchSource';

export function uriOf(request: DocumentRequest, title: string): vscode.Uri {
  return vscode.Uri.from(documentUri(request, title));
}

/** Serves the read-only documents, and serves them again when the app behind one changed. */
export function provideDocuments(source: WorkbenchSource): Disposable {
  const owned = createDisposables();
  const changed = owned.add(new vscode.EventEmitter<vscode.Uri>());
  const schemes = [SCHEMES.live, SCHEMES.git, SCHEMES.rendered];

  const provider: vscode.TextDocumentContentProvider = {
    onDidChange: changed.event,
    provideTextDocumentContent: (uri, token) => textOf(source, uri, signalOf(token)),
  };
  for (const scheme of schemes) {
    owned.add(vscode.workspace.registerTextDocumentContentProvider(scheme, provider));
  }
  owned.add(
    source.onDidChange((change) => {
      for (const { uri } of vscode.workspace.textDocuments) {
        const request = documentRequest(uri);
        if (request !== undefined && change.apps.has(request.appKey)) changed.fire(uri);
      }
    }),
  );
  return owned;
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
  if (!workbench.state().apps.some(({ app }) => app.key === request.appKey)) {
    await workbench.whenIdle();
  }
  const answer = await workbench.document(request, signal);
  return 'text' in answer ? answer.text : `# ${answer.reason}\n`;
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
