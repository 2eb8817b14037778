import { isCancellation, messageOf } from '../base/userError';
import type { Repository } from '../model/render';
import type { Core, RootEntry } from './core';
import { baseName, normalisePath, pathBelow } from './paths';

/** Resolves the opened folders to their roots; returns the roots that are to be loaded. */
export async function openRoots(core: Core): Promise<readonly RootEntry[]> {
  const wanted = await foldersByRoot(core);
  for (const root of core.roots.keys()) if (!wanted.has(root)) core.roots.delete(root);
  const fresh: RootEntry[] = [];
  for (const [root, folders] of wanted) {
    const known = core.roots.get(root);
    if (known !== undefined && sameFolders(known.folders, folders)) continue;
    const entry = newEntry(root, folders);
    core.roots.set(root, entry);
    fresh.push(entry);
  }
  return fresh;
}

async function foldersByRoot(core: Core): Promise<ReadonlyMap<string, readonly string[]>> {
  const wanted = new Map<string, string[]>();
  for (const folder of core.folders) {
    const root = await topLevelOf(core, folder);
    wanted.set(root, [...(wanted.get(root) ?? []), pathBelow(root, folder) ?? '']);
  }
  return wanted;
}

function sameFolders(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((folder, index) => folder === b[index]);
}

async function topLevelOf(core: Core, folder: string): Promise<string> {
  try {
    const repository = await core.deps.renderer.repository(folder, core.lifetime.signal);
    return topLevel(repository, folder);
  } catch (error) {
    if (isCancellation(error)) throw error;
    core.deps.log.error(`${folder}: ${messageOf(error)}`);
    return folder;
  }
}

/** The folder itself where Git names it by another path (a link): files are known by what was opened. */
function topLevel(repository: Repository | undefined, folder: string): string {
  if (repository === undefined) return folder;
  const holds = pathBelow(repository.topLevel, folder) !== undefined;
  return holds ? repository.topLevel : folder;
}

function newEntry(root: string, folders: readonly string[]): RootEntry {
  return {
    root,
    name: baseName(normalisePath(root)),
    folders,
    repository: undefined,
    overlay: {},
    paths: [],
    candidates: new Set(),
    parsed: new Map(),
    texts: new Map(),
    discovery: undefined,
    target: undefined,
    changedByCommit: new Map(),
    files: new Map(),
    sets: new Map(),
    targetSets: new Map(),
    followed: new Set(),
    problems: [],
    loaded: false,
  };
}
