import type { DirectorySource, RenderSource } from '../model/render';
import {
  type Arguments,
  forcesConflicts,
  isDryRun,
  isOn,
  KUBECTL,
  lastValue,
  listValues,
  readArguments,
} from './ciArguments';
import {
  type Deployment,
  type Draft,
  type Made,
  openSentence,
  type PipelineWorld,
  type Session,
} from './ciDeployment';
import { overlayDraft } from './ciKustomize';
import { folderFrom, type Invocation } from './ciRun';
import { asWritten, isKnown } from './ciText';
import { given } from './fields';
import { isGlob, matchesGlob } from './glob';
import { baseNameOf, folderName, isWithin, parentOf } from './paths';

export interface KubectlCommand {
  readonly kind: 'deploys' | 'renders';
  readonly draft: Draft;
  readonly serverSideBy?: Deployment['serverSideBy'];
}

export interface KubectlInput {
  readonly invocation: Invocation;
  readonly session: Session;
  readonly world: PipelineWorld;
  /** What writes to its standard input. */
  readonly made: Made | undefined;
}

const APPLYING = new Set(['apply', 'create', 'replace']);

/** Reads `kubectl apply`, `create`, `replace` with files, and `kubectl kustomize`. */
export function kubectlCommand(input: KubectlInput): KubectlCommand | undefined {
  const args = readArguments(input.invocation.words.slice(1), KUBECTL);
  const [command = '', ...rest] = args.positional;
  configure(args, input.session);
  if (command === 'kustomize') {
    return { kind: 'renders', draft: overlayDraft(rest[0] ?? '.', input.invocation, input) };
  }
  const draft = APPLYING.has(command) ? appliedDraft(args, input) : undefined;
  return draft && appliedCommand(draft, args, input);
}

function appliedCommand(draft: Draft, args: Arguments, { session }: KubectlInput): KubectlCommand {
  const manager = lastValue(args, 'field-manager') ?? 'kubectl';
  return {
    kind: isDryRun(args) ? 'renders' : 'deploys',
    draft: {
      ...withTarget(draft, args, session),
      ...given('forcesConflicts', forcesConflicts(args)),
    },
    ...given('serverSideBy', isOn(args, 'server-side') ? manager : undefined),
  };
}

/** Where commands after this one go: `config use-context`, `config set-context`, `oc project`. */
function configure(args: Arguments, session: Session): void {
  const [command, verb, name] = args.positional;
  if (command === 'project' && verb !== undefined) session.namespace = verb;
  if (command !== 'config') return;
  if (verb === 'use-context' && name !== undefined) session.context = name;
  const namespace = lastValue(args, 'namespace');
  if (verb === 'set-context' && namespace !== undefined) session.namespace = namespace;
}

function withTarget(draft: Draft, args: Arguments, session: Session): Draft {
  const namespace = lastValue(args, 'namespace') ?? draft.namespace ?? session.namespace ?? '';
  const context = lastValue(args, 'context', 'cluster') ?? draft.context ?? session.context ?? '';
  const open = openSentence('The namespace', namespace);
  const told = (text: string): string | undefined =>
    text !== '' && isKnown(text) ? text : undefined;
  return {
    ...draft,
    ...given('namespace', told(namespace)),
    ...given('context', told(context)),
    notes: [...draft.notes, ...selectorNotes(args), ...(open === undefined ? [] : [open])],
  };
}

function selectorNotes(args: Arguments): readonly string[] {
  const selector = lastValue(args, 'selector');
  return selector === undefined
    ? []
    : [`Only objects with the labels ${asWritten(selector)} are applied; all are shown.`];
}

function appliedDraft(args: Arguments, input: KubectlInput): Draft | undefined {
  const overlay = lastValue(args, 'kustomize');
  if (overlay !== undefined) return overlayDraft(overlay, input.invocation, input);
  const files = listValues(args, 'filename');
  if (files.length === 0) return undefined;
  if (files.some((file) => file === '-' || file === '/dev/stdin')) return pipedDraft(input.made);
  // Where the shell finds several files for one pattern, they all come after the first.
  const all = [...files, ...args.positional.slice(1).filter((word) => isFile(word, input))];
  return filesDraft(all, isOn(args, 'recursive'), input);
}

function isFile(word: string, { invocation, world }: KubectlInput): boolean {
  return world.tree.files.has(folderFrom(invocation.folder, word));
}

function pipedDraft(made: Made | undefined): Draft {
  if (made?.kind === 'source') return made.deployment;
  const reason = made?.reason ?? 'What is applied comes from standard input.';
  return folderDraft(made?.path, reason);
}

function folderDraft(path: string | undefined, source: RenderSource | string): Draft {
  const name = path === undefined ? 'standard input' : folderName(path);
  return { kind: 'Folder', name, path, source, unresolved: [], notes: [] };
}

/** Files and folders as one source, in their order. */
function filesDraft(written: readonly string[], isRecursive: boolean, input: KubectlInput): Draft {
  const [only] = written;
  const made = only === undefined ? undefined : writtenBy(only, input);
  if (made !== undefined && written.length === 1) return pipedDraft(made);
  const sources: DirectorySource[] = [];
  for (const one of written) {
    const found = sourcesAt(one, isRecursive, input);
    if (typeof found === 'string') return folderDraft(pathOf(one, input), found);
    sources.push(...found);
  }
  const grouped = inOneFolder(sources);
  const [first, ...more] = grouped;
  if (first === undefined)
    return folderDraft(undefined, `${asWritten(written.join(', '))} is not in the repository.`);
  const names = grouped.map((one) => (isFiles(one) ? filesName(one) : folderName(one.path)));
  const name = names.join(', ');
  const several: RenderSource = {
    kind: 'several',
    path: first.path,
    namespace: '',
    parts: grouped.map((source, index) => ({ index, source })),
  };
  return { ...folderDraft(first.path, more.length === 0 ? first : several), name };
}

const URL = /^https?:\/\//;

function pathOf(written: string, { invocation }: KubectlInput): string {
  const path = folderFrom(invocation.folder, written);
  return isKnown(path) && !URL.test(written) ? path : asWritten(written);
}

/** A file that an earlier command of the job wrote. */
function writtenBy(
  written: string,
  { invocation, session, world }: KubectlInput,
): Made | undefined {
  const path = folderFrom(invocation.folder, written);
  const made = session.written.get(path);
  return world.tree.folders.has(path) ? undefined : made;
}

function sourcesAt(
  written: string,
  recurse: boolean,
  input: KubectlInput,
): readonly DirectorySource[] | string {
  const { tree } = input.world;
  if (URL.test(written))
    return `The manifests at ${asWritten(written)} are remote and are not fetched.`;
  const path = folderFrom(input.invocation.folder, written);
  const open = openSentence('The path', written) ?? openSentence('The folder', path);
  if (open !== undefined) return open;
  if (tree.folders.has(path)) return [directory(path, recurse, input)];
  if (tree.files.has(path)) return [fileSource(path)];
  if (!isGlob(path)) return `${asWritten(written)} is not in the repository.`;
  const found = [...tree.files].filter((file) => matchesGlob(path, file)).sort();
  return found.length === 0 ? `Nothing matches ${asWritten(written)}.` : found.map(fileSource);
}

/** kubectl takes no Jsonnet, which Argo CD's directories evaluate. */
function directory(path: string, recurse: boolean, { world }: KubectlInput): DirectorySource {
  const hasJsonnet = [...world.tree.files].some(
    (file) => file.endsWith('.jsonnet') && isWithin(file, path),
  );
  return {
    kind: 'directory',
    path,
    recurse,
    ...given('exclude', hasJsonnet ? '*.jsonnet' : undefined),
  };
}

function fileSource(path: string): DirectorySource {
  const include = baseNameOf(path).replace(/[*?{}[\]\\!,]/g, '\\$&');
  return { kind: 'directory', path: parentOf(path), recurse: false, include };
}

/** Single files of one folder that follow each other are one source. */
function inOneFolder(sources: readonly DirectorySource[]): readonly DirectorySource[] {
  const grouped: DirectorySource[] = [];
  for (const source of sources) {
    const last = grouped.at(-1);
    const both = last && bothFiles(last, source);
    if (both === undefined) grouped.push(source);
    else grouped[grouped.length - 1] = both;
  }
  return grouped;
}

/** The files of both, where both are chosen files of one folder. */
export function bothFiles(
  first: RenderSource | string,
  second: RenderSource | string,
): DirectorySource | undefined {
  if (!isFiles(first) || !isFiles(second) || first.path !== second.path) return undefined;
  const names = [...new Set([...namesIn(first), ...namesIn(second)])];
  return { ...second, include: names.length === 1 ? names.join('') : `{${names.join(',')}}` };
}

function isFiles(source: RenderSource | string): source is FilesSource {
  return typeof source !== 'string' && source.kind === 'directory' && source.include !== undefined;
}

/** Chosen files of a folder. */
type FilesSource = DirectorySource & { readonly include: string };

/** The escaped names of an `include` as it is made here. */
function namesIn({ include = '' }: DirectorySource): readonly string[] {
  return /^\{.*\}$/s.test(include) ? include.slice(1, -1).split(/(?<!\\),/) : [include];
}

const MOST_NAMED = 3;

export function filesName(source: DirectorySource): string {
  const names = namesIn(source).map((name) => name.replace(/\\(.)/g, '$1'));
  const paths = names.map((name) => (source.path === '' ? name : `${source.path}/${name}`));
  return names.length > MOST_NAMED
    ? `${folderName(source.path)} (${names.length} files)`
    : paths.join(', ');
}
