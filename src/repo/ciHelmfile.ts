import { readTrees, type YamlMap, type YamlTree } from '../yaml/tree';
import type { HelmArgument, HelmSource } from '../model/render';
import type { Json, JsonObject } from '../model/resource';
import { type Arguments, HELMFILE, lastValue, listValues, readArguments } from './ciArguments';
import { type Draft, openSentence, type PipelineWorld, type Session } from './ciDeployment';
import { repositoryChart } from './ciHelm';
import type { Place } from './ciJob';
import { folderFrom, type Invocation } from './ciRun';
import { asWritten, isKnown, plainText } from './ciText';
import { entriesAt, itemsAt, scalarAt, wordAt } from './ciTree';
import { given } from './fields';
import { parentOf, resolvePath } from './paths';

export interface HelmfileDraft {
  readonly draft: Draft;
  readonly place?: Place;
  readonly isApplied: boolean;
}

const APPLYING = new Set(['apply', 'sync', 'charts', 'deploy']);
const DEFAULT_FILES = ['helmfile.yaml', 'helmfile.yaml.gotmpl', 'helmfile.d'];

/** The releases of a helmfile, where it is plain YAML: as `helm upgrade` would be called for each. */
export function helmfileDrafts(
  invocation: Invocation,
  session: Session,
  world: PipelineWorld,
): readonly HelmfileDraft[] {
  const args = readArguments(invocation.words.slice(1), HELMFILE);
  const [command = ''] = args.positional;
  const isApplied = APPLYING.has(command);
  if (!isApplied && command !== 'template') return [];
  const helmfile = helmfileOf(args, invocation, { session, world });
  if (typeof helmfile === 'string') {
    const name = asWritten(lastValue(args, 'file') ?? 'helmfile.yaml');
    const path = fileOf(lastValue(args, 'file'), invocation, world);
    return [{ draft: unsupported(path ?? name, helmfile), isApplied }];
  }
  const selectors = listValues(args, 'selector');
  return releasesOf(helmfile)
    .filter((release) => isSelected(release, selectors))
    .map((release) => ({
      draft: releaseDraft(release, helmfile),
      place: { path: helmfile.path, line: release.line },
      isApplied,
    }));
}

/** A sentence, where it is more than plain YAML. */
function helmfileOf(
  args: Arguments,
  invocation: Invocation,
  { session, world }: { readonly session: Session; readonly world: PipelineWorld },
): Helmfile | string {
  const path = fileOf(lastValue(args, 'file'), invocation, world);
  if (path === undefined) return 'The helmfile is not in the repository.';
  const environment = environmentOf(args, invocation);
  const open = openSentence('The environment', environment);
  if (open !== undefined) return open;
  const text = filled(world.text(path) ?? '', environment);
  if (text.includes('{{'))
    return 'The helmfile is a template of helmfile itself, which is not run.';
  const trees = readTrees(plainText(text));
  const context = lastValue(args, 'kube-context') ?? session.context;
  return unreadable(trees) ?? { path, trees, world, context };
}

function environmentOf(args: Arguments, { variables }: Invocation): string {
  return lastValue(args, 'environment') ?? variables.get('HELMFILE_ENVIRONMENT') ?? 'default';
}

interface Helmfile {
  readonly path: string;
  readonly trees: readonly YamlMap[];
  readonly world: PipelineWorld;
  readonly context: string | undefined;
}

function fileOf(
  written: string | undefined,
  { folder }: Invocation,
  { text }: PipelineWorld,
): string | undefined {
  const names = written === undefined ? DEFAULT_FILES : [written];
  return names
    .map((name) => folderFrom(folder, name))
    .find((path) => isKnown(path) && text(path) !== undefined);
}

/** The one template that says nothing but what the command line says. */
function filled(text: string, environment: string): string {
  return text.replace(/\{\{-?\s*\.Environment\.Name\s*-?\}\}/g, () => environment);
}

function unsupported(path: string, reason: string): Draft {
  return {
    kind: 'Chart',
    name: path,
    path: parentOf(path),
    source: reason,
    unresolved: [],
    notes: [],
  };
}

function unreadable(trees: readonly YamlMap[]): string | undefined {
  const keys = trees.flatMap((tree) => [...tree.entries.keys()]);
  const found = ['bases', 'helmfiles', 'templates', 'hooks'].find((key) => keys.includes(key));
  return found === undefined ? undefined : `The helmfile uses ${found}, which are not followed.`;
}

function releasesOf({ trees }: Helmfile): readonly YamlMap[] {
  return trees
    .flatMap((tree) => itemsAt(tree, 'releases'))
    .filter((release): release is YamlMap => release.kind === 'map')
    .filter((release) => wordAt(release, 'installed') !== 'false');
}

function isSelected(release: YamlMap, selectors: readonly string[]): boolean {
  return (
    selectors.length === 0 ||
    selectors.every((selector) => {
      const [key = '', value = ''] = selector.split('=');
      return (key === 'name' ? wordAt(release, 'name') : wordAt(release, 'labels', key)) === value;
    })
  );
}

function releaseDraft(release: YamlMap, helmfile: Helmfile): Draft {
  const chart = chartOf(release, helmfile);
  const hasSecrets = itemsAt(release, 'secrets').length > 0;
  return {
    kind: 'Chart',
    name: wordAt(release, 'name') ?? '',
    path: typeof chart === 'string' || chart.reference !== undefined ? undefined : chart.path,
    source: typeof chart === 'string' ? chart : releaseSource(release, chart, helmfile),
    ...given('namespace', wordAt(release, 'namespace')),
    ...given('context', contextOf(release, helmfile)),
    unresolved: [],
    notes: hasSecrets
      ? ['Values files of secrets are decrypted in the run; they are left out here.']
      : [],
  };
}

function contextOf(release: YamlMap, { trees, context }: Helmfile): string | undefined {
  const defaults = trees.flatMap((tree) => wordAt(tree, 'helmDefaults', 'kubeContext') ?? []);
  return wordAt(release, 'kubeContext') ?? defaults[0] ?? context;
}

type Values = Pick<HelmSource, 'valueFiles' | 'values'>;

interface Chart {
  readonly path: string;
  readonly reference?: HelmSource['chart'];
}

function releaseSource(release: YamlMap, chart: Chart, helmfile: Helmfile): HelmSource | string {
  const values = valuesOf(release, helmfile);
  if (typeof values === 'string') return values;
  return {
    kind: 'helm',
    path: chart.path,
    releaseName: wordAt(release, 'name') ?? '',
    namespace: wordAt(release, 'namespace') ?? 'default',
    ...values,
    includeCrds: true,
    ...given('chart', chart.reference),
    ...given('arguments', settingsOf(release)),
  };
}

function chartOf(release: YamlMap, { path: file, trees, world }: Helmfile): Chart | string {
  const chart = wordAt(release, 'chart') ?? '';
  const path = resolvePath(parentOf(file), chart);
  if (world.tree.files.has(resolvePath(path, 'Chart.yaml'))) return { path };
  const version = wordAt(release, 'version') ?? '';
  if (chart.startsWith('oci://')) {
    return { path: '', reference: { repository: chart, name: '', version } };
  }
  const [name, rest] = repositoryChart(chart);
  const repository = repositoryOf(name, trees);
  return repository === undefined
    ? `The chart ${chart} is in no folder and no repository of the helmfile.`
    : { path: '', reference: { repository, name: rest, version } };
}

function repositoryOf(name: string, trees: readonly YamlMap[]): string | undefined {
  const listed = trees.flatMap((tree) => itemsAt(tree, 'repositories'));
  const found = listed.find((one) => wordAt(one, 'name') === name);
  const url = wordAt(found, 'url');
  return url !== undefined && wordAt(found, 'oci') === 'true' ? `oci://${url}` : url;
}

/** Files first, then what is written in place: Helm's order where the helmfile has the same one. */
function valuesOf(release: YamlMap, { path, world }: Helmfile): Values | string {
  const files: string[] = [];
  const inline: JsonObject[] = [];
  for (const entry of itemsAt(release, 'values')) {
    const written = wordAt(entry);
    if (written === undefined) inline.push(jsonOf(entry) as JsonObject);
    else {
      const file = resolvePath(parentOf(path), written);
      if (inline.length > 0)
        return 'The helmfile has a values file after values of its own, which is not followed.';
      if (/\.gotmpl$/.test(file))
        return `The values file ${file} is a template of helmfile itself, which is not run.`;
      if (!world.tree.files.has(file))
        return `The values file ${written} is not in the repository.`;
      files.push(file);
    }
  }
  const [only, ...more] = inline;
  if (more.length > 0)
    return 'The helmfile has several values of its own for one release, which is not followed.';
  return { valueFiles: files, ...given('values', only) };
}

function settingsOf(release: YamlMap): readonly HelmArgument[] {
  return itemsAt(release, 'set').flatMap((entry): readonly HelmArgument[] => {
    const name = wordAt(entry, 'name') ?? '';
    const value = scalarAt(entry, 'value')?.text;
    if (value !== undefined)
      return [{ flag: 'set', text: `${name}=${value.replace(/([,{}])/g, '\\$1')}` }];
    const list = itemsAt(entry, 'values').flatMap((item) => wordAt(item) ?? []);
    return list.length === 0 ? [] : [{ flag: 'set', text: `${name}={${list.join(',')}}` }];
  });
}

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/** Values as values files of this kind hold them. */
function jsonOf(tree: YamlTree): Json {
  switch (tree.kind) {
    case 'list':
      return tree.items.map(jsonOf);
    case 'map':
      return Object.fromEntries(entriesAt(tree).map(([name, value]) => [name, jsonOf(value)]));
    case 'text':
      return tree.isPlain ? plainValue(tree.text) : tree.text;
  }
}

function plainValue(text: string): Json {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === '' || text === 'null' || text === '~') return null;
  return NUMBER.test(text) ? Number(text) : text;
}
