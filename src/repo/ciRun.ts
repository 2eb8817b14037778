import { expandText, expandWord, fitsPattern, knownOutput, type ShellScope } from './ciExpand';
import type { Assignment, Command, Script, SimpleCommand } from './ciShell';
import { parseShell } from './ciShell';
import { answerOf, not } from './ciTests';
import { CHECKOUT, isKnown, mountOf, outsideText, unknownText } from './ciText';

/** A command as it would run, with its words expanded. */
export interface Invocation {
  /** Offset in the script. */
  readonly at: number;
  readonly words: readonly string[];
  /** Where it runs, below the root. */
  readonly folder: string;
  /** What only it is given: `X=y command`. */
  readonly environment: ReadonlyMap<string, string>;
  /** What writes to its standard input. */
  readonly input?: Invocation | { readonly file: string } | 'text';
  /** Where its standard output goes, where that is a file. */
  readonly output?: { readonly file: string; readonly isAppended: boolean };
  /** The variables as they are for a program that it starts. */
  readonly variables: ReadonlyMap<string, string>;
  /** Of these, the shell's own, which were never exported. */
  readonly unexported?: ReadonlySet<string>;
}

export type Variables = ReadonlyMap<string, string | readonly string[]>;

export interface ShellHost {
  /** Called in the order in which the commands run. */
  readonly onCommand: (invocation: Invocation) => void;
  /** Files below a folder that a pattern matches. */
  readonly glob: (folder: string, pattern: string) => readonly string[];
  /** The text of a script of the repository that is read with `source`. */
  readonly source: (folder: string, name: string) => string | undefined;
  /** How many commands may still run: shared by all scripts of a pipeline. */
  readonly budget: { left: number };
}

export interface ShellStart {
  readonly folder: string;
  readonly variables: Variables;
  readonly name?: string;
  readonly positional?: readonly string[];
}

interface Shell {
  readonly host: ShellHost;
  readonly name: string;
  folder: string;
  positional: readonly string[];
  variables: Map<string, string | readonly string[]>;
  readonly functions: Map<string, Script>;
  /** Names that are not exported; `set -a` ends that. */
  readonly unexported: Set<string>;
  exportsAll: boolean;
  depth: number;
}

/** What is left of a shell when its script ends. */
export interface ShellEnd {
  readonly folder: string;
  readonly variables: Variables;
}

const DEEPEST = 30;
const MOST_ROUNDS = 64;

/**
 * Walks through a script as if it ran: `cd`, variables, loops over known words and tests with a known
 * answer. Where only a run can tell which way it goes, all ways are walked, and what they leave
 * different is unknown after it.
 */
export function runScript(text: string, start: ShellStart, host: ShellHost): ShellEnd {
  const shell: Shell = {
    host,
    name: start.name ?? 'sh',
    folder: start.folder,
    positional: start.positional ?? [],
    variables: new Map(start.variables),
    functions: new Map(),
    unexported: new Set(),
    exportsAll: false,
    depth: 0,
  };
  runAll(parseShell(text), shell);
  return { folder: shell.folder, variables: shell.variables };
}

function runAll(script: Script, shell: Shell): void {
  if (shell.depth >= DEEPEST) return;
  shell.depth += 1;
  for (const command of script) run(command, shell);
  shell.depth -= 1;
}

/** True or false where the command is a test with a known answer. */
function run(command: Command, shell: Shell): boolean | undefined {
  if (shell.host.budget.left <= 0) return undefined;
  shell.host.budget.left -= 1;
  switch (command.kind) {
    case 'simple':
      return runSimple(command, shell, undefined).truth;
    case 'pipeline':
      runPipeline(command.commands, shell);
      return undefined;
    case 'chain':
      return runChain(command, shell);
    case 'not':
      return not(run(command.command, shell));
    case 'function':
      shell.functions.set(command.name, command.body);
      return undefined;
    default:
      runCompound(command, shell);
      return undefined;
  }
}

type Compound = Exclude<
  Command,
  { readonly kind: 'simple' | 'pipeline' | 'not' | 'chain' | 'function' }
>;

function runCompound(command: Compound, shell: Shell): void {
  switch (command.kind) {
    case 'group':
      runGroup(command.body, shell, command.isSubshell);
      break;
    case 'if':
      runIf(command, shell);
      break;
    case 'for':
      runFor(command, shell);
      break;
    case 'loop':
      runLoop(command, shell);
      break;
    case 'case':
      runCase(command, shell);
      break;
  }
}

function runGroup(body: Script, shell: Shell, isSubshell: boolean): void {
  const before = { folder: shell.folder, variables: new Map(shell.variables) };
  runAll(body, shell);
  if (isSubshell) Object.assign(shell, before);
}

/** Walks each of several ways from here; what they do not agree on is unknown after it. */
function runWays(ways: readonly Script[], shell: Shell): void {
  const { folder, variables } = shell;
  const ends = ways.map((way) => {
    shell.folder = folder;
    shell.variables = new Map(variables);
    runAll(way, shell);
    return { folder: shell.folder, variables: shell.variables };
  });
  const folders = new Set(ends.map((end) => end.folder));
  shell.folder = folders.size === 1 ? [...folders].join('') : unknownText('the folder');
  const names = new Set(ends.flatMap((end) => [...end.variables.keys()]));
  shell.variables = new Map(
    [...names].map((name) => {
      const values = ends.map((end) => end.variables.get(name));
      const [first] = values;
      const isSame = values.every((value) => JSON.stringify(value) === JSON.stringify(first));
      return [name, first !== undefined && isSame ? first : unknownText(`$${name}`)];
    }),
  );
}

function runIf(command: Extract<Compound, { kind: 'if' }>, shell: Shell): void {
  const open: Script[] = [];
  for (const { test, body } of command.arms) {
    const answer = runTest(test, shell);
    if (answer === false) continue;
    open.push(body);
    if (answer === true) {
      runWays(open, shell);
      return;
    }
  }
  runWays([...open, command.otherwise], shell);
}

function runTest(test: Script, shell: Shell): boolean | undefined {
  return test.map((command) => run(command, shell)).at(-1);
}

function runFor(command: Extract<Compound, { kind: 'for' }>, shell: Shell): void {
  const scope = scopeOf(shell);
  const values = command.words.flatMap((word) => expandWord(word, scope));
  const rounds = command.words.length === 0 ? [unknownText(`$${command.name}`)] : values;
  for (const value of rounds.slice(0, MOST_ROUNDS)) {
    introduce(command.name, shell);
    shell.variables.set(command.name, value);
    runAll(command.body, shell);
  }
}

/** While the answer is known, for example about the arguments that are left; else at most once. */
function runLoop(command: Extract<Compound, { kind: 'loop' }>, shell: Shell): void {
  for (let round = 0; round < MOST_ROUNDS && shell.host.budget.left > 0; round += 1) {
    const answer = runTest(command.test, shell);
    if (answer === undefined) {
      runWays([command.body, []], shell);
      return;
    }
    if (answer === command.until) return;
    runAll(command.body, shell);
  }
}

function runCase(command: Extract<Compound, { kind: 'case' }>, shell: Shell): void {
  const scope = scopeOf(shell);
  const subject = expandText(command.subject, scope);
  const patterns = command.choices.map((choice) =>
    choice.patterns.map((word) => expandText(word, scope)),
  );
  if (!isKnown(subject)) {
    runWays([...command.choices.map(({ body }) => body), []], shell);
    return;
  }
  const chosen = patterns.findIndex((list) => list.some((one) => fitsPattern(one, subject)));
  runAll(command.choices[chosen]?.body ?? [], shell);
}

function runChain(
  { first, rest }: Extract<Command, { kind: 'chain' }>,
  shell: Shell,
): boolean | undefined {
  let truth = taken(first, shell);
  for (const { operator, command } of rest) {
    const isRun = operator === '&&' ? truth : not(truth);
    if (isRun === true) truth = taken(command, shell);
    else if (isRun === undefined) runWays([[command], []], shell);
  }
  return isTestCommand(first) ? truth : undefined;
}

/** A command is taken to succeed, a test may go either way. */
function taken(command: Command, shell: Shell): boolean | undefined {
  return run(command, shell) ?? (isTestCommand(command) ? undefined : true);
}

function isTestCommand(command: Command): boolean {
  if (command.kind !== 'simple') return command.kind === 'not';
  const [part] = command.words[0] ?? [];
  return part?.kind === 'text' && ['[', '[[', 'test', 'grep'].includes(part.text);
}

function runPipeline(commands: readonly Command[], shell: Shell): void {
  let input: Invocation['input'] = undefined;
  const before = { folder: shell.folder, variables: new Map(shell.variables) };
  for (const command of commands) {
    if (command.kind === 'simple') input = runSimple(command, shell, input).invocation ?? 'text';
    else {
      run(command, shell);
      input = 'text';
    }
  }
  Object.assign(shell, before);
}

interface Ran {
  readonly invocation?: Invocation;
  readonly truth?: boolean | undefined;
}

function runSimple(command: SimpleCommand, shell: Shell, input: Invocation['input']): Ran {
  const scope = scopeOf(shell);
  const words = command.words.flatMap((word) => expandWord(word, scope));
  const environment = new Map<string, string>();
  for (const assignment of command.assignments) {
    if (words.length === 0) assign(assignment, shell);
    else environment.set(assignment.name, valueText(assignment, scopeOf(shell)));
  }
  const [name] = words;
  if (name === undefined) return {};
  if (isTestName(name)) return { truth: answerOf(words.slice(1)) };
  if (runBuiltin(words, shell)) return {};
  const called = shell.functions.get(name);
  if (called !== undefined) {
    callFunction(called, words.slice(1), shell);
    return {};
  }
  const invocation = invocationOf({ command, words, environment, input }, shell);
  shell.host.onCommand(invocation);
  return { invocation };
}

function invocationOf(
  parts: Pick<Invocation, 'words' | 'environment' | 'input'> & { readonly command: SimpleCommand },
  shell: Shell,
): Invocation {
  const { command, words, environment, input } = parts;
  const scope = scopeOf(shell);
  const target = (operators: readonly string[]): string | undefined => {
    const found = command.redirects.findLast(({ operator }) => operators.includes(operator));
    return found && expandText(found.target, scope);
  };
  const file = target(['<']);
  const isText = command.redirects.some(({ operator }) => operator.startsWith('<<'));
  const given = isText ? 'text' : file === undefined ? input : { file };
  const output = target(['>', '>>', '>|', '&>', '&>>']);
  const isAppended = command.redirects.some(({ operator }) => operator.endsWith('>>'));
  return {
    at: command.at,
    words,
    folder: shell.folder,
    environment,
    variables: new Map([...textVariables(shell.variables), ...environment]),
    ...(shell.unexported.size === 0 ? {} : { unexported: hidden(shell, environment) }),
    ...(given === undefined ? {} : { input: given }),
    ...(output === undefined ? {} : { output: { file: output, isAppended } }),
  };
}

/** A name that comes to be here is the shell's own; one from outside stays exported. */
function introduce(name: string, shell: Shell): void {
  if (!shell.exportsAll && !shell.variables.has(name)) shell.unexported.add(name);
}

function hidden(
  { unexported }: Shell,
  environment: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  return new Set([...unexported].filter((name) => !environment.has(name)));
}

export function textVariables(variables: Variables): ReadonlyMap<string, string> {
  return new Map(
    [...variables].filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function callFunction(body: Script, positional: readonly string[], shell: Shell): void {
  const before = shell.positional;
  shell.positional = positional;
  runAll(body, shell);
  shell.positional = before;
}

function scopeOf(shell: Shell): ShellScope {
  return {
    variables: shell.variables,
    positional: shell.positional,
    name: shell.name,
    glob: (pattern) => (isKnown(shell.folder) ? shell.host.glob(shell.folder, pattern) : []),
    output: (command) => outputOf(command, shell),
  };
}

/** Of a command substitution: the last command decides, `cd … &&` before it says where. */
function outputOf(text: string, shell: Shell): string | undefined {
  if (shell.depth >= DEEPEST) return undefined;
  let printed: string | undefined;
  const host: ShellHost = {
    ...shell.host,
    onCommand: ({ words, folder, input }) => {
      printed = input === undefined && isKnown(folder) ? knownOutput(words, folder) : undefined;
    },
  };
  const inner: Shell = { ...shell, host, variables: new Map(shell.variables) };
  inner.depth += 1;
  runAll(parseShell(text), inner);
  return printed;
}

function assign(assignment: Assignment, shell: Shell): void {
  const { name, isAppended, value } = assignment;
  const before = shell.variables.get(name);
  const scope = scopeOf(shell);
  introduce(name, shell);
  if ('list' in value) {
    const items = value.list.flatMap((word) => expandWord(word, scope));
    const kept = Array.isArray(before) ? (before as readonly string[]) : [];
    shell.variables.set(name, isAppended ? [...kept, ...items] : items);
    return;
  }
  const text = expandText(value, scope);
  const all = isAppended && typeof before === 'string' ? before + text : text;
  shell.variables.set(name, all.length > LONGEST_VALUE ? unknownText(`$${name}`) : all);
}

/** A few lines can double a text beyond any memory. */
const LONGEST_VALUE = 32 * 1024;

function valueText({ value }: Assignment, scope: ShellScope): string {
  return 'list' in value ? '' : expandText(value, scope);
}

const DECLARING = new Set(['export', 'readonly', 'local', 'declare', 'typeset']);
const SILENT = new Set([':', 'true', 'false', 'shopt', 'trap', 'exit', 'return', 'wait']);

type Builtin = (words: readonly string[], shell: Shell) => void;

const BUILTINS: Readonly<Record<string, Builtin>> = {
  cd: changeFolder,
  pushd: changeFolder,
  popd: (_, shell) => {
    shell.folder = unknownText('popd');
  },
  unset: (words, shell) => {
    for (const word of words) shell.variables.set(word, '');
  },
  set: (words, shell) => {
    if (/(^| )(-\w*a|-o allexport)/.test(words.join(' '))) shell.exportsAll = true;
  },
  shift: ([count], shell) => {
    shell.positional = shell.positional.slice(Number(count ?? 1) || 1);
  },
  read: (words, shell) => {
    for (const word of words.filter((one) => /^[A-Za-z_]\w*$/.test(one))) {
      introduce(word, shell);
      shell.variables.set(word, unknownText(`$${word}`));
    }
  },
  source: ([name = ''], shell) => runSourced(name, shell),
  '.': ([name = ''], shell) => runSourced(name, shell),
};

/** Commands of the shell itself; true for those that are dealt with. */
function runBuiltin([name = '', ...rest]: readonly string[], shell: Shell): boolean {
  if (DECLARING.has(name)) {
    declareAll(name, rest, shell);
    return true;
  }
  const builtin = Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
  builtin?.(rest, shell);
  return builtin !== undefined || SILENT.has(name);
}

function changeFolder(words: readonly string[], shell: Shell): void {
  shell.folder = folderFrom(shell.folder, words.find((word) => !word.startsWith('-')) ?? '~');
}

function declareAll(name: string, words: readonly string[], shell: Shell): void {
  const isExport = name === 'export' || words.some((word) => /^-\w*x/.test(word));
  for (const word of words) declare(word, isExport, shell);
}

function declare(word: string, isExport: boolean, shell: Shell): void {
  const [, name, value] = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(word) ?? [];
  if (name === undefined) return;
  introduce(name, shell);
  if (isExport) shell.unexported.delete(name);
  if (value !== undefined) shell.variables.set(name, value);
}

function runSourced(name: string, shell: Shell): void {
  const text = isKnown(name + shell.folder) ? shell.host.source(shell.folder, name) : undefined;
  if (text !== undefined) runAll(parseShell(text), shell);
}

/** The folder below the root that a path leads to; unknown where it leaves the repository. */
export function folderFrom(folder: string, path: string): string {
  if (isKnown(path) && path.startsWith(CHECKOUT)) return joined('', path.slice(CHECKOUT.length));
  if (isKnown(path) && /^[/~]/.test(path)) return outsideText(path);
  if (isKnown(folder + path)) return joined(folder, path);
  return folder === '' ? path : `${folder}/${path}`;
}

function joined(folder: string, path: string): string {
  const all = [...(folder === '' ? [] : folder.split('/')), ...path.split('/')];
  // What comes before a folder that has the repository below it is the repository's own root.
  const start = all.findLastIndex((part) => mountOf(part) !== undefined);
  const parts: string[] = [];
  for (const part of all.slice(start + 1)) {
    if (part === '..') {
      if (parts.pop() === undefined) return outsideText(path);
    } else if (part !== '' && part !== '.') parts.push(part);
  }
  const above = all[start];
  return above === undefined ? parts.join('/') : belowMount(above, parts);
}

/** A path from a folder that has the repository below it: on the way there, in it, or beside it. */
function belowMount(above: string, parts: readonly string[]): string {
  const mount = mountOf(above) ?? [];
  if (mount.every((part, at) => part === parts[at])) return parts.slice(mount.length).join('/');
  const isOnTheWay = parts.every((part, at) => part === mount[at]);
  return isOnTheWay ? [above, ...parts].join('/') : outsideText(parts.join('/'));
}

function isTestName(name: string): boolean {
  return name === '[' || name === '[[' || name === 'test';
}
