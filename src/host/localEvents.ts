import type { AppState } from '../model/appState';
import type { WorkspaceChange } from '../model/workbench';
import type { WorkbenchSource } from './workbenchSource';

/**
 * The core as those see it who show nothing of clusters: they hear of no look at one. With followed
 * clusters these come all the time, and what an edit means would be computed again for each.
 */
export function localEvents(source: WorkbenchSource): WorkbenchSource {
  const held: { seen: Seen; judged?: WorkspaceChange; verdict: boolean } = {
    seen: byKey(source.state().apps),
    verdict: false,
  };
  // Asked by each listener, answered once for a change.
  const judge = (change: WorkspaceChange): boolean => {
    if (held.judged === change) return held.verdict;
    const before = held.seen;
    held.judged = change;
    held.seen = byKey(source.state().apps);
    held.verdict = isLocal(change, before, held.seen);
    return held.verdict;
  };
  return {
    ...source,
    onDidChange: (listener) =>
      source.onDidChange((change) => {
        if (judge(change)) listener(change);
      }),
  };
}

type Seen = ReadonlyMap<string, AppState>;

function byKey(apps: readonly AppState[]): Seen {
  return new Map(apps.map((state) => [state.app.key, state]));
}

/** An app that is told of and is the same object: something derived from it moved. */
function isLocal({ apps, roots, structure }: WorkspaceChange, before: Seen, now: Seen): boolean {
  if (structure || roots.size > 0) return true;
  return [...apps].some((key) => {
    const [a, b] = [before.get(key), now.get(key)];
    return a === undefined || b === undefined || a === b || !isOnlyLive(a, b);
  });
}

function isOnlyLive(a: AppState, b: AppState): boolean {
  return (
    a.app === b.app && a.working === b.working && a.local === b.local && a.problems === b.problems
  );
}
