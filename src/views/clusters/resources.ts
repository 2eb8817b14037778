import type { Opening } from '../../host/open';
import type { App } from '../../model/app';
import type { AppState } from '../../model/appState';
import type { ResourceChange } from '../../model/change';
import { resourceKey } from '../../model/resource';
import { COLORS } from '../../host/ids';
import type { Ability, Row, RowIcon, TooltipPart } from '../row';
import { tooltipLines } from '../row';
import { ERROR_ICON, failureRow } from '../failure';
import { orderWords } from '../order';
import { fieldParts } from '../fieldParts';
import type { Standing } from '../standing';
import type { Illness } from '../health';
import { illnessOf } from '../health';
import { liveComparison, MARKS, standingOf } from '../standing';
import { summaryOf } from './summary';
import {
  dotted,
  fieldName,
  namespaceWords,
  ownerWords,
  plural,
  present,
  resourceLabel,
  sentence,
  valueWords,
  when,
} from '../words';

/** What wants a look first. */
const RANKS: readonly (Standing | Illness)[] = [
  'missing',
  'drift',
  'extra',
  'Degraded',
  'unreadable',
  'pending',
  'mine',
  'Progressing',
  'Missing',
  'Suspended',
  'explained',
  'same',
];

const FIRST_OF_ITS_LIKE = 0.5;

/** In sync, and still worth a row of its own. */
const LOUD: readonly (Illness | undefined)[] = ['Degraded', 'Progressing'];

export interface ResourceContext {
  readonly app: App;
  readonly cluster: string;
  readonly nowMs: number;
  /** Id of the row of the app. */
  readonly parentId: string;
}

/** Rows of an app: why it cannot be rendered, then its objects. */
export function resourceRows(state: AppState, context: ResourceContext): readonly Row[] {
  return [...present([failureRow(state, context.parentId)]), ...objectRows(state, context)];
}

/** What differs first, then what is not well; the rest needs no look. */
function objectRows(state: AppState, context: ResourceContext): readonly Row[] {
  const comparison = liveComparison(state);
  if (comparison === undefined) return [];
  const judged = comparison.changes
    .map((change): Judged => {
      const standing = standingOf(change);
      const illness = illnessOf(change);
      const place = RANKS.indexOf(illness !== undefined && isCalm(standing) ? illness : standing);
      const rank = isDeleted(change) ? place - FIRST_OF_ITS_LIKE : place;
      return { change, standing, rank, ...(illness && { illness }) };
    })
    .sort(byRank);
  // Those that are folded say their kind in any case.
  const names = countNames(judged.filter((one) => !isQuiet(one)));
  return judged.map((one) =>
    resourceRow(one, { ...context, isNameUnique: (names.get(one.change.id.name) ?? 0) < 2 }),
  );
}

function countNames(all: readonly Judged[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { change } of all) counts.set(change.id.name, (counts.get(change.id.name) ?? 0) + 1);
  return counts;
}

interface Judged {
  readonly change: ResourceChange;
  readonly standing: Standing;
  readonly illness?: Illness;
  /** Place in `RANKS`. */
  readonly rank: number;
}

function isCalm(standing: Standing): boolean {
  return standing === 'same' || standing === 'explained';
}

function isQuiet({ standing, illness }: Judged): boolean {
  return isCalm(standing) && !LOUD.includes(illness);
}

function byRank(a: Judged, b: Judged): number {
  return a.rank !== b.rank ? a.rank - b.rank : COLLATOR.compare(sortKey(a), sortKey(b));
}

/** One for all: `localeCompare` would look its rules up at each call. */
const COLLATOR = new Intl.Collator();

function sortKey({ change: { id } }: Judged): string {
  return `${id.kind} ${id.namespace} ${id.name}`;
}

/** `In sync (128)`, and how many of them differ in a way that does not count. */
export function inSyncRow(quiet: readonly Row[], parentId: string, state: AppState): Row {
  const explained = countExplained(quiet, state);
  const description = explained > 0 ? `${explained} with ignored differences` : undefined;
  return {
    id: `${parentId}/in-sync`,
    label: `In sync (${quiet.length})`,
    ...(description !== undefined && { description }),
    icon: ICONS.same,
    spoken: sentence(plural(quiet.length, 'object') + ' in sync', description),
    collapsible: 'collapsed',
    children: () => quiet,
    abilities: [],
  };
}

/** Of these rows: one that turned quiet while somebody looks is not folded, and says it itself. */
function countExplained(rows: readonly Row[], state: AppState): number {
  if (summaryOf(state).counts.explained === 0) return 0;
  const keys = new Set(rows.map(({ target }) => target?.kind === 'resource' && target.resource));
  const changes = liveComparison(state)?.changes ?? [];
  return changes.filter(
    (change) => standingOf(change) === 'explained' && keys.has(resourceKey(change.id)),
  ).length;
}

/** Names and what differs come first: in a narrow side bar the end is cut off. */
function resourceRow(
  judged: Judged,
  context: ResourceContext & { readonly isNameUnique: boolean },
): Row {
  const { change, standing, illness } = judged;
  const label = resourceLabel(change.id);
  const what = whatDiffers(change, standing, context.nowMs);
  const state = [what, illness, when(change.predicted, 'predicted')];
  const { kind, name } = change.id;
  const mark = MARKS[standing];
  const key = resourceKey(change.id);
  return {
    id: `${context.parentId}/${key}`,
    label: name,
    description: context.isNameUnique ? dotted(...state, kind) : dotted(kind, ...state),
    icon: isDeleted(change) ? DELETED_ICON : iconOf(standing, illness),
    spoken: sentence(
      label,
      mark?.tooltip ?? 'in sync',
      what,
      illness,
      namespaceWords(change.id),
      when(change.predicted, 'predicted'),
    ),
    tooltip: () => tooltip(judged, context),
    collapsible: 'none',
    abilities: abilitiesOf(change),
    target: { kind: 'resource', appKey: context.app.key, resource: key },
    open: liveDiff(change, context),
    ...(mark && { mark }),
    ...(isQuiet(judged) && { quiet: true }),
  };
}

function gitSide(change: ResourceChange): string {
  const fate = pruneWords(change);
  return fate === undefined ? 'Git' : `not in Git: ${fate}`;
}

function isDeleted({ prune }: ResourceChange): boolean {
  return prune?.fate === 'deleted';
}

function abilitiesOf(change: ResourceChange): readonly Ability[] {
  return [
    'canDiff',
    ...(change.before === undefined ? [] : (['canShowLive'] as const)),
    ...(change.origin === undefined ? [] : (['canOpenSource'] as const)),
  ];
}

/** `live ↔ Git`, left to right. */
export function liveDiff(
  change: ResourceChange,
  context: { readonly app: App; readonly cluster: string },
): Opening & { kind: 'diff' } {
  const label = resourceLabel(change.id);
  const request = { appKey: context.app.key, resource: resourceKey(change.id) };
  return {
    kind: 'diff',
    left: { kind: 'live', ...request },
    right: { kind: 'desired', ...request },
    leftTitle: `${label} (live, ${context.cluster})`,
    rightTitle: `${label} (${gitSide(change)})`,
    title: `${label}: live ↔ Git (${context.cluster})${isDeleted(change) ? ' · the next sync deletes it' : ''}`,
  };
}

function whatDiffers(
  change: ResourceChange,
  standing: Standing,
  nowMs: number,
): string | undefined {
  return WORDS[standing](change, nowMs);
}

const WORDS: Readonly<
  Record<Standing, (change: ResourceChange, nowMs: number) => string | undefined>
> = {
  missing: () => 'missing live',
  extra: (change) =>
    change.orphan === true ? 'left behind: no list of its app has it' : extraWords(change),
  drift: driftWords,
  pending: (change) => dotted(`pending: ${fieldNames(change, 'pending')}`, theirsWords(change)),
  mine: (change) => `mine: ${fieldNames(change, 'mine')}`,
  unreadable: (change) => change.notes[0]?.message,
  explained: explainedWords,
  same: () => undefined,
};

/** `replicas 3→5 · kubectl scale, Tue 14:02`: Git first, then what runs. */
function driftWords(change: ResourceChange, nowMs: number): string {
  const drifted = change.fields.filter(
    ({ whose, theirs }) => theirs === undefined && (whose === 'drift' || whose === 'differs'),
  );
  const first = drifted[0];
  if (first === undefined) return 'differs';
  return dotted(
    valueWords(first.pointer, first.after, first.before),
    when(
      drifted.some(({ flapping }) => flapping !== undefined),
      'keeps changing',
    ),
    first.owner && ownerWords(first.owner, nowMs),
    drifted.length > 1 ? `${drifted.length - 1} more` : undefined,
  );
}

/** What is about to be lost comes first. */
function extraWords(change: ResourceChange): string {
  const fate = pruneWords(change);
  if (change.prune?.fate === 'kept') return dotted('not in Git', fate);
  return fate === undefined
    ? dotted('not in Git', change.notes[0]?.message)
    : dotted(fate, 'not in Git');
}

/** What the next sync does with an object that only the cluster has. */
function pruneWords({ prune }: ResourceChange): string | undefined {
  switch (prune?.fate) {
    case 'deleted':
      return prune.last === true ? 'the next sync deletes it last' : 'the next sync deletes it';
    case 'asked':
      return 'deleted once somebody confirms it';
    case 'kept':
      return 'stays';
    case undefined:
      return undefined;
  }
}

function pruneLines(change: ResourceChange): readonly (string | undefined)[] {
  const { prune } = change;
  if (prune === undefined) return [];
  const isKept = prune.fate !== 'deleted';
  const [reason, ...others] = prune.protectedBy;
  return [
    isKept && reason !== undefined
      ? capital(`${pruneWords(change) ?? ''}: ${reason}`)
      : capital(`${pruneWords(change) ?? ''}.`),
    ...(isKept ? others : prune.protectedBy),
    when(
      prune.last === true,
      'Pruned last: waits until everything else that the sync applies is healthy; while something is not, it stays',
    ),
    when(prune.waitsFor.length > 0, `Its deletion waits for ${prune.waitsFor.join(', ')}`),
  ];
}

/** A field that a controller rightly decides: it differs, and is no drift. */
function theirsWords({ fields }: ResourceChange): string | undefined {
  const field = fields.find(({ theirs }) => theirs !== undefined);
  return field && `${fieldName(field.pointer)} left to ${field.theirs ?? ''}`;
}

function explainedWords(change: ResourceChange): string | undefined {
  if (change.orphan === true) return 'left behind on purpose';
  const field = change.fields[0];
  if (field === undefined) return undefined;
  if (field.theirs !== undefined) return theirsWords(change);
  const name = fieldName(field.pointer);
  if (field.whose === 'ignored') return `${name} ignored`;
  if (field.whose === 'cluster') return `${name} depends on the cluster`;
  return field.whose === 'generated' ? `${name} generated` : `${name} already there`;
}

function fieldNames(change: ResourceChange, whose: 'pending' | 'mine'): string {
  const names = change.fields
    .filter((field) => field.whose === whose)
    .map((field) => fieldName(field.pointer));
  const shown = [...new Set(names)].filter((name) => name !== '');
  if (shown.length === 0) return change.action === 'added' ? 'new object' : 'removed';
  return shown.length <= 3
    ? shown.join(', ')
    : `${shown.slice(0, 2).join(', ')}, ${shown.length - 2} more`;
}

const ICONS: Readonly<Record<Standing, RowIcon>> = {
  drift: { id: 'diff-modified', color: COLORS.drift },
  missing: { id: 'diff-removed', color: COLORS.missing },
  extra: { id: 'diff-added', color: COLORS.drift },
  unreadable: { id: 'question', color: COLORS.pending },
  pending: { id: 'history', color: COLORS.pending },
  mine: { id: 'edit', color: COLORS.mine },
  explained: { id: 'pass', color: COLORS.healthy },
  same: { id: 'pass', color: COLORS.healthy },
};

const DELETED_ICON: RowIcon = { id: 'trash', color: COLORS.missing };

/** Never absent: for a row with a mark the editor would draw a file's icon instead. */
function iconOf(standing: Standing, illness: Illness | undefined): RowIcon {
  if (illness === 'Degraded') return ERROR_ICON;
  return isCalm(standing) && illness !== undefined ? ILL_ICONS[illness] : ICONS[standing];
}

const ILL_ICONS: Readonly<Record<Illness, RowIcon>> = {
  Degraded: ERROR_ICON,
  Missing: { id: 'question', color: COLORS.pending },
  Progressing: { id: 'sync', color: COLORS.pending },
  Suspended: { id: 'debug-pause', color: COLORS.pending },
};

function tooltip(judged: Judged, context: ResourceContext): readonly TooltipPart[] {
  const { change, standing } = judged;
  const place = dotted(
    context.cluster,
    change.id.namespace === '' ? undefined : change.id.namespace,
    change.apiVersion,
  );
  const lines = tooltipLines(resourceLabel(change.id), [
    place,
    MARKS[standing]?.tooltip ?? 'In sync with Git',
    ...pruneLines(change),
    ...change.notes.flatMap(({ kind, message }) =>
      kind === 'not-pruned' && change.prune !== undefined ? [] : [message],
    ),
    orderWords(context.app, change.after ?? change.before),
    change.health && healthWords(change.health),
    when(change.predicted, 'Compared here: no right to ask for a dry run.'),
    change.origin && originWords(change.origin),
  ]);
  // Of an object that only the cluster has, what becomes of it is said.
  if (change.prune !== undefined) return lines;
  return [...lines, ...fieldParts(change, ['live', 'Git'], context.nowMs)];
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function healthWords(health: { readonly status: string; readonly message: string }): string {
  return health.message === '' ? health.status : `${health.status}: ${health.message}`;
}

function originWords(origin: { readonly path: string; readonly line?: number }): string {
  return `From ${origin.path}${origin.line === undefined ? '' : `:${origin.line}`}`;
}
