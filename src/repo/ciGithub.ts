import type { YamlMap, YamlTree } from '../yaml/tree';
import { workspaceOf } from './ciCheckout';
import { fillExpressions, type LookUp, posixScript } from './ciExpressions';
import { type JobStep, type PipelineJob, placeIn } from './ciJob';
import { githubMatrix, matrixLabel, type MatrixValues, matrixValue } from './ciMatrix';
import { folderFrom } from './ciRun';
import { CHECKOUT, isKnown, plainText, unknownText } from './ciText';
import { childAt, entriesAt, itemsAt, scalarAt, textsOf, wordAt, wordsAt } from './ciTree';
import { baseNameOf } from './paths';

/** Reads a YAML file of the repository. */
export type ReadTree = (path: string) => YamlMap | undefined;

export function isGithubWorkflow(path: string): boolean {
  return /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path);
}

/** The jobs of the workflows; one that is only called counts with what its callers give it. */
export function githubJobs(paths: readonly string[], read: ReadTree): readonly PipelineJob[] {
  const files = paths.flatMap((path) => {
    const tree = read(path);
    return tree === undefined ? [] : [{ path, tree }];
  });
  const called = new Set(files.flatMap(({ tree }) => calledIn(tree)));
  return files
    .filter(({ path, tree }) => !(called.has(path) && isOnlyCalled(tree)))
    .flatMap(({ path, tree }) => workflowJobs({ path, tree, inputs: new Map(), prefix: '' }, read));
}

function calledIn(tree: YamlMap): readonly string[] {
  return entriesAt(tree, 'jobs').flatMap(([, job]) => localUse(job) ?? []);
}

function isOnlyCalled(tree: YamlMap): boolean {
  const on = childAt(tree, 'on');
  const events = on?.kind === 'map' ? [...on.entries.keys()] : wordsAt(on);
  return events.length === 1 && events[0] === 'workflow_call';
}

/** `uses: ./path`: of a job below the root, of a step from where it starts. */
function localUse(tree: YamlTree, workspace = ''): string | undefined {
  const path = wordAt(tree, 'uses');
  return path?.startsWith('./') === true ? folderFrom(workspace, path) : undefined;
}

interface Workflow {
  readonly path: string;
  readonly tree: YamlMap;
  /** What a caller gives; absent ones are known to runs only. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly prefix: string;
}

const DEEPEST = 4;

function workflowJobs(workflow: Workflow, read: ReadTree, depth = 0): readonly PipelineJob[] {
  if (depth > DEEPEST) return [];
  return entriesAt(workflow.tree, 'jobs').flatMap(([id, job]) => {
    const runs = githubMatrix(childAt(job, 'strategy', 'matrix'));
    return (runs ?? [undefined]).flatMap((matrix) => {
      const label = matrix === undefined ? '' : matrixLabel(matrix);
      const one: Run = {
        workflow,
        job,
        id: `${workflow.prefix}${id}`,
        label: `${workflow.prefix}${label === '' ? id : `${id} (${label})`}`,
        matrix,
        workspace: '',
      };
      const callee = localUse(job);
      return callee === undefined ? [jobOf(one, read)] : calledJobs(one, callee, { read, depth });
    });
  });
}

interface Run {
  readonly workflow: Workflow;
  readonly job: YamlTree;
  readonly id: string;
  readonly label: string;
  /** `undefined` where an expression makes it. */
  readonly matrix: MatrixValues | undefined;
  /** Where its steps start: the repository, or a folder that has it below. */
  readonly workspace: string;
}

function calledJobs(
  run: Run,
  path: string,
  { read, depth }: { readonly read: ReadTree; readonly depth: number },
): readonly PipelineJob[] {
  const tree = read(path);
  if (tree === undefined) return [];
  const look = lookUpOf(run, new Map());
  const given = filledTexts(childAt(run.job, 'with'), look);
  const inputs = withDefaults(childAt(tree, 'on', 'workflow_call', 'inputs'), given);
  return workflowJobs({ path, tree, inputs, prefix: `${run.label} / ` }, read, depth + 1);
}

function withDefaults(
  declared: YamlTree | undefined,
  given: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const defaults = entriesAt(declared).flatMap(([name, input]) => {
    const value = scalarAt(input, 'default')?.text ?? '';
    return [[name, value] as const];
  });
  return new Map([...defaults, ...given]);
}

function filledTexts(tree: YamlTree | undefined, look: LookUp): ReadonlyMap<string, string> {
  return new Map([...textsOf(tree)].map(([name, text]) => [name, fillExpressions(text, look)]));
}

function jobOf(given: Run, read: ReadTree): PipelineJob {
  const { job, label, workflow } = given;
  const look = lookUpOf(given, new Map());
  const workspace = workspaceOf(itemsAt(job, 'steps'), (text) => fillExpressions(text, look));
  const run: Run = { ...given, workspace };
  return {
    system: 'GitHub Actions',
    label,
    steps: itemsAt(job, 'steps').flatMap((step) =>
      stepsOf(step, { run, path: workflow.path, read, depth: 0, variables: new Map() }),
    ),
  };
}

interface StepContext {
  readonly run: Run;
  /** The file in which the step stands. */
  readonly path: string;
  readonly read: ReadTree;
  readonly depth: number;
  /** What the steps around a composite action give it. */
  readonly variables: ReadonlyMap<string, YamlTree>;
  /** Of a composite action. */
  readonly action?: {
    readonly inputs: (set: ReadonlyMap<string, string>) => ReadonlyMap<string, string>;
    readonly folder: string;
  };
}

function stepsOf(step: YamlTree, context: StepContext): readonly JobStep[] {
  const use = localUse(step, context.run.workspace);
  if (use !== undefined) return compositeSteps(step, use, context);
  const source = scalarAt(step, 'run');
  if (source === undefined) return [];
  return [
    (set) => {
      const { look, variables } = scopeOf(step, context, set);
      const shell = wordAt(step, 'shell') ?? defaultOf(context.run, 'shell');
      const text = fillExpressions(posixScript(plainText(source.text), shell), look);
      const written =
        wordAt(step, 'working-directory') ?? defaultOf(context.run, 'working-directory') ?? '';
      return {
        script: text,
        place: placeIn(context.path, source, text),
        folder: folderFrom(context.run.workspace, fillExpressions(written, look)),
        variables,
      };
    },
  ];
}

/** `defaults.run` of the job, else of the workflow; composite actions have none of their own. */
function defaultOf({ job, workflow }: Run, name: string): string | undefined {
  return wordAt(job, 'defaults', 'run', name) ?? wordAt(workflow.tree, 'defaults', 'run', name);
}

function compositeSteps(step: YamlTree, use: string, context: StepContext): readonly JobStep[] {
  const path = ['action.yml', 'action.yaml']
    .map((name) => `${use}/${name}`)
    .find((one) => context.read(one));
  const tree = path === undefined ? undefined : context.read(path);
  if (path === undefined || tree === undefined || context.depth >= DEEPEST) return [];
  if (wordAt(tree, 'runs', 'using') !== 'composite') return [];
  const inner: StepContext = {
    ...context,
    path,
    depth: context.depth + 1,
    variables: new Map([...context.variables, ...entriesAt(step, 'env')]),
    action: {
      folder: use,
      inputs: (set) => {
        const given = filledTexts(childAt(step, 'with'), scopeOf(step, context, set).look);
        return withDefaults(childAt(tree, 'inputs'), given);
      },
    },
  };
  return itemsAt(tree, 'runs', 'steps').flatMap((one) => stepsOf(one, inner));
}

interface Scope {
  readonly look: LookUp;
  readonly variables: ReadonlyMap<string, string>;
}

/** The environment of a step: workflow, job, what earlier steps set, step; each sees those before it. */
function scopeOf(step: YamlTree, context: StepContext, set: ReadonlyMap<string, string>): Scope {
  const { run, action } = context;
  const variables = new Map<string, string>();
  const inputs = action?.inputs(set);
  const look = lookUpOf(run, variables, { ...(inputs === undefined ? {} : { inputs }), action });
  const add = (entries: readonly (readonly [string, YamlTree])[]): void => {
    const filled = entries.map(([name, value]) => {
      const text = value.kind === 'text' ? fillExpressions(plainText(value.text), look) : '';
      return [name, text] as const;
    });
    for (const [name, text] of filled) variables.set(name, text);
  };
  add(entriesAt(run.workflow.tree, 'env'));
  add(entriesAt(run.job, 'env'));
  for (const [name, text] of set) variables.set(name, text);
  add([...context.variables]);
  add(entriesAt(step, 'env'));
  variables.set('GITHUB_WORKSPACE', workspacePath(run));
  variables.set('GITHUB_ENV', unknownText('$GITHUB_ENV'));
  return { look, variables };
}

interface InAction {
  readonly inputs?: ReadonlyMap<string, string>;
  readonly action?: StepContext['action'];
}

function lookUpOf(run: Run, variables: ReadonlyMap<string, string>, within: InAction = {}): LookUp {
  const inputs = within.inputs ?? run.workflow.inputs;
  return (name) => {
    const [context = '', ...path] = name.split('.');
    const key = path.join('.');
    switch (context) {
      case 'env':
        return variables.get(key);
      case 'matrix':
        return run.matrix && matrixValue(run.matrix, path);
      case 'inputs':
        return inputs.get(key);
      case 'github':
        return githubValue(key, run, within.action);
      default:
        return undefined;
    }
  };
}

function githubValue(key: string, run: Run, action: StepContext['action']): string | undefined {
  const { id, workflow } = run;
  if (key === 'workspace') return workspacePath(run);
  if (key === 'job') return id;
  if (key === 'workflow') return wordAt(workflow.tree, 'name') ?? baseNameOf(workflow.path);
  const isFolder = key === 'action_path' && action !== undefined && isKnown(action.folder);
  return isFolder ? `${CHECKOUT}/${action.folder}` : undefined;
}

function workspacePath({ workspace }: Run): string {
  return workspace === '' ? CHECKOUT : `${CHECKOUT}/${workspace}`;
}
