import type { Coalescer } from '../base/coalesce';
import { createCoalescer } from '../base/coalesce';
import { isCancellation, messageOf } from '../base/userError';
import type { Workbench } from '../model/workbench';
import { resourceIdOf, resourceKey } from '../model/resource';
import type { ClusterSession, News } from './clusterSession';
import type { Core } from './core';
import type { FlowEvent } from './flow';
import { sessionOf, setFreshness } from './connecting';
import { defineApps, renewKinds } from './kindChanges';
import type { ChangedKinds } from './kindChanges';
import { watchKubeconfig } from './kubeconfigWatch';
import { createReports } from './reports';
import type { Reports } from './reports';
import { createSettingChanges } from './settingChanges';
import type { SettingChanges } from './settingChanges';
import { DEFINITIONS, topicsOfKey } from './topics';

/** What a change in a cluster leads to. */
export interface Looks {
  /** The whole cluster, read anew. */
  again(name: string, signal: AbortSignal): Promise<void>;
  /** Some of its apps, from what is followed. */
  compare(name: string, keys: readonly string[], signal: AbortSignal): Promise<void>;
  /** What definitions refer to and Git does not have, read anew; the apps for which it is another. */
  values(name: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Objects that no list of an app names any more, looked for anew. */
  orphans(name: string, signal: AbortSignal): Promise<void>;
}

/** Whoever looks away for a moment comes back to what is still true. */
const GRACE_MS = 30_000;
/** Changes come in groups: a rollout, a sync. */
const GATHER_MS = 150;
/** Between two looks at what keeps changing: this, or as long as the last one took. */
const APART_MS = 700;
/** A definition is served some moments after it was written: so many looks, `APART_MS` apart. */
const LOOKS_FOR_KINDS = 5;

/** A cluster that is looked at, or was until a moment ago. */
interface Watched {
  readonly ending: AbortController;
  leaving: AbortController | undefined;
}

/** Follows the clusters that somebody looks at, and no other. */
export function createFollow(
  core: Core,
  flow: Coalescer<FlowEvent>,
  looks: Looks,
): Workbench['follow'] {
  const watched = new Map<string, Watched>();

  const leave = async (name: string, one: Watched, signal: AbortSignal): Promise<void> => {
    await core.deps.sleep(GRACE_MS, signal);
    signal.throwIfAborted();
    watched.delete(name);
    one.ending.abort();
    stop(core, sessionOf(core, name));
  };
  const background = (what: string, work: Promise<void>): void => {
    work.catch((error: unknown) => {
      if (!isCancellation(error)) core.deps.log.error(`${what}: ${messageOf(error)}`);
    });
  };
  const join = (name: string): void => {
    const known = watched.get(name);
    known?.leaving?.abort();
    if (known !== undefined) {
      known.leaving = undefined;
      return;
    }
    const one: Watched = { ending: new AbortController(), leaving: undefined };
    watched.set(name, one);
    const signal = AbortSignal.any([one.ending.signal, core.lifetime.signal]);
    const session = sessionOf(core, name);
    session.isLookedAt = true;
    session.told = createUpdates({ core, flow, session, looks, signal });
    background(
      `kubeconfig of ${name}`,
      watchKubeconfig(core, name, { again: () => looks.again(name, signal), signal }),
    );
    // It was connected while nobody looked: from now on it is followed.
    if (session.connection.kind === 'connected')
      background(`look at ${name}`, looks.again(name, signal));
  };

  core.lifetime.signal.addEventListener('abort', () => {
    for (const { following } of core.clusters.values()) following?.dispose();
  });
  return (names) => {
    if (!core.trusted) return;
    for (const name of names) join(name);
    for (const [name, one] of watched) {
      if (names.has(name) || one.leaving !== undefined) continue;
      one.leaving = new AbortController();
      const signal = AbortSignal.any([one.leaving.signal, core.lifetime.signal]);
      background(`leave ${name}`, leave(name, one, signal));
    }
  };
}

function stop(core: Core, session: ClusterSession): void {
  session.isLookedAt = false;
  session.told = undefined;
  const { following } = session;
  if (following === undefined) return;
  const { updatedAtMs } = following.freshness();
  following.dispose();
  session.following = undefined;
  setFreshness(core, session, { kind: 'paused', updatedAtMs });
}

interface UpdatesInput {
  readonly core: Core;
  readonly flow: Coalescer<FlowEvent>;
  readonly session: ClusterSession;
  readonly looks: Looks;
  readonly signal: AbortSignal;
}

/** Compares what moved again: only the apps that have it, a group of changes at a time. */
function createUpdates(input: UpdatesInput): (news: News) => void {
  const { core, session, looks, signal } = input;
  const takers = { reports: createReports(input), settings: createSettingChanges(input) };
  const pending: Pending = { keys: new Set(), looksForKinds: 0 };
  const updates: Coalescer<News> = createCoalescer<News>(async (news) => {
    try {
      await core.deps.sleep(GATHER_MS, signal);
      const startedMs = core.deps.clock();
      if ((await update(input, takers, pending)) === 'again') again();
      if (pending.looksForKinds > 0) updates.push(news.slice(0, 1));
      const tookMs = core.deps.clock() - startedMs;
      await core.deps.sleep(Math.max(APART_MS, tookMs), signal);
    } catch (error) {
      if (!isCancellation(error) && !signal.aborted)
        core.deps.log.error(`changes of ${session.name}: ${messageOf(error)}`);
    }
  });
  const looking: { now?: Promise<void> } = {};
  const again = (): void => {
    looking.now ??= looks
      .again(session.name, signal)
      .catch((error: unknown) => {
        if (!isCancellation(error)) core.deps.log.error(`${session.name}: ${messageOf(error)}`);
      })
      .finally(() => delete looking.now);
  };
  return (news) => {
    if (signal.aborted) return;
    if (news.kind === 'freshness') return tellFreshness(input, again);
    if (news.kind === 'lost') return again();
    note(pending, news);
    if (pending.keys.size > 0 || pending.looksForKinds > 0) updates.push([news]);
  };
}

/** A cluster that could not be read when somebody asked is read once it answers again. */
function tellFreshness({ core, session }: UpdatesInput, again: () => void): void {
  const freshness = session.following?.freshness();
  setFreshness(core, session, freshness);
  const { connection } = session;
  const wasAway = connection.kind === 'failed' && connection.cause === 'unreachable';
  if (wasAway && freshness?.kind === 'live') again();
}

type Moves = Extract<News, { readonly kind: 'moved' | 'ended' }>;

/** What moved and was not looked at yet. */
interface Pending {
  readonly keys: Set<string>;
  /** The kinds that the cluster serves may be others: how often that is looked at. */
  looksForKinds: number;
}

function note(pending: Pending, news: Moves): void {
  for (const key of keysOf(news)) pending.keys.add(key);
  const isGone = news.kind === 'ended' && news.collection.refusal?.kind === 'not-found';
  const isDefined = [...keysOf(news)].some((key) => key.startsWith(DEFINITIONS));
  if (isDefined) pending.looksForKinds = LOOKS_FOR_KINDS;
  else if (isGone) pending.looksForKinds ||= 1;
}

function keysOf(news: Moves): Iterable<string> {
  if (news.kind === 'moved') return news.keys;
  const { wanted, refusal } = news.collection;
  // What was read stays until somebody signs in again.
  return wanted === 'all' || refusal?.kind === 'unauthorised' ? [] : wanted;
}

interface Takers {
  readonly reports: Reports;
  readonly settings: SettingChanges;
}

/** `again`: the whole cluster is to be read anew. */
async function update(
  input: UpdatesInput,
  { reports, settings }: Takers,
  pending: Pending,
): Promise<'done' | 'again'> {
  const { core, session, looks, signal } = input;
  const moved = [...pending.keys];
  pending.keys.clear();
  const changed = await lookForKinds(input, pending);
  if (defineApps(changed)) return 'again';
  const keys = new Set([...moved.flatMap(topicsOfKey), ...keysOfKinds(session, changed)]);
  const makers = makersOf(session);
  const reported = new Set([...(await reports.moved(moved)), ...(await settings.moved(keys))]);
  for (const [name, apps] of concerned({ core, session, keys, reported })) {
    if (core.clusters.get(name)?.connection.kind === 'connected')
      await looks.compare(name, apps, signal);
  }
  if (isOrphaning(core, session, makers)) await looks.orphans(session.name, signal);
  return 'done';
}

/** What lists objects of the cluster as its own. */
function makersOf({ reported }: ClusterSession): ReadonlySet<string> {
  return new Set(reported.map((object) => resourceKey(resourceIdOf(object))));
}

/** An app has gone, or one came back of which something was left behind. */
function isOrphaning(core: Core, session: ClusterSession, before: ReadonlySet<string>): boolean {
  const after = makersOf(session);
  const came = [...after].some((maker) => !before.has(maker));
  const state = core.store.state().clusters.find(({ name }) => name === session.name);
  return (
    [...before].some((maker) => !after.has(maker)) || (came && (state?.strays ?? []).length > 0)
  );
}

async function lookForKinds(
  { core, flow, session, signal }: UpdatesInput,
  pending: Pending,
): Promise<ChangedKinds> {
  if (pending.looksForKinds === 0) return [];
  pending.looksForKinds -= 1;
  const changed = await renewKinds(session, signal);
  if (changed.length === 0) return [];
  pending.looksForKinds = 0;
  // What a cluster can do is part of what some charts render.
  flow.push([{ kind: 'assignment' }]);
  await flow.idle();
  await core.activity.idle();
  return changed;
}

/** Of all that apps were compared by, what is of these kinds. */
function keysOfKinds({ readers }: ClusterSession, changed: ChangedKinds): readonly string[] {
  if (changed.length === 0) return [];
  const read = [...readers.values()].flatMap((keys) => [...keys]);
  return read.filter((key) => changed.some((beginning) => key.startsWith(beginning)));
}

/** The apps to compare again, by the cluster that they go to. */
function concerned({
  core,
  session,
  keys,
  reported,
}: {
  readonly core: Core;
  readonly session: ClusterSession;
  readonly keys: ReadonlySet<string>;
  readonly reported: ReadonlySet<string>;
}): ReadonlyMap<string, readonly string[]> {
  const byCluster = new Map<string, string[]>();
  for (const { app, live } of core.store.state().apps) {
    const { key, destinationCluster: name } = app;
    if (name === undefined || live.kind === 'unread') continue;
    const isTouched = name === session.name && reads(session, key, keys);
    if (isTouched || reported.has(key)) byCluster.set(name, [...(byCluster.get(name) ?? []), key]);
  }
  return byCluster;
}

function reads({ readers }: ClusterSession, app: string, keys: ReadonlySet<string>): boolean {
  return [...(readers.get(app) ?? [])].some((key) => keys.has(key));
}
