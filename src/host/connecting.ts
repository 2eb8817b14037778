import type { AppState, ClusterState } from '../model/appState';
import type { KubeContext } from '../model/cluster';
import type { Workbench } from '../model/workbench';
import type { EditorSettings } from './settings';
import { connectMode } from './settings';
import type { Target } from './targets';

/** Connects a cluster the first time, reads it anew later, and compares its apps. */
export async function lookAtCluster(
  workbench: Workbench,
  cluster: string,
  signal: AbortSignal,
): Promise<void> {
  const isOpen = stateOf(workbench, cluster)?.connection.kind === 'connected';
  if (isOpen) await workbench.refreshCluster(cluster, signal);
  else await workbench.openCluster(cluster, signal);
  if (stateOf(workbench, cluster)?.connection.kind !== 'connected') return;
  const waiting = workbench.state().apps.filter((app) => isUnread(app, cluster));
  await Promise.all(waiting.map(({ app }) => workbench.compareLive(app.key, signal)));
}

function isUnread({ app, live }: AppState, cluster: string): boolean {
  return (
    app.destinationCluster === cluster && live.kind === 'unread' && app.source.kind === 'local'
  );
}

function stateOf(workbench: Workbench, cluster: string): ClusterState | undefined {
  return workbench.state().clusters.find(({ name }) => name === cluster);
}

/** What expanding a row asks for: the cluster's apps, or the comparison of one app. */
export async function lookAtRow(
  workbench: Workbench,
  target: Target,
  options: { readonly settings: EditorSettings; readonly signal: AbortSignal },
): Promise<void> {
  if (!workbench.state().trusted) return;
  if (target.kind === 'cluster') {
    // The row can be there before the kubeconfigs have been read.
    if (stateOf(workbench, target.cluster)?.context === undefined) await workbench.whenIdle();
    const cluster = stateOf(workbench, target.cluster);
    if (cluster === undefined || !connectsOnExpand(cluster, options.settings)) return;
    await lookAtCluster(workbench, cluster.name, options.signal);
  }
  if (target.kind === 'app') await lookAtApp(workbench, target.appKey, options.signal);
}

async function lookAtApp(workbench: Workbench, key: string, signal: AbortSignal): Promise<void> {
  const state = workbench.state().apps.find(({ app }) => app.key === key);
  if (state?.live.kind !== 'unread') return;
  const cluster = stateOf(workbench, state.app.destinationCluster ?? '');
  if (cluster?.connection.kind === 'connected') await workbench.compareLive(key, signal);
}

/** Whether expanding the row is enough to be connected. */
export function connectsOnExpand(cluster: ClusterState, settings: EditorSettings): boolean {
  if (cluster.context === undefined) return false;
  const isWaiting = cluster.connection.kind === 'idle' || cluster.connection.kind === 'failed';
  return isWaiting && connectMode(settings, cluster.name) !== 'onCommand';
}

/**
 * Clusters to connect without being asked: the setting says so, apps need them, and the login runs
 * no program that could ask for something.
 */
export function clustersToOpen(
  clusters: readonly ClusterState[],
  contexts: readonly KubeContext[],
  settings: EditorSettings,
): readonly string[] {
  return clusters
    .filter((cluster) => {
      const context = contexts.find(
        ({ ref }) => ref.file === cluster.context?.file && ref.name === cluster.context.name,
      );
      return (
        cluster.connection.kind === 'idle' &&
        connectMode(settings, cluster.name) === 'onOpen' &&
        context !== undefined &&
        context.exec === undefined
      );
    })
    .map(({ name }) => name);
}
