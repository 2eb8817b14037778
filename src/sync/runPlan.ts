import type { ServedKind } from '../model/cluster';
import type { ActionProgress, ClusterPlan, ClusterStep } from '../model/plan';
import type { Clock, Cluster } from '../model/ports';
import type { KubeObject, ResourceId } from '../model/resource';
import { resourceKey } from '../model/resource';
import type { Ended, Followed, Run, RunLimits } from './follow';
import { ended, isEnded, noKind, readTarget, refusedAccess, servedKind } from './follow';
import { nameOf } from './fluxPlan';
import { runOperation, runRefresh } from './runArgo';
import { readyMessage, runReconcile } from './runFlux';

export interface RunPlanInput {
  readonly plan: ClusterPlan;
  /** The control cluster, through the context that the plan names. */
  readonly cluster: Cluster;
  readonly kinds: readonly ServedKind[];
  readonly onProgress: (progress: ActionProgress) => void;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly limits?: Partial<RunLimits>;
}

const defaultLimits: RunLimits = {
  pollMs: 1000,
  pickUpMs: 60_000,
  lostContactMs: 30_000,
  followMs: 30 * 60_000,
};

/**
 * Runs the plan's steps in order and follows each until the controller says how it ended. Nothing is
 * written unless server, context and uid are still those that the user confirmed. Rejects only with
 * the signal's reason, and only while nothing was written: after that a cancelled run ends as
 * `running`, because what was asked for goes on in the cluster.
 */
export async function runClusterPlan(input: RunPlanInput): Promise<ActionProgress> {
  const { plan } = input;
  const at: Place = {};
  const run: Run = {
    ...input,
    limits: { ...defaultLimits, ...input.limits },
    onWrite: () => {
      at.written = at.step;
    },
  };
  try {
    return await runSteps(run, plan, at);
  } catch (error) {
    if (!run.signal.aborted || at.written === undefined) throw error;
    return finish(run, ended('running', goesOn(plan, at.written)));
  }
}

/** The step that is under way, and the last one that wrote. */
interface Place {
  step?: ClusterStep;
  written?: ClusterStep | undefined;
}

/** What a run that was cancelled in a step leaves going on. */
function goesOn(plan: ClusterPlan, step: ClusterStep): string {
  if (step.kind === 'operation') return 'Not followed any more: the sync goes on in Argo CD.';
  if (plan.kind === 'argo-sync') {
    return 'Cancelled before the sync: Argo CD was only asked to look at Git again.';
  }
  return step === plan.steps.at(-1)
    ? 'Not followed any more: the reconciliation goes on in Flux.'
    : `Cancelled: only ${nameOf(step.id)} was asked to reconcile.`;
}

async function runSteps(run: Run, plan: ClusterPlan, at: Place): Promise<ActionProgress> {
  const { cluster } = run;
  if (!isPlannedCluster(plan, cluster)) {
    return finish(
      run,
      ended('refused', `The plan is for ${plan.server}, not for ${cluster.server}.`),
    );
  }
  const target: Followed = { id: plan.target, uid: plan.target.uid };
  const found = await readTarget(run, target);
  if (isEnded(found)) return finish(run, found);
  for (const step of plan.steps) {
    at.step = step;
    const outcome = await runStep(run, plan, step);
    if (isEnded(outcome)) return finish(run, outcome);
    if (step === plan.steps.at(-1)) return finish(run, ended('succeeded', readyMessage(outcome)));
  }
  return finish(run, ended('refused', 'The plan has no steps.'));
}

function finish(run: Run, end: Ended): Ended {
  run.onProgress(end);
  return end;
}

function isPlannedCluster(plan: ClusterPlan, cluster: Cluster): boolean {
  const { context } = cluster;
  const isContext = context.file === plan.context.file && context.name === plan.context.name;
  return isContext && cluster.server === plan.server;
}

async function runStep(
  run: Run,
  plan: ClusterPlan,
  step: ClusterStep,
): Promise<KubeObject | Ended> {
  const target = await followedFor(run, plan, step.id);
  if (isEnded(target)) return target;
  if (step.kind === 'operation') return runOperation(run, target, step.operation);
  return plan.kind === 'argo-sync'
    ? runRefresh(run, target, step)
    : runReconcile(run, target, step);
}

/** The plan's own object keeps the confirmed uid; a source is taken as it is read now. */
async function followedFor(
  run: Run,
  plan: ClusterPlan,
  id: ResourceId,
): Promise<(Followed & { readonly kind: 'followed' }) | Ended> {
  if (resourceKey(id) === resourceKey(plan.target)) {
    return { kind: 'followed', id, uid: plan.target.uid };
  }
  const kind = servedKind(run, id);
  if (kind === undefined) return noKind(id);
  const access = await run.cluster.get(kind, id, run.signal);
  if (access.kind !== 'ok') return refusedAccess(access, id);
  return { kind: 'followed', id, uid: access.value.metadata.uid ?? '' };
}
