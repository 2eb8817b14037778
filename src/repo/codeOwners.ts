import { coversPath } from './glob';

/** Where GitHub and GitLab look for it; the first one counts. */
export const OWNERS_PATHS = [
  '.github/CODEOWNERS',
  'CODEOWNERS',
  'docs/CODEOWNERS',
  '.gitlab/CODEOWNERS',
] as const;

export interface OwnerRule {
  /** As `coversPath` reads it. */
  readonly pattern: string;
  /** Empty for paths that nobody owns. */
  readonly owners: readonly string[];
}

/** Lines of a CODEOWNERS file; sections of GitLab are read as if they were one, `!` lines are left out. */
export function parseCodeOwners(text: string): readonly OwnerRule[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const words = line.replace(/(^|\s)#.*$/, '').trim();
    const [pattern = '', ...owners] = words.split(/\s+/);
    if (pattern === '' || pattern.startsWith('!') || /^\^?\[/.test(pattern)) return [];
    return [{ pattern: anchored(pattern), owners }];
  });
}

/** As in a .gitignore: a pattern without a slash inside matches at any depth. */
function anchored(pattern: string): string {
  const plain = pattern.replace(/\/$/, '');
  return plain.includes('/') ? plain.replace(/^\//, '') : `**/${plain}`;
}

/** Who owns a file or folder: the last rule that covers it says so. */
export function ownersOf(rules: readonly OwnerRule[], path: string): readonly string[] {
  return rules.findLast(({ pattern }) => coversPath(pattern, path))?.owners ?? [];
}
