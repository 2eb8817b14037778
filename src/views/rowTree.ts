import type { ListMemory } from './arrange';
import { arrange } from './arrange';
import type { Row } from './row';

/** A row's place in a tree. The same object for as long as the row exists: VS Code keys on it. */
export interface RowNode {
  readonly id: string;
  readonly parent?: RowNode;
  row: Row;
  /** Absent until somebody looked: rows that nobody sees are not made. */
  children?: readonly RowNode[];
  memory?: ListMemory;
  /** Whether the order of the children was settled when they were made. */
  settled: boolean;
  /** Collapsed again: what is below is not compared while nobody sees it. */
  hidden: boolean;
  /** What is below is of an older row. */
  stale: boolean;
}

export interface RowTree {
  roots(): readonly RowNode[];
  childrenOf(node: RowNode): readonly RowNode[];
  /** The topmost rows to draw again; `'all'` when the top level itself changed. */
  update(rows: readonly Row[], options: UpdateOptions): 'all' | readonly RowNode[];
  find(id: string): RowNode | undefined;
  /** Rows below are left as they are until the row is opened again. */
  hide(node: RowNode): void;
  /** The rows to draw again because they changed while nobody saw them. */
  reveal(node: RowNode): readonly RowNode[];
}

export interface UpdateOptions {
  /** True while the user is in the tree: rows stay where they are, new ones come last. */
  readonly keepOrder: boolean;
}

/** Holds what a tree view shows and finds what has to be drawn again. */
export function createRowTree(): RowTree {
  const byId = new Map<string, RowNode>();
  const state: { roots: readonly RowNode[]; memory?: ListMemory } = { roots: [] };
  return {
    roots: () => state.roots,
    find: (id) => byId.get(id),
    childrenOf(node) {
      if (node.children === undefined) renewChildren(byId, node, false);
      return node.children ?? [];
    },
    update(rows, { keepOrder }) {
      const arranged = arrange({ id: 'rows' }, rows, keepOrder ? state.memory : undefined);
      const result = compare(byId, state.roots, arranged.rows, { keepOrder });
      state.roots = result.nodes;
      state.memory = arranged.memory;
      return result.moved ? 'all' : result.dirty;
    },
    hide(node) {
      node.hidden = true;
    },
    reveal(node) {
      node.hidden = false;
      if (!node.stale || node.children === undefined) return [];
      const below = renewChildren(byId, node, false);
      return below.moved ? [node] : below.dirty;
    },
  };
}

type NodesById = Map<string, RowNode>;

interface Comparison {
  readonly nodes: readonly RowNode[];
  /** Whether the list itself changed. */
  readonly moved: boolean;
  /** Which rows in it or further down did. */
  readonly dirty: readonly RowNode[];
}

/** Makes the rows below a row, or compares them with those that are there. */
function renewChildren(byId: NodesById, node: RowNode, keepOrder: boolean): Comparison {
  const { row } = node;
  const memory = keepOrder && node.settled ? node.memory : undefined;
  const arranged = arrange(row, row.children?.() ?? [], memory);
  const below = compare(byId, node.children ?? [], arranged.rows, { keepOrder, parent: node });
  node.children = below.nodes;
  node.memory = arranged.memory;
  node.settled = row.settled !== false;
  node.stale = false;
  return below;
}

/** The node for a row: the known one where it is still below the same parent. */
function nodeFor(byId: NodesById, row: Row, parent?: RowNode): RowNode {
  const known = byId.get(row.id);
  if (known !== undefined && known.parent === parent) return known;
  const node: RowNode = {
    id: row.id,
    row,
    settled: false,
    hidden: false,
    stale: false,
    ...(parent && { parent }),
  };
  byId.set(row.id, node);
  return node;
}

function forget(byId: NodesById, nodes: readonly RowNode[]): void {
  for (const node of nodes) {
    if (byId.get(node.id) === node) byId.delete(node.id);
    forget(byId, node.children ?? []);
  }
}

function compare(
  byId: NodesById,
  before: readonly RowNode[],
  rows: readonly Row[],
  { keepOrder, parent }: UpdateOptions & { readonly parent?: RowNode },
): Comparison {
  const old = new Set(before);
  const dirty: RowNode[] = [];
  const nodes = rows.map((row) => {
    const node = nodeFor(byId, row, parent);
    const was = node.row;
    node.row = row;
    if (old.has(node) && was !== row) dirty.push(...dirtyIn(byId, node, { was, keepOrder }));
    return node;
  });
  const kept = new Set(nodes);
  forget(
    byId,
    before.filter((node) => !kept.has(node)),
  );
  const moved = nodes.length !== before.length || nodes.some((node, i) => node !== before[i]);
  return { nodes, moved, dirty };
}

/** Rows that are the same object are not looked into: what made them is the same. */
function dirtyIn(
  byId: NodesById,
  node: RowNode,
  { was, keepOrder }: UpdateOptions & { readonly was: Row },
): readonly RowNode[] {
  const changed = !looksAlike(was, node.row);
  if (node.children === undefined) return changed ? [node] : [];
  if (node.hidden) {
    node.stale = true;
    return changed ? [node] : [];
  }
  const below = renewChildren(byId, node, keepOrder);
  return changed || below.moved ? [node] : below.dirty;
}

/** Everything that is drawn; functions are left out by JSON. */
function looksAlike(a: Row, b: Row): boolean {
  return (
    a.label === b.label &&
    a.description === b.description &&
    a.spoken === b.spoken &&
    JSON.stringify(a) === JSON.stringify(b)
  );
}
