import { describe, expect, it } from 'vitest';
import type { Arrangement } from '../../../src/views/arrange';
import { arrange } from '../../../src/views/arrange';
import type { Row } from '../../../src/views/row';
import { createRowTree } from '../../../src/views/rowTree';

function row(id: string, parts: Partial<Row> = {}): Row {
  return { id, label: id, spoken: id, collapsible: 'none', abilities: [], ...parts };
}

function quiet(id: string): Row {
  return row(id, { quiet: true });
}

const PARENT = {
  id: 'p',
  foldQuiet: (rows: readonly Row[]): Row =>
    row('p/in-sync', { label: `In sync (${rows.length})`, children: () => rows }),
};

function labels({ rows }: Arrangement): readonly string[] {
  return rows.map(({ label }) => label);
}

describe('a list that is drawn', () => {
  it('folds quiet rows, with what belongs at the end after them', () => {
    const rows = [row('relations', { last: true }), row('a'), quiet('b'), quiet('c')];
    expect(labels(arrange(PARENT, rows))).toEqual(['a', 'In sync (2)', 'relations']);
  });

  it('leaves quiet rows where the parent folds nothing', () => {
    const rows = [row('a'), quiet('b')];
    expect(labels(arrange({ id: 'p' }, rows))).toEqual(['a', 'b']);
    expect(labels(arrange({ id: 'p', foldQuiet: () => undefined }, rows))).toEqual(['a', 'b']);
  });

  it('names the one further page by how many it has, several by their places', () => {
    const rows = (count: number): readonly Row[] =>
      Array.from({ length: count }, (_, index) => row(`r${index}`));
    expect(labels(arrange({ id: 'p' }, rows(282))).slice(199)).toEqual(['r199', '82 more…']);
    expect(labels(arrange({ id: 'p' }, rows(450))).slice(200)).toEqual(['201–400', '401–450']);
  });

  it('counts what is folded on no page', () => {
    const rows = [...Array.from({ length: 300 }, (_, index) => quiet(`q${index}`)), row('a')];
    expect(labels(arrange(PARENT, rows))).toEqual(['a', 'In sync (300)']);
  });

  it('leaves what turned quiet in sight while the user is in the tree, and folds it later', () => {
    const first = arrange(PARENT, [row('a'), row('b'), quiet('c')]);
    const now = [row('b'), quiet('a'), quiet('c'), row('new')];
    expect(labels(arrange(PARENT, now, first.memory))).toEqual(['a', 'b', 'new', 'In sync (1)']);
    expect(labels(arrange(PARENT, now))).toEqual(['b', 'new', 'In sync (2)']);
  });

  it('takes out of the fold what is quiet no more, after the rows that were there', () => {
    const first = arrange(PARENT, [row('a'), quiet('b'), quiet('c')]);
    const then = arrange(PARENT, [row('c'), row('a'), quiet('b')], first.memory);
    expect(labels(then)).toEqual(['a', 'c', 'In sync (1)']);
  });

  it('keeps rows on their page while the user is in the tree', () => {
    const ids = Array.from({ length: 250 }, (_, index) => `r${index}`);
    const first = arrange(
      { id: 'p' },
      ids.map((id) => row(id)),
    );
    const turned = arrange(
      { id: 'p' },
      [...ids].reverse().map((id) => row(id)),
      first.memory,
    );
    expect(labels(turned)).toEqual(labels(first));
  });
});

describe('a row that was collapsed again', () => {
  const parent = (below: readonly string[]): Row =>
    row('p', { collapsible: 'collapsed', children: () => below.map((id) => row(id)) });

  it('has nothing below it compared until it is opened, and then what changed drawn', () => {
    const tree = createRowTree();
    tree.update([parent(['a'])], { keepOrder: false });
    const [node] = tree.roots();
    if (node === undefined) throw new Error('no row');
    expect(tree.childrenOf(node).map(({ id }) => id)).toEqual(['a']);
    tree.hide(node);
    const asked: string[] = [];
    const watched = (): Row => ({
      ...parent(['a', 'b']),
      children: () => {
        asked.push('children');
        return [row('a'), row('b')];
      },
    });
    expect(tree.update([watched()], { keepOrder: false })).toEqual([]);
    expect(asked).toEqual([]);
    expect(tree.reveal(node)).toEqual([node]);
    expect(tree.childrenOf(node).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(tree.reveal(node)).toEqual([]);
  });

  it('is not looked into while it is the same object', () => {
    const tree = createRowTree();
    const asked: string[] = [];
    const same = row('p', {
      children: () => {
        asked.push('children');
        return [row('a')];
      },
    });
    tree.update([same], { keepOrder: false });
    tree.roots().forEach((node) => tree.childrenOf(node));
    expect(tree.update([same], { keepOrder: false })).toEqual([]);
    expect(asked).toEqual(['children']);
  });
});
