import { toPointer } from '../base/pointer';
import type { Json } from '../model/resource';
import { isList, isMap } from './json';

/**
 * An element of a list: `id` is its merge key where the list is associative (`name=web`), else its
 * index (`#0`); the indices tell where each side has it.
 */
export interface ElementSegment {
  readonly id: string;
  readonly before?: number;
  readonly after?: number;
}

export type Segment = string | ElementSegment;
export type Path = readonly Segment[];
export type Side = 'before' | 'after';

function indexOn(segment: ElementSegment, side: Side): number {
  const other = side === 'before' ? segment.after : segment.before;
  return segment[side] ?? other ?? 0;
}

/** The pointer by the indices of one side; of the other where that side lacks the element. */
export function pointerOn(path: Path, side: Side): string {
  return toPointer(
    path.map((segment) => (typeof segment === 'string' ? segment : String(indexOn(segment, side)))),
  );
}

/** The same for one field whatever its index: list elements by their merge key. */
export function canonical(path: Path): string {
  return toPointer(path.map((segment) => (typeof segment === 'string' ? segment : segment.id)));
}

/** Field names only, `*` for list elements: what type rules are written for. */
export function namesOf(path: Path): readonly string[] {
  return path.map((segment) => (typeof segment === 'string' ? segment : '*'));
}

/** True when one is the other or stands above it. */
export function related(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

export function isWithin(pointer: string, ancestor: string): boolean {
  return pointer === ancestor || pointer.startsWith(`${ancestor}/`);
}

/**
 * The value at the path in that side's tree. Where masking put a text in place of a subtree, that
 * text stands for everything below it.
 */
export function valueOn(tree: Json | undefined, path: Path, side: Side): Json | undefined {
  let value = tree;
  for (const segment of path) {
    if (isMap(value) && typeof segment === 'string') value = ownValue(value, segment);
    else if (isList(value) && typeof segment !== 'string') value = elementOn(value, segment, side);
    else return typeof value === 'string' ? value : undefined;
  }
  return value;
}

function ownValue(map: Readonly<Record<string, Json>>, key: string): Json | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function elementOn(list: readonly Json[], segment: ElementSegment, side: Side): Json | undefined {
  const index = segment[side];
  return index === undefined ? undefined : list[index];
}
