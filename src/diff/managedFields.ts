import type { FieldOwner } from '../model/change';
import type { Json, JsonObject, KubeObject, ManagedFieldsEntry } from '../model/resource';
import { isList, isMap, toJson } from './json';
import type { KindFacts } from './kinds';
import { pointerTokens } from '../base/pointer';
import type { ElementSegment, Path, Segment } from './path';
import { elementId, elementIds } from './walk';

/** A set of structured-merge-diff's notation: `f:` fields, `k:` keyed, `v:` valued, `i:` indexed. */
interface OwnedNode {
  /** The node itself is in the set: it says so (`.`) or nothing below it is listed. */
  readonly self: boolean;
  /** By field name. */
  readonly fields: ReadonlyMap<string, OwnedNode>;
  /** By element id as the walk makes them: `name=web`, `=value`, `#0`. */
  readonly elements: ReadonlyMap<string, OwnedNode>;
  /** Merge keys of the elements, when there are keyed ones; none of a set. */
  readonly keys?: readonly string[];
}

interface OwnedEntry {
  readonly owner: FieldOwner;
  readonly root: OwnedNode;
}

/** Who owns which field of one live object. */
export interface Ownership {
  readonly owners: readonly FieldOwner[];
  /** Owners of exactly this field (or of an atomic value above it), the latest first. */
  ownersAt(path: Path): readonly FieldOwner[];
  /** The latest of them, else the latest that owns something below. */
  lastAt(path: Path): FieldOwner | undefined;
  /** Merge keys by dotted path of the list, `*` for elements; none for a set. */
  readonly listKeys: ReadonlyMap<string, readonly string[]>;
}

function parseNode(set: JsonObject): OwnedNode {
  const fields = new Map<string, OwnedNode>();
  const elements = new Map<string, OwnedNode>();
  let keys: readonly string[] | undefined;
  for (const [token, value] of Object.entries(set)) {
    if (token === '.') continue;
    const node = parseNode(isMap(value) ? value : {});
    if (token.startsWith('f:')) fields.set(token.slice(2), node);
    else keys = addElement(elements, token, node) ?? keys;
  }
  const self = Object.hasOwn(set, '.') || fields.size + elements.size === 0;
  return { self, fields, elements, ...(keys ? { keys } : {}) };
}

/** Adds the element that a `k:`, `v:` or `i:` token names; its merge keys, none in a set. */
function addElement(
  elements: Map<string, OwnedNode>,
  token: string,
  node: OwnedNode,
): readonly string[] | undefined {
  const text = token.slice(2);
  const value = parseJson(text);
  if (token.startsWith('i:')) elements.set(`#${text}`, node);
  if (token.startsWith('v:')) {
    elements.set(`=${typeof value === 'string' ? value : text}`, node);
    return [];
  }
  if (!token.startsWith('k:') || !isMap(value)) return undefined;
  const keys = Object.keys(value);
  const id = elementId(value, keys);
  if (id !== undefined) elements.set(id, node);
  return keys;
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function toOwner(entry: ManagedFieldsEntry): FieldOwner {
  return {
    manager: entry.manager ?? '',
    operation: entry.operation ?? 'Update',
    ...(entry.time !== undefined ? { time: entry.time } : {}),
    ...(entry.subresource ? { subresource: entry.subresource } : {}),
  };
}

function newestFirst(a: OwnedEntry, b: OwnedEntry): number {
  return (b.owner.time ?? '').localeCompare(a.owner.time ?? '');
}

export function ownershipOf(managedFields: readonly ManagedFieldsEntry[] | undefined): Ownership {
  const entries: OwnedEntry[] = (managedFields ?? [])
    .map((entry) => ({ owner: toOwner(entry), root: parseNode(entry.fieldsV1 ?? {}) }))
    .sort(newestFirst);
  const ownersAt = (path: Path): readonly FieldOwner[] =>
    entries.filter(({ root }) => ownsExactly(root, path)).map(({ owner }) => owner);
  return {
    owners: entries.map(({ owner }) => owner),
    ownersAt,
    lastAt: (path) =>
      ownersAt(path)[0] ?? entries.find(({ root }) => nodeAt(root, path) !== undefined)?.owner,
    listKeys: collectKeys(entries),
  };
}

function childOf(node: OwnedNode, segment: Segment): OwnedNode | undefined {
  if (typeof segment === 'string') return node.fields.get(segment);
  return node.elements.get(segment.id);
}

function nodeAt(root: OwnedNode, path: Path): OwnedNode | undefined {
  let node: OwnedNode | undefined = root;
  for (const segment of path) node = node && childOf(node, segment);
  return node;
}

function isEnd(node: OwnedNode): boolean {
  return node.fields.size + node.elements.size === 0;
}

function ownsExactly(root: OwnedNode, path: Path): boolean {
  let node = root;
  for (const [depth, segment] of path.entries()) {
    const child = childOf(node, segment);
    if (!child) return depth > 0 && isEnd(node);
    node = child;
  }
  return node.self;
}

function collectKeys(entries: readonly OwnedEntry[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const visit = (node: OwnedNode, names: readonly string[]): void => {
    if (node.keys) found.set(names.join('.'), node.keys);
    for (const [name, child] of node.fields) visit(child, [...names, name]);
    for (const child of node.elements.values()) visit(child, [...names, '*']);
  };
  for (const { root } of entries) visit(root, []);
  return found;
}

/** Tells who set the field at a JSON pointer of the live object last. */
export function ownersOf(
  managedFields: readonly ManagedFieldsEntry[] | undefined,
): (pointer: string, object: KubeObject) => FieldOwner | undefined {
  const ownership = ownershipOf(managedFields);
  return (pointer, object) => {
    const path = pathOf(pointer, object, ownership.listKeys);
    return path && ownership.lastAt(path);
  };
}

function pathOf(
  pointer: string,
  object: KubeObject,
  listKeys: ReadonlyMap<string, readonly string[]>,
): Path | undefined {
  const path: Segment[] = [];
  const names: string[] = [];
  let value: Json | undefined = toJson(object);
  for (const token of pointerTokens(pointer)) {
    if (isList(value)) {
      const index = Number(token);
      const element: Json | undefined = value[index];
      path.push(elementSegment(element, index, listKeys.get(names.join('.'))));
      names.push('*');
      value = element;
    } else {
      path.push(token);
      names.push(token);
      value = isMap(value) && Object.hasOwn(value, token) ? value[token] : undefined;
    }
    if (value === undefined) return undefined;
  }
  return path;
}

function elementSegment(
  element: Json | undefined,
  index: number,
  keys: readonly string[] | undefined,
): ElementSegment {
  const keyed = keys && elementId(element, keys);
  const id = keyed ?? (typeof element === 'string' ? `=${element}` : `#${index}`);
  return { id, before: index };
}

/**
 * What remains of a tree when only fields that `owned` accepts are kept, with the merge keys of
 * list elements: the configuration that a manager applied, as far as it still stands.
 */
export function projectOwned(
  tree: JsonObject,
  facts: KindFacts,
  owned: (path: Path) => boolean,
): JsonObject {
  const kept = project(tree, { facts, owned, path: [], names: [] });
  return isMap(kept) ? kept : {};
}

interface Projection {
  readonly facts: KindFacts;
  readonly owned: (path: Path) => boolean;
  readonly path: Path;
  readonly names: readonly string[];
}

function project(value: Json, projection: Projection): Json | undefined {
  if (isMap(value) && Object.keys(value).length > 0) return projectMap(value, projection);
  if (isList(value)) return projectList(value, projection);
  return projection.owned(projection.path) ? value : undefined;
}

function projectMap(map: JsonObject, projection: Projection): Json | undefined {
  const { path, names } = projection;
  const kept: Record<string, Json> = {};
  for (const [key, value] of Object.entries(map)) {
    const child = project(value, { ...projection, path: [...path, key], names: [...names, key] });
    if (child !== undefined) kept[key] = child;
  }
  if (Object.keys(kept).length > 0) return kept;
  return path.length > 0 && projection.owned(path) ? {} : undefined;
}

function projectList(list: readonly Json[], projection: Projection): Json | undefined {
  const { facts, owned, path, names } = projection;
  const ids = elementIds(facts, names, list);
  if (!ids) return owned(path) ? list : undefined;
  const keys = facts.listKeys?.get(names.join('.')) ?? [];
  const kept = list.flatMap((element, index) => {
    const at: Path = [...path, { id: ids[index] ?? '', before: index }];
    const child = project(element, { ...projection, path: at, names: [...names, '*'] });
    if (child === undefined) return [];
    return [isMap(child) && isMap(element) ? { ...keysOf(element, keys), ...child } : child];
  });
  return kept.length > 0 ? kept : undefined;
}

function keysOf(element: JsonObject, keys: readonly string[]): JsonObject {
  const pairs = keys.flatMap((key) => (element[key] === undefined ? [] : [[key, element[key]]]));
  return Object.fromEntries(pairs) as JsonObject;
}
