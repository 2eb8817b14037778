import type { Coalescer } from '../base/coalesce';
import { createLimiter } from '../base/limiter';
import type { AppState, LiveState } from '../model/appState';
import type { Workbench } from '../model/workbench';
import type { ClusterSession } from './clusterSession';
import { generateSets } from './argoGenerate';
import { openWithLogins } from './argoLogins';
import { takeNextAction } from './clusterFacts';
import { connect, failed, sessionOf, setConnection } from './connecting';
import type { Core } from './core';
import type { FlowEvent } from './flow';
import { createFollow } from './follow';
import type { Looks } from './follow';
import { followReleases } from './followedFacts';
import { isDue, withRelease } from './helmRelease';
import { compareApp } from './liveComparison';
import { readLiveData } from './liveData';
import { prepareApp } from './livePreparation';
import type { Prepared } from './livePreparation';
import { readLive } from './liveReader';
import { searchOrphans } from './orphans';
import { readReleaseFacts } from './releaseFacts';
import { rendered, scheduleRender } from './rendering';
import { signIn } from './signIn';
import { noteReaders } from './topics';

export type Live = Pick<
  Workbench,
  'openCluster' | 'refreshCluster' | 'compareLive' | 'follow' | 'signIn'
> & {
  /** Looks for objects of a cluster that no list of an app names any more. */
  findOrphans(name: string, signal: AbortSignal): Promise<void>;
};

/** How many apps are compared at once; requests have their own limit in each cluster. */
const APPS_AT_ONCE = 4;

const UNTRUSTED = 'This workspace is not trusted, so no cluster is contacted.';

export function createLive(core: Core, flow: Coalescer<FlowEvent>): Live {
  const open = openWithLogins(core, (name, signal) => openCluster(core, flow, name, signal));
  const looks: Looks = {
    again: (name, signal) => openCluster(core, flow, name, signal),
    compare: (name, keys, signal) => compareApps(core, name, keys, { isQuiet: true, signal }),
    values: (name, signal) => refreshLiveData(core, flow, { name }, signal),
    orphans: (name, signal) => findOrphans(core, name, signal),
  };
  const openWhole: Live['openCluster'] = async (name, signal) => {
    await open(name, signal);
    await findOrphans(core, name, signal);
  };
  return {
    openCluster: openWhole,
    refreshCluster: openWhole,
    findOrphans: (name, signal) => findOrphans(core, name, signal),
    follow: createFollow(core, flow, looks),
    signIn: (name, signal) => signIn(core, name, { open, signal }),
    async compareLive(key, signal) {
      const state = core.store.app(key);
      if (state === undefined) return;
      const reason = await whyNotReadable(core, flow, state, signal);
      if (reason !== undefined) return setUnavailable(core, key, reason);
      const { controlCluster = '' } = state.app;
      await refreshLiveData(core, flow, { name: controlCluster, only: key }, signal);
      await rendered(core, key);
      const destination = destinationOf(state);
      core.clusters.get(destination)?.following?.renew();
      await compareApps(core, destination, [key], { signal });
    },
  };
}

async function openCluster(
  core: Core,
  flow: Coalescer<FlowEvent>,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  if (!core.trusted) {
    return setConnection(core, sessionOf(core, name), failed('untrusted', UNTRUSTED));
  }
  const connected = await connect(core, name, signal);
  flow.push([{ kind: 'assignment' }]);
  await flow.idle();
  if (!connected) return markUnread(core, name);
  await refreshLiveData(core, flow, { name }, signal);
  await refreshSets(core, flow, name, signal);
  await core.activity.idle();
  const apps = core.store.state().apps.filter(({ app }) => app.destinationCluster === name);
  await compareApps(
    core,
    name,
    apps.map(({ app }) => app.key),
    { signal },
  );
  core.clusters.get(name)?.following?.sweep();
}

/** What definitions refer to and Git does not have; the apps that it is for are rendered with it. */
async function refreshLiveData(
  core: Core,
  flow: Coalescer<FlowEvent>,
  { name, only }: { readonly name: string; readonly only?: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const session = core.clusters.get(name);
  if (session?.connection.kind !== 'connected') return [];
  const apps = await readLiveData(core, session, signal, only);
  if (apps.length === 0) return [];
  flow.push([{ kind: 'assignment' }, { kind: 'render', apps }]);
  await flow.idle();
  return apps;
}

/** ApplicationSets that files alone do not tell. */
async function refreshSets(
  core: Core,
  flow: Coalescer<FlowEvent>,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const session = core.clusters.get(name);
  if (session?.argo === undefined || !(await generateSets(core, session, signal))) return;
  flow.push([{ kind: 'assignment' }]);
  await flow.idle();
}

function destinationOf({ app }: AppState): string {
  return app.destinationCluster ?? '';
}

/** A sentence when the app's live state cannot be read; connects its destination when it can. */
async function whyNotReadable(
  core: Core,
  flow: Coalescer<FlowEvent>,
  state: AppState,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!core.trusted) return UNTRUSTED;
  const name = state.app.destinationCluster;
  if (name === undefined) return 'No cluster is assigned to this app.';
  if (core.clusters.get(name)?.connection.kind === 'connected') return undefined;
  if (!(await connect(core, name, signal))) return whyNotConnected(core, name);
  flow.push([{ kind: 'assignment' }]);
  await flow.idle();
  return undefined;
}

export function whyNotConnected(core: Core, name: string): string {
  const connection = core.clusters.get(name)?.connection;
  return connection?.kind === 'failed' ? connection.message : `${name} is not connected.`;
}

function setLive(core: Core, key: string, live: (state: AppState) => LiveState): void {
  core.store.updateApp(key, (state) => ({ ...state, live: live(state) }));
}

function setUnavailable(core: Core, key: string, reason: string): void {
  setLive(core, key, (state) => ({ kind: 'unavailable', reason, ...lastOf(state.live) }));
}

function lastOf(live: LiveState): Pick<Extract<LiveState, { kind: 'reading' }>, 'last'> {
  if (live.kind === 'compared') return { last: live.comparison };
  return live.kind === 'unread' || live.last === undefined ? {} : { last: live.last };
}

/** A cluster that cannot be reached any more leaves the last comparisons marked as old. */
function markUnread(core: Core, name: string): void {
  const reason = whyNotConnected(core, name);
  for (const { app, live } of core.store.state().apps) {
    if (app.destinationCluster === name && live.kind !== 'unread') {
      setUnavailable(core, app.key, reason);
    }
  }
}

interface Manner {
  readonly signal: AbortSignal;
  /** What is shown stays as it is until there is something new. */
  readonly isQuiet?: boolean;
}

/** Renders what is needed, reads the union of the objects once, and compares app by app. */
async function compareApps(
  core: Core,
  name: string,
  keys: readonly string[],
  { isQuiet = false, signal }: Manner,
): Promise<void> {
  if (!isQuiet) {
    for (const key of keys)
      setLive(core, key, (state) => ({ kind: 'reading', ...lastOf(state.live) }));
  }
  const limiter = createLimiter(APPS_AT_ONCE);
  const session = sessionOf(core, name);
  try {
    await followReleases(core, session, signal);
    await readReleaseFacts(core, session, keys, signal);
    const tried = await Promise.all(
      keys.map((key) => limiter.run(() => prepare(core, session, key, signal), { signal })),
    );
    const prepared = tried.flatMap((one) => (one === undefined ? [] : withOrphans(session, one)));
    noteReaders(core, session, keys, prepared);
    const live = await readLive(
      session,
      prepared.flatMap((one) => one.ids),
      signal,
    );
    const readAtMs = core.deps.clock();
    await Promise.all(
      prepared.map((one) =>
        limiter.run(
          async () => {
            const comparison = await compareApp(core, one, { session, live, readAtMs }, signal);
            setLive(core, one.key, () => ({ kind: 'compared', comparison }));
          },
          { signal },
        ),
      ),
    );
  } catch (error) {
    if (!isQuiet) forgetReading(core, keys);
    throw error;
  }
}

/** Found by the last search, and looked at as what the app lists until the next one. */
function withOrphans({ orphans }: ClusterSession, prepared: Prepared): Prepared {
  const found = orphans.get(prepared.key);
  return found === undefined ? prepared : { ...prepared, ids: [...prepared.ids, ...found] };
}

async function findOrphans(core: Core, name: string, signal: AbortSignal): Promise<void> {
  const session = core.clusters.get(name);
  if (session?.connection.kind !== 'connected') return;
  const keys = await searchOrphans(core, session, signal);
  if (keys.length > 0) await compareApps(core, name, keys, { isQuiet: true, signal });
}

async function prepare(
  core: Core,
  session: ClusterSession,
  key: string,
  signal: AbortSignal,
): Promise<Prepared | undefined> {
  const first = await prepareWithRelease(core, session, key, signal);
  const isNext = typeof first !== 'string' && isDue(first) && takeNextAction(core, key);
  const prepared = isNext ? await prepareNext(core, session, key, signal) : first;
  if (typeof prepared !== 'string') return prepared;
  setUnavailable(core, key, prepared);
  return undefined;
}

async function prepareWithRelease(
  core: Core,
  session: ClusterSession,
  key: string,
  signal: AbortSignal,
): Promise<Prepared | string> {
  const prepared = await prepareApp(core, key, signal);
  return typeof prepared === 'string'
    ? prepared
    : await withRelease(core, session, prepared, signal);
}

/** Once an upgrade is due, templates are told of the upgrade. */
async function prepareNext(
  core: Core,
  session: ClusterSession,
  key: string,
  signal: AbortSignal,
): Promise<Prepared | string> {
  scheduleRender(core, key);
  await rendered(core, key);
  return await prepareWithRelease(core, session, key, signal);
}

/** A cancelled look leaves what was known before. */
function forgetReading(core: Core, keys: readonly string[]): void {
  for (const key of keys) {
    setLive(core, key, ({ live }) => {
      if (live.kind !== 'reading') return live;
      return live.last === undefined
        ? { kind: 'unread' }
        : { kind: 'compared', comparison: live.last };
    });
  }
}
