import { describe, expect, it } from 'vitest';
import { readTrees, type YamlTree } from '../../../src/yaml/tree';

/** As data, texts with their lines: `text@line`. */
function shown(tree: YamlTree | undefined): unknown {
  if (tree === undefined) return undefined;
  if (tree.kind === 'text') return `${tree.text}@${tree.line}`;
  if (tree.kind === 'list') {
    const items = tree.items.map(shown);
    return tree.tag === undefined ? items : { [tree.tag]: items };
  }
  return Object.fromEntries([...tree.entries].map(([key, value]) => [key, shown(value)]));
}

function read(text: string): unknown {
  return shown(readTrees(text)[0]);
}

describe('YAML with its lines', () => {
  it.each<readonly [string, string, unknown]>([
    [
      'texts as they are written',
      'a: 1.10\nb: 0644\nc: yes\nd: "x"\n',
      { a: '1.10@1', b: '0644@2', c: 'yes@3', d: 'x@4' },
    ],
    [
      'blocks from their first line',
      'a: |\n  one\n  two\nb: >-\n  folded\n  text\n',
      { a: 'one\ntwo\n@2', b: 'folded text@5' },
    ],
    ['nothing', 'a:\nb: ~\nc: null\n', { a: '@1', b: '@2', c: '@3' }],
    ['lists', 'a:\n  - x\n  - [y, z]\n', { a: ['x@2', ['y@3', 'z@3']] }],
    ['tags', 'a: !reference [x, y]\n', { a: { '!reference': ['x@1', 'y@1'] } }],
    ['aliases', 'a: &x\n  k: v\nb: *x\n', { a: { k: 'v@2' }, b: { k: 'v@2' } }],
    [
      'merge keys, what is here wins',
      'a: &x {k: 1, l: 1}\nb:\n  <<: *x\n  k: 2\n',
      { a: { k: '1@1', l: '1@1' }, b: { k: '2@4', l: '1@1' } },
    ],
    [
      'several merged, the first wins',
      'a: &x {k: 1}\nb: &y {k: 2, l: 2}\nc:\n  <<: [*x, *y]\n',
      { a: { k: '1@1' }, b: { k: '2@2', l: '2@2' }, c: { k: '1@1', l: '2@2' } },
    ],
    ['keys that are no texts', '1: a\ntrue: b\n? [x]\n: c\n', { 1: 'a@1', true: 'b@2' }],
    ['an alias to nothing', 'a: *gone\nb: c\n', { a: '@1', b: 'c@2' }],
    ['line ends of Windows', 'a: x\r\nb: |\r\n  y\r\n', { a: 'x@1', b: 'y\n@3' }],
  ])('has %s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it('has every mapping among the documents', () => {
    expect(readTrees('a: 1\n---\n- x\n---\nb: 2\n').map(shown)).toEqual([
      { a: '1@1' },
      { b: '2@5' },
    ]);
    expect(readTrees('')).toEqual([]);
    expect(readTrees('text')).toEqual([]);
  });

  it('says which texts are plain', () => {
    const [tree] = readTrees('a: 1\nb: "1"\nc: |\n  1\n');
    const plain = [...(tree?.entries.values() ?? [])].map(
      (one) => one.kind === 'text' && one.isPlain,
    );
    expect(plain).toEqual([true, false, false]);
  });

  it('gives what could be read of broken text', () => {
    expect(read('a: b\nc: [d\n')).toMatchObject({ a: 'b@1' });
  });

  it('ends in circles, bombs and depths', () => {
    expect(readTrees('a: &a {b: *a}\n')).toHaveLength(1);
    for (const deep of ['[', '{a: ', '- ', '? ', '{[']) {
      expect(readTrees(`a:\n  ${deep.repeat(50_000)}`)).toEqual([]);
    }
    const bomb = Array.from({ length: 12 }, (_, at) =>
      at === 0
        ? 'x0: &x0 [a, a]'
        : `x${at}: &x${at} [${Array(10)
            .fill(`*x${at - 1}`)
            .join(', ')}]`,
    );
    expect(readTrees(bomb.join('\n'))).toHaveLength(1);
    expect(readTrees('a: b\n'.repeat(300_000))).toEqual([]);
  });
});
