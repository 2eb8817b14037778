import { holdsPipelineValue, pipelinePlaceholder } from '../model/placeholder';
import type { FileEdit, HelmSource, RenderSource, TextStep } from '../model/render';
import type { Draft, FileText, PipelineWorld, Session } from './ciDeployment';
import { folderFrom, type Invocation } from './ciRun';
import { sedSteps } from './ciSed';
import { CHECKOUT, isKnown, withPlaceholders } from './ciText';
import { includedFolders } from './kustomizations';
import { baseNameOf, isWithin, resolvePath } from './paths';

/** What a program does to a text that goes through it. */
export interface Rewrite {
  readonly steps: readonly TextStep[];
  /** As written; without any, its standard input. */
  readonly files: readonly string[];
  /** The files themselves are changed. */
  readonly isInPlace: boolean;
}

/** Reads `envsubst` and `sed`; `undefined` for what they do and is not followed. */
export function rewriteOf(program: string, invocation: Invocation): Rewrite | undefined {
  if (program === 'envsubst') return envsubst(invocation);
  return program === 'sed' ? sed(invocation) : undefined;
}

const [BEFORE = '', AFTER = ''] = pipelinePlaceholder('\n').split('\n');

/** Of GNU gettext: the variables that it is given, and of those only what its argument names. */
function envsubst({ words, variables, unexported }: Invocation): Rewrite | undefined {
  const [format, ...more] = words.slice(1);
  if (more.length > 0 || format?.startsWith('-') === true || !isKnown(format ?? '')) {
    return undefined;
  }
  const only = format === undefined ? undefined : namesIn(format);
  const given = [...variables]
    .filter(([name]) => only?.includes(name) ?? true)
    .map(([name, value]): readonly [string, string] => {
      const isHidden = unexported?.has(name) === true;
      return [name, isHidden ? '' : withPlaceholders(value)];
    })
    // Where the checkout is, only a run knows; what is unknown under its own name is so anyway.
    .filter(([name, value]) => {
      const isPath = variables.get(name)?.includes(CHECKOUT) === true;
      return !isPath && value !== pipelinePlaceholder(name);
    });
  const step: TextStep = {
    kind: 'envsubst',
    variables: Object.fromEntries(given),
    unknown: [BEFORE, AFTER],
    ...(only === undefined ? {} : { only }),
  };
  return { steps: [step], files: [], isInPlace: false };
}

function namesIn(format: string): readonly string[] {
  const names = format.matchAll(/\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g);
  return [...names].map(([, braced, bare]) => braced ?? bare ?? '');
}

function sed({ words }: Invocation): Rewrite | undefined {
  const read = sedWords(words.slice(1).flatMap(apart));
  if (read === undefined) return undefined;
  const [first, ...rest] = read.plain;
  const scripts = read.scripts.length > 0 ? read.scripts : [first ?? ''];
  const steps = scripts.map((script) => sedSteps(script, read.isExtended));
  const known = steps.filter((one) => one !== undefined);
  if (known.length < steps.length) return undefined;
  const files = read.scripts.length > 0 ? read.plain : rest;
  return { steps: known.flat(), files, isInPlace: read.isInPlace };
}

/** `-Ei` is both; what comes after the `i` is a suffix. */
function apart(word: string): readonly string[] {
  const [, flag, more] = /^-([Er])(i.*)$/.exec(word) ?? [];
  return flag === undefined ? [word] : [`-${flag}`, `-${more ?? ''}`];
}

interface SedWords {
  readonly scripts: readonly string[];
  readonly plain: readonly string[];
  readonly isInPlace: boolean;
  readonly isExtended: boolean;
}

const EXPRESSION = /^(-e|--expression)$/;
const IN_PLACE = /^(-i|--in-place)/;
const EXTENDED = /^(-E|-r|--regexp-extended)$/;

function sedWords(words: readonly string[]): SedWords | undefined {
  const isScript = (at: number): boolean => EXPRESSION.test(words[at - 1] ?? '');
  const isFlag = (word: string): boolean => word.startsWith('-') && word !== '-';
  const flags = words.filter((word, at) => isFlag(word) && !isScript(at));
  const isRead = flags.every((flag) =>
    [EXPRESSION, IN_PLACE, EXTENDED].some((known) => known.test(flag)),
  );
  if (!isRead) return undefined;
  return {
    scripts: words.filter((_, at) => isScript(at)),
    // What is empty is the suffix of BSD's -i.
    plain: words.filter((word, at) => !isScript(at) && !isFlag(word) && word !== ''),
    isInPlace: flags.some((flag) => IN_PLACE.test(flag)),
    isExtended: flags.some((flag) => EXTENDED.test(flag)),
  };
}

/** The text of a file as the job has left it so far; none for what it is not followed in. */
export function textOfFile(
  path: string,
  { texts, written }: Session,
  { tree }: PipelineWorld,
): FileText | undefined {
  const known = texts.get(path);
  if (known !== undefined) return known;
  return tree.files.has(path) && !written.has(path) ? { from: path, steps: [] } : undefined;
}

/** The one file that a program reads by its name. */
export function onlyFile({ files }: Rewrite, { folder }: Invocation): string | undefined {
  const [only] = files;
  const path = only === undefined ? undefined : folderFrom(folder, only);
  return files.length === 1 && path !== undefined && isKnown(path) ? path : undefined;
}

const MOST_STEPS = 50;

export function changed(
  { from, steps }: FileText,
  more: readonly TextStep[],
): FileText | undefined {
  return steps.length + more.length > MOST_STEPS ? undefined : { from, steps: [...steps, ...more] };
}

const MOST_EDITS = 100;

interface Place {
  readonly session: Session;
  readonly world: PipelineWorld;
}

/** With what the job has done to files so far, and what is done to the one that goes through a pipe. */
export function withEdits(draft: Draft, { session, world }: Place): Draft {
  const { source, unresolved } = draft;
  if (typeof source === 'string') return draft;
  const own = draft.edits ?? [];
  const before = [...session.texts].map(([path, text]): FileEdit => ({ path, ...text }));
  const read = before.filter(({ path }) => mayRead(source, path, world));
  const all = new Map([...read.slice(-MOST_EDITS), ...own].map((edit) => [edit.path, edit]));
  if (all.size === 0) return draft;
  const edits = [...all.values()];
  const folders = [source.path, ...includedFolders(source.path, world.kustomizations)];
  const told = edits.filter(
    (edit) => source.kind !== 'kustomize' || folders.some((folder) => isWithin(edit.path, folder)),
  );
  return {
    ...draft,
    edits,
    source: source.kind === 'helm' ? withoutSchema(source, edits) : source,
    unresolved: [...new Set([...unresolved, ...unknownIn(told)])],
  };
}

/** Rather once too often: what a kustomization or a chart's dependency reads can be anywhere. */
function mayRead(source: RenderSource, path: string, { tree }: PipelineWorld): boolean {
  if (source.kind === 'several') {
    return source.parts.some((part) => 'source' in part && isWithin(path, part.source.path));
  }
  if (source.kind === 'kustomize' || isWithin(path, source.path)) return true;
  if (source.kind !== 'helm') return false;
  const isNamed = JSON.stringify([source.valueFiles, source.arguments]).includes(baseNameOf(path));
  const folders = path.split('/').map((_, at, parts) => parts.slice(0, at).join('/'));
  return isNamed || folders.some((folder) => tree.files.has(resolvePath(folder, 'Chart.yaml')));
}

/** A schema knows nothing of placeholders. */
function withoutSchema(source: HelmSource, edits: readonly FileEdit[]): HelmSource {
  const isOpen = holdsPipelineValue(JSON.stringify(edits)) || edits.some(fillsIn);
  return isOpen ? { ...source, skipSchemaValidation: true } : source;
}

function fillsIn({ steps }: FileEdit): boolean {
  return steps.some(({ kind }) => kind === 'envsubst');
}

/** Of what fills in variables, only the files tell which they are. */
function unknownIn(edits: readonly FileEdit[]): readonly string[] {
  const steps = edits.flatMap((edit) => edit.steps.filter(({ kind }) => kind === 'replace'));
  return [...JSON.stringify(steps).matchAll(/<pipeline:([^<>]+)>/g)].map(([, name = '']) => name);
}
