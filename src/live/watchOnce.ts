import type { AccessRefusal } from '../model/cluster';
import type { KubeObject } from '../model/resource';
import type { WatchRequest, WatchSink } from '../model/watch';
import { brokenRefusal } from './failure';
import { nameAndVersion, pathOf } from './pages';
import { subjectOf } from './paths';
import type { Pulse } from './pulse';
import type { Rest } from './rest';
import { linesOf, readEvent } from './watchLines';

/** How one watch request ended; `version` is what the next one goes on from. */
export type WatchEnd =
  | { readonly kind: 'closed'; readonly version: string; readonly isShort: boolean }
  /** The server does not remember what happened since. */
  | { readonly kind: 'expired' }
  | {
      readonly kind: 'failed';
      readonly refusal: AccessRefusal;
      readonly version: string | undefined;
      readonly afterMs?: number;
    };

export interface WatchPlace {
  readonly request: WatchRequest;
  readonly version: string;
  readonly sink: WatchSink;
  /** The server has taken up the watch. */
  readonly onOpen: () => void;
}

interface Surroundings {
  readonly server: URL;
  readonly rest: Rest;
  readonly pulse: Pulse;
  readonly clock: () => number;
  readonly random: () => number;
}

/** Bookmarks come each minute (apiserver `storage/cacher`, `defaultBookmarkFrequency`); later, nobody is there. */
const SILENT_MS = 75_000;
/** A watch that ends this soon, without a word, is not tried again at once (client-go: `very short watch`). */
const SHORT_MS = 1_000;
/** client-go's `minWatchTimeout`: the server ends a watch after 5 to 10 minutes. */
const SERVER_SECONDS = 300;

const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** Why we ended a watch ourselves. */
type Ended = 'silent' | 'jumped';

interface Watching {
  version: string;
  heardMs: number;
  told: boolean;
  ended?: Ended;
}

/** Rejects only with the signal's reason. */
export async function watchOnce(
  around: Surroundings,
  place: WatchPlace,
  signal: AbortSignal,
): Promise<WatchEnd> {
  const startedMs = around.clock();
  const state: Watching = { version: place.version, heardMs: startedMs, told: false };
  const own = new AbortController();
  const check = around.pulse.join((jumped) => {
    if (!jumped && around.clock() - state.heardMs < SILENT_MS) return;
    state.ended = jumped ? 'jumped' : 'silent';
    own.abort();
  });
  try {
    const both = AbortSignal.any([signal, own.signal]);
    return await follow({ around, place, state, startedMs }, both);
  } catch (error) {
    signal.throwIfAborted();
    // Whoever slept has missed nothing that the next request does not tell.
    if (state.ended === 'jumped') return closed(state, false);
    return failed(
      brokenRefusal(state.ended === 'silent' ? SILENCE : error, around.server, undefined),
      state,
    );
  } finally {
    check.dispose();
    own.abort();
  }
}

const SILENCE = Object.assign(new Error('silent'), { code: 'UND_ERR_BODY_TIMEOUT' });

interface Following {
  readonly around: Surroundings;
  readonly place: WatchPlace;
  readonly state: Watching;
  readonly startedMs: number;
}

async function follow(following: Following, signal: AbortSignal): Promise<WatchEnd> {
  const { around, place, state, startedMs } = following;
  const { kind, namespace, metadataOnly } = place.request;
  const { path, refusal } = pathOf(place.request, watchQuery(place.version, around.random()));
  if (refusal !== undefined) return failed(refusal as AccessRefusal, state);
  const headers = { accept: metadataOnly === true ? METADATA : 'application/json' };
  const subject = subjectOf('watch', kind, namespace ?? '');
  const answer = await around.rest.stream({ method: 'GET', path, headers, subject }, signal);
  if (answer.kind === 'refused') return refused(answer.refusal, answer.afterMs, state);
  heard(following);
  place.onOpen();
  for await (const { text, isWhole } of linesOf(answer.body)) {
    signal.throwIfAborted();
    heard(following);
    const end = isWhole ? tell(following, text) : incomplete(following);
    if (end !== undefined) return end;
  }
  signal.throwIfAborted();
  return closed(state, around.clock() - startedMs < SHORT_MS);
}

function watchQuery(version: string, random: number): Readonly<Record<string, string>> {
  return {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: version,
    timeoutSeconds: String(Math.round(SERVER_SECONDS * (1 + random))),
  };
}

function heard({ around, place, state }: Following): void {
  state.heardMs = around.clock();
  place.sink.heard();
}

/** Hands one line on; an end where it is the last one. */
function tell(following: Following, text: string): WatchEnd | undefined {
  const { place, state } = following;
  const { kind } = place.request;
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  const event = readEvent(text, apiVersion, kind.kind);
  switch (event.kind) {
    case 'broken':
      return incomplete(following);
    case 'error':
      if (event.code === 410) return { kind: 'expired' };
      return failed({ kind: 'failed', status: event.code, message: event.message }, state);
    case 'bookmark':
      break;
    default:
      handOn(place, event.kind, event.object);
  }
  state.version = event.version;
  state.told = true;
  return undefined;
}

function handOn({ request, sink }: WatchPlace, kind: 'set' | 'deleted', object: KubeObject): void {
  const { metadata, apiVersion } = object;
  if (!request.keeps(metadata.namespace ?? '', metadata.name ?? '')) return;
  const told =
    request.metadataOnly === true
      ? { apiVersion, kind: object.kind, metadata: nameAndVersion(metadata) }
      : object;
  if (kind === 'set') sink.set(told);
  else sink.deleted(told);
}

/** What came before it was whole, so it goes on from there. */
function incomplete({ around, state }: Following): WatchEnd {
  const refusal = brokenRefusal(undefined, around.server, 200);
  return failed(refusal, state);
}

function refused(refusal: AccessRefusal, afterMs: number | undefined, state: Watching): WatchEnd {
  if (refusal.kind === 'failed' && refusal.status === 410) return { kind: 'expired' };
  return { ...failed(refusal, state), ...(afterMs !== undefined && { afterMs }) };
}

function failed(
  refusal: AccessRefusal,
  { version }: Watching,
): Extract<WatchEnd, { kind: 'failed' }> {
  return { kind: 'failed', refusal, version };
}

function closed({ version, told }: Watching, soon: boolean): WatchEnd {
  return { kind: 'closed', version, isShort: soon && !told };
}
