import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../src/diff/kinds';
import { pointerOn } from '../../../src/diff/path';
import { differences } from '../../../src/diff/walk';
import type { JsonObject } from '../../../src/model/resource';

const deployment = factsOf({ apiVersion: 'apps/v1', kind: 'Deployment' });
const custom = factsOf({ apiVersion: 'example.com/v1', kind: 'Widget' });

function found(before: JsonObject, after: JsonObject, facts = deployment): readonly string[] {
  return differences(before, after, facts).map(
    (d) => `${pointerOn(d.path, 'after')} ${JSON.stringify(d.before)}→${JSON.stringify(d.after)}`,
  );
}

const pod = (spec: JsonObject): JsonObject => ({ spec: { template: { spec } } });

describe('differences', () => {
  it('pairs containers, ports and environment by their keys', () => {
    const before = pod({
      containers: [
        { name: 'proxy', image: 'p:1' },
        {
          name: 'web',
          image: 'w:1',
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
          ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }],
        },
      ],
    });
    const after = pod({
      containers: [
        { name: 'proxy', image: 'p:1' },
        {
          name: 'web',
          image: 'w:2',
          env: [{ name: 'B', value: '3' }],
          ports: [{ containerPort: 80, name: 'http' }],
        },
      ],
    });
    expect(found(before, after)).toEqual([
      '/spec/template/spec/containers/1/image "w:1"→"w:2"',
      '/spec/template/spec/containers/1/env/0/value "2"→"3"',
      '/spec/template/spec/containers/1/env/0 {"name":"A","value":"1"}→undefined',
      '/spec/template/spec/containers/1/ports/0/protocol "TCP"→undefined',
    ]);
  });

  it('sees a new order of elements that both sides have', () => {
    const env = (...names: string[]): JsonObject =>
      pod({ containers: [{ name: 'web', env: names.map((name) => ({ name, value: 'x' })) }] });
    expect(found(env('A', 'B'), env('B', 'A'))).toEqual([
      '/spec/template/spec/containers/0/env ["A","B"]→["B","A"]',
    ]);
    expect(found(env('X', 'A', 'B'), env('A', 'B'))).toHaveLength(1);
  });

  it('compares by index where keys are missing, repeated, or not merge keys', () => {
    const env = (...values: string[]): JsonObject =>
      pod({ containers: [{ name: 'web', env: values.map((value) => ({ name: 'A', value })) }] });
    expect(found(env('1', '2'), env('1', '3'))).toEqual([
      '/spec/template/spec/containers/0/env/1/value "2"→"3"',
    ]);
    const args = (list: string[]): JsonObject => pod({ containers: [{ name: 'web', args: list }] });
    expect(found(args(['a', 'b']), args(['a', 'c']))).toEqual([
      '/spec/template/spec/containers/0/args/1 "b"→"c"',
    ]);
    expect(found(args(['a']), args(['a', 'c']))).toEqual([
      '/spec/template/spec/containers/0/args ["a"]→["a","c"]',
    ]);
    expect(found({ env: [{ name: 'A' }] }, { env: [{ name: 'B' }] }, custom)).toEqual([
      '/env/0/name "A"→"B"',
    ]);
  });

  it('pairs lists of custom resources by the keys that managedFields shows', () => {
    const facts = { ...custom, listKeys: new Map([['spec.parts', ['id']]]) };
    const before: JsonObject = { spec: { parts: [{ id: 1 }, { id: 2, size: 3 }] } };
    const after = { spec: { parts: [{ id: 2, size: 4 }] } };
    expect(found(before, after, facts)).toEqual([
      '/spec/parts/0/size 3→4',
      '/spec/parts/0 {"id":1}→undefined',
    ]);
  });

  it('treats finalizers as a set', () => {
    const meta = (...finalizers: string[]): JsonObject => ({ metadata: { finalizers } });
    expect(found(meta('a', 'b'), meta('b', 'a'))).toEqual([]);
    expect(found(meta('a', 'b'), meta('b'))).toEqual(['/metadata/finalizers/0 "a"→undefined']);
  });

  it.each<[string, JsonObject, JsonObject, boolean]>([
    ['null and nothing', { spec: { a: null } }, { spec: {} }, true],
    ['null and a value', { spec: { a: null } }, { spec: { a: 1 } }, false],
    ['empty environment and nothing', pod({ containers: [] }), pod({}), true],
    ['empty labels and nothing', { metadata: { labels: {} } }, { metadata: {} }, true],
    ['empty label value and nothing', { metadata: { labels: { a: '' } } }, { metadata: {} }, false],
    ['false hostNetwork and nothing', pod({ hostNetwork: false }), pod({}), true],
    [
      'false automountServiceAccountToken and nothing',
      pod({ automountServiceAccountToken: false }),
      pod({}),
      false,
    ],
    ['0 replicas and nothing', { spec: { replicas: 0 } }, { spec: {} }, false],
    ['0 and false', { spec: { replicas: 0 } }, { spec: { replicas: false } }, false],
    ['text and number', { spec: { replicas: '1' } }, { spec: { replicas: 1 } }, false],
    ['empty affinity and nothing', pod({ affinity: {} }), pod({}), false],
    ['list and map', { spec: { a: [1] } }, { spec: { a: { 0: 1 } } }, false],
  ])('%s', (_name, before, after, same) => {
    expect(found(before, after)).toHaveLength(same ? 0 : 1);
    expect(found(after, before)).toHaveLength(same ? 0 : 1);
  });

  it('keeps empty values of custom resources apart from nothing', () => {
    for (const value of ['', false, 0, [], {}]) {
      expect(found({ spec: { a: value } }, { spec: {} }, custom)).toHaveLength(1);
    }
  });

  it('compares quantities by value only where the type is one', () => {
    const limits = (cpu: string | number): JsonObject =>
      pod({ containers: [{ name: 'web', resources: { limits: { cpu } } }] });
    expect(found(limits('1000m'), limits(1))).toEqual([]);
    expect(found(limits('1000m'), limits('2'))).toHaveLength(1);
    expect(found(limits('1000m'), limits(1), custom)).toHaveLength(1);
    const port = (value: string | number): JsonObject => ({ spec: { targetPort: value } });
    expect(found(port('80'), port(80))).toHaveLength(1);
    const variable = (value: string): JsonObject =>
      pod({ containers: [{ name: 'web', env: [{ name: 'A', value }] }] });
    expect(found(variable('1000m'), variable('1'))).toHaveLength(1);
  });

  it('takes maps that one side lacks apart to their leaves, lists not', () => {
    expect(found({}, { spec: { a: { b: 1, c: [1, 2] }, d: {} } })).toEqual([
      '/spec/a/b undefined→1',
      '/spec/a/c undefined→[1,2]',
      '/spec/d undefined→{}',
    ]);
  });

  const json = fc.letrec((tie) => ({
    tree: fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), tie('node'), { maxKeys: 4 }),
    node: fc.oneof(
      { depthSize: 'small' },
      fc.string({ maxLength: 3 }),
      fc.integer(),
      fc.boolean(),
      fc.array(tie('node'), { maxLength: 3 }),
      tie('tree'),
    ),
  }));

  it('finds nothing between equal trees, and finds the same both ways', () => {
    fc.assert(
      fc.property(json.tree, json.tree, (left, right) => {
        const a = left as JsonObject;
        const b = right as JsonObject;
        expect(differences(a, structuredClone(a), custom)).toEqual([]);
        expect(differences(a, b, custom).length).toBe(differences(b, a, custom).length);
        expect(differences(a, b, custom).length === 0).toBe(sameText(a, b));
      }),
    );
  });
});

function sameText(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
