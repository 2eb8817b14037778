import type { YamlMap, YamlText, YamlTree } from '../yaml/tree';
import { taskRun } from './ciAzureTasks';
import {
  childrenOf,
  fillMacros,
  filledText,
  parameterScope,
  resolved,
  type TemplateScope,
} from './ciAzureTemplates';
import { posixScript } from './ciExpressions';
import type { ReadTree } from './ciGithub';
import { type JobStep, type PipelineJob, placeIn } from './ciJob';
import { folderFrom } from './ciRun';
import { CHECKOUT } from './ciText';
import { childAt, entriesAt, itemsAt, scalarAt, wordAt } from './ciTree';
import { baseNameOf, parentOf, resolvePath } from './paths';

export function isAzurePipeline(path: string): boolean {
  const isNamed = /^\.?azure-pipelines?([-._][\w.-]+)?\.ya?ml$/.test(baseNameOf(path));
  return isNamed || /^(\.azuredevops|\.azure-pipelines|\.pipelines)\/[^/]+\.ya?ml$/.test(path);
}

/** Where a part of a pipeline stands, and with what its template was filled. */
interface Spot {
  readonly path: string;
  readonly scope: TemplateScope;
  readonly variables: ReadonlyMap<string, string>;
  readonly label: string;
  readonly read: ReadTree;
  readonly depth: number;
}

const DEEPEST = 8;

/** What is known of the agent of every run: where it checks the repository out to. */
const AGENT = new Map(
  ['Build.SourcesDirectory', 'System.DefaultWorkingDirectory', 'Build.Repository.LocalPath'].map(
    (name) => [name, CHECKOUT] as const,
  ),
);

export function azureJobs(path: string, read: ReadTree): readonly PipelineJob[] {
  const tree = read(path);
  if (tree === undefined) return [];
  const scope = parameterScope(childAt(tree, 'parameters'), new Map());
  const spot: Spot = { path, scope, variables: AGENT, label: '', read, depth: 0 };
  return partJobs(tree, spot);
}

/** A pipeline, a stage, or a template of either: stages, else jobs, else steps. */
function partJobs(tree: YamlTree, outer: Spot): readonly PipelineJob[] {
  const spot = withVariables(tree, outer);
  const extended = childAt(tree, 'extends');
  if (extended !== undefined) return templated(extended, spot, partJobs);
  const stages = childrenOf(childAt(tree, 'stages'), spot.scope);
  const jobs = childrenOf(childAt(tree, 'jobs'), spot.scope);
  if (stages.length + jobs.length === 0) return ownSteps(tree, spot);
  return [
    ...stages.flatMap(({ tree: stage, scope }) => stageJobs(stage, { ...spot, scope })),
    ...jobs.flatMap(({ tree: job, scope }) => jobRuns(job, { ...spot, scope })),
  ];
}

function ownSteps(tree: YamlTree, spot: Spot): readonly PipelineJob[] {
  const steps = stepsAt(childAt(tree, 'steps'), spot);
  const label = spot.label === '' ? 'job' : spot.label;
  return steps.length === 0 ? [] : [{ system: 'Azure Pipelines', label, steps }];
}

function stageJobs(stage: YamlTree, spot: Spot): readonly PipelineJob[] {
  if (wordAt(stage, 'template') !== undefined) return templated(stage, spot, partJobs);
  const name = filledText(wordAt(stage, 'stage') ?? '', spot.scope);
  return partJobs(stage, { ...spot, label: name });
}

/** A template is a file beside the one that names it, or below the root with a leading slash. */
function templated<T>(
  reference: YamlTree,
  spot: Spot,
  inside: (tree: YamlMap, spot: Spot) => readonly T[],
): readonly T[] {
  const written = filledText(wordAt(reference, 'template') ?? '', spot.scope);
  // `file@repository` is one of another repository.
  if (written === '' || written.includes('@') || spot.depth >= DEEPEST) return [];
  const path = resolvePath(parentOf(spot.path), written);
  const tree = spot.read(path);
  if (tree === undefined) return [];
  const given = new Map(
    entriesAt(reference, 'parameters').map(([name, value]) => [name, resolved(value, spot.scope)]),
  );
  const scope = parameterScope(childAt(tree, 'parameters'), given, spot.scope);
  return inside(tree, { ...spot, path, scope, depth: spot.depth + 1 });
}

function withVariables(tree: YamlTree, spot: Spot): Spot {
  const found = variablesAt(childAt(tree, 'variables'), spot);
  if (found.size === 0) return spot;
  const variables = new Map([...spot.variables, ...found]);
  return { ...spot, variables, scope: { ...spot.scope, variables } };
}

type Named = readonly [string, string];

/** A mapping, or a list of names and values; groups are known to runs only. */
function variablesAt(tree: YamlTree | undefined, spot: Spot): ReadonlyMap<string, string> {
  if (tree?.kind === 'map') {
    return new Map(
      entriesAt(tree).flatMap(([name, value]) =>
        value.kind === 'text' ? [[name, filledText(value.text, spot.scope)] as const] : [],
      ),
    );
  }
  return new Map(
    childrenOf(tree, spot.scope).flatMap(({ tree: entry, scope }): readonly Named[] => {
      const name = wordAt(entry, 'name');
      if (name !== undefined) {
        return [[name, filledText(scalarAt(entry, 'value')?.text ?? '', scope)] as const];
      }
      return templated(entry, { ...spot, scope }, (file, inner) => [
        ...variablesAt(childAt(file, 'variables'), inner),
      ]);
    }),
  );
}

function jobRuns(job: YamlTree, outer: Spot): readonly PipelineJob[] {
  if (wordAt(job, 'template') !== undefined) return templated(job, outer, partJobs);
  const spot = withVariables(job, outer);
  const own = filledText(wordAt(job, 'job') ?? wordAt(job, 'deployment') ?? 'job', spot.scope);
  const label = spot.label === '' ? own : `${spot.label} / ${own}`;
  const legs = entriesAt(job, 'strategy', 'matrix');
  const runs =
    legs.length === 0 ? [{ name: '', values: new Map<string, string>() }] : legs.map(legOf);
  return runs.map(({ name, values }) => {
    const variables = new Map([...spot.variables, ...values]);
    const inner = { ...spot, variables, scope: { ...spot.scope, variables } };
    return {
      system: 'Azure Pipelines',
      label: name === '' ? label : `${label} (${name})`,
      steps: stepLists(job).flatMap((list) => stepsAt(list, inner)),
    };
  });
}

function legOf([name, leg]: readonly [string, YamlTree]): {
  readonly name: string;
  readonly values: ReadonlyMap<string, string>;
} {
  const values = entriesAt(leg).map(([key, value]) => [key, wordAt(value) ?? ''] as const);
  return { name, values: new Map(values) };
}

const HOOKS = ['preDeploy', 'deploy', 'routeTraffic', 'postRouteTraffic'];

/** The steps of a job, or those of the hooks of a deployment. */
function stepLists(job: YamlTree): readonly YamlTree[] {
  const strategies = ['runOnce', 'rolling', 'canary'].map((name) => childAt(job, 'strategy', name));
  const hooks = strategies.flatMap((strategy) =>
    HOOKS.map((hook) => childAt(strategy, hook, 'steps')),
  );
  return [childAt(job, 'steps'), ...hooks].filter((list) => list !== undefined);
}

function stepsAt(list: YamlTree | undefined, spot: Spot): readonly JobStep[] {
  return childrenOf(list, spot.scope).flatMap(({ tree: step, scope }) => {
    const inner = { ...spot, scope };
    if (wordAt(step, 'template') !== undefined) {
      return templated(step, inner, (file, at) => stepsAt(childAt(file, 'steps'), at));
    }
    return stepOf(step, inner);
  });
}

const SHELLS: Readonly<Record<string, string>> = {
  script: 'sh',
  bash: 'bash',
  pwsh: 'pwsh',
  powershell: 'pwsh',
};

function stepOf(step: YamlTree, spot: Spot): readonly JobStep[] {
  const kind = Object.keys(SHELLS).find((name) => scalarAt(step, name) !== undefined);
  const source = kind === undefined ? undefined : scalarAt(step, kind);
  if (kind !== undefined && source !== undefined) {
    return [() => scriptRun(step, source, { spot, shell: SHELLS[kind] ?? 'sh' })];
  }
  const task = wordAt(step, 'task');
  if (task === undefined) return [];
  const variables = environmentOf(step, spot);
  const input = (name: string): YamlText | undefined => {
    const found = [...itemsAt(childAt(step, 'inputs'))].flatMap((inputs) => entriesAt(inputs));
    const value = found.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
    return value?.kind === 'text'
      ? { ...value, text: fillMacros(filledText(value.text, spot.scope), spot.variables) }
      : undefined;
  };
  return [() => taskRun(task, { input, variables, path: spot.path, line: step.line })];
}

function scriptRun(
  step: YamlTree,
  source: YamlText,
  { spot, shell }: { readonly spot: Spot; readonly shell: string },
): ReturnType<JobStep> {
  const text = fillMacros(filledText(posixScript(source.text, shell), spot.scope), spot.variables);
  const written = filledText(wordAt(step, 'workingDirectory') ?? '', spot.scope);
  return {
    script: text,
    place: placeIn(spot.path, source, text),
    folder: folderFrom('', fillMacros(written, spot.variables)),
    variables: environmentOf(step, spot),
  };
}

/** Variables are in the environment under names in capitals, dots as underscores. */
function environmentOf(step: YamlTree, { scope, variables }: Spot): ReadonlyMap<string, string> {
  const own = entriesAt(step, 'env').map(
    ([name, value]) =>
      [name, fillMacros(filledText(wordAt(value) ?? '', scope), variables)] as const,
  );
  const upper = [...variables].map(
    ([name, value]) =>
      [name.replaceAll('.', '_').toUpperCase(), fillMacros(value, variables)] as const,
  );
  return new Map([...upper, ...own]);
}
