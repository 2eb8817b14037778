import { appLabel, sourcePlace } from '../model/app';
import type { App, GeneratedBy, Pipeline, RenderedBy } from '../model/app';
import { appGraph } from '../model/appGraph';
import type { AppGraph } from '../model/appGraph';
import type { AppState, Rendered } from '../model/appState';
import { missingOf } from '../model/missing';
import { clusterNotesOf } from '../model/notes';
import { provenanceOf } from '../model/provenance';
import type { SyncStep } from '../model/syncOrder';
import { syncSteps } from '../model/syncOrder';
import { withoutSecretValues } from '../model/secretValues';
import type { Command } from './command';
import { OUTPUT_OPTION } from './command';
import { firstNames, formatOf, json, table } from './formats';
import { openWorkspace } from './workspace';

function sourceText({ source }: App): string {
  switch (source.kind) {
    case 'local':
      return `${source.render.kind} ${sourcePlace(source)}`;
    case 'elsewhere':
      return `${source.repoUrl} ${source.path}`;
    case 'unsupported':
      return source.reason;
  }
}

function originText({ generatedBy, renderedBy, pipeline }: App): string {
  const from = [
    ...(generatedBy === undefined ? [] : [setText(generatedBy)]),
    ...(renderedBy === undefined ? [] : [`in ${renderedBy.kind} ${appLabel(renderedBy)}`]),
    ...(pipeline === undefined ? [] : [pipelineText(pipeline)]),
  ];
  return from.length === 0 ? '' : ` (${from.join(', ')})`;
}

function pipelineText({ steps, rendersOnly }: Pipeline): string {
  const systems = [...new Set(steps.map(({ system }) => system))].join(' and ');
  return rendersOnly === true ? `only rendered by ${systems}` : `by ${systems}`;
}

function setText({ set, stale }: GeneratedBy): string {
  return `from ApplicationSet ${set.name}${stale === true ? ', as made last' : ''}`;
}

function stateText({ working }: AppState): string {
  switch (working.kind) {
    case 'rendered':
      return `${working.desired.objects.length} objects${lackingText(working.desired)}`;
    case 'invalid':
      return working.problems[0]?.message ?? 'cannot be rendered';
    case 'unavailable':
      return working.reason;
    case 'discovered':
    case 'rendering':
      return working.kind;
  }
}

function lackingText({ missing }: Rendered): string {
  const [first] = missing;
  if (first === undefined) return '';
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
  return `, lacks ${first.reference}${more}`;
}

function row(state: AppState): readonly string[] {
  const { app } = state;
  return [
    appLabel(app),
    app.kind,
    app.destinationCluster ?? '-',
    `${sourceText(app)}${originText(app)}`,
    stateText(state),
  ];
}

/** Nested apps and what waits for what, by the keys of this list. */
function edges(app: App, graph: AppGraph): Readonly<Record<string, unknown>> {
  const waitsFor = graph.waitsFor(app).map(({ label, app: found }) => ({
    name: label,
    key: found?.key,
  }));
  const waitedForBy = graph.waitedForBy(app).map(({ key }) => key);
  const renders = graph.below(app).map(({ key }) => key);
  return {
    renderedBy: app.renderedBy && renderedData(app.renderedBy),
    renders: renders.length === 0 ? undefined : renders,
    dependsOn: waitsFor.length === 0 ? undefined : waitsFor,
    requiredBy: waitedForBy.length === 0 ? undefined : waitedForBy,
  };
}

/** Phases and waves of an Application that has several. */
function orderOf({ app, working }: AppState): readonly SyncStep[] | undefined {
  if (app.tool !== 'argocd' || working.kind !== 'rendered') return undefined;
  const steps = syncSteps(working.desired.objects.map(({ object }) => object));
  return steps.length > 1 ? steps : undefined;
}

/** `changed`: its definition is not what the file says, but what the app above makes of it. */
function renderedData({ depth: _, ...by }: RenderedBy): Readonly<Record<string, unknown>> {
  return by;
}

function data(state: AppState, graph: AppGraph): Readonly<Record<string, unknown>> {
  const { app } = state;
  return {
    key: app.key,
    name: app.name,
    namespace: app.namespace,
    kind: app.kind,
    tool: app.tool,
    source: withoutSecretValues(app.source),
    follows: app.follows,
    destination: app.destination,
    controlCluster: app.controlCluster,
    destinationCluster: app.destinationCluster,
    definedIn: app.definedIn?.path,
    generatedBy: generatedData(app),
    pipeline: app.pipeline && pipelineData(app.pipeline),
    ...edges(app, graph),
    syncOrder: orderOf(state),
    state: state.working.kind,
    objects: state.working.kind === 'rendered' ? state.working.desired.objects.length : undefined,
    fetched: provenanceOf(state),
    missing: missingOf(state).map(({ kind, reference, path, line }) => ({
      kind,
      reference,
      path,
      line,
    })),
    notes: clusterNotesOf(state),
    problems: [...app.problems, ...state.problems],
  };
}

function pipelineData({ steps, ...rest }: Pipeline): Readonly<Record<string, unknown>> {
  return {
    ...rest,
    steps: steps.map(({ system, job, place: { path, line } }) => ({ system, job, path, line })),
  };
}

function generatedData({ generatedBy }: App): Readonly<Record<string, unknown>> | undefined {
  if (generatedBy === undefined) return undefined;
  const { place, ...rest } = generatedBy;
  return { ...rest, place: { path: place.path, line: place.line } };
}

/** Each note once, with the apps that it is of. */
function noteLines(apps: readonly AppState[]): readonly string[] {
  const byNote = new Map<string, string[]>();
  for (const state of apps) {
    for (const note of clusterNotesOf(state)) {
      byNote.set(note, [...(byNote.get(note) ?? []), appLabel(state.app)]);
    }
  }
  return [...byNote].map(([note, names]) => `${firstNames(names)}: ${note}`);
}

export const appsCommand: Command = {
  name: 'apps',
  summary: 'List the apps of a repository',
  usage: 'plumbline apps [--root DIR] [-o text|json]',
  help: [['-o, --output', 'text (default) or json']],
  options: OUTPUT_OPTION,
  async run(context) {
    const format = formatOf(context.args, ['text', 'json']);
    const workbench = await openWorkspace(context, { validates: format === 'json' });
    const { apps } = workbench.state();
    const head = ['APP', 'KIND', 'CLUSTER', 'SOURCE', 'STATE'];
    const graph = appGraph(apps.map(({ app }) => app));
    const text = (): string => table([head, ...apps.map(row)]);
    if (format === 'text') for (const line of noteLines(apps)) context.io.err(line);
    context.io.out(format === 'json' ? json(apps.map((one) => data(one, graph))) : text());
    return 0;
  },
};
