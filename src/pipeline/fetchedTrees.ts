import type { App } from '../model/app';
import { fetchKey } from '../model/missing';
import type { GitReference } from '../model/remote';
import { parseCandidates } from '../repo/candidates';
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
  for (const git of lackedBy(apps)) {
    const key = keyOf(git);
    if (here.asked.has(key)) continue;
    here.asked.add(key);
    const tree = await treeOf(core, git);
    if (tree !== undefined) here.trees = [...here.trees, tree];
  }
  return here.trees !== before;
}

function keyOf(git: GitReference): string {
  return fetchKey({ git, reference: '' });
}

function lackedBy(apps: readonly App[]): readonly GitReference[] {
  const lacked = apps.flatMap(({ source }) => {
    if (source.kind === 'elsewhere') return source.git === undefined ? [] : [source.git];
    if (source.kind !== 'local' || source.render.kind !== 'several') return [];
    return source.render.parts.flatMap((part) =>
      'missing' in part && part.missing.git !== undefined ? [part.missing.git] : [],
    );
  });
  return [...new Map(lacked.map((git) => [keyOf(git), git])).values()];
}

async function treeOf(core: Core, git: GitReference): Promise<FetchedRepository | undefined> {
  const { renderer } = core.deps;
  const { signal } = core.lifetime;
  // As definitions write it, where nothing is what HEAD says.
  const follows = { repoUrl: git.url, revision: git.ref === '' ? 'HEAD' : git.ref };
  const snapshot = { root: '', fetched: git };
  const paths = await renderer.list(snapshot, signal);
  if ('kind' in paths) return undefined;
  const overrides = parseCandidates(paths).filter(isOverridesFile);
  const files = overrides.length === 0 ? [] : await renderer.parse(snapshot, overrides, signal);
  const parsed = 'kind' in files ? [] : files;
  return { follows, paths, parsed: new Map(parsed.map((file) => [file.path, file])) };
}
