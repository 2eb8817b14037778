import type { WorkspaceState } from '../../../src/model/appState';
import { arrange } from '../../../src/views/arrange';
import { createClustersPresenter } from '../../../src/views/clusters/present';
import type { TreeShape } from '../../../src/views/clusters/shape';
import type { Row } from '../../../src/views/row';

export function presentClusters(
  state: WorkspaceState,
  nowMs: number,
  shape?: TreeShape,
): readonly Row[] {
  return createClustersPresenter(() => nowMs).rows(state, shape);
}

/** The rows below a row as they are drawn: folded, in pages. */
export function below(row: Row): readonly Row[] {
  return arrange(row, row.children?.() ?? []).rows;
}

/** The tree as indented text, as far down as it goes: what a person would see, in words. */
export function outline(rows: readonly Row[], depth = 0): string {
  return rows.map((row) => outlineOf(row, depth)).join('\n');
}

function outlineOf(row: Row, depth: number): string {
  const mark = row.mark === undefined ? '' : ` [${row.mark.badge}]`;
  const box = row.checkbox === undefined ? '' : row.checkbox.checked ? '☑ ' : '☐ ';
  const description = row.description ? `  ${row.description}` : '';
  const line = `${'  '.repeat(depth)}${box}${row.label}${description}${mark}`;
  const rows = below(row);
  return rows.length === 0 ? line : `${line}\n${outline(rows, depth + 1)}`;
}

/** Every row of a tree, parents first. */
export function flat(rows: readonly Row[]): readonly Row[] {
  return rows.flatMap((row) => [row, ...flat(below(row))]);
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
