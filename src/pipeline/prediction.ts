import type { AppPolicy } from '../model/app';
import type { Access, AccessRefusal, PatchRequest, ServedKind } from '../model/cluster';
import type { AppliedResult, ApplyRequest } from '../model/ports';
import type { KubeObject } from '../model/resource';
import { versionOf } from '../model/resource';
import { messageOf } from '../base/userError';
import type { LiveComparisonInput } from '../diff/compareLive';
import { comparisonFor } from '../diff/comparison';
import type { Comparison, Merge, Replacement } from '../diff/comparison';
import { bearsOut } from '../diff/foreseen';
import { mergePatch } from '../diff/mergePatch';
import type { Pair } from '../diff/pair';
import { EngineError } from '../render/engineError';
import { servedKind } from './clusterSession';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';

export type Predicted = Pick<LiveComparisonInput, 'predicted' | 'localOnly' | 'refusal'>;

export interface Question {
  readonly pair: Pair;
  readonly policy: AppPolicy;
  readonly stored?: KubeObject;
}

/** An apply that the engine has to make, together with others of its kind. */
export interface Unmade {
  readonly apply: ApplyRequest;
  /** What to do with the engine's answer; `undefined`: it has none. */
  readonly finish: (result: AppliedResult | undefined) => Promise<Predicted>;
}

interface Asking {
  readonly core: Core;
  readonly session: ClusterSession;
  readonly pair: Pair;
  readonly signal: AbortSignal;
}

/** What a sync would make of a live object: by the server's dry run or the client-side merge, as the app's controller applies. */
export async function predict(
  core: Core,
  session: ClusterSession,
  { pair, policy, stored }: Question,
  signal: AbortSignal,
): Promise<Predicted | Unmade> {
  const comparison = comparisonFor(pair, policy, stored);
  const asking = { core, session, pair, signal };
  switch (comparison.kind) {
    case 'none':
      return {};
    case 'dry-run':
      return await tryApply(asking, comparison);
    case 'adoption':
      return { apply: comparison.apply, finish: (result) => adopted(asking, comparison, result) };
    case 'replacement':
      return await replaced(asking, comparison);
    case 'three-way':
    case 'helm-manifest':
      return await merge(asking, comparison);
  }
}

type DryRun = Extract<Comparison, { readonly kind: 'dry-run' }>;
type Adoption = Extract<Comparison, { readonly kind: 'adoption' }>;
type Patch = Omit<PatchRequest, 'kind' | 'dryRun'>;

/** Asks the server; the engine makes the apply for those who may not. */
async function tryApply(asking: Asking, comparison: DryRun): Promise<Predicted | Unmade> {
  const { id, body, fieldManager, force, apply } = comparison;
  const asked = await dryRun(asking, { id, body, fieldManager, force, type: 'apply' });
  if (!isForbidden(asked.predicted)) return asked;
  const refusal = asked.predicted;
  return { apply, finish: (result) => Promise.resolve(madeHere(result, refusal)) };
}

/** Whoever may not ask is told what stands in Git, without what the server makes of it. */
async function replaced(
  asking: Asking,
  { id, body, fieldManager }: Replacement,
): Promise<Predicted> {
  const asked = await dryRun(asking, { id, body, fieldManager, type: 'merge' });
  return isForbidden(asked.predicted) ? { localOnly: true, refusal: asked.predicted } : asked;
}

function isForbidden(answer: Predicted['predicted']): answer is AccessRefusal {
  return answer?.kind === 'forbidden' && !('apiVersion' in answer);
}

function madeHere(result: AppliedResult | undefined, refusal: AccessRefusal): Predicted {
  if (result === undefined) return { predicted: refusal };
  if ('predicted' in result) return { predicted: result.predicted, localOnly: true, refusal };
  return { predicted: invalid(result.refused), localOnly: true };
}

function invalid(message: string): AccessRefusal {
  return { kind: 'invalid', message, immutable: false };
}

/** The engine's result is sent as a patch, for what the server makes of it besides. */
async function adopted(
  asking: Asking,
  { id, fieldManager, apply, instead }: Adoption,
  result: AppliedResult | undefined,
): Promise<Predicted> {
  if (result === undefined || 'refused' in result) return await merge(asking, instead);
  const body = mergePatch(apply.live, result.predicted);
  const asked = await dryRun(asking, { id, body, fieldManager, type: 'merge' });
  return isForbidden(asked.predicted) ? madeHere(result, asked.predicted) : asked;
}

async function merge(asking: Asking, comparison: Merge): Promise<Predicted> {
  const { id, request, thenDryRun, fieldManager } = comparison;
  const { core, signal } = asking;
  try {
    const merged = await core.deps.renderer.threeWay(request, signal);
    if (!thenDryRun) return { predicted: merged.predicted };
    const patch: Patch = { id, body: merged.patch, fieldManager, type: merged.patchType };
    const asked = await dryRun(asking, patch);
    if (!isForbidden(asked.predicted)) return asked;
    const foreseen = await foreseenBy(asking, { id, body: request.modified, fieldManager });
    const isBorneOut = foreseen && bearsOut(request.current, merged.predicted, foreseen);
    return isBorneOut ? { predicted: merged.predicted } : madeHere(merged, asked.predicted);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    core.deps.log.warn(`${id.kind} ${id.name}: ${messageOf(error)}`);
    return { localOnly: true };
  }
}

/** An Argo CD that compares on the server has applied the same text there, if only by its own way. */
async function foreseenBy(
  asking: Asking,
  patch: Omit<Patch, 'type'>,
): Promise<KubeObject | undefined> {
  if (asking.session.cluster?.argo === undefined) return undefined;
  const { predicted } = await dryRun(asking, { ...patch, type: 'apply' });
  return predicted !== undefined && 'apiVersion' in predicted ? predicted : undefined;
}

/** A right that is missing for one object of a kind and namespace is missing for the others. */
async function dryRun({ session, pair, signal }: Asking, patch: Patch): Promise<Predicted> {
  const kind = kindOf(session, pair);
  const { cluster } = session;
  if (kind === undefined || cluster === undefined) return { localOnly: true };
  const about = pair.live === undefined ? {} : { about: pair.live };
  const ask = (): Promise<Access<KubeObject>> =>
    cluster.patch({ ...patch, kind, dryRun: true, ...about }, signal);
  // What an Argo CD foresees of one object says nothing of another.
  if (cluster.argo !== undefined) return { predicted: valueOrRefusal(await ask()) };
  const access = await askOfRight(session, `${kind.group}/${kind.kind}/${pair.id.namespace}`, ask);
  return { predicted: valueOrRefusal(access) };
}

/** The others of a kind wait for the answer to the first: where that is forbidden, they are not sent. */
async function askOfRight(
  { patchRights }: ClusterSession,
  right: string,
  ask: () => Promise<Access<KubeObject>>,
): Promise<Access<KubeObject>> {
  const known = patchRights.get(right);
  if (known !== undefined) return (await known) ?? (await ask());
  const asked = ask();
  // One that was given up has found nothing out.
  const found = asked.then(forbiddenOnly, () => {
    patchRights.delete(right);
    return undefined;
  });
  patchRights.set(right, found);
  return await asked;
}

function forbiddenOnly(access: Access<KubeObject>): AccessRefusal | undefined {
  return access.kind === 'forbidden' ? access : undefined;
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
