import { literalBlock, numberText, quoteAsNeeded } from './scalar';

const LEADING_KEYS = ['apiVersion', 'kind', 'metadata'];
const STEP = '  ';

/**
 * The text of a JSON object as users read it: apiVersion, kind and metadata first, the rest as given,
 * block style, no line folding. Strings that YAML 1.1 (which Kubernetes reads) would take for
 * something else (`yes`, `0644`, `1_000`) are quoted. Written out here because the library, made to
 * keep comments, takes seconds for the megabytes that a chart of CRDs renders to.
 */
export function printYaml(object: unknown): string {
  const lines: string[] = [];
  printNode(leadingFirst(object), { lines, indent: '', head: '' });
  return `${lines.join('\n')}\n`;
}

interface Place {
  readonly lines: string[];
  /** Indentation of the lines that belong to the node. */
  readonly indent: string;
  /** What stands before it on its first line: `  key:` or `  -`. */
  readonly head: string;
}

function printNode(value: unknown, place: Place): void {
  if (Array.isArray(value)) printList(value, place);
  else if (typeof value === 'object' && value !== null) printMap(value, place);
  else printScalar(value, place);
}

function printScalar(value: unknown, { lines, indent, head }: Place): void {
  const block = typeof value === 'string' ? literalBlock(value) : undefined;
  lines.push(joined(head, block === undefined ? scalarText(value) : block.header));
  if (block === undefined) return;
  const inner = indent === '' ? STEP : indent;
  for (const line of block.lines) lines.push(line === '' ? '' : inner + line);
}

function scalarText(value: unknown): string {
  if (typeof value === 'string') return quoteAsNeeded(value);
  return typeof value === 'number' ? numberText(value) : JSON.stringify(value ?? null);
}

function joined(head: string, text: string): string {
  return head === '' ? text : `${head} ${text}`;
}

function printMap(value: object, { lines, indent, head }: Place): void {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) {
    lines.push(joined(head, '{}'));
    return;
  }
  const isItem = head.endsWith('-');
  if (head !== '' && !isItem) lines.push(head);
  entries.forEach(([key, item], index) => {
    // The first field of a list item stands on the line of its dash.
    const start = isItem && index === 0 ? `${head} ` : indent;
    printNode(item, { lines, indent: `${indent}${STEP}`, head: `${start}${quoteAsNeeded(key)}:` });
  });
}

function printList(items: readonly unknown[], { lines, indent, head }: Place): void {
  if (items.length === 0) {
    lines.push(joined(head, '[]'));
    return;
  }
  const isItem = head.endsWith('-');
  if (head !== '' && !isItem) lines.push(head);
  items.forEach((item, index) => {
    const start = isItem && index === 0 ? `${head} ` : indent;
    printNode(item ?? null, { lines, indent: `${indent}${STEP}`, head: `${start}-` });
  });
}

function leadingFirst(object: unknown): unknown {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return object;
  const entries = Object.entries(object);
  const leading = LEADING_KEYS.flatMap((key) => entries.filter(([name]) => name === key));
  return Object.fromEntries([
    ...leading,
    ...entries.filter(([name]) => !LEADING_KEYS.includes(name)),
  ]);
}
