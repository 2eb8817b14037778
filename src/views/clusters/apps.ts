import type { App, AppStatus } from '../../model/app';
import { appLabel, sourcePlace } from '../../model/app';
import type { AppGraph } from '../../model/appGraph';
import { clusterNotesOf } from '../../model/notes';
import { provenanceOf, provenanceWords } from '../../model/provenance';
import type { AppState, LiveComparison, RevisionLabel } from '../../model/appState';
import { COLORS } from '../../host/ids';
import type { Ability, Row, RowIcon, TooltipPart } from '../row';
import { ERROR_ICON, failureOf, unrenderedWords } from '../failure';
import { generatedLines } from '../generated';
import { fetchAbility, lackingLines, lackingWords } from '../lacking';
import { orderLine } from '../order';
import { hasRelations, relationLines, relationRows } from '../relations';
import { pipelineLines } from '../pipelines';
import { tooltipLines } from '../row';
import { isDrift, liveComparison, standingOf } from '../standing';
import {
  ageWords,
  counted,
  dotted,
  plural,
  present,
  resourceLabel,
  sentence,
  shorten,
  when,
} from '../words';
import { resourceRows } from './resources';

/** Words of Argo CD (health, operation phase) and Flux (Ready condition) for what went wrong. */
const FAILED = /^(Degraded|Failed|Error|Not Ready)$/;

export interface AppContext {
  readonly cluster: string;
  readonly parentId: string;
  readonly nowMs: number;
  /** Both are asked for by a menu only where they can be answered. */
  readonly controlConnected: boolean;
  readonly destinationConnected: boolean;
  readonly trusted: boolean;
  /** Below one parent the name alone is enough, and leaves room for what matters. */
  readonly isNameUnique: boolean;
  readonly graph: AppGraph;
}

const MOST_NAMES = 5;

/** Before what was true when it was read last. */
const STALE_MARK = '⟲';

const TOOL_WORDS: Readonly<Record<App['tool'], string>> = {
  argocd: 'Argo CD',
  flux: 'Flux',
  push: 'push',
};

export function toolWords(tool: App['tool']): string {
  return TOOL_WORDS[tool];
}

/** 0 wants a look, 1 is not known, 2 is well. */
export function urgency(state: AppState): 0 | 1 | 2 {
  const counts = countStandings(liveComparison(state));
  if (counts.drifted > 0 || hasFailed(state)) return 0;
  return state.live.kind === 'compared' && counts.pending === 0 ? 2 : 1;
}

export function appRow(state: AppState, context: AppContext): Row {
  const { app } = state;
  const id = `${context.parentId}/${app.key}`;
  const counts = countStandings(liveComparison(state));
  const description = describe(state, counts, STALE_MARK);
  const isOpenable = liveComparison(state) !== undefined || canCompare(state, context);
  const open = isOpenable ? undefined : failureOf(state)?.open;
  return {
    id,
    label: context.isNameUnique ? app.name : appLabel(app),
    description,
    icon: iconOf(state, counts),
    spoken: sentence(
      `${app.kind} ${appLabel(app)}`,
      `cluster ${context.cluster}`,
      describe(state, counts, 'last good result:'),
    ),
    tooltip: () => tooltip(state, context),
    collapsible: isOpenable || hasRelations(app, context.graph) ? 'collapsed' : 'none',
    children: () => [
      ...resourceRows(state, { ...context, app, parentId: id }),
      ...relationRows(app, context.graph, id),
    ],
    abilities: abilitiesOf(state, context),
    target: { kind: 'app', appKey: app.key },
    ...(open && { open }),
    settled: state.live.kind !== 'reading',
  };
}

interface Counts {
  readonly drifted: number;
  readonly pending: number;
  readonly mine: number;
  readonly unreadable: number;
}

function countStandings(comparison: LiveComparison | undefined): Counts {
  const standings = (comparison?.changes ?? []).map(standingOf);
  return {
    drifted: standings.filter(isDrift).length,
    pending: standings.filter((one) => one === 'pending').length,
    mine: standings.filter((one) => one === 'mine').length,
    unreadable: standings.filter((one) => one === 'unreadable').length,
  };
}

function describe(state: AppState, counts: Counts, staleMark: string): string {
  const { status } = state.app;
  const words = dotted(
    when(status?.operation?.phase === 'Running', 'syncing'),
    counted(counts.drifted, 'drifted'),
    counted(counts.pending, 'pending'),
    counted(counts.mine, 'changed here'),
    counted(counts.unreadable, 'not readable'),
    status?.sync,
    status?.health,
    liveWords(state, counts),
    when(state.live.kind !== 'unread', localFailureWords(state)),
  );
  return isStale(state) ? `${staleMark} ${words}` : words;
}

/** What is said where there is nothing to count: unknown is never shown as well. */
function liveWords(state: AppState, counts: Counts): string | undefined {
  switch (state.live.kind) {
    case 'unread':
      return workingWords(state) ?? 'not compared';
    case 'reading':
      return 'comparing…';
    case 'unavailable':
      return shorten(state.live.reason, 80);
    case 'compared':
      return when(isQuiet(counts) && state.app.status === undefined, 'in sync');
  }
}

function isQuiet(counts: Counts): boolean {
  return counts.drifted + counts.pending + counts.mine + counts.unreadable === 0;
}

function workingWords(state: AppState): string | undefined {
  const unrendered = unrenderedWords(state);
  if (unrendered !== undefined) return unrendered;
  switch (state.working.kind) {
    case 'invalid':
      return failureWords(state);
    case 'unavailable':
      return shorten(state.working.reason, 80);
    case 'rendered':
      return lackingWords(state);
    case 'discovered':
    case 'rendering':
      return undefined;
  }
}

function failureWords(state: AppState): string | undefined {
  const failure = failureOf(state);
  return failure && `cannot be rendered: ${failure.sentence}`;
}

/** Beside what is said of the cluster, which was compared with the target; not of another branch. */
function localFailureWords(state: AppState): string | undefined {
  if (state.local.kind === 'pinned') return undefined;
  const words = failureWords(state) ?? lackingWords(state);
  return words && `working copy ${words}`;
}

/** Whether what is shown is the last good answer and not one of now. */
function isStale({ live }: AppState): boolean {
  return live.kind === 'unavailable' && live.last !== undefined;
}

function hasFailed(state: AppState): boolean {
  const { status } = state.app;
  if (status === undefined) return false;
  const phase = status.operation?.phase ?? '';
  return [status.sync, status.health ?? '', phase].some((word) => FAILED.test(word));
}

function iconOf(state: AppState, counts: Counts): RowIcon {
  if (state.live.kind === 'reading') return { id: 'loading~spin' };
  if (hasFailed(state)) return ERROR_ICON;
  if (counts.drifted > 0) return { id: 'color-mode', color: COLORS.drift };
  return state.live.kind === 'compared' ? calmIcon(counts) : unknownIcon(state);
}

function unknownIcon({ live, working }: AppState): RowIcon {
  return live.kind === 'unread' && working.kind === 'invalid'
    ? ERROR_ICON
    : { id: 'circle-outline' };
}

function calmIcon(counts: Counts): RowIcon {
  if (counts.pending > 0) return { id: 'history', color: COLORS.pending };
  if (counts.mine > 0) return { id: 'edit', color: COLORS.mine };
  if (counts.unreadable > 0) return { id: 'question', color: COLORS.pending };
  return { id: 'pass-filled', color: COLORS.healthy };
}

function canCompare(state: AppState, context: AppContext): boolean {
  return context.trusted && context.destinationConnected && state.app.source.kind === 'local';
}

function abilitiesOf(state: AppState, context: AppContext): readonly Ability[] {
  const { app } = state;
  const isLocal = app.source.kind === 'local';
  return present<Ability>([
    when(canCompare(state, context), 'canCompare'),
    when(hasDifferences(state), 'canDiff'),
    actionOf(app, context),
    when(isLocal || app.definedIn !== undefined, 'canOpenSource'),
    when(isLocal, 'canRender'),
    ...fetchAbility(state),
    when(app.destinationCluster === undefined, 'canAssign'),
  ]);
}

function hasDifferences(state: AppState): boolean {
  const changes = liveComparison(state)?.changes ?? [];
  return changes.some((change) => standingOf(change) !== 'same');
}

function actionOf(app: App, context: AppContext): Ability | undefined {
  if (!context.trusted || !context.controlConnected || app.reported === undefined) return undefined;
  if (app.tool === 'argocd') return 'canSync';
  return when(app.tool === 'flux', 'canReconcile');
}

/** A tooltip that is longer is not read. */
const MOST_ORIGINS = 4;

function tooltip(state: AppState, context: AppContext): readonly TooltipPart[] {
  const { app } = state;
  return tooltipLines(appLabel(app), [
    dotted(toolWords(app.tool), app.kind, sourceWords(app)),
    destinationWords(app, context.cluster),
    app.follows && `Follows ${app.follows.revision}`,
    ...generatedLines(app),
    ...pipelineLines(app),
    ...clusterNotesOf(state),
    ...relationLines(app, context.graph),
    orderLine(state),
    ...comparisonLines(liveComparison(state), { nowMs: context.nowMs, stale: isStale(state) }),
    ...statusLines(app.status),
    state.live.kind === 'unavailable' ? state.live.reason : undefined,
    failureWords(state),
    ...lackingLines(state),
    ...provenanceOf(state).slice(0, MOST_ORIGINS).map(provenanceWords),
    ...[...app.problems, ...state.problems].slice(0, 3).map((problem) => problem.message),
  ]);
}

function comparisonLines(
  comparison: LiveComparison | undefined,
  { nowMs, stale }: { readonly nowMs: number; readonly stale: boolean },
): readonly (string | undefined)[] {
  if (comparison === undefined) return [];
  const drifted = comparison.changes.filter((change) => isDrift(standingOf(change)));
  return [
    comparison.applied && `Applied ${revisionWords(comparison.applied, nowMs)}`,
    comparison.target && `Target ${revisionWords(comparison.target, nowMs)}`,
    `${stale ? '⟲ Last good result, read' : 'Read'} ${ageWords(comparison.readAtMs, nowMs)}`,
    when(drifted.length > 0, `Drifted: ${someOf(drifted.map(({ id }) => resourceLabel(id)))}`),
  ];
}

function statusLines(status: AppStatus | undefined): readonly (string | undefined)[] {
  const operation = status?.operation;
  return [status?.message, operation && dotted(`Operation ${operation.phase}`, operation.message)];
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${shown} and ${plural(more, 'object')} more` : shown;
}

function sourceWords(app: App): string | undefined {
  switch (app.source.kind) {
    case 'local':
      return app.source.render.path === '' ? 'the top folder' : sourcePlace(app.source);
    case 'elsewhere':
      return `${app.source.repoUrl} ${app.source.path}`;
    case 'unsupported':
      return app.source.reason;
  }
}

function destinationWords(app: App, cluster: string): string {
  const namespace = app.destination.namespace;
  const place = namespace === '' ? cluster : `${cluster} / ${namespace}`;
  const control = app.controlCluster;
  return control === undefined || control === cluster
    ? `Goes to ${place}`
    : `Goes to ${place}, controlled from ${control}`;
}

function revisionWords(label: RevisionLabel, nowMs: number): string {
  return dotted(
    label.ref,
    label.commit.slice(0, 7),
    label.fetchedAtMs === undefined ? undefined : `fetched ${ageWords(label.fetchedAtMs, nowMs)}`,
    label.insteadOf && `in place of ${label.insteadOf.slice(0, 12)}, which is not in this clone`,
  );
}
