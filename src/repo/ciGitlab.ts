import type { YamlMap, YamlText, YamlTree } from '../yaml/tree';
import type { ReadTree } from './ciGithub';
import { combinations, joinedScripts, type JobStep, type PipelineJob } from './ciJob';
import { CHECKOUT, expandNested, plainText, unknownText } from './ciText';
import { childAt, entriesAt, itemsAt, mapAt, scalarAt, wordAt, wordsAt } from './ciTree';
import { isGlob, matchesGlob } from './glob';
import { resolvePath } from './paths';

export const GITLAB_PATHS = ['.gitlab-ci.yml', '.gitlab-ci.yaml'];

const KEYWORDS = new Set([
  ...['default', 'include', 'stages', 'variables', 'workflow', 'image', 'services', 'cache'],
  ...['before_script', 'after_script', 'spec'],
]);

/** A pipeline with its local includes merged in. */
interface Pipeline {
  readonly top: YamlMap;
  /** In which file a text stands; most are in the top one. */
  readonly files: Map<YamlTree, string>;
  readonly path: string;
}

export function gitlabJobs(
  path: string,
  read: ReadTree,
  allPaths: readonly string[],
): readonly PipelineJob[] {
  const files = new Map<YamlTree, string>();
  const top = withIncludes(path, { read, allPaths, files, seen: new Set() });
  if (top === undefined) return [];
  const pipeline = { top, files, path };
  return [...top.entries].flatMap(([name, tree]) => {
    if (name.startsWith('.') || KEYWORDS.has(name) || tree.kind !== 'map') return [];
    return jobsOf(name, extended(tree, pipeline), pipeline);
  });
}

interface Including {
  readonly read: ReadTree;
  readonly allPaths: readonly string[];
  readonly files: Map<YamlTree, string>;
  readonly seen: Set<string>;
}

const MOST_FILES = 150;

/** Included files first: what the including one says wins, mapping by mapping. */
function withIncludes(path: string, including: Including): YamlMap | undefined {
  if (including.seen.has(path) || including.seen.size >= MOST_FILES) return undefined;
  including.seen.add(path);
  const own = including.read(path);
  if (own === undefined) return undefined;
  remember(own, path, including.files);
  let merged: YamlMap = { kind: 'map', entries: new Map(), line: 1 };
  for (const name of includedPaths(own, including.allPaths)) {
    const part = withIncludes(name, including);
    if (part !== undefined) merged = deepMerged(merged, part);
  }
  return deepMerged(merged, own);
}

function includedPaths(tree: YamlMap, allPaths: readonly string[]): readonly string[] {
  return itemsAt(tree, 'include').flatMap((item) => {
    const written = wordAt(item) ?? wordAt(item, 'local');
    if (written === undefined || /^[a-z]+:\/\//.test(written)) return [];
    const path = resolvePath('', written);
    return isGlob(path) ? allPaths.filter((one) => matchesGlob(path, one)) : [path];
  });
}

function remember(tree: YamlTree, path: string, files: Map<YamlTree, string>): void {
  if (tree.kind === 'text') files.set(tree, path);
  else if (tree.kind === 'list') for (const item of tree.items) remember(item, path, files);
  else for (const value of tree.entries.values()) remember(value, path, files);
}

function deepMerged(below: YamlMap, above: YamlMap): YamlMap {
  const entries = new Map(below.entries);
  for (const [name, value] of above.entries) {
    const before = entries.get(name);
    const both = before?.kind === 'map' && value.kind === 'map';
    entries.set(name, both ? deepMerged(before, value) : value);
  }
  return { kind: 'map', entries, line: above.line };
}

const DEEPEST_EXTENDS = 11;

function extended(job: YamlMap, pipeline: Pipeline, depth = 0): YamlMap {
  const parents = wordsAt(job, 'extends');
  if (parents.length === 0 || depth >= DEEPEST_EXTENDS) return job;
  let merged: YamlMap = { kind: 'map', entries: new Map(), line: job.line };
  for (const name of parents) {
    const parent = mapAt(pipeline.top, name);
    if (parent !== undefined) merged = deepMerged(merged, extended(parent, pipeline, depth + 1));
  }
  return deepMerged(merged, job);
}

/** One for each combination of its matrix, and for each rule that sets other variables. */
function jobsOf(name: string, job: YamlMap, pipeline: Pipeline): readonly PipelineJob[] {
  const runs = matrixRuns(job);
  const rules = ruleVariables(job);
  return runs.flatMap((matrix) =>
    rules.map((rule) => {
      const values = [...new Set([...matrix.values(), ...(rules.length > 1 ? rule.values() : [])])];
      const label = values.length === 0 ? name : `${name} (${values.join(', ')})`;
      const variables = jobVariables({ name, job, pipeline }, new Map([...rule, ...matrix]));
      return { system: 'GitLab CI', label, steps: stepsOf(job, variables, pipeline) };
    }),
  );
}

function matrixRuns(job: YamlMap): readonly ReadonlyMap<string, string>[] {
  const axes = itemsAt(job, 'parallel', 'matrix').map((entry) =>
    entriesAt(entry).map(([name, value]) => [name, wordsAt(value)] as const),
  );
  return axes.length === 0 ? [new Map()] : axes.flatMap((one) => combinations(one));
}

function ruleVariables(job: YamlMap): readonly ReadonlyMap<string, string>[] {
  const rules = itemsAt(job, 'rules')
    .filter((rule) => wordAt(rule, 'when') !== 'never')
    .map((rule) => variablesAt(rule));
  const distinct = new Map(rules.map((rule) => [JSON.stringify([...rule]), rule]));
  return distinct.size === 0 ? [new Map()] : [...distinct.values()];
}

function variablesAt(tree: YamlTree | undefined): ReadonlyMap<string, string> {
  return new Map(
    entriesAt(tree, 'variables').flatMap(([name, value]) => {
      const text = scalarAt(value) ?? scalarAt(value, 'value');
      return text === undefined ? [] : [[name, plainText(text.text)] as const];
    }),
  );
}

interface NamedJob {
  readonly name: string;
  readonly job: YamlMap;
  readonly pipeline: Pipeline;
}

function jobVariables(
  { name, job, pipeline }: NamedJob,
  chosen: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const environment = wordAt(job, 'environment') ?? wordAt(job, 'environment', 'name');
  // Which rule of the workflow fits is for the run to say.
  const open = itemsAt(pipeline.top, 'workflow', 'rules').flatMap((rule) => [
    ...variablesAt(rule).keys(),
  ]);
  const all = new Map<string, string>([
    ['CI_PROJECT_DIR', CHECKOUT],
    ['CI_JOB_NAME', name],
    ...(environment === undefined ? [] : ([['CI_ENVIRONMENT_NAME', environment]] as const)),
    ...variablesAt(pipeline.top),
    ...open.map((one) => [one, unknownText(`$${one}`)] as const),
    ...variablesAt(job),
    ...chosen,
  ]);
  return new Map([...all].map(([key, value]) => [key, expanded(value, all)]));
}

const REFERENCE = /\$\$|\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g;

/** Variables in the values of variables, which GitLab expands before the job starts. */
function expanded(text: string, all: ReadonlyMap<string, string>): string {
  return expandNested(text, REFERENCE, (name) => (name === '$$' ? '$' : all.get(name)));
}

function stepsOf(
  job: YamlMap,
  variables: ReadonlyMap<string, string>,
  pipeline: Pipeline,
): readonly JobStep[] {
  const inherited = (name: string): YamlTree | undefined =>
    childAt(job, name) ?? childAt(pipeline.top, 'default', name) ?? childAt(pipeline.top, name);
  const main = [inherited('before_script'), childAt(job, 'script')];
  return [main, [inherited('after_script')]].flatMap((scripts) => {
    const texts = scripts.flatMap((script) => scriptTexts(script, pipeline, 0));
    return texts.length === 0 ? [] : [() => scriptRun(texts, variables, pipeline)];
  });
}

function scriptRun(
  texts: readonly YamlText[],
  variables: ReadonlyMap<string, string>,
  { files, path }: Pipeline,
): ReturnType<JobStep> {
  const parts = texts.map((source) => ({ source, text: plainText(source.text) }));
  const [first] = texts;
  const file = (first && files.get(first)) ?? path;
  const { script, place } = joinedScripts(file, parts, (source) => files.get(source) ?? path);
  return { script, place, folder: '', variables };
}

const DEEPEST_SCRIPT = 10;

/** The lines of a script, with nested lists and `!reference` followed. */
function scriptTexts(
  script: YamlTree | undefined,
  pipeline: Pipeline,
  depth: number,
): readonly YamlText[] {
  if (script === undefined || script.kind === 'map' || depth > DEEPEST_SCRIPT) return [];
  if (script.kind === 'text') return [script];
  return script.tag === '!reference'
    ? scriptTexts(referenced(wordsAt(script), pipeline), pipeline, depth + 1)
    : script.items.flatMap((item) => scriptTexts(item, pipeline, depth + 1));
}

function referenced(
  [name = '', ...rest]: readonly string[],
  pipeline: Pipeline,
): YamlTree | undefined {
  const target = mapAt(pipeline.top, name);
  if (target === undefined) return undefined;
  return childAt(target, ...rest) ?? childAt(extended(target, pipeline), ...rest);
}
