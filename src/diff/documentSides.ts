import type { KubeObject } from '../model/resource';
import type { Analysis } from './analysis';
import type { MaskedTrees } from './compareLive';
import { evenOut, isUndecided } from './compareRendered';
import type { JudgedField } from './fields';
import { isMap, toKube } from './json';
import { canonical, valueOn } from './path';
import type { Path } from './path';
import { orderLike, replaceAt, withoutPaths } from './prune';
import type { Difference } from './walk';

export interface DocumentSidesInput {
  readonly analysis: Analysis;
  readonly masked: MaskedTrees;
  readonly judged: readonly JudgedField[];
}

/**
 * The two texts of the diff document. Left is live without what Git does not speak of (defaults,
 * fields of controllers), right is Git; they differ exactly in the fields that are listed and not
 * ignored. Keys stand in Git's order on both sides.
 */
export function documentSides(input: DocumentSidesInput): {
  readonly before: KubeObject;
  readonly after: KubeObject;
} {
  const { analysis, masked, judged } = input;
  const listed = new Set(judged.map(({ finding }) => canonical(finding.difference.path)));
  const ignored = judged.filter(({ field }) => field.whose === 'ignored').map(differenceOf);
  const silent = [
    ...analysis.findings.map(({ difference }) => difference),
    ...analysis.echoes,
  ].filter(({ path }) => !listed.has(canonical(path)));
  const quiet = [...ignored, ...silent];
  const even = evenOut(masked, judged.flatMap(undecidedOf));
  const leveled = withLiveValues(even.after, masked, quiet);
  const after = withoutPaths(leveled, quiet.filter(isOnlyThere('after')).map(pathOf), 'after');
  const before = withoutPaths(
    even.before,
    quiet.filter(isOnlyThere('before')).map(pathOf),
    'before',
  );
  const ordered = orderLike(before, after);
  return { before: toKube(isMap(ordered) ? ordered : before), after: toKube(after) };
}

function undecidedOf({ field, finding }: JudgedField) {
  return isUndecided(field.whose) ? [{ ...finding.difference, by: field.whose }] : [];
}

function differenceOf(judged: JudgedField): Difference {
  return judged.finding.difference;
}

function pathOf(difference: Difference): Path {
  return difference.path;
}

function isOnlyThere(side: 'before' | 'after'): (difference: Difference) => boolean {
  const other = side === 'before' ? 'after' : 'before';
  return (difference) => difference[side] !== undefined && difference[other] === undefined;
}

/** Where both sides have a value and it is no difference to show, both show the live one. */
function withLiveValues(
  after: MaskedTrees['after'],
  masked: MaskedTrees,
  quiet: readonly Difference[],
): MaskedTrees['after'] {
  let tree = after;
  for (const { path, before, after: said } of quiet) {
    const live = valueOn(masked.before, path, 'before');
    if (before === undefined || said === undefined || live === undefined) continue;
    tree = replaceAt(tree, path, 'after', live);
  }
  return tree;
}
