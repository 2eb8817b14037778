import * as vscode from 'vscode';
import type { Disposable } from '../base/dispose';
import { createDisposables } from '../base/dispose';
import { SCHEMES } from '../host/ids';
import { openCommand } from '../host/open';
import { createFolding } from './folding';
import { markdownOf } from './markdown';
import type { Row } from './row';
import type { RowNode, UpdateOptions } from './rowTree';
import { createRowTree } from './rowTree';

const REDRAW_PAUSE_MS = 40;
/** "updated 12 s ago" grows old by itself. */
const AGE_STEP_MS = 10_000;

export interface RowTreeView extends Disposable {
  /** Presents again soon; several calls in a row become one. */
  refresh(): void;
  /** As `refresh`, and lets rows move to where they belong. */
  reorder(): void;
}

export interface RowTreeOptions {
  readonly id: string;
  readonly rows: () => readonly Row[];
  readonly description: () => string | undefined;
  /** A line above the rows; while there is one the editor shows no welcome text. */
  readonly message?: () => string | undefined;
  readonly badge?: () => vscode.ViewBadge | undefined;
  readonly onExpand?: (row: Row) => void;
  /** A row was opened or folded. */
  readonly onFold?: (row: Row, isOpen: boolean) => void;
  /** The view is shown, or not any more; told at the start, too. */
  readonly onSeen?: (isVisible: boolean) => void;
  readonly onTick?: (row: Row, ticked: boolean) => void;
}

/** A tree of rows: thin, all it decides is when to draw. */
export function createRowTreeView(options: RowTreeOptions): RowTreeView {
  const owned = createDisposables();
  const shown = owned.add(createShownRows(options));
  const view = owned.add(
    vscode.window.createTreeView(options.id, {
      showCollapseAll: true,
      manageCheckboxStateManually: options.onTick !== undefined,
      treeDataProvider: shown.provider,
    }),
  );
  const state: { timer?: NodeJS.Timeout; inTree: boolean; isDrawn: boolean } = {
    inTree: false,
    isDrawn: false,
  };

  const draw = (): void => {
    delete state.timer;
    if (options.badge !== undefined) view.badge = options.badge();
    // What nobody sees is made once somebody does.
    if (!view.visible && state.isDrawn) return;
    state.isDrawn = true;
    shown.draw({ keepOrder: state.inTree });
    view.description = options.description() ?? '';
    view.message = options.message?.() ?? '';
  };
  const refresh = (): void => {
    state.timer ??= setTimeout(draw, REDRAW_PAUSE_MS);
  };

  owned.add(followFocus(view, (inTree) => (state.inTree = inTree)));
  owned.add(
    view.onDidChangeVisibility(({ visible }) => {
      if (visible) draw();
      options.onSeen?.(visible);
    }),
  );
  options.onSeen?.(view.visible);
  owned.add(shown.follow(view));
  owned.add(followTicks(view, options, refresh));
  owned.add({ dispose: () => clearTimeout(state.timer) });
  owned.add(keepAge(view, options));
  draw();
  return {
    refresh,
    reorder() {
      state.inTree = false;
      refresh();
    },
    dispose: () => owned.dispose(),
  };
}

function followTicks(
  view: vscode.TreeView<RowNode>,
  { onTick }: RowTreeOptions,
  refresh: () => void,
): Disposable {
  return view.onDidChangeCheckboxState(({ items }) => {
    for (const [{ row }, value] of items) {
      onTick?.(row, value === vscode.TreeItemCheckboxState.Checked);
    }
    refresh();
  });
}

interface ShownRows extends Disposable {
  readonly provider: vscode.TreeDataProvider<RowNode>;
  /** Draws what differs from what is on the screen. */
  draw(options: UpdateOptions): void;
  /** Listens for rows that are opened and folded. */
  follow(view: vscode.TreeView<RowNode>): Disposable;
}

function createShownRows(options: RowTreeOptions): ShownRows {
  const tree = createRowTree();
  const folding = createFolding();
  tree.update(options.rows(), { keepOrder: false });
  const changed = new vscode.EventEmitter<RowNode | RowNode[] | undefined>();
  const redraw = (nodes: readonly RowNode[]): void => {
    const alone = folding.redraw(nodes);
    if (alone.length > 0) changed.fire([...alone]);
  };
  const opened = (node: RowNode): void => {
    redraw(tree.reveal(node));
    options.onFold?.(node.row, true);
    options.onExpand?.(node.row);
  };
  const childrenOf = (node: RowNode): readonly RowNode[] => {
    // After this answer, which the opening may change.
    if (folding.asked(node)) setImmediate(() => opened(node));
    return tree.childrenOf(node);
  };
  const roots = (): readonly RowNode[] => {
    folding.listed();
    return tree.roots();
  };
  return {
    provider: {
      onDidChangeTreeData: changed.event,
      getChildren: (node?: RowNode) => [...(node === undefined ? roots() : childrenOf(node))],
      getTreeItem: ({ row }) => treeItem(row),
      getParent: ({ parent }) => parent,
      resolveTreeItem: (item, { row }) => {
        if (row.tooltip !== undefined) item.tooltip = markdownOf(row.tooltip());
        return item;
      },
    },
    draw(how) {
      const dirty = tree.update(options.rows(), how);
      if (dirty !== 'all') return redraw(dirty);
      folding.redrawAll();
      changed.fire(undefined);
    },
    follow(view) {
      const owned = createDisposables();
      owned.add(
        view.onDidExpandElement(({ element }) => {
          folding.told(element, true);
          opened(element);
        }),
      );
      owned.add(
        view.onDidCollapseElement(({ element }) => {
          folding.told(element, false);
          tree.hide(element);
          options.onFold?.(element.row, false);
        }),
      );
      return owned;
    },
    dispose: () => changed.dispose(),
  };
}

function keepAge(view: vscode.TreeView<RowNode>, options: RowTreeOptions): Disposable {
  const timer = setInterval(() => {
    if (view.visible) view.description = options.description() ?? '';
  }, AGE_STEP_MS);
  return { dispose: () => clearInterval(timer) };
}

/** There is no event for the focus of a tree: what the user touched last stands for it. */
function followFocus(view: vscode.TreeView<RowNode>, set: (inTree: boolean) => void): Disposable {
  const owned = createDisposables();
  const enter = (): void => set(true);
  owned.add(view.onDidChangeSelection(enter));
  owned.add(view.onDidExpandElement(enter));
  owned.add(view.onDidCollapseElement(enter));
  owned.add(view.onDidChangeVisibility(() => set(false)));
  owned.add(
    vscode.window.onDidChangeTextEditorSelection(({ kind }) => kind !== undefined && set(false)),
  );
  return owned;
}

const COLLAPSIBLE: Readonly<Record<Row['collapsible'], vscode.TreeItemCollapsibleState>> = {
  none: vscode.TreeItemCollapsibleState.None,
  collapsed: vscode.TreeItemCollapsibleState.Collapsed,
  expanded: vscode.TreeItemCollapsibleState.Expanded,
};

function treeItem(row: Row): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label, COLLAPSIBLE[row.collapsible]);
  item.id = row.id;
  item.description = row.description ?? '';
  item.contextValue = row.abilities.join(' ');
  item.accessibilityInformation = { label: row.spoken };
  if (row.icon !== undefined) item.iconPath = iconOf(row.icon);
  if (row.mark !== undefined) item.resourceUri = markUri(row);
  if (row.open !== undefined) item.command = openCommand(row.open);
  if (row.checkbox !== undefined) item.checkboxState = checkboxOf(row.checkbox);
  return item;
}

function iconOf(icon: NonNullable<Row['icon']>): vscode.ThemeIcon {
  return icon.color === undefined
    ? new vscode.ThemeIcon(icon.id)
    : new vscode.ThemeIcon(icon.id, new vscode.ThemeColor(icon.color));
}

function checkboxOf(box: NonNullable<Row['checkbox']>): vscode.TreeItem['checkboxState'] {
  return {
    state: box.checked
      ? vscode.TreeItemCheckboxState.Checked
      : vscode.TreeItemCheckboxState.Unchecked,
    tooltip: box.spoken,
    accessibilityInformation: { label: box.spoken, role: 'checkbox' },
  };
}

/** The mark is in the URI, so that a row with another mark is another URI and nothing is remembered. */
function markUri(row: Row): vscode.Uri {
  return vscode.Uri.from({
    scheme: SCHEMES.row,
    path: `/${encodeURIComponent(row.id)}`,
    query: JSON.stringify(row.mark),
  });
}
