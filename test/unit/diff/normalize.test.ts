import { describe, expect, it } from 'vitest';
import { lastAppliedOf, normalize } from '../../../src/diff/normalize';
import type { KubeObject } from '../../../src/model/resource';

function object(more: object): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, ...more };
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

describe('normal form', () => {
  it('leaves out what the server writes', () => {
    const live = object({
      kind: 'ConfigMap',
      metadata: {
        name: 'a',
        namespace: 'shop',
        uid: 'u',
        resourceVersion: '1',
        generation: 2,
        creationTimestamp: '2026-11-20T10:00:00Z',
        deletionTimestamp: '2026-11-20T10:00:00Z',
        deletionGracePeriodSeconds: 0,
        selfLink: '/x',
        managedFields: [],
        labels: { a: 'b' },
        annotations: { [lastApplied]: '{}', 'deployment.kubernetes.io/revision': '3', own: 'x' },
      },
      data: { a: '1' },
      status: { phase: 'Active' },
    });
    expect(normalize(live)).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'shop', labels: { a: 'b' }, annotations: { own: 'x' } },
      data: { a: '1' },
    });
  });

  it('has no annotations when only bookkeeping was there', () => {
    const live = object({ metadata: { name: 'a', annotations: { [lastApplied]: '{}' } } });
    expect(normalize(live)['metadata']).toEqual({ name: 'a' });
  });

  it('has a Secret in data, stringData winning', () => {
    const secret = object({ data: { a: 'YQ==', b: 'Yg\n==' }, stringData: { a: 'ü', c: '' } });
    expect(normalize(secret)).toMatchObject({ data: { a: 'w7w=', b: 'Yg==', c: '' } });
    expect(normalize(secret)).not.toHaveProperty('stringData');
  });

  it('has no empty data', () => {
    expect(normalize(object({ data: {}, stringData: {} }))).not.toHaveProperty('data');
  });

  it('keeps ciphertext and placeholders as they are, and drops the sops block', () => {
    const secret = object({
      stringData: { a: 'ENC[AES256_GCM,data:x]', b: '<path:kv/a#b>', c: '<plain>' },
      sops: { mac: 'x' },
    });
    expect(normalize(secret)).toMatchObject({
      data: { a: 'ENC[AES256_GCM,data:x]', b: '<path:kv/a#b>', c: 'PHBsYWluPg==' },
    });
    expect(normalize(secret)).not.toHaveProperty('sops');
  });

  it('folds stringData of Secrets of the core group only', () => {
    const other = object({ apiVersion: 'example.com/v1', stringData: { a: 'b' } });
    expect(normalize(other)).toMatchObject({ stringData: { a: 'b' } });
  });
});

describe('last-applied', () => {
  const with_ = (text: string): KubeObject =>
    object({ metadata: { name: 'a', annotations: { [lastApplied]: text } } });

  it('is read when it is an object', () => {
    const inner = object({ kind: 'ConfigMap', data: { a: '1' } });
    expect(lastAppliedOf(with_(JSON.stringify(inner)))).toEqual(inner);
  });

  it.each(['', '{', 'null', '[]', '{}', '{"apiVersion":"v1","kind":"X"}'])(
    'is nothing when it is %j',
    (text) => {
      expect(lastAppliedOf(with_(text))).toBeUndefined();
    },
  );

  it('is nothing when it is not there', () => {
    expect(lastAppliedOf(object({}))).toBeUndefined();
  });
});
