import type { AccessRefusal } from '../model/cluster';
import type { ClusterStep } from '../model/plan';
import { listAt, textAt, valueAt } from '../model/fields';
import type { JsonObject, KubeObject, ResourceId } from '../model/resource';
import { refreshAnnotation, syncObstacle } from './argoPlan';
import type { OperationState } from './argoStatus';
import { errorCondition, hasRunningOperation, operationStateOf } from './argoStatus';
import type { Ended, Followed, Look, Run } from './follow';
import { ended, followObject, isEnded, patchTarget, readTarget, refusedAccess } from './follow';

const fieldManager = 'plumbline';
/** As often as Argo CD's API server tries again when the controller wrote in between. */
const maxConflicts = 5;
const conflictPauseMs = 100;

type AnnotateStep = Extract<ClusterStep, { readonly kind: 'annotate' }>;

/** Asks for a refresh and waits until the controller has taken the annotation away. */
export async function runRefresh(
  run: Run,
  target: Followed,
  step: AnnotateStep,
): Promise<KubeObject | Ended> {
  const before = await readTarget(run, target);
  if (isEnded(before)) return before;
  const obstacle = syncObstacle(before);
  if (obstacle !== undefined) return ended('refused', obstacle);
  const body: JsonObject = { metadata: { annotations: step.annotations } };
  const patched = await patchTarget(run, target, { body, fieldManager });
  if (patched.kind !== 'ok') return refusedAccess(patched, target.id);
  const refreshed = await followObject(run, target, judgeRefresh);
  if (isEnded(refreshed)) return refreshed;
  const error = errorCondition(refreshed);
  return error === undefined ? refreshed : ended('failed', error);
}

/** Writes the operation where there is none, and follows it until the controller says how it ended. */
export async function runOperation(
  run: Run,
  target: Followed,
  operation: JsonObject,
): Promise<Ended> {
  const started = await startOperation(run, target, operation);
  if (isEnded(started)) return started;
  const result = await followObject(run, target, (object) => judgeOperation(object, started));
  return isEnded(result) ? result : ended('succeeded', successMessage(result));
}

function judgeRefresh(application: KubeObject): Look {
  return application.metadata.annotations?.[refreshAnnotation] === undefined
    ? { kind: 'done', object: application }
    : { kind: 'waiting', message: 'Argo CD is asked to look at Git again.' };
}

/** The start of the operation before ours, by which ours is told from it. */
interface Started {
  readonly kind: 'started';
  readonly previousStart?: string;
}

async function startOperation(
  run: Run,
  target: Followed,
  operation: JsonObject,
): Promise<Started | Ended> {
  for (let attempt = 1; ; attempt += 1) {
    const object = await readTarget(run, target);
    if (isEnded(object)) return object;
    const found = existingOperation(object);
    if (found !== undefined) return found;
    const { resourceVersion } = object.metadata;
    const patched = await patchTarget(
      run,
      { ...target, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      // As `SetAppOperation`: the state of the operation before is taken away with the same write.
      { body: { operation, status: { operationState: null } }, fieldManager },
    );
    if (patched.kind === 'ok') return startedAfter(patched.value);
    if (patched.kind !== 'conflict' || attempt >= maxConflicts)
      return notStarted(patched, target.id);
    await run.sleep(conflictPauseMs * attempt, run.signal);
  }
}

/** A request without an answer may have arrived all the same. */
function notStarted(access: AccessRefusal, id: ResourceId): Ended {
  const end = refusedAccess(access, id);
  const isUncertain = access.kind === 'unreachable' || access.kind === 'failed';
  return isUncertain
    ? ended('failed', `${end.message} Whether Argo CD got the operation is not known.`)
    : end;
}

/**
 * The refresh may have made the controller start an automatic sync of just what was asked for: that
 * one is followed. Any other operation refuses ours.
 */
function existingOperation(object: KubeObject): Started | Ended | undefined {
  if (!hasRunningOperation(object)) return undefined;
  const isAutomatic = [
    valueAt(object, 'operation', 'initiatedBy', 'automated'),
    valueAt(object, 'status', 'operationState', 'operation', 'initiatedBy', 'automated'),
  ].includes(true);
  if (isAutomatic) return { kind: 'started' };
  return ended('refused', syncObstacle(object) ?? 'Another operation of this app is in progress.');
}

function startedAfter(patched: KubeObject): Started {
  const previousStart = operationStateOf(patched)?.startedAt;
  return { kind: 'started', ...(previousStart === undefined ? {} : { previousStart }) };
}

function judgeOperation(application: KubeObject, started: Started): Look {
  const state = operationStateOf(application);
  const isOurs = state !== undefined && state.startedAt !== started.previousStart;
  if (isOurs) return judgeState(application, state);
  return valueAt(application, 'operation') === undefined
    ? ended('failed', 'The operation was taken away before Argo CD ran it.')
    : { kind: 'waiting', message: 'Waiting for Argo CD to take the operation.' };
}

function judgeState(application: KubeObject, state: OperationState): Look {
  switch (state.phase) {
    case 'Succeeded':
      return { kind: 'done', object: application };
    case 'Failed':
    case 'Error':
      return ended('failed', failureMessage(application, state));
    default:
      return isBlocked(state)
        ? ended('running', blockedMessage(state))
        : {
            kind: 'working',
            message: state.message === '' ? 'Argo CD is syncing.' : state.message,
          };
  }
}

/** The controller leaves a blocked operation `Running` (`controller/sync.go`). */
function isBlocked(state: OperationState): boolean {
  return state.message.toLowerCase().includes('blocked by sync window');
}

function blockedMessage(state: OperationState): string {
  return `Waits for its sync window: ${state.message}. The operation stays in Argo CD and runs when the window allows it; terminate it there to prevent that.`;
}

/** The operation's message, and the first object that failed with what was not said already. */
function failureMessage(application: KubeObject, state: OperationState): string {
  const resources = listAt(application, 'status', 'operationState', 'syncResult', 'resources');
  const failed = resources.find((it) => textAt(it, 'status') === 'SyncFailed');
  const name = `${textAt(failed, 'kind') ?? ''} ${textAt(failed, 'name') ?? ''}`.trim();
  const detail = textAt(failed, 'message') ?? '';
  const isTold = detail === '' || state.message.includes(detail);
  const parts = [state.message, isTold ? name : `${name}: ${detail}`];
  return (
    parts.filter((part) => part !== '').join(' · ') || `The operation ended as ${state.phase}.`
  );
}

function successMessage(application: KubeObject): string {
  const result = valueAt(application, 'status', 'operationState', 'syncResult');
  const resources = listAt(result, 'resources').filter(
    (it) => textAt(it, 'hookType') === undefined,
  );
  const count = (status: string): number =>
    resources.filter((it) => textAt(it, 'status') === status).length;
  const revision = (textAt(result, 'revision') ?? '').slice(0, 7);
  const parts = [
    revision === '' ? 'Synced' : `Synced ${revision}`,
    counted(count('Synced'), 'applied'),
    counted(count('Pruned'), 'pruned'),
    counted(count('PruneSkipped'), 'not pruned'),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? 'object' : 'objects'} ${what}`;
}
