import type { ChartReference, HelmArgument, HelmSource } from '../model/render';
import {
  allValues,
  type Arguments,
  forcesConflicts,
  HELM,
  isDryRun,
  isOn,
  lastValue,
  listValues,
  readArguments,
} from './ciArguments';
import {
  type Draft,
  openParts,
  openSentence,
  type PipelineWorld,
  type Session,
} from './ciDeployment';
import { folderFrom, type Invocation } from './ciRun';
import { asWritten, isKnown, wayDown, withPlaceholders } from './ciText';
import { given } from './fields';
import { baseNameOf, isWithin, resolvePath } from './paths';

/** What a helm command is about. */
export interface HelmCommand {
  readonly kind: 'deploys' | 'renders';
  readonly draft: Draft;
}

const DEPLOYING = new Set(['upgrade', 'install']);

/** Reads `helm upgrade`, `install` and `template`; other commands leave something or nothing behind. */
export function helmCommand(
  invocation: Invocation,
  session: Session,
  world: PipelineWorld,
): HelmCommand | undefined {
  const args = readArguments(invocation.words.slice(1), HELM);
  // helm-secrets decrypts values files and calls helm with the rest.
  const [command = '', ...rest] = args.positional.filter(
    (word, at) => at > 0 || word !== 'secrets',
  );
  if (command === 'repo') addRepository(rest, session);
  const isTemplate = command === 'template';
  if ((!isTemplate && !DEPLOYING.has(command)) || isOn(args, 'help', 'h')) return undefined;
  const named = namedBy(command, rest, args);
  return {
    kind: isTemplate || isDryRun(args) ? 'renders' : 'deploys',
    draft: draftOf({ command, args, invocation, session, world, ...named }),
  };
}

function addRepository([verb, name, url]: readonly string[], { repositories }: Session): void {
  if (verb === 'add' && name !== undefined && url !== undefined) repositories.set(name, url);
}

interface HelmCall {
  readonly command: string;
  readonly args: Arguments;
  readonly release: string;
  readonly chart: string;
  /** Words beyond release and chart: `$EXTRA_ARGS`. */
  readonly further: readonly string[];
  readonly invocation: Invocation;
  readonly session: Session;
  readonly world: PipelineWorld;
}

/** `template` gives releases without a name this one. */
const UNNAMED = 'release-name';

function namedBy(
  command: string,
  words: readonly string[],
  args: Arguments,
): Pick<HelmCall, 'release' | 'chart' | 'further'> {
  const sure = words.length > 2 ? preferKnown(words) : words;
  const further = words.filter((word) => !sure.includes(word));
  const [first = '', second, ...more] = sure;
  if (second !== undefined && !isOn(args, 'generate-name')) {
    return { release: first, chart: second, further: [...further, ...more] };
  }
  const unnamed = command === 'template' ? UNNAMED : '';
  return { release: lastValue(args, 'name-template') ?? unnamed, chart: first, further };
}

/** Whole words that only a run knows may be any number of flags, by what they are called. */
function preferKnown(words: readonly string[]): readonly string[] {
  const whole = (word: string): boolean => /^\uE000[^\uE001]*\uE001$/.test(word);
  const isExtra = (word: string): boolean =>
    whole(word) && /arg|opt|flag|extra|param|set|val/i.test(word);
  const kept = words.filter((word) => !isExtra(word));
  return kept.length >= 2 ? kept : words;
}

function draftOf(call: HelmCall): Draft {
  const { args, session } = call;
  const chart = chartOf(call);
  const namespace = namespaceOf(call);
  const isFound = typeof chart !== 'string';
  const source = isFound ? sourceOf(call, chart, namespace) : chart;
  const texts = typeof source === 'string' ? [] : setTexts(args);
  return {
    kind: 'Chart',
    name: nameOf(call),
    path: isFound ? folderOf(chart) : claimedPath(call),
    source,
    ...given('namespace', known(namespace)),
    ...given('context', known(lastValue(args, 'kube-context') ?? session.context)),
    ...given('forcesConflicts', forcesConflicts(args)),
    unresolved: openParts([...texts, ...call.further]),
    notes: notesOf(call),
  };
}

function namespaceOf({ args, invocation, session }: HelmCall): string | undefined {
  const given = lastValue(args, 'namespace') ?? invocation.variables.get('HELM_NAMESPACE');
  return given ?? session.namespace;
}

function known(text: string | undefined): string | undefined {
  return text !== undefined && isKnown(text) ? text : undefined;
}

function nameOf({ release, chart }: HelmCall): string {
  const isName = release !== '' && release !== UNNAMED && isKnown(release);
  return isName ? release : baseNameOf(asWritten(chart)) || asWritten(chart) || 'helm';
}

/** The folder that it is about even where it cannot be rendered. */
function claimedPath({ chart, invocation, world }: HelmCall): string | undefined {
  const path = folderFrom(invocation.folder, chart);
  return isKnown(path) && world.tree.folders.has(path) ? path : undefined;
}

function folderOf({ path, reference: remote }: Chart): string | undefined {
  return remote === undefined ? path : undefined;
}

interface Chart {
  readonly path: string;
  readonly reference?: ChartReference;
}

/** The chart as Helm finds it: a folder first, then a repository; else a sentence. */
function chartOf(call: HelmCall): Chart | string {
  const { chart, args, invocation, world } = call;
  const open = openSentence('The chart', chart) ?? openSentence('The folder', invocation.folder);
  if (open !== undefined) return open;
  if (chart === '') return 'The command names no chart.';
  const repository = lastValue(args, 'repo');
  if (repository !== undefined) return fromRepository(call, repository, chart);
  if (chart.startsWith('oci://')) return { path: '', reference: reference(call, chart, '') };
  const path = folderFrom(invocation.folder, chart);
  if (isKnown(path) && world.tree.files.has(resolvePath(path, 'Chart.yaml'))) return { path };
  return notInFolders(call, path);
}

function notInFolders(call: HelmCall, path: string): Chart | string {
  const { chart, session, world } = call;
  if (/^https?:\/\//.test(chart)) return `The chart is the archive ${chart}, which is not fetched.`;
  const [name, rest] = repositoryChart(chart);
  const repository = session.repositories.get(name);
  if (repository !== undefined) return fromRepository(call, repository, rest);
  if (world.tree.files.has(path)) {
    return `The chart ${chart} is packed; only folders are rendered.`;
  }
  return name === '' || world.tree.folders.has(path)
    ? `The chart ${asWritten(chart)} is not in the repository.`
    : `The chart ${chart} is in no folder, and this job adds no chart repository ${name}.`;
}

/** `bitnami/nginx`: the repository and the rest. */
export function repositoryChart(chart: string): readonly [string, string] {
  const slash = /^[^./]/.test(chart) ? chart.indexOf('/') : -1;
  return slash < 0 ? ['', ''] : [chart.slice(0, slash), chart.slice(slash + 1)];
}

function fromRepository(call: HelmCall, repository: string, name: string): Chart | string {
  const open = openSentence('The chart repository', repository);
  return open ?? { path: '', reference: reference(call, repository, name) };
}

function reference({ args }: HelmCall, repository: string, name: string): ChartReference {
  return { repository, name, version: lastValue(args, 'version') ?? '' };
}

function sourceOf(call: HelmCall, chart: Chart, namespace = 'default'): HelmSource | string {
  const { args, command, release } = call;
  const fault = openFault(call, namespace) ?? unsupportedFlag(args);
  if (fault !== undefined) return fault;
  const files = valueFiles(call);
  if (typeof files === 'string') return files;
  const settings = settingsOf(call);
  if (typeof settings === 'string') return settings;
  return {
    kind: 'helm',
    path: chart.path,
    releaseName: release,
    namespace,
    valueFiles: files,
    includeCrds: command === 'template' ? isOn(args, 'include-crds') : !isOn(args, 'skip-crds'),
    ...given('chart', chart.reference),
    ...given('arguments', settings),
    ...switches(call, openParts(setTexts(args)).length > 0),
  };
}

function openFault({ args, release }: HelmCall, namespace: string): string | undefined {
  return (
    openSentence('The release name', release) ??
    refusedName(release) ??
    openSentence('The namespace', namespace) ??
    openSentence('The chart version', lastValue(args, 'version') ?? '')
  );
}

function switches({ args, command }: HelmCall, isOpen: boolean): Partial<HelmSource> {
  // With `--install`, only the cluster knows which of the two it is.
  const isUpgrade = command === 'upgrade' ? !isOn(args, 'install') : isOn(args, 'is-upgrade');
  const version = lastValue(args, 'kube-version');
  return {
    ...given('isUpgrade', isUpgrade || undefined),
    ...given('skipHooks', isOn(args, 'no-hooks') || undefined),
    ...given('skipTests', isOn(args, 'skip-tests') || undefined),
    // A schema knows nothing of placeholders.
    ...given('skipSchemaValidation', isOpen || isOn(args, 'skip-schema-validation') || undefined),
    ...given('kubeVersion', version),
    ...given('apiVersions', listValues(args, 'api-versions')),
  };
}

/** As Helm checks it (pkg/chart/v2/util, ValidateReleaseName). */
const RELEASE_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LONGEST_NAME = 53;

function refusedName(name: string): string | undefined {
  // One that is made in each run is told by its flag.
  if (name === '') return undefined;
  return name.length <= LONGEST_NAME && RELEASE_NAME.test(name)
    ? undefined
    : `Helm takes no release with the name ${name}.`;
}

const UNSUPPORTED: Readonly<Record<string, string>> = {
  'post-renderer':
    'The pipeline changes what Helm renders with a post-renderer, a program that is not run.',
  'show-only': 'The pipeline takes single templates of the chart with --show-only.',
  'name-template': 'The release name is made from a template.',
};

function unsupportedFlag(args: Arguments): string | undefined {
  const found = Object.keys(UNSUPPORTED).find((name) => lastValue(args, name) !== undefined);
  if (found !== undefined) return UNSUPPORTED[found];
  return isOn(args, 'generate-name') ? 'The release name is made up in each run.' : undefined;
}

/** Paths below the root, or a sentence for one that is not there. */
function valueFiles(call: HelmCall): readonly string[] | string {
  const files: string[] = [];
  for (const written of listValues(call.args, 'values')) {
    const path = fileAt(call, written.replace(/^(secrets|sops):\/\//, ''), 'values file');
    if (!path.isFound) return path.reason;
    files.push(path.path);
  }
  return files;
}

type Found =
  | { readonly isFound: true; readonly path: string }
  | { readonly isFound: false; readonly reason: string };

function fileAt(call: HelmCall, written: string, what: string): Found {
  if (/^https?:\/\//.test(written)) return { isFound: true, path: written };
  const open = openSentence(`The ${what}`, written);
  if (open !== undefined) return { isFound: false, reason: open };
  if (written === '-') return { isFound: false, reason: `The ${what} comes from standard input.` };
  const path = folderFrom(call.invocation.folder, written);
  if (call.session.texts.has(path)) return { isFound: true, path };
  if (isMade(path, call.session)) {
    return { isFound: false, reason: `The ${what} ${asWritten(written)} is made in the run.` };
  }
  return call.world.tree.files.has(path)
    ? { isFound: true, path }
    : { isFound: false, reason: `The ${what} ${asWritten(written)} is not in the repository.` };
}

/** Written anew in the run; one that is only edited there is still read. */
function isMade(path: string, { written }: Session): boolean {
  const made = written.get(path);
  return made !== undefined && !(made.kind === 'other' && made.path === path);
}

const SETTING_FLAGS = ['set', 'set-string', 'set-file', 'set-json', 'set-literal'] as const;

/** In the order of the command line; files of `--set-file` from where the command runs. */
function settingsOf(call: HelmCall): readonly HelmArgument[] | string {
  const found: HelmArgument[] = [];
  for (const { name, value } of call.args.flags) {
    const flag = SETTING_FLAGS.find((one) => one === name);
    if (flag === undefined) continue;
    if (flag !== 'set-file') found.push({ flag, text: withPlaceholders(value) });
    else {
      const file = fileAt(call, value.slice(value.indexOf('=') + 1).split(',')[0] ?? '', 'file');
      if (!file.isFound) return file.reason;
      found.push(fileSetting(value, file.path, call.invocation.folder));
    }
  }
  return found;
}

/** Where the repository is below the folder of the command, the file is named from its root. */
function fileSetting(value: string, path: string, folder: string): HelmArgument {
  if (wayDown(folder) === undefined) return { flag: 'set-file', text: value, folder };
  return { flag: 'set-file', text: `${value.slice(0, value.indexOf('='))}=${path}`, folder: '' };
}

function setTexts(args: Arguments): readonly string[] {
  return allValues(args, ...SETTING_FLAGS.filter((flag) => flag !== 'set-file'));
}

function notesOf({ args, session, invocation, chart }: HelmCall): readonly string[] {
  const named = listValues(args, 'values').map((file) => folderFrom(invocation.folder, file));
  const folder = folderFrom(invocation.folder, chart);
  // Whatever is changed in the folder of the chart may count.
  const edited = [...session.written].flatMap(([path, made]) => {
    const isRead = named.includes(path) || (isKnown(folder) && isWithin(path, folder));
    return isRead && made.kind === 'other' && made.path === path ? [made.reason] : [];
  });
  const reuses = ['reuse-values', 'reset-then-reuse-values'].find((flag) => isOn(args, flag));
  return [
    ...edited,
    ...(reuses === undefined
      ? []
      : [`--${reuses} keeps values of the last release, which only the cluster knows.`]),
  ];
}
