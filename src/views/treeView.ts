import * as vscode from 'vscode';
import type { Disposable } from '../base/dispose';
import { createDisposables } from '../base/dispose';
import { SCHEMES } from '../host/ids';
import { openCommand } from '../host/open';
import { markdownOf } from './markdown';
import type { Row } from './row';
import type { RowNode, RowTree } from './rowTree';
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
  const tree = createRowTree();
  tree.update(options.rows(), { keepOrder: false });
  const changed = owned.add(new vscode.EventEmitter<RowNode | RowNode[] | undefined>());
  const view = owned.add(
    vscode.window.createTreeView(options.id, {
      showCollapseAll: true,
      manageCheckboxStateManually: options.onTick !== undefined,
      treeDataProvider: providerOf(tree, changed.event),
    }),
  );
  const state: { timer?: NodeJS.Timeout; inTree: boolean; isDrawn: boolean } = {
    inTree: false,
    isDrawn: false,
  };

  const redraw = (nodes: readonly RowNode[]): void => {
    if (nodes.length > 0) changed.fire([...nodes]);
  };
  const draw = (): void => {
    delete state.timer;
    if (options.badge !== undefined) view.badge = options.badge();
    // What nobody sees is made once somebody does.
    if (!view.visible && state.isDrawn) return;
    state.isDrawn = true;
    const dirty = tree.update(options.rows(), { keepOrder: state.inTree });
    if (dirty === 'all') changed.fire(undefined);
    else redraw(dirty);
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
  owned.add(followFolding({ view, tree, options, redraw }));
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

function followFolding({
  view,
  tree,
  options,
  redraw,
}: {
  readonly view: vscode.TreeView<RowNode>;
  readonly tree: RowTree;
  readonly options: RowTreeOptions;
  readonly redraw: (nodes: readonly RowNode[]) => void;
}): Disposable {
  const owned = createDisposables();
  owned.add(
    view.onDidCollapseElement(({ element }) => {
      tree.hide(element);
      options.onFold?.(element.row, false);
    }),
  );
  owned.add(
    view.onDidExpandElement(({ element }) => {
      redraw(tree.reveal(element));
      options.onFold?.(element.row, true);
      options.onExpand?.(element.row);
    }),
  );
  return owned;
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

function providerOf(
  tree: RowTree,
  changed: vscode.Event<RowNode | RowNode[] | undefined>,
): vscode.TreeDataProvider<RowNode> {
  return {
    onDidChangeTreeData: changed,
    getChildren: (node?: RowNode) => [
      ...(node === undefined ? tree.roots() : tree.childrenOf(node)),
    ],
    getTreeItem: ({ row }) => treeItem(row),
    getParent: ({ parent }) => parent,
    resolveTreeItem: (item, { row }) => {
      if (row.tooltip !== undefined) item.tooltip = markdownOf(row.tooltip());
      return item;
    },
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
