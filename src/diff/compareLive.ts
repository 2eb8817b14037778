import type { AppPolicy } from '../model/app';
import type { FieldChange, PruneForecast, ResourceChange, ResourceNote } from '../model/change';
import type { AccessRefusal } from '../model/cluster';
import type { Digest } from '../model/ports';
import type { JsonObject, KubeObject } from '../model/resource';
import { analyse } from './analysis';
import type { Analysis } from './analysis';
import { encryptedNotes } from './compareRendered';
import type { DesiredObject } from './desired';
import { encryptionOf } from './encrypted';
import { cleanedUpNote, hookNote, isFinishedJob } from './hooks';
import { ruledObject, rulesFor, wholeObjectRule } from './ignore';
import { immutableNotes } from './immutable';
import { toJson, toKube } from './json';
import { maskSides } from './mask';
import { annotationWords } from './objectPolicy';
import { lastAppliedOf, normalize } from './normalize';
import { leftAlone } from './outOfSyncOnly';
import type { Pair } from './pair';
import { documentSides } from './documentSides';
import { predictedFindings } from './predicted';
import { pruneForecast } from './pruneForecast';
import type { Owner } from './pruneForecast';
import { forceNotes, recreatedNote } from './recreation';
import { refusalNote } from './refusals';
import { revisionsOf, whoseIsExtra, whoseIsMissing } from './revisions';
import type { Revisions, RevisionsInput } from './revisions';
import { fateOfDrift, fateOfIgnored } from './fate';
import { judgeFindings, objectRule, skipRule } from './fields';
import type { JqResult } from './fields';

export interface LiveComparisonInput extends RevisionsInput {
  /** `desired` is the object at the revision that live is compared with, usually the target. */
  readonly pair: Pair;
  /** What the server (or the three-way merge) says live would become; or why it does not say. */
  readonly predicted?: KubeObject | AccessRefusal;
  /**
   * The object in Helm's stored manifest, for apps that are compared with that; where it could not
   * be read, what the applied revision renders stands in for it.
   */
  readonly stored?: KubeObject;
  readonly policy: AppPolicy;
  /** The custom resource of the app. */
  readonly owner?: Owner;
  /** What the tool's own comparison last said of the object: `Synced`, `OutOfSync`. */
  readonly toolSays?: string;
  /** Of an object that has the marks of the app and is in none of its lists: which list that is. */
  readonly unlisted?: string;
  readonly digest: Digest;
  readonly jqResults?: readonly JqResult[];
  /** A comparison was due, and only the local one could be made. */
  readonly localOnly?: boolean;
  /** Why the server did not say what is predicted. */
  readonly refusal?: AccessRefusal;
  /** Of a HelmRelease: Git says other objects than its release was made of. */
  readonly upgradeDue?: boolean;
}

/**
 * One object, live against Git. `added`: Git has it and the cluster does not; `removed`: the other
 * way round. Of an object that only one side has, the one field with the empty pointer tells whose
 * that is and what a sync does about it.
 */
export function compareLive(input: LiveComparisonInput): ResourceChange {
  const { desired, live } = input.pair;
  if (desired && live) return compareBoth(input, desired, live);
  if (desired) return missing(input, desired);
  if (live) return extra(input, live);
  throw new Error(`Neither side has ${input.pair.id.kind} ${input.pair.id.name}.`);
}

function isRefusal(predicted: KubeObject | AccessRefusal | undefined): predicted is AccessRefusal {
  return predicted !== undefined && !('apiVersion' in predicted);
}

function desiredNotes(desired: DesiredObject): readonly ResourceNote[] {
  const encrypted = encryptionOf(desired.object);
  return [...desired.notes, ...(encrypted ? [encryptedNotes[encrypted]] : [])];
}

function same(input: LiveComparisonInput, desired: DesiredObject, note?: ResourceNote) {
  return {
    ...header(input, desired),
    action: 'same',
    fields: [],
    notes: [...desiredNotes(desired), ...(note ? [note] : [])],
    predicted: false,
  } satisfies ResourceChange;
}

function header(input: LiveComparisonInput, desired: DesiredObject) {
  const { id } = input.pair;
  return { id, apiVersion: desired.object.apiVersion, origin: desired.origin };
}

function missing(input: LiveComparisonInput, desired: DesiredObject): ResourceChange {
  const passing = hookNote(desired) ?? cleanedUpNote(desired.object);
  if (passing) return same(input, desired, passing);
  const { after } = maskSides({ after: normalize(desired.object) }, input.digest);
  const refusal = isRefusal(input.predicted) ? input.predicted : undefined;
  return {
    ...header(input, desired),
    action: 'added',
    fields: [missingField(input, desired)],
    notes: [
      ...desiredNotes(desired),
      ...forceNotes(input.policy, desired.object, true),
      ...(refusal ? [refusalNote(refusal, [desired.object])] : []),
    ],
    ...(after ? { after: toKube(after) } : {}),
    predicted: refusal !== undefined || input.localOnly === true,
  };
}

function missingField(input: LiveComparisonInput, desired: DesiredObject): FieldChange {
  const rule = ruleForWhole(input, desired);
  if (rule !== undefined) return { pointer: '', whose: 'ignored', rule, ...fateOfIgnored(input) };
  // Whether it is there at all is for the cluster to say.
  if (desired.clusterDependent?.includes('') === true) return { pointer: '', whose: 'cluster' };
  const whose = whoseIsMissing(revisionsOf(input, undefined));
  const unasked = whose === 'drift' || whose === 'differs';
  return { pointer: '', whose, ...(unasked ? fateOfDrift(input) : {}) };
}

/** Flux does not look at all at an object that a rule or its own metadata leaves out. */
function ruleForWhole({ pair, policy }: LiveComparisonInput, desired: DesiredObject) {
  if (policy.fieldManager === 'kustomize-controller') return skipRule(desired.object);
  if (policy.driftDetection === undefined || policy.driftDetection === 'disabled') return undefined;
  const rules = rulesFor(policy.ignoreRules, ruledObject(pair.id, desired.object));
  return objectRule(desired.object) ?? wholeObjectRule(rules)?.label;
}

function extra(input: LiveComparisonInput, live: KubeObject): ResourceChange {
  const { before } = maskSides({ before: normalize(live) }, input.digest);
  const { unlisted, policy, owner } = input;
  const forecast = pruneForecast(live, policy, owner);
  const prune = unlisted === undefined ? forecast : orphaned(forecast, unlisted);
  return {
    id: input.pair.id,
    apiVersion: live.apiVersion,
    action: 'removed',
    fields: [unlisted === undefined ? extraField(input, live, prune) : orphanField(forecast)],
    notes: notPruned(prune),
    ...(unlisted === undefined ? {} : { orphan: true }),
    ...(before ? { before: toKube(before) } : {}),
    prune,
    predicted: false,
  };
}

/** Its own words are why it was left; whether its app prunes is no matter any more. */
function orphaned(forecast: PruneForecast, unlisted: string): PruneForecast {
  return { ...forecast, fate: 'kept', protectedBy: [unlisted, ...ownWords(forecast)] };
}

function ownWords({ protectedBy }: PruneForecast): readonly string[] {
  return protectedBy.filter((reason) => /^[a-z.]+\/[\w-]+ is /i.test(reason));
}

/** What keeps itself was left on purpose. */
function orphanField(forecast: PruneForecast): FieldChange {
  const [word] = ownWords(forecast);
  if (word === undefined) return { pointer: '', whose: 'differs', fate: 'stays' };
  return { pointer: '', whose: 'ignored', rule: word.replace(/\.$/, ''), fate: 'stays' };
}

function extraField(
  input: LiveComparisonInput,
  live: KubeObject,
  prune: PruneForecast,
): FieldChange {
  const ignored = annotationWords(live, 'argocd.argoproj.io/compare-options');
  if (ignored.includes('IgnoreExtraneous')) {
    return { pointer: '', whose: 'ignored', rule: 'compare-options: IgnoreExtraneous' };
  }
  const whose = whoseIsExtra(revisionsOf(input, undefined));
  return { pointer: '', whose, fate: prune.fate === 'deleted' ? 'reverted' : 'stays' };
}

function notPruned({ fate, protectedBy }: PruneForecast): readonly ResourceNote[] {
  const [reason] = protectedBy;
  if (fate === 'deleted' || reason === undefined) return [];
  return [{ kind: 'not-pruned', message: `Not pruned: ${reason}` }];
}

function compareBoth(
  input: LiveComparisonInput,
  desired: DesiredObject,
  live: KubeObject,
): ResourceChange {
  const passing = hookNote(desired) ?? (isFinishedJob(live) ? cleanedUpNote(live) : undefined);
  if (passing) return same(input, desired, passing);
  const analysis = analysisOf(input, desired, live);
  const judged = judge(input, analysis, desired);
  return {
    ...header(input, desired),
    action: judged.fields.length > 0 ? 'changed' : 'same',
    fields: judged.fields,
    notes: noteAll(input, { analysis, desired, live, found: judged.git }),
    ...judged.sides,
    predicted: isRefusal(input.predicted) || input.localOnly === true,
  };
}

function analysisOf(
  input: LiveComparisonInput,
  desired: DesiredObject,
  live: KubeObject,
): Analysis {
  const stored = input.stored ?? input.applied?.object;
  return analyse({ live, desired, policy: input.policy, ...(stored ? { stored } : {}) });
}

interface Judged {
  readonly fields: readonly FieldChange[];
  /** Differences that a sync would write. */
  readonly git: Analysis['findings'];
  readonly sides: { readonly before: KubeObject; readonly after: KubeObject };
}

function judge(input: LiveComparisonInput, analysis: Analysis, desired: DesiredObject): Judged {
  const answer = input.predicted;
  const predicted = answer === undefined || isRefusal(answer) ? undefined : normalize(answer);
  const findings = predicted ? predictedFindings(analysis, predicted) : analysis.findings;
  const masked = maskedTrees(analysis, predicted, input.digest);
  const all = judgeFindings({
    findings,
    analysis,
    desired,
    revisions: liveRevisions(input),
    masked,
    ...(input.upgradeDue === undefined ? {} : { upgradeDue: input.upgradeDue }),
    ...(input.jqResults ? { jqResults: input.jqResults } : {}),
  });
  const judged = leftAlone(all, input.policy, input.toolSays);
  return {
    fields: judged.map(({ field }) => field),
    git: judged
      .filter(({ field, finding }) => isWritten(field) && finding.verdict !== 'foreign')
      .map(({ finding }) => finding),
    sides: documentSides({ analysis, masked, judged }),
  };
}

function isWritten(field: FieldChange): boolean {
  return !['ignored', 'generated', 'cluster'].includes(field.whose);
}

function liveRevisions(input: LiveComparisonInput): Revisions {
  const { live } = input.pair;
  const clientSide = input.policy.comparison === 'three-way';
  const remembered = live && clientSide ? lastAppliedOf(live) : undefined;
  return revisionsOf(input, remembered && normalize(remembered));
}

export interface MaskedTrees {
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly predicted?: JsonObject;
}

function maskedTrees(
  analysis: Analysis,
  predicted: JsonObject | undefined,
  digest: Digest,
): MaskedTrees {
  const { before = {}, after = {} } = maskSides(
    { before: analysis.live, after: analysis.desired },
    digest,
  );
  if (!predicted) return { before, after };
  const answered = maskSides({ before: analysis.live, after: predicted }, digest);
  return { before, after, ...(answered.after ? { predicted: answered.after } : {}) };
}

interface NoteInput {
  readonly analysis: Analysis;
  readonly desired: DesiredObject;
  readonly live: KubeObject;
  readonly found: Analysis['findings'];
}

function noteAll(input: LiveComparisonInput, context: NoteInput): readonly ResourceNote[] {
  const { desired, live, found, analysis } = context;
  const refusal = isRefusal(input.predicted) ? input.predicted : input.refusal;
  const refused = refusal && refusalNote(refusal, [desired.object, live]);
  const immutable = immutableNotes(
    { before: toKube({ ...toJson(live), ...analysis.live }), after: desired.object },
    found.map(({ difference }) => difference),
    input.policy,
  );
  const known = refused?.kind === 'immutable' && immutable.length > 0;
  const answered = refused && !known ? [recreatedNote(refused, input.policy, desired.object)] : [];
  const forced = forceNotes(input.policy, desired.object, found.length > 0);
  return [...desiredNotes(desired), ...forced, ...immutable, ...answered];
}

/** An object that its controller neither applies nor compares, by a setting of its own. */
export function notLookedAt(desired: DesiredObject, rule: string): ResourceChange {
  return {
    id: desired.id,
    apiVersion: desired.object.apiVersion,
    action: 'same',
    fields: [],
    notes: [
      ...desiredNotes(desired),
      { kind: 'excluded', message: `Argo CD leaves it out: ${rule}.` },
    ],
    origin: desired.origin,
    predicted: false,
  };
}

/** An object that could not be compared at all: the cluster would not let it be read. */
export function notCompared(desired: DesiredObject, refusal: AccessRefusal): ResourceChange {
  const { message } = refusalNote(refusal, [desired.object], '');
  const kind = refusal.kind === 'forbidden' ? 'forbidden' : 'unreadable';
  return {
    id: desired.id,
    apiVersion: desired.object.apiVersion,
    action: 'same',
    fields: [],
    notes: [...desiredNotes(desired), { kind, message }],
    origin: desired.origin,
    predicted: true,
  };
}
