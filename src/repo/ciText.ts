import { pipelinePlaceholder } from '../model/placeholder';

/**
 * Texts of pipelines in which some parts are known only to a run. Such a part stands between two
 * private characters, so that texts can be joined and split as if it were there.
 */
export const UNKNOWN_START = '\uE000';
export const UNKNOWN_END = '\uE001';
/** The folder into which the repository is checked out, at the start of a path. */
export const CHECKOUT = '\uE002';

/** Around a part of a path: the folder that has the repository somewhere below it. */
const MOUNT = '\uE003';
const MOUNT_SLASH = '\uE004';

/** A folder that has the repository at this path below it, or nowhere. */
export function mountedAt(path: string | undefined): string {
  return `${MOUNT}${path?.replaceAll('/', MOUNT_SLASH) ?? ''}${MOUNT}`;
}

/** Where below such a folder the repository is; no folder is called so where it is nowhere. */
export function mountOf(part: string): readonly string[] | undefined {
  return part.startsWith(MOUNT) ? part.slice(1, -1).split(MOUNT_SLASH) : undefined;
}

/** The way from a folder to the repository below it; `undefined` for one of the repository. */
export function wayDown(folder: string): string | undefined {
  const [above = '', ...parts] = folder.split('/');
  return mountOf(above)?.slice(parts.length).join('/');
}

const MOUNTED = /\/\uE003[^\uE003]*\uE003|\uE003[^\uE003]*\uE003\/?/g;

const UNKNOWN = /\uE000([^\uE000\uE001]*)\uE001/g;

/** A part of which only its name is known: `$GITHUB_SHA`, `github.sha`, `$(git describe)`. */
export function unknownText(what: string): string {
  return `${UNKNOWN_START}${plainText(what).trim()}${UNKNOWN_END}`;
}

const OUTSIDE = 'outside: ';

/** A path that leads out of the repository: what is there is nobody's guess either. */
export function outsideText(path: string): string {
  return unknownText(`${OUTSIDE}${path}`);
}

/** The path that leads out, of a text with one. */
export function outsideIn(text: string): string | undefined {
  const found = unknownsIn(text).find((what) => what.startsWith(OUTSIDE));
  return found?.slice(OUTSIDE.length);
}

/** A source text without the characters that have a meaning of their own here. */
export function plainText(text: string): string {
  return text.replace(/[\uE000-\uE01F\0]/g, '');
}

export function isKnown(text: string): boolean {
  return !text.includes(UNKNOWN_START);
}

/** The names of the unknown parts, each once. */
export function unknownsIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(UNKNOWN)].map(([, name = '']) => name))];
}

const LONGEST_PLACEHOLDER = 60;

/** What the render has where only a run knows the text: `<pipeline:GITHUB_SHA>`. */
export function withPlaceholders(text: string): string {
  return shown(text, (what) => {
    const name = what.replace(/^\$+|[{}()]/g, '').replace(/[^\w.-]+/g, '_');
    const short = name.replace(/^_+|_+$/g, '').slice(0, LONGEST_PLACEHOLDER);
    return pipelinePlaceholder(short === '' ? 'unknown' : short);
  });
}

/** For sentences: the unknown parts as they are written. */
export function asWritten(text: string): string {
  return shown(text, (what) => what);
}

function shown(text: string, form: (what: string) => string): string {
  const filled = text.replace(UNKNOWN, (_, what: string) => form(what));
  return filled.replace(MOUNTED, '').replaceAll(CHECKOUT, '.');
}

const MOST_EXPANSIONS = 1000;

/**
 * Fills variables into a text whose values hold variables again. The first group of the pattern that
 * matches is the name; without one, the whole match is. Circles, and values that grow with
 * each other, end as unknown parts.
 */
export function expandNested(
  text: string,
  pattern: RegExp,
  valueOf: (name: string) => string | undefined,
): string {
  const budget = { left: MOST_EXPANSIONS };
  const open = new Set<string>();
  const expand = (one: string): string =>
    one.replace(pattern, (whole: string, ...rest: readonly unknown[]) => {
      // After the groups come the offset and the text.
      const name = rest.slice(0, -2).find((group) => typeof group === 'string');
      const key = typeof name === 'string' ? name : whole;
      const value = valueOf(key);
      budget.left -= 1;
      if (value === undefined || open.has(key) || budget.left < 0) return unknownText(whole);
      open.add(key);
      const inner = expand(value);
      open.delete(key);
      return inner;
    });
  return expand(text);
}
