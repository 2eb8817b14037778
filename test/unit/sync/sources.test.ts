import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/model/resource';
import { sourceStates } from '../../../src/sync/sources';

function source(kind: string, status?: object, generation = 1): KubeObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind,
    metadata: { name: 'shop', namespace: 'flux-system', generation },
    spec: { url: 'https://git.example.com/shop.git' },
    ...(status && { status }),
  };
}

function ready(status: string, message: string, observedGeneration = 1): object {
  return { conditions: [{ type: 'Ready', status, message, reason: 'X', observedGeneration }] };
}

describe('the states of Flux sources', () => {
  it('are those of sources alone', () => {
    const other = { ...source('Kustomization'), apiVersion: 'kustomize.toolkit.fluxcd.io/v1' };
    expect(sourceStates([other, source('Bucket')]).map(({ kind }) => kind)).toEqual(['Bucket']);
  });

  it.each([
    ['True', 1, true],
    ['False', 1, false],
    ['Unknown', 1, undefined],
    ['False', 2, undefined],
  ])('take Ready=%s of generation 1 at generation %i for %s', (status, generation, expected) => {
    const [state] = sourceStates([source('GitRepository', ready(status, 'why'), generation)]);
    expect(state?.ready).toBe(expected);
    expect(state).toMatchObject({ name: 'shop', url: 'https://git.example.com/shop.git' });
  });

  it('leave open what has no status: a HelmRepository of OCI charts never gets one', () => {
    expect(sourceStates([source('HelmRepository')])).toEqual([
      {
        kind: 'HelmRepository',
        namespace: 'flux-system',
        name: 'shop',
        url: 'https://git.example.com/shop.git',
        message: '',
      },
    ]);
  });
});
