import type { Filter } from './filter';
import { parseFilter } from './filter';

export const GROUPINGS = ['cluster', 'project', 'namespace', 'team'] as const;

export type Grouping = (typeof GROUPINGS)[number];

/** How the user wants to see the tree. */
export interface TreeShape {
  readonly groupBy: Grouping;
  readonly filter?: Filter;
}

export const PLAIN: TreeShape = { groupBy: 'cluster' };

/** What is remembered of a shape, as plain data. */
export interface StoredShape {
  readonly groupBy: Grouping;
  readonly filter: string;
}

export function storedShape({ groupBy, filter }: TreeShape): StoredShape {
  return { groupBy, filter: filter?.text ?? '' };
}

/** What was remembered may be of another version, or nothing. */
export function shapeOf(stored: unknown): TreeShape {
  if (typeof stored !== 'object' || stored === null) return PLAIN;
  const { groupBy, filter: text } = stored as { readonly [key in keyof StoredShape]?: unknown };
  const known = GROUPINGS.find((one) => one === groupBy) ?? 'cluster';
  const filter = typeof text === 'string' ? parseFilter(text) : undefined;
  return { groupBy: known, ...(filter && { filter }) };
}
