import type { App } from '../../model/app';
import type { AppGraph } from '../../model/appGraph';
import { appGraph } from '../../model/appGraph';
import type { WorkspaceState } from '../../model/appState';
import type { RootCause } from '../../model/causes';
import { causesByApp } from '../../model/causes';

/** What all rows of a state share. */
export interface Derived {
  readonly graph: AppGraph;
  /** By the key of the app that waits. */
  readonly causes: ReadonlyMap<string, RootCause>;
}

/** Made anew only when definitions or reports moved: a comparison of one app moves neither. */
export function createDerived(): (state: WorkspaceState) => Derived {
  const held: { parts: readonly unknown[]; made?: Derived } = { parts: [] };
  return (state) => {
    const sources = state.clusters.map((cluster) => cluster.sources);
    const parts = [...sources, ...state.apps.map(({ app }) => app)];
    if (held.made !== undefined && isSameList(parts, held.parts)) return held.made;
    held.parts = parts;
    held.made = derive(state);
    return held.made;
  };
}

function derive(state: WorkspaceState): Derived {
  const apps: readonly App[] = state.apps.map(({ app }) => app);
  const sources = new Map(state.clusters.map(({ name, sources: all = [] }) => [name, all]));
  return { graph: appGraph(apps), causes: causesByApp({ apps: state.apps, sources }) };
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}
