import type { Json, JsonObject } from '../model/resource';
import { isList, isMap } from './json';
import type { KindFacts } from './kinds';
import { namesOf } from './path';
import type { ElementSegment, Path, Segment } from './path';
import { differencesAt, elementIds } from './walk';
import type { Difference } from './walk';

/**
 * The value that another tree has at a path found between two trees: list elements by their merge
 * key, whatever their index there.
 */
export function lookup(
  tree: JsonObject | undefined,
  path: Path,
  facts: KindFacts,
): Json | undefined {
  let value: Json | undefined = tree;
  for (const [depth, segment] of path.entries()) {
    if (value === undefined) return undefined;
    const index = indexIn(value, path, depth, facts);
    if (typeof segment === 'string') value = fieldOf(value, segment);
    else value = isList(value) && index !== undefined ? value[index] : undefined;
  }
  return value;
}

function fieldOf(value: Json, key: string): Json | undefined {
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function indexIn(value: Json, path: Path, depth: number, facts: KindFacts): number | undefined {
  const segment = path[depth];
  if (!isList(value) || segment === undefined || typeof segment === 'string') return undefined;
  const ids = elementIds(facts, namesOf(path.slice(0, depth)), value);
  const index = ids ? ids.indexOf(segment.id) : Number(segment.id.slice(1));
  return index >= 0 && index < value.length ? index : undefined;
}

/** The path with the indices that `tree` has on its `after` side; kept where it has none. */
export function rebased(path: Path, tree: JsonObject, facts: KindFacts): Path {
  let value: Json | undefined = tree;
  return path.map((segment, depth): Segment => {
    if (value === undefined) return segment;
    if (typeof segment === 'string') {
      value = fieldOf(value, segment);
      return segment;
    }
    const after = indexIn(value, path, depth, facts);
    value = isList(value) && after !== undefined ? value[after] : undefined;
    return withAfter(segment, after);
  });
}

function withAfter(segment: ElementSegment, after: number | undefined): ElementSegment {
  const { id, before } = segment;
  return {
    id,
    ...(before !== undefined ? { before } : {}),
    ...(after !== undefined ? { after } : {}),
  };
}

/** Where two values stand; with `isOrder` only the order of the list there is asked about. */
export interface Place {
  readonly path: Path;
  readonly facts: KindFacts;
  readonly isOrder?: true;
}

function differencesOf(
  before: Json | undefined,
  after: Json | undefined,
  place: Place,
): readonly Difference[] {
  const found = differencesAt(present({ before, after }), place.facts, place.path);
  if (!place.isOrder) return found;
  return found.filter(({ isOrder, path }) => isOrder && path.length === place.path.length);
}

/** Live has what a revision says at this place, whatever the API server added below it. */
export function isAsSaid(live: Json | undefined, said: Json | undefined, place: Place): boolean {
  const found = differencesOf(live, said, place);
  if (live === undefined || said === undefined || said === null) return found.length === 0;
  return found.every((difference) => difference.after === undefined);
}

/** Two revisions say the same at this place. */
export function sayTheSame(a: Json | undefined, b: Json | undefined, place: Place): boolean {
  return differencesOf(a, b, place).length === 0;
}

/** The sides without those that are not there. */
export function present(sides: { before?: Json | undefined; after?: Json | undefined }): {
  readonly before?: Json;
  readonly after?: Json;
} {
  return {
    ...(sides.before !== undefined ? { before: sides.before } : {}),
    ...(sides.after !== undefined ? { after: sides.after } : {}),
  };
}
