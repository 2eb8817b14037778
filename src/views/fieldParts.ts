import type { ResourceChange } from '../model/change';
import type { TooltipPart } from './row';
import { fieldLines, plural, present, when } from './words';

const MOST_FIELDS = 8;

/** The fields of a change as a diff, and how many are not shown. */
export function fieldParts(
  change: ResourceChange,
  [before, after]: readonly [string, string],
  nowMs: number,
): readonly TooltipPart[] {
  const fields = change.fields.slice(0, MOST_FIELDS);
  if (fields.length === 0) return [];
  const more = change.fields.length - fields.length;
  const lines = fields.flatMap((field) => fieldLines(field, nowMs));
  return present<TooltipPart>([
    { kind: 'diff', lines: [`--- ${before}`, `+++ ${after}`, ...lines] },
    when(more > 0, { kind: 'line', text: `and ${plural(more, 'field')} more` }),
  ]);
}
