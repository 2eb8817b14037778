import type { Steps } from '../base/pacer';
import type { FileEdit } from '../model/render';
import { readTrees, type YamlMap } from '../yaml/tree';
import { azureJobs, isAzurePipeline } from './ciAzure';
import { type CommandContext, type Found, readCommand, readScript } from './ciCommands';
import { createSession, type Deployment, type PipelineWorld } from './ciDeployment';
import { pipelinePaths } from './ciFiles';
import { githubJobs, isGithubWorkflow, type ReadTree } from './ciGithub';
import { bothFiles, filesName } from './ciKubectl';
import { GITLAB_PATHS, gitlabJobs } from './ciGitlab';
import { isJenkinsfile, jenkinsJobs } from './ciJenkins';
import type { PipelineJob, StepRun } from './ciJob';
import { textVariables } from './ciRun';
import { given } from './fields';

/** How many commands the scripts of one job may run. */
const MOST_COMMANDS = 2000;
const MOST_JOBS = 2000;
/** Words without which a pipeline deploys nothing that is known here. */
const TELLING =
  /helm|kubectl|kustomize|\boc\b|werf|kubernetes|\.sh\b|\bmake\b|uses:\s*\.\/|template:|include:|\.\//i;

/** What the pipelines among the texts deploy, in the order in which they say it. */
export function* deploymentSteps(
  paths: readonly string[],
  world: PipelineWorld,
): Steps<readonly Deployment[]> {
  const read = treeReader(world);
  const pipelines = pipelinePaths(paths).filter((path) => TELLING.test(world.text(path) ?? ''));
  const found: Deployment[] = [];
  let count = 0;
  // Parsing takes longest: a pause after each file.
  for (const path of pipelines) {
    if (!isJenkinsfile(path)) read(path);
    yield;
  }
  const jobs = [
    () => githubJobs(pipelines.filter(isGithubWorkflow), read),
    ...pipelines
      .filter((path) => !isGithubWorkflow(path))
      .map((path) => () => jobsIn(path, { read, world, paths })),
  ];
  for (const make of jobs) {
    for (const job of make()) {
      if ((count += 1) > MOST_JOBS) return found;
      found.push(...jobDeployments(job, world));
      yield;
    }
  }
  return found;
}

interface Reading {
  readonly read: ReadTree;
  readonly world: PipelineWorld;
  readonly paths: readonly string[];
}

function jobsIn(path: string, { read, world, paths }: Reading): readonly PipelineJob[] {
  if (GITLAB_PATHS.includes(path)) return gitlabJobs(path, read, paths);
  if (isAzurePipeline(path)) return azureJobs(path, read);
  return isJenkinsfile(path) ? jenkinsJobs(path, world.text(path) ?? '') : [];
}

/** Each file is parsed once. */
function treeReader({ text }: PipelineWorld): ReadTree {
  const known = new Map<string, YamlMap | undefined>();
  return (path) => {
    if (!known.has(path)) known.set(path, treeIn(text(path)));
    return known.get(path);
  };
}

/** Of a file with a header document, the last one is the pipeline. */
function treeIn(text: string | undefined): YamlMap | undefined {
  return text === undefined ? undefined : readTrees(text).at(-1);
}

function jobDeployments(job: PipelineJob, world: PipelineWorld): readonly Deployment[] {
  const found: Collected = { all: [], seen: new Set(), files: new Map() };
  const set = new Map<string, string>();
  const collect = (one: Found, notes: readonly string[] = []): void => {
    const { label, system } = job;
    add({ ...one, notes: [...one.notes, ...notes], job: label, system }, found);
  };
  const context = {
    world,
    session: createSession(),
    budget: { left: MOST_COMMANDS },
    depth: 0,
    onVariable: (name: string, value: string) => {
      set.set(name, value);
    },
  };
  for (const step of job.steps) {
    const run = step(set);
    if (run === undefined) continue;
    const onDeployment = (one: Found): void => {
      collect(one, run.notes);
    };
    readStep(run, { ...context, place: run.place, onDeployment });
  }
  return found.all;
}

const MOST_DEPLOYMENTS = 500;

interface Collected {
  readonly all: Deployment[];
  /** What was found already: loops say the same many times. */
  readonly seen: Set<string>;
  /** Chosen files of a folder by where they go → their place in the list. */
  readonly files: Map<string, number>;
}

/** Files of one folder that a job applies one by one are one app. */
function add(one: Deployment, { all, seen, files }: Collected): void {
  const whole = JSON.stringify(one);
  if (seen.has(whole) || all.length >= MOST_DEPLOYMENTS) return;
  seen.add(whole);
  const group = groupOf(one);
  const at = files.get(group) ?? all.length;
  const joined = withFiles(all[at], one);
  if (joined !== undefined) {
    all[at] = joined;
    return;
  }
  if (bothFiles(one.source, one.source) !== undefined) files.set(group, all.length);
  all.push(one);
}

function withFiles(other: Deployment | undefined, one: Deployment): Deployment | undefined {
  const source = other && bothFiles(other.source, one.source);
  const edits = other && bothEdits(other.edits, one.edits);
  if (other === undefined || source === undefined || edits === undefined) return undefined;
  return { ...other, ...given('edits', edits), source, name: filesName(source) };
}

/** Those of both, where they do the same to each file. */
function bothEdits(
  first: readonly FileEdit[] = [],
  second: readonly FileEdit[] = [],
): readonly FileEdit[] | undefined {
  const byPath = new Map(first.map((edit) => [edit.path, edit]));
  const isSame = second.every((edit) => {
    const other = byPath.get(edit.path);
    return other === undefined || JSON.stringify(other) === JSON.stringify(edit);
  });
  return isSame
    ? [...new Map([...first, ...second].map((edit) => [edit.path, edit])).values()]
    : undefined;
}

/** Where files have to come from and to go to for being one app. */
function groupOf(one: Deployment): string {
  const { namespace, context, serverSideBy, forcesConflicts, rendersOnly, notes, source } = one;
  const folder = typeof source === 'string' ? '' : source.path;
  const applied = [namespace, context, serverSideBy, forcesConflicts, rendersOnly];
  return JSON.stringify([folder, ...applied, notes]);
}

function readStep(run: StepRun, context: CommandContext): void {
  const { script, folder, variables } = run;
  if (typeof script === 'string') {
    readScript(script, { folder, variables }, context);
    return;
  }
  const { words } = script;
  readCommand(
    { at: 0, words, folder, environment: new Map(), variables: textVariables(variables) },
    context,
  );
}
