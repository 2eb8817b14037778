import type { AppState, ClusterState } from '../../model/appState';
import { argoServerOf } from '../../model/argo';
import type { ContextRef } from '../../model/cluster';
import type { Stray } from '../../model/stray';
import { countObjects } from '../../model/stray';
import type { Freshness } from '../../model/watch';
import { COLORS, COMMANDS } from '../../host/ids';
import { isMissingFile } from '../../host/welcome';
import type { Ability, Row, RowIcon, TooltipPart } from '../row';
import { ERROR_ICON } from '../failure';
import { tooltipLines } from '../row';
import {
  ageWords,
  counted,
  dotted,
  plural,
  present,
  sentence,
  shortTime,
  shorten,
  when,
} from '../words';
import type { Presentation } from './appList';
import { appRows, foldApps } from './appList';
import { toolWords } from './apps';
import { leftBehindRow } from './leftBehind';
import { isAnswered, summaryOf } from './summary';

/** What there is of a cluster, or what a filter leaves of it. */
export interface ClusterContents {
  /** That go there. */
  readonly apps: readonly AppState[];
  readonly strays: readonly Stray[];
}

export function clusterRow(
  cluster: ClusterState,
  { apps, strays }: ClusterContents,
  shown: Presentation,
): Row {
  const { state } = shown;
  const id = `cluster/${cluster.name}`;
  const description = describe(cluster, apps, shown);
  const settled = isSettled(cluster, apps);
  const foldQuiet = foldApps(apps, shown, id);
  return {
    id,
    label: cluster.name,
    description,
    icon: iconOf(cluster),
    spoken: sentence(`Cluster ${cluster.name}`, description),
    tooltip: () => tooltip(cluster, apps, shown.now()),
    collapsible: 'collapsed',
    children: () => [
      ...present([consentRow(cluster, id, state.trusted), signInRow(cluster, id, state.trusted)]),
      ...appRows(apps, shown, { parentId: id, settled, showsCluster: false }),
      ...present([leftBehindRow(cluster.name, strays)]),
    ],
    ...(foldQuiet && { foldQuiet }),
    abilities: abilitiesOf(cluster, state.trusted),
    target: { kind: 'cluster', cluster: cluster.name },
    settled,
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

/** One login for all clusters that share it, run when the user asks and not before. */
function signInRow(cluster: ClusterState, parentId: string, trusted: boolean): Row | undefined {
  if (!trusted || !canSignIn(cluster)) return undefined;
  const label = 'Sign In…';
  const command = commandOf(cluster);
  const description =
    command === undefined ? 'runs its login program once' : `runs ${command} in a terminal`;
  const target = { kind: 'cluster', cluster: cluster.name } as const;
  return {
    id: `${parentId}/sign-in`,
    label,
    description,
    icon: { id: 'sign-in' },
    spoken: sentence(label, `cluster ${cluster.name}`, description),
    tooltip: () =>
      tooltipLines(label, [
        messageOf(cluster) ?? lostReason(cluster),
        'Clusters with the same login are read as well.',
      ]),
    collapsible: 'none',
    first: true,
    abilities: [],
    open: { kind: 'command', command: COMMANDS.signIn, title: label, target },
  };
}

function canSignIn({ connection, freshness }: ClusterState): boolean {
  if (connection.kind === 'failed') return connection.canSignIn === true;
  return connection.kind === 'connected' && freshness?.kind === 'signed-out';
}

function commandOf({ connection }: ClusterState): string | undefined {
  return connection.kind === 'failed' ? connection.command : undefined;
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

/** Sentences on the kubeconfigs and contexts that cannot be used. */
export function unusable(clusters: readonly ClusterState[]): readonly string[] {
  return clusters.flatMap(({ connection }) =>
    connection.kind === 'failed' && connection.cause === 'config' ? [connection.message] : [],
  );
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
  { state: { clusters, trusted }, now }: Presentation,
): string {
  const count = when(apps.length > 0, plural(apps.length, 'app'));
  const teller = tellerOf(cluster);
  switch (cluster.connection.kind) {
    case 'unmapped':
      return dotted(unchosen(clusters), count);
    case 'idle':
      return dotted(trusted ? 'not connected' : 'not contacted in Restricted Mode', count, teller);
    case 'connecting':
      return 'connecting…';
    case 'failed':
      return dotted(...failureWords(cluster, count));
    case 'connected':
      return dotted(freshnessWords(cluster, now()), connectedWords(apps), teller);
  }
}

/** Whose word it is, where it is not that of the cluster itself. */
function tellerOf({ context }: ClusterState): string | undefined {
  const server = argoServerOf(context);
  return server === undefined ? undefined : `as Argo CD at ${server} says`;
}

function failureWords(
  cluster: ClusterState,
  count: string | undefined,
): readonly (string | undefined)[] {
  if (needsConsent(cluster)) return ['login needs your consent', count];
  const message = shorten(messageOf(cluster) ?? '', 120);
  return canSignIn(cluster) ? ['signed out', message] : [message];
}

function connectedWords(apps: readonly AppState[]): string {
  const tools = [...new Set(apps.map(({ app }) => app.tool))].filter((tool) => tool !== 'push');
  const standings = apps.map((state) => summaryOf(state).standing);
  const unknown = apps.filter((state) => !isAnswered(state)).length;
  // Where the side bar is narrow the end is cut off.
  return dotted(
    counted(standings.filter((one) => one === 'drifted').length, 'drifted'),
    counted(standings.filter((one) => one === 'failing').length, 'failing'),
    counted(unknown, 'not compared'),
    tools.sort().map(toolWords).join(', '),
    plural(apps.length, 'app'),
  );
}

/** What is shown may be no longer so; nothing where it is known to be. */
function freshnessWords({ freshness }: ClusterState, nowMs: number): string | undefined {
  switch (freshness?.kind) {
    case 'reconnecting':
      return `reconnecting since ${shortTime(freshness.sinceMs, nowMs)}`;
    case 'signed-out':
      return 'signed out';
    default:
      return undefined;
  }
}

function freshnessLine({ connection, freshness }: ClusterState, nowMs: number): string | undefined {
  if (connection.kind !== 'connected') return undefined;
  const version = when(connection.version !== '', `Kubernetes ${connection.version}`);
  if (freshness === undefined) {
    return dotted(version, `read ${ageWords(connection.readAtMs, nowMs)}`);
  }
  return dotted(
    version,
    FOLLOWED[freshness.kind],
    `last heard from ${ageWords(freshness.updatedAtMs, nowMs)}`,
  );
}

const FOLLOWED: Readonly<Record<Freshness['kind'], string>> = {
  live: 'changes are followed as they happen',
  polling: 'asked again every so often',
  reconnecting: 'connection lost',
  'signed-out': 'signed out',
  paused: 'not followed while nobody looks',
};

function lostReason({ freshness }: ClusterState): string | undefined {
  return freshness !== undefined && 'reason' in freshness ? freshness.reason : undefined;
}

function iconOf({ connection, freshness }: ClusterState): RowIcon {
  switch (connection.kind) {
    case 'unmapped':
    case 'idle':
      return { id: 'server-environment' };
    case 'connecting':
      return { id: 'loading~spin' };
    case 'failed':
      return ERROR_ICON;
    case 'connected':
      return CONNECTED_ICONS[freshness?.kind ?? 'live'];
  }
}

const WELL: RowIcon = { id: 'server-environment', color: COLORS.healthy };
const CUT_OFF: RowIcon = { id: 'debug-disconnect', color: COLORS.pending };

const CONNECTED_ICONS: Readonly<Record<Freshness['kind'], RowIcon>> = {
  live: WELL,
  polling: WELL,
  paused: WELL,
  reconnecting: CUT_OFF,
  'signed-out': CUT_OFF,
};

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

function whereFrom(context: ContextRef): string {
  const server = argoServerOf(context);
  return server === undefined
    ? `Context ${context.name} of ${context.file}`
    : `${context.name} of the Argo CD at ${server}, by its API: its apps, and their objects as it saw them last`;
}

function straysLine({ strays = [] }: ClusterState): string | undefined {
  const count = countObjects(strays);
  return when(
    count > 0,
    `${plural(count, 'object')} left behind by apps and releases that are gone`,
  );
}

function tooltip(
  cluster: ClusterState,
  apps: readonly AppState[],
  nowMs: number,
): readonly TooltipPart[] {
  const { connection } = cluster;
  const lines = [
    cluster.server,
    cluster.context && whereFrom(cluster.context),
    freshnessLine(cluster, nowMs),
    lostReason(cluster),
    messageOf(cluster),
    connection.kind === 'idle'
      ? 'Nothing is asked of this cluster before you expand it.'
      : undefined,
    plural(apps.length, 'app'),
    ...cluster.limits,
    straysLine(cluster),
  ];
  return tooltipLines(cluster.name, lines);
}
