const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/**
 * A pattern of a CRD (Go's RE2 syntax) as a JavaScript expression with the same verdict, or
 * `undefined` where that is not certain: then the pattern is not checked.
 */
export function goPattern(pattern: string): RegExp | undefined {
  const flags = /^\(\?([is]+)\)/.exec(pattern);
  const body = translate(flags === null ? pattern : pattern.slice(flags[0].length));
  if (body === undefined) return undefined;
  const given = [...new Set(flags?.[1] ?? '')].join('');
  return tryCompile(body, `u${given}`) ?? tryCompile(body, given);
}

function translate(pattern: string): string | undefined {
  const body = pattern
    .replace(/\[:(\w+):\]/g, (whole, name: string) => POSIX_CLASSES[name] ?? whole)
    .replaceAll('(?P<', '(?<')
    .replace(/^\\A/, '^')
    .replace(/\\z$/, '$');
  return isUncertain(body) ? undefined : body;
}

/** Where the two languages differ: flags inside, quoting, anchors, classes of Unicode, `\s`. */
function isUncertain(body: string): boolean {
  const plain = body.replaceAll('\\\\', '');
  return /\[:|\(\?(?!:|<[A-Za-z])|\\[AzZQECpPxaGkKhHNRXu0-9bB]/.test(plain);
}

function tryCompile(body: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(body, flags);
  } catch {
    return undefined;
  }
}
