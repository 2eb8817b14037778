import { createEmitter } from '../base/event';
import type { Disposable } from '../base/dispose';
import type { Event } from '../base/event';
import type { AppState, ClusterState, RootState, WorkspaceState } from '../model/appState';
import type { WorkspaceChange } from '../model/workbench';

/** The one place of the workspace's state: immutable snapshots, one event for what moved. */
export interface Store extends Disposable {
  readonly onDidChange: Event<WorkspaceChange>;
  state(): WorkspaceState;
  /** Takes over a new state; listeners hear of it once, with everything that moved until then. */
  update(next: (state: WorkspaceState) => WorkspaceState): void;
  app(key: string): AppState | undefined;
  updateApp(key: string, next: (app: AppState) => AppState): void;
  updateRoot(root: string, next: (state: RootState) => RootState): void;
  updateCluster(name: string, next: (state: ClusterState) => ClusterState): void;
  /** Tells listeners at once what they were not told yet. */
  readonly flush: () => void;
  /** Tells of something that is derived from the state, and not in it. */
  touch(change: { readonly apps?: readonly string[]; readonly roots?: readonly string[] }): void;
}

interface Pending {
  readonly apps: Set<string>;
  readonly clusters: Set<string>;
  readonly roots: Set<string>;
  structure: boolean;
}

const EMPTY: WorkspaceState = { trusted: false, roots: [], apps: [], clusters: [] };

/** How long further changes are collected after an event went out. */
const COLLECT_MS = 16;

export function createStore(onError: (error: unknown) => void): Store {
  const emitter = createEmitter<WorkspaceChange>(onError);
  const held: { state: WorkspaceState; places?: ReadonlyMap<string, number> } = { state: EMPTY };
  const notices = createNotices(emitter.fire.bind(emitter));

  /** Every app is asked for by its key, again and again. */
  const placeOf = (key: string): number => {
    held.places ??= new Map(held.state.apps.map(({ app }, index) => [app.key, index]));
    return held.places.get(key) ?? -1;
  };

  const update: Store['update'] = (next) => {
    const before = held.state;
    held.state = next(before);
    if (held.state.apps !== before.apps) held.places = undefined;
    if (held.state !== before) notices.add(difference(before, held.state));
  };

  return {
    onDidChange: emitter.event,
    state: () => held.state,
    update,
    app: (key) => held.state.apps[placeOf(key)],
    updateApp(key, next) {
      const { apps } = held.state;
      const index = placeOf(key);
      const before = apps[index];
      const after = before && next(before);
      if (before === undefined || after === undefined || after === before) return;
      // One app of many: the states as a whole need not be compared.
      held.state = { ...held.state, apps: apps.with(index, after) };
      if (after.app.key !== key) held.places = undefined;
      notices.add({
        apps: new Set([key]),
        clusters: new Set(),
        roots: new Set(),
        structure: parentOf(before) !== parentOf(after),
      });
    },
    updateRoot: (root, next) =>
      update((state) => ({ ...state, roots: replaced(state.roots, (r) => r.root === root, next) })),
    updateCluster: (name, next) =>
      update((state) => ({
        ...state,
        clusters: replaced(state.clusters, (c) => c.name === name, next),
      })),
    touch: ({ apps = [], roots = [] }) =>
      notices.add({
        apps: new Set(apps),
        clusters: new Set(),
        roots: new Set(roots),
        structure: false,
      }),
    flush: notices.flush,
    dispose() {
      notices.dispose();
      emitter.dispose();
    },
  };
}

function replaced<T>(
  items: readonly T[],
  matches: (item: T) => boolean,
  next: (item: T) => T,
): readonly T[] {
  return items.map((item) => (matches(item) ? next(item) : item));
}

interface Notices extends Disposable {
  readonly flush: () => void;
  add(change: Pending): void;
}

/** The first change goes out at once (after the running step), later ones together. */
function createNotices(fire: (change: WorkspaceChange) => void): Notices {
  const held: { pending?: Pending; timer?: NodeJS.Timeout; quiet: boolean; disposed: boolean } = {
    quiet: true,
    disposed: false,
  };

  const flush = (): void => {
    const { pending } = held;
    held.pending = undefined;
    held.timer = undefined;
    if (pending === undefined || held.disposed) {
      held.quiet = true;
      return;
    }
    held.quiet = false;
    held.timer = setTimeout(flush, COLLECT_MS);
    fire(pending);
  };

  return {
    flush() {
      if (held.pending === undefined) return;
      clearTimeout(held.timer);
      flush();
    },
    add(change) {
      if (held.pending === undefined) {
        held.pending = change;
        if (held.quiet) {
          held.quiet = false;
          queueMicrotask(flush);
        }
      } else merge(held.pending, change);
    },
    dispose() {
      held.disposed = true;
      clearTimeout(held.timer);
    },
  };
}

function merge(into: Pending, change: Pending): void {
  for (const key of change.apps) into.apps.add(key);
  for (const name of change.clusters) into.clusters.add(name);
  for (const root of change.roots) into.roots.add(root);
  into.structure ||= change.structure;
}

function difference(before: WorkspaceState, after: WorkspaceState): Pending {
  const apps = moved(before.apps, after.apps, (app) => app.app.key);
  const clusters = moved(before.clusters, after.clusters, (cluster) => cluster.name);
  const roots = moved(before.roots, after.roots, (root) => root.root);
  const structure =
    before.trusted !== after.trusted ||
    apps.reordered ||
    clusters.reordered ||
    roots.reordered ||
    parentsMoved(before.apps, after.apps);
  return { apps: apps.keys, clusters: clusters.keys, roots: roots.keys, structure };
}

function moved<T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (item: T) => string,
): { readonly keys: Set<string>; readonly reordered: boolean } {
  if (before === after) return { keys: new Set(), reordered: false };
  const old = new Map(before.map((item) => [keyOf(item), item]));
  const keys = new Set<string>();
  for (const item of after) if (old.get(keyOf(item)) !== item) keys.add(keyOf(item));
  const present = new Set(after.map(keyOf));
  for (const key of old.keys()) if (!present.has(key)) keys.add(key);
  const reordered =
    before.length !== after.length ||
    after.some((item, index) => keyOf(item) !== keyOf(before[index] ?? item)) ||
    after.some((item) => !old.has(keyOf(item)));
  return { keys, reordered };
}

function parentsMoved(before: readonly AppState[], after: readonly AppState[]): boolean {
  if (before === after) return false;
  const parents = new Map(before.map((state) => [state.app.key, parentOf(state)]));
  return after.some((state) => parents.get(state.app.key) !== parentOf(state));
}

function parentOf({ app }: AppState): string {
  return `${app.controlCluster ?? ''}\n${app.destinationCluster ?? ''}`;
}
