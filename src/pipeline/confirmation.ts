import { pointerTokens } from '../base/pointer';
import { appLabel } from '../model/app';
import type { AppState, RevisionLabel } from '../model/appState';
import type { FieldChange, ResourceChange, ResourceNote } from '../model/change';
import type { PlanConfirmation, PlannedChange } from '../model/plan';
import { changeText, describeOwner } from '../diff/describe';
import { affectingPaths } from './attribution';
import { sourceRoot } from './core';
import type { Core } from './core';
import { describeRevision } from './revisions';

/** What the user reads before an action: all of it from the target revision and the live objects. */
export function confirm(
  core: Core,
  state: AppState,
  warnings: readonly string[],
): PlanConfirmation {
  const { app, live } = state;
  const verb = app.tool === 'argocd' ? 'Sync' : 'Reconcile';
  const changes = live.kind === 'compared' ? live.comparison.changes : [];
  const target = live.kind === 'compared' ? live.comparison.target : targetOf(state);
  const nowMs = core.deps.clock();
  const planned = changes.filter(willChange).map((change) => plannedChange(change, nowMs));
  const extras = changes.filter(isExtra);
  const isPruned = ({ prune, notes }: ResourceChange): boolean =>
    prune === undefined
      ? app.policy.prune && !notes.some(({ kind }) => kind === 'not-pruned')
      : prune.fate === 'deleted';
  return {
    title: `${verb} ${appLabel(app)}`,
    willChange: planned.map(({ object }) => object),
    changes: planned,
    willPrune: extras.filter(isPruned).map(prunedName),
    notPruned: extras.filter((change) => !isPruned(change)).map(keptName),
    notIncluded: notIncluded(core, state),
    warnings: [...warnings, ...unknowns(state)],
    revision: target === undefined ? (app.follows?.revision ?? 'unknown') : describeTarget(target),
  };
}

function targetOf({ local }: AppState): RevisionLabel | undefined {
  return local.kind === 'compared' ? local.comparison.against : undefined;
}

function describeTarget(label: RevisionLabel): string {
  const name = describeRevision(label);
  return label.insteadOf === undefined ? name : `${name} (in place of ${label.insteadOf})`;
}

function isExtra(change: ResourceChange): boolean {
  return change.action === 'removed';
}

/** Fields that the next sync writes; what stays as it is live, or is ignored, is left out. */
function willChange(change: ResourceChange): boolean {
  if (change.action === 'added' || change.notes.some(isRecreated)) return true;
  if (change.action !== 'changed') return false;
  return change.fields.some(isWritten);
}

function isRecreated({ kind }: ResourceNote): boolean {
  return kind === 'recreated';
}

function isWritten({ whose, fate }: FieldChange): boolean {
  return fate !== 'stays' && !QUIET.has(whose);
}

const QUIET: ReadonlySet<string> = new Set(['mine', 'already', 'ignored', 'generated', 'cluster']);

function nameOf({ id }: ResourceChange): string {
  return `${id.kind} ${id.namespace === '' ? '' : `${id.namespace}/`}${id.name}`;
}

function prunedName(change: ResourceChange): string {
  const last = change.prune?.last === true ? ' (last, once everything else is healthy)' : '';
  return `${nameOf(change)}${last}`;
}

function keptName(change: ResourceChange): string {
  const [reason] = change.prune?.protectedBy ?? [];
  return `${nameOf(change)}${reason === undefined ? '' : ` (${reason.replace(/\.$/, '')})`}`;
}

function plannedChange(change: ResourceChange, nowMs: number): PlannedChange {
  const written = change.action === 'changed' ? change.fields.filter(isWritten) : [];
  return { object: lineOf(change), fields: written.map((field) => fieldLine(field, nowMs)) };
}

/** What the action writes: the live value, then that of Git; and who set the live one. */
function fieldLine({ pointer, before, after, whose, owner }: FieldChange, nowMs: number): string {
  const isForeign = whose === 'drift' || whose === 'differs';
  const who = isForeign && owner !== undefined ? ` · ${describeOwner(owner, nowMs)}` : '';
  const line = `${fieldPath(pointer)}: ${changeText(before, after)}${who}`;
  // A value must not look like lines of its own.
  return line.replaceAll(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ');
}

/** `spec.template.spec.containers[0].image`; a key with other characters in brackets. */
function fieldPath(pointer: string): string {
  return pointerTokens(pointer)
    .map((token, index) => pathPart(token, index === 0))
    .join('');
}

function pathPart(token: string, isFirst: boolean): string {
  if (/^\d+$/.test(token)) return `[${token}]`;
  if (!/^[\w-]+$/.test(token)) return `[${JSON.stringify(token)}]`;
  return isFirst ? token : `.${token}`;
}

const REFUSALS: ReadonlySet<string> = new Set(['immutable', 'refused', 'refused-for-you']);

function lineOf(change: ResourceChange): string {
  const told =
    change.notes.find(({ kind }) => REFUSALS.has(kind)) ?? change.notes.find(isRecreated);
  const what = change.action === 'added' ? 'will be created' : 'will change';
  return told === undefined ? `${nameOf(change)} ${what}` : `${nameOf(change)}: ${told.message}`;
}

/** Edits of files that the app reads, by where they are stuck on their way to the target. */
function notIncluded(core: Core, state: AppState): readonly string[] {
  const root = sourceRoot(core, state.app);
  const target = targetOf(state);
  if (root === undefined || target === undefined) return [];
  return [...affectingPaths(core, state, target.commit)]
    .sort()
    .map((path) =>
      path in root.overlay ? `${path} (unsaved changes)` : `${path} (not in ${target.ref} yet)`,
    );
}

function unknowns({ live }: AppState): readonly string[] {
  if (live.kind === 'compared') return [];
  const reason = live.kind === 'unavailable' ? `: ${live.reason}` : '.';
  return [`What will change could not be computed${reason}`];
}
