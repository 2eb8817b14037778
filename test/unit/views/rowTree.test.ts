import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../../src/views/row';
import { arrange } from '../../../src/views/arrange';
import type { RowTree } from '../../../src/views/rowTree';
import { createRowTree } from '../../../src/views/rowTree';

interface Spec {
  readonly id: string;
  readonly label?: string;
  readonly children?: readonly Spec[];
  readonly settled?: boolean;
  readonly first?: boolean;
}

function row({ id, label = id, children, settled, first }: Spec): Row {
  return {
    id,
    label,
    spoken: label,
    collapsible: children === undefined ? 'none' : 'collapsed',
    children: () => (children ?? []).map(row),
    abilities: [],
    ...(settled === undefined ? {} : { settled }),
    ...(first === undefined ? {} : { first }),
  };
}

function update(tree: RowTree, specs: readonly Spec[], keepOrder = false): string {
  const dirty = tree.update(specs.map(row), { keepOrder });
  return dirty === 'all' ? 'all' : dirty.map(({ id }) => id).join(' ');
}

/** Looks at everything, as an editor with every row expanded does. */
function expandAll(tree: RowTree): readonly string[] {
  const walk = (nodes: ReturnType<RowTree['roots']>): readonly string[] =>
    nodes.flatMap((node) => [node.id, ...walk(tree.childrenOf(node))]);
  return walk(tree.roots());
}

describe('a row tree', () => {
  it('puts what the others wait for before them, even while they keep their places', () => {
    const tree = createRowTree();
    update(tree, [{ id: 'a' }, { id: 'b' }]);
    update(tree, [{ id: 'c' }, { id: 'ask', first: true }, { id: 'b' }, { id: 'a' }], true);
    expect(tree.roots().map(({ id }) => id)).toEqual(['ask', 'a', 'b', 'c']);
  });

  it('draws everything at first, and nothing when nothing changed', () => {
    const tree = createRowTree();
    const specs = [{ id: 'a', children: [{ id: 'b' }] }];
    expect(update(tree, specs)).toBe('all');
    expandAll(tree);
    expect(update(tree, specs)).toBe('');
  });

  it('draws only the row that changed', () => {
    const tree = createRowTree();
    update(tree, [{ id: 'a', children: [{ id: 'b' }, { id: 'c' }] }]);
    expandAll(tree);
    expect(update(tree, [{ id: 'a', children: [{ id: 'b', label: 'new' }, { id: 'c' }] }])).toBe(
      'b',
    );
  });

  it('draws the parent when its list changed', () => {
    const tree = createRowTree();
    update(tree, [{ id: 'a', children: [{ id: 'b' }] }, { id: 'z' }]);
    expandAll(tree);
    expect(update(tree, [{ id: 'a', children: [{ id: 'b' }, { id: 'c' }] }, { id: 'z' }])).toBe(
      'a',
    );
  });

  it('draws the topmost only', () => {
    const tree = createRowTree();
    update(tree, [{ id: 'a', children: [{ id: 'b' }] }]);
    expandAll(tree);
    expect(update(tree, [{ id: 'a', label: 'x', children: [{ id: 'b', label: 'y' }] }])).toBe('a');
  });

  it('makes no rows that nobody looked at', () => {
    const tree = createRowTree();
    const asked: string[] = [];
    const lazy = (id: string): Row => ({
      ...row({ id, children: [] }),
      children: () => {
        asked.push(id);
        return [];
      },
    });
    tree.update([lazy('a'), lazy('b')], { keepOrder: false });
    const [a] = tree.roots();
    if (a !== undefined) tree.childrenOf(a);
    tree.update([lazy('a'), lazy('b')], { keepOrder: false });
    expect(asked).toEqual(['a', 'a']);
  });

  it('keeps the same object for the same row', () => {
    const tree = createRowTree();
    update(tree, [{ id: 'a' }]);
    const before = tree.find('a');
    update(tree, [{ id: 'z' }, { id: 'a', label: 'new' }]);
    expect(tree.find('a')).toBe(before);
    expect(tree.find('a')?.row.label).toBe('new');
  });

  it('forgets rows that went, with what was below them', () => {
    const tree = createRowTree();
    update(tree, [{ id: 'a', children: [{ id: 'b' }] }]);
    expandAll(tree);
    update(tree, []);
    expect([tree.find('a'), tree.find('b')]).toEqual([undefined, undefined]);
  });

  it('keeps the order while the user is in the tree, and puts new rows last', () => {
    const tree = createRowTree();
    update(tree, [{ id: 'p', children: [{ id: 'a' }, { id: 'b' }] }]);
    expandAll(tree);
    update(tree, [{ id: 'p', children: [{ id: 'new' }, { id: 'b' }, { id: 'a' }] }], true);
    expect(expandAll(tree)).toEqual(['p', 'a', 'b', 'new']);
    update(tree, [{ id: 'p', children: [{ id: 'new' }, { id: 'b' }, { id: 'a' }] }]);
    expect(expandAll(tree)).toEqual(['p', 'new', 'b', 'a']);
  });

  it('sorts once when answers have settled, even while the user is in the tree', () => {
    const tree = createRowTree();
    update(tree, [{ id: 'p', settled: false, children: [{ id: 'a' }, { id: 'b' }] }]);
    expandAll(tree);
    update(tree, [{ id: 'p', settled: true, children: [{ id: 'b' }, { id: 'a' }] }], true);
    expect(expandAll(tree)).toEqual(['p', 'b', 'a']);
    update(tree, [{ id: 'p', settled: true, children: [{ id: 'a' }, { id: 'b' }] }], true);
    expect(expandAll(tree)).toEqual(['p', 'b', 'a']);
  });

  const specs = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom(...'abcdef'),
      label: fc.constantFrom('x', 'y'),
      children: fc.uniqueArray(
        fc.record({ id: fc.constantFrom(...'ghijkl'), label: fc.constantFrom('x', 'y') }),
        { selector: ({ id }) => id },
      ),
    }),
    { selector: ({ id }) => id },
  );
  /** Children have the id of their parent in theirs, as rows do. */
  const named = (list: readonly Spec[]): readonly Spec[] =>
    list.map((one) => ({
      ...one,
      children: (one.children ?? []).map((child) => ({ ...child, id: `${one.id}/${child.id}` })),
    }));

  it('always shows what it was given last', () => {
    fc.assert(
      fc.property(fc.array(specs, { minLength: 1, maxLength: 5 }), (steps) => {
        const tree = createRowTree();
        for (const step of steps) {
          update(tree, named(step));
          const want = named(step).flatMap((one) => [
            one.id,
            ...(one.children ?? []).map(({ id }) => id),
          ]);
          expect(expandAll(tree)).toEqual(want);
        }
      }),
    );
  });

  it('reports every visible difference somewhere above or at it', () => {
    fc.assert(
      fc.property(specs, specs, (before, after) => {
        const tree = createRowTree();
        update(tree, named(before));
        expandAll(tree);
        const dirty = update(tree, named(after)).split(' ');
        if (dirty[0] === 'all') return;
        const seen = new Map(
          named(before)
            .flatMap((one) => [one, ...(one.children ?? [])])
            .map((one) => [one.id, one.label]),
        );
        const changed = named(after)
          .flatMap((one) => [one, ...(one.children ?? [])])
          .filter((one) => seen.get(one.id) !== one.label);
        for (const { id } of changed) {
          expect(dirty.some((other) => id === other || id.startsWith(`${other}/`))).toBe(true);
        }
      }),
    );
  });
});

describe('a long list', () => {
  it('is folded so that no row has more than 200 plainly below it, and none is lost', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 900 }), (count) => {
        const rows = Array.from({ length: count }, (_, i) => row({ id: `r${i}` }));
        const folded = arrange({ id: 'p' }, rows).rows;
        const plain = folded.filter(({ id }) => id.startsWith('r'));
        const below = folded
          .filter(({ id }) => !id.startsWith('r'))
          .map((one) => one.children?.() ?? []);
        expect(plain.length).toBeLessThanOrEqual(200);
        for (const list of below) expect(list.length).toBeLessThanOrEqual(200);
        expect([...plain, ...below.flat()].map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
      }),
      { numRuns: 40 },
    );
  });
});
