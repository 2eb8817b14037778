import type { AppPolicy } from '../model/app';
import type { Access, AccessRefusal, PatchRequest, ServedKind } from '../model/cluster';
import type { KubeObject } from '../model/resource';
import { versionOf } from '../model/resource';
import { messageOf } from '../base/userError';
import type { LiveComparisonInput } from '../diff/compareLive';
import { comparisonFor } from '../diff/comparison';
import type { Comparison } from '../diff/comparison';
import type { Pair } from '../diff/pair';
import { EngineError } from '../render/engineError';
import { servedKind } from './clusterSession';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';

type Predicted = Pick<LiveComparisonInput, 'predicted' | 'localOnly'>;

export interface Question {
  readonly pair: Pair;
  readonly policy: AppPolicy;
  readonly stored?: KubeObject;
}

/** What a sync would make of a live object: by the server's dry run or the client-side merge, as the app's controller applies. */
export async function predict(
  core: Core,
  session: ClusterSession,
  { pair, policy, stored }: Question,
  signal: AbortSignal,
): Promise<Predicted> {
  const comparison = comparisonFor(pair, policy, stored);
  switch (comparison.kind) {
    case 'none':
      return {};
    case 'dry-run':
      return await dryRun(session, pair, applyRequest(comparison), signal);
    case 'three-way':
    case 'helm-manifest':
      return await merge(core, session, { pair, comparison }, signal);
  }
}

type DryRun = Extract<Comparison, { readonly kind: 'dry-run' }>;
type Merge = Exclude<Comparison, { readonly kind: 'none' | 'dry-run' }>;
type Patch = Omit<PatchRequest, 'kind' | 'dryRun'>;

function applyRequest({ id, body, fieldManager, force }: DryRun): Patch {
  return { id, body, fieldManager, force, type: 'apply' };
}

async function merge(
  core: Core,
  session: ClusterSession,
  { pair, comparison }: { readonly pair: Pair; readonly comparison: Merge },
  signal: AbortSignal,
): Promise<Predicted> {
  const { id, request, thenDryRun, fieldManager } = comparison;
  try {
    const merged = await core.deps.renderer.threeWay(request, signal);
    if (!thenDryRun) return { predicted: merged.predicted };
    const patch: Patch = { id, body: merged.patch, fieldManager, type: merged.patchType };
    return await dryRun(session, pair, patch, signal);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    core.deps.log.warn(`${id.kind} ${id.name}: ${messageOf(error)}`);
    return { localOnly: true };
  }
}

/** A right that is missing for one object of a kind and namespace is missing for the others. */
async function dryRun(
  session: ClusterSession,
  pair: Pair,
  patch: Patch,
  signal: AbortSignal,
): Promise<Predicted> {
  const kind = kindOf(session, pair);
  if (kind === undefined || session.cluster === undefined) return { localOnly: true };
  const rightKey = `${kind.group}/${kind.kind}/${pair.id.namespace}`;
  const known = session.deniedPatches.get(rightKey);
  if (known !== undefined) return { predicted: known };
  const access = await session.cluster.patch({ ...patch, kind, dryRun: true }, signal);
  if (access.kind === 'forbidden') session.deniedPatches.set(rightKey, access);
  return { predicted: valueOrRefusal(access) };
}

function valueOrRefusal(access: Access<KubeObject>): KubeObject | AccessRefusal {
  return access.kind === 'ok' ? access.value : access;
}

/** The version that Git writes, where the server has it: a dry run goes to that one. */
function kindOf(session: ClusterSession, { id, desired }: Pair): ServedKind | undefined {
  const version = desired && versionOf(desired.object.apiVersion);
  const exact = session.kinds.find(
    (one) => one.group === id.group && one.kind === id.kind && one.version === version,
  );
  return exact ?? servedKind(session, id.group, id.kind);
}
