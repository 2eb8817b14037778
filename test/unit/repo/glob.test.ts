import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coversPath, isGlob, matchesGlob } from '../../../src/repo/glob';

describe('matchesGlob', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/*', 'a/b', true],
    ['a/*', 'a/b/c', false],
    ['a/*', 'a', false],
    ['a/**', 'a', true],
    ['a/**', 'a/b/c', true],
    ['**', '', true],
    ['**', 'a/b', true],
    ['**/prod', 'a/b/prod', true],
    ['**/prod', 'prod', true],
    ['**/prod', 'a/prod/b', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/x/y/c', false],
    ['values-*.yaml', 'values-prod.yaml', true],
    ['values-*.yaml', 'values-prod.yml', false],
    ['v?.yaml', 'v1.yaml', true],
    ['v?.yaml', 'v12.yaml', false],
    ['*a*b', 'xxaxxbxb', true],
    ['./a/', 'a', true],
    ['a.c', 'abc', false],
    ['a+(b)', 'a+(b)', true],
    ['**/**/x', 'a/x', true],
  ];
  it.each(cases)('%s on %s: %s', (pattern, path, expected) => {
    expect(matchesGlob(pattern, path)).toBe(expected);
  });

  const name = fc.stringMatching(/^[a-c]{1,3}$/);
  const path = fc.array(name, { maxLength: 4 }).map((parts) => parts.join('/'));
  const piece = fc.oneof(name, fc.constantFrom('*', '**', 'a*', '?b', '*c*'));
  const glob = fc.array(piece, { maxLength: 4 }).map((parts) => parts.join('/'));

  it('agrees with the regular expression that a glob means', () => {
    fc.assert(
      fc.property(glob, path, (pattern, text) => {
        expect(matchesGlob(pattern, text)).toBe(meaning(pattern, text));
      }),
      { numRuns: 2000 },
    );
  });

  it('matches itself when it has no wildcard, and everything below with /**', () => {
    fc.assert(
      fc.property(path, path, (folder, below) => {
        expect(matchesGlob(folder, folder)).toBe(true);
        expect(matchesGlob(`${folder}/**`, [folder, below].filter(Boolean).join('/'))).toBe(true);
      }),
    );
  });

  it('does not blow up', () => {
    expect(matchesGlob('*a'.repeat(200), `${'a'.repeat(5000)}b`)).toBe(false);
    expect(matchesGlob('**/a/'.repeat(100), `${'a/'.repeat(2000)}b`)).toBe(false);
  });
});

/** All ways of letting `**` take none, one or more names, tried one after the other. */
function meaning(pattern: string, path: string): boolean {
  const want = pattern.split('/').filter(Boolean);
  const have = path.split('/').filter(Boolean);
  const fits = (at: number, from: number): boolean => {
    const part = want[at];
    if (part === undefined) return from === have.length;
    if (part === '**') return fits(at + 1, from) || (from < have.length && fits(at, from + 1));
    const source = part.replaceAll('*', '.*').replaceAll('?', '.');
    return (
      from < have.length &&
      new RegExp(`^${source}$`).test(have[from] ?? '') &&
      fits(at + 1, from + 1)
    );
  };
  return fits(0, 0);
}

describe('coversPath', () => {
  it.each([
    ['deploy/*', 'deploy/a/b.yaml', true],
    ['clusters/staging', 'clusters/staging/x/y.yaml', true],
    ['clusters/staging', 'clusters/staging2/x.yaml', false],
    ['clusters/staging/', 'clusters/staging', true],
    ['x', 'a/x', false],
    ['**/prod', 'a/prod/x.yaml', true],
    ['shop/values-prod.yaml', 'shop/values-prod.yaml', true],
  ])('%s on %s: %s', (glob, path, expected) => {
    expect(coversPath(glob, path)).toBe(expected);
  });
});

it('tells a glob from a path', () => {
  expect([isGlob('a/b.yaml'), isGlob('a/*.yaml'), isGlob('a?')]).toEqual([false, true, true]);
});
