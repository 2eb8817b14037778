import * as vscode from 'vscode';
import type { Disposable } from '../base/dispose';
import { createDisposables } from '../base/dispose';
import type { Workbench } from '../model/workbench';
import { readConfiguration } from './configuration';
import { clustersToOpen, lookAtCluster } from './connecting';
import { createContextKeys } from './contextKeys';
import { followFiles } from './files';
import { CONTEXT_KEYS, SETTINGS_SECTION } from './ids';
import type { Border } from './runCommand';
import type { EditorSettings } from './settings';
import { coreSettings, editorSettings, surroundings } from './settings';
import { changesState, isConnected, kubeconfigState, welcomeState } from './welcome';
import type { WorkbenchSource } from './workbenchSource';

export interface SettingsReader extends Disposable {
  editor(): EditorSettings;
  core(): ReturnType<typeof coreSettings>;
  onDidChange(listener: () => void): Disposable;
}

/** Settings as they are now; read again when one of ours changes or trust is granted. */
export function readSettings(): SettingsReader {
  const owned = createDisposables();
  const changed = owned.add(new vscode.EventEmitter<void>());
  const around = surroundings();
  const read = (): { editor: EditorSettings; core: ReturnType<typeof coreSettings> } => ({
    editor: editorSettings(readConfiguration()),
    core: coreSettings(readConfiguration(), around),
  });
  const state = { now: read() };
  const renew = (): void => {
    state.now = read();
    changed.fire();
  };
  owned.add(
    vscode.workspace.onDidChangeConfiguration(
      (event) => event.affectsConfiguration(SETTINGS_SECTION) && renew(),
    ),
  );
  owned.add(vscode.workspace.onDidGrantWorkspaceTrust(renew));
  return {
    editor: () => state.now.editor,
    core: () => state.now.core,
    onDidChange: (listener) => changed.event(listener),
    dispose: () => owned.dispose(),
  };
}

/** Keeps the core told of folders, trust, settings and files, from its start on. */
export function followEditor(workbench: Workbench, settings: SettingsReader): Disposable {
  const owned = createDisposables();
  const setFolders = (): void => workbench.setFolders(localFolders());
  owned.add(vscode.workspace.onDidChangeWorkspaceFolders(setFolders));
  owned.add(vscode.workspace.onDidGrantWorkspaceTrust(() => workbench.setTrusted(true)));
  owned.add(settings.onDidChange(() => workbench.setSettings(settings.core())));
  owned.add(followFiles({ workbench, whileTyping: () => settings.editor().whileTyping }));
  setFolders();
  return owned;
}

/** Connects what the settings say to connect by itself, once the apps are known. */
export async function openClusters(
  workbench: Workbench,
  settings: SettingsReader,
  signal: AbortSignal,
): Promise<void> {
  await workbench.whenIdle();
  const { trusted, clusters } = workbench.state();
  if (!trusted || signal.aborted) return;
  const names = clustersToOpen(clusters, await workbench.contexts(), settings.editor());
  await Promise.all(names.map((name) => lookAtCluster(workbench, name, signal)));
}

/** Once the apps are rendered, what of the chart cache none of them uses may go. */
export async function tidyCharts(workbench: Workbench, signal: AbortSignal): Promise<void> {
  await workbench.whenIdle();
  if (!signal.aborted) await workbench.trimCharts(signal);
}

/** Context keys for menus and welcome texts. */
export function followContextKeys(
  source: WorkbenchSource,
  hasChanges: () => boolean,
  border: Border,
): Disposable {
  const set = createContextKeys();
  const owned = createDisposables();
  const refresh = (): void => {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const counts = { count: folders.length, virtual: folders.length - localFolders().length };
    set(CONTEXT_KEYS.workspace, welcomeState(source.state(), counts));
    set(CONTEXT_KEYS.changes, changesState(source.state()));
    set(CONTEXT_KEYS.connected, isConnected(source.state()));
    set(CONTEXT_KEYS.hasChanges, hasChanges());
  };
  const lookForContexts = (): void =>
    border.background('contexts', async () => {
      const contexts = await source.peek()?.contexts();
      if (contexts !== undefined) set(CONTEXT_KEYS.kubeconfig, kubeconfigState(contexts));
    });
  owned.add(source.onDidChange(refresh));
  owned.add(source.onDidChange(({ structure }) => structure && lookForContexts()));
  owned.add(vscode.workspace.onDidChangeWorkspaceFolders(refresh));
  refresh();
  return owned;
}

function localFolders(): readonly string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
}
