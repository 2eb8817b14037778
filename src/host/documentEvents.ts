import type { WorkspaceState } from '../model/appState';

/** Tells each time of which clusters other objects are left behind, or none can be read any more. */
export function createStrayMemory(): (
  state: Pick<WorkspaceState, 'clusters'>,
) => ReadonlySet<string> {
  const known = new Map<string, readonly unknown[]>();
  return ({ clusters }) => {
    const moved = clusters.filter(({ name, strays, connection }) => {
      const now = [strays, connection.kind];
      const before = known.get(name);
      known.set(name, now);
      return before !== undefined && before.some((part, index) => part !== now[index]);
    });
    return new Set(moved.map(({ name }) => name));
  };
}
