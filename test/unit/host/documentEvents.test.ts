import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../../../src/model/appState';
import { createStrayMemory } from '../../../src/host/documentEvents';
import { cluster, CONNECTED } from '../views/states';

describe('documents of what is left behind', () => {
  it('are served again where that has changed, and not at each sign of life', () => {
    const memory = createStrayMemory();
    const moved = (...clusters: readonly ClusterState[]) => [...memory({ clusters })];
    const strays = [
      {
        claim: { kind: 'Application', namespace: '', name: 'a' },
        ids: [{ group: '', kind: 'ConfigMap', namespace: 'shop', name: 'flags' }],
      },
    ] as const;
    const us = cluster('us', CONNECTED);
    expect(moved(cluster('eu'), us)).toEqual([]);
    expect(moved(cluster('eu', CONNECTED), us)).toEqual(['eu']);
    expect(moved(cluster('eu', CONNECTED, { strays }), us)).toEqual(['eu']);
    const freshness = { kind: 'live', updatedAtMs: 1 } as const;
    expect(moved(cluster('eu', { ...CONNECTED }, { strays, freshness }), us)).toEqual([]);
    expect(moved(cluster('eu', CONNECTED, { strays: [...strays] }), us)).toEqual(['eu']);
  });
});
