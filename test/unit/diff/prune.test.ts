import { describe, expect, it } from 'vitest';
import { orderLike, replaceAt, withoutPaths } from '../../../src/diff/prune';

const tree = {
  metadata: { labels: { a: '1', b: '2' }, annotations: { c: '3' } },
  spec: {
    list: [
      { name: 'x', v: 1 },
      { name: 'y', v: 2 },
      { name: 'z', v: 3 },
    ],
    empty: {},
  },
};

describe('cutting trees', () => {
  it('takes out values, and containers that it emptied, but none that were empty', () => {
    const cut = withoutPaths(
      tree,
      [
        ['metadata', 'labels', 'a'],
        ['metadata', 'annotations', 'c'],
        ['spec', 'list', { id: 'name=x', before: 0 }],
        ['spec', 'list', { id: 'name=z', before: 2, after: 0 }, 'v'],
      ],
      'before',
    );
    expect(cut).toEqual({
      metadata: { labels: { b: '2' } },
      spec: { list: [{ name: 'y', v: 2 }, { name: 'z' }], empty: {} },
    });
  });

  it('goes by the indices of the side that is meant', () => {
    const path = ['spec', 'list', { id: 'name=x', before: 0, after: 2 }] as const;
    expect(withoutPaths(tree, [path], 'after').spec).toMatchObject({
      list: [{ name: 'x' }, { name: 'y' }],
    });
    const absent = ['spec', 'list', { id: 'name=q', before: 0 }] as const;
    expect(withoutPaths(tree, [absent], 'after')).toEqual(tree);
  });

  it('takes a whole subtree whatever else is asked below it', () => {
    const cut = withoutPaths(tree, [['spec'], ['spec', 'list'], ['metadata', 'labels']], 'before');
    expect(cut).toEqual({ metadata: { annotations: { c: '3' } } });
    expect(withoutPaths(tree, [], 'before')).toBe(tree);
  });

  it('leaves the given tree as it was', () => {
    const copy = structuredClone(tree);
    withoutPaths(tree, [['spec']], 'before');
    replaceAt(tree, ['metadata', 'labels', 'a'], 'before', 'x');
    expect(tree).toEqual(copy);
  });
});

describe('replacing', () => {
  it('puts a value in place, and only where there is one', () => {
    const path = ['spec', 'list', { id: 'name=y', before: 1 }, 'v'] as const;
    expect(replaceAt(tree, path, 'before', 9).spec).toMatchObject({
      list: [{ v: 1 }, { v: 9 }, { v: 3 }],
    });
    expect(replaceAt(tree, ['metadata', 'nothing'], 'before', 9)).toEqual(tree);
    expect(replaceAt(tree, ['metadata', 'labels', 'a', 'deep'], 'before', 9)).toEqual(tree);
  });
});

describe('ordering', () => {
  it('puts keys in the order of the model, further ones after them', () => {
    const ordered = orderLike(
      { z: 1, b: { y: 1, x: 2 }, a: [{ d: 1, c: 2 }] },
      {
        a: [{ c: 0, d: 0 }],
        b: { x: 0, y: 0 },
        missing: 1,
      },
    );
    expect(JSON.stringify(ordered)).toBe('{"a":[{"c":2,"d":1}],"b":{"x":2,"y":1},"z":1}');
    expect(orderLike({ b: 1, a: 2 }, undefined)).toEqual({ b: 1, a: 2 });
  });
});
