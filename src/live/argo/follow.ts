import type { Disposable } from '../../base/dispose';
import { toDisposable } from '../../base/dispose';
import { isCancellation, messageOf } from '../../base/userError';
import type { Access, AccessRefusal } from '../../model/cluster';
import { listAt, textAt, valueAt } from '../../model/fields';
import type { KubeObject } from '../../model/resource';
import { resourceIdOf, resourceKey } from '../../model/resource';
import type { WatchSink } from '../../model/watch';
import type { InstanceOptions, InstanceState } from './apps';
import { APPLICATION, appKey, appPath, keysOf } from './apps';
import { healthInApp, healthInTree, isSameHealth } from './health';
import { asObject, resourceOf } from './items';
import type { Backoff } from '../backoff';
import { createBackoff } from '../backoff';

interface Following extends Pick<
  InstanceOptions,
  'servers' | 'server' | 'clock' | 'sleep' | 'random' | 'log'
> {
  readonly state: InstanceState;
  readonly sink: WatchSink;
  readonly list: (signal: AbortSignal) => Promise<Access<readonly KubeObject[]>>;
  readonly onMoved: (keys: readonly string[]) => void;
}

/**
 * The streams of Argo CD have no bookmarks and say nothing while nothing happens: this often a small
 * question shows that the way to the server is still there,
 */
const HEARTBEAT_MS = 25_000;
/** and this often everything is listed again, for what a stream may have left out. */
const STREAM_MS = 5 * 60_000;
/** A stream that was closed so soon is not opened again at once. */
const SHORT_MS = 1_000;
/** Apps whose objects are followed one by one; the others are, once Argo CD has compared them. */
const MOST_TREES = 32;

/** Lists the Applications, then tells of each change, until it is disposed of. */
export function followInstance(following: Following): Disposable {
  const ending = new AbortController();
  const { state, log, server } = following;
  const { trees } = state;
  state.onRead = (app) => {
    const key = appKey(app);
    if (trees.has(key) || trees.size >= MOST_TREES) return;
    trees.add(key);
    void followTree(following, app, ending.signal).finally(() => trees.delete(key));
  };
  run(following, ending.signal).catch((error: unknown) => {
    if (!isCancellation(error) && !ending.signal.aborted)
      log.error(`stream of ${server}: ${messageOf(error)}`);
  });
  return toDisposable(() => {
    ending.abort();
    state.onRead = undefined;
    state.managed.clear();
    state.health.clear();
    trees.clear();
  });
}

interface Course {
  readonly backoff: Backoff;
  brokenMs: number | undefined;
}

async function run(following: Following, signal: AbortSignal): Promise<void> {
  const { sink, clock, sleep, list } = following;
  const course: Course = { backoff: createBackoff(following), brokenMs: undefined };
  for (;;) {
    const listed = await list(signal);
    signal.throwIfAborted();
    if (listed.kind === 'ok') sink.replaced(listed.value);
    const startedMs = clock();
    const refusal = listed.kind === 'ok' ? await readStream(following, course, signal) : listed;
    signal.throwIfAborted();
    if (refusal === undefined) {
      if (clock() - startedMs < SHORT_MS) await sleep(course.backoff.nextMs(), signal);
      continue;
    }
    if (isFinal(refusal)) return sink.moved({ kind: 'ended', refusal });
    course.brokenMs ??= clock();
    sink.moved({ kind: 'reconnecting', sinceMs: course.brokenMs, refusal });
    await sleep(course.backoff.nextMs(), signal);
  }
}

/** Whom the server does not know, or does not let look, is told so until something else changes. */
function isFinal({ kind }: AccessRefusal): boolean {
  return kind === 'unauthorised' || kind === 'forbidden' || kind === 'not-found';
}

/** Reads until the stream is due to be opened anew, or breaks. */
async function readStream(
  following: Following,
  course: Course,
  signal: AbortSignal,
): Promise<AccessRefusal | undefined> {
  const { servers, server, sink, clock, state } = following;
  const own = new AbortController();
  const both = AbortSignal.any([signal, own.signal]);
  const untilMs = clock() + STREAM_MS;
  const broken: { refusal?: AccessRefusal } = {};
  try {
    const opened = await servers.stream(server, { path: '/api/v1/stream/applications' }, both);
    if (opened.kind !== 'ok') return opened;
    course.brokenMs = undefined;
    state.isCurrent = true;
    sink.moved({ kind: 'current' });
    sink.heard();
    void keepAlive(following, { untilMs, own, broken }, both);
    for await (const event of opened.value) {
      both.throwIfAborted();
      take(following, event);
    }
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (own.signal.aborted) return broken.refusal;
    return { kind: 'unreachable', message: `The stream of ${server} broke: ${messageOf(error)}` };
  } finally {
    state.isCurrent = false;
    own.abort();
  }
}

interface Stream {
  readonly untilMs: number;
  readonly own: AbortController;
  readonly broken: { refusal?: AccessRefusal };
}

async function keepAlive(
  { servers, server, sink, sleep, clock, log }: Following,
  { untilMs, own, broken }: Stream,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (clock() < untilMs) {
      await sleep(HEARTBEAT_MS, signal);
      const request = { method: 'GET', path: '/api/v1/session/userinfo' } as const;
      const access = await servers.ask(server, request, signal);
      if (access.kind === 'ok') sink.heard();
      else broken.refusal = access;
      if (access.kind !== 'ok') break;
    }
  } catch (error) {
    if (!isCancellation(error) && !signal.aborted) log.error(`${server}: ${messageOf(error)}`);
  } finally {
    own.abort();
  }
}

/** One `ApplicationWatchEvent`. */
function take({ state, sink, onMoved }: Following, event: unknown): void {
  const app = asObject(valueAt(event, 'application'), APPLICATION);
  if (app === undefined) return;
  sink.heard();
  const key = appKey(app);
  const before = state.applications.find((one) => appKey(one) === key);
  const isKnown = before?.metadata.resourceVersion === app.metadata.resourceVersion;
  const isGone = textAt(event, 'type') === 'DELETED';
  hear(state, app, isGone);
  if (isKnown && !isGone) return;
  const others = state.applications.filter((one) => one !== before);
  state.applications = isGone ? others : [...others, app];
  state.managed.delete(key);
  if (isGone) sink.deleted(app);
  else sink.set(app);
  onMoved(keysOf(app));
}

/** What it tells is newer than what was read; of the others only a tree tells on. */
function hear({ health, trees }: InstanceState, app: KubeObject, isGone: boolean): void {
  const key = appKey(app);
  if (isGone) return void health.delete(key);
  const told = healthInApp(app);
  if (told !== undefined) health.set(key, Promise.resolve(told));
  else if (!trees.has(key)) health.delete(key);
}

/** An object that moves without any word in the app's status is told by the tree of the app. */
async function followTree(
  { servers, server, state, sink, onMoved, log }: Following,
  app: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name } = resourceIdOf(app);
  const path = appPath({ namespace, name }, '/resource-tree').replace(
    '/api/v1/applications/',
    '/api/v1/stream/applications/',
  );
  // The first tree comes with the first change, and is that.
  const last = { versions: await versionsRead(state, app) };
  const look = async (tree: unknown): Promise<void> => {
    sink.heard();
    const now = state.applications.find((one) => appKey(one) === appKey(app)) ?? app;
    const keys = keysOf(now);
    const isWell = await isHealthKnown(state, { app, keys, tree });
    const versions = versionsIn(tree, new Set(keys));
    if (last.versions === versions && isWell) return;
    last.versions = versions;
    state.managed.delete(appKey(app));
    onMoved(keys);
  };
  try {
    const opened = await servers.stream(server, { path }, signal);
    if (opened.kind !== 'ok') return;
    for await (const tree of opened.value) {
      signal.throwIfAborted();
      await look(tree);
    }
  } catch (error) {
    // It is opened again with the next look at the app.
    if (!isCancellation(error) && !signal.aborted)
      log.debug(`tree of ${name}: ${messageOf(error)}`);
  }
}

interface Tree {
  readonly app: KubeObject;
  readonly keys: readonly string[];
  readonly tree: unknown;
}

/** Takes what a tree says of the health of objects; whether nobody was told otherwise. */
async function isHealthKnown(
  { health }: InstanceState,
  { app, keys, tree }: Tree,
): Promise<boolean> {
  const now = healthInTree(tree);
  const before = await health.get(appKey(app));
  health.set(appKey(app), Promise.resolve(now));
  return before === undefined || isSameHealth(before, now, keys);
}

/** Of the objects as they were read: what a tree that says nothing new would say. */
async function versionsRead({ managed }: InstanceState, app: KubeObject): Promise<string> {
  const access = await managed.get(appKey(app));
  if (access?.kind !== 'ok') return '';
  return versionText(
    [...access.value].flatMap(([key, { live }]) =>
      live === undefined ? [] : [{ key, version: live.metadata.resourceVersion }],
    ),
  );
}

/** Of the app's own objects: pods come and go without a difference to Git. */
function versionsIn(tree: unknown, keys: ReadonlySet<string>): string {
  return versionText(
    listAt(tree, 'nodes').flatMap((node) => {
      const id = resourceOf(node);
      const key = id === undefined ? '' : resourceKey(id);
      return keys.has(key) ? [{ key, version: textAt(node, 'resourceVersion') }] : [];
    }),
  );
}

interface Versioned {
  readonly key: string;
  readonly version: string | undefined;
}

/** The same for the same versions, in whatever order they come. */
function versionText(all: readonly Versioned[]): string {
  return all
    .map(({ key, version = '' }) => `${key}@${version}`)
    .sort()
    .join('\n');
}
