import { lastValue, readArguments } from './ciArguments';
import {
  createSession,
  type Deployment,
  type Draft,
  type FileText,
  type Made,
  type PipelineWorld,
  type Session,
} from './ciDeployment';
import { helmCommand } from './ciHelm';
import { helmfileDrafts } from './ciHelmfile';
import { countLines, type Place, type StepRun } from './ciJob';
import { kubectlCommand } from './ciKubectl';
import { kustomizeCommand } from './ciKustomize';
import { makeRecipes } from './ciMake';
import { changed, onlyFile, type Rewrite, rewriteOf, textOfFile, withEdits } from './ciRewrite';
import { folderFrom, type Invocation, runScript, type ShellHost, type Variables } from './ciRun';
import { asWritten, isKnown, wayDown } from './ciText';
import { given } from './fields';
import { matchesGlob } from './glob';
import { baseNameOf } from './paths';

/** What the commands of one job are read with. */
export interface CommandContext {
  readonly world: PipelineWorld;
  readonly session: Session;
  readonly budget: { left: number };
  /** Of the command at an offset of the script that is being read. */
  readonly place: StepRun['place'];
  /** Of scripts that call each other. */
  readonly depth: number;
  readonly onDeployment: (found: Found) => void;
  /** `echo X=y >> $GITHUB_ENV`. */
  readonly onVariable: (name: string, value: string) => void;
}

export type Found = Draft & Pick<Deployment, 'place' | 'serverSideBy' | 'rendersOnly'>;

const DEEPEST = 3;

/** Walks through a script and tells what it deploys. */
export function readScript(
  script: string,
  start: {
    readonly folder: string;
    readonly variables: Variables;
    readonly name?: string;
    readonly positional?: readonly string[];
  },
  context: CommandContext,
): Variables {
  const { world } = context;
  const host: ShellHost = {
    budget: context.budget,
    onCommand: (invocation) => readCommand(invocation, context),
    glob: (folder, pattern) => globbed(world, folder, pattern),
    source: (folder, name) => world.text(folderFrom(folder, name)),
  };
  return runScript(script, start, host).variables;
}

function globbed({ tree }: PipelineWorld, folder: string, pattern: string): readonly string[] {
  const full = folderFrom(folder, pattern);
  if (!isKnown(full)) return [];
  const found = [...tree.files, ...tree.folders].filter((path) => matchesGlob(full, path)).sort();
  const end = pattern.endsWith('/') ? '/' : '';
  const down = wayDown(folder);
  if (down !== undefined) return found.map((path) => `${down}/${path}${end}`);
  const strip = folder === '' ? 0 : folder.length + 1;
  const isOutside = !full.startsWith(folder === '' ? '' : `${folder}/`);
  return isOutside ? [] : found.map((path) => path.slice(strip) + end);
}

/** Programs that run the one after them: words of their own come first. */
const WRAPPERS: Readonly<Record<string, RegExp>> = {
  sudo: /^-/,
  env: /^-|^\w+=/,
  command: /^-/,
  exec: /^-/,
  time: /^-/,
  nohup: /^-/,
  timeout: /^-|^\d/,
  retry: /^-|^\d/,
  nice: /^-|^\d/,
};

export function readCommand(called: Invocation, context: CommandContext): Made | undefined {
  const invocation = unwrapped(called);
  const made = printed(invocation, context);
  if (made !== undefined) printedBy.set(called, made);
  note(invocation, made, context);
  return made;
}

function unwrapped(invocation: Invocation): Invocation {
  let { words } = invocation;
  for (let own = ownWords(words); own !== undefined; own = ownWords(words)) {
    const [, ...rest] = words;
    const start = rest.findIndex((word) => own?.test(word) !== true);
    if (start < 0) return invocation;
    words = rest.slice(start);
  }
  return words === invocation.words ? invocation : { ...invocation, words };
}

function ownWords([program = '']: readonly string[]): RegExp | undefined {
  return Object.hasOwn(WRAPPERS, program) ? WRAPPERS[program] : undefined;
}

type Reader = (invocation: Invocation, context: CommandContext) => Made | undefined;

const PROGRAMS: Readonly<Record<string, Reader>> = {
  helm: readHelm,
  helm3: readHelm,
  kubectl: readKubectl,
  oc: readKubectl,
  microk8s: (invocation, context) =>
    readCommand({ ...invocation, words: invocation.words.slice(1) }, context),
  kustomize: readKustomize,
  helmfile: readHelmfile,
  werf: readWerf,
  cat: readCat,
  tee: (invocation, context) => inputOf(invocation, context),
  envsubst: (invocation, context) => followed(invocation, context, 'envsubst'),
  sed: (invocation, context) => followed(invocation, context, 'sed'),
  yq: (invocation, context) => rewritten(invocation, context, 'yq'),
  bash: readShellCall,
  sh: readShellCall,
  zsh: readShellCall,
  make: readMake,
  xargs: readXargs,
  gcloud: readLogin,
  az: readLogin,
  aws: readLogin,
};

/** What a command prints, as far as that is objects. */
function printed(invocation: Invocation, context: CommandContext): Made | undefined {
  const [program = ''] = invocation.words;
  if (!isKnown(program)) return undefined;
  const name = baseNameOf(program);
  const read = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  if (read !== undefined) return read(invocation, context);
  if (program.includes('/'))
    readCalled(program, invocation.words.slice(1), { invocation, context });
  return undefined;
}

function readHelm(invocation: Invocation, context: CommandContext): Made | undefined {
  const command = helmCommand(invocation, context.session, context.world);
  if (command === undefined) return undefined;
  if (command.kind === 'deploys') found(command.draft, invocation, context);
  else return renders(command.draft, invocation, context);
  return undefined;
}

function found(
  draft: Draft,
  { at }: Invocation,
  context: CommandContext,
  more: Partial<Found> = {},
): void {
  context.onDeployment({ ...withEdits(draft, context), ...more, place: context.place(at) });
}

function renders(draft: Draft, invocation: Invocation, context: CommandContext): Made {
  found(draft, invocation, context, { rendersOnly: true });
  return { kind: 'source', deployment: draft };
}

function readKubectl(invocation: Invocation, context: CommandContext): Made | undefined {
  const { session, world } = context;
  const made = inputOf(invocation, context);
  const command = kubectlCommand({ invocation, session, world, made });
  if (command === undefined) return undefined;
  if (command.kind === 'renders') return renders(command.draft, invocation, context);
  const { serverSideBy } = command;
  found(command.draft, invocation, context, serverSideBy === undefined ? {} : { serverSideBy });
  return undefined;
}

function readKustomize(invocation: Invocation, context: CommandContext): Made | undefined {
  const command = kustomizeCommand(invocation, context.session, context.world);
  if (command === undefined) return undefined;
  const made = renders(command.draft, invocation, context);
  if (command.output !== undefined) write(command.output, invocation, made, context);
  return made;
}

function readHelmfile(invocation: Invocation, context: CommandContext): undefined {
  const { session, world } = context;
  for (const { draft, place, isApplied } of helmfileDrafts(invocation, session, world)) {
    context.onDeployment({
      ...withEdits(draft, context),
      place: place ?? context.place(invocation.at),
      ...(isApplied ? {} : { rendersOnly: true }),
    });
  }
  return undefined;
}

/** Files that are looked for in the run. */
function readXargs(invocation: Invocation, context: CommandContext): undefined {
  const text = invocation.words.slice(1).join(' ');
  if (!/(^|\s|\/)(kubectl|oc)\s.*\b(apply|create|replace)\b/.test(text)) return undefined;
  const { input } = invocation;
  const [finder = 'a command'] = typeof input === 'object' && 'words' in input ? input.words : [];
  const source = `What is applied is found by ${asWritten(finder)} in the run.`;
  const draft: Draft = {
    kind: 'Folder',
    name: 'xargs',
    path: undefined,
    source,
    unresolved: [],
    notes: [],
  };
  found(draft, invocation, context);
  return undefined;
}

function readWerf(invocation: Invocation, context: CommandContext): undefined {
  if (!['converge', 'deploy', 'bundle'].includes(invocation.words[1] ?? '')) return undefined;
  const path = folderFrom(invocation.folder, '.helm');
  const draft: Draft = {
    kind: 'Chart',
    name: 'werf',
    path: context.world.tree.folders.has(path) ? path : undefined,
    source:
      'werf gives the chart in .helm the images that it builds and values of its own in the run.',
    unresolved: [],
    notes: [],
  };
  found(draft, invocation, context);
  return undefined;
}

/** What is at the standard input of a command. */
function inputOf({ input, folder }: Invocation, context: CommandContext): Made | undefined {
  if (input === undefined) return undefined;
  if (input === 'text')
    return { kind: 'other', reason: 'What is applied is written in the script itself.' };
  if ('file' in input) return fileMade(input.file, folder, context);
  return printedBy.get(input) ?? unknownOutput(input);
}

/** What the commands of a pipeline printed, for those that read it. */
const printedBy = new WeakMap<Invocation, Made>();

function unknownOutput({ words }: Invocation): Made {
  return {
    kind: 'other',
    reason: `What is applied is made by ${asWritten(words[0] ?? '')} in the run.`,
  };
}

function fileMade(written: string, folder: string, { session, world }: CommandContext): Made {
  const path = folderFrom(folder, written);
  const made = session.written.get(path);
  if (made !== undefined) return made;
  const command = kubectlCommand({
    invocation: {
      at: 0,
      words: ['kubectl', 'apply', '-f', written],
      folder,
      environment: new Map(),
      variables: new Map(),
    },
    session,
    world,
    made: undefined,
  });
  const text = isKnown(path) ? textOfFile(path, session, world) : undefined;
  return command === undefined
    ? { kind: 'other', reason: `${asWritten(written)} is not told.` }
    : { kind: 'source', deployment: command.draft, ...given('text', text) };
}

function readCat(invocation: Invocation, context: CommandContext): Made | undefined {
  const files = invocation.words.slice(1).filter((word) => !word.startsWith('-'));
  if (files.length === 0) return inputOf(invocation, context);
  const { session, world } = context;
  const words = ['kubectl', 'apply', ...files.flatMap((file) => ['-f', file])];
  const command = kubectlCommand({
    invocation: { ...invocation, words },
    session,
    world,
    made: undefined,
  });
  const [path = ''] = files.map((file) => folderFrom(invocation.folder, file));
  const text = files.length === 1 && isKnown(path) ? textOfFile(path, session, world) : undefined;
  return command && { kind: 'source', deployment: command.draft, ...given('text', text) };
}

/** Programs of which it is known what they do to a text; what else they do is told. */
function followed(
  invocation: Invocation,
  context: CommandContext,
  program: string,
): Made | undefined {
  const rewrite = rewriteOf(program, invocation);
  if (rewrite?.isInPlace === true) {
    if (editInPlace(rewrite, invocation, context)) return undefined;
  } else if (rewrite !== undefined) {
    const text = inputText(rewrite, invocation, context);
    const after = text && changed(text, rewrite.steps);
    if (after !== undefined) return madeOf(after, context);
  }
  return rewritten(invocation, context, program);
}

function editInPlace(rewrite: Rewrite, { folder }: Invocation, context: CommandContext): boolean {
  const { session, world } = context;
  const paths = rewrite.files.map((file) => folderFrom(folder, file));
  const edits = paths.flatMap((path) => {
    const text = isKnown(path) ? textOfFile(path, session, world) : undefined;
    const after = text && changed(text, rewrite.steps);
    return after === undefined ? [] : [[path, after] as const];
  });
  if (paths.length === 0 || edits.length < paths.length) return false;
  for (const [path, text] of edits) {
    session.texts.set(path, text);
    if (session.written.has(path)) session.written.set(path, madeOf(text, context));
  }
  return true;
}

function inputText(
  rewrite: Rewrite,
  invocation: Invocation,
  context: CommandContext,
): FileText | undefined {
  if (rewrite.files.length > 0) {
    const path = onlyFile(rewrite, invocation);
    return path === undefined ? undefined : textOfFile(path, context.session, context.world);
  }
  const input = inputOf(invocation, context);
  return input?.kind === 'source' ? input.text : undefined;
}

/** The objects of one file, whose text has changed on the way. */
function madeOf(text: FileText, { world }: CommandContext): Made {
  const command = kubectlCommand({
    invocation: {
      at: 0,
      words: ['kubectl', 'apply', '-f', text.from],
      folder: '',
      environment: new Map(),
      variables: new Map(),
    },
    session: createSession(),
    world,
    made: undefined,
  });
  if (command === undefined) return { kind: 'other', reason: `${text.from} is not told.` };
  const edits = [{ path: text.from, ...text }];
  return { kind: 'source', deployment: { ...command.draft, edits }, text };
}

/** Programs that change a text on its way, or a file in its place. */
function rewritten(invocation: Invocation, context: CommandContext, program: string): Made {
  const { words, folder } = invocation;
  const { tree } = context.world;
  const named = words.slice(1).map((word) => folderFrom(folder, word));
  const files = named.filter((path) => tree.files.has(path));
  if (words.some((word) => /^(-[a-zA-Z]*i|--in-?place)/.test(word)))
    noteEdits(files, program, context);
  const input = inputOf(invocation, context);
  if (input?.kind === 'other') return input;
  const path = files[0] ?? (input === undefined ? undefined : pathOf(input.deployment, context));
  return path === undefined
    ? { kind: 'other', reason: `What is applied goes through ${program} first, which is not run.` }
    : {
        kind: 'other',
        reason: `The pipeline fills in ${path} with ${program} first, which is not run.`,
        path,
      };
}

/** A single file by its own name. */
function pathOf({ name, path }: Draft, { world }: CommandContext): string | undefined {
  return world.tree.files.has(name) ? name : path;
}

function noteEdits(files: readonly string[], program: string, { session }: CommandContext): void {
  for (const path of files) {
    const reason = `The pipeline changes ${path} with ${program} before; this is shown without it.`;
    session.written.set(path, { kind: 'other', reason, path });
  }
}

function setVariable(text: string, { onVariable }: CommandContext): void {
  const [, name, value = ''] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  if (name !== undefined) onVariable(name, value);
}

/** Keeps which file a command wrote, or which variable it set. */
function note(invocation: Invocation, made: Made | undefined, context: CommandContext): void {
  const { output, words } = invocation;
  if (output === undefined) return;
  if (/GITHUB_ENV/.test(output.file)) {
    setVariable(words.slice(1).join(' '), context);
    return;
  }
  if (output.file === '/dev/null') return;
  const isWhole = made !== undefined && !output.isAppended;
  write(output.file, invocation, isWhole ? made : unknownOutput(invocation), context);
}

function write(
  file: string,
  { folder }: Invocation,
  made: Made,
  { session }: CommandContext,
): void {
  const path = folderFrom(folder, file);
  if (!isKnown(path)) return;
  session.written.set(path, made);
  const text = made.kind === 'source' ? made.text : undefined;
  if (text === undefined) session.texts.delete(path);
  else session.texts.set(path, text);
}

/** The cluster that a job logs in to, by the name that its cloud has for it. */
function readLogin({ words }: Invocation, { session }: CommandContext): undefined {
  const text = words.join(' ');
  const args = readArguments(words.slice(1), {
    values: new Set(['name', 'cluster', 'resource-group', 'region', 'zone', 'project', 'alias']),
    letters: { n: 'name', g: 'resource-group' },
  });
  if (/^gcloud .*get-credentials/.test(text)) session.context = args.positional.at(-1) ?? '';
  if (/^(az aks get-credentials|aws eks update-kubeconfig)/.test(text)) {
    session.context = lastValue(args, 'alias', 'name') ?? '';
  }
  return undefined;
}

interface Call {
  readonly invocation: Invocation;
  readonly context: CommandContext;
}

/** `bash script.sh …`, `sh -c "…"`. */
function readShellCall(invocation: Invocation, context: CommandContext): undefined {
  const words = invocation.words.slice(1);
  const at = words.findIndex((word) => !word.startsWith('-'));
  const flags = words.slice(0, at < 0 ? words.length : at).join(' ');
  const [first = '', ...rest] = at < 0 ? [] : words.slice(at);
  if (/(^|\s)-\w*c/.test(flags)) {
    const inner = {
      ...context,
      depth: context.depth + 1,
      place: () => context.place(invocation.at),
    };
    if (context.depth < DEEPEST) readScript(first, startOf(invocation, first, rest), inner);
  } else if (first !== '') readCalled(first, rest, { invocation, context });
  return undefined;
}

function startOf(
  { folder, variables }: Invocation,
  name: string,
  positional: readonly string[],
): Parameters<typeof readScript>[1] {
  return { folder, variables, name, positional };
}

/** A script of the repository. */
function readCalled(program: string, rest: readonly string[], { invocation, context }: Call): void {
  const path = folderFrom(invocation.folder, program);
  const text = isKnown(path) ? context.world.text(path) : undefined;
  if (text === undefined || context.depth >= DEEPEST) return;
  const place = (offset: number): Place => ({ path, line: 1 + countLines(text, offset) });
  readScript(text, startOf(invocation, program, rest), {
    ...context,
    depth: context.depth + 1,
    place,
  });
}

/** `make deploy ENV=prod`: the recipes of the targets and of what they need. */
function readMake(invocation: Invocation, context: CommandContext): undefined {
  if (context.depth >= DEEPEST) return undefined;
  for (const recipe of makeRecipes(invocation, context.world)) {
    const place = (): Place => ({ path: recipe.path, line: recipe.line });
    readScript(
      recipe.script,
      { folder: recipe.folder, variables: recipe.variables },
      { ...context, depth: context.depth + 1, place },
    );
  }
  return undefined;
}
