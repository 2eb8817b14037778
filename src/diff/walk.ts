import type { Json, JsonObject } from '../model/resource';
import { deepEqual, isList, isMap } from './json';
import { equalsAbsent, isSetAt, keyDefault, mergeKeysAt, sameLeaf } from './kinds';
import type { KindFacts } from './kinds';
import type { ElementSegment, Path, Segment } from './path';

/** One leaf, list element or whole list that differs. A side that lacks it has no value. */
export interface Difference {
  readonly path: Path;
  readonly names: readonly string[];
  readonly before?: Json;
  readonly after?: Json;
  /** Below a list that the API server replaces as a whole. */
  readonly inAtomicList: boolean;
  /** Both sides have the elements of this list, in another order; the values are their names. */
  readonly isOrder?: true;
}

interface Walk {
  readonly facts: KindFacts;
  readonly path: Segment[];
  readonly names: string[];
  readonly found: Difference[];
  readonly echoes: Difference[];
  atomicDepth: number;
}

/**
 * Differences of two trees as the API server would see them: associative lists paired by their
 * keys, quantities by value, zero values of typed kinds equal to absence. Maps that only one side
 * has are taken apart to their leaves, lists are not.
 */
export function differences(
  before: JsonObject,
  after: JsonObject,
  facts: KindFacts,
): readonly Difference[] {
  return differencesAt({ before, after }, facts, []);
}

/** The same for two values at a path. */
export function differencesAt(
  sides: { readonly before?: Json; readonly after?: Json },
  facts: KindFacts,
  at: Path,
): readonly Difference[] {
  const names = at.map((segment) => (typeof segment === 'string' ? segment : '*'));
  const walk: Walk = { facts, path: [...at], names, found: [], echoes: [], atomicDepth: 0 };
  compare(walk, sides.before, sides.after);
  return walk.found;
}

/** The differences, and the places where the texts differ and the meaning does not. */
export function differencesAndEchoes(
  before: JsonObject,
  after: JsonObject,
  facts: KindFacts,
): { readonly found: readonly Difference[]; readonly echoes: readonly Difference[] } {
  const walk: Walk = { facts, path: [], names: [], found: [], echoes: [], atomicDepth: 0 };
  compare(walk, before, after);
  return walk;
}

function compare(walk: Walk, before: Json | undefined, after: Json | undefined): void {
  if (before === after) return;
  if (isAbsent(before)) compareOne(walk, after, 'after');
  else if (isAbsent(after)) compareOne(walk, before, 'before');
  else comparePresent(walk, before, after);
}

function comparePresent(walk: Walk, before: Json, after: Json): void {
  if (isMap(before) && isMap(after)) return compareMaps(walk, before, after);
  if (isList(before) && isList(after)) return compareLists(walk, before, after);
  const target = sameLeaf(walk.facts, walk.names, { before, after }) ? walk.echoes : walk.found;
  target.push(differenceHere(walk, before, after));
}

function isAbsent(value: Json | undefined): value is null | undefined {
  return value === undefined || value === null;
}

function report(walk: Walk, before: Json | undefined, after: Json | undefined): void {
  walk.found.push(differenceHere(walk, before, after));
}

function differenceHere(walk: Walk, before: Json | undefined, after: Json | undefined): Difference {
  return {
    path: [...walk.path],
    names: [...walk.names],
    ...(before !== undefined ? { before } : {}),
    ...(after !== undefined ? { after } : {}),
    inAtomicList: walk.atomicDepth > 0,
  };
}

function descend(walk: Walk, segment: Segment, visit: () => void): void {
  walk.path.push(segment);
  walk.names.push(typeof segment === 'string' ? segment : '*');
  visit();
  walk.path.pop();
  walk.names.pop();
}

function compareMaps(walk: Walk, before: JsonObject, after: JsonObject): void {
  for (const key of Object.keys(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    descend(walk, key, () => compare(walk, old, after[key]));
  }
  for (const key of Object.keys(before)) {
    if (Object.hasOwn(after, key)) continue;
    descend(walk, key, () => compare(walk, before[key], undefined));
  }
}

/** A value that only one side has. */
function compareOne(walk: Walk, value: Json | undefined, side: 'before' | 'after'): void {
  if (value === undefined) return;
  if (equalsAbsent(walk.facts, walk.names, value)) echoOne(walk, value, side);
  else if (isMap(value) && Object.keys(value).length > 0) compareOneMap(walk, value, side);
  else if (isList(value)) compareOneList(walk, value, side);
  else reportOne(walk, value, side);
}

function compareOneList(walk: Walk, list: readonly Json[], side: 'before' | 'after'): void {
  const keyed = keyedElements(walk, list);
  if (!keyed || keyed.size === 0) return reportOne(walk, list, side);
  for (const [id, { index, value: element }] of keyed) {
    descend(walk, { id, [side]: index }, () => reportOne(walk, element, side));
  }
}

function compareOneMap(walk: Walk, map: JsonObject, side: 'before' | 'after'): void {
  for (const key of Object.keys(map)) {
    descend(walk, key, () => compareOne(walk, map[key], side));
  }
}

function echoOne(walk: Walk, value: Json, side: 'before' | 'after'): void {
  const [before, after] = side === 'before' ? [value, undefined] : [undefined, value];
  walk.echoes.push(differenceHere(walk, before, after));
}

function reportOne(walk: Walk, value: Json, side: 'before' | 'after'): void {
  if (side === 'before') report(walk, value, undefined);
  else report(walk, undefined, value);
}

type Keyed = ReadonlyMap<string, { readonly index: number; readonly value: Json }>;

function compareLists(walk: Walk, before: readonly Json[], after: readonly Json[]): void {
  const oldElements = keyedElements(walk, before);
  const newElements = keyedElements(walk, after);
  if (oldElements && newElements) return compareKeyed(walk, oldElements, newElements);
  compareAtomic(walk, before, after);
}

function compareAtomic(walk: Walk, before: readonly Json[], after: readonly Json[]): void {
  if (before.length !== after.length) {
    if (!deepEqual(before, after)) report(walk, before, after);
    return;
  }
  walk.atomicDepth += 1;
  after.forEach((value, index) => {
    const segment: ElementSegment = { id: `#${index}`, before: index, after: index };
    descend(walk, segment, () => compare(walk, before[index], value));
  });
  walk.atomicDepth -= 1;
}

function compareKeyed(walk: Walk, before: Keyed, after: Keyed): void {
  for (const [id, { index, value }] of after) {
    const old = before.get(id);
    const segment: ElementSegment = { id, after: index, ...(old ? { before: old.index } : {}) };
    descend(walk, segment, () => {
      if (old) compare(walk, old.value, value);
      else report(walk, undefined, value);
    });
  }
  for (const [id, { index, value }] of before) {
    if (!after.has(id)) descend(walk, { id, before: index }, () => report(walk, value, undefined));
  }
  compareOrder(walk, before, after);
}

/** The order of elements that both sides have is stored by the API server, and can matter (`env`). */
function compareOrder(walk: Walk, before: Keyed, after: Keyed): void {
  if (isSetAt(walk.facts, walk.names)) return;
  const oldOrder = [...before.keys()].filter((id) => after.has(id));
  const newOrder = [...after.keys()].filter((id) => before.has(id));
  if (oldOrder.every((id, index) => id === newOrder[index])) return;
  const difference = differenceHere(walk, oldOrder.map(nameOf), newOrder.map(nameOf));
  walk.found.push({ ...difference, isOrder: true });
}

function nameOf(id: string): string {
  return id.replace(/^(name|ip|mountPath|devicePath)=/, '');
}

/** Elements by merge key; `undefined` where the list is atomic or its keys are not unique. */
function keyedElements(walk: Walk, list: readonly Json[]): Keyed | undefined {
  const ids = elementIds(walk.facts, walk.names, list);
  if (!ids) return undefined;
  const keyed = new Map<string, { index: number; value: Json }>();
  list.forEach((value, index) => keyed.set(ids[index] ?? '', { index, value }));
  return keyed;
}

/** `name=web` for each element; `undefined` where the list is atomic or its keys are not unique. */
export function elementIds(
  facts: KindFacts,
  names: readonly string[],
  list: readonly Json[],
): readonly string[] | undefined {
  const keys = isSetAt(facts, names) ? [] : mergeKeysAt(facts, names);
  if (!keys) return undefined;
  const ids = list.map((element) => elementId(element, keys));
  const complete = ids.every((id): id is string => id !== undefined);
  return complete && new Set(ids).size === ids.length ? ids : undefined;
}

/** The id of one element; with no keys the value itself, as in a set. */
export function elementId(element: Json | undefined, keys: readonly string[]): string | undefined {
  if (keys.length === 0) return typeof element === 'string' ? `=${element}` : undefined;
  if (!isMap(element)) return undefined;
  const parts: string[] = [];
  for (const key of keys) {
    const value = element[key] ?? keyDefault(key);
    if (value === undefined || typeof value === 'object') return undefined;
    parts.push(`${key}=${String(value)}`);
  }
  return parts.join(',');
}
