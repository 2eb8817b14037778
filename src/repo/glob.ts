/**
 * Matches a path against a glob: `**` any number of folders, `*` and `?` within one name. Greedy
 * without backtracking blow-up, because patterns come from repositories that nobody has vetted.
 */
export function matchesGlob(pattern: string, path: string): boolean {
  const want = pattern.split('/').filter((part) => part !== '' && part !== '.');
  const have = path.split('/').filter((part) => part !== '');
  return matchWild({
    want,
    have,
    isWild: (part) => part === '**',
    fits: (part, name) => matchName(part, name),
  });
}

/** True when the glob matches the path or a folder that holds it: `deploy/*` covers `deploy/a/b.yaml`. */
export function coversPath(pattern: string, path: string): boolean {
  const parts = path.split('/');
  return parts.some((_, index) => matchesGlob(pattern, parts.slice(0, index + 1).join('/')));
}

export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

function matchName(pattern: string, name: string): boolean {
  return matchWild({
    want: [...pattern],
    have: [...name],
    isWild: (part) => part === '*',
    fits: (part, letter) => part === '?' || part === letter,
  });
}

interface WildMatch {
  readonly want: readonly string[];
  readonly have: readonly string[];
  readonly isWild: (part: string) => boolean;
  readonly fits: (part: string, item: string) => boolean;
}

/** The two-pointer wildcard match: on a mismatch only the latest wildcard takes one item more. */
function matchWild({ want, have, isWild, fits }: WildMatch): boolean {
  let [at, from, retryAt, retryFrom] = [0, 0, -1, 0];
  while (from < have.length) {
    const part = want[at];
    const item = have[from] ?? '';
    if (part !== undefined && isWild(part)) {
      [retryAt, retryFrom] = [at, from];
      at += 1;
    } else if (part !== undefined && fits(part, item)) {
      at += 1;
      from += 1;
    } else if (retryAt >= 0) {
      retryFrom += 1;
      [at, from] = [retryAt + 1, retryFrom];
    } else return false;
  }
  return want.slice(at).every(isWild);
}
