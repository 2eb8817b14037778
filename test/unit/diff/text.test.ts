import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineHunks, takeBackHunk, unifiedDiff } from '../../../src/diff/text';

const before = 'a\nb\nc\nd\ne\n';

describe('line hunks', () => {
  it.each([
    ['nothing', before, before, []],
    ['a changed line', before, 'a\nB\nc\nd\ne\n', [{ startLine: 2, endLine: 2, kind: 'changed' }]],
    ['added lines', before, 'a\nb\nx\ny\nc\nd\ne\n', [{ startLine: 3, endLine: 4, kind: 'added' }]],
    ['removed lines', before, 'a\nd\ne\n', [{ startLine: 2, endLine: 1, kind: 'removed' }]],
    ['a new file', '', 'a\nb\n', [{ startLine: 1, endLine: 2, kind: 'added' }]],
    ['an emptied file', 'a\nb\n', '', [{ startLine: 1, endLine: 0, kind: 'removed' }]],
    ['a last line without end', 'a\nb', 'a\nc', [{ startLine: 2, endLine: 2, kind: 'changed' }]],
    [
      'two places',
      before,
      'A\nb\nc\nd\ne\nf\n',
      [
        { startLine: 1, endLine: 1, kind: 'changed' },
        { startLine: 6, endLine: 6, kind: 'added' },
      ],
    ],
  ])('of %s', (_name, old, now, hunks) => {
    expect(lineHunks(old, now)).toEqual(hunks);
  });

  it('takes back one hunk and leaves the others', () => {
    const now = 'A\nb\nd\ne\nf\n';
    const hunks = lineHunks(before, now);
    expect(hunks.map((hunk) => takeBackHunk(before, now, hunk))).toEqual([
      'a\nb\nd\ne\nf\n',
      'A\nb\nc\nd\ne\nf\n',
      'A\nb\nd\ne\n',
    ]);
  });

  it('leaves the text alone when the hunk is not one of it', () => {
    const hunk = { startLine: 40, endLine: 41, kind: 'changed' } as const;
    expect(takeBackHunk(before, 'a\n', hunk)).toBe('a\n');
  });

  it('answers soon for texts that have nothing in common', () => {
    const old = Array.from({ length: 20_000 }, (_, n) => `old ${n}`).join('\n');
    const now = Array.from({ length: 20_000 }, (_, n) => `new ${n}`).join('\n');
    expect(lineHunks(old, now)).toEqual([{ startLine: 1, endLine: 20_000, kind: 'changed' }]);
    expect(unifiedDiff({ before: old, after: now, beforeLabel: 'a', afterLabel: 'b' })).toContain(
      '+new 19999',
    );
  });

  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 12 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''));

  it('is the old text once every hunk is taken back, last one first', () => {
    fc.assert(
      fc.property(text, text, (old, now) => {
        const back = [...lineHunks(old, now)]
          .reverse()
          .reduce((current, hunk) => takeBackHunk(old, current, hunk), now);
        expect(back).toBe(old);
      }),
    );
  });
});

describe('unified diff', () => {
  it('is what diff -u prints', () => {
    const text = unifiedDiff({
      before: 'kind: Deployment\nspec:\n  replicas: 3\n  paused: false\n',
      after: 'kind: Deployment\nspec:\n  replicas: 5\n  paused: false\n',
      beforeLabel: 'live · production',
      afterLabel: 'Git · origin/main',
      context: 1,
    });
    expect(text).toBe(
      [
        '--- live · production',
        '+++ Git · origin/main',
        '@@ -2,3 +2,3 @@',
        ' spec:',
        '-  replicas: 3',
        '+  replicas: 5',
        '   paused: false',
        '',
      ].join('\n'),
    );
  });

  it('is empty for equal texts', () => {
    expect(unifiedDiff({ before, after: before, beforeLabel: 'a', afterLabel: 'b' })).toBe('');
  });

  it.each([
    ['', 'a\nb\n', '@@ -0,0 +1,2 @@'],
    ['a\nb\n', '', '@@ -1,2 +0,0 @@'],
    ['a\nb\n', 'a\nb\nc\n', '@@ -2,0 +3,1 @@'],
    ['a\nb\nc\n', 'a\nc\n', '@@ -2,1 +1,0 @@'],
  ])('heads a hunk of %j to %j as diff -U0 does', (from, to, head) => {
    const labels = { beforeLabel: 'a', afterLabel: 'b' };
    expect(unifiedDiff({ before: from, after: to, ...labels, context: 0 })).toContain(
      `\n${head}\n`,
    );
  });
});
