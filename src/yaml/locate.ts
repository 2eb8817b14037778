import { pointerTokens } from '../base/pointer';
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import { lazy } from '../base/lazy';
import { objectDocuments } from './documents';
import { indexLines } from './lines';

/** 1-based; the end is exclusive, as editors count. */
export interface SourceRange {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A node and the key that leads to it. */
interface Place {
  readonly key?: Node;
  readonly value?: Node;
}

/** Looks up many places of one text that is parsed once. */
export interface Locator {
  /** As `locate`. */
  locate(documentIndex: number, pointer: string): SourceRange | undefined;
}

export function createLocator(text: string): Locator {
  const documents = lazy(() => objectDocuments(text));
  const lines = lazy(() => indexLines(text));
  return {
    locate(documentIndex, pointer) {
      const document = documents()[documentIndex];
      const place = document === undefined ? undefined : find(document, pointer);
      const span = place === undefined ? undefined : spanOf(place);
      if (span === undefined) return undefined;
      const [start, end] = [lines().at(span[0]), lines().at(trimmedEnd(text, span))];
      return { ...start, endLine: end.line, endColumn: end.column };
    },
  };
}

/**
 * Where a JSON pointer stands in a source document. A field with a scalar is its key and value; one
 * with a mapping or list is its key alone, so that a mark covers a line and not a block; a list item
 * is itself. Follows aliases and merge keys to the text that decides the value.
 */
export function locate(
  text: string,
  documentIndex: number,
  pointer: string,
): SourceRange | undefined {
  return createLocator(text).locate(documentIndex, pointer);
}

function find(document: Document, pointer: string): Place | undefined {
  let place: Place | undefined = {
    ...(document.contents === null ? {} : { value: document.contents }),
  };
  for (const part of pointerTokens(pointer)) {
    const node = resolved(document, place?.value);
    place = childOf(document, node, part);
    if (place === undefined) return undefined;
  }
  return place;
}

function resolved(document: Document, node: Node | undefined): Node | undefined {
  return isAlias(node) ? node.resolve(document) : node;
}

function childOf(document: Document, node: Node | undefined, part: string): Place | undefined {
  if (isMap(node)) return fieldOf(document, node, part);
  if (!isSeq(node) || !/^\d+$/.test(part)) return undefined;
  const item = node.items[Number(part)];
  return isNodeLike(item) ? { value: item } : undefined;
}

function fieldOf(document: Document, map: YAMLMap, name: string): Place | undefined {
  // The last of duplicate keys counts, as with the parsers of Kubernetes.
  const own = map.items.findLast((pair) => keyText(pair) === name);
  if (own !== undefined) return placeOf(own);
  const merged = map.items.filter((pair) => keyText(pair) === '<<');
  for (const pair of merged) {
    for (const source of mergeSources(document, pair)) {
      const inherited = fieldOf(document, source, name);
      if (inherited !== undefined) return inherited;
    }
  }
  return undefined;
}

function mergeSources(document: Document, pair: Pair): readonly YAMLMap[] {
  const value = isNodeLike(pair.value) ? resolved(document, pair.value) : undefined;
  const candidates = isSeq(value) ? value.items : [value];
  return candidates
    .map((item) => (isNodeLike(item) ? resolved(document, item) : undefined))
    .filter((item): item is YAMLMap => isMap(item));
}

function placeOf(pair: Pair): Place {
  return {
    ...(isNodeLike(pair.key) ? { key: pair.key } : {}),
    ...(isNodeLike(pair.value) ? { value: pair.value } : {}),
  };
}

export function keyText(pair: Pair): string | undefined {
  return isScalar(pair.key) ? String(pair.key.value) : undefined;
}

export function isNodeLike(value: unknown): value is Node {
  return isScalar(value) || isCollection(value) || isAlias(value);
}

/** Offsets of first and last character of the pair or node. */
function spanOf({ key, value }: Place): readonly [number, number] | undefined {
  const own = offsets(key) ?? offsets(value);
  if (own === undefined) return undefined;
  const ends = key !== undefined && isCollection(value) ? undefined : offsets(value);
  return [own[0], Math.max(own[1], ends?.[1] ?? 0)];
}

function offsets(node: Node | undefined): readonly [number, number] | undefined {
  const range = node?.range ?? undefined;
  return range && [range[0], range[1]];
}

/** A block scalar ends after its last line break; the mark ends before it. */
function trimmedEnd(text: string, [start, end]: readonly [number, number]): number {
  return start + text.slice(start, end).trimEnd().length;
}
