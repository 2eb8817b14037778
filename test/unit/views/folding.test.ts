import { describe, expect, it } from 'vitest';
import type { Folding } from '../../../src/views/folding';
import { createFolding } from '../../../src/views/folding';
import type { RowNode } from '../../../src/views/rowTree';
import type { Row } from '../../../src/views/row';

function nodeOf(id: string, collapsible: Row['collapsible'] = 'collapsed'): RowNode {
  const row: Row = { id, label: id, spoken: id, collapsible, abilities: [] };
  return { id, row, settled: true, hidden: false, stale: false };
}

const staging = nodeOf('staging');
const production = nodeOf('production');

/** A tree that VS Code has listed. */
function listed(): Folding {
  const folding = createFolding();
  folding.listed();
  return folding;
}

describe('an opening that nobody told', () => {
  it('is known from the rows below being asked for, once', () => {
    const folding = listed();
    folding.redrawAll();
    folding.listed();
    expect(folding.asked(staging)).toBe(true);
    expect(folding.asked(staging)).toBe(false);
    expect(folding.asked(production)).toBe(true);
  });

  it('is none where it was told', () => {
    const folding = listed();
    folding.told(staging, true);
    expect(folding.asked(staging)).toBe(false);
    folding.told(staging, false);
    expect(folding.asked(staging)).toBe(true);
  });

  it.each(['none', 'expanded'] as const)('is none of a row that starts %s', (collapsible) => {
    expect(listed().asked(nodeOf('app', collapsible))).toBe(false);
  });

  it('is not guessed of a folded row that was drawn alone: its children are asked for, too', () => {
    const folding = listed();
    expect(folding.redraw([staging])).toEqual([staging]);
    expect(folding.asked(staging)).toBe(false);
    expect(folding.asked(production)).toBe(true);
  });

  it('is told apart again once the whole tree was drawn after that', () => {
    const folding = listed();
    folding.redraw([staging]);
    folding.redrawAll();
    expect(folding.asked(staging)).toBe(false);
    folding.listed();
    expect(folding.asked(staging)).toBe(true);
  });

  it('is not guessed while a list may be of a draw before the row was drawn alone', () => {
    const folding = listed();
    folding.redrawAll();
    folding.redrawAll();
    folding.listed();
    folding.redraw([staging]);
    folding.listed();
    expect(folding.asked(staging)).toBe(false);
  });
});

describe('rows that change', () => {
  it('are drawn by the draw of the whole tree while that is due', () => {
    const folding = createFolding();
    expect(folding.redraw([staging])).toEqual([]);
    folding.listed();
    expect(folding.redraw([staging])).toEqual([staging]);
    folding.redrawAll();
    expect(folding.redraw([staging, production])).toEqual([]);
  });
});
