import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskObject, maskSides, maskText, secretsOf } from '../../../src/diff/mask';
import type { JsonObject, KubeObject } from '../../../src/model/resource';
import { digest } from './builders';

const canary = 'CANARY-8f3c-do-not-leak';
const encoded = Buffer.from(canary).toString('base64');

function secret(more: object): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, ...more };
}

function sides(before: object, after: object): { before: JsonObject; after: JsonObject } {
  const masked = maskSides({ before: before as JsonObject, after: after as JsonObject }, digest);
  return { before: masked.before ?? {}, after: masked.after ?? {} };
}

function leaks(value: unknown): boolean {
  const text = JSON.stringify(value);
  return text.includes(canary) || text.includes(encoded) || text.includes('CANARY');
}

const places: readonly (readonly [string, object])[] = [
  ['data', secret({ data: { password: encoded } })],
  ['stringData', secret({ stringData: { password: canary } })],
  ['data that is no base64', secret({ data: { password: `not base64 ${canary}` } })],
  ['data that is no map', secret({ data: canary })],
  ['data that is a list', secret({ data: [canary, { deep: canary }] })],
  ['data with values that are maps', secret({ data: { password: { deep: canary } } })],
  [
    'last-applied of a Secret',
    secret({
      metadata: {
        name: 'db',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(
            secret({ stringData: { password: canary } }),
          ),
        },
      },
    }),
  ],
  [
    'another annotation that repeats a value of the Secret',
    secret({
      metadata: { name: 'db', annotations: { note: `it is ${canary}, do not tell` } },
      data: { password: encoded },
    }),
  ],
  [
    'an annotation that embeds a Secret as JSON',
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'x',
        annotations: { backup: JSON.stringify(secret({ data: { password: encoded } })) },
      },
    },
  ],
  [
    'an annotation that embeds a Secret as YAML',
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'x',
        annotations: { backup: `apiVersion: v1\nkind: Secret\nstringData:\n  a: ${canary}\n` },
      },
    },
  ],
  [
    'an annotation that embeds text that embeds a Secret',
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'x',
        annotations: {
          deep: JSON.stringify({ inner: JSON.stringify(secret({ data: { a: encoded } })) }),
        },
      },
    },
  ],
  [
    'a Secret in a List',
    { apiVersion: 'v1', kind: 'List', metadata: {}, items: [secret({ data: { a: encoded } })] },
  ],
  [
    'a Secret in another object',
    {
      apiVersion: 'example.com/v1',
      kind: 'Template',
      metadata: { name: 'x' },
      spec: { manifests: [{ kind: 'Secret', stringData: { a: canary } }] },
    },
  ],
  [
    'the template of a SealedSecret',
    {
      apiVersion: 'bitnami.com/v1alpha1',
      kind: 'SealedSecret',
      metadata: { name: 'x' },
      spec: { encryptedData: { a: 'AgB…' }, template: { data: { b: canary } } },
    },
  ],
];

describe('masking', () => {
  it.each(places)('hides a value in %s', (_name, object) => {
    expect(leaks(object)).toBe(true);
    expect(leaks(maskObject(object as KubeObject, digest))).toBe(false);
    expect(leaks(sides(object, {}))).toBe(false);
    expect(leaks(sides({}, object))).toBe(false);
    expect(leaks(sides(object, object))).toBe(false);
  });

  it('hides what the other side says is secret', () => {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'db' } };
    expect(leaks(sides(secret({ data: { a: encoded } }), { ...config, data: { a: canary } }))).toBe(
      false,
    );
    const sealed = { ...config, data: { a: 'ENC[AES256_GCM,data:abc,type:str]' } };
    expect(leaks(sides({ ...config, data: { a: canary } }, sealed))).toBe(false);
    const filled = { ...config, data: { a: `user:${canary}` } };
    const placeholder = { ...config, data: { a: 'user:<path:kv/data/db#password>' } };
    expect(leaks(sides(filled, placeholder))).toBe(false);
  });

  it('shows keys, and per key whether the value is the same', () => {
    const masked = sides(
      secret({ data: { same: 'YQ==', other: 'Yg==', gone: 'Yw==' } }),
      secret({ data: { same: 'YQ==', other: 'ZA==', fresh: 'ZQ==' } }),
    );
    const before = masked.before['data'] as Record<string, string>;
    const after = masked.after['data'] as Record<string, string>;
    expect(before['same']).toMatch(/^<secret [0-9a-f]{4}>$/);
    expect(after['same']).toBe(before['same']);
    expect(before['other']).toMatch(/^<secret [0-9a-f]{4} · changed>$/);
    expect(after['other']).toMatch(/^<secret [0-9a-f]{4} · changed>$/);
    expect(after['other']).not.toBe(before['other']);
    expect(before['gone']).toMatch(/ · removed>$/);
    expect(after['fresh']).toMatch(/ · added>$/);
  });

  it('tells two values apart even when their digests begin alike', () => {
    const clash = (value: string): string => (value === 'YQ==' ? 'abcdef0' : 'abcdef1');
    const masked = maskSides(
      {
        before: { kind: 'Secret', data: { a: 'YQ==' } },
        after: { kind: 'Secret', data: { a: 'Yg==' } },
      },
      clash,
    );
    expect(masked.before?.['data']).toEqual({ a: '<secret abcdef0 · changed>' });
    expect(masked.after?.['data']).toEqual({ a: '<secret abcdef1 · changed>' });
  });

  it('leaves literal environment values and other kinds alone', () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x', annotations: { note: 'uses kind: SecretStore' } },
      spec: { containers: [{ name: 'web', env: [{ name: 'DB_PASSWORD', value: 'plain' }] }] },
    };
    expect(maskObject(pod as KubeObject, digest)).toEqual(pod);
  });

  it('marks ciphertext and the sops block', () => {
    const object = secret({
      data: { a: 'ENC[AES256_GCM,data:abc,iv:x,tag:y,type:str]' },
      sops: { mac: 'ENC[AES256_GCM,data:m]', age: [{ recipient: 'age1' }] },
    });
    const masked = maskObject(object, digest);
    expect(masked['sops']).toBe('<sops metadata>');
    expect(JSON.stringify(masked['data'])).toMatch(/^\{"a":"<encrypted [0-9a-f]{4}>"\}$/);
  });

  it('says not compared on both sides where only Git is encrypted', () => {
    const masked = sides(
      secret({ data: { a: encoded, extra: encoded } }),
      secret({ data: { a: 'ENC[AES256_GCM,data:abc]' } }),
    );
    expect(masked.before['data']).toMatchObject({ a: '<encrypted · not compared>' });
    expect(masked.after['data']).toEqual({ a: '<encrypted · not compared>' });
  });

  it('shows what only a run of a pipeline knows, and compares it with nothing', () => {
    const image = (text: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web' },
      spec: { containers: [{ image: text }] },
    });
    const open = image('acme/web:<pipeline:GITHUB_SHA>');
    expect(maskObject(open, digest)).toEqual(open);
    const even = image('<known only in a run · not compared>');
    expect(sides(open, image('acme/web:1'))).toEqual({ before: even, after: even });
    expect(sides(image('acme/web:1'), open)).toEqual({ before: even, after: even });
    expect(sides(open, open)).toEqual({ before: open, after: open });
    const kept = secret({ stringData: { password: '<pipeline:secrets.DB>' } });
    expect(JSON.stringify(maskObject(kept, digest))).not.toContain('pipeline:');
  });

  it('leaks nothing of any Secret, wherever it stands in any object', () => {
    const value = fc.string({ minLength: 1, maxLength: 20 }).map((text) => `CANARY${text}`);
    const field = fc.constantFrom('data', 'stringData');
    const wrapped = fc.constantFrom(
      (object: object) => object,
      (object: object) => ({ apiVersion: 'v1', kind: 'List', metadata: {}, items: [object] }),
      (object: object) => ({ kind: 'X', spec: { nested: { deep: [[object]] } } }),
      (object: object) => ({
        kind: 'ConfigMap',
        metadata: { annotations: { copy: JSON.stringify(object, null, 2) } },
      }),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), value, { minKeys: 1 }),
        field,
        wrapped,
        (values, name, wrap) => {
          const stored = Object.fromEntries(
            Object.entries(values).map(([key, text]) => [
              key,
              name === 'data' ? Buffer.from(text).toString('base64') : text,
            ]),
          );
          const object = wrap(secret({ [name]: stored }));
          for (const masked of [
            maskObject(object as KubeObject, digest),
            sides(object, {}),
            sides(object, wrap(secret({ data: {} }))),
            sides(wrap({ kind: 'ConfigMap', [name]: {} }), object),
          ]) {
            const text = JSON.stringify(masked);
            expect(text).not.toContain('CANARY');
            for (const one of Object.values(stored)) expect(text).not.toContain(one);
          }
        },
      ),
    );
  });
});

describe('masking of texts', () => {
  it('takes out every form of every secret value, the longest first', () => {
    const objects = [
      secret({ data: { a: encoded }, stringData: { b: 'line one\nline "two"' } }),
      {
        apiVersion: 'v1',
        kind: 'List',
        metadata: {},
        items: [secret({ data: { c: 'c2hvcnQx' } })],
      },
    ];
    const secrets = secretsOf(objects);
    const text = [
      `cannot decode ${encoded}`,
      `got ${canary}`,
      'value "line one\\nline \\"two\\"" is too long',
      'short1',
    ].join('; ');
    const masked = maskText(text, secrets);
    expect(masked).toBe(
      'cannot decode <secret>; got <secret>; value "<secret>" is too long; <secret>',
    );
  });

  it('leaves values of up to three letters, which are everywhere', () => {
    expect(secretsOf([secret({ stringData: { a: 'abc' } })])).toEqual(['YWJj']);
  });

  it('finds nothing in objects without Secrets', () => {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { a: canary } };
    expect(secretsOf([config as KubeObject])).toEqual([]);
    expect(maskText(canary, [])).toBe(canary);
  });
});
