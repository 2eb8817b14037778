import { pointerTokens, toPointer } from '../../src/base/pointer';
import type { FieldChange, ResourceChange } from '../../src/model/change';
import type { Json, JsonObject } from '../../src/model/resource';

/** Which fields differ, by pointers with `*` for indices of lists; `['']`: one side lacks the object. */
export type Fields = readonly string[];

function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Elements of lists by the name that identifies them, where all have one. */
function keyed(list: readonly Json[]): JsonObject | undefined {
  const names = list.map((item) =>
    isMap(item) ? (item['name'] ?? item['containerPort'] ?? item['port']) : item,
  );
  const known = names.filter((name) => typeof name === 'string' || typeof name === 'number');
  if (known.length < list.length || new Set(known).size !== list.length) return undefined;
  return Object.fromEntries(list.map((item, index) => [String(known[index]), item]));
}

function walk(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
  found: Set<string>,
): void {
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  if (Array.isArray(before) && Array.isArray(after)) {
    const [old, now] = [keyed(before as readonly Json[]), keyed(after as readonly Json[])];
    if (old === undefined || now === undefined) found.add(path);
    else walkKeys(old, now, () => `${path}/*`, found);
    return;
  }
  if (isMap(before) && isMap(after)) {
    walkKeys(before, after, (key) => `${path}${toPointer([key])}`, found);
    return;
  }
  found.add(path);
}

function walkKeys(
  before: JsonObject,
  after: JsonObject,
  at: (key: string) => string,
  found: Set<string>,
): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    walk(before[key], after[key], at(key), found);
  }
}

const bookkeeping = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
];
const servers = ['managedFields', 'resourceVersion', 'generation', 'creationTimestamp', 'uid'];

function without(map: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
}

function comparable(object: JsonObject): JsonObject {
  const metadata = without((object['metadata'] ?? {}) as JsonObject, servers);
  const annotations = without((metadata['annotations'] ?? {}) as JsonObject, bookkeeping);
  const own = { ...metadata, annotations, labels: metadata['labels'] ?? {} };
  return { ...without(object, ['status']), metadata: own };
}

/** In which fields two states of one object differ, apart from what only servers write. */
export function differing(before: JsonObject | undefined, after: JsonObject | undefined): Fields {
  if (before === undefined || after === undefined) return before === after ? [] : [''];
  const found = new Set<string>();
  walk(comparable(before), comparable(after), '', found);
  return [...found].sort();
}

function starred(pointer: string): string {
  return toPointer(pointerTokens(pointer).map((token) => (/^\d+$/.test(token) ? '*' : token)));
}

function isWritten({ whose, fate }: FieldChange): boolean {
  return fate !== 'stays' && whose !== 'ignored' && whose !== 'generated';
}

/** What we say that a sync writes; with `always`, also where a rule hides it. */
export function writtenBy(change: ResourceChange | undefined, always = false): Fields {
  const fields = (change?.fields ?? []).filter(
    (field) =>
      isWritten(field) || (always && field.whose === 'ignored' && field.fate === 'reverted'),
  );
  return [...new Set(fields.map(({ pointer }) => starred(pointer)))].sort();
}

function isRelated(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

/** Both name the same places, though one may name the parent of what the other names. */
export function agree(a: Fields, b: Fields): boolean {
  const covers = (all: Fields, by: Fields): boolean =>
    all.every((one) => by.some((other) => isRelated(one, other)));
  return covers(a, b) && covers(b, a);
}
