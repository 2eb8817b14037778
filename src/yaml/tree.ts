import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  type YAMLSeq,
} from 'yaml';
import { parseAllDocuments } from 'yaml';
import { isNestedBeyondReason } from './documents';
import { indexLines, type LineIndex } from './lines';

/**
 * YAML of tools that are not Kubernetes (pipelines, mostly): with the lines of everything, with the
 * texts of scalars as they are written, with tags, and with aliases and merge keys followed.
 */
export type YamlTree = YamlMap | YamlList | YamlText;

export interface YamlMap {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, YamlTree>;
  readonly line: number;
}

export interface YamlList {
  readonly kind: 'list';
  readonly items: readonly YamlTree[];
  readonly line: number;
  /** `!reference`; absent for ordinary lists. */
  readonly tag?: string;
}

export interface YamlText {
  readonly kind: 'text';
  readonly text: string;
  /** Of the first character of the text, 1-based. */
  readonly line: number;
  /** Each line of the text stands on a line of its own in the source. */
  readonly isBlock: boolean;
  /** Without quotes: it may be meant as a number or a truth. */
  readonly isPlain: boolean;
}

const SIZE_LIMIT = 1024 * 1024;
/** Aliases can make more of a small file than fits into memory. */
const MOST_NODES = 50_000;
const DEEPEST = 100;

/** The mappings among the documents of a text. Broken text gives what could be read of it. */
export function readTrees(text: string): readonly YamlMap[] {
  if (text.length > SIZE_LIMIT || isNestedBeyondReason(text)) return [];
  try {
    const lines = indexLines(text);
    const budget = { left: MOST_NODES };
    return parseAllDocuments(text, { uniqueKeys: false, merge: false, logLevel: 'silent' })
      .map((document) => treeOf(document.contents, { document, lines, budget, depth: 0 }))
      .filter((tree) => tree.kind === 'map');
  } catch (error) {
    // Deep nesting overflows the recursive composer.
    if (error instanceof RangeError) return [];
    throw error;
  }
}

interface Reading {
  readonly document: Document;
  readonly lines: LineIndex;
  readonly budget: { left: number };
  readonly depth: number;
}

const NOTHING: YamlText = { kind: 'text', text: '', line: 1, isBlock: false, isPlain: true };

/** Finding an anchor takes a walk through the document. */
const ALIAS_COST = 20;

function treeOf(value: unknown, reading: Reading): YamlTree {
  const { document, budget, depth } = reading;
  budget.left -= isAlias(value) ? ALIAS_COST : 1;
  if (budget.left < 0 || depth > DEEPEST) return NOTHING;
  const node = isAlias(value) ? value.resolve(document) : value;
  const inner = { ...reading, depth: depth + 1 };
  if (isMap(node)) {
    return { kind: 'map', entries: entriesOf(node.items, inner), line: lineOf(node, reading) };
  }
  if (isSeq(node)) return listOf(node, inner);
  return isScalar(node) ? textOf(node, reading) : NOTHING;
}

function listOf(node: YAMLSeq, reading: Reading): YamlList {
  const items = node.items.map((item) => treeOf(item, reading));
  const tag = node.tag?.startsWith('!') === true ? { tag: node.tag } : {};
  return { kind: 'list', items, line: lineOf(node, reading), ...tag };
}

function entriesOf(pairs: readonly Pair[], reading: Reading): ReadonlyMap<string, YamlTree> {
  const own = new Map<string, YamlTree>();
  const merged: (readonly [string, YamlTree])[] = [];
  for (const pair of pairs) {
    const key = keyOf(pair);
    if (key === undefined) continue;
    const value = treeOf(pair.value, reading);
    if (key === '<<') merged.push(...mergedEntries(value));
    else own.set(key, value);
  }
  // Of several merged mappings the first one wins, and what is written here over all of them.
  return new Map([...merged.reverse(), ...own]);
}

function keyOf({ key }: Pair): string | undefined {
  return isScalar(key) ? scalarText(key) : undefined;
}

function scalarText({ source, value }: Scalar): string {
  if (source !== undefined) return source;
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

function mergedEntries(value: YamlTree): readonly (readonly [string, YamlTree])[] {
  if (value.kind === 'map') return [...value.entries];
  return value.kind === 'list' ? value.items.flatMap(mergedEntries) : [];
}

function textOf(node: Scalar, reading: Reading): YamlText {
  const isBlock = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED;
  const text = node.value === null ? '' : scalarText(node);
  const isPlain = node.type === Scalar.PLAIN;
  return { kind: 'text', text, line: lineOf(node, reading) + Number(isBlock), isBlock, isPlain };
}

function lineOf(node: Node, { lines }: Reading): number {
  return lines.at(node.range?.[0] ?? 0).line;
}
