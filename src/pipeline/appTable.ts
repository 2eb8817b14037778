import type { Steps } from '../base/pacer';
import type { App } from '../model/app';
import type { AppState, ClusterState, ConnectionState, RootState } from '../model/appState';
import type { ContextRef } from '../model/cluster';
import { assignmentSteps, logicalClusters } from '../repo/assignClusters';
import type { AssignmentContext } from '../repo/clusterMap';
import type { Discovery } from '../repo/discover';
import { followedBranch } from '../repo/follows';
import { followsInRoot } from '../repo/mounts';
import { uniteApps } from '../repo/unite';
import type { ReportedApp } from '../repo/unite';
import { sourceStates } from '../sync/sources';
import { statusOf } from '../sync/statusOf';
import type { KubeObject } from '../model/resource';
import { entryOf } from './core';
import { withOwners } from './owners';
import type { Core, RootEntry } from './core';
import { withArgoProblems } from './argoRendering';
import { fetchedTrees, learnTrees } from './fetchedTrees';
import { isGuessOf } from './guessedApps';
import { toldByCluster } from './liveData';
import { sameData, share } from './share';

/** True for an app of the target that the working copy no longer defines: it renders to nothing. */
export function isGone(core: Core, app: App): boolean {
  const root = app.definedIn?.root;
  const entry = root === undefined ? undefined : core.roots.get(root);
  return entry?.discovery !== undefined && !keysOf(entry.discovery).has(app.key);
}

const keysByDiscovery = new WeakMap<Discovery, ReadonlySet<string>>();

function keysOf(discovery: Discovery): ReadonlySet<string> {
  const known = keysByDiscovery.get(discovery);
  if (known !== undefined) return known;
  const keys = new Set(discovery.apps.map((app) => app.key));
  keysByDiscovery.set(discovery, keys);
  return keys;
}

function appsInGit(core: Core): readonly App[] {
  return [...core.roots.values()].flatMap((entry) => [
    ...(entry.discovery?.apps ?? []),
    ...goneApps(entry),
  ]);
}

function goneApps(entry: RootEntry): readonly App[] {
  if (entry.target?.kind !== 'known') return [];
  const { apps } = entry.target;
  const { discovery } = entry;
  if (discovery === undefined) return [...apps.values()];
  const present = keysOf(discovery);
  return [...apps.values()].filter(
    (app) => !present.has(app.key) && !isGuessOf(app, discovery.apps),
  );
}

/** What an API server reports is not shown a second time as its Argo CD tells it. */
function reportedApps(core: Core): readonly ReportedApp[] {
  const sessions = [...core.clusters.values()];
  const direct = sessions.filter(({ cluster }) => cluster?.argo === undefined);
  const known = new Set(direct.flatMap(({ reported }) => reported.map(uidOf)));
  return sessions.flatMap((session) => {
    const isTold = session.cluster?.argo !== undefined;
    const objects = session.reported.filter((object) => !isTold || !known.has(uidOf(object)));
    return objects.map((object) => ({ cluster: session.name, object }));
  });
}

function uidOf({ metadata }: KubeObject): string {
  return metadata.uid ?? '';
}

/** What decides in which cluster an app is. */
export function assignContext(core: Core): AssignmentContext {
  const configs = new Map(
    [...core.roots.values()].flatMap((entry) =>
      entry.discovery === undefined ? [] : [[entry.root, entry.discovery.config] as const],
    ),
  );
  return {
    configs,
    settings: core.settings,
    contexts: core.contexts,
    argoClusters: [...core.clusters.values()].flatMap((session) =>
      session.argoClusters.map((cluster) => ({ control: session.name, ...cluster })),
    ),
  };
}

/** All apps that Git or a connected cluster knows, with their clusters; made anew when a part moved. */
async function collectApps(core: Core): Promise<readonly App[]> {
  const { pacer, lifetime } = core;
  const known = core.collected;
  if (known !== undefined && isSameList(known.from, partsOf(core))) return known.apps;
  await pacer.pause(lifetime.signal);
  relocateTargets(core);
  const from = partsOf(core);
  const roots = [...core.roots.values()];
  const reported = reportedApps(core);
  const fetched = fetchedTrees(core);
  const all = uniteApps(appsInGit(core), reported, roots, fetched);
  if (await learnTrees(core, all)) return await collectApps(core);
  core.reportedApps = reported.length === 0 ? [] : uniteApps([], reported, roots, fetched);
  const united = withOwners(core, all.map(withStatus));
  const context = assignContext(core);
  await pacer.pause(lifetime.signal);
  const assigned = await pacer.run(assignmentSteps(united, context), lifetime.signal);
  const apps = assigned.map((app) => withArgoProblems(core, toldByCluster(core, app)));
  core.collected = { from, apps };
  return apps;
}

/** What the apps are put together from; each part is replaced whole when it changes. */
function partsOf(core: Core): readonly unknown[] {
  return [
    core.settings,
    core.contexts,
    fetchedTrees(core),
    ...[...core.roots.values()].flatMap(({ root, repository, paths, discovery, target }) => [
      root,
      repository,
      paths,
      discovery,
      target,
    ]),
    ...[...core.clusters.values()].flatMap(
      ({ name, reported, argoClusters, argoSettings, data }) => [
        name,
        reported,
        argoClusters,
        argoSettings,
        data,
      ],
    ),
  ];
}

/** Target definitions whose source is in another open root become renderable like the present ones. */
function relocateTargets(core: Core): void {
  const roots = [...core.roots.values()];
  const fetched = fetchedTrees(core);
  if (roots.length < 2 && fetched.length === 0) return;
  for (const entry of roots) {
    if (entry.target?.kind !== 'known') continue;
    const apps = uniteApps([...entry.target.apps.values()], [], roots, fetched);
    entry.target = { ...entry.target, apps: new Map(apps.map((app) => [app.key, app])) };
  }
}

function withStatus(app: App): App {
  if (app.reported === undefined) return app;
  return { ...app, status: statusOf(app.tool, app.reported as unknown as KubeObject) };
}

/** Apps to look at again: `render` the objects anew, or only `compare` what is rendered. */
export interface Stale {
  readonly render: ReadonlySet<string>;
  readonly compare: ReadonlySet<string>;
}

/** Brings the visible state in line with what is discovered. */
export async function syncState(core: Core): Promise<Stale> {
  const apps = await collectApps(core);
  for (const entry of core.roots.values()) entry.followed = followedBranches(apps, entry);
  const stale = { render: new Set<string>(), compare: new Set<string>() };
  const shared = await core.pacer.run(sharedApps(core, apps, stale), core.lifetime.signal);
  await core.pacer.rest(core.lifetime.signal);
  // From here on nothing waits: renders that ended meanwhile have changed the states.
  const before = statesByKey(core);
  const states = shared.map((app) => {
    const known = before.get(app.key);
    const next = nextState(known, app);
    if (known?.app.source !== next.app.source) stale.render.add(app.key);
    else if (known !== next) stale.compare.add(app.key);
    return next;
  });
  forgetApps(core, new Set(apps.map((app) => app.key)));
  const clusters = clusterStates(core, apps);
  core.store.update((state) => ({
    ...state,
    trusted: core.trusted,
    apps: keepIfSame(state.apps, states),
    clusters: share(state.clusters, clusters),
    roots: keepIfSame(state.roots, rootStates(core, state.roots)),
  }));
  return stale;
}

function statesByKey(core: Core): ReadonlyMap<string, AppState> {
  return new Map(core.store.state().apps.map((state) => [state.app.key, state]));
}

interface Moved {
  readonly render: Set<string>;
  readonly compare: Set<string>;
}

/** The apps with every part of theirs that is what it was; tells whose target moved. */
function* sharedApps(core: Core, apps: readonly App[], stale: Moved): Steps<readonly App[]> {
  const before = statesByKey(core);
  const shared: App[] = [];
  for (const app of apps) {
    const known = share(before.get(app.key)?.app, app);
    shared.push(known);
    addMoved(core, known, stale);
    yield;
  }
  return shared;
}

/** An app that only the target defines now, or defines otherwise than before. */
function addMoved(core: Core, app: App, stale: Moved): void {
  const entry = entryOf(core, app.key);
  const before = entry.defined;
  const target = targetOfRoot(core, app);
  entry.defined = { gone: isGone(core, app), target };
  if (before === undefined) return;
  if (before.gone !== entry.defined.gone) stale.render.add(app.key);
  else if (!sameData(before.target, target)) stale.compare.add(app.key);
}

function targetOfRoot(core: Core, { key, definedIn }: App): App | undefined {
  const target = core.roots.get(definedIn?.root ?? '')?.target;
  return target?.kind === 'known' ? target.apps.get(key) : undefined;
}

/** The branches of a repository that any app follows. */
function followedBranches(
  apps: readonly App[],
  { root, repository }: RootEntry,
): ReadonlySet<string> {
  const branches = new Set<string>();
  if (repository === undefined) return branches;
  const follows = apps.flatMap((app) => {
    const ref = followsInRoot(app);
    return ref !== undefined && app.source.kind === 'local' && app.source.root === root
      ? [ref]
      : [];
  });
  const distinct = new Map(follows.map((ref) => [`${ref.repoUrl}\n${ref.revision}`, ref]));
  for (const ref of distinct.values()) {
    const branch = followedBranch(ref, repository);
    if (branch !== undefined) branches.add(branch);
  }
  return branches;
}

function nextState(known: AppState | undefined, app: App): AppState {
  if (known === undefined) {
    return {
      app,
      working: { kind: 'discovered' },
      local: { kind: 'unknown' },
      live: { kind: 'unread' },
      problems: [],
    };
  }
  return app === known.app ? known : { ...known, app };
}

function keepIfSame<T>(before: readonly T[], after: readonly T[]): readonly T[] {
  return isSameList(before, after) ? before : after;
}

function isSameList(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && after.every((item, i) => item === before[i]);
}

function forgetApps(core: Core, present: ReadonlySet<string>): void {
  for (const [key, entry] of core.apps) {
    if (present.has(key)) continue;
    entry.run?.abort();
    core.apps.delete(key);
    const source = core.store.app(key)?.app.source;
    if (entry.made !== undefined && source?.kind === 'local')
      core.definitionsMoved.fire(source.root);
  }
}

function clusterStates(core: Core, apps: readonly App[]): readonly ClusterState[] {
  return logicalClusters(apps, assignContext(core)).map(({ name, context, server }) => ({
    name,
    ...(context && { context }),
    ...(server !== undefined && { server }),
    ...sessionState(core, name, context),
  }));
}

function sessionState(
  core: Core,
  name: string,
  context: ContextRef | undefined,
): Omit<ClusterState, 'name' | 'context' | 'server'> {
  const session = core.clusters.get(name);
  if (session === undefined) return { connection: untouched(core, context), limits: [] };
  return {
    connection: session.connection,
    limits: session.limits,
    ...(session.freshness && { freshness: session.freshness }),
    sources: sourceStates(session.reported),
  };
}

/** Before the first contact: a context that can never be used says so at once. */
function untouched(core: Core, context: ContextRef | undefined): ConnectionState {
  if (context === undefined) return { kind: 'unmapped' };
  const { file, name } = context;
  const known = core.contexts.find(({ ref }) => ref.file === file && ref.name === name);
  return known?.problem === undefined
    ? { kind: 'idle' }
    : { kind: 'failed', cause: 'config', message: known.problem };
}

function rootStates(core: Core, before: readonly RootState[]): readonly RootState[] {
  const known = new Map(before.map((state) => [state.root, state]));
  return [...core.roots.values()].map((entry) => {
    const old = known.get(entry.root);
    const next = rootState(entry);
    return old === undefined ? next : share(old, next);
  });
}

function rootState(entry: RootEntry): RootState {
  const changed = changedPathsOf(entry);
  return {
    root: entry.root,
    name: entry.name,
    ...(entry.repository === undefined ? {} : { repository: entry.repository }),
    indexing: !entry.loaded,
    items: entry.discovery?.items ?? [],
    problems: [...entry.problems, ...(entry.discovery?.problems ?? [])],
    ...(changed === undefined ? {} : { changedPaths: changed }),
  };
}

function changedPathsOf(entry: RootEntry): readonly string[] | undefined {
  if (entry.target?.kind !== 'known') return undefined;
  const changed = entry.changedByCommit.get(entry.target.label.commit);
  return changed?.kind === 'known' ? [...changed.paths].sort() : undefined;
}
