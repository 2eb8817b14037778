import type { Access, AccessRefusal, ServedKind } from '../model/cluster';
import type { ActionProgress } from '../model/plan';
import type { Clock, Cluster } from '../model/ports';
import type { JsonObject, KubeObject, ResourceId } from '../model/resource';

/** What a run works with; waiting goes through `clock` and `sleep`, so that tests own the time. */
export interface Run {
  readonly cluster: Cluster;
  readonly kinds: readonly ServedKind[];
  readonly onProgress: (progress: ActionProgress) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Rejects with the signal's reason when aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly limits: RunLimits;
  /** Called before each request that writes: from then on a part of the plan may be done. */
  readonly onWrite: () => void;
}

export interface RunLimits {
  readonly pollMs: number;
  /** How long a controller may take to pick a request up. */
  readonly pickUpMs: number;
  /** How long contact may be lost while following. */
  readonly lostContactMs: number;
  /** How long an action is followed at most; it goes on without being watched. */
  readonly followMs: number;
}

/** One object of one uid: everything that is read or written while it is followed is this one. */
export interface Followed {
  readonly id: ResourceId;
  readonly uid: string;
}

/** How a run ended; `running`: what was asked for goes on in the cluster and is not followed any more. */
export type Ended = ActionProgress;

export function ended(kind: Ended['kind'], message: string): Ended {
  return { kind, message };
}

export function isEnded<T extends { readonly kind: string }>(value: T | Ended): value is Ended {
  return ['succeeded', 'failed', 'refused', 'running'].includes(value.kind);
}

/** The object as it is now, when it still has the uid. */
export async function readTarget(run: Run, target: Followed): Promise<KubeObject | Ended> {
  const kind = servedKind(run, target.id);
  if (kind === undefined) return noKind(target.id);
  return readOutcome(await run.cluster.get(kind, target.id, run.signal), target);
}

function readOutcome(access: Access<KubeObject>, target: Followed): KubeObject | Ended {
  if (access.kind !== 'ok') return refusedAccess(access, target.id);
  return access.value.metadata.uid === target.uid ? access.value : replaced(target.id);
}

/** A merge patch that the API server refuses when the object is another one by now. */
export async function patchTarget(
  run: Run,
  target: Followed & { readonly resourceVersion?: string },
  change: { readonly body: JsonObject; readonly fieldManager: string },
): Promise<Access<KubeObject>> {
  const kind = servedKind(run, target.id);
  if (kind === undefined) return { kind: 'failed', status: 0, message: noKind(target.id).message };
  run.onWrite();
  const { uid, resourceVersion } = target;
  const metadata = {
    ...(change.body['metadata'] as JsonObject | undefined),
    uid,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  return run.cluster.patch(
    {
      kind,
      id: target.id,
      type: 'merge',
      body: { ...change.body, metadata },
      fieldManager: change.fieldManager,
      dryRun: false,
    },
    run.signal,
  );
}

/** How one look at the object judges it. */
export type Look =
  | { readonly kind: 'waiting'; readonly message: string }
  /** The controller is at work: the time to pick up no longer counts. */
  | { readonly kind: 'working'; readonly message: string }
  | { readonly kind: 'done'; readonly object: KubeObject }
  | Ended;

/**
 * Reads the object once a poll until `judge` has an end. Short losses of contact are told and waited
 * out; the action itself does not depend on who watches.
 */
export async function followObject(
  run: Run,
  target: Followed,
  judge: (object: KubeObject) => Look,
): Promise<KubeObject | Ended> {
  const kind = servedKind(run, target.id);
  if (kind === undefined) return noKind(target.id);
  const startedMs = run.clock();
  const times: Times = { startedMs, nowMs: startedMs, contactMs: startedMs, workMs: startedMs };
  const told = { message: '' };
  for (;;) {
    const access = await run.cluster.get(kind, target.id, run.signal);
    times.nowMs = run.clock();
    if (!isPassing(access)) times.contactMs = times.nowMs;
    const look = lookAt(access, target, judge);
    if (look.kind === 'done') return look.object;
    if (isEnded(look)) return look;
    if (look.kind === 'working') times.workMs = times.nowMs;
    tell(run, told, look.message);
    const limit = limitReached(run.limits, times, look.message);
    if (limit !== undefined) return limit;
    await run.sleep(run.limits.pollMs, run.signal);
  }
}

/** Progress is told when it changes, not at each look. */
function tell(run: Run, told: { message: string }, message: string): void {
  if (message !== told.message) run.onProgress({ kind: 'running', message });
  told.message = message;
}

/** When things happened last, in milliseconds of the run's clock. */
interface Times {
  readonly startedMs: number;
  nowMs: number;
  contactMs: number;
  workMs: number;
}

function lookAt(
  access: Access<KubeObject>,
  target: Followed,
  judge: (object: KubeObject) => Look,
): Look {
  if (isPassing(access)) return { kind: 'working', message: `No contact: ${access.message}` };
  const read = readOutcome(access, target);
  return isEnded(read) ? read : judge(read);
}

/** Refusals that may be over at the next look. */
function isPassing(
  access: Access<KubeObject>,
): access is AccessRefusal & { readonly kind: 'unreachable' | 'failed' } {
  return access.kind === 'unreachable' || access.kind === 'failed';
}

function limitReached(limits: RunLimits, times: Times, message: string): Ended | undefined {
  const { nowMs } = times;
  if (nowMs - times.contactMs >= limits.lostContactMs) {
    return ended('failed', `${message} The action may go on without being watched.`);
  }
  if (nowMs - times.workMs >= limits.pickUpMs) {
    const seconds = Math.round(limits.pickUpMs / 1000);
    return ended('failed', `${message} There was no reaction within ${seconds} s.`);
  }
  if (nowMs - times.startedMs < limits.followMs) return undefined;
  const minutes = Math.round(limits.followMs / 60_000);
  return ended(
    'running',
    `Not finished after ${minutes} min; it goes on without being watched. ${message}`,
  );
}

export function refusedAccess(access: AccessRefusal, id: ResourceId): Ended {
  switch (access.kind) {
    case 'not-found':
      return ended('failed', `${id.kind} ${id.namespace}/${id.name} is no longer in the cluster.`);
    case 'forbidden':
    case 'unauthorised':
      return ended('refused', access.message);
    case 'invalid':
      // A uid in a patch that is not the object's own is an immutable field to the API server.
      return access.immutable ? replaced(id) : ended('refused', access.message);
    default:
      return ended('failed', access.message);
  }
}

export function replaced(id: ResourceId): Ended {
  return ended(
    'refused',
    `${id.kind} ${id.namespace}/${id.name} was deleted and made again since the plan was made.`,
  );
}

/** The preferred version of the object's kind. */
export function servedKind(run: Run, id: ResourceId): ServedKind | undefined {
  const served = run.kinds.filter((it) => it.group === id.group && it.kind === id.kind);
  return served.find((it) => it.preferred) ?? served[0];
}

export function noKind(id: ResourceId): Ended {
  return ended('refused', `The cluster does not serve the kind ${id.kind} of ${id.group}.`);
}
