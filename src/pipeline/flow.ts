import type { PathChange } from '../repo/affected';
import type { Coalescer } from '../base/coalesce';
import { createCoalescer } from '../base/coalesce';
import { isCancellation, messageOf } from '../base/userError';
import type { FileChange } from '../model/workbench';
import { syncState } from './appTable';
import type { Stale } from './appTable';
import type { Core, RootEntry } from './core';
import {
  loadRoot,
  loadTarget,
  readChanges,
  rediscover,
  refreshChanged,
  refreshSets,
  rootProblem,
} from './discovery';
import { touchSets } from './applicationSets';
import { outdatedApps } from './capabilities';
import { rememberCrds } from './crds';
import { withFolders } from './folderEdits';
import { refreshFiles } from './fileFacts';
import { rereadGit, isGitPath } from './gitChanges';
import { openRoots } from './folders';
import { affectedElsewhere, readersOfClone } from './otherRoots';
import { pathBelow, rootOf } from './paths';
import { affectedApps } from './reads';
import { scheduleComparison, scheduleRender } from './rendering';

/** What the outside tells the pipeline; handled one batch after the other. */
export type FlowEvent =
  | { readonly kind: 'folders' }
  /** Settings, trust or what clusters report changed: the apps and their clusters are put together again. */
  | { readonly kind: 'assignment' }
  | { readonly kind: 'files'; readonly changes: readonly FileChange[] }
  | { readonly kind: 'git'; readonly root: string }
  /** Apps of the root render other definitions of apps than before. */
  | { readonly kind: 'definitions'; readonly root: string }
  /** These apps are rendered again: what their destination can do became known. */
  | { readonly kind: 'render'; readonly apps: readonly string[] };

export function createFlow(core: Core): Coalescer<FlowEvent> {
  return createCoalescer<FlowEvent>(async (events) => {
    try {
      await handle(core, events);
    } catch (error) {
      if (!isCancellation(error)) core.deps.log.error(`pipeline: ${messageOf(error)}`);
    }
  });
}

async function handle(core: Core, events: readonly FlowEvent[]): Promise<void> {
  if (events.some((event) => event.kind === 'folders')) await openFolders(core);
  const edits = editsByRoot(core, events);
  const edited = new Map<string, readonly PathChange[]>();
  for (const [root, changes] of edits) edited.set(root, await tryEdits(core, root, changes));
  await rediscoverRendered(core, events);
  rememberCrds(core);
  const stale = await syncSets(core);
  await core.pacer.pause(core.lifetime.signal);
  const affected = [...edited].flatMap(([root, changes]) => [
    ...affectedApps(core, root, changes),
    ...affectedElsewhere(core, root, changes),
    ...(edits.get(root)?.git === true ? readersOfClone(core, root) : []),
  ]);
  const asked = events.flatMap((event) => (event.kind === 'render' ? event.apps : []));
  asked.push(...outdatedApps(core));
  const render = inOrder(core, new Set([...stale.render, ...affected, ...asked]), edited);
  await scheduleAll(core, {
    render,
    compare: new Set([...stale.compare, ...movedTargets(core, edits)]),
  });
}

async function rediscoverRendered(core: Core, events: readonly FlowEvent[]): Promise<void> {
  const moved = events.flatMap((event) => (event.kind === 'definitions' ? [event.root] : []));
  for (const root of new Set(moved)) {
    const entry = core.roots.get(root);
    if (entry?.loaded !== true) continue;
    await rediscover(core, entry);
    await loadTarget(core, entry);
  }
}

/** Which branch a set follows and in which cluster it lives is told by the apps that are found. */
async function syncSets(core: Core): Promise<Stale> {
  await refreshSets(core);
  const first = await syncState(core);
  if (!(await refreshSets(core))) return first;
  const second = await syncState(core);
  return {
    render: new Set([...first.render, ...second.render]),
    compare: new Set([...first.compare, ...second.compare]),
  };
}

/** A fetch or a commit moves what apps are compared with, and none of their own files. */
function movedTargets(core: Core, edits: ReadonlyMap<string, RootEdits>): readonly string[] {
  return core.store.state().apps.flatMap(({ app }) => {
    const root = app.source.kind === 'local' ? app.source.root : undefined;
    return root !== undefined && edits.get(root)?.git === true ? [app.key] : [];
  });
}

/** Apps that name an edited file go before those that only happen to read it. */
function inOrder(
  core: Core,
  keys: ReadonlySet<string>,
  edited: ReadonlyMap<string, readonly PathChange[]>,
): ReadonlySet<string> {
  const namesEdited = (key: string): boolean => {
    const source = core.store.app(key)?.app.source;
    if (source?.kind !== 'local' || source.render.kind !== 'helm') return false;
    const { valueFiles } = source.render;
    const changes = edited.get(source.root) ?? [];
    return changes.some(({ path }) => valueFiles.includes(path));
  };
  return new Set([...[...keys].filter(namesEdited), ...keys]);
}

async function scheduleAll(core: Core, { render, compare }: Stale): Promise<void> {
  const { pacer, lifetime } = core;
  for (const key of render) {
    scheduleRender(core, key);
    await pacer.pause(lifetime.signal);
  }
  for (const key of compare) if (!render.has(key)) scheduleComparison(core, key);
}

async function openFolders(core: Core): Promise<void> {
  const fresh = await openRoots(core);
  await syncState(core);
  await Promise.all(fresh.map((entry) => load(core, entry)));
}

async function load(core: Core, entry: RootEntry): Promise<void> {
  try {
    await loadRoot(core, entry);
  } catch (error) {
    if (isCancellation(error)) throw error;
    entry.loaded = true;
    entry.problems = [rootProblem(error)];
  }
}

/** Edits by root; a change below `.git` stands for whatever Git did to the tree. */
function editsByRoot(core: Core, events: readonly FlowEvent[]): ReadonlyMap<string, RootEdits> {
  const edits = new Map<string, RootEdits>();
  const of = (root: string): RootEdits => {
    const known = edits.get(root) ?? { changes: [], git: false };
    edits.set(root, known);
    return known;
  };
  for (const event of events) {
    if (event.kind === 'git') of(event.root).git = true;
    if (event.kind !== 'files') continue;
    for (const change of event.changes) addChange(core, change, of);
  }
  return edits;
}

interface RootEdits {
  readonly changes: PathChange[];
  git: boolean;
}

function addChange(core: Core, change: FileChange, of: (root: string) => RootEdits): void {
  for (const entry of core.roots.values()) {
    if (isGitPath(entry, change.path)) {
      of(entry.root).git = true;
      return;
    }
  }
  const root = rootOf(core.roots.keys(), change.path);
  const below = root === undefined ? undefined : pathBelow(root, change.path);
  if (root !== undefined && below !== undefined && below !== '') {
    of(root).changes.push({ path: below, kind: change.kind });
  }
}

/** A root that cannot be read says so until it can; what was known of it stays. */
async function tryEdits(
  core: Core,
  root: string,
  edits: RootEdits,
): Promise<readonly PathChange[]> {
  const entry = core.roots.get(root);
  if (entry === undefined) return [];
  try {
    const changes = await readEdits(core, entry, edits);
    entry.problems = [];
    return changes;
  } catch (error) {
    if (isCancellation(error)) throw error;
    entry.problems = [rootProblem(error)];
    return edits.changes;
  }
}

async function readEdits(
  core: Core,
  entry: RootEntry,
  edits: RootEdits,
): Promise<readonly PathChange[]> {
  const moved = edits.git ? await rereadGit(core, entry) : [];
  const changes = [...edits.changes, ...moved.map((path) => changedPath(path))];
  const before = entry.paths;
  const other = await readChanges(core, entry, changes, edits.git);
  const told = withFolders(refined(changes, before, entry.paths), before, entry.paths);
  touchSets(core, entry.root, told);
  await refreshChanged(
    core,
    entry,
    changes.map((change) => change.path),
  );
  if (other || edits.git) {
    await rediscover(core, entry);
    await loadTarget(core, entry);
  }
  await refreshFiles(core, entry, edits.git ? undefined : changes);
  return told;
}

/** What really came or went, whoever told of it and in whatever words. */
function refined(
  changes: readonly PathChange[],
  before: readonly string[],
  after: readonly string[],
): readonly PathChange[] {
  if (before === after) return changes;
  const [old, now] = [new Set(before), new Set(after)];
  return changes.map(({ path, kind }) => {
    if (old.has(path) === now.has(path)) return { path, kind };
    return { path, kind: now.has(path) ? 'created' : 'deleted' };
  });
}

function changedPath(path: string): PathChange {
  return { path, kind: 'changed' };
}
