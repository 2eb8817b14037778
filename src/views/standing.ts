import type { AppState, ClusterState, LiveComparison } from '../model/appState';
import type { FieldChange, ResourceChange } from '../model/change';
import { COLORS } from '../host/ids';
import type { RowMark } from './row';

/** What one object's comparison with the cluster comes to. */
export type Standing =
  'drift' | 'missing' | 'extra' | 'pending' | 'mine' | 'unreadable' | 'explained' | 'same';

/** Strongest first: an object with a drifted and a pending field is drifted. */
const STRENGTH: readonly FieldChange['whose'][] = [
  'drift',
  'differs',
  'pending',
  'mine',
  'already',
  'generated',
  'cluster',
  'ignored',
];

const BY_WHOSE: Readonly<Partial<Record<FieldChange['whose'], Standing>>> = {
  pending: 'pending',
  mine: 'mine',
  already: 'explained',
  generated: 'explained',
  cluster: 'explained',
  ignored: 'explained',
};

const BY_ACTION: Readonly<Record<ResourceChange['action'], Standing>> = {
  added: 'missing',
  changed: 'drift',
  removed: 'extra',
  same: 'same',
};

export function standingOf(change: ResourceChange): Standing {
  if (isUnreadable(change)) return 'unreadable';
  if (change.fields.length === 0) return BY_ACTION[change.action];
  const own = change.fields.filter(({ theirs }) => theirs === undefined);
  // What a controller rightly decides is no drift.
  if (own.length === 0) return 'explained';
  const whose = STRENGTH.find((one) => own.some((field) => field.whose === one));
  return (whose && BY_WHOSE[whose]) ?? BY_ACTION[change.action];
}

function isUnreadable(change: ResourceChange): boolean {
  return change.notes.some((note) => note.kind === 'unreadable' || note.kind === 'forbidden');
}

export function isDrift(standing: Standing): boolean {
  return standing === 'drift' || standing === 'missing' || standing === 'extra';
}

export const MARKS: Readonly<Partial<Record<Standing, RowMark>>> = {
  drift: { badge: 'D', color: COLORS.drift, tooltip: 'Differs from Git' },
  missing: { badge: '–', color: COLORS.missing, tooltip: 'Missing in the cluster' },
  extra: { badge: '+', color: COLORS.drift, tooltip: 'In the cluster, not in Git' },
  pending: { badge: 'P', color: COLORS.pending, tooltip: 'Merged, not yet applied' },
  mine: { badge: 'M', color: COLORS.mine, tooltip: 'Changed in the working copy' },
  unreadable: { badge: '?', color: COLORS.pending, tooltip: 'Could not be read' },
};

/** The comparison to show, whether it is of now or the last good one. */
export function liveComparison(state: AppState): LiveComparison | undefined {
  switch (state.live.kind) {
    case 'compared':
      return state.live.comparison;
    case 'reading':
    case 'unavailable':
      return state.live.last;
    case 'unread':
      return undefined;
  }
}

/** How many objects of a comparison stand how; counted once. */
export function standingCounts(comparison: LiveComparison | undefined): StandingCounts {
  if (comparison === undefined) return NONE;
  const known = counted.get(comparison);
  if (known !== undefined) return known;
  const counts: Record<Standing, number> = { ...NONE };
  for (const change of comparison.changes) counts[standingOf(change)] += 1;
  counted.set(comparison, counts);
  return counts;
}

export type StandingCounts = Readonly<Record<Standing, number>>;

const NONE: StandingCounts = {
  drift: 0,
  missing: 0,
  extra: 0,
  pending: 0,
  mine: 0,
  unreadable: 0,
  explained: 0,
  same: 0,
};

const counted = new WeakMap<LiveComparison, StandingCounts>();

export function driftedObjects({ drift, missing, extra }: StandingCounts): number {
  return drift + missing + extra;
}

export function isDrifted(state: AppState): boolean {
  return driftedObjects(standingCounts(liveComparison(state))) > 0;
}

export interface DriftCount {
  readonly drifted: number;
  readonly connected: number;
  readonly clusters: number;
}

/** Drifted apps of connected clusters; clusters that no app needs are not counted. */
export function countDrift(
  apps: readonly AppState[],
  clusters: readonly ClusterState[],
): DriftCount {
  const needed = neededClusters(apps);
  const counting = clusters.filter(({ name }) => needed.has(name));
  const connected = new Set(
    counting.filter(({ connection }) => connection.kind === 'connected').map(({ name }) => name),
  );
  const drifted = apps.filter(
    (state) => connected.has(state.app.destinationCluster ?? '') && isDrifted(state),
  );
  return { drifted: drifted.length, connected: connected.size, clusters: counting.length };
}

/** Names of the clusters that apps go to or are controlled from. */
export function neededClusters(apps: readonly AppState[]): ReadonlySet<string> {
  const names = apps.flatMap(({ app }) => [app.destinationCluster, app.controlCluster]);
  return new Set(names.filter((name) => name !== undefined));
}
