import type { AppState, ClusterState, WorkspaceState } from '../model/appState';
import { appLabel } from '../model/app';

/** What happened between two states, a line each, for the log: nothing in it is news every second. */
export function storyOf(before: WorkspaceState, after: WorkspaceState): readonly string[] {
  const clusters = new Map(before.clusters.map((cluster) => [cluster.name, cluster]));
  const apps = new Map(before.apps.map((state) => [state.app.key, state]));
  return [
    ...countLine(before, after),
    ...after.clusters.flatMap((cluster) => clusterLine(clusters.get(cluster.name), cluster)),
    ...after.apps.flatMap((state) => appLines(apps.get(state.app.key), state)),
  ];
}

function countLine(before: WorkspaceState, after: WorkspaceState): readonly string[] {
  const isDone = (state: WorkspaceState): boolean =>
    state.roots.length > 0 && state.roots.every(({ indexing }) => !indexing);
  if (!isDone(after) || (isDone(before) && before.apps.length === after.apps.length)) return [];
  return [`read ${after.roots.length} repositories with ${after.apps.length} apps`];
}

function clusterLine(before: ClusterState | undefined, after: ClusterState): readonly string[] {
  const { kind } = after.connection;
  if (before?.connection.kind === kind) return [];
  const isNews = before !== undefined || (kind !== 'idle' && kind !== 'unmapped');
  if (!isNews) return [];
  const limits = kind === 'connected' ? after.limits : [];
  return [`cluster ${after.name}: ${connectionWords(after)}`, ...limits];
}

function connectionWords({ connection, server }: ClusterState): string {
  switch (connection.kind) {
    case 'unmapped':
    case 'idle':
      return 'not connected';
    case 'connecting':
      return `connecting to ${server ?? 'its server'}`;
    case 'connected':
      return `connected, Kubernetes ${connection.version}`;
    case 'failed':
      return connection.message;
  }
}

function appLines(before: AppState | undefined, after: AppState): readonly string[] {
  return [...renderLine(before, after), ...compareLine(before, after)];
}

function renderLine(before: AppState | undefined, after: AppState): readonly string[] {
  const { working } = after;
  if (before?.working.kind === working.kind) return [];
  if (working.kind === 'invalid') {
    return [`app ${appLabel(after.app)}: ${working.problems[0]?.message ?? 'cannot be rendered'}`];
  }
  return working.kind === 'unavailable' ? [`app ${appLabel(after.app)}: ${working.reason}`] : [];
}

function compareLine(before: AppState | undefined, { app, live }: AppState): readonly string[] {
  if (before?.live.kind === live.kind) return [];
  if (live.kind === 'unavailable') return [`app ${appLabel(app)}: ${live.reason}`];
  if (live.kind !== 'compared') return [];
  const { changes, requests } = live.comparison;
  const different = changes.filter(({ action }) => action !== 'same').length;
  return [
    `app ${appLabel(app)}: compared ${changes.length} objects in ${requests} requests, ${different} differ`,
  ];
}
