import type { KustomizeOverrides } from '../model/render';
import { allValues, KUSTOMIZE, lastValue, readArguments } from './ciArguments';
import {
  type Draft,
  openParts,
  openSentence,
  type PipelineWorld,
  type Session,
} from './ciDeployment';
import { folderFrom, type Invocation } from './ciRun';
import { asWritten, isKnown, withPlaceholders } from './ciText';
import { given } from './fields';
import { includedFolders } from './kustomizations';
import { folderName, resolvePath } from './paths';

export interface KustomizeCommand {
  /** What is printed; absent for other commands. */
  readonly draft: Draft;
  /** `-o`. */
  readonly output?: string;
}

/** Reads `kustomize build`, and keeps the edits of `kustomize edit` for it. */
export function kustomizeCommand(
  invocation: Invocation,
  session: Session,
  world: PipelineWorld,
): KustomizeCommand | undefined {
  const words = invocation.words.slice(1);
  const [command, ...rest] = words;
  if (command === 'edit' && isKnown(invocation.folder)) {
    const edits = session.edits.get(invocation.folder) ?? [];
    session.edits.set(invocation.folder, [...edits, rest]);
    return undefined;
  }
  if (command !== 'build') return undefined;
  const args = readArguments(rest, KUSTOMIZE);
  const draft = overlayDraft(args.positional[0] ?? '.', invocation, { session, world });
  return { draft, ...given('output', lastValue(args, 'output')) };
}

/** The build of a folder after the edits that this job made to it. */
export function overlayDraft(
  written: string,
  { folder }: Pick<Invocation, 'folder'>,
  { session, world }: { readonly session: Session; readonly world: PipelineWorld },
): Draft {
  const path = folderFrom(folder, written);
  const named = isKnown(path) && !REMOTE.test(written) ? path : undefined;
  const fault = overlayFault(written, path, { session, world });
  const overrides = fault === undefined ? editsOf(path, session, world) : fault;
  return {
    kind: 'Overlay',
    name: isKnown(path) && !REMOTE.test(written) ? folderName(path) : asWritten(written),
    path: named,
    source:
      typeof overrides === 'string'
        ? overrides
        : { kind: 'kustomize', path, ...given('overrides', overrides) },
    unresolved: openParts((session.edits.get(path) ?? []).flat()),
    notes: editNotes(path, session, world),
  };
}

const REMOTE = /^[a-z]+:\/\/|^git@|\?ref=/;

function overlayFault(
  written: string,
  path: string,
  { session, world }: { readonly session: Session; readonly world: PipelineWorld },
): string | undefined {
  if (REMOTE.test(written)) {
    return `The kustomization ${asWritten(written)} is remote; what a pipeline builds from there is not fetched.`;
  }
  const open = openSentence('The folder', written) ?? openSentence('The folder', path);
  if (open !== undefined) return open;
  const where = path === '' ? 'the top folder' : path;
  if (isMade(path, session)) return `The kustomization in ${where} is made in the run.`;
  return world.tree.kustomizations.has(path) ? undefined : `There is no kustomization in ${where}.`;
}

function isMade(path: string, { written }: Session): boolean {
  const made = written.get(resolvePath(path, 'kustomization.yaml'));
  return made !== undefined && !(made.kind === 'other' && made.path !== undefined);
}

/** Files of the build that the job writes over before it. */
function editNotes(path: string, session: Session, world: PipelineWorld): readonly string[] {
  const folders = [...includedFolders(path, world.kustomizations)];
  return [...session.written].flatMap(([file, made]) =>
    made.kind === 'other' && folders.some((folder) => file.startsWith(`${folder}/`))
      ? [made.reason]
      : [],
  );
}

type Edited = { -readonly [K in keyof KustomizeOverrides]: KustomizeOverrides[K] };

/** The edits as Argo CD's overrides, which it makes with the same commands; a sentence for others. */
function editsOf(
  path: string,
  session: Session,
  world: PipelineWorld,
): KustomizeOverrides | string {
  const edited: Edited = {};
  for (const edit of session.edits.get(path) ?? []) {
    const fault = apply(edit, edited);
    if (fault !== undefined) return fault;
  }
  const bases = [...includedFolders(path, world.kustomizations)].filter((one) => one !== path);
  const base = bases.find((one) => session.edits.has(one));
  return base === undefined
    ? edited
    : `The pipeline edits the kustomization in ${folderName(base)}, which is a base of this one.`;
}

type Edit = (words: readonly string[], edited: Edited) => boolean;

/** True for an edit that could be taken over. */
const EDITS: Readonly<Record<string, Edit>> = {
  'set image': (words, edited) => {
    edited.images = [...(edited.images ?? []), ...words.map(withPlaceholders)];
    return true;
  },
  'set namespace': ([namespace = ''], edited) => {
    edited.namespace = namespace;
    return isKnown(namespace);
  },
  'set nameprefix': (words, edited) => {
    edited.namePrefix = withPlaceholders(words.at(-1) ?? '');
    return true;
  },
  'set namesuffix': (words, edited) => {
    edited.nameSuffix = withPlaceholders(words.at(-1) ?? '');
    return true;
  },
  'set replicas': (words, edited) => {
    const replicas = words.map((word) => /^([^=]+)=(\d+)$/.exec(word));
    const known = replicas.flatMap((found) =>
      found === null ? [] : [{ name: found[1] ?? '', count: Number(found[2]) }],
    );
    edited.replicas = [...(edited.replicas ?? []), ...known];
    return known.length === words.length;
  },
  'set label': (words, edited) => addLabels(words, edited, true),
  'add label': (words, edited) => addLabels(words, edited, false),
  'set annotation': (words, edited) => addAnnotations(words, edited, true),
  'add annotation': (words, edited) => addAnnotations(words, edited, false),
  'add component': (words, edited) => {
    edited.components = [...(edited.components ?? []), ...words];
    return words.every(isKnown);
  },
};

function apply(
  [verb = '', what = '', ...rest]: readonly string[],
  edited: Edited,
): string | undefined {
  const edit = EDITS[`${verb} ${what}`];
  const words = rest.filter((word) => word !== '--');
  const isDone = edit?.(words, edited) === true;
  if (isDone) return undefined;
  const command = asWritten(['kustomize edit', verb, what, ...rest].join(' '));
  return `The pipeline runs "${command}" before it builds, which is not followed.`;
}

function addLabels(words: readonly string[], edited: Edited, isForced: boolean): boolean {
  const args = readArguments(words, KUSTOMIZE);
  edited.commonLabels = { ...edited.commonLabels, ...pairsOf(args.positional) };
  edited.forceCommonLabels = isForced || allValues(args, 'force', 'f').length > 0;
  if (allValues(args, 'without-selector', 'w').length > 0) edited.labelWithoutSelector = true;
  if (allValues(args, 'include-templates', 't').length > 0) edited.labelIncludeTemplates = true;
  return true;
}

function addAnnotations(words: readonly string[], edited: Edited, isForced: boolean): boolean {
  const args = readArguments(words, KUSTOMIZE);
  edited.commonAnnotations = { ...edited.commonAnnotations, ...pairsOf(args.positional) };
  edited.forceCommonAnnotations = isForced || allValues(args, 'force', 'f').length > 0;
  return true;
}

/** `key:value`, the value between double quotes or not. */
function pairsOf(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map(withPlaceholders).map((pair) => {
      const colon = pair.indexOf(':');
      if (colon < 0) return [pair, ''];
      return [pair.slice(0, colon), pair.slice(colon + 1).replace(/^"(.*)"$/s, '$1')];
    }),
  );
}
