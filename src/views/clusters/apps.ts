import type { App, AppStatus } from '../../model/app';
import { appLabel, sourcePlace } from '../../model/app';
import type { AppGraph } from '../../model/appGraph';
import { clusterNotesOf } from '../../model/notes';
import { provenanceOf, provenanceWords } from '../../model/provenance';
import type { AppState, DeployedAt, LiveComparison, RevisionLabel } from '../../model/appState';
import type { RootCause } from '../../model/causes';
import { plainMessage } from '../../model/causes';
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
import type { AppStanding, AppSummary } from './summary';
import { isAnswered, summaryOf } from './summary';
import {
  ageWords,
  counted,
  dotted,
  plural,
  present,
  resourceLabel,
  sentence,
  shortTime,
  shorten,
  when,
} from '../words';
import { inSyncRow, resourceRows } from './resources';

export interface AppContext {
  readonly cluster: string;
  readonly parentId: string;
  readonly now: () => number;
  /** Both are asked for by a menu only where they can be answered. */
  readonly controlConnected: boolean;
  readonly destinationConnected: boolean;
  readonly trusted: boolean;
  /** Below one parent the name alone is enough, and leaves room for what matters. */
  readonly isNameUnique: boolean;
  /** Said where the rows above do not. */
  readonly showsCluster: boolean;
  readonly graph: AppGraph;
  /** What this app and others wait for. */
  readonly cause?: RootCause;
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

export function appRow(state: AppState, context: AppContext): Row {
  const { app } = state;
  const id = `${context.parentId}/${app.key}`;
  const summary = summaryOf(state);
  return {
    id,
    label: context.isNameUnique ? app.name : appLabel(app),
    description: dotted(describe(state, STALE_MARK), when(context.showsCluster, context.cluster)),
    icon: iconOf(state, summary),
    spoken: sentence(
      `${app.kind} ${appLabel(app)}`,
      `cluster ${context.cluster}`,
      describe(state, 'last good result:'),
    ),
    tooltip: () => tooltip(state, context),
    ...openingPart(state, context),
    children: () => [
      ...resourceRows(state, { ...context, app, parentId: id, nowMs: context.now() }),
      ...relationRows(app, context.graph, id),
    ],
    foldQuiet: (quiet) => inSyncRow(quiet, id, state),
    abilities: abilitiesOf(state, context),
    target: { kind: 'app', appKey: app.key },
    ...(summary.standing === 'in-sync' && { quiet: true }),
    settled: isAnswered(state),
  };
}

/** What cannot be looked into goes to the line that fails. */
function openingPart(state: AppState, context: AppContext): Pick<Row, 'collapsible' | 'open'> {
  const isOpenable = liveComparison(state) !== undefined || canCompare(state, context);
  const open = isOpenable ? undefined : failureOf(state)?.open;
  const hasMore = isOpenable || hasRelations(state.app, context.graph);
  return { collapsible: hasMore ? 'collapsed' : 'none', ...(open && { open }) };
}

function describe(state: AppState, staleMark: string): string {
  const { status } = state.app;
  const { drifted, pruned, counts } = summaryOf(state);
  const words = dotted(
    when(status?.operation?.phase === 'Running', 'syncing'),
    counted(drifted, 'drifted'),
    counted(pruned, 'to be deleted'),
    counted(counts.pending, 'pending'),
    counted(counts.mine, 'changed here'),
    counted(counts.unreadable, 'not readable'),
    status?.sync,
    healthWords(state),
    troubleWords(state),
    liveWords(state),
    when(state.live.kind !== 'unread', localFailureWords(state)),
  );
  return isStale(state) ? `${staleMark} ${words}` : words;
}

/** The tool's own word; where it gives none, the worst of the objects. */
function healthWords(state: AppState): string | undefined {
  return state.app.status?.health ?? summaryOf(state).illness;
}

const LONGEST_TROUBLE = 80;

/** Why an app fails, in the words of its tool. */
function troubleWords(state: AppState): string | undefined {
  const { status } = state.app;
  const { hasFailed } = summaryOf(state);
  const message = status?.message ?? status?.operation?.message ?? '';
  return when(hasFailed && message !== '', shorten(plainMessage(message), LONGEST_TROUBLE));
}

/** What is said where there is nothing to count: unknown is never shown as well. */
function liveWords(state: AppState): string | undefined {
  switch (state.live.kind) {
    case 'unread':
      return workingWords(state) ?? 'not compared';
    case 'unavailable':
      return shorten(state.live.reason, 80);
    case 'reading':
      return state.live.last === undefined ? 'comparing…' : inSyncWords(state);
    case 'compared':
      return inSyncWords(state);
  }
}

/** The tool has a word of its own for it where it reports the app. */
function inSyncWords(state: AppState): string | undefined {
  const isInSync = summaryOf(state).standing === 'in-sync';
  return when(isInSync && state.app.status === undefined, 'in sync');
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

/** A shape for each, because colours alone say nothing to many. */
function iconOf(state: AppState, { standing, counts, hasFailed }: AppSummary): RowIcon {
  const { live } = state;
  if (live.kind === 'reading' && live.last === undefined) return { id: 'loading~spin' };
  if (hasFailed) return ERROR_ICON;
  if (standing === 'unknown') return unknownIcon(state);
  return standing === 'pending' && counts.pending === 0 ? MINE_ICON : ICONS[standing];
}

const MINE_ICON: RowIcon = { id: 'edit', color: COLORS.mine };

const ICONS: Readonly<Record<Exclude<AppStanding, 'unknown'>, RowIcon>> = {
  drifted: { id: 'color-mode', color: COLORS.drift },
  failing: ERROR_ICON,
  pending: { id: 'history', color: COLORS.pending },
  'in-sync': { id: 'pass-filled', color: COLORS.healthy },
};

function unknownIcon({ live, working }: AppState): RowIcon {
  if (live.kind === 'compared') return { id: 'question', color: COLORS.pending };
  return live.kind === 'unread' && working.kind === 'invalid'
    ? ERROR_ICON
    : { id: 'circle-outline' };
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
    ...comparisonLines(liveComparison(state), { nowMs: context.now(), stale: isStale(state) }),
    causeWords(context.cause),
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
    comparison.release && releaseWords(comparison.release, nowMs),
    comparison.target && `Target ${revisionWords(comparison.target, nowMs)}`,
    `${stale ? '⟲ Last good result, read' : 'Read'} ${ageWords(comparison.readAtMs, nowMs)}`,
    when(drifted.length > 0, `Drifted: ${someOf(drifted.map(({ id }) => resourceLabel(id)))}`),
  ];
}

/** `Helm release shop, revision 7: shop-1.4.0, deployed Tue 14:02 by helm · Upgrade complete`. */
function releaseWords(release: DeployedAt, nowMs: number): string {
  const { name, revision, chart, at, by, description, failed } = release;
  const atMs = Date.parse(at ?? '');
  const deployed = sentence(`Helm release ${name}`, `revision ${revision}`);
  return dotted(
    chart === undefined ? deployed : `${deployed}: ${chart}`,
    Number.isNaN(atMs) ? undefined : `deployed ${shortTime(atMs, nowMs)}`,
    by && `by ${by}`,
    description && shorten(description, LONGEST_TROUBLE),
    failed && `revision ${failed.revision} after it: ${failed.status}`,
  );
}

function statusLines(status: AppStatus | undefined): readonly (string | undefined)[] {
  const operation = status?.operation;
  return [status?.message, operation && dotted(`Operation ${operation.phase}`, operation.message)];
}

function causeWords(cause: RootCause | undefined): string | undefined {
  if (cause === undefined) return undefined;
  const others = cause.apps.length - 1;
  return `Waits, with ${plural(others, 'other app')}, for ${cause.label}: ${cause.message}`;
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
