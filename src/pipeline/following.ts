import { orAborted } from '../base/abort';
import type { Disposable } from '../base/dispose';
import { isCancellation } from '../base/userError';
import type { Access } from '../model/cluster';
import type { Clock, Cluster } from '../model/ports';
import type { KubeObject } from '../model/resource';
import type { Freshness } from '../model/watch';
import type { Collection, CollectionRequest, Wanted } from './collection';
import { createCollection } from './collection';
import { freshnessOf } from './freshness';

/** What is followed of one cluster while somebody looks at it: lists that stay true by themselves. */
export interface Following extends Disposable {
  /** The cluster that it is bound to. */
  readonly cluster: Cluster;
  /** As `Cluster.list`, but from what is followed: the first time it is listed, and watched from then on. */
  list(
    request: CollectionRequest,
    wanted: Wanted,
    signal: AbortSignal,
  ): Promise<Access<readonly KubeObject[]>>;
  /**
   * What can only be read one by one: whoever needs it hears now and then that it may have moved.
   * `isAside`: nothing that is shown is as old as that.
   */
  remind(keys: readonly string[], isAside?: boolean): void;
  /** What is listed next is read anew, whatever is known of it. */
  renew(): void;
  /** Ends what was not asked for since the last `renew`. */
  sweep(): void;
  freshness(): Freshness;
  /** Watches and polls that are open. */
  readonly openCount: number;
}

export interface FollowingInput {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onMoved: (keys: readonly string[]) => void;
  /** A collection has ended: its right, its login or its kind is gone. */
  readonly onEnded: (collection: Collection) => void;
  /** What `freshness` says is another. */
  readonly onFreshness: () => void;
}

/** Of one cluster; what is beyond is asked for each minute. */
export const MOST_WATCHES = 64;
/** How often what cannot be watched is looked at again. */
export const POLL_MS = 60_000;
/** "Updated 12 s ago" need not be told more often. */
const HEARD_EVERY_MS = 5_000;
/** A list that was made for the same look, by another app of it. */
const SAME_LOOK_MS = 2_000;

interface Open {
  readonly collection: Collection;
  round: number;
}

interface Reminder {
  /** What is shown waits for it. */
  readonly isShown: boolean;
  readonly round: number;
}

interface State {
  readonly open: Map<string, Open>;
  readonly startedMs: number;
  readonly reminded: Map<string, Reminder>;
  isReminding: boolean;
  renewedMs: number;
  round: number;
  toldMs: number;
}

/** `undefined` where the cluster cannot be followed. */
export function createFollowing(input: FollowingInput): Following | undefined {
  const { cluster, clock } = input;
  const watch = cluster.watch?.bind(cluster);
  if (watch === undefined) return undefined;
  const ending = new AbortController();
  const startedMs = clock();
  const open = new Map<string, Open>();
  const state: State = {
    open,
    startedMs,
    reminded: new Map(),
    isReminding: false,
    renewedMs: Number.NEGATIVE_INFINITY,
    round: 0,
    toldMs: startedMs,
  };
  const moves = cluster.argo?.onMoved(input.onMoved);
  return {
    cluster,
    list: (request, wanted, signal) =>
      contentOf(collectionFor({ input, watch, state }, request, wanted), signal),
    remind(keys, isAside = false) {
      for (const key of keys) state.reminded.set(key, { isShown: !isAside, round: state.round });
      if (state.isReminding || keys.length === 0) return;
      state.isReminding = true;
      void remindEach(input, state, ending.signal);
    },
    renew() {
      state.renewedMs = clock() - SAME_LOOK_MS;
      state.round += 1;
    },
    sweep() {
      for (const [key, { collection, round }] of open) {
        if (round === state.round) continue;
        collection.dispose();
        open.delete(key);
      }
      for (const [key, { round }] of state.reminded) {
        if (round !== state.round) state.reminded.delete(key);
      }
      input.onFreshness();
    },
    freshness: () => {
      const all = [...open.values()].map(({ collection }) => collection);
      // An Argo CD tells itself of what moves.
      const isReminded =
        !cluster.argo && [...state.reminded.values()].some(({ isShown }) => isShown);
      return freshnessOf(all, { startedMs, isReminded, pollMs: POLL_MS });
    },
    get openCount() {
      return open.size;
    },
    dispose() {
      ending.abort();
      moves?.dispose();
      for (const { collection } of open.values()) collection.dispose();
      open.clear();
    },
  };
}

interface Parts {
  readonly input: FollowingInput;
  readonly watch: NonNullable<Cluster['watch']>;
  readonly state: State;
}

/** The one that is open, where it has what is wanted; else a new one in its place. */
function collectionFor(parts: Parts, request: CollectionRequest, wanted: Wanted): Collection {
  const { open, round } = parts.state;
  const serving = [...open.values()].find(
    ({ collection }) =>
      isWithin(request, collection.request) && serves(collection, wanted, parts.state),
  );
  if (serving !== undefined) {
    serving.round = round;
    return serving.collection;
  }
  const key = requestKey(request);
  const old = open.get(key)?.collection;
  old?.dispose();
  open.delete(key);
  const next = old === undefined ? wanted : united(old.wanted, wanted);
  const collection = start(parts, { request, wanted: next, old });
  open.set(key, { collection, round });
  return collection;
}

/** Whether what one request asks for is part of another: one app needs less than all together. */
function isWithin(request: CollectionRequest, of: CollectionRequest): boolean {
  const isPart = (part: string | undefined, whole: string | undefined): boolean =>
    whole === undefined || part === whole;
  return (
    request.kind.resource === of.kind.resource &&
    request.kind.group === of.kind.group &&
    request.metadataOnly === of.metadataOnly &&
    isPart(request.namespace, of.namespace) &&
    isPart(request.fieldSelector, of.fieldSelector) &&
    request.labelSelector === of.labelSelector
  );
}

function start(
  { input, watch, state }: Parts,
  what: {
    readonly request: CollectionRequest;
    readonly wanted: Wanted;
    readonly old: Collection | undefined;
  },
): Collection {
  const { request, wanted, old } = what;
  const { clock } = input;
  return createCollection({
    watch,
    request,
    wanted,
    ...(isPolled(request, state.open) && { pollMs: POLL_MS }),
    before: old?.refusal === undefined ? old?.objects : undefined,
    clock,
    onMoved: (keys) => input.onMoved(keys),
    onState: (collection) => {
      if (collection.state?.kind === 'ended') input.onEnded(collection);
      input.onFreshness();
    },
    onHeard: () => {
      if (clock() - state.toldMs < HEARD_EVERY_MS) return;
      state.toldMs = clock();
      input.onFreshness();
    },
  });
}

async function contentOf(
  collection: Collection,
  signal: AbortSignal,
): Promise<Access<readonly KubeObject[]>> {
  await orAborted(collection.ready, signal);
  return collection.refusal ?? { kind: 'ok', value: [...collection.objects.values()] };
}

function serves(collection: Collection, wanted: Wanted, { renewedMs }: State): boolean {
  if (collection.state === undefined) return covers(collection.wanted, wanted);
  if (collection.state.kind === 'ended' || collection.listedMs < renewedMs) return false;
  return covers(collection.wanted, wanted);
}

function covers(has: Wanted, wanted: Wanted): boolean {
  if (has === 'all') return true;
  return wanted !== 'all' && [...wanted].every((key) => has.has(key));
}

function united(a: Wanted, b: Wanted): Wanted {
  return a === 'all' || b === 'all' ? 'all' : new Set([...a, ...b]);
}

function isPolled({ kind }: CollectionRequest, open: ReadonlyMap<string, Open>): boolean {
  if (!kind.verbs.includes('watch')) return true;
  const watches = [...open.values()].filter(({ collection }) => collection.pollMs === undefined);
  return watches.length >= MOST_WATCHES;
}

async function remindEach(
  { sleep, onMoved }: FollowingInput,
  { reminded }: State,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (!signal.aborted) {
      await sleep(POLL_MS, signal);
      if (reminded.size > 0) onMoved([...reminded.keys()]);
    }
  } catch (error) {
    if (!isCancellation(error) && !signal.aborted) throw error;
  }
}

function requestKey(request: CollectionRequest): string {
  const { kind, namespace = '', labelSelector = '', fieldSelector = '', metadataOnly } = request;
  const { group, version, resource } = kind;
  const selectors = [labelSelector, fieldSelector, metadataOnly === true];
  return JSON.stringify([group, version, resource, namespace, ...selectors]);
}
