import type { AppPolicy } from '../model/app';
import type { FieldOwner } from '../model/change';
import type { Json, JsonObject, KubeObject } from '../model/resource';
import { fillsEmpty, isServerDefault } from './defaults';
import type { DesiredObject } from './desired';
import { isSealedSecret, opaqueTest } from './encrypted';
import { factsOf } from './kinds';
import type { KindFacts } from './kinds';
import { lookup } from './lookup';
import { ownershipOf } from './managedFields';
import type { Ownership } from './managedFields';
import { isAppliedByOwn, isOwnManager, isPerson, takesOver } from './managers';
import type { ManagerPolicy } from './managers';
import { lastAppliedOf, normalize } from './normalize';
import { differencesAndEchoes } from './walk';
import type { Difference } from './walk';

/**
 * What a difference between live and Git is, by what can be told here:
 * `git`: Git says otherwise, so a sync sets it; `removed`: Git said it once, so a sync takes it away;
 * `foreign`: only live, set by a person, a sync leaves it; `default`: only live, by the server or a
 * controller; `opaque`: Git's value is encrypted or a placeholder; `sealed`: both are ciphertext.
 */
export type Verdict = 'git' | 'removed' | 'foreign' | 'default' | 'opaque' | 'sealed';

export interface Finding {
  readonly difference: Difference;
  readonly verdict: Verdict;
  readonly owners: readonly FieldOwner[];
}

/** Live and desired in comparable form, with everything that differs judged. */
export interface Analysis {
  readonly live: JsonObject;
  readonly desired: JsonObject;
  readonly facts: KindFacts;
  readonly ownership: Ownership;
  readonly policy: AppPolicy & ManagerPolicy;
  /** What was applied last as the tool remembers it, where its way of applying looks at that. */
  readonly original?: JsonObject;
  readonly findings: readonly Finding[];
  /** Places where live and Git write the same thing in two ways. */
  readonly echoes: readonly Difference[];
}

export interface AnalysisInput {
  readonly live: KubeObject;
  readonly desired: DesiredObject;
  readonly policy: AppPolicy;
  /** The object in Helm's stored manifest, for apps that are compared with that. */
  readonly stored?: KubeObject;
}

export function analyse(input: AnalysisInput): Analysis {
  const ownership = ownershipOf(input.live.metadata.managedFields);
  const facts = factsOf(input.live, ownership.listKeys);
  const live = normalize(input.live);
  const desired = normalize(input.desired.object);
  const original = originalOf(input);
  const policy = { ...input.policy, takesOver: takesOver(input.desired.object) };
  const base = { live, desired, facts, ownership, policy };
  const analysis = { ...base, ...(original ? { original } : {}) };
  const judge = judgeOf(input, analysis);
  const { found, echoes } = differencesAndEchoes(live, desired, facts);
  const findings = found.filter((difference) => difference.names[0] !== 'apiVersion').map(judge);
  return { ...analysis, findings, echoes };
}

/** The base of the three-way merge; a server-side apply looks at it only when it takes over. */
function originalOf(input: AnalysisInput): JsonObject | undefined {
  const object =
    input.policy.comparison === 'helm-manifest' ? input.stored : lastAppliedOf(input.live);
  return object && normalize(object);
}

type Comparable = Omit<Analysis, 'findings' | 'echoes'>;
type Judge = (difference: Difference) => Finding;

function judgeOf(input: AnalysisInput, analysis: Comparable): Judge {
  const isOpaque = opaqueTest(input.desired.object);
  const sealed = isSealedSecret(input.desired.object);
  return (difference) => {
    const owners = analysis.ownership.ownersAt(difference.path);
    const { before, after } = difference;
    if (before !== undefined && after !== undefined) {
      const { path, names } = difference;
      const { live, facts } = analysis;
      const isFilled = fillsEmpty({ path, names, value: before, live, facts }, after);
      const verdict = isFilled ? 'default' : bothVerdict(difference, sealed, isOpaque);
      return { difference, owners, verdict };
    }
    if (after !== undefined) return { difference, owners, verdict: 'git' };
    return { difference, owners, verdict: liveOnlyVerdict(difference, owners, analysis) };
  };
}

function bothVerdict(
  difference: Difference,
  sealed: boolean,
  isOpaque: (value: Json | undefined) => boolean,
): Verdict {
  if (sealed && difference.names[1] === 'encryptedData') return 'sealed';
  return isOpaque(difference.after) ? 'opaque' : 'git';
}

function liveOnlyVerdict(
  difference: Difference,
  owners: readonly FieldOwner[],
  analysis: Comparable,
): Verdict {
  const { facts, live, policy } = analysis;
  const { path, names, before: value = null } = difference;
  if (isServerDefault({ path, names, value, live, facts })) return 'default';
  if (policy.replaces === true) return 'removed';
  if (difference.inAtomicList) return atomicVerdict(owners, policy);
  if (isGitsOwn(difference, owners, analysis)) return 'removed';
  const stranger = owners.find((owner) => !isOwnManager(owner, policy));
  return stranger ? strangersVerdict(stranger, difference, analysis) : 'default';
}

function strangersVerdict(
  stranger: FieldOwner,
  { path }: Difference,
  analysis: Comparable,
): Verdict {
  if (replacesLists(analysis) && isInList(path)) return 'removed';
  return isPerson(stranger) ? 'foreign' : 'default';
}

/** A JSON merge patch, which is what custom resources get, writes lists as a whole. */
function replacesLists(analysis: Comparable): boolean {
  const { facts, policy } = analysis;
  if (facts.builtIn || policy.comparison === 'server-side') return false;
  return policy.comparison === 'three-way' || !hasApplyEntry(analysis);
}

function isInList(path: Difference['path']): boolean {
  return path.some((segment) => typeof segment !== 'string');
}

/** An atomic list belongs to one manager: what a stranger put into it goes when Git sets the list. */
function atomicVerdict(owners: readonly FieldOwner[], policy: AppPolicy): Verdict {
  const latest = owners[0];
  return latest && !isOwnManager(latest, policy) && isPerson(latest) ? 'removed' : 'default';
}

function isGitsOwn(
  difference: Difference,
  owners: readonly FieldOwner[],
  analysis: Comparable,
): boolean {
  const { original, facts, policy } = analysis;
  const said = lookup(original, difference.path, facts);
  if (said !== undefined && said !== null && usesOriginal(analysis)) return true;
  return policy.comparison === 'server-side' && owners.some((o) => isAppliedByOwn(o, policy));
}

/** Once a manager has its `Apply` entry, last-applied no longer decides what goes. */
function usesOriginal(analysis: Comparable): boolean {
  return analysis.policy.comparison !== 'server-side' || !hasApplyEntry(analysis);
}

export function hasApplyEntry(analysis: {
  readonly ownership: Ownership;
  readonly policy: Pick<AppPolicy, 'fieldManager'>;
}): boolean {
  return analysis.ownership.owners.some(
    (owner) =>
      owner.operation === 'Apply' &&
      owner.manager === analysis.policy.fieldManager &&
      owner.subresource === undefined,
  );
}
