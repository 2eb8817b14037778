import { describe, expect, it } from 'vitest';
import { compareLive } from '../../../src/diff/compareLive';
import { comparisonFor, provablyEqual } from '../../../src/diff/comparison';
import type { AppPolicy } from '../../../src/model/app';
import { resourceIdOf } from '../../../src/model/resource';
import type { KubeObject } from '../../../src/model/resource';
import { argoPolicy, desired, digest } from './builders';

const replacing: AppPolicy = { ...argoPolicy, replaces: true };
const git: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' } },
  spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
};

function live(labels: object): KubeObject {
  const server = { uid: 'u', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' };
  const spec = {
    ...(git['spec'] as object),
    ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    clusterIP: '10.0.0.1',
    type: 'ClusterIP',
  };
  return {
    ...git,
    metadata: { ...git.metadata, ...server, labels: { app: 'web', ...labels } },
    spec,
    status: { loadBalancer: {} },
  };
}

const pairOf = (object: KubeObject) => ({
  id: resourceIdOf(git),
  live: object,
  desired: desired(git),
});

describe('an object that is written whole', () => {
  it('loses what only live has, whoever set it', () => {
    const pair = pairOf(live({ team: 'x' }));
    expect(provablyEqual(pair, argoPolicy)).toBe(true);
    expect(provablyEqual(pair, replacing)).toBe(false);
    const known = { applied: desired(git), target: desired(git), appliedKnown: true };
    const change = compareLive({ pair, ...known, policy: replacing, digest });
    expect(change.fields).toMatchObject([
      { pointer: '/metadata/labels/team', whose: 'drift', fate: 'reverted' },
    ]);
  });

  it('is equal where the server alone has added something', () => {
    expect(provablyEqual(pairOf(live({})), replacing)).toBe(true);
  });

  it('is asked about by the patch that leads there, without what only the server writes', () => {
    expect(comparisonFor(pairOf(live({ team: 'x' })), replacing)).toEqual({
      kind: 'replacement',
      id: resourceIdOf(git),
      fieldManager: 'argocd-controller',
      body: {
        metadata: { labels: { team: null } },
        spec: { ports: [{ port: 80 }], clusterIP: null, type: null },
      },
    });
  });
});
