import { UNKNOWN_END, UNKNOWN_START } from './ciText';

/** The words of POSIX shells with what Bash adds and pipelines use: quotes, expansions, arrays. */
export type Part =
  /** `quoted`: neither split nor matched against file names. */
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  /** `${name<operator><argument>}`; `$name` has neither. */
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly operator: string;
      readonly argument: string;
      readonly quoted: boolean;
    }
  | { readonly kind: 'command'; readonly text: string; readonly quoted: boolean }
  /** Arithmetic and process substitutions: of these, only the text is known. */
  | { readonly kind: 'other'; readonly text: string; readonly quoted: boolean };

export type Word = readonly Part[];

/** A place in a text that is being read. */
export interface Cursor {
  readonly text: string;
  at: number;
  /** Of substitutions in quotes in substitutions. */
  nesting?: number;
}

const BREAKS = new Set([' ', '\t', '\n', '\r', ';', '&', '|', '<', '>', '(', ')']);

/**
 * Reads the word at the cursor, which ends behind it. Empty where there is none. Unterminated quotes
 * end with the text. `breaks`: the characters that end an unquoted word.
 */
export function readWord(cursor: Cursor, breaks: ReadonlySet<string> = BREAKS): Word {
  const parts: Part[] = [];
  while (cursor.at < cursor.text.length) {
    const next = cursor.text.charAt(cursor.at);
    if (breaks.has(next) && !isProcessSubstitution(cursor)) break;
    if (isContinuation(cursor)) cursor.at = lineEnd(cursor.text, cursor.at) + 1;
    else parts.push(...readPart(cursor, next, breaks));
  }
  return parts;
}

/** A backslash at the end of a line, which may end in a carriage return. */
export function isContinuation({ text, at }: Cursor): boolean {
  return text.charAt(at) === '\\' && (text[at + 1] === '\n' || text.startsWith('\r\n', at + 1));
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function isProcessSubstitution({ text, at }: Cursor): boolean {
  return (text[at] === '<' || text[at] === '>') && text[at + 1] === '(';
}

function readProcess(cursor: Cursor): Part {
  cursor.at += 1;
  return { kind: 'other', text: `<(${readBalanced(cursor, '(', ')')})`, quoted: true };
}

function readPart(cursor: Cursor, next: string, breaks: ReadonlySet<string>): readonly Part[] {
  switch (next) {
    case UNKNOWN_START:
      return [{ kind: 'text', text: readUnknown(cursor), quoted: false }];
    case "'":
      return [quoted(readUntil(cursor, "'"))];
    case '"':
      return readDoubleQuoted(cursor);
    case '\\':
      cursor.at += 2;
      return [quoted(cursor.text.charAt(cursor.at - 1))];
    case '$':
    case '`':
      return readExpansion(cursor, false);
    default:
      return [isProcessSubstitution(cursor) ? readProcess(cursor) : readPlain(cursor, breaks)];
  }
}

/** What was filled in before the shell got the text is none of its syntax. */
function readUnknown(cursor: Cursor): string {
  const start = cursor.at;
  const end = cursor.text.indexOf(UNKNOWN_END, start);
  cursor.at = end < 0 ? cursor.text.length : end + 1;
  return cursor.text.slice(start, cursor.at);
}

function quoted(text: string): Part {
  return { kind: 'text', text, quoted: true };
}

/** From a quote to the next one; behind it. */
function readUntil(cursor: Cursor, end: string): string {
  const start = cursor.at + 1;
  const found = cursor.text.indexOf(end, start);
  const stop = found < 0 ? cursor.text.length : found;
  cursor.at = stop + 1;
  return cursor.text.slice(start, stop);
}

const SPECIAL = /["'\\$`\uE000]/;

function readPlain(cursor: Cursor, breaks: ReadonlySet<string>): Part {
  const start = cursor.at;
  while (cursor.at < cursor.text.length) {
    const next = cursor.text.charAt(cursor.at);
    if (breaks.has(next) || SPECIAL.test(next)) break;
    cursor.at += 1;
  }
  return { kind: 'text', text: cursor.text.slice(start, cursor.at), quoted: false };
}

function readDoubleQuoted(cursor: Cursor): readonly Part[] {
  cursor.at += 1;
  const parts: Part[] = [];
  const text: string[] = [];
  const flush = (): void => {
    if (text.length > 0) parts.push(quoted(text.splice(0).join('')));
  };
  while (cursor.at < cursor.text.length && cursor.text[cursor.at] !== '"') {
    const next = cursor.text.charAt(cursor.at);
    if (next === '$' || next === '`') {
      flush();
      parts.push(...readExpansion(cursor, true));
    } else if (next === '\\') text.push(readEscape(cursor));
    else if (next === UNKNOWN_START) text.push(readUnknown(cursor));
    else {
      text.push(next);
      cursor.at += 1;
    }
  }
  cursor.at += 1;
  flush();
  return parts.length === 0 ? [quoted('')] : parts;
}

/** Between double quotes, a backslash is itself but before what it can escape. */
function readEscape(cursor: Cursor): string {
  const next = cursor.text.charAt(cursor.at + 1);
  if (isContinuation(cursor)) {
    cursor.at = lineEnd(cursor.text, cursor.at) + 1;
    return '';
  }
  cursor.at += 2;
  return '"\\$`'.includes(next) && next !== '' ? next : `\\${next}`;
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]/y;

function readExpansion(cursor: Cursor, isQuoted: boolean): readonly Part[] {
  const { text, at } = cursor;
  if (text[at] === '`') {
    return [{ kind: 'command', text: readUntil(cursor, '`'), quoted: isQuoted }];
  }
  switch (text.charAt(at + 1)) {
    case '(':
      return [readCommand(cursor, isQuoted)];
    case '{':
      cursor.at += 1;
      return [braced(readBalanced(cursor, '{', '}'), isQuoted)];
    default:
      return isQuoted ? [readNamed(cursor, isQuoted)] : readDollarQuoted(cursor);
  }
}

function readDollarQuoted(cursor: Cursor): readonly Part[] {
  const next = cursor.text[cursor.at + 1];
  if (next !== "'" && next !== '"') return [readNamed(cursor, false)];
  cursor.at += 1;
  return next === '"' ? readDoubleQuoted(cursor) : [quoted(readAnsi(cursor))];
}

function readNamed(cursor: Cursor, isQuoted: boolean): Part {
  NAME.lastIndex = cursor.at + 1;
  const name = NAME.exec(cursor.text)?.[0];
  cursor.at += 1 + (name?.length ?? 0);
  if (name === undefined) return { kind: 'text', text: '$', quoted: isQuoted };
  return { kind: 'variable', name, operator: '', argument: '', quoted: isQuoted };
}

function readCommand(cursor: Cursor, isQuoted: boolean): Part {
  cursor.at += 1;
  const isArithmetic = cursor.text[cursor.at + 1] === '(';
  const text = readBalanced(cursor, '(', ')');
  const isSum = isArithmetic && text.endsWith(')');
  return isSum
    ? { kind: 'other', text: `$(${text})`, quoted: isQuoted }
    : { kind: 'command', text, quoted: isQuoted };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0' };

/** `$'…'`: with the escapes of C. */
function readAnsi(cursor: Cursor): string {
  cursor.at += 1;
  const found: string[] = [];
  while (cursor.at < cursor.text.length && cursor.text[cursor.at] !== "'") {
    const isEscape = cursor.text[cursor.at] === '\\';
    const letter = cursor.text.charAt(cursor.at + Number(isEscape));
    found.push(isEscape ? (ESCAPES[letter] ?? letter) : letter);
    cursor.at += isEscape ? 2 : 1;
  }
  cursor.at += 1;
  return found.join('');
}

/** What stands between a bracket at the cursor and the one that closes it, quotes in it respected. */
function readBalanced(cursor: Cursor, open: string, close: string): string {
  const { text } = cursor;
  const start = cursor.at + 1;
  let depth = 0;
  while (cursor.at < text.length) {
    const next = text.charAt(cursor.at);
    if (!skipQuoted(cursor, next)) cursor.at += next === '\\' ? 2 : 1;
    depth += Number(next === open) - Number(next === close);
    if (depth === 0) return text.slice(start, cursor.at - 1);
  }
  return text.slice(start);
}

function skipQuoted(cursor: Cursor, next: string): boolean {
  if (next === "'") readUntil(cursor, "'");
  else if (next === '"') skipDoubleQuoted(cursor);
  else if (next === UNKNOWN_START) readUnknown(cursor);
  else return false;
  return true;
}

const DEEPEST = 200;

function skipDoubleQuoted(cursor: Cursor): void {
  const { text } = cursor;
  cursor.at += 1;
  while (cursor.at < text.length && text[cursor.at] !== '"') {
    const isCommand = text.startsWith('$(', cursor.at);
    if (isCommand) {
      cursor.at += 1;
      cursor.nesting = (cursor.nesting ?? 0) + 1;
      if (cursor.nesting > DEEPEST) throw new RangeError('nested too deeply');
      readBalanced(cursor, '(', ')');
      cursor.nesting -= 1;
    } else cursor.at += text[cursor.at] === '\\' ? 2 : 1;
  }
  cursor.at += 1;
}

const BRACED = /^([A-Za-z_][A-Za-z0-9_]*(?:\[(?:[@*]|\d+)\])?|[0-9]+|[@*#?$!-])([\s\S]*)$/;
const OPERATOR = /^(:[-=?+]|[-=?+]|%%|%|##|#|\/\/|\/|\^\^|\^|,,|,)/;

function braced(inner: string, isQuoted: boolean): Part {
  const [, name, rest = ''] = BRACED.exec(inner) ?? [];
  const operator = OPERATOR.exec(rest)?.[0] ?? '';
  if (name === undefined || (rest !== '' && operator === '')) {
    return { kind: 'other', text: `\${${inner}}`, quoted: isQuoted };
  }
  const argument = rest.slice(operator.length);
  return { kind: 'variable', name, operator, argument, quoted: isQuoted };
}
