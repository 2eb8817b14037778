import type { AppStatus } from '../model/app';
import { definedFields, listAt, textAt, valueAt } from '../model/fields';
import type { KubeObject } from '../model/resource';
import type { Condition } from './conditions';
import { conditionOf, isObserved } from './conditions';
import { inventoryOf } from './inventory';
import { remediationOf } from './remediation';

/** What a Flux Kustomization or HelmRelease says of itself. */
export function fluxStatus(object: KubeObject): AppStatus {
  const ready = conditionOf(object, 'Ready');
  return {
    sync: syncWord(object, ready),
    appliedRevisions:
      object.kind === 'HelmRelease' ? chartVersions(object) : appliedCommits(object, ready),
    managed: inventoryOf(object),
    ...definedFields({
      health: healthWord(object),
      message: statusMessage(object, ready),
      operation: operationOf(object),
    }),
  };
}

export function isSuspended(object: KubeObject): boolean {
  return valueAt(object, 'spec', 'suspend') === true;
}

/** The commit of a Flux revision: `main@sha1:4f2c…`, `sha1:4f2c…`, or the older `main/4f2c…`. */
export function commitOfRevision(revision: string): string | undefined {
  return /(?:@?sha(?:1|256):|\/)([0-9a-f]{40,64})$/.exec(revision)?.[1];
}

function syncWord(object: KubeObject, ready: Condition | undefined): string {
  if (isSuspended(object)) return 'Suspended';
  if (ready === undefined || ready.status === 'Unknown' || !isObserved(object, ready))
    return 'Unknown';
  return ready.status === 'True' ? 'Ready' : 'Not Ready';
}

/** Kustomizations with health checks have a condition for them; a HelmRelease only says Drifted. */
function healthWord(object: KubeObject): string | undefined {
  const healthy = conditionOf(object, 'Healthy');
  if (healthy === undefined) return undefined;
  const words = { True: 'Healthy', False: 'Degraded', Unknown: 'Progressing' } as const;
  return words[healthy.status];
}

function statusMessage(object: KubeObject, ready: Condition | undefined): string | undefined {
  const drifted = conditionOf(object, 'Drifted');
  if (ready !== undefined && ready.status !== 'True') {
    return remediationOf(object) ?? ready.message;
  }
  return drifted?.status === 'True' ? drifted.message : undefined;
}

function operationOf(object: KubeObject): AppStatus['operation'] {
  for (const phase of ['Stalled', 'Reconciling'] as const) {
    const condition = conditionOf(object, phase);
    if (condition?.status === 'True') return { phase, message: condition.message };
  }
  return undefined;
}

/**
 * `lastAppliedRevision` is written only after health checks passed (kustomize-controller,
 * `reconcile`): when those failed, the attempted revision is what was applied, and when applying or
 * pruning itself failed, some objects may be of either.
 */
function appliedCommits(object: KubeObject, ready: Condition | undefined): readonly string[] {
  const attempted = textAt(object, 'status', 'lastAttemptedRevision');
  const applied = textAt(object, 'status', 'lastAppliedRevision');
  if (attempted === undefined || attempted === applied || ready === undefined) {
    return commitList(applied);
  }
  if (ready.reason === 'HealthCheckFailed') return commitList(attempted);
  const isUncertain =
    ready.status === 'Unknown' || ['ReconciliationFailed', 'PruneFailed'].includes(ready.reason);
  return isUncertain ? [] : commitList(applied);
}

function commitList(revision: string | undefined): readonly string[] {
  const commit = commitOfRevision(revision ?? '');
  return commit === undefined ? [] : [commit];
}

/** The release that is deployed; after a failed upgrade nothing is. */
function chartVersions(object: KubeObject): readonly string[] {
  const latest = listAt(object, 'status', 'history')[0];
  const version = textAt(latest, 'chartVersion');
  return version === undefined || textAt(latest, 'status') !== 'deployed' ? [] : [version];
}
