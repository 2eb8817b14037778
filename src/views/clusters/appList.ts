import type { AppState, WorkspaceState } from '../../model/appState';
import { appLabel } from '../../model/app';
import { definedFields } from '../../model/fields';
import type { RootCause } from '../../model/causes';
import { ERROR_ICON } from '../failure';
import type { Row } from '../row';
import { tooltipLines } from '../row';
import { counted, dotted, plural, sentence, shorten } from '../words';
import type { AppContext } from './apps';
import { appRow } from './apps';
import type { Derived } from './derived';
import { APP_STANDINGS, summaryOf } from './summary';

/** What all rows of one presentation share. */
export interface Presentation {
  readonly state: WorkspaceState;
  readonly now: () => number;
  readonly derived: Derived;
  readonly rows: RowCache;
  readonly connected: ReadonlySet<string>;
  /** False while a filter shows only what the user asked for. */
  readonly folds: boolean;
}

export interface AppListOptions {
  readonly parentId: string;
  /** False while answers that decide the order are awaited. */
  readonly settled: boolean;
  readonly showsCluster: boolean;
}

/** From so many apps on those in sync are folded: below, a fold hides more than it helps. */
const FOLD_FROM = 12;

/** Causes that hold several apps back, each with these below it, then the other apps, drifted first. */
export function appRows(
  apps: readonly AppState[],
  shown: Presentation,
  options: AppListOptions,
): readonly Row[] {
  const causes = new Map<RootCause, AppState[]>();
  const free: AppState[] = [];
  for (const state of apps) {
    const cause = shown.derived.causes.get(state.app.key);
    if (cause === undefined) free.push(state);
    else causes.set(cause, [...(causes.get(cause) ?? []), state]);
  }
  return [
    ...[...causes].map(([cause, waiting]) => causeRow(cause, waiting, { shown, options })),
    ...plainRows(free, shown, options),
  ];
}

function plainRows(
  apps: readonly AppState[],
  shown: Presentation,
  options: AppListOptions,
): readonly Row[] {
  const names = countNames(apps);
  return sorted(apps, options.settled).map((state) =>
    shown.rows(state, {
      parentId: options.parentId,
      showsCluster: options.showsCluster,
      isNameUnique: names.get(state.app.name) === 1,
      graph: shown.derived.graph,
      ...definedFields({ cause: shown.derived.causes.get(state.app.key) }),
      cluster: state.app.destinationCluster ?? 'no cluster',
      now: shown.now,
      trusted: shown.state.trusted,
      controlConnected: shown.connected.has(state.app.controlCluster ?? ''),
      destinationConnected: shown.connected.has(state.app.destinationCluster ?? ''),
    }),
  );
}

function countNames(apps: readonly AppState[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { app } of apps) counts.set(app.name, (counts.get(app.name) ?? 0) + 1);
  return counts;
}

/** One for all: `localeCompare` would look its rules up at each call. */
const COLLATOR = new Intl.Collator();

function sorted(apps: readonly AppState[], settled: boolean): readonly AppState[] {
  return apps
    .map((state) => ({
      state,
      rank: settled ? APP_STANDINGS.indexOf(summaryOf(state).standing) : 0,
      label: appLabel(state.app),
    }))
    .sort((a, b) => (a.rank !== b.rank ? a.rank - b.rank : COLLATOR.compare(a.label, b.label)))
    .map(({ state }) => state);
}

/** What apps in sync are folded into; they stay where there are few apps or only asked-for ones. */
export function foldApps(
  apps: readonly AppState[],
  { folds }: Pick<Presentation, 'folds'>,
  parentId: string,
): Row['foldQuiet'] {
  if (!folds || apps.length < FOLD_FROM) return undefined;
  return (quiet) => ({
    id: `${parentId}/in-sync`,
    label: `In sync (${quiet.length})`,
    icon: { id: 'pass' },
    spoken: `${plural(quiet.length, 'app')} in sync`,
    collapsible: 'collapsed',
    children: () => quiet,
    abilities: [],
  });
}

const LONGEST_MESSAGE = 160;

function causeRow(
  cause: RootCause,
  apps: readonly AppState[],
  { shown, options }: { readonly shown: Presentation; readonly options: AppListOptions },
): Row {
  const id = `${options.parentId}/cause/${cause.id}`;
  const drifted = apps.filter((state) => summaryOf(state).drifted > 0).length;
  const waiting = apps.length === 1 ? '1 app waits' : `${apps.length} apps wait`;
  const message = shorten(cause.message, LONGEST_MESSAGE);
  const description = dotted(`${waiting}: ${message}`, counted(drifted, 'drifted'));
  return {
    id,
    label: cause.label,
    description,
    icon: ERROR_ICON,
    spoken: sentence(cause.label, description),
    tooltip: () => tooltipLines(cause.label, [cause.message, waiting]),
    collapsible: 'collapsed',
    first: true,
    children: () => plainRows(apps, shown, { ...options, parentId: id }),
    abilities: [],
  };
}

/** Makes the row of an app, or gives the one that was made of the same before. */
export type RowCache = (state: AppState, context: AppContext) => Row;

interface Cached {
  readonly context: AppContext;
  readonly row: Row;
}

export function createRowCache(): RowCache {
  const known = new WeakMap<AppState, Map<string, Cached>>();
  return (state, context) => {
    const byParent = known.get(state) ?? new Map<string, Cached>();
    known.set(state, byParent);
    const cached = byParent.get(context.parentId);
    if (cached !== undefined && isSameContext(cached.context, context)) return cached.row;
    const row = appRow(state, context);
    byParent.set(context.parentId, { context, row });
    return row;
  };
}

function isSameContext(a: AppContext, b: AppContext): boolean {
  const keys = Object.keys(b) as (keyof AppContext)[];
  return keys.length === Object.keys(a).length && keys.every((key) => a[key] === b[key]);
}
