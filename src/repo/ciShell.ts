import { type Cursor, isContinuation, readWord, type Word } from './ciWords';

/** Scripts as pipelines hold them, as far as telling which commands run needs it. */
export type Command =
  | SimpleCommand
  | { readonly kind: 'pipeline'; readonly commands: readonly Command[] }
  | { readonly kind: 'not'; readonly command: Command }
  | { readonly kind: 'chain'; readonly first: Command; readonly rest: readonly Link[] }
  /** `{ … }` and `( … )`; of the latter, what it sets is gone after it. */
  | { readonly kind: 'group'; readonly body: Script; readonly isSubshell: boolean }
  | { readonly kind: 'if'; readonly arms: readonly Arm[]; readonly otherwise: Script }
  | {
      readonly kind: 'for';
      readonly name: string;
      readonly words: readonly Word[];
      readonly body: Script;
    }
  | { readonly kind: 'loop'; readonly test: Script; readonly body: Script; readonly until: boolean }
  | { readonly kind: 'case'; readonly subject: Word; readonly choices: readonly Choice[] }
  | { readonly kind: 'function'; readonly name: string; readonly body: Script };

export type Script = readonly Command[];

export interface SimpleCommand {
  readonly kind: 'simple';
  /** Offset in the text. */
  readonly at: number;
  readonly assignments: readonly Assignment[];
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
}

export interface Assignment {
  readonly name: string;
  readonly isAppended: boolean;
  readonly value: Word | { readonly list: readonly Word[] };
}

export interface Redirect {
  readonly operator: string;
  readonly target: Word;
}

export interface Link {
  readonly operator: '&&' | '||';
  readonly command: Command;
}

interface Arm {
  readonly test: Script;
  readonly body: Script;
}

interface Choice {
  readonly patterns: readonly Word[];
  readonly body: Script;
}

const LONGEST_SCRIPT = 256 * 1024;

/**
 * Reads a script. What is broken or beyond reason (nesting, size) ends it early: nothing is thrown,
 * and what was read until then counts.
 */
export function parseShell(text: string): Script {
  const cursor = { text: text.slice(0, LONGEST_SCRIPT), at: 0, depth: 0, heredocs: [] };
  const script: Command[] = [];
  try {
    while (cursor.at < cursor.text.length) {
      script.push(...readList(cursor, []));
      // A stray end word or bracket is no reason to stop.
      if (cursor.at < cursor.text.length) skipStray(cursor);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return script;
}

interface Reader extends Cursor {
  depth: number;
  /** Ends of the here-documents that start after this line. */
  readonly heredocs: { readonly end: string; readonly isIndented: boolean }[];
}

const DEEPEST = 200;

function skipStray(reader: Reader): void {
  const word = peekRaw(reader);
  reader.at += Math.max(1, word.length);
}

/** Commands until one of the words in `ends`, a closing bracket or `;;`, none of which is taken. */
function readList(reader: Reader, ends: readonly string[]): Script {
  if (reader.depth >= DEEPEST) throw new RangeError('nested too deeply');
  reader.depth += 1;
  const commands: Command[] = [];
  for (;;) {
    skipSeparators(reader);
    if (reader.at >= reader.text.length || isEnd(reader, ends)) break;
    const before = reader.at;
    const command = readChain(reader);
    if (command !== undefined) commands.push(command);
    if (reader.at === before) break;
  }
  reader.depth -= 1;
  return commands;
}

function isEnd(reader: Reader, ends: readonly string[]): boolean {
  const next = reader.text.charAt(reader.at);
  if (next === ')' || reader.text.startsWith(';;', reader.at)) return true;
  return ends.includes(peekRaw(reader));
}

const RAW = /[^\s;&|<>()]+/y;

function peekRaw(reader: Reader): string {
  RAW.lastIndex = reader.at;
  return RAW.exec(reader.text)?.[0] ?? '';
}

function takeRaw(reader: Reader, wanted: string): boolean {
  skipSeparators(reader);
  if (peekRaw(reader) !== wanted) return false;
  reader.at += wanted.length;
  return true;
}

function skipBlanks(reader: Reader): void {
  for (;;) {
    const next = reader.text.charAt(reader.at);
    if (isContinuation(reader)) reader.at = reader.text.indexOf('\n', reader.at) + 1;
    else if (next === ' ' || next === '\t' || next === '\r') reader.at += 1;
    else if (next === '#') reader.at = endOfLine(reader);
    else return;
  }
}

function endOfLine({ text, at }: Cursor): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

/** Blanks, line ends and single `;` and `&`. */
function skipSeparators(reader: Reader): void {
  for (;;) {
    skipBlanks(reader);
    const next = reader.text.charAt(reader.at);
    if (next === '\n') skipLineEnd(reader);
    else if ((next === ';' && reader.text[reader.at + 1] !== ';') || next === '&') reader.at += 1;
    else return;
  }
}

function skipLineEnd(reader: Reader): void {
  reader.at += 1;
  for (const { end, isIndented } of reader.heredocs.splice(0)) {
    while (reader.at < reader.text.length) {
      const stop = endOfLine(reader);
      const line = reader.text.slice(reader.at, stop).replace(/\r$/, '');
      reader.at = Math.min(stop + 1, reader.text.length);
      if ((isIndented ? line.replace(/^\t+/, '') : line) === end) break;
    }
  }
}

function readChain(reader: Reader): Command | undefined {
  const first = readPipeline(reader);
  const rest: Link[] = [];
  for (;;) {
    skipBlanks(reader);
    const operator = reader.text.slice(reader.at, reader.at + 2);
    if (first === undefined || (operator !== '&&' && operator !== '||')) break;
    reader.at += 2;
    skipSeparators(reader);
    const command = readPipeline(reader);
    if (command === undefined) break;
    rest.push({ operator, command });
  }
  return first === undefined || rest.length === 0 ? first : { kind: 'chain', first, rest };
}

function readPipeline(reader: Reader): Command | undefined {
  const isNegated = peekRaw(reader) === '!' && takeRaw(reader, '!');
  const command = readPiped(reader);
  return isNegated && command !== undefined ? { kind: 'not', command } : command;
}

function readPiped(reader: Reader): Command | undefined {
  const commands: Command[] = [];
  for (;;) {
    skipBlanks(reader);
    const command = readCommand(reader);
    if (command === undefined) break;
    commands.push(command);
    skipBlanks(reader);
    if (reader.text[reader.at] !== '|' || reader.text[reader.at + 1] === '|') break;
    reader.at += reader.text[reader.at + 1] === '&' ? 2 : 1;
    skipSeparators(reader);
  }
  const [only] = commands;
  return commands.length > 1 ? { kind: 'pipeline', commands } : only;
}

const COMPOUND: Readonly<Record<string, (reader: Reader) => Command>> = {
  if: readIf,
  for: readFor,
  select: readFor,
  while: (reader) => readLoop(reader, false),
  until: (reader) => readLoop(reader, true),
  case: readCase,
  '{': (reader) => ({ kind: 'group', body: readBody(reader, '}'), isSubshell: false }),
  function: readFunction,
};

function readCommand(reader: Reader): Command | undefined {
  if (reader.text[reader.at] === '(') return withRedirects(reader, readSubshell(reader));
  const word = peekRaw(reader);
  const read = Object.hasOwn(COMPOUND, word) ? COMPOUND[word] : undefined;
  if (read !== undefined) {
    reader.at += word.length;
    return withRedirects(reader, read(reader));
  }
  const named = /([A-Za-z_][\w-]*)[ \t]*\([ \t]*\)/y;
  named.lastIndex = reader.at;
  const found = named.exec(reader.text);
  if (found === null) return readSimple(reader);
  reader.at = named.lastIndex;
  return functionOf(reader, found[1] ?? '');
}

/** Redirects of a whole compound command say nothing here, but here-documents have to be skipped. */
function withRedirects(reader: Reader, command: Command): Command {
  skipBlanks(reader);
  while (readRedirect(reader) !== undefined) skipBlanks(reader);
  return command;
}

function readSubshell(reader: Reader): Command {
  const isSum = reader.text[reader.at + 1] === '(';
  reader.at += 1;
  const body = readList(reader, []);
  if (reader.text[reader.at] === ')') reader.at += 1;
  return { kind: 'group', body: isSum ? [] : body, isSubshell: true };
}

function readBody(reader: Reader, end: string): Script {
  const body = readList(reader, [end]);
  takeRaw(reader, end);
  return body;
}

function readIf(reader: Reader): Command {
  const arms: Arm[] = [];
  do {
    const test = readList(reader, ['then']);
    takeRaw(reader, 'then');
    arms.push({ test, body: readList(reader, ['elif', 'else', 'fi']) });
  } while (takeRaw(reader, 'elif'));
  const otherwise = takeRaw(reader, 'else') ? readList(reader, ['fi']) : [];
  takeRaw(reader, 'fi');
  return { kind: 'if', arms, otherwise };
}

function readLoop(reader: Reader, until: boolean): Command {
  const test = readList(reader, ['do']);
  return { kind: 'loop', test, body: readDo(reader), until };
}

function readDo(reader: Reader): Script {
  takeRaw(reader, 'do');
  return readBody(reader, 'done');
}

function readFor(reader: Reader): Command {
  skipBlanks(reader);
  const name = peekRaw(reader);
  reader.at += name.length;
  // `for ((i = 0; …))` counts: what it does is not told before it runs.
  if (name === '' && reader.text[reader.at] === '(') readSubshell(reader);
  const words = takeRaw(reader, 'in') ? readWords(reader) : [];
  return { kind: 'for', name, words, body: readDo(reader) };
}

function readWords(reader: Reader): readonly Word[] {
  const words: Word[] = [];
  for (;;) {
    skipBlanks(reader);
    const word = readWord(reader);
    if (word.length === 0) return words;
    words.push(word);
  }
}

function readCase(reader: Reader): Command {
  skipBlanks(reader);
  const subject = readWord(reader);
  takeRaw(reader, 'in');
  const choices: Choice[] = [];
  for (;;) {
    skipSeparators(reader);
    if (reader.at >= reader.text.length || takeRaw(reader, 'esac')) break;
    const before = reader.at;
    choices.push(readChoice(reader));
    if (reader.at === before) break;
  }
  return { kind: 'case', subject, choices };
}

function readChoice(reader: Reader): Choice {
  if (reader.text[reader.at] === '(') reader.at += 1;
  const patterns: Word[] = [];
  for (;;) {
    skipBlanks(reader);
    patterns.push(readWord(reader));
    skipBlanks(reader);
    if (reader.text[reader.at] !== '|') break;
    reader.at += 1;
  }
  if (reader.text[reader.at] === ')') reader.at += 1;
  const body = readList(reader, ['esac']);
  const end = /;;&?|;&/y;
  end.lastIndex = reader.at;
  if (end.test(reader.text)) reader.at = end.lastIndex;
  return { patterns, body };
}

function readFunction(reader: Reader): Command {
  skipBlanks(reader);
  const name = peekRaw(reader);
  reader.at += name.length;
  skipBlanks(reader);
  if (reader.text[reader.at] === '(') readSubshell(reader);
  return functionOf(reader, name);
}

function functionOf(reader: Reader, name: string): Command {
  skipSeparators(reader);
  if (reader.depth >= DEEPEST) throw new RangeError('nested too deeply');
  reader.depth += 1;
  const body = readCommand(reader);
  reader.depth -= 1;
  return { kind: 'function', name, body: body === undefined ? [] : [body] };
}

/** Inside `[[ … ]]`, comparison signs and brackets are no operators of the shell. */
const IN_TEST: ReadonlySet<string> = new Set([' ', '\t', '\n', '\r']);

function readSimple(reader: Reader): Command | undefined {
  if (peekRaw(reader) === '[[') return readTest(reader);
  const at = reader.at;
  const assignments: Assignment[] = [];
  const words: Word[] = [];
  const redirects: Redirect[] = [];
  for (;;) {
    skipBlanks(reader);
    const redirect = readRedirect(reader);
    if (redirect !== undefined) {
      redirects.push(redirect);
      continue;
    }
    const assignment = words.length === 0 ? readAssignment(reader) : undefined;
    if (assignment !== undefined) {
      assignments.push(assignment);
      continue;
    }
    const word = readWord(reader);
    if (word.length === 0) break;
    words.push(word);
  }
  if (assignments.length + words.length + redirects.length === 0) return undefined;
  return { kind: 'simple', at, assignments, words, redirects };
}

function readTest(reader: Reader): SimpleCommand {
  const at = reader.at;
  const words: Word[] = [];
  while (reader.at < reader.text.length) {
    skipBlanks(reader);
    if (reader.text[reader.at] === '\n') reader.at += 1;
    if (reader.text.startsWith(']]', reader.at)) break;
    const word = readWord(reader, IN_TEST);
    if (word.length > 0) words.push(word);
  }
  reader.at += 2;
  return { kind: 'simple', at, assignments: [], words, redirects: [] };
}

const REDIRECT = /\d*(<<<|<<-|<<|<>|>>|>\||<&|>&|&>>|&>|<(?!\()|>(?!\())/y;

function readRedirect(reader: Reader): Redirect | undefined {
  REDIRECT.lastIndex = reader.at;
  const operator = REDIRECT.exec(reader.text)?.[1];
  if (operator === undefined) return undefined;
  reader.at = REDIRECT.lastIndex;
  skipBlanks(reader);
  const target = readWord(reader);
  if (operator === '<<' || operator === '<<-') {
    const end = target.map((part) => ('text' in part ? part.text : '')).join('');
    reader.heredocs.push({ end, isIndented: operator === '<<-' });
  }
  return { operator, target };
}

const ASSIGNMENT = /([A-Za-z_]\w*)(\+?)=/y;

function readAssignment(reader: Reader): Assignment | undefined {
  ASSIGNMENT.lastIndex = reader.at;
  const found = ASSIGNMENT.exec(reader.text);
  if (found === null) return undefined;
  reader.at = ASSIGNMENT.lastIndex;
  const named = { name: found[1] ?? '', isAppended: found[2] === '+' };
  if (reader.text[reader.at] !== '(') return { ...named, value: readWord(reader) };
  reader.at += 1;
  return { ...named, value: { list: readArray(reader) } };
}

function readArray(reader: Reader): readonly Word[] {
  const words: Word[] = [];
  for (;;) {
    skipSeparators(reader);
    const word = readWord(reader);
    if (word.length === 0) break;
    words.push(word);
  }
  if (reader.text[reader.at] === ')') reader.at += 1;
  return words;
}
