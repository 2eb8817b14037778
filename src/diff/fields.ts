import type { FieldChange, FieldOwner, Whose } from '../model/change';
import type { IgnoreRule } from '../model/app';
import type { JsonObject, KubeObject } from '../model/resource';
import { resourceIdOf } from '../model/resource';
import type { Analysis, Finding } from './analysis';
import type { MaskedTrees } from './compareLive';
import { undecidedBy } from './compareRendered';
import type { Undecided } from './compareRendered';
import { conflictIn } from './conflict';
import type { Stop } from './conflict';
import type { DesiredObject } from './desired';
import { fateOfDrift, fateOfIgnored, rulesInForce } from './fate';
import type { Fate, FateContext } from './fate';
import { hidingRule, ruledObject, rulesFor } from './ignore';
import { mapAt, toKube } from './json';
import { lookup, present } from './lookup';
import { maskedPatchIn } from './maskedPatch';
import { normalize } from './normalize';
import { canonical, pointerOn, related, valueOn } from './path';
import { whoseOf } from './revisions';
import { rightfulOwner } from './theirs';
import type { Revisions } from './revisions';
import { differences } from './walk';

/** Both objects after jq took the paths of one rule out of them. */
export interface JqResult {
  readonly rule: IgnoreRule;
  readonly live: KubeObject;
  readonly desired: KubeObject;
}

export interface JudgedField {
  readonly finding: Finding;
  readonly field: FieldChange;
}

export interface FieldsInput {
  readonly findings: readonly Finding[];
  readonly analysis: Analysis;
  readonly desired: DesiredObject;
  readonly revisions: Revisions;
  readonly masked: MaskedTrees;
  readonly jqResults?: readonly JqResult[];
  readonly upgradeDue?: boolean;
}

/** Findings that the user should see, as fields with masked values. */
export function judgeFindings(input: FieldsInput): readonly JudgedField[] {
  const hides = hiderOf(input);
  const undecided = undecidedBy(undefined, input.desired);
  const { findings, analysis, upgradeDue = false } = input;
  const stop =
    conflictIn(findings, analysis, input.desired.object) ??
    maskedPatchIn(findings, analysis, upgradeDue);
  return input.findings
    .filter(({ verdict }) => verdict !== 'default' && verdict !== 'opaque')
    .map((finding) => ({
      finding,
      field: {
        ...valuesOf(finding, input),
        ...judgementOf(finding, input, {
          undecided: undecided(finding.difference.path),
          rule: hides(finding),
          stop,
        }),
        ...ownerOf(finding, input.analysis),
      },
    }));
}

function valuesOf(
  finding: Finding,
  { masked, analysis }: FieldsInput,
): Pick<FieldChange, 'pointer' | 'before' | 'after'> {
  const { path, before, after, isOrder } = finding.difference;
  if (isOrder) return { pointer: pointerOn(path, 'after'), ...present({ before, after }) };
  const old = before === undefined ? undefined : valueOn(masked.before, path, 'before');
  const said = valueOn(masked.after, path, 'after');
  const told = said ?? lookup(masked.predicted, path, analysis.facts);
  const now = after === undefined ? undefined : told;
  return { pointer: pointerOn(path, 'after'), ...present({ before: old, after: now }) };
}

function ownerOf(finding: Finding, analysis: Analysis): { readonly owner?: FieldOwner } {
  if (finding.difference.before === undefined) return {};
  const owner = finding.owners[0] ?? analysis.ownership.lastAt(finding.difference.path);
  return owner ? { owner } : {};
}

type Judgement = Fate & Pick<FieldChange, 'whose' | 'rule' | 'theirs'>;

/** What decides before it is asked whose a field is. */
interface Circumstances {
  readonly undecided: Undecided | undefined;
  readonly rule: string | undefined;
  readonly stop: Stop | undefined;
}

function judgementOf(
  finding: Finding,
  input: FieldsInput,
  { undecided, rule, stop }: Circumstances,
): Judgement {
  const context = { policy: input.analysis.policy, ...pick(input) };
  const stays = finding.verdict === 'foreign' ? ({ fate: 'stays' } as const) : undefined;
  if (rule !== undefined) return { whose: 'ignored', rule, ...(stays ?? fateOfIgnored(context)) };
  if (undecided !== undefined) return { whose: undecided };
  const whose = whoseOf(finding, input.analysis, input.revisions);
  return { whose, ...(stays ?? fateAtSync({ finding, whose, stop }, context)) };
}

interface Sync {
  readonly finding: Finding;
  readonly whose: Whose;
  readonly stop: Stop | undefined;
}

function fateAtSync({ finding, whose, stop }: Sync, context: FateContext): Partial<Judgement> {
  if (whose === 'pending') return { ...stop?.(finding) };
  if (whose !== 'drift' && whose !== 'differs') return {};
  return theirsOf(finding, stop === undefined ? fateOfDrift(context) : stop(finding));
}

/** A sync writes it all the same, and its controller writes it again. */
function theirsOf({ owners, difference }: Finding, fate: Fate): Fate & Pick<FieldChange, 'theirs'> {
  const theirs = rightfulOwner(owners, difference.names);
  if (theirs === undefined || fate.fate === 'stays') return { ...fate, ...(theirs && { theirs }) };
  return { ...fate, theirs, fateNote: `${theirs} decides it: a sync writes it, and it comes back` };
}

function pick({ upgradeDue }: Pick<FieldsInput, 'upgradeDue'>): { readonly upgradeDue?: boolean } {
  return upgradeDue === undefined ? {} : { upgradeDue };
}

type Hider = (finding: Finding) => string | undefined;

function hiderOf(input: FieldsInput): Hider {
  const { analysis, desired } = input;
  const ruled = ruledObject(resourceIdOf(toKube(analysis.live)), desired.object);
  const rules = rulesFor(rulesInForce(analysis.policy), ruled);
  const jq = (input.jqResults ?? []).map((result) => jqHider(result, analysis));
  const whole = objectRule(desired.object) ?? objectRule(toKube(analysis.live));
  return (finding) =>
    whole ??
    hidingRule(rules, { path: finding.difference.path, owners: finding.owners })?.label ??
    jq.map((hides) => hides(finding)).find((label) => label !== undefined) ??
    builtInRule(finding, analysis);
}

/** A difference is hidden by a jq rule when it is gone once the rule's paths are. */
function jqHider(result: JqResult, analysis: Analysis): Hider {
  const left = differences(normalize(result.live), normalize(result.desired), analysis.facts);
  const remaining = left.map((difference) => upToIndex(canonical(difference.path)));
  return ({ difference }) => {
    const own = upToIndex(canonical(difference.path));
    return remaining.some((other) => related(own, other)) ? undefined : result.rule.label;
  };
}

/** Deletions shift the indices of atomic lists, so below them paths do not name one field. */
function upToIndex(pointer: string): string {
  return pointer.replace(/\/#\d+(\/.*)?$/, '');
}

/** Annotations by which an object asks its controller not to correct it. */
const objectRules: readonly (readonly [string, readonly string[]])[] = [
  ['kustomize.toolkit.fluxcd.io/reconcile', ['disabled']],
  ['kustomize.toolkit.fluxcd.io/ssa', ['ifnotpresent', 'ignore']],
  ['helm.toolkit.fluxcd.io/driftDetection', ['disabled']],
];

export function objectRule(object: KubeObject): string | undefined {
  return ruleOf(object, objectRules);
}

/** kustomize-controller does not even create such an object (its `Exclusions`). */
export function skipRule(object: KubeObject): string | undefined {
  return ruleOf(object, [
    ['kustomize.toolkit.fluxcd.io/reconcile', ['disabled']],
    ['kustomize.toolkit.fluxcd.io/ssa', ['ignore']],
  ]);
}

function ruleOf(object: KubeObject, rules: typeof objectRules): string | undefined {
  const { annotations = {}, labels = {} } = object.metadata;
  for (const [name, words] of rules) {
    const word = annotations[name] ?? labels[name];
    if (word !== undefined && words.includes(word.toLowerCase())) return `${name}: ${word}`;
  }
  return undefined;
}

/** Annotations by which a person or a tool asks a controller to act: a request, not a state. */
const requests: ReadonlyMap<string, string> = new Map([
  ['kubectl.kubernetes.io/restartedAt', 'kubectl rollout restart'],
  ...['requestedAt', 'forceAt', 'resetAt'].map(
    (name) => [`reconcile.fluxcd.io/${name}`, 'a request to reconcile'] as const,
  ),
  ...['refresh', 'refresh-timestamp', 'hydrate', 'hydrate-timestamp'].map(
    (name) => [`argocd.argoproj.io/${name}`, 'a request to refresh'] as const,
  ),
]);

function builtInRule(finding: Finding, analysis: Analysis): string | undefined {
  const { verdict, difference } = finding;
  if (verdict === 'sealed') return 'sealed values are made anew at each sealing';
  const request = requests.get(difference.names[difference.names.length - 1] ?? '');
  if (verdict === 'foreign' && request !== undefined) return request;
  return isAggregated(difference.names, analysis.desired)
    ? 'rules of an aggregated ClusterRole are filled in by the cluster'
    : undefined;
}

function isAggregated(names: readonly string[], desired: JsonObject): boolean {
  if (names[0] !== 'rules' || desired['kind'] !== 'ClusterRole') return false;
  return Object.keys(mapAt(desired, 'aggregationRule')).length > 0;
}
