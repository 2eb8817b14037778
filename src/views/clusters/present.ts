import type { AppState, ClusterState, ConnectionState, WorkspaceState } from '../../model/appState';
import { COLORS, COMMANDS } from '../../host/ids';
import { isMissingFile } from '../../host/welcome';
import type { Ability, Row, RowIcon, TooltipPart } from '../row';
import { ERROR_ICON } from '../failure';
import { graphOf } from '../relations';
import { foldLong, tooltipLines } from '../row';
import { concerns, countDrift, isDrifted } from '../standing';
import { ageWords, counted, dotted, plural, present, sentence, shorten, when } from '../words';
import { appLabel } from '../../model/app';
import { appRow, toolWords, urgency } from './apps';

const NO_CLUSTER = 'no-cluster';

export function presentClusters(state: WorkspaceState, nowMs: number): readonly Row[] {
  const needed = state.clusters.filter((cluster) => isNeeded(cluster, state.apps));
  const others = state.clusters.filter((cluster) => !needed.includes(cluster));
  const homeless = state.apps.filter(({ app }) => app.destinationCluster === undefined);
  const rows = needed.map((cluster) => clusterRow(cluster, state, nowMs));
  // Without any app the welcome text says more than a list of contexts.
  if (rows.length + homeless.length === 0) return [];
  return [
    ...rows,
    ...(homeless.length > 0 ? [noClusterRow(homeless, state, nowMs)] : []),
    ...(others.length > 0 ? [othersRow(others, state, nowMs)] : []),
  ];
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
  const reads = state.clusters.flatMap(({ connection }) =>
    connection.kind === 'connected' ? [connection.readAtMs] : [],
  );
  return dotted(
    `updated ${ageWords(Math.min(...reads), nowMs)}`,
    when(connected < clusters, `${connected} of ${clusters} connected`),
  );
}

/** Named by an app, or asked for by the user. */
function isNeeded(cluster: ClusterState, apps: readonly AppState[]): boolean {
  if (apps.some((state) => concerns(state, cluster.name))) return true;
  const { connection } = cluster;
  if (connection.kind === 'failed') return connection.cause !== 'config';
  return connection.kind !== 'idle' && connection.kind !== 'unmapped';
}

/** Sentences on the kubeconfigs and contexts that cannot be used. */
function unusable(clusters: readonly ClusterState[]): readonly string[] {
  return clusters.flatMap(({ connection }) =>
    connection.kind === 'failed' && connection.cause === 'config' ? [connection.message] : [],
  );
}

function clusterRow(cluster: ClusterState, state: WorkspaceState, nowMs: number): Row {
  const id = `cluster/${cluster.name}`;
  const apps = state.apps.filter(({ app }) => app.destinationCluster === cluster.name);
  const description = describe(cluster, apps, state);
  return {
    id,
    label: cluster.name,
    description,
    icon: iconOf(cluster.connection),
    spoken: sentence(`Cluster ${cluster.name}`, description),
    tooltip: () => tooltip(cluster, apps, nowMs),
    collapsible: 'collapsed',
    children: () => [
      ...present([consentRow(cluster, id, state.trusted)]),
      ...appRows(id, apps, { state, nowMs, cluster: cluster.name }),
    ],
    abilities: abilitiesOf(cluster, state.trusted),
    target: { kind: 'cluster', cluster: cluster.name },
    settled: isSettled(cluster, apps),
  };
}

/** The answer that a login waits for, where the user is looking. */
function consentRow(cluster: ClusterState, parentId: string, trusted: boolean): Row | undefined {
  if (!trusted || !needsConsent(cluster)) return undefined;
  const label = 'Allow Login…';
  const target = { kind: 'cluster', cluster: cluster.name } as const;
  return {
    id: `${parentId}/consent`,
    label,
    description: 'shows what it would run',
    icon: { id: 'unlock' },
    spoken: sentence(label, `cluster ${cluster.name}`, 'shows what it would run'),
    tooltip: () => tooltipLines(label, [messageOf(cluster)]),
    collapsible: 'none',
    first: true,
    abilities: [],
    open: { kind: 'command', command: COMMANDS.connectCluster, title: label, target },
  };
}

function needsConsent({ connection }: ClusterState): boolean {
  return connection.kind === 'failed' && connection.needsConsent === true;
}

function messageOf({ connection }: ClusterState): string | undefined {
  return connection.kind === 'failed' ? connection.message : undefined;
}

/** Sorting waits for the last answer, so that rows do not jump while answers come in. */
function isSettled(cluster: ClusterState, apps: readonly AppState[]): boolean {
  if (cluster.connection.kind === 'connecting') return false;
  return cluster.connection.kind !== 'connected' || apps.every(isAnswered);
}

function isAnswered(state: AppState): boolean {
  if (state.live.kind === 'reading') return false;
  return state.live.kind !== 'unread' || state.app.source.kind !== 'local';
}

function appRows(
  parentId: string,
  apps: readonly AppState[],
  context: {
    readonly state: WorkspaceState;
    readonly nowMs: number;
    readonly cluster: string | undefined;
  },
): readonly Row[] {
  const connected = connectedNames(context.state);
  const cluster = context.state.clusters.find(({ name }) => name === context.cluster);
  const settled = cluster === undefined || isSettled(cluster, apps);
  const sorted = [...apps].sort((a, b) => {
    const rank = settled ? urgency(a) - urgency(b) : 0;
    return rank !== 0 ? rank : appLabel(a.app).localeCompare(appLabel(b.app));
  });
  const names = apps.map(({ app }) => app.name);
  const rows = sorted.map((app) =>
    appRow(app, {
      isNameUnique: names.filter((name) => name === app.app.name).length === 1,
      parentId,
      graph: graphOf(context.state),
      cluster: context.cluster ?? 'no cluster',
      nowMs: context.nowMs,
      trusted: context.state.trusted,
      controlConnected: connected.has(app.app.controlCluster ?? ''),
      destinationConnected: connected.has(context.cluster ?? ''),
    }),
  );
  return foldLong(parentId, rows);
}

function connectedNames(state: WorkspaceState): ReadonlySet<string> {
  return new Set(
    state.clusters
      .filter(({ connection }) => connection.kind === 'connected')
      .map(({ name }) => name),
  );
}

function noClusterRow(apps: readonly AppState[], state: WorkspaceState, nowMs: number): Row {
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
    children: () => appRows(NO_CLUSTER, apps, { state, nowMs, cluster: undefined }),
    abilities: [],
  };
}

function othersRow(clusters: readonly ClusterState[], state: WorkspaceState, nowMs: number): Row {
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
    children: () =>
      foldLong(
        'other-contexts',
        clusters.map((cluster) => clusterRow(cluster, state, nowMs)),
      ),
    abilities: [],
  };
}

/** Nobody chose yet, or there is nothing to choose from: why. */
function unchosen(clusters: readonly ClusterState[]): string {
  const hasUsable = clusters.some(
    ({ connection }) =>
      connection.kind !== 'unmapped' &&
      !(connection.kind === 'failed' && connection.cause === 'config'),
  );
  const reasons = hasUsable ? [] : unusable(clusters);
  if (reasons.length > 0 && reasons.every((reason) => isMissingFile(reason)))
    return 'no kubeconfig';
  return dotted(reasons[0] && shorten(reasons[0], 120), 'no context chosen');
}

function describe(
  cluster: ClusterState,
  apps: readonly AppState[],
  { clusters, trusted }: WorkspaceState,
): string {
  const count = when(apps.length > 0, plural(apps.length, 'app'));
  switch (cluster.connection.kind) {
    case 'unmapped':
      return dotted(unchosen(clusters), count);
    case 'idle':
      return dotted(trusted ? 'not connected' : 'not contacted in Restricted Mode', count);
    case 'connecting':
      return 'connecting…';
    case 'failed':
      return needsConsent(cluster)
        ? dotted('login needs your consent', count)
        : shorten(cluster.connection.message, 120);
    case 'connected':
      return connectedWords(apps);
  }
}

function connectedWords(apps: readonly AppState[]): string {
  const tools = [...new Set(apps.map(({ app }) => app.tool))].filter((tool) => tool !== 'push');
  const drifted = apps.filter(isDrifted).length;
  const unknown = apps.filter((state) => !isAnswered(state)).length;
  // Where the side bar is narrow the end is cut off.
  return dotted(
    counted(drifted, 'drifted'),
    counted(unknown, 'not compared'),
    tools.sort().map(toolWords).join(', '),
    plural(apps.length, 'app'),
  );
}

function iconOf(connection: ConnectionState): RowIcon {
  switch (connection.kind) {
    case 'unmapped':
    case 'idle':
      return { id: 'server-environment' };
    case 'connecting':
      return { id: 'loading~spin' };
    case 'failed':
      return ERROR_ICON;
    case 'connected':
      return { id: 'server-environment', color: COLORS.healthy };
  }
}

function abilitiesOf(cluster: ClusterState, trusted: boolean): readonly Ability[] {
  if (!trusted) return [];
  switch (cluster.connection.kind) {
    case 'unmapped':
      return ['canChooseContext'];
    case 'connecting':
      return [];
    case 'idle':
    case 'failed':
      return cluster.context === undefined
        ? ['canChooseContext']
        : ['canConnect', 'canChooseContext'];
    case 'connected':
      return ['canRefresh', 'canChooseContext'];
  }
}

function tooltip(
  cluster: ClusterState,
  apps: readonly AppState[],
  nowMs: number,
): readonly TooltipPart[] {
  const { connection } = cluster;
  const lines = [
    cluster.server,
    cluster.context && `Context ${cluster.context.name} of ${cluster.context.file}`,
    connection.kind === 'connected'
      ? dotted(`Kubernetes ${connection.version}`, `read ${ageWords(connection.readAtMs, nowMs)}`)
      : undefined,
    messageOf(cluster),
    connection.kind === 'idle'
      ? 'Nothing is asked of this cluster before you expand it.'
      : undefined,
    plural(apps.length, 'app'),
    ...cluster.limits,
  ];
  return tooltipLines(cluster.name, lines);
}
