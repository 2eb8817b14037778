import type { Json, JsonObject } from '../model/resource';
import { isList, isMap } from './json';
import type { Path, Segment, Side } from './path';

/** A copy of the tree with the value at the path replaced; the same tree where there is none. */
export function replaceAt(tree: JsonObject, path: Path, side: Side, value: Json): JsonObject {
  const changed = replace(tree, path, { side, value });
  return isMap(changed) ? changed : tree;
}

interface Replacement {
  readonly side: Side;
  readonly value: Json;
}

function replace(tree: Json, path: Path, replacement: Replacement): Json {
  const [segment, ...rest] = path;
  if (segment === undefined) return replacement.value;
  const key = keyOn(segment, replacement.side);
  if (isList(tree)) {
    return tree.map((item, index) => (index === key ? replace(item, rest, replacement) : item));
  }
  if (!isMap(tree) || typeof key !== 'string') return tree;
  const child = tree[key];
  return child === undefined ? tree : { ...tree, [key]: replace(child, rest, replacement) };
}

function keyOn(segment: Segment, side: Side): string | number | undefined {
  return typeof segment === 'string' ? segment : segment[side];
}

/** What to take out of a tree: children by key or index; `true` for the child itself. */
type Cut = Map<string | number, Cut | true>;

/**
 * A copy of the tree without the values at the paths. Maps and lists that become empty by it go as
 * well, but no container that was empty before.
 */
export function withoutPaths(tree: JsonObject, paths: readonly Path[], side: Side): JsonObject {
  if (paths.length === 0) return tree;
  const cut: Cut = new Map();
  for (const path of paths) addCut(cut, path, side);
  const left = applyCut(tree, cut);
  return isMap(left) ? left : {};
}

function addCut(cut: Cut, path: Path, side: Side): void {
  let level = cut;
  for (const [index, segment] of path.entries()) {
    const key = keyOn(segment, side);
    if (key === undefined) return;
    const below = level.get(key);
    if (below === true) return;
    if (index === path.length - 1) {
      level.set(key, true);
      return;
    }
    const next: Cut = below ?? new Map<string | number, Cut | true>();
    level.set(key, next);
    level = next;
  }
}

function applyCut(tree: Json, cut: Cut): Json | undefined {
  if (isMap(tree)) {
    const kept = Object.entries(tree).flatMap(([key, value]) => keep(key, value, cut));
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  }
  if (!isList(tree)) return tree;
  const kept = tree.flatMap((value, index) => keep(index, value, cut).map(([, item]) => item));
  return kept.length === 0 ? undefined : kept;
}

function keep<K extends string | number>(
  key: K,
  value: Json,
  cut: Cut,
): readonly (readonly [K, Json])[] {
  const below = cut.get(key);
  if (below === undefined) return [[key, value]];
  if (below === true) return [];
  const left = applyCut(value, below);
  return left === undefined ? [] : [[key, left]];
}

/** The tree with its map keys in the order of `model`, further keys after them. */
export function orderLike(tree: Json, model: Json | undefined): Json {
  if (isList(tree)) {
    const models = isList(model) ? model : [];
    return tree.map((item, index) => orderLike(item, models[index]));
  }
  if (!isMap(tree) || !isMap(model)) return tree;
  const known = Object.keys(model).filter((key) => Object.hasOwn(tree, key));
  const further = Object.keys(tree).filter((key) => !Object.hasOwn(model, key));
  return Object.fromEntries(
    [...known, ...further].map((key) => [key, orderLike(tree[key] ?? null, model[key])]),
  );
}
