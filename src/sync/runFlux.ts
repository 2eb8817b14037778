import type { ClusterStep } from '../model/plan';
import { textAt } from '../model/fields';
import type { JsonObject, KubeObject } from '../model/resource';
import type { Condition } from './conditions';
import { conditionOf, isObserved } from './conditions';
import { nameOf } from './fluxPlan';
import { isSuspended } from './fluxStatus';
import { idOf } from './planInput';
import type { Ended, Followed, Look, Run } from './follow';
import { ended, followObject, isEnded, patchTarget, readTarget, refusedAccess } from './follow';

/** Flux keeps fields of this manager; those of others it takes away (Flux documentation). */
const fieldManager = 'flux-client-side-apply';

type AnnotateStep = Extract<ClusterStep, { readonly kind: 'annotate' }>;

/** Requests one reconciliation and waits until it is handled and its result is there. */
export async function runReconcile(
  run: Run,
  target: Followed,
  step: AnnotateStep,
): Promise<KubeObject | Ended> {
  const name = nameOf(target.id);
  const before = await readTarget(run, target);
  if (isEnded(before)) return before;
  if (isSuspended(before)) return ended('refused', `${name} is suspended.`);
  const handledBefore = textAt(before, 'status', 'lastHandledReconcileAt');
  const body: JsonObject = { metadata: { annotations: step.annotations } };
  const patched = await patchTarget(run, target, { body, fieldManager });
  if (patched.kind !== 'ok') return refusedAccess(patched, target.id);
  return followObject(run, target, (object) => judgeReconcile(object, handledBefore));
}

export function readyMessage(object: KubeObject): string {
  const message = conditionOf(object, 'Ready')?.message ?? '';
  return message === '' ? `${object.kind} is ready.` : message;
}

/**
 * Ready alone is the result of an earlier reconciliation. A handled request whose result is not there
 * yet has Ready unknown or Reconciling set; a failed one has Ready false, and Flux will try it again.
 */
function judgeReconcile(object: KubeObject, handledBefore: string | undefined): Look {
  const name = nameOf(idOf(object));
  if (isSuspended(object)) return ended('refused', `${name} was suspended.`);
  const isHandled = textAt(object, 'status', 'lastHandledReconcileAt') !== handledBefore;
  return isHandled ? judgeHandled(object, name) : judgeUnhandled(object, name);
}

function judgeUnhandled(object: KubeObject, name: string): Look {
  const reconciling = conditionOf(object, 'Reconciling');
  // It is busy with an earlier request or interval; ours comes next.
  if (reconciling?.status === 'True' && reconciling.reason !== 'ProgressingWithRetry') {
    return { kind: 'working', message: `${name}: ${reconciling.message}` };
  }
  return { kind: 'waiting', message: `${name}: waiting for Flux to take the request.` };
}

function judgeHandled(object: KubeObject, name: string): Look {
  const ready = conditionOf(object, 'Ready');
  if (ready?.status === 'False') return ended('failed', `${name}: ${ready.message}`);
  if (ready?.status === 'True' && !isBusy(object, ready)) return { kind: 'done', object };
  const { message } = conditionOf(object, 'Reconciling') ?? ready ?? { message: 'reconciling.' };
  return { kind: 'working', message: `${name}: ${message}` };
}

function isBusy(object: KubeObject, ready: Condition): boolean {
  return conditionOf(object, 'Reconciling')?.status === 'True' || !isObserved(object, ready);
}
