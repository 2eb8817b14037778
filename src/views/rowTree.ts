import type { Row } from './row';

/** A row's place in a tree. The same object for as long as the row exists: VS Code keys on it. */
export interface RowNode {
  readonly id: string;
  readonly parent?: RowNode;
  row: Row;
  /** Absent until somebody looked: rows that nobody sees are not made. */
  children?: readonly RowNode[];
  /** Whether the order of the children was settled when they were made. */
  settled: boolean;
}

export interface RowTree {
  roots(): readonly RowNode[];
  childrenOf(node: RowNode): readonly RowNode[];
  /** The topmost rows to draw again; `'all'` when the top level itself changed. */
  update(rows: readonly Row[], options: UpdateOptions): 'all' | readonly RowNode[];
  find(id: string): RowNode | undefined;
}

export interface UpdateOptions {
  /** True while the user is in the tree: rows stay where they are, new ones come last. */
  readonly keepOrder: boolean;
}

/** Holds what a tree view shows and finds what has to be drawn again. */
export function createRowTree(): RowTree {
  const byId = new Map<string, RowNode>();
  const state: { roots: readonly RowNode[] } = { roots: [] };
  return {
    roots: () => state.roots,
    find: (id) => byId.get(id),
    childrenOf(node) {
      node.children ??= lookFirst(byId, node);
      return node.children;
    },
    update(rows, options) {
      const result = compare(byId, state.roots, rows, options);
      state.roots = result.nodes;
      return result.moved ? 'all' : result.dirty;
    },
  };
}

type NodesById = Map<string, RowNode>;

function lookFirst(byId: NodesById, node: RowNode): readonly RowNode[] {
  node.settled = node.row.settled !== false;
  return adopt(byId, node.row.children?.() ?? [], node);
}

/** Nodes for rows: the known ones where they are still below the same parent. */
function adopt(byId: NodesById, rows: readonly Row[], parent?: RowNode): readonly RowNode[] {
  return rows.map((row) => {
    const known = byId.get(row.id);
    if (known !== undefined && known.parent === parent) {
      known.row = row;
      return known;
    }
    const node: RowNode = { id: row.id, row, settled: false, ...(parent && { parent }) };
    byId.set(row.id, node);
    return node;
  });
}

function forget(byId: NodesById, nodes: readonly RowNode[]): void {
  for (const node of nodes) {
    if (byId.get(node.id) === node) byId.delete(node.id);
    forget(byId, node.children ?? []);
  }
}

/** Whether the list itself changed, and which rows in it or further down did. */
function compare(
  byId: NodesById,
  before: readonly RowNode[],
  rows: readonly Row[],
  options: UpdateOptions & { readonly parent?: RowNode },
): {
  readonly nodes: readonly RowNode[];
  readonly moved: boolean;
  readonly dirty: readonly RowNode[];
} {
  const looks = new Map(before.map((node) => [node, appearance(node.row)]));
  const ordered = options.keepOrder ? inOrderOf(before, rows) : rows;
  const nodes = adopt(byId, ordered, options.parent);
  const kept = new Set(nodes);
  forget(
    byId,
    before.filter((node) => !kept.has(node)),
  );
  const moved = nodes.length !== before.length || nodes.some((node, i) => node !== before[i]);
  const dirty = nodes.flatMap((node) => {
    const look = looks.get(node);
    return look === undefined
      ? []
      : dirtyIn(byId, node, { ...options, changed: look !== appearance(node.row) });
  });
  return { nodes, moved, dirty };
}

function dirtyIn(
  byId: NodesById,
  node: RowNode,
  options: UpdateOptions & { readonly changed: boolean },
): readonly RowNode[] {
  if (node.children === undefined) return options.changed ? [node] : [];
  const keepOrder = options.keepOrder && node.settled;
  const below = compare(byId, node.children, node.row.children?.() ?? [], {
    keepOrder,
    parent: node,
  });
  node.children = below.nodes;
  node.settled = node.row.settled !== false;
  return options.changed || below.moved ? [node] : below.dirty;
}

function inOrderOf(before: readonly RowNode[], rows: readonly Row[]): readonly Row[] {
  const place = new Map(before.map((node, index) => [node.id, index]));
  const placeOf = (row: Row): number =>
    row.first === true ? -1 : (place.get(row.id) ?? Number.MAX_SAFE_INTEGER);
  return [...rows].sort((a, b) => placeOf(a) - placeOf(b));
}

/** Everything that is drawn; functions are left out by JSON. */
function appearance(row: Row): string {
  return JSON.stringify(row);
}
