/** The candidate that a typing slip away from `name` is; `undefined` when none is close enough. */
export function closestName(name: string, candidates: readonly string[]): string | undefined {
  const limit = Math.min(3, Math.max(1, Math.floor(name.length / 3)));
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: distanceOf(name, candidate) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return ranked[0]?.candidate;
}

/** A slip in upper and lower case alone counts as half an edit, so that it wins over any other. */
function distanceOf(name: string, candidate: string): number {
  const lower = name.toLowerCase();
  const other = candidate.toLowerCase();
  return lower === other ? 0.5 : editDistance(lower, other);
}

/** Optimal string alignment: insert, delete, replace, swap neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      row.push(cost({ a, b, i, j, row, last, beforeLast }));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

interface Cell {
  readonly a: string;
  readonly b: string;
  readonly i: number;
  readonly j: number;
  readonly row: readonly number[];
  readonly last: readonly number[];
  readonly beforeLast: readonly number[];
}

function cost({ a, b, i, j, row, last, beforeLast }: Cell): number {
  const at = (cells: readonly number[], index: number): number => cells[index] ?? Infinity;
  const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
  const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return Math.min(
    at(last, j) + 1,
    at(row, j - 1) + 1,
    replaced,
    swapped ? at(beforeLast, j - 2) + 1 : Infinity,
  );
}
