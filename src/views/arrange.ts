import type { Row } from './row';

/** Most rows plainly below one row; more come in pages. */
const MOST_ROWS = 200;

/** What a list of rows was like when it was drawn last. */
export interface ListMemory {
  /** Ids of all rows, folded ones too, in the order of the list. */
  readonly order: ReadonlyMap<string, number>;
  /** Ids of the rows that were plainly there. */
  readonly open: ReadonlySet<string>;
}

export interface Arrangement {
  readonly rows: readonly Row[];
  readonly memory: ListMemory;
}

/** What the rows hang below; the top level has no row. */
export interface ListParent {
  readonly id: string;
  readonly foldQuiet?: Row['foldQuiet'];
}

/**
 * The rows to draw for a list: quiet ones folded, long lists in pages. With a memory every row stays
 * where it was, new ones come last, and what turned quiet stays in sight.
 */
export function arrange(
  parent: ListParent,
  rows: readonly Row[],
  memory?: ListMemory,
): Arrangement {
  const ordered = memory === undefined ? rows : inOrderOf(memory.order, rows);
  const isFolded = (row: Row): boolean => row.quiet === true && !memory?.open.has(row.id);
  const quiet = parent.foldQuiet === undefined ? [] : ordered.filter(isFolded);
  const fold = quiet.length > 0 ? parent.foldQuiet?.(quiet) : undefined;
  const open = fold === undefined ? ordered : ordered.filter((row) => !isFolded(row));
  const body = open.filter(({ last }) => last !== true);
  const tail = open.filter(({ last }) => last === true);
  return {
    rows: [...paged(parent.id, body), ...(fold === undefined ? [] : [fold]), ...tail],
    memory: {
      order: new Map(ordered.map(({ id }, index) => [id, index])),
      open: new Set(open.map(({ id }) => id)),
    },
  };
}

function inOrderOf(order: ReadonlyMap<string, number>, rows: readonly Row[]): readonly Row[] {
  const placeOf = (row: Row): number =>
    row.first === true ? -1 : (order.get(row.id) ?? Number.MAX_SAFE_INTEGER);
  return rows
    .map((row) => ({ row, place: placeOf(row) }))
    .sort((a, b) => a.place - b.place)
    .map(({ row }) => row);
}

function paged(parentId: string, rows: readonly Row[]): readonly Row[] {
  if (rows.length <= MOST_ROWS) return rows;
  const pages: Row[] = [];
  for (let start = MOST_ROWS; start < rows.length; start += MOST_ROWS) {
    pages.push(page(parentId, rows, start));
  }
  return [...rows.slice(0, MOST_ROWS), ...paged(`${parentId}/more`, pages)];
}

/** `82 more…` where one page holds the rest, else the page's places: `201–400`. */
function page(parentId: string, all: readonly Row[], start: number): Row {
  const rows = all.slice(start, start + MOST_ROWS);
  const rest = all.length - MOST_ROWS;
  const isOnly = rest <= MOST_ROWS;
  return {
    id: `${parentId}/rows/${start}`,
    label: isOnly ? `${rest} more…` : `${start + 1}–${start + rows.length}`,
    ...(isOnly ? {} : { description: 'more' }),
    icon: { id: 'ellipsis' },
    spoken: `Rows ${start + 1} to ${start + rows.length}`,
    collapsible: 'collapsed',
    children: () => rows,
    abilities: [],
  };
}
