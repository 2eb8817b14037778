import type { TextStep } from '../model/render';
import { isKnown, withPlaceholders } from './ciText';

type Replace = Extract<TextStep, { kind: 'replace' }>;
type Part = Replace['replacement'][number];

/** Where what only a run knows stands while a script is read: one character for each. */
const FIRST_TOKEN = 0xe100;
const MOST_TOKENS = 200;
const TOKEN = /[\uE100-\uE1C7]/g;

/**
 * The `s` commands of a sed script, as the steps that they are. `undefined` for any other command,
 * for addresses, and for expressions of which only GNU's library knows what they match.
 */
export function sedSteps(script: string, isExtended: boolean): readonly Replace[] | undefined {
  const unknown: string[] = [];
  const text = script.replace(TOKEN, '').replace(/\uE000[^\uE000\uE001]*\uE001/g, (whole) => {
    unknown.push(withPlaceholders(whole));
    return String.fromCharCode(FIRST_TOKEN + unknown.length - 1);
  });
  if (!isKnown(text) || unknown.length > MOST_TOKENS) return undefined;
  const steps: Replace[] = [];
  let rest = text.replace(SEPARATORS, '');
  while (rest !== '') {
    const read = readCommand(rest, isExtended);
    if (read === undefined) return undefined;
    steps.push(withTexts(read.step, unknown));
    rest = read.rest.replace(SEPARATORS, '');
  }
  return steps.length === 0 ? undefined : steps;
}

const SEPARATORS = /^[\s;]+/;

/** A character, one after a backslash, or a whole bracket expression. */
interface Piece {
  readonly kind: 'char' | 'escape' | 'bracket';
  readonly text: string;
}

const BRACKET = String.raw`\[\^?\]?(?:\[[:.=][^\]]*[:.=]\]|[^\]\n])*\]`;
const IN_PATTERN = new RegExp(String.raw`\\([^])|(${BRACKET})|([^])`, 'y');
const IN_REPLACEMENT = /\\([^])|(?!)(.)|([^])/y;

interface Read {
  readonly step: Replace;
  readonly rest: string;
}

function readCommand(text: string, isExtended: boolean): Read | undefined {
  const parts = partsOf(text);
  if (parts === undefined) return undefined;
  const { found, put, flags } = parts;
  const pattern = usable(found.pieces.map(isExtended ? extended : basic));
  const replacement = replacementOf(put.pieces);
  if (pattern === undefined || replacement === undefined) return undefined;
  const step: Replace = { kind: 'replace', pattern, replacement, all: flags[1] === 'g' };
  return { step, rest: put.rest.slice(flags[0].length) };
}

/** `s/…/…/` with its flags; any other than `g` does something else. */
function partsOf(text: string) {
  const delimiter = /^s([^\\\s])/.exec(text)?.[1] ?? '';
  if (delimiter === '') return undefined;
  const found = piecesUntil(text.slice(2), delimiter, IN_PATTERN);
  const put = found && piecesUntil(found.rest, delimiter, IN_REPLACEMENT);
  if (found === undefined || put === undefined) return undefined;
  const flags = /^(g?)\s*(?=[;\n]|$)/.exec(put.rest);
  return flags === null ? undefined : { found, put, flags };
}

/** Up to the next delimiter that stands for itself; an escaped one is that character. */
function piecesUntil(
  text: string,
  delimiter: string,
  expression: RegExp,
): { readonly pieces: readonly Piece[]; readonly rest: string } | undefined {
  const pieces: Piece[] = [];
  for (const match of text.matchAll(new RegExp(expression.source, 'gy'))) {
    const [whole, escaped, bracket] = match;
    if (whole === delimiter) {
      return { pieces, rest: text.slice(match.index + whole.length) };
    }
    if (escaped === delimiter) pieces.push({ kind: 'bracket', text: escaped });
    else if (escaped !== undefined) pieces.push({ kind: 'escape', text: escaped });
    else pieces.push({ kind: bracket === undefined ? 'char' : 'bracket', text: whole });
  }
  return undefined;
}

type Translation = (piece: Piece, at: number, all: readonly Piece[]) => string | undefined;

/** Characters that a basic expression has for themselves and an extended one does not. */
const ONLY_EXTENDED = '+?(){}|';

/** A piece of a basic expression as one of an extended one. */
function basic(piece: Piece, at: number, all: readonly Piece[]): string | undefined {
  const { kind, text } = piece;
  if (kind === 'bracket') return inBrackets(text);
  if (kind === 'escape' && ONLY_EXTENDED.includes(text)) return text;
  if (kind === 'escape') return escaped(text);
  return ONLY_EXTENDED.includes(text) || isPlain(text, at, all) ? `\\${text}` : whole(text);
}

/** Of these, where they stand decides whether they mean anything. */
function isPlain(text: string, at: number, all: readonly Piece[]): boolean {
  if (text === '*') return isFirst(at, all) || (at === 1 && isAnchor(all[0]));
  if (text === '^') return !isFirst(at, all);
  return text === '$' && at < all.length - 1;
}

function isFirst(at: number, all: readonly Piece[]): boolean {
  const before = all[at - 1];
  return before === undefined || (before.kind === 'escape' && '(|'.includes(before.text));
}

function isAnchor(piece: Piece | undefined): boolean {
  return piece?.kind === 'char' && piece.text === '^';
}

const extended: Translation = ({ kind, text }) => {
  if (kind === 'bracket') return inBrackets(text);
  return kind === 'escape' ? escaped(text) : whole(text);
};

/** Letters and digits after a backslash have meanings that differ from library to library. */
function escaped(text: string): string | undefined {
  return /[A-Za-z0-9]/.test(text) ? undefined : `\\${text}`;
}

/** A bracket without its end is none. */
function whole(text: string): string | undefined {
  return text === '[' ? undefined : text;
}

/** Go takes a backslash between brackets for one that escapes; POSIX takes it for itself. */
function inBrackets(text: string): string {
  if (text.length === 1) return /\W/.test(text) ? `\\${text}` : text;
  return text.replaceAll('\\', '\\\\').replace(/^(\[\^?)\]/, '$1\\]');
}

/** An empty expression is the last one that was used; what only a run knows matches nobody knows what. */
function usable(pieces: readonly (string | undefined)[]): string | undefined {
  const pattern = pieces.join('');
  const isOpen = pieces.includes(undefined) || pattern.search(TOKEN) >= 0;
  return pattern === '' || isOpen || pattern.includes('(?') ? undefined : pattern;
}

function replacementOf(pieces: readonly Piece[]): readonly Part[] | undefined {
  const parts = pieces.map(partOf);
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) return undefined;
  return known.reduce<readonly Part[]>((all, part) => {
    const last = all.at(-1);
    const isJoined = last !== undefined && 'text' in last && 'text' in part;
    return isJoined ? [...all.slice(0, -1), { text: last.text + part.text }] : [...all, part];
  }, []);
}

function partOf({ kind, text }: Piece): Part | undefined {
  if (kind === 'char') return text === '&' ? { group: 0 } : { text };
  // The delimiter, for itself.
  if (kind === 'bracket') return { text };
  if (/\d/.test(text)) return { group: Number(text) };
  if (text === 'n') return { text: '\n' };
  return /[A-Za-z]/.test(text) ? undefined : { text };
}

function withTexts(step: Replace, unknown: readonly string[]): Replace {
  const filled = (text: string): string =>
    text.replace(TOKEN, (char) => unknown[char.charCodeAt(0) - FIRST_TOKEN] ?? char);
  const replacement = step.replacement.map((part) =>
    'text' in part ? { text: filled(part.text) } : part,
  );
  return { ...step, replacement };
}
