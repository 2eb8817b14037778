import { matchesGlob } from './glob';
import { baseNameOf, parentOf } from './paths';
import { CHECKOUT, isKnown, unknownText } from './ciText';
import type { Part, Word } from './ciWords';

/** What the words of a script are expanded with. */
export interface ShellScope {
  /** A text, or the items of an array. */
  readonly variables: ReadonlyMap<string, string | readonly string[]>;
  /** `$1` and on. */
  readonly positional: readonly string[];
  /** `$0`. */
  readonly name: string;
  /** Names of files that a pattern matches, as the shell would write them. */
  readonly glob: (pattern: string) => readonly string[];
  /** What a command prints, where that is told without running it. */
  readonly output: (command: string) => string | undefined;
}

/** A field under construction: whether it exists even when empty, and may be a pattern. */
interface Field {
  text: string;
  isQuoted: boolean;
  isPattern: boolean;
}

/** The fields that a word becomes: none for an empty variable, several for a list. */
export function expandWord(word: Word, scope: ShellScope): readonly string[] {
  const fields: Field[] = [];
  let open: Field | undefined;
  const current = (): Field => {
    if (open === undefined) fields.push((open = { text: '', isQuoted: false, isPattern: false }));
    return open;
  };
  for (const part of word) {
    const values = valuesOf(part, scope);
    if (part.quoted && values.length > 0) current().isQuoted = true;
    values.forEach((value, index) => {
      if (index > 0) open = undefined;
      const isWhole = part.quoted || part.kind === 'text';
      const pieces = (isWhole ? [value] : splitFields(value)).map((one) => shielded(one, part));
      pieces.forEach((piece, at) => {
        if (at > 0) open = undefined;
        const field = current();
        field.text += piece;
        field.isQuoted ||= part.quoted;
        field.isPattern ||= /[*?[]/.test(piece);
      });
    });
  }
  return fields
    .filter(({ text, isQuoted }) => text !== '' || isQuoted)
    .flatMap((field) => finished(field, scope))
    .map(unshielded);
}

/** What quotes keep from being a pattern or braces; braces of a variable's value are none either. */
function shielded(text: string, { kind, quoted }: Part): string {
  if (!quoted && kind === 'text') return text;
  const letters = quoted ? SHIELDED : SHIELDED.slice(0, 1);
  return [...letters].reduce((all, letter) => all.replaceAll(letter, shieldOf(letter)), text);
}

const SHIELDED = '{*?[';

function shieldOf(letter: string): string {
  return String.fromCharCode(0xe010 + SHIELDED.indexOf(letter));
}

function unshielded(text: string): string {
  return text.replace(/[\uE010-\uE013]/g, (shield) =>
    SHIELDED.charAt(shield.charCodeAt(0) - 0xe010),
  );
}

/** The text of a word where nothing is split: the value of an assignment, the subject of a `case`. */
export function expandText(word: Word, scope: ShellScope): string {
  return word.map((part) => valuesOf(part, scope).join(' ')).join('');
}

function finished({ text, isPattern }: Field, scope: ShellScope): readonly string[] {
  return expandBraces(text).flatMap((one) => {
    const found = isPattern && isKnown(one) ? scope.glob(one) : [];
    return found.length === 0 ? [one] : found;
  });
}

const BRACES = /^(.*?)\{([^{},\s]*(?:,[^{},\s]*)+)\}(.*)$/s;
const MOST_BRACES = 100;

/** `--set list={a,b}` is meant for Helm, but Bash gets it first unless it is quoted. */
function expandBraces(text: string): readonly string[] {
  let expanded: readonly string[] = [text];
  while (expanded.length < MOST_BRACES) {
    const next = expanded.flatMap((one) => {
      const [, before = '', list, after = ''] = BRACES.exec(one) ?? [];
      return list?.split(',').map((item) => `${before}${item}${after}`) ?? [one];
    });
    if (next.length === expanded.length) return expanded;
    expanded = next;
  }
  return expanded.slice(0, MOST_BRACES);
}

/** As the shell splits at blanks; what only a run knows stays whole. */
export function splitFields(text: string): readonly string[] {
  return text.match(/(?:\uE000[^\uE001]*\uE001|[^\s\uE000])+/g) ?? [];
}

/** Of a list (`$@`, an array) its items, of everything else one text. */
function valuesOf(part: Part, scope: ShellScope): readonly string[] {
  switch (part.kind) {
    case 'text':
      return [part.text];
    case 'other':
      return [unknownText(part.text)];
    case 'command':
      return [scope.output(part.text) ?? unknownText(`$(${part.text})`)];
    case 'variable':
      return variableValues(part, scope);
  }
}

type Variable = Extract<Part, { readonly kind: 'variable' }>;

function variableValues(part: Variable, scope: ShellScope): readonly string[] {
  const found = lookUp(part.name, scope);
  if (Array.isArray(found) && part.operator === '') return found as readonly string[];
  const value = Array.isArray(found) ? (found as readonly string[]).join(' ') : (found as string);
  return [part.operator === '' ? (value ?? unset(part.name)) : operated(part, value, scope)];
}

function lookUp(name: string, scope: ShellScope): string | readonly string[] | undefined {
  return specialValue(name, scope) ?? namedValue(name, scope);
}

function specialValue(
  name: string,
  { positional, name: called }: ShellScope,
): string | readonly string[] | undefined {
  if (name === '@' || name === '*') return positional;
  if (name === '#') return String(positional.length);
  if (name === '0') return called;
  return /^\d+$/.test(name) ? (positional[Number(name) - 1] ?? '') : undefined;
}

/** `name`, `name[@]`, `name[2]`; of an array without an index, the first item. */
function namedValue(
  name: string,
  { variables, name: called }: ShellScope,
): string | readonly string[] | undefined {
  const [bare = '', index = ''] = name.split(/[[\]]/);
  const value = bare === 'BASH_SOURCE' ? [called] : variables.get(bare);
  if (!Array.isArray(value)) return value;
  const items = value as readonly string[];
  return /[@*]/.test(index) ? items : (items[Number(index)] ?? '');
}

/** Nothing in the repository sets it: the runner may. */
function unset(name: string): string {
  return unknownText(`$${name}`);
}

/** What every run of a system sets. */
const PREDEFINED =
  /^(GITHUB|RUNNER|CI|GITLAB|BUILD|SYSTEM|AGENT|JENKINS|GIT|JOB|TF_BUILD|ENVIRONMENT)(_|$)/;

function operated(part: Variable, value: string | undefined, scope: ShellScope): string {
  const { operator, name } = part;
  if (operator.endsWith('?')) return value ?? unset(name);
  const isOpen = value === undefined ? PREDEFINED.test(name) : !isKnown(value);
  if (isOpen) return unknownPart(part);
  if (/[-=+]$/.test(operator)) return substituted(part, value, scope);
  return value === undefined ? unknownPart(part) : edited(part, value, scope);
}

function substituted(part: Variable, value: string | undefined, scope: ShellScope): string {
  const isAbsent = value === undefined || (value === '' && part.operator.startsWith(':'));
  if (part.operator.endsWith('+')) return isAbsent ? '' : argumentText(part, scope);
  return isAbsent ? argumentText(part, scope) : value;
}

function unknownPart({ name, operator, argument }: Variable): string {
  return unknownText(`\${${name}${operator}${argument}}`);
}

/** The argument of an operator is a word in which quotes count; most are one plain text. */
function argumentText({ argument }: Variable, scope: ShellScope): string {
  const bare = argument.replace(/^(["'])(.*)\1$/s, '$2');
  return bare.replace(
    /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*|\d))/g,
    (_, a?: string, b?: string) => {
      const name = a ?? b ?? '';
      const found = lookUp(name, scope);
      return typeof found === 'string' ? found : unset(name);
    },
  );
}

function edited(part: Variable, value: string, scope: ShellScope): string {
  const { operator } = part;
  if (operator === '^^') return value.toUpperCase();
  if (operator === ',,') return value.toLowerCase();
  const argument = argumentText(part, scope);
  if (/^[#%]/.test(operator)) return trimmed(value, operator, argument);
  return operator.startsWith('/') ? replaced(value, operator, argument) : unknownPart(part);
}

const LONGEST_TRIMMED = 1000;

/** Without the shortest or longest beginning or end that fits the pattern. */
function trimmed(value: string, operator: string, pattern: string): string {
  if (value.length > LONGEST_TRIMMED) return value;
  const lengths = [...Array(value.length + 1).keys()];
  if (operator.length === 2) lengths.reverse();
  const atEnd = operator.startsWith('%');
  const cut = lengths.find((length) =>
    fitsPattern(pattern, atEnd ? value.slice(value.length - length) : value.slice(0, length)),
  );
  if (cut === undefined) return value;
  return atEnd ? value.slice(0, value.length - cut) : value.slice(cut);
}

function replaced(value: string, operator: string, argument: string): string {
  const slash = argument.indexOf('/');
  const from = slash < 0 ? argument : argument.slice(0, slash);
  const to = slash < 0 ? '' : argument.slice(slash + 1);
  if (from === '' || /[*?[\\]/.test(from)) return unknownText(`${value}/${argument}`);
  return operator === '//' ? value.replaceAll(from, () => to) : value.replace(from, () => to);
}

/** Whether a text fits a pattern of `case`: a `*` takes slashes as well. */
export function fitsPattern(pattern: string, text: string): boolean {
  const one = (part: string): string => part.replaceAll('/', '\uE003');
  if (text === '' || pattern === '') return pattern === text || /^\*+$/.test(pattern);
  return matchesGlob(one(pattern), one(text));
}

type Output = (words: readonly string[], folder: string) => string | undefined;

const OUTPUTS: Readonly<Record<string, Output>> = {
  pwd: (_, folder) => absolute('', folder),
  git: (words) => (words.join(' ') === 'rev-parse --show-toplevel' ? CHECKOUT : undefined),
  dirname: ([path = '']) => {
    const parent = parentOf(path);
    return parent === '' ? (path.startsWith('/') ? '/' : '.') : parent;
  },
  basename: ([path = '', end = '']) => {
    const name = baseNameOf(path);
    return end !== '' && name.endsWith(end) ? name.slice(0, -end.length) : name;
  },
  realpath: (words, folder) => absolute(words.at(-1) ?? '', folder),
  readlink: (words, folder) => absolute(words.at(-1) ?? '', folder),
  echo: (words) => words.filter((word, at) => at > 0 || !/^-[neE]+$/.test(word)).join(' '),
};

function absolute(path: string, folder: string): string {
  if (path.startsWith(CHECKOUT)) return path;
  return [CHECKOUT, folder, path].filter((part) => part !== '').join('/');
}

/** What some commands print is told by where they run: `pwd`, `dirname "$0"`, `git rev-parse …`. */
export function knownOutput(words: readonly string[], folder: string): string | undefined {
  const [program = '', ...rest] = words;
  const isTold = Object.hasOwn(OUTPUTS, program) && (program === 'echo' || rest.every(isKnown));
  return isTold ? OUTPUTS[program]?.(rest, folder) : undefined;
}
