import type { PlacedField } from '../../model/workbench';
import { aboutField, plural, shorten } from '../words';

/** What stands behind a line of a live or desired document. */
export interface LineNote {
  /** 0-based. */
  readonly line: number;
  readonly text: string;
  readonly isDrift: boolean;
}

const LONGEST_NOTE = 140;

/** Who set a field and what becomes of it, a note a line; the strongest of several, and how many more. */
export function presentNotes(fields: readonly PlacedField[], nowMs: number): readonly LineNote[] {
  const lines = new Map<number, PlacedField[]>();
  for (const placed of fields) {
    if (wordsOf(placed, nowMs) === '') continue;
    lines.set(placed.line, [...(lines.get(placed.line) ?? []), placed]);
  }
  return [...lines].map(([line, all]) => {
    const sorted = [...all].sort((a, b) => Number(isDrift(b)) - Number(isDrift(a)));
    const [first] = sorted;
    const words = first === undefined ? '' : wordsOf(first, nowMs);
    const more = all.length > 1 ? ` · and ${plural(all.length - 1, 'field')} more` : '';
    return {
      line: line - 1,
      text: `${shorten(words, LONGEST_NOTE)}${more}`,
      isDrift: sorted.some(isDrift),
    };
  });
}

/** That it drifted is seen; who did it comes first, because panes are narrow. */
function wordsOf(placed: PlacedField, nowMs: number): string {
  const { owner, rule, fate, fateNote } = placed.field;
  const saysMore = [owner, rule, fate, fateNote].some((part) => part !== undefined);
  const words = aboutField(placed.field, nowMs);
  return isDrift(placed) && saysMore ? words.replace(/^(drifted|differs) · /, '') : words;
}

function isDrift({ field }: PlacedField): boolean {
  return field.theirs === undefined && (field.whose === 'drift' || field.whose === 'differs');
}
