/** Words that YAML 1.1 takes for a boolean, a null or a number, in any letter case. */
const RESERVED = /^(y|n|yes|no|on|off|true|false|null|~|[-+]?\.(inf|nan))$/i;
const LONGEST_RESERVED = 5;
/** Integers, floats and times of YAML 1.1 and 1.2: digits with underscores, any base, base 60, dates. */
const NUMBER =
  /^[-+]?(\d[\d_]*\.?[\d_]*|\.[\d_]*)(e[-+]?\d*)?$|^[-+]?0[xob][\da-f_]*$|^[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?$|^\d{4}-\d{1,2}-\d{1,2}/i;
/** An exponent alone, which some readers of YAML 1.1 take for a float. */
const EXPONENT = /^[-+]?\.?_*e[-+]?\d+$/i;
/** What most strings of manifests are: plain at a glance, but for the reserved words. */
const COMMON = /^[A-Za-z_/](?:[\w ./,()@+-]*[\w./,()@+-])?$/;
/** Begins like a plain scalar: no indicator, or a dash that is no list item. */
const PLAIN_START = /^(?:[\p{L}\p{N}_/.$(+~^;\\]|-[^\s-]|--[^\s-])/u;
const PLAIN_TEXT = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;
/** What would end a plain scalar: a mapping's colon, a comment. */
const PLAIN_END = /:(?=\s|$)| #|\s$/;
/** Texts that a single-quoted scalar can hold without an escape. */
const ONE_LINE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;

/** A string on one line that every YAML reads as that string. */
export function quoteAsNeeded(text: string): string {
  if (isPlain(text)) return text;
  const escapes = text.includes('"') || text.includes('\\');
  return escapes && ONE_LINE.test(text) ? `'${text.replaceAll("'", "''")}'` : JSON.stringify(text);
}

function isPlain(text: string): boolean {
  if (EXPONENT.test(text)) return false;
  if (COMMON.test(text)) return text.length > LONGEST_RESERVED || !RESERVED.test(text);
  return (
    PLAIN_START.test(text) &&
    PLAIN_TEXT.test(text) &&
    !PLAIN_END.test(text) &&
    !RESERVED.test(text) &&
    !NUMBER.test(text)
  );
}

/** Header and lines of a literal block scalar; `undefined` for texts that one cannot hold safely. */
export function literalBlock(
  text: string,
): { readonly header: string; readonly lines: readonly string[] } | undefined {
  if (!text.includes('\n')) return undefined;
  const body = text.replace(/\n+$/, '');
  const isSafe =
    /^[^\s]/.test(body) && /\S$/.test(body) && /^[\t\n\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(body);
  if (!isSafe) return undefined;
  const breaks = text.length - body.length;
  const header = breaks === 0 ? '|-' : breaks === 1 ? '|' : '|+';
  return { header, lines: `${body}${'\n'.repeat(Math.max(0, breaks - 1))}`.split('\n') };
}

/** A number of JSON; YAML 1.1 wants a fraction before an exponent. */
export function numberText(value: number): string {
  return String(value).replace(/^(-?\d+)e/, '$1.0e');
}
