import type { Disposable } from '../base/dispose';
import type { ClusterState } from '../model/appState';
import type { Target } from './targets';
import type { WorkbenchSource } from './workbenchSource';

/** Knows which clusters are in sight, so that only those are followed. */
export interface Looking extends Disposable {
  /** The tree of clusters is shown, or not any more. */
  see(isVisible: boolean): void;
  /** A row of it was opened or folded. */
  fold(target: Target | undefined, isOpen: boolean): void;
}

export function createLooking(source: WorkbenchSource): Looking {
  const state: { isVisible: boolean; told: string } = { isVisible: false, told: '[]' };
  const opened = new Set<string>();
  const folded = new Set<string>();

  const tell = (): void => {
    const workbench = source.peek();
    if (workbench === undefined) return;
    workbench.lookForContexts(state.isVisible);
    const { clusters } = workbench.state();
    const names = state.isVisible ? inSight(clusters, opened, folded) : [];
    const told = JSON.stringify(names);
    if (told === state.told) return;
    state.told = told;
    workbench.follow(new Set(names));
  };
  const following = source.onDidChange(tell);

  return {
    see(isVisible) {
      state.isVisible = isVisible;
      tell();
    },
    fold(target, isOpen) {
      if (target?.kind !== 'cluster') return;
      (isOpen ? opened : folded).add(target.cluster);
      (isOpen ? folded : opened).delete(target.cluster);
      tell();
    },
    dispose: () => following.dispose(),
  };
}

/** Opened by hand, or connected in another way and not folded. */
function inSight(
  clusters: readonly ClusterState[],
  opened: ReadonlySet<string>,
  folded: ReadonlySet<string>,
): readonly string[] {
  return clusters
    .filter(({ name, connection }) => {
      const isContacted = connection.kind === 'connected' || connection.kind === 'connecting';
      return opened.has(name) || (isContacted && !folded.has(name));
    })
    .map(({ name }) => name)
    .sort();
}
