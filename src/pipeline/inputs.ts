import type { Workbench } from '../model/workbench';
import { readKnownClusters } from './capabilities';
import { kubeOf } from './connecting';
import type { Core } from './core';
import type { FlowEvent } from './flow';
import { isGitPath, isTellingGitPath } from './gitChanges';
import { pathBelow, rootOf } from './paths';
import { sameData } from './share';

type Inputs = Pick<
  Workbench,
  'setFolders' | 'setTrusted' | 'setSettings' | 'filesChanged' | 'setBuffer' | 'setActiveFile'
>;

/** What the editor or the command line tells: each becomes an event of the flow. */
export function inputs(core: Core, push: (event: FlowEvent) => void): Inputs {
  return {
    setFolders(folders) {
      core.folders = folders.map((folder) => trimmed(folder));
      forgetKube(core);
      push({ kind: 'folders' });
      readContexts(core, push);
    },
    setTrusted(trusted) {
      if (core.trusted === trusted) return;
      core.trusted = trusted;
      push({ kind: 'assignment' });
    },
    setSettings(settings) {
      if (sameData(core.settings, settings)) return;
      const kubeconfigsMoved = !sameData(core.settings.kubeconfigs, settings.kubeconfigs);
      core.settings = settings;
      if (kubeconfigsMoved) forgetKube(core);
      push({ kind: 'assignment' });
      if (kubeconfigsMoved) readContexts(core, push);
    },
    filesChanged(changes) {
      const telling = changes.filter((change) => isTelling(core, change.path));
      if (telling.length > 0) push({ kind: 'files', changes: telling });
    },
    setBuffer(path, text) {
      if (setBuffer(core, path, text))
        push({ kind: 'files', changes: [{ path, kind: 'changed' }] });
    },
    setActiveFile(path) {
      core.activeFile = path;
    },
  };
}

/** Without the slash at the end; a drive or the file system's own root keeps it. */
function trimmed(folder: string): string {
  return folder.length > 3 && /[\\/]$/.test(folder) ? folder.slice(0, -1) : folder;
}

function forgetKube(core: Core): void {
  core.kube?.dispose();
  core.kube = undefined;
  for (const session of core.clusters.values()) {
    if (session.following === undefined) continue;
    session.following.dispose();
    session.following = undefined;
    session.told?.({ kind: 'lost' });
  }
}

function readContexts(core: Core, push: (event: FlowEvent) => void): void {
  core.activity.run('read kubeconfigs', async () => {
    const [contexts] = await Promise.all([kubeOf(core).contexts(), readKnownClusters(core)]);
    core.contexts = contexts;
    push({ kind: 'assignment' });
  });
}

function isTelling(core: Core, path: string): boolean {
  for (const entry of core.roots.values()) {
    if (isGitPath(entry, path)) return isTellingGitPath(entry, path);
  }
  return rootOf(core.roots.keys(), path) !== undefined;
}

/** Unsaved text by the root that holds the file; false where nothing changed. */
function setBuffer(core: Core, path: string, text: string | undefined): boolean {
  const root = rootOf(core.roots.keys(), path);
  const entry = root === undefined ? undefined : core.roots.get(root);
  const below = root === undefined ? undefined : pathBelow(root, path);
  if (entry === undefined || below === undefined || entry.overlay[below] === text) return false;
  const others = Object.entries(entry.overlay).filter(([name]) => name !== below);
  const next = text === undefined ? others : [...others, [below, text] as const];
  entry.overlay = Object.fromEntries(next);
  return true;
}
