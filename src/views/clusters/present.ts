import type { AppState, ClusterState, WorkspaceState } from '../../model/appState';
import { argoServerOf } from '../../model/argo';
import type { Stray } from '../../model/stray';
import { countObjects } from '../../model/stray';
import { COLORS } from '../../host/ids';
import { isMissingFile } from '../../host/welcome';
import type { Row } from '../row';
import { tooltipLines } from '../row';
import { countDrift, neededClusters } from '../standing';
import { ageWords, counted, dotted, plural, sentence, when } from '../words';
import type { Presentation, RowCache } from './appList';
import { appRows, createRowCache, foldApps } from './appList';
import { clusterRow, unusable } from './clusterRow';
import type { Derived } from './derived';
import { createDerived } from './derived';
import { factsOf } from './facts';
import { grouped, groupRows } from './groups';
import type { TreeShape } from './shape';
import { PLAIN } from './shape';

const NO_CLUSTER = 'no-cluster';

/** Keeps what one drawing has in common with the next, so that only what moved is made again. */
export interface ClustersPresenter {
  rows(state: WorkspaceState, shape?: TreeShape): readonly Row[];
  /** The line above the rows: what a filter leaves out. */
  message(state: WorkspaceState, shape: TreeShape): string | undefined;
}

export function createClustersPresenter(now: () => number): ClustersPresenter {
  const derived: (state: WorkspaceState) => Derived = createDerived();
  const rows: RowCache = createRowCache();
  return {
    rows(state, shape = PLAIN) {
      const shown: Presentation = {
        state,
        now,
        derived: derived(state),
        rows,
        connected: connectedNames(state),
        folds: shape.filter === undefined,
      };
      return presentTree(filtered(state.apps, shape), shown, shape);
    },
    message: (state, shape) => filterWords(state, shape),
  };
}

function presentTree(
  apps: readonly AppState[],
  shown: Presentation,
  shape: TreeShape,
): readonly Row[] {
  const clusters = clusterRows(apps, shown, shape);
  // Without any app the welcome text says more than a list of contexts.
  if (clusters.length === 0) return [];
  if (shape.groupBy === 'cluster') return clusters;
  return groupRows(apps, shown, { groupBy: shape.groupBy, clusters });
}

function clusterRows(
  apps: readonly AppState[],
  shown: Presentation,
  { filter }: TreeShape,
): readonly Row[] {
  const { state } = shown;
  const byCluster = grouped(apps, ({ app }) => [app.destinationCluster ?? '']);
  const names: { has(name: string): boolean } =
    filter === undefined ? neededClusters(state.apps) : byCluster;
  const strays = new Map(state.clusters.map((one) => [one.name, leftBehind(one, filter)]));
  const needed = state.clusters.filter(
    (cluster) =>
      names.has(cluster.name) ||
      (strays.get(cluster.name) ?? []).length > 0 ||
      (filter === undefined && (isAskedFor(cluster) || mayTell(cluster, state))),
  );
  const others = state.clusters.filter((cluster) => !needed.includes(cluster));
  const homeless = byCluster.get('') ?? [];
  const rows = needed.map((one) => {
    const [own, left] = [byCluster.get(one.name) ?? [], strays.get(one.name) ?? []];
    return clusterRow(one, { apps: own, strays: left }, shown);
  });
  if (rows.length + homeless.length === 0) return [];
  return [
    ...rows,
    ...(homeless.length > 0 ? [noClusterRow(homeless, shown)] : []),
    ...(others.length > 0 && filter === undefined ? [othersRow(others, shown)] : []),
  ];
}

function filtered(apps: readonly AppState[], { filter }: TreeShape): readonly AppState[] {
  if (filter === undefined) return apps;
  return apps.filter((state) => filter.matches(state, factsOf(state.app)));
}

/** What a cluster that was lost had is not told as if it were still there. */
function leftBehind(
  { name, connection, strays = [] }: ClusterState,
  filter: TreeShape['filter'],
): readonly Stray[] {
  if (connection.kind !== 'connected') return [];
  if (filter === undefined) return strays;
  return strays.filter((stray) => filter.matchesStray(name, stray));
}

function filterWords(state: WorkspaceState, shape: TreeShape): string | undefined {
  if (shape.filter === undefined) return undefined;
  const left = filtered(state.apps, shape).length;
  const count = left === 0 ? 'no app' : `${left} of ${plural(state.apps.length, 'app')}`;
  const strays = state.clusters.flatMap((one) => leftBehind(one, shape.filter));
  const behind = counted(countObjects(strays), 'left behind');
  return dotted(`Filtered: ${shape.filter.text}`, count, behind);
}

/** Badge of the container; nothing while no cluster is connected, which is not zero. */
export function presentBadge(
  state: WorkspaceState,
): { readonly value: number; readonly tooltip: string } | undefined {
  const { drifted, connected, clusters } = countDrift(state.apps, state.clusters);
  if (connected === 0) return undefined;
  const tooltip = `${plural(drifted, 'app')} drifted · ${connected} of ${plural(clusters, 'cluster')} connected`;
  return { value: drifted, tooltip };
}

/** Text beside the view's name. */
export function presentClustersDescription(
  state: WorkspaceState,
  nowMs: number,
): string | undefined {
  if (state.roots.some(({ indexing }) => indexing)) return 'reading…';
  const { connected, clusters } = countDrift(state.apps, state.clusters);
  if (connected === 0) return undefined;
  const reads = state.clusters.flatMap(({ connection, freshness }) =>
    connection.kind === 'connected' ? [freshness?.updatedAtMs ?? connection.readAtMs] : [],
  );
  return dotted(
    `updated ${ageWords(Math.min(...reads), nowMs)}`,
    when(connected < clusters, `${connected} of ${clusters} connected`),
  );
}

/** An Argo CD is not named by any app, and can be what tells of those that nothing else does. */
function mayTell({ context }: ClusterState, { apps, clusters }: WorkspaceState): boolean {
  if (argoServerOf(context) === undefined) return false;
  const reached = new Set(clusters.flatMap(({ name, context: own }) => (own ? [name] : [])));
  return apps.some(
    ({ app }) => app.tool === 'argocd' && !reached.has(app.destinationCluster ?? ''),
  );
}

/** Not named by an app, but by the user. */
function isAskedFor({ connection }: ClusterState): boolean {
  if (connection.kind === 'failed') return connection.cause !== 'config';
  return connection.kind !== 'idle' && connection.kind !== 'unmapped';
}

function connectedNames(state: WorkspaceState): ReadonlySet<string> {
  return new Set(
    state.clusters
      .filter(({ connection }) => connection.kind === 'connected')
      .map(({ name }) => name),
  );
}

function noClusterRow(apps: readonly AppState[], shown: Presentation): Row {
  const foldQuiet = foldApps(apps, shown, NO_CLUSTER);
  return {
    id: NO_CLUSTER,
    label: 'No cluster',
    description: plural(apps.length, 'app'),
    icon: { id: 'circle-slash' },
    spoken: `${plural(apps.length, 'app')} without a cluster`,
    tooltip: () => [
      { kind: 'line', text: 'Nothing says which cluster these apps go to. Assign one to compare.' },
    ],
    collapsible: 'collapsed',
    children: () =>
      appRows(apps, shown, { parentId: NO_CLUSTER, settled: true, showsCluster: false }),
    ...(foldQuiet && { foldQuiet }),
    abilities: [],
  };
}

function othersRow(clusters: readonly ClusterState[], shown: Presentation): Row {
  // That there is no kubeconfig at all is nothing that went wrong.
  const broken = unusable(clusters).filter((reason) => !isMissingFile(reason));
  const description = dotted(`${clusters.length}`, broken[0]);
  return {
    id: 'other-contexts',
    label: 'Other contexts',
    description,
    icon: broken.length > 0 ? { id: 'warning', color: COLORS.missing } : { id: 'server' },
    spoken: sentence(
      `${plural(clusters.length, 'other context')} that no app in the open folders names`,
      ...broken,
    ),
    tooltip: () => tooltipLines('No app in the open folders names these clusters.', broken),
    collapsible: 'collapsed',
    children: () => clusters.map((cluster) => clusterRow(cluster, { apps: [], strays: [] }, shown)),
    abilities: [],
  };
}
