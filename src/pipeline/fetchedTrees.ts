import type { App, FollowedRef } from '../model/app';
import type { GitReference } from '../model/remote';
import { parseCandidates } from '../repo/candidates';
import { gitReference } from '../repo/mounts';
import { isOverridesFile } from '../repo/sourceTree';
import type { FetchedRepository } from '../repo/unite';
import type { Core } from './core';

/** Repositories that are in no open folder, as far as they were fetched. */
interface Known {
  /** Replaced whole when a tree comes or goes. */
  trees: readonly FetchedRepository[];
  /** What the cache was asked for, by URL and ref. */
  readonly asked: Set<string>;
}

const knownOf = new WeakMap<Core, Known>();

function known(core: Core): Known {
  const there = knownOf.get(core) ?? { trees: [], asked: new Set<string>() };
  knownOf.set(core, there);
  return there;
}

export function fetchedTrees(core: Core): readonly FetchedRepository[] {
  return known(core).trees;
}

/** A fetch may have brought what was not there, or other text of a branch. */
export function forgetFetchedTrees(core: Core): void {
  knownOf.set(core, { trees: [], asked: new Set() });
}

/** Looks into the cache for the sources that apps lack; true where a tree was found that is new. */
export async function learnTrees(core: Core, apps: readonly App[]): Promise<boolean> {
  const here = known(core);
  const before = here.trees;
  for (const follows of lackedBy(apps)) {
    const key = keyOf(gitReference(follows));
    if (here.asked.has(key)) continue;
    here.asked.add(key);
    const tree = await treeOf(core, follows);
    if (tree !== undefined) here.trees = [...here.trees, tree];
  }
  return here.trees !== before;
}

function keyOf({ url, ref }: GitReference): string {
  return `${url}\n${ref}`;
}

function lackedBy(apps: readonly App[]): readonly FollowedRef[] {
  const lacked = apps.flatMap(({ source }) => {
    if (source.kind === 'elsewhere') return source.git === undefined ? [] : [source.git];
    if (source.kind !== 'local' || source.render.kind !== 'several') return [];
    return source.render.parts.flatMap((part) =>
      'missing' in part && part.missing.git !== undefined ? [part.missing.git] : [],
    );
  });
  const distinct = new Map(lacked.map((git) => [keyOf(git), git]));
  // As definitions write it, where nothing is what HEAD says.
  return [...distinct.values()].map(({ url, ref }) => ({
    repoUrl: url,
    revision: ref === '' ? 'HEAD' : ref,
  }));
}

async function treeOf(core: Core, follows: FollowedRef): Promise<FetchedRepository | undefined> {
  const { renderer } = core.deps;
  const { signal } = core.lifetime;
  const snapshot = { root: '', fetched: gitReference(follows) };
  const paths = await renderer.list(snapshot, signal);
  if ('kind' in paths) return undefined;
  const overrides = parseCandidates(paths).filter(isOverridesFile);
  const files = overrides.length === 0 ? [] : await renderer.parse(snapshot, overrides, signal);
  const parsed = 'kind' in files ? [] : files;
  return { follows, paths, parsed: new Map(parsed.map((file) => [file.path, file])) };
}
