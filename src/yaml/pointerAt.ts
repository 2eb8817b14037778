import { toPointer } from '../base/pointer';
import { isMap, isSeq, type Node } from 'yaml';
import { objectDocuments } from './documents';
import { indexLines, type LineIndex } from './lines';
import { isNodeLike, keyText } from './locate';

interface Child {
  readonly part: string;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly value?: Node;
}

/**
 * The field that a line decides: the deepest one that covers the line alone. A line with several
 * fields (`{a: 1, b: 2}`) is that of the field that holds them.
 */
export function pointerAt(
  text: string,
  line: number,
): { readonly documentIndex: number; readonly pointer: string } | undefined {
  const lines = indexLines(text);
  const documents = objectDocuments(text);
  const sought: Sought = { text, lines, line };
  const documentIndex = documents.findIndex(({ contents }) => covers(contents, sought));
  const contents = documents[documentIndex]?.contents;
  if (contents === undefined || contents === null) return undefined;
  return { documentIndex, pointer: descend(contents, sought) };
}

interface Sought {
  readonly text: string;
  readonly lines: LineIndex;
  readonly line: number;
}

function covers(node: Node | null, sought: Sought): boolean {
  if (node === null) return false;
  const [first, last] = linesOf(node, sought);
  return first <= sought.line && sought.line <= last;
}

function descend(start: Node, sought: Sought): string {
  let pointer = '';
  for (let node: Node | undefined = start; node !== undefined;) {
    const hits: readonly Child[] = childrenOf(node, sought).filter(
      ({ firstLine, lastLine }) => firstLine <= sought.line && sought.line <= lastLine,
    );
    const only: Child | undefined = hits.length === 1 ? hits[0] : undefined;
    if (only === undefined) return pointer;
    pointer += toPointer([only.part]);
    node = only.value;
  }
  return pointer;
}

function childrenOf(node: Node, sought: Sought): readonly Child[] {
  if (isMap(node)) {
    return node.items.flatMap((pair) => {
      const part = keyText(pair);
      if (part === undefined || !isNodeLike(pair.key)) return [];
      return [childFrom(part, pair.key, { value: pair.value, sought })];
    });
  }
  if (!isSeq(node)) return [];
  return node.items.flatMap((item, index) =>
    isNodeLike(item) ? [childFrom(String(index), item, { value: item, sought })] : [],
  );
}

function childFrom(
  part: string,
  start: Node,
  { value, sought }: { readonly value: unknown; readonly sought: Sought },
): Child {
  const [firstLine, ownLast] = linesOf(start, sought);
  if (!isNodeLike(value)) return { part, firstLine, lastLine: ownLast };
  return { part, firstLine, lastLine: Math.max(ownLast, linesOf(value, sought)[1]), value };
}

/** First and last line of a node without the blank lines after it. */
function linesOf(node: Node, { text, lines }: Sought): readonly [number, number] {
  const [start = 0, end = 0] = node.range ?? [];
  const last = start + Math.max(0, text.slice(start, end).trimEnd().length - 1);
  return [lines.at(start).line, lines.at(last).line];
}
