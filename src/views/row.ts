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
  /** All of them: which are folded or on a later page is decided when they are drawn. */
  readonly children?: () => readonly Row[];
  /** What can be done with it; menus of the manifest match these words. */
  readonly abilities: readonly Ability[];
  readonly target?: Target;
  readonly open?: Opening;
  readonly mark?: RowMark;
  readonly checkbox?: { readonly checked: boolean; readonly spoken: string };
  /** Comes before its siblings even while these keep their places: it is what they wait for. */
  readonly first?: boolean;
  /** Comes after its siblings, the folded ones too. */
  readonly last?: boolean;
  /** Needs no look: folded with its like where the parent has `foldQuiet`. */
  readonly quiet?: true;
  /** The row that stands for quiet children; nothing where they are few enough to stay. */
  readonly foldQuiet?: (quiet: readonly Row[]) => Row | undefined;
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
