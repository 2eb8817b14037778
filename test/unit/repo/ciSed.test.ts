import { describe, expect, it } from 'vitest';
import { unknownText } from '../../../src/repo/ciText';
import { sedSteps } from '../../../src/repo/ciSed';

/** `pattern → replacement`, with `{1}` for a group. */
function told(script: string, isExtended = false): readonly string[] | undefined {
  return sedSteps(script, isExtended)?.map(({ pattern, replacement, all }) => {
    const put = replacement.map((part) => ('text' in part ? part.text : `{${String(part.group)}}`));
    return `${pattern} → ${put.join('')}${all ? ' (all)' : ''}`;
  });
}

describe('scripts of sed', () => {
  it.each([
    ['s/a/b/', ['a → b']],
    ['s/a/b/g', ['a → b (all)']],
    ['s|image: x|image: y/z|', ['image: x → image: y/z']],
    ['s#a#b#g; s,c,d,', ['a → b (all)', 'c → d']],
    ['s/a/b/\n  s/c/d/g\n', ['a → b', 'c → d (all)']],
    ['s/tag: .*/tag: v1/', ['tag: .* → tag: v1']],
    ['s/a\\.b/c/', ['a\\.b → c']],
    ['s/a+b?(c){2}|d/x/', ['a\\+b\\?\\(c\\)\\{2\\}\\|d → x']],
    ['s/\\(a\\|b\\)\\+/<\\1>/', ['(a|b)+ → <{1}>']],
    ['s/^*a^b$c$/x/', ['^\\*a\\^b\\$c$ → x']],
    ['s/\\/path\\/to/\\/other/', ['\\/path\\/to → /other']],
    ['s|a\\|b|c\\|d|', ['a\\|b → c|d']],
    ['s/[/]x[]a]*/y/', ['[/]x[\\]a]* → y']],
    ['s/[\\.]/y/', ['[\\\\.] → y']],
    ['s/x/[&]\\&\\\\/', ['x → [{0}]&\\']],
    ['s/x/a\\nb/', ['x → a\nb']],
    ['s/__TAG__//', ['__TAG__ → ']],
  ])('%j', (script, want) => {
    expect(told(script)).toEqual(want);
  });

  it.each([
    ['s/(a|b)+/\\1/', ['(a|b)+ → {1}']],
    ['s/a\\+/x/', ['a\\+ → x']],
    ['s/[0-9]{2,}/x/g', ['[0-9]{2,} → x (all)']],
  ])('with -E: %j', (script, want) => {
    expect(told(script, true)).toEqual(want);
  });

  it.each([
    '',
    'd',
    '/x/s/a/b/',
    '1s/a/b/',
    '$!s/a/b/',
    's/a/b',
    's/a/b/2',
    's/a/b/i',
    's/a/b/w file',
    's/a/b/e',
    's//b/',
    's/\\w*/b/',
    's/\\(a\\)\\1/b/',
    's/[a/b/',
    's/a/\\U&/',
    's/a/b/;d',
    's a b ',
    'y/a/b/',
    '{s/a/b/}',
    's/a/b/ # why',
  ])('are not followed: %j', (script) => {
    expect(sedSteps(script, false)).toBeUndefined();
  });

  it('put placeholders where only a run knows the text, whatever its name holds', () => {
    const tag = unknownText('$(git rev-parse HEAD | tr / &)');
    expect(told(`s/TAG/${tag}/`)).toEqual(['TAG → <pipeline:git_rev-parse_HEAD_tr>']);
    expect(told(`s/a${tag}/b/`)).toBeUndefined();
    expect(told(`${tag}`)).toBeUndefined();
    expect(told(`s${tag}a${tag}b${tag}`)).toBeUndefined();
  });
});
