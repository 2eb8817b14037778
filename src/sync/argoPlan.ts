import type { ClusterPlan } from '../model/plan';
import { definedFields, recordAt, textAt, textsAt, valueAt } from '../model/fields';
import type { JsonObject, KubeObject } from '../model/resource';
import type { Refusal } from '../model/workbench';
import { hasRunningOperation, operationStateOf } from './argoStatus';
import type { PlanInput } from './planInput';
import { confirmationFor, idOf, mismatch, refusal, targetOf } from './planInput';

export const refreshAnnotation = 'argocd.argoproj.io/refresh';
const refreshTimestampAnnotation = 'argocd.argoproj.io/refresh-timestamp';
const skipReconcileAnnotation = 'argocd.argoproj.io/skip-reconcile';

/** A refresh, then one operation: what Argo CD's API server does for its Sync button. */
export function planArgoSync(input: PlanInput): ClusterPlan | Refusal {
  const { app, object } = input;
  const reason = mismatch(input) ?? syncObstacle(object);
  if (reason !== undefined) return refusal(reason);
  const id = idOf(object);
  return {
    kind: 'argo-sync',
    appKey: app.key,
    appLabel: `${id.namespace}/${id.name}`,
    cluster: input.cluster,
    context: input.context,
    server: input.server,
    target: targetOf(object),
    steps: [
      {
        kind: 'annotate',
        id,
        annotations: { [refreshAnnotation]: 'normal', [refreshTimestampAnnotation]: input.nowIso },
        awaits: 'removed',
      },
      { kind: 'operation', id, operation: operationFor(input) },
    ],
    confirmation: confirmationFor(input),
  };
}

/** Why no sync can start now, in one sentence. */
export function syncObstacle(application: KubeObject): string | undefined {
  if (textAt(application, 'metadata', 'annotations', skipReconcileAnnotation) === 'true') {
    return 'Argo CD does not reconcile this app: it is annotated with skip-reconcile.';
  }
  if (!hasRunningOperation(application)) return undefined;
  const message = operationStateOf(application)?.message ?? '';
  return message === ''
    ? 'Another operation of this app is in progress.'
    : `Another operation of this app is in progress: ${message}`;
}

/**
 * The controller reads sync options, retry and prune only from the operation itself; the API server
 * copies them from the app's policy, so whoever writes the operation must (`server/application`,
 * `Sync`). The API server refuses a pinned revision for an app that syncs automatically.
 */
function operationFor(input: PlanInput): JsonObject {
  const policy = valueAt(input.object, 'spec', 'syncPolicy');
  const automated = recordAt(policy, 'automated');
  const isAutomated = automated !== undefined && automated['enabled'] !== false;
  const syncOptions = textsAt(policy, 'syncOptions');
  const retry = recordAt(policy, 'retry') as JsonObject | undefined;
  const isSingle = recordAt(input.object, 'spec', 'source') !== undefined;
  return {
    initiatedBy: { username: input.user },
    info: [{ name: 'Reason', value: 'Synced from Plumbline' }],
    ...definedFields({ retry }),
    sync: {
      prune: isAutomated && automated['prune'] === true,
      ...(syncOptions.length === 0 ? {} : { syncOptions }),
      ...(input.revision === undefined || isAutomated || !isSingle
        ? {}
        : { revision: input.revision }),
    },
  };
}
