import type { RowNode } from './rowTree';

/**
 * Which rows of a tree are open.
 *
 * VS Code forgets its rows when the whole tree is drawn again, until it has listed them anew: the
 * opening of a row in between is told to nobody (`setExpanded` in its extHostTreeViews.ts). It is
 * known all the same, because the children of a folded row are asked for in one other case only:
 * where that very row was drawn again.
 */
export interface Folding {
  /** VS Code told that a row was opened or folded. */
  told(node: RowNode, isOpen: boolean): void;
  /** The whole tree is about to be drawn again. */
  redrawAll(): void;
  /**
   * These rows changed; returns the ones to draw alone: none while the whole tree is about to be
   * drawn, which draws them too.
   */
  redraw(nodes: readonly RowNode[]): readonly RowNode[];
  /** VS Code asks for the top level. */
  listed(): void;
  /** VS Code asks for the rows below a row; true where the row was opened and nobody told. */
  asked(node: RowNode): boolean;
}

export function createFolding(): Folding {
  const opened = new WeakSet<RowNode>();
  /** Rows drawn alone, by how many draws of the whole tree had been wanted by then. */
  const alone = new WeakMap<RowNode, number>();
  // Several wanted draws may become one, so that lists never outnumber them.
  const whole = { wanted: 1, listed: 0, isDue: true };
  return {
    told(node, isOpen) {
      if (isOpen) opened.add(node);
      else opened.delete(node);
    },
    redrawAll() {
      whole.wanted += 1;
      whole.isDue = true;
    },
    redraw(nodes) {
      if (whole.isDue) return [];
      for (const node of nodes) alone.set(node, whole.wanted);
      return nodes;
    },
    listed() {
      whole.isDue = false;
      whole.listed = Math.min(whole.listed + 1, whole.wanted);
    },
    asked(node) {
      if (node.row.collapsible !== 'collapsed' || opened.has(node)) return false;
      // Draws are made in the order in which they were wanted.
      if ((alone.get(node) ?? -1) >= whole.listed) return false;
      opened.add(node);
      return true;
    },
  };
}
