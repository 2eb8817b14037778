import type { Whose } from '../model/change';
import type { JsonObject } from '../model/resource';
import type { Analysis, Finding } from './analysis';
import type { DesiredObject } from './desired';
import { isAsSaid, lookup, sayTheSame } from './lookup';
import type { Place } from './lookup';
import { isOwnManager } from './managers';
import { normalize } from './normalize';

/** One object at the revisions that matter. Known and absent is not the same as unknown. */
export interface RevisionsInput {
  readonly applied?: DesiredObject;
  readonly target?: DesiredObject;
  readonly working?: DesiredObject;
  readonly appliedKnown: boolean;
  /** Where it is not said, a revision is known when it has the object. */
  readonly targetKnown?: boolean;
  readonly workingKnown?: boolean;
}

interface Revision {
  readonly known: boolean;
  readonly tree?: JsonObject;
}

export interface Revisions {
  readonly applied: Revision;
  readonly target: Revision;
  readonly working: Revision;
}

function revision(object: DesiredObject | undefined, known: boolean): Revision {
  return object ? { known, tree: normalize(object.object) } : { known };
}

/** `remembered`: last-applied of a client-side apply, which stands in for an unknown revision. */
export function revisionsOf(input: RevisionsInput, remembered: JsonObject | undefined): Revisions {
  const { applied, target, working } = input;
  const useMemory = !input.appliedKnown && remembered !== undefined;
  return {
    applied: useMemory ? { known: true, tree: remembered } : revision(applied, input.appliedKnown),
    target: revision(target, input.targetKnown ?? target !== undefined),
    working: revision(working, input.workingKnown ?? working !== undefined),
  };
}

/**
 * Whose a field difference is. In this order: the working copy already says what is live; live
 * moved away from what was applied; what was applied is not what the target says; the rest is the
 * user's own edit.
 */
export function whoseOf(finding: Finding, analysis: Analysis, revisions: Revisions): Whose {
  const { path, isOrder } = finding.difference;
  const { facts, live } = analysis;
  const place: Place = { path, facts, ...(isOrder ? { isOrder } : {}) };
  const current = lookup(live, path, facts);
  const isLive = (tree: JsonObject | undefined): boolean =>
    isAsSaid(current, lookup(tree, path, facts), place);
  const { applied, target, working } = revisions;
  if (differ(target, working, place) && isLive(working.tree)) return 'already';
  if (!applied.known) return unknownApplied(finding, analysis, target.known && isLive(target.tree));
  return isLive(applied.tree) ? notApplied(revisions, place) : 'drift';
}

/** Live is what was applied: either the target moved on, or only the working copy did. */
function notApplied({ applied, target }: Revisions, place: Place): Whose {
  return target.known && !differ(applied, target, place) ? 'mine' : 'pending';
}

function differ(a: Revision, b: Revision, place: Place): boolean {
  if (!a.known || !b.known) return false;
  const { path, facts } = place;
  return !sayTheSame(lookup(a.tree, path, facts), lookup(b.tree, path, facts), place);
}

/** What the controller itself applied and nobody touched since is what it was told last. */
function unknownApplied(finding: Finding, analysis: Analysis, isTarget: boolean): Whose {
  if (isTarget) return 'mine';
  const owner = finding.owners[0];
  const untouched =
    owner?.operation === 'Apply' &&
    isOwnManager(owner, analysis.policy) &&
    finding.verdict !== 'foreign';
  return untouched ? 'pending' : 'differs';
}

/** Whose it is that the cluster does not have an object that Git has. */
export function whoseIsMissing(revisions: Revisions): Whose {
  const { applied, target } = revisions;
  if (applied.known) {
    if (applied.tree) return 'drift';
    return target.known && !target.tree ? 'mine' : 'pending';
  }
  return target.known && !target.tree ? 'mine' : 'differs';
}

/** Whose it is that the cluster has an object that Git does not have. */
export function whoseIsExtra(revisions: Revisions): Whose {
  const { applied, target } = revisions;
  if (target.known && target.tree) return 'mine';
  if (!applied.known) return 'differs';
  return applied.tree ? 'pending' : 'drift';
}
