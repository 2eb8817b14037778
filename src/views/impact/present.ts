import { appLabel } from '../../model/app';
import type { AppState, WorkspaceState } from '../../model/appState';
import { fetchableOf } from '../../model/missing';
import type { SingleSource } from '../../model/render';
import { singleSources } from '../../model/render';
import type { FileImpact, Hunk } from '../../model/workbench';
import type { Opening } from '../../host/open';
import { appsReading } from '../../host/places';
import { failureOf } from '../failure';
import { fieldParts } from '../fieldParts';
import type { TooltipPart } from '../row';
import { dotted, isRefused, plural, present, resourceLabel, shorten, when } from '../words';

const MOST_OBJECTS_IN_HOVER = 6;

/**
 * The one line above a file: what its edits mean. `undefined` where nothing is reserved: a file that
 * no app reads.
 */
export function presentLens(
  impact: FileImpact | undefined,
  file: { readonly reserved: boolean; readonly indexing: boolean; readonly stale: boolean },
): string | undefined {
  if (impact === undefined) {
    if (!file.reserved) return undefined;
    return file.indexing ? 'Reading the repository…' : 'No app reads this file';
  }
  const words = impactWords(impact);
  return file.stale ? `${words} · as last saved` : words;
}

/** `2 apps · 3 objects change · 1 will be refused ⚠`. */
export function impactWords(impact: FileImpact): string {
  const changes = impact.apps.length > 0;
  const notes = (impact.notes ?? []).map(firstSentence);
  const settled = impact.pendingCount + impact.failedCount === 0;
  return dotted(
    when(changes, plural(impact.apps.length, 'app')),
    when(changes, objectWords(impact.objectCount)),
    when(impact.refusedCount > 0, `${impact.refusedCount} will be refused ⚠`),
    when(impact.failedCount > 0, `${plural(impact.failedCount, 'app')} cannot be rendered ⚠`),
    when(impact.pendingCount > 0, `rendering ${plural(impact.pendingCount, 'app')}…`),
    when(!changes && settled && notes.length === 0, 'No object changes'),
    ...notes,
    ...impact.pinned.map(
      ({ appCount, revision }) =>
        `${plural(appCount, 'app')} ${appCount === 1 ? 'reads' : 'read'} this file at ${revision}`,
    ),
  );
}

/** The lens has one line; hovers and rows say the rest. */
function firstSentence(text: string): string {
  return `${text.split(/\.(?: |$)/, 1).join('')} ⚠`;
}

/** What can be done about the edits of a file, after the words of its lens and on the same line. */
export type LensLink =
  | { readonly kind: 'changes' | 'pullRequest' | 'fetch'; readonly title: string }
  | { readonly kind: 'failure'; readonly title: string; readonly open: Opening };

export function presentLensLinks(
  impact: FileImpact | undefined,
  state: WorkspaceState,
  absolutePath: string,
): readonly LensLink[] {
  if (impact === undefined) return [];
  const changes = impact.apps.length > 0;
  const readers = appsReading(state, absolutePath);
  const failures = impact.failedCount > 0 ? readers.map(failureOf) : [];
  const open = failures.find((failure) => failure?.open !== undefined)?.open;
  return present<LensLink>([
    open && { kind: 'failure', title: 'Go to error', open },
    when(state.trusted && readers.some(lacksCharts), {
      kind: 'fetch',
      title: 'Fetch what is missing…',
    }),
    when(changes, { kind: 'changes', title: 'Open changes' }),
    when(changes && state.trusted, { kind: 'pullRequest', title: 'Create pull request…' }),
  ]);
}

function lacksCharts(state: AppState): boolean {
  return fetchableOf(state).length > 0;
}

function objectWords(count: number): string {
  return count === 1 ? '1 object changes' : `${count} objects change`;
}

export interface MarkedLines {
  readonly kind: 'change' | 'removal';
  /** 0-based, inclusive. */
  readonly start: number;
  readonly end: number;
}

/** Lines to mark; none while no object changes, since Git's own marks tell of mere edits. */
export function presentMarks(
  impact: FileImpact | undefined,
  lineCount: number,
): readonly MarkedLines[] {
  if (impact === undefined || impact.objectCount === 0) return [];
  const last = Math.max(0, lineCount - 1);
  return (impact.marks ?? impact.hunks).map((hunk) => {
    if (hunk.kind !== 'removed') {
      const start = Math.min(hunk.startLine - 1, last);
      return { kind: 'change', start, end: Math.min(Math.max(hunk.endLine - 1, start), last) };
    }
    const line = Math.min(Math.max(hunk.startLine - 1, 0), last);
    return { kind: 'removal', start: line, end: line };
  });
}

/** The hunk at a 0-based line. */
export function hunkAt(impact: FileImpact | undefined, line: number): Hunk | undefined {
  return impact?.hunks.find((hunk) => {
    const end = Math.max(hunk.endLine, hunk.startLine);
    return hunk.startLine - 1 <= line && line <= end - 1;
  });
}

/** What one hunk alone changes. */
export function presentHover(apps: FileImpact['apps'], nowMs: number): readonly TooltipPart[] {
  if (apps.length === 0) return [{ kind: 'line', text: 'These lines alone change no object.' }];
  const objects = apps.flatMap(({ app, changes }) => changes.map((change) => ({ app, change })));
  const shown = objects.slice(0, MOST_OBJECTS_IN_HOVER);
  const more = objects.length - shown.length;
  return [
    ...shown.flatMap(({ app, change }): readonly TooltipPart[] => [
      { kind: 'heading', text: resourceLabel(change.id) },
      {
        kind: 'line',
        text: dotted(
          app.destinationCluster ?? 'no cluster',
          appLabel(app),
          when(change.action !== 'changed', change.action),
          when(isRefused(change), 'will be refused ⚠'),
          ...change.notes.map(({ message }) => message),
        ),
      },
      ...fieldParts(change, ['target', 'working copy'], nowMs),
    ]),
    ...present([
      when<TooltipPart>(more > 0, { kind: 'line', text: `and ${plural(more, 'object')} more` }),
    ]),
  ];
}

export interface FileStatus {
  readonly text: string;
  readonly detail: string;
  readonly severity: 'information' | 'warning' | 'error';
  readonly busy: boolean;
}

/** Argo CD calls Helm 3, everybody else is rendered as by Helm 4. */
function rendererOf(source: SingleSource): string {
  return source.kind === 'helm' ? `Helm ${source.helm ?? 4}` : RENDERERS[source.kind];
}

const RENDERERS = {
  kustomize: 'Kustomize',
  flux: 'Flux',
  directory: 'plain manifests',
} as const;

/** How the apps that read a file were rendered; `undefined` for a file that none reads. */
export function presentFileStatus(
  state: WorkspaceState,
  absolutePath: string,
): FileStatus | undefined {
  const apps = appsReading(state, absolutePath);
  const [first] = apps;
  if (first === undefined) return undefined;
  const failed = apps.filter(({ working }) => working.kind === 'invalid');
  const busy = apps.some(({ working }) => working.kind === 'rendering');
  if (failed.length > 0) return failedStatus(failed, busy);
  const unavailable = apps.find(({ working }) => working.kind === 'unavailable');
  if (unavailable?.working.kind === 'unavailable') {
    const detail = shorten(unavailable.working.reason, 200);
    return { text: 'Not rendered', detail, severity: 'warning', busy };
  }
  return renderedStatus(apps, busy);
}

function failedStatus(failed: readonly AppState[], busy: boolean): FileStatus {
  const [first] = failed;
  const problem = first?.working.kind === 'invalid' ? first.working.problems[0] : undefined;
  return {
    text: `${plural(failed.length, 'app')} cannot be rendered`,
    detail: shorten(problem?.message ?? '', 200),
    severity: 'error',
    busy,
  };
}

function renderedStatus(apps: readonly AppState[], busy: boolean): FileStatus {
  const slowestMs = Math.max(...apps.map(renderMs));
  const kinds = apps.flatMap(({ app }) =>
    app.source.kind === 'local' ? singleSources(app.source.render).map(rendererOf) : [],
  );
  const assumed = apps.some(
    ({ working }) => working.kind === 'rendered' && working.desired.capabilitiesAssumed,
  );
  return {
    text: dotted(`Rendered with ${[...new Set(kinds)].join(', ')}`, `${Math.round(slowestMs)} ms`),
    detail: dotted(
      `Read by ${apps
        .slice(0, 4)
        .map(({ app }) => appLabel(app))
        .join(', ')}${apps.length > 4 ? ` and ${apps.length - 4} more` : ''}`,
      when(assumed, 'cluster version assumed'),
    ),
    severity: 'information',
    busy,
  };
}

function renderMs({ working }: AppState): number {
  if (working.kind === 'rendered') return working.desired.tookMs;
  return working.kind === 'rendering' ? (working.lastGood?.tookMs ?? 0) : 0;
}
