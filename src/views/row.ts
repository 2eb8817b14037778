import type { Opening } from '../host/open';
import type { Target } from '../host/targets';
import { shorten } from './words';

const LONGEST_LINE = 300;

/** One row of a tree as plain data. What is costly is a function: children, tooltip. */
export interface Row {
  /** Unique in its view and the same for the same thing, whatever its label says at present. */
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  readonly icon?: RowIcon;
  /** The row in words, state included: colours and letters alone say nothing to a screen reader. */
  readonly spoken: string;
  readonly tooltip?: () => readonly TooltipPart[];
  readonly collapsible: 'none' | 'collapsed' | 'expanded';
  readonly children?: () => readonly Row[];
  /** What can be done with it; menus of the manifest match these words. */
  readonly abilities: readonly Ability[];
  readonly target?: Target;
  readonly open?: Opening;
  readonly mark?: RowMark;
  readonly checkbox?: { readonly checked: boolean; readonly spoken: string };
  /** Comes before its siblings even while these keep their places: it is what they wait for. */
  readonly first?: boolean;
  /** False while answers that decide the order of the children are still awaited. */
  readonly settled?: boolean;
}

export interface RowIcon {
  /** A codicon. */
  readonly id: string;
  /** A theme colour. */
  readonly color?: string;
}

/** Texts may come from a cluster or a repository, and are never read as Markdown. */
export type TooltipPart =
  | { readonly kind: 'heading' | 'line'; readonly text: string }
  | { readonly kind: 'diff'; readonly lines: readonly string[] };

export type Ability =
  | 'canConnect'
  | 'canRefresh'
  | 'canChooseContext'
  | 'canAssign'
  | 'canCompare'
  | 'canDiff'
  | 'canShowChange'
  | 'canSync'
  | 'canReconcile'
  | 'canOpenSource'
  | 'canRender'
  | 'canShowLive'
  | 'canPropose'
  | 'canFetch';

export interface RowMark {
  readonly badge: string;
  readonly color: string;
  readonly tooltip: string;
}

/** A tooltip of a heading and short lines; lines with nothing to say are left out. */
export function tooltipLines(
  heading: string,
  lines: readonly (string | undefined)[],
): readonly TooltipPart[] {
  return [
    { kind: 'heading', text: heading },
    ...lines
      .filter((text): text is string => text !== undefined && text !== '')
      .map((text) => ({ kind: 'line' as const, text: shorten(text, LONGEST_LINE) })),
  ];
}

/** Most rows below one row; more are folded into rows of their own. */
const MOST_ROWS = 200;

/** Folds what goes beyond the limit into rows named by their places: "201–400". */
export function foldLong(parentId: string, rows: readonly Row[]): readonly Row[] {
  if (rows.length <= MOST_ROWS) return rows;
  const folds: Row[] = [];
  for (let start = MOST_ROWS; start < rows.length; start += MOST_ROWS) {
    folds.push(fold(parentId, rows.slice(start, start + MOST_ROWS), start));
  }
  return [...rows.slice(0, MOST_ROWS), ...foldLong(`${parentId}/more`, folds)];
}

function fold(parentId: string, rows: readonly Row[], start: number): Row {
  const label = `${start + 1}–${start + rows.length}`;
  return {
    id: `${parentId}/rows/${start}`,
    label,
    description: 'more',
    icon: { id: 'ellipsis' },
    spoken: `Rows ${start + 1} to ${start + rows.length}`,
    collapsible: 'collapsed',
    children: () => rows,
    abilities: [],
  };
}
