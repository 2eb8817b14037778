import type { Disposable } from '../base/dispose';
import { toDisposable } from '../base/dispose';
import { isCancellation, messageOf } from '../base/userError';
import type { AccessRefusal } from '../model/cluster';
import type { Log } from '../model/ports';
import type { KubeObject } from '../model/resource';
import type { WatchRequest, WatchSink, WatchState } from '../model/watch';
import type { Backoff } from './backoff';
import { createBackoff } from './backoff';
import { listPages } from './pages';
import type { Pulse } from './pulse';
import type { Rest, Sleep } from './rest';
import { watchOnce } from './watchOnce';
import type { WatchEnd } from './watchOnce';

export interface ReflectorInput {
  readonly server: URL;
  readonly rest: Rest;
  readonly pulse: Pulse;
  readonly log: Log;
  readonly clock: () => number;
  readonly sleep: Sleep;
  /** In [0, 1). */
  readonly random: () => number;
}

export type Reflect = (request: WatchRequest, sink: WatchSink) => Disposable;

/** After this many failed attempts to go on from a version, all is listed again. */
const ATTEMPTS_AT_A_VERSION = 3;
/** Two expiries within this time are no accident: the second list waits. */
const LISTS_APART_MS = 10_000;

type Step = WatchEnd | { readonly kind: 'listed'; readonly version: string };

type Next =
  | { readonly kind: 'on'; readonly afterMs: number }
  | { readonly kind: 'ended'; readonly refusal: AccessRefusal };

/** Where a reflector is. */
interface Course {
  /** What a watch goes on from; absent: all is listed again. */
  version: string | undefined;
  listedMs: number;
  failures: number;
  /** In a row, with nothing else between them. */
  refusedLogins: number;
  /** Since when it is not current. */
  brokenMs: number | undefined;
  isToldBroken: boolean;
  readonly backoff: Backoff;
}

/** Lists, watches, and lists again where it must: client-go's reflector (`tools/cache/reflector.go`). */
export function createReflect(input: ReflectorInput): Reflect {
  return (request, sink) => {
    const ending = new AbortController();
    run(input, request, sink, ending.signal).catch((error: unknown) => {
      if (!isCancellation(error) && !ending.signal.aborted)
        input.log.error(`watch of ${request.kind.resource}: ${messageOf(error)}`);
    });
    return toDisposable(() => ending.abort());
  };
}

async function run(
  input: ReflectorInput,
  request: WatchRequest,
  sink: WatchSink,
  signal: AbortSignal,
): Promise<void> {
  const course: Course = {
    version: undefined,
    listedMs: Number.NEGATIVE_INFINITY,
    failures: 0,
    refusedLogins: 0,
    brokenMs: undefined,
    isToldBroken: false,
    backoff: createBackoff(input),
  };
  const quiet = quietAfter(sink, signal);
  for (;;) {
    const step = await nextStep({ input, request, sink: quiet, course, signal });
    signal.throwIfAborted();
    const next = settle(course, step, { nowMs: input.clock(), sink: quiet });
    if (next.kind === 'ended') return quiet.moved(next);
    const afterMs = step.kind === 'listed' ? (request.pollMs ?? next.afterMs) : next.afterMs;
    if (afterMs > 0) await input.sleep(afterMs, signal);
  }
}

/** Nothing is told of what nobody follows any more. */
function quietAfter(sink: WatchSink, signal: AbortSignal): WatchSink {
  const unless =
    <T extends readonly unknown[]>(tell: (...values: T) => void) =>
    (...values: T): void => {
      if (!signal.aborted) tell(...values);
    };
  return {
    replaced: unless((objects: readonly KubeObject[]) => sink.replaced(objects)),
    set: unless((object: KubeObject) => sink.set(object)),
    deleted: unless((object: KubeObject) => sink.deleted(object)),
    moved: unless((state: WatchState) => sink.moved(state)),
    heard: unless(() => sink.heard()),
  };
}

async function nextStep(parts: {
  readonly input: ReflectorInput;
  readonly request: WatchRequest;
  readonly sink: WatchSink;
  readonly course: Course;
  readonly signal: AbortSignal;
}): Promise<Step> {
  const { input, request, sink, course, signal } = parts;
  if (course.version !== undefined && request.pollMs === undefined) {
    const version = course.version;
    return watchOnce(
      input,
      { request, version, sink, onOpen: () => recovered(course, sink) },
      signal,
    );
  }
  const listed = await listPages(input.rest, request, signal);
  if (listed.kind !== 'ok') return { kind: 'failed', refusal: listed, version: undefined };
  signal.throwIfAborted();
  sink.replaced(listed.value.objects);
  sink.heard();
  return { kind: 'listed', version: listed.value.version };
}

function recovered(course: Course, sink: WatchSink): void {
  course.failures = 0;
  course.refusedLogins = 0;
  course.brokenMs = undefined;
  if (!course.isToldBroken) return;
  course.isToldBroken = false;
  sink.moved({ kind: 'current' });
}

function settle(
  course: Course,
  step: Step,
  { nowMs, sink }: { readonly nowMs: number; readonly sink: WatchSink },
): Next {
  switch (step.kind) {
    case 'listed':
      return settleList(course, step.version, { nowMs, sink });
    case 'closed':
      course.version = step.version;
      return on(step.isShort ? course.backoff.nextMs() : 0);
    case 'expired': {
      course.version = undefined;
      const isSoon = nowMs - course.listedMs < LISTS_APART_MS;
      return on(isSoon ? course.backoff.nextMs() : 0);
    }
    case 'failed':
      return settleEnd(course, step, { nowMs, sink });
  }
}

function settleList(
  course: Course,
  version: string,
  { nowMs, sink }: { readonly nowMs: number; readonly sink: WatchSink },
): Next {
  const isFirst = course.listedMs === Number.NEGATIVE_INFINITY;
  course.version = version;
  course.listedMs = nowMs;
  if (isFirst && !course.isToldBroken) sink.moved({ kind: 'current' });
  recovered(course, sink);
  return on(0);
}

function settleEnd(
  course: Course,
  step: Failed,
  at: { readonly nowMs: number; readonly sink: WatchSink },
): Next {
  const { refusal } = step;
  course.refusedLogins = refusal.kind === 'unauthorised' ? course.refusedLogins + 1 : 0;
  return isFinal(refusal, course) ? { kind: 'ended', refusal } : settleFailure(course, step, at);
}

type Failed = Extract<Step, { readonly kind: 'failed' }>;

/** The first failure of a watch is told to nobody: most are over with the next attempt. */
function settleFailure(
  course: Course,
  { refusal, version, afterMs = 0 }: Failed,
  { nowMs, sink }: { readonly nowMs: number; readonly sink: WatchSink },
): Next {
  course.failures = version !== undefined && version !== course.version ? 1 : course.failures + 1;
  course.version = version;
  course.brokenMs ??= nowMs;
  if (course.failures > 1 || course.version === undefined) {
    course.isToldBroken = true;
    sink.moved({ kind: 'reconnecting', sinceMs: course.brokenMs, refusal });
  }
  if (course.failures >= ATTEMPTS_AT_A_VERSION) course.version = undefined;
  return on(Math.max(afterMs, course.backoff.nextMs()));
}

function on(afterMs: number): Next {
  return { kind: 'on', afterMs };
}

/** Refusals in a row after which a login that cannot be renewed counts as ended: one may be a blip. */
const REFUSED_LOGINS = 3;

/** Of no use to ask again: no right, no login, no such kind, or a request that is wrong. */
function isFinal(refusal: AccessRefusal, { refusedLogins }: Course): boolean {
  switch (refusal.kind) {
    case 'forbidden':
    case 'not-found':
      return true;
    case 'unauthorised':
      // A program is run again only when somebody asks: it may ask a person.
      return (
        refusal.canSignIn === true ||
        refusal.needsConsent === true ||
        refusedLogins >= REFUSED_LOGINS
      );
    case 'failed':
      return refusal.status === 0 || [400, 405, 406, 415].includes(refusal.status);
    default:
      return false;
  }
}
