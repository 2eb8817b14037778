import type { Repository } from '../model/render';
import { changedSince } from './discovery';
import type { Core, RootEntry } from './core';
import { pathBelow } from './paths';
import { defaultTarget } from './revisions';

/** Parts of a Git folder that say nothing about refs: they change with every command. */
const QUIET = /^(objects|logs|hooks|info|lfs|modules|rr-cache)(\/|$)|\.lock$/;

/** Whether a changed path tells of moved refs, a new HEAD or a fetch. */
export function isGitPath(entry: RootEntry, path: string): boolean {
  const folders = gitFolders(entry);
  return folders.some((folder) => pathBelow(folder, path) !== undefined);
}

/** Whether the path is worth a new look at the repository. */
export function isTellingGitPath(entry: RootEntry, path: string): boolean {
  return gitFolders(entry).some((folder) => {
    const below = pathBelow(folder, path);
    return below !== undefined && !QUIET.test(below);
  });
}

function gitFolders({ root, repository }: RootEntry): readonly string[] {
  const own = `${root}/.git`;
  return repository === undefined ? [own] : [own, repository.gitDir, repository.commonDir];
}

/**
 * Reads the repository again. Returns the paths whose text in the working tree can have changed with
 * it: what differs from one fixed commit before or after (a checkout cannot touch anything else).
 */
export async function rereadGit(core: Core, entry: RootEntry): Promise<readonly string[]> {
  const before = entry.repository;
  entry.repository = await core.deps.renderer.repository(entry.root, core.lifetime.signal);
  const moved = before?.headCommit !== entry.repository?.headCommit || before === undefined;
  return moved ? await touchedPaths(core, entry, before) : [];
}

async function touchedPaths(
  core: Core,
  entry: RootEntry,
  before: Repository | undefined,
): Promise<readonly string[]> {
  const fixed = before === undefined ? undefined : defaultTarget(before);
  if (fixed === undefined) return entry.paths;
  const differed = await changedSince(core, entry, fixed.commit);
  entry.changedByCommit.clear();
  const differs = await changedSince(core, entry, fixed.commit);
  if (differed.kind === 'unavailable' || differs.kind === 'unavailable') return entry.paths;
  return [...new Set([...differed.paths, ...differs.paths])];
}
