import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { locate } from '../../../src/yaml/locate';
import { pointerAt } from '../../../src/yaml/pointerAt';
import { printYaml } from '../../../src/yaml/print';

const TEXT = `# a comment

apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    a/b~c: "x"
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: web
          image: web:1
          args: [--a, "--b"]

        - name: sidecar
          command:
            - sh
            - |
              set -e
              run
---
# nothing but a comment
---
kind: Service
spec: {ports: [{port: 80}], type: ClusterIP}
`;

/** The text that a range covers. */
function covered(text: string, index: number, pointer: string): string | undefined {
  const range = locate(text, index, pointer);
  if (range === undefined) return undefined;
  const lines = text.split('\n').slice(range.line - 1, range.endLine);
  const last = lines.length - 1;
  lines[last] = (lines[last] ?? '').slice(0, range.endColumn - 1);
  lines[0] = (lines[0] ?? '').slice(range.column - 1);
  return lines.join('\n');
}

describe('locate', () => {
  it.each([
    ['/metadata/name', 'name: web'],
    ['/metadata/annotations/a~1b~0c', 'a/b~c: "x"'],
    ['/spec/replicas', 'replicas: 3'],
    ['/spec/template', 'template'],
    ['/spec/template/spec/containers', 'containers'],
    ['/spec/template/spec/containers/0/image', 'image: web:1'],
    ['/spec/template/spec/containers/0/args/1', '"--b"'],
    ['/spec/template/spec/containers/1/name', 'name: sidecar'],
    [
      '/spec/template/spec/containers/0',
      'name: web\n          image: web:1\n          args: [--a, "--b"]',
    ],
    ['/spec/template/spec/containers/1/command/1', '|\n              set -e\n              run'],
  ])('%s', (pointer, text) => {
    expect(covered(TEXT, 0, pointer)).toBe(text);
  });

  it('counts documents that are objects', () => {
    expect(covered(TEXT, 1, '/spec/ports/0/port')).toBe('port: 80');
    expect(locate(TEXT, 1, '/kind')).toEqual({ line: 27, column: 1, endLine: 27, endColumn: 14 });
    expect(locate(TEXT, 2, '/kind')).toBeUndefined();
  });

  it.each([
    '/spec/gone',
    '/spec/replicas/x',
    '/spec/template/spec/containers/7',
    '/spec/template/spec/containers/x',
  ])('finds nothing at %s', (pointer) => {
    expect(locate(TEXT, 0, pointer)).toBeUndefined();
  });

  it('follows aliases and merge keys to the text that decides', () => {
    const text = `base: &base
  limits: {cpu: 1}
more: &more
  memory: 2
web:
  <<: [*base, *more]
  memory: 3
db: *base
`;
    expect(locate(text, 0, '/web/limits/cpu')?.line).toBe(2);
    expect(locate(text, 0, '/db/limits/cpu')?.line).toBe(2);
    expect(locate(text, 0, '/web/memory')?.line).toBe(7);
  });

  it('takes the last of duplicate keys, which is the one that counts', () => {
    expect(locate('a: 1\nb: 2\na: 3\n', 0, '/a')?.line).toBe(3);
  });

  it('has the whole document for the empty pointer, and a place for a key without a value', () => {
    expect(locate('a: 1\nb:\n', 0, '')).toMatchObject({ line: 1, endLine: 2 });
    expect(covered('a: 1\nb:\n', 0, '/b')).toBe('b:');
  });

  it('reads what broken text allows, and never throws', () => {
    expect(locate('a: 1\nb: [\nc: 2\n', 0, '/a')?.line).toBe(1);
    expect(locate('{'.repeat(100_000), 0, '/a')).toBeUndefined();
    expect(locate(`a: ${'['.repeat(20_000)}`, 0, '/b')).toBeUndefined();
    expect(locate('a: 1\n'.repeat(3_000_000), 0, '/a')).toBeUndefined();
  });

  it('finds every field of every object', () => {
    fc.assert(
      fc.property(objects(), (object) => {
        const text = printYaml(object);
        for (const [pointer, value] of leaves(object, '')) {
          const range = locate(text, 0, pointer);
          expect(range, pointer).toBeDefined();
          const found = covered(text, 0, pointer) ?? '';
          // The last key or the item itself is what the range shows.
          const read: unknown = /\/\d+$/.test(pointer)
            ? parse(found)
            : Object.values(parse(found) as object)[0];
          if (typeof value !== 'string' || !value.includes('\n'))
            expect(read ?? null).toEqual(value);
        }
      }),
      { numRuns: 200 },
    );
  });
});

function objects(): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'grapheme-ascii' }),
    fc.constantFrom('yes', '0644', 'a\nb\n', ' x', '1_000', '- a', 'a: b', '#'),
  );
  const key = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9./~-]{0,6}$/);
  return fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(key, tie('node'), { maxKeys: 4 }),
    ),
    root: fc.dictionary(key, tie('node'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
  })).root;
}

function leaves(value: unknown, pointer: string): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [[pointer, value]];
  return Object.entries(value).flatMap(([key, item]) =>
    leaves(item, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}

describe('pointerAt', () => {
  it.each([
    [1, undefined],
    [3, '/apiVersion'],
    [5, '/metadata'],
    [6, '/metadata/name'],
    [10, '/spec/replicas'],
    [13, '/spec/template/spec/containers'],
    [14, '/spec/template/spec/containers/0/name'],
    [16, '/spec/template/spec/containers/0/args'],
    [17, '/spec/template/spec/containers'],
    [21, '/spec/template/spec/containers/1/command/1'],
    [23, '/spec/template/spec/containers/1/command/1'],
    [24, undefined],
  ])('line %i', (line, pointer) => {
    expect(pointerAt(TEXT, line)).toEqual(
      pointer === undefined ? undefined : { documentIndex: 0, pointer },
    );
  });

  it('of a line with several fields is the one that holds them', () => {
    expect(pointerAt(TEXT, 28)).toEqual({ documentIndex: 1, pointer: '/spec' });
  });

  it('is the inverse of locate for fields that stand on a line of their own', () => {
    fc.assert(
      fc.property(objects(), (object) => {
        const text = printYaml(object);
        for (const [pointer] of leaves(object, '')) {
          const line = locate(text, 0, pointer)?.line ?? 0;
          const found = pointerAt(text, line)?.pointer ?? 'none';
          expect(pointer === found || pointer.startsWith(`${found}/`)).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('printYaml', () => {
  it('puts first what users look for, and the rest as given', () => {
    const text = printYaml({
      spec: { b: 1, a: 2 },
      metadata: { name: 'x' },
      status: {},
      kind: 'K',
      apiVersion: 'v1',
    });
    expect(text).toBe(
      'apiVersion: v1\nkind: K\nmetadata:\n  name: x\nspec:\n  b: 1\n  a: 2\nstatus: {}\n',
    );
  });

  it('quotes what YAML 1.1 would misread, and folds no line', () => {
    const long = 'word '.repeat(60).trim();
    expect(printYaml({ a: 'yes', b: '0644', c: '1_000', d: '12:30', e: 'plain', f: long })).toBe(
      `a: "yes"\nb: "0644"\nc: "1_000"\nd: "12:30"\ne: plain\nf: ${long}\n`,
    );
  });

  it('writes texts of several lines as blocks, and the same object twice in full', () => {
    const shared = { x: 1 };
    expect(printYaml({ script: 'a\nb\n', one: shared, two: shared })).toBe(
      'script: |\n  a\n  b\none:\n  x: 1\ntwo:\n  x: 1\n',
    );
  });

  it('leaves plain what is plain: images, quantities, flags, addresses', () => {
    const plain = [
      'web:1.2',
      '500m',
      '10Gi',
      '1.2.3',
      '10.0.0.1',
      '--flag=x',
      '-v',
      '$(HOME)/x',
      '/a b',
      'it’s',
      'a#b',
      '${v:-d}',
      '.hidden',
      '+x',
      'a, b',
    ];
    for (const text of plain) expect(printYaml({ k: text })).toBe(`k: ${text}\n`);
  });

  it.each([
    ['', '""'],
    ['{"a": 1}', `'{"a": 1}'`],
    ['it\'s "x"', 'it\'s "x"'],
    ['[it\'s "x"', `'[it''s "x"'`],
    ['- a', '"- a"'],
    ['-', '"-"'],
    ['---', '"---"'],
    ['a: b', '"a: b"'],
    ['a:', '"a:"'],
    ['a #b', '"a #b"'],
    [' a', '" a"'],
    ['*x', '"*x"'],
    ['@x', '"@x"'],
    ['1e3', '"1e3"'],
    ['e1', '"e1"'],
    ['+E7', '"+E7"'],
    ['0x1F', '"0x1F"'],
    ['2001-01-01', '"2001-01-01"'],
    ['<<', '"<<"'],
    ['=', '"="'],
    ['~', '"~"'],
    ['.inf', '".inf"'],
    ['a\tb', '"a\\tb"'],
    ['\u0007', '"\\u0007"'],
    ['a\r\nb', '"a\\r\\nb"'],
    ['\n', '"\\n"'],
    [' lead\nx', '" lead\\nx"'],
    ['trail\n ', '"trail\\n "'],
    ['a\nb', '|-\n  a\n  b'],
    ['a\n\n  b\n', '|\n  a\n\n    b'],
    ['a\n\n\n', '|+\n  a\n\n'],
  ])('writes %j as it must be', (text, expected) => {
    expect(printYaml({ k: text })).toBe(`k: ${expected}\n`);
  });

  it('writes lists in lists, empty ones, numbers and nothing', () => {
    const object = {
      a: [[1, [2]], [{ b: [], c: {} }], null],
      d: 1e21,
      e: -0.5,
      f: null,
      g: undefined,
    };
    expect(printYaml(object)).toBe(
      'a:\n  - - 1\n    - - 2\n  - - b: []\n      c: {}\n  - null\nd: 1.0e+21\ne: -0.5\nf: null\n',
    );
  });

  it('writes a script of any length', () => {
    const text = 'line\n'.repeat(300_000);
    expect(printYaml({ k: text })).toHaveLength('k: |\n'.length + text.length + 2 * 300_000);
  });

  it('is read back as it was, by either YAML', () => {
    const pieces = fc.constantFrom(
      'a',
      ' ',
      '\n',
      '-',
      ':',
      '#',
      '"',
      "'",
      '|',
      '1',
      '.',
      '\t',
      'é',
      '{',
      '\\',
      '%',
      '😀',
      '\u2028',
      '0x',
      'e',
      '_',
    );
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
    );
    const json = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(text, tie('node'), { maxKeys: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(
        fc.dictionary(text, json, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
        (object) => {
          const printed = printYaml(object);
          const plain: unknown = JSON.parse(JSON.stringify(object));
          expect(parse(printed, { version: '1.1' })).toEqual(plain);
          expect(parse(printed, { version: '1.2' })).toEqual(plain);
          expect(parseAllDocuments(`${printed}---\n${printed}`)).toHaveLength(2);
        },
      ),
      { numRuns: 1500 },
    );
  });
});
