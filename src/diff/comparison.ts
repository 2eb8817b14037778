import type { AppPolicy } from '../model/app';
import type { FieldOwner } from '../model/change';
import type { ApplyRequest, ThreeWayRequest } from '../model/ports';
import { versionOf } from '../model/resource';
import type { JsonObject, KubeObject, ResourceId } from '../model/resource';
import { analyse, hasApplyEntry } from './analysis';
import type { Analysis, AnalysisInput } from './analysis';
import type { DesiredObject } from './desired';
import { encryptionOf } from './encrypted';
import { hookNote } from './hooks';
import { mapAt, toJson, toKube, without } from './json';
import { projectOwned } from './managedFields';
import { adoptedBy, isAppliedByOwn, isTakenOver } from './managers';
import { mergePatch } from './mergePatch';
import { lastAppliedOf } from './normalize';
import type { Pair } from './pair';

/** How to learn what a sync would make of one object. */
export type Comparison =
  /** Nothing to ask: one side is missing, or the values may not leave this machine. */
  | { readonly kind: 'none'; readonly reason: string }
  /** A server-side apply with `dryRun=All`, forced, by the controller's own field manager. */
  | {
      readonly kind: 'dry-run';
      readonly id: ResourceId;
      readonly body: KubeObject;
      readonly fieldManager: string;
      readonly force: true;
      /** The same apply as the engine makes it, for those who may not ask the server. */
      readonly apply: ApplyRequest;
    }
  /**
   * Such an apply after the controller made other managers' entries its own, which no dry run shows:
   * the engine makes it, and the patch to its result is sent with `dryRun=All`.
   */
  | {
      readonly kind: 'adoption';
      readonly id: ResourceId;
      readonly fieldManager: string;
      readonly apply: ApplyRequest;
      /** Where the engine cannot. */
      readonly instead: Merge;
    }
  | Replacement
  | Merge;

/** The object is written whole (Argo CD `Replace=true`): a patch that leads there, sent with `dryRun=All`. */
export interface Replacement {
  readonly kind: 'replacement';
  readonly id: ResourceId;
  readonly body: JsonObject;
  readonly fieldManager: string;
}

/** The client-side merge; with `thenDryRun` its patch is sent with `dryRun=All` as well. */
export interface Merge {
  readonly kind: 'three-way' | 'helm-manifest';
  readonly id: ResourceId;
  readonly request: ThreeWayRequest;
  readonly thenDryRun: boolean;
  readonly fieldManager: string;
}

/**
 * True only where a sync would change nothing, as far as it can be told without asking: live has
 * everything that Git says, and nothing that Git once said and says no more.
 */
export function provablyEqual(pair: Pair, policy: AppPolicy, stored?: KubeObject): boolean {
  const { desired, live } = pair;
  if (!desired || !live) return false;
  if (versionOf(desired.object.apiVersion) !== versionOf(live.apiVersion)) return false;
  if (policy.comparison === 'helm-manifest' && !stored) return false;
  const { findings } = analyse({ live, desired, policy, ...(stored ? { stored } : {}) });
  return findings.every(({ verdict }) => verdict !== 'git' && verdict !== 'removed');
}

/** Which question the app's own way of applying asks about this object. */
export function comparisonFor(pair: Pair, policy: AppPolicy, stored?: KubeObject): Comparison {
  const { desired, live } = pair;
  if (!desired || !live) return { kind: 'none', reason: 'Only one side has the object.' };
  const reason = reasonNotToAsk(desired);
  if (reason !== undefined) return { kind: 'none', reason };
  return askingFor({ desired, live, policy, ...(stored ? { stored } : {}) }, pair.id);
}

function askingFor(input: AnalysisInput, id: ResourceId): Comparison {
  const { desired, live, policy } = input;
  const analysis = analyse(input);
  const modified = toKube(without(toJson(desired.object), 'status'));
  const { fieldManager } = policy;
  if (policy.replaces === true) {
    const body = mergePatch(writtenPart(live), modified);
    return { kind: 'replacement', id, body, fieldManager };
  }
  const apply = { live, desired: modified, manager: fieldManager };
  const takesOver = needsTakeOver(analysis);
  if (appliesOnServer(policy, analysis) && !takesOver) {
    const same = { ...apply, adopted: [] };
    return { kind: 'dry-run', id, body: modified, fieldManager, force: true, apply: same };
  }
  const original = originalFor(input, analysis);
  const merge: Merge = {
    kind: policy.comparison === 'helm-manifest' ? 'helm-manifest' : 'three-way',
    id,
    request: { ...(original ? { original } : {}), modified, current: live },
    // Argo CD alone judges by its own merge; what others send, the server may find to be no change.
    thenDryRun: policy.comparison !== 'three-way' || policy.asksServer === true,
    fieldManager,
  };
  if (!takesOver) return merge;
  const adopting = { ...apply, adopted: adoptedBy(analysis.policy) };
  return { kind: 'adoption', id, fieldManager, apply: adopting, instead: merge };
}

/** Without what an update leaves to the server, whatever is sent. */
function writtenPart(live: KubeObject): KubeObject {
  const whole = without(toJson(live), 'status');
  const metadata = Object.entries(mapAt(whole, 'metadata')).filter(([key]) => SENT.has(key));
  return toKube({ ...whole, metadata: Object.fromEntries(metadata) });
}

const SENT: ReadonlySet<string> = new Set([
  'name',
  'namespace',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
]);

function reasonNotToAsk(desired: DesiredObject): string | undefined {
  if (hookNote(desired)) return 'Hooks are not compared.';
  return encryptionOf(desired.object) && 'Encrypted values never leave this machine.';
}

/** Helm 4 applies on the server as well, where its release was installed so. */
function appliesOnServer(policy: AppPolicy, analysis: Analysis): boolean {
  if (policy.comparison === 'three-way') return false;
  return hasApplyEntry(analysis) || correctsOnServer(policy, analysis);
}

/**
 * The drift correction of helm-controller applies on the server however the release was installed
 * (internal/action/diff.go); what an upgrade has to remove is another question.
 */
function correctsOnServer(policy: AppPolicy, { findings }: Analysis): boolean {
  const compares = policy.driftDetection === 'enabled' || policy.driftDetection === 'warn';
  return compares && findings.every(({ verdict }) => verdict !== 'removed');
}

/** A dry run cannot show what the take-over of other managers' entries removes. */
function needsTakeOver({ findings, ownership, policy }: Analysis): boolean {
  const isAdopted = (owner: FieldOwner): boolean => isTakenOver(owner, policy);
  if (!ownership.owners.some(isAdopted)) return false;
  // Of lists that are told apart by nothing here, the elements may be: the server's schema knows.
  return findings.some(
    ({ verdict, owners, difference }) =>
      (verdict === 'removed' && owners.some(isAdopted)) ||
      (verdict === 'git' && Array.isArray(difference.before)),
  );
}

function originalFor(input: AnalysisInput, analysis: Analysis): KubeObject | undefined {
  const { policy, live, stored } = input;
  if (policy.comparison === 'helm-manifest') return stored;
  const lastApplied = lastAppliedOf(live);
  if (policy.comparison === 'three-way') return lastApplied;
  return ownedPart(live, analysis) ?? lastApplied;
}

/** What the controller's take-over leaves it the owner of, as if it had applied that. */
function ownedPart(live: KubeObject, analysis: Analysis): KubeObject | undefined {
  const { ownership, facts, policy } = analysis;
  const owned = projectOwned(analysis.live, facts, (path) =>
    ownership.ownersAt(path).some((owner) => isAppliedByOwn(owner, policy)),
  );
  if (Object.keys(owned).length === 0) return undefined;
  const { apiVersion, kind, metadata } = live;
  const { name = '', namespace } = metadata;
  const identity: JsonObject = { name, ...(namespace === undefined ? {} : { namespace }) };
  const kept = (owned['metadata'] ?? {}) as JsonObject;
  return toKube({ apiVersion, kind, ...owned, metadata: { ...kept, ...identity } });
}
