import type { AppStatus } from '../../model/app';
import type { AppState } from '../../model/appState';
import type { Illness } from '../health';
import { worstIllness } from '../health';
import type { StandingCounts } from '../standing';
import { driftedObjects, liveComparison, standingCounts } from '../standing';

/** How an app stands, what wants a look first. */
export const APP_STANDINGS = ['drifted', 'failing', 'pending', 'unknown', 'in-sync'] as const;

export type AppStanding = (typeof APP_STANDINGS)[number];

export interface AppSummary {
  readonly standing: AppStanding;
  readonly drifted: number;
  /** Objects that the next sync deletes. */
  readonly pruned: number;
  readonly counts: StandingCounts;
  /** The tool says so, or an object is broken. */
  readonly hasFailed: boolean;
  /** The worst of its objects. */
  readonly illness?: Illness;
}

/** Counted once for a state of an app. */
export function summaryOf(state: AppState): AppSummary {
  const known = summaries.get(state);
  if (known !== undefined) return known;
  const made = summarise(state);
  summaries.set(state, made);
  return made;
}

const summaries = new WeakMap<AppState, AppSummary>();

function summarise(state: AppState): AppSummary {
  const comparison = liveComparison(state);
  const counts = standingCounts(comparison);
  const illness = worstIllness(comparison);
  const { status } = state.app;
  // Where the tool says how an app is, it knows what of its objects counts.
  const isBroken = status?.health === undefined && illness === 'Degraded';
  const hasFailed = saysFailed(status) || isBroken;
  const drifted = driftedObjects(counts);
  const pruned = (comparison?.changes ?? []).filter(({ prune }) => prune?.fate === 'deleted');
  return {
    drifted,
    pruned: pruned.length,
    counts,
    hasFailed,
    standing: standingOf(state, { drifted, counts, hasFailed }),
    ...(illness && { illness }),
  };
}

function standingOf(
  state: AppState,
  { drifted, counts, hasFailed }: Pick<AppSummary, 'drifted' | 'counts' | 'hasFailed'>,
): AppStanding {
  if (drifted > 0) return 'drifted';
  if (hasFailed) return 'failing';
  if (counts.pending + counts.mine > 0) return 'pending';
  return isKnown(state) && counts.unreadable === 0 ? 'in-sync' : 'unknown';
}

/** While an app is read anew, what was known of it a moment ago stands. */
function isKnown({ live }: AppState): boolean {
  return live.kind === 'compared' || (live.kind === 'reading' && live.last !== undefined);
}

/** Words of Argo CD (health, operation phase) and Flux (Ready condition) for what went wrong. */
const FAILED = /^(Degraded|Failed|Error|Not Ready)$/;

function saysFailed(status: AppStatus | undefined): boolean {
  if (status === undefined) return false;
  const phase = status.operation?.phase ?? '';
  return [status.sync, status.health ?? '', phase].some((word) => FAILED.test(word));
}

/** Whether there is an answer to show, or none will come. */
export function isAnswered({ live, app }: AppState): boolean {
  if (live.kind === 'reading') return live.last !== undefined;
  return live.kind !== 'unread' || app.source.kind !== 'local';
}
