import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complete } from '../../../src/base/pacer';
import { pointerTokens } from '../../../src/base/pointer';
import { copyTest } from '../../../src/diff/secretCopies';
import { withholdSteps } from '../../../src/diff/withhold';
import type { RenderResult } from '../../../src/model/render';
import type { Json, KubeObject } from '../../../src/model/resource';
import type { KnownObject } from '../../../src/model/withheld';
import { formOf, isWithheldText, withAllValues } from '../../../src/model/withheld';
import { isBase64 } from '../../../src/validate/formats';
import { digest } from './builders';

const canary = 'CANARY-8f3c-do-not-leak';
const encoded = Buffer.from(canary).toString('base64');
const hex = Buffer.from(canary).toString('hex');

function object(kind: string, more: object, apiVersion = 'v1'): KubeObject {
  return { apiVersion, kind, metadata: { name: 'db' }, ...more };
}

function secret(more: object): KubeObject {
  return object('Secret', more);
}

function result(...objects: readonly KubeObject[]): RenderResult {
  return {
    objects: objects.map((one) => ({
      object: one,
      origin: { path: 'a.yaml' },
      role: 'resource',
      generated: [],
    })),
    inputs: [],
    problems: [],
    missing: [],
    capabilitiesAssumed: false,
  };
}

/** The digest of the tests is readable: one that says nothing, in base64. */
const salted = (value: string): string => Buffer.from(digest(value).padEnd(32)).toString('base64');

function withheld(of: RenderResult): readonly KnownObject[] | undefined {
  return complete(withholdSteps(of, salted));
}

function at(value: unknown, pointer: string): unknown {
  return pointerTokens(pointer).reduce<unknown>(
    (inner, token) => (inner as Readonly<Record<string, unknown>>)[token],
    value,
  );
}

function deployment(container: object): KubeObject {
  const template = { spec: { containers: [{ name: 'a', ...container }] } };
  return object('Deployment', { spec: { template } }, 'apps/v1');
}

const source = secret({ data: { password: encoded } });

describe('values of Secrets that are withheld', () => {
  it.each<[string, readonly KubeObject[], readonly (readonly string[])[]]>([
    ['data', [source], [['/data/password']]],
    [
      'data over several lines',
      [secret({ data: { password: encoded.replace(/.{8}/g, '$&\n') } })],
      [['/data/password']],
    ],
    ['stringData', [secret({ stringData: { password: canary } })], [['/stringData/password']]],
    ['a short value', [secret({ stringData: { pin: 'q7' } })], [['/stringData/pin']]],
    [
      'a Secret of another group',
      [object('Secret', { data: { a: encoded } }, 'x/v1')],
      [['/data/a']],
    ],
    [
      'a Secret in a List',
      [object('List', { items: [secret({ data: { 'a/b': encoded } })] })],
      [['/items/0/data/a~1b']],
    ],
    [
      'the template of a SealedSecret',
      [object('SealedSecret', { spec: { template: { data: { a: encoded } } } }, 'bitnami.com/v1')],
      [['/spec/template/data/a']],
    ],
    [
      'what was applied last',
      [
        secret({
          metadata: {
            name: 'db',
            annotations: {
              'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(
                secret({ stringData: { pin: 'q7' } }),
              ),
            },
          },
        }),
      ],
      [['/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration']],
    ],
    [
      'copies in variables, arguments, annotations and ConfigMaps',
      [
        source,
        deployment({
          env: [{ name: 'A', value: `postgres://u:${canary}@db` }],
          args: ['-v', encoded],
          command: [hex],
        }),
        object('ConfigMap', { data: { a: `x ${canary}`, b: 'x' } }),
        object('Service', { metadata: { name: 'db', annotations: { note: canary } } }),
      ],
      [
        ['/data/password'],
        [
          '/spec/template/spec/containers/0/env/0/value',
          '/spec/template/spec/containers/0/args/1',
          '/spec/template/spec/containers/0/command/0',
        ].sort(),
        ['/data/a'],
        ['/metadata/annotations/note'],
      ],
    ],
  ])('%s', (_, objects, pointers) => {
    const kept = withheld(result(...objects)) ?? [];
    expect(kept.map((one) => [...(one.withheld ?? [])].sort())).toEqual(pointers);
    const text = JSON.stringify(kept);
    for (const leak of [canary, encoded, hex, 'q7']) expect(text).not.toContain(leak);
    for (const { object: one, withheld: places = [] } of kept) {
      for (const place of places) expect(isWithheldText(at(one, place)), place).toBe(true);
    }
  });

  it.each<[string, readonly KubeObject[]]>([
    ['a value that is no base64', [secret({ data: { a: 'no base64!' } })]],
    ['a value that is no text', [secret({ stringData: { a: 5 } })]],
    ['values that are no map', [secret({ data: canary })]],
    ['an image', [source, deployment({ image: `acme/${canary}:1` })]],
    ['a label', [source, object('Service', { metadata: { name: 'a', labels: { a: canary } } })]],
    ['a name', [source, object('Service', { metadata: { name: canary } })]],
    ['a key', [source, object('ConfigMap', { data: { [canary]: 'x' } })]],
    ['a number', [secret({ stringData: { id: '123456' } }), object('X', { spec: { id: 123456 } })]],
    [
      'an annotation that a tool acts on',
      [source, object('Job', { metadata: { name: 'a', annotations: { 'helm.sh/hook': canary } } })],
    ],
    [
      'a definition of an app',
      [
        source,
        object(
          'Application',
          { metadata: { name: 'a', annotations: { note: canary } } },
          'argoproj.io/v1alpha1',
        ),
      ],
    ],
  ])('keep a render from being kept where one is in %s', (_, objects) => {
    expect(withheld(result(...objects))).toBeUndefined();
  });

  it('keep a render whose problems name one from being kept', () => {
    const problem = { severity: 'error', code: 'x', message: `${canary} is wrong` } as const;
    const location = { path: 'a.yaml' };
    expect(withheld({ ...result(source), problems: [{ ...problem, location }] })).toBeUndefined();
  });

  it('leave everything else as it is', () => {
    const objects = [
      object('ConfigMap', { data: { a: 'plain', b: '5432', c: 'true' } }),
      secret({ type: 'Opaque' }),
      secret({ data: { a: null, b: '' }, stringData: { c: 'ENC[AES256_GCM,data:x,type:str]' } }),
    ];
    expect(withheld(result(...objects))).toEqual(result(...objects).objects);
  });

  it('leave innocent words alone', () => {
    const words = secret({ stringData: { a: 'true', b: '5432', c: 'admin', d: 'abc' } });
    const other = deployment({ image: 'acme/admin-panel:5432', args: ['abc', '--on=true'] });
    const kept = withheld(result(words, other));
    expect(kept?.[1]).toEqual(result(other).objects[0]);
    const copied = withheld(result(words, deployment({ args: ['--user=admin'] })));
    expect(copied?.[1]?.withheld).toEqual(['/spec/template/spec/containers/0/args/0']);
  });

  it('are equal where the values are, in either field, and pass the same checks of form', () => {
    const [a, b, c] = [
      secret({ data: { a: encoded } }),
      secret({ stringData: { a: canary } }),
      secret({ data: { a: Buffer.from('other').toString('base64') } }),
    ].map((one) => {
      const [kept] = formOf(withheld(result(one)) ?? []);
      return ['/data', '/stringData']
        .map((field) => at(at(kept?.object, field) ?? {}, '/a'))
        .join('');
    });
    expect(a).toBe(b);
    expect(a).not.toBe(c);
    expect(isBase64(String(a))).toBe(true);
  });

  it('are no objects with values, and the others are', () => {
    const plain = result(object('ConfigMap', { data: { a: 'b' } })).objects;
    expect(withAllValues(withheld(result(source)) ?? [])).toBeUndefined();
    expect(withAllValues(plain)).toEqual(plain);
    expect(formOf(plain)).toEqual(plain);
  });

  it('leak nothing, wherever they stand', () => {
    const place = (value: string): fc.Arbitrary<Json> =>
      fc.letrec<{ tree: Json }>((tie) => ({
        tree: fc.oneof(
          { maxDepth: 4 },
          fc.constantFrom<Json>(value, `x${value}y`, 'plain', 5, null),
          fc.array(tie('tree'), { maxLength: 3 }),
          fc.dictionary(fc.constantFrom('data', 'kind', 'env', 'annotations', 'a'), tie('tree')),
        ),
      })).tree;
    const texts = fc.constantFrom(canary, encoded, hex);
    fc.assert(
      fc.property(texts.chain(place), texts.chain(place), (spec, data) => {
        const kept = withheld(result(source, object('X', { spec }), object('ConfigMap', { data })));
        const text = JSON.stringify(kept ?? '');
        for (const leak of [canary, encoded, hex]) expect(text).not.toContain(leak);
      }),
    );
  });
});

describe('copies of a value', () => {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  it.each<[string, string, boolean]>([
    ['hunter22', 'password is hunter22.', true],
    ['hunter', 'hunters', false],
    ['hunter', 'a/hunter:1', true],
    ['hunter', 'job-hunter', false],
    ['a b\n', '"a b"', false],
    ['"quoted" text', JSON.stringify({ a: '"quoted" text' }), true],
    ['S3cr3t!x', `user:${'S3cr3t!x'}`, true],
    ['S3cr3t!xy', base64('S3cr3t!xy and more'), true],
    ['S3cr3t!x', Buffer.from('S3cr3t!x').toString('hex').toUpperCase(), true],
    ['false', 'false', false],
    ['80801', '80801', false],
    ['808012', '808012', true],
    ['abc', 'abc', false],
  ])('%j in %j', (value, text, expected) => {
    expect(copyTest([base64(value)])(text)).toBe(expected);
  });
});
