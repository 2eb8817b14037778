import type { AppState } from './appState';

/** What the last render of an app owes to a cluster, or does not know for the lack of one. */
export function clusterNotesOf({ working }: Pick<AppState, 'working'>): readonly string[] {
  if (working.kind === 'rendered') return working.desired.clusterNotes ?? [];
  const last = 'lastGood' in working ? working.lastGood : undefined;
  return last?.clusterNotes ?? [];
}
