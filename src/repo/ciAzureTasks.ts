import type { YamlText } from '../yaml/tree';
import { splitFields } from './ciExpand';
import { posixScript } from './ciExpressions';
import { type Place, placeIn, type StepRun } from './ciJob';
import { folderFrom } from './ciRun';
import { parseShell } from './ciShell';
import { asWritten } from './ciText';

export interface TaskInput {
  readonly input: (name: string) => YamlText | undefined;
  readonly variables: ReadonlyMap<string, string>;
  readonly path: string;
  readonly line: number;
}

/** What a task of Azure Pipelines runs, as the script or the command that it amounts to. */
export function taskRun(task: string, inputs: TaskInput): StepRun | undefined {
  const name = task.replace(/@.*$/, '').replace(/^.*\./, '').toLowerCase();
  const make = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  return make?.(inputs);
}

type Task = (inputs: TaskInput) => StepRun | undefined;

const TASKS: Readonly<Record<string, Task>> = {
  bash: (inputs) => scriptTask(inputs, 'script', 'filePath'),
  cmdline: (inputs) => scriptTask(inputs, 'script', 'filePath'),
  powershell: (inputs) => scriptTask(inputs, 'script', 'filePath', 'pwsh'),
  azurecli: (inputs) => scriptTask(inputs, 'inlineScript', 'scriptPath'),
  helmdeploy: helmTask,
  kubernetesmanifest: manifestTask,
  kubernetes: kubernetesTask,
};

function scriptTask(
  inputs: TaskInput,
  inline: string,
  file: string,
  own?: string,
): StepRun | undefined {
  const { input, variables, path, line } = inputs;
  const folder = folderFrom('', input('workingDirectory')?.text ?? '');
  const source = input(inline);
  if (source !== undefined && source.text !== '') {
    const script = posixScript(source.text, own ?? input('scriptType')?.text);
    return { script, place: placeIn(path, source, script), folder, variables };
  }
  const script = calledScript(inputs, file);
  return script === undefined
    ? undefined
    : { script, place: () => ({ path, line }), folder, variables };
}

/** A file of the repository with its arguments, as a line of a script. */
function calledScript({ input }: TaskInput, file: string): string | undefined {
  const script = input(file)?.text;
  if (script === undefined) return undefined;
  const called = script.includes('/') ? script : `./${script}`;
  return `'${called}' ${input('arguments')?.text ?? input('scriptArguments')?.text ?? ''}`;
}

function command({ variables, path, line }: TaskInput, words: readonly string[]): StepRun {
  const place = (): Place => ({ path, line });
  return { script: { words }, place, folder: '', variables };
}

function flag(name: string, value: string | undefined): readonly string[] {
  return value === undefined || value === '' ? [] : [`--${name}`, value];
}

/** Lines and commas both part the entries of such an input. */
function entries(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(/[\n,]/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function helmTask(inputs: TaskInput): StepRun | undefined {
  const value = (name: string): string => inputs.input(name)?.text ?? '';
  const verb = value('command');
  if (!/^(upgrade|install)$/.test(verb)) return undefined;
  const isFolder = value('chartType').toLowerCase() === 'filepath';
  const chart = (isFolder ? '' : value('chartName')) || value('chartPath');
  const isInstalling = verb === 'upgrade' && value('install') !== 'false';
  return command(inputs, [
    'helm',
    verb,
    ...(isInstalling ? ['--install'] : []),
    value('releaseName') || chart.replace(/^.*\//, ''),
    chart,
    ...flag('namespace', value('namespace')),
    ...flag('version', isFolder ? '' : value('chartVersion')),
    ...flag('kube-context', value('kubernetesCluster')),
    ...entries(value('valueFile')).flatMap((file) => ['--values', file]),
    ...value('overrideValues')
      .split('\n')
      .flatMap((line) => flag('set', line.trim())),
    ...argumentWords(value('arguments')),
  ]);
}

/** The words of further arguments, which the task splits as a shell would. */
function argumentWords(text: string): readonly string[] {
  const [first] = parseShell(`x ${text.replaceAll('\n', ' ')}`);
  if (first?.kind !== 'simple') return splitFields(text);
  return first.words
    .slice(1)
    .map((word) => word.map((part) => ('text' in part ? part.text : '')).join(''));
}

function manifestTask(inputs: TaskInput): StepRun | undefined {
  const value = (name: string): string | undefined => inputs.input(name)?.text;
  if ((value('action') ?? 'deploy') !== 'deploy') return undefined;
  const files = (value('manifests') ?? '').split('\n').map((one) => one.trim());
  const run = command(inputs, [
    'kubectl',
    'apply',
    ...files.flatMap((file) => flag('filename', file)),
    ...flag('namespace', value('namespace')),
    ...flag('context', value('kubernetesCluster')),
  ]);
  const notes = [
    ...putIn('images', value('containers')),
    ...putIn('imagePullSecrets', value('imagePullSecrets')),
  ];
  return notes.length === 0 ? run : { ...run, notes };
}

/** What the task writes into the manifests before it applies them. */
function putIn(what: string, text: string | undefined): readonly string[] {
  const names = entries(text).map(asWritten).join(', ');
  return names === ''
    ? []
    : [`The task puts ${what} of its own into the manifests, which the result lacks: ${names}.`];
}

function kubernetesTask(inputs: TaskInput): StepRun | undefined {
  const value = (name: string): string | undefined => inputs.input(name)?.text;
  const verb = value('command');
  if (verb === undefined) return undefined;
  const isInline = value('useConfigurationFile') === 'true';
  return command(inputs, [
    'kubectl',
    verb,
    ...(isInline ? flag('filename', value('configuration')) : []),
    ...flag('namespace', value('namespace')),
    ...argumentWords(value('arguments') ?? ''),
  ]);
}
