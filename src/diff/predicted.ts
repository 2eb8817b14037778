import type { Json, JsonObject } from '../model/resource';
import type { Analysis, Finding } from './analysis';
import { fillsEmpty, isServerDefault } from './defaults';
import { isMap } from './json';
import { lookup, rebased } from './lookup';
import { isTakenOver } from './managers';
import { canonical, related } from './path';
import { differences } from './walk';
import type { Difference } from './walk';

/**
 * The local findings corrected by what the server said live would become: a difference that the
 * prediction does not have is none (the server writes the value its own way), one that it has and
 * that concerns what Git says is added, and what webhooks and defaulting do besides is left out.
 */
export function predictedFindings(analysis: Analysis, predicted: JsonObject): readonly Finding[] {
  const moved = differences(analysis.live, predicted, analysis.facts)
    .filter((difference) => difference.names[0] !== 'apiVersion')
    .filter((difference) => !isRestored(difference, analysis))
    .map((difference) => ({ difference, at: canonical(difference.path) }));
  const kept = analysis.findings.map((finding) => corrected(finding, analysis, moved));
  const known = kept
    .filter(({ verdict }) => verdict !== 'default')
    .map(({ difference }) => canonical(difference.path));
  const added = moved
    .filter(({ at, difference }) => !difference.isOrder && !known.some((o) => related(at, o)))
    .flatMap(({ difference }) => concerning(difference, analysis));
  return [...kept, ...added];
}

/** The API server writes its defaults, and structs with nothing in them, again at once. */
function isRestored(difference: Difference, { live, facts }: Analysis): boolean {
  const { before: value, after, path, names } = difference;
  if (value === undefined) return false;
  const field = { path, names, value, live, facts };
  if (after !== undefined) return fillsEmpty(field, after);
  return isHollow(value) || isServerDefault(field);
}

function isHollow(value: Json): boolean {
  return value === null || (isMap(value) && Object.values(value).every(isHollow));
}

interface Move {
  readonly difference: Difference;
  readonly at: string;
}

function corrected(finding: Finding, analysis: Analysis, moved: readonly Move[]): Finding {
  const { verdict } = finding;
  const move = moved.find((candidate) => isSame(finding.difference, candidate));
  if (move) return confirmed(finding, move);
  if (verdict === 'git') return { ...finding, verdict: 'default' };
  if (verdict !== 'removed' || isSurelyRemoved(finding, analysis)) return finding;
  return kept(finding, analysis);
}

function isSame(own: Difference, { difference, at }: Move): boolean {
  const path = canonical(own.path);
  if (own.isOrder || difference.isOrder) return own.isOrder === difference.isOrder && path === at;
  return related(path, at);
}

/** A field that only live has is taken away, or goes back to a default that the server told. */
function confirmed(finding: Finding, { difference, at }: Move): Finding {
  if (finding.verdict !== 'removed' && finding.verdict !== 'foreign') return finding;
  const { after } = difference;
  const exact = after !== undefined && at === canonical(finding.difference.path);
  const told = exact ? { ...finding.difference, after } : finding.difference;
  return { ...finding, difference: told, verdict: exact ? 'git' : 'removed' };
}

/** The take-over of kustomize-controller happens before its apply; a plain dry run misses it. */
function isSurelyRemoved(finding: Finding, analysis: Analysis): boolean {
  return finding.owners.length > 0 && finding.owners.every((o) => isTakenOver(o, analysis.policy));
}

/** Git said it once, and the server would keep it: it stays, and the user should know. */
function kept(finding: Finding, analysis: Analysis): Finding {
  const said = lookup(analysis.original, finding.difference.path, analysis.facts);
  return { ...finding, verdict: said === undefined ? 'default' : 'foreign' };
}

/** A move of the prediction that Git asked for: it says the field, or its manager owned it. */
function concerning(difference: Difference, analysis: Analysis): readonly Finding[] {
  const { desired, facts, ownership, policy } = analysis;
  const owners = ownership.ownersAt(difference.path);
  const said = lookup(desired, difference.path, facts);
  const owned = owners.some(
    (owner) => owner.operation === 'Apply' && owner.manager === policy.fieldManager,
  );
  const wasSaid = lookup(analysis.original, difference.path, facts) !== undefined;
  if (said === undefined && !owned && !(wasSaid && difference.before !== undefined)) return [];
  const path = rebased(difference.path, desired, facts);
  const verdict = difference.after === undefined ? 'removed' : 'git';
  return [{ difference: { ...difference, path }, owners, verdict }];
}
