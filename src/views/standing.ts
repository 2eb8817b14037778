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
  const whose = STRENGTH.find((one) => change.fields.some((field) => field.whose === one));
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

export function isDrifted(state: AppState): boolean {
  return (liveComparison(state)?.changes ?? []).some((change) => isDrift(standingOf(change)));
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
  const needed = clusters.filter((cluster) => apps.some((state) => concerns(state, cluster.name)));
  const connected = new Set(
    needed.filter((cluster) => cluster.connection.kind === 'connected').map(({ name }) => name),
  );
  const drifted = apps.filter(
    (state) => connected.has(state.app.destinationCluster ?? '') && isDrifted(state),
  );
  return { drifted: drifted.length, connected: connected.size, clusters: needed.length };
}

export function concerns(state: AppState, cluster: string): boolean {
  return state.app.destinationCluster === cluster || state.app.controlCluster === cluster;
}
