import type { Row } from '../../../src/views/row';

/** The tree as indented text, as far down as it goes: what a person would see, in words. */
export function outline(rows: readonly Row[], depth = 0): string {
  return rows.map((row) => outlineOf(row, depth)).join('\n');
}

function outlineOf(row: Row, depth: number): string {
  const mark = row.mark === undefined ? '' : ` [${row.mark.badge}]`;
  const box = row.checkbox === undefined ? '' : row.checkbox.checked ? '☑ ' : '☐ ';
  const description = row.description ? `  ${row.description}` : '';
  const line = `${'  '.repeat(depth)}${box}${row.label}${description}${mark}`;
  const below = row.children?.() ?? [];
  return below.length === 0 ? line : `${line}\n${outline(below, depth + 1)}`;
}

/** Every row of a tree, parents first. */
export function flat(rows: readonly Row[]): readonly Row[] {
  return rows.flatMap((row) => [row, ...flat(row.children?.() ?? [])]);
}

export function find(rows: readonly Row[], label: string): Row {
  const found = flat(rows).find((row) => row.label === label);
  if (found === undefined) {
    throw new Error(
      `no row ${label} among ${flat(rows)
        .map((row) => row.label)
        .join(', ')}`,
    );
  }
  return found;
}

export function tooltipText(row: Row): string {
  const parts = row.tooltip?.() ?? [];
  return parts.map((part) => (part.kind === 'diff' ? part.lines.join('\n') : part.text)).join('\n');
}
