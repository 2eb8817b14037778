import { describe, expect, it } from 'vitest';
import { applicationClaim, claimOf, claimSelector } from '../../../src/diff/orphans';
import type { Claim } from '../../../src/model/stray';
import { claimKey } from '../../../src/model/stray';
import { defaultTracking, withTracking } from '../../../src/diff/tracking';
import type { Tracking } from '../../../src/diff/tracking';
import type { KubeObject } from '../../../src/model/resource';

function live(metadata: object, kind = 'ConfigMap'): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'a', namespace: 'shop', ...metadata } };
}

const byLabel: Tracking = { ...defaultTracking, method: 'label' };
const application = (name: string): Claim => ({ kind: 'Application', namespace: '', name });
const id = 'argocd.argoproj.io/tracking-id';
const flux = 'kustomize.toolkit.fluxcd.io';
const released = {
  labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  annotations: { 'meta.helm.sh/release-name': 'web', 'meta.helm.sh/release-namespace': 'shop' },
};
const owned = { labels: { [`${flux}/name`]: 'apps', [`${flux}/namespace`]: 'flux-system' } };

describe('whose an object says it is', () => {
  it.each<[string, KubeObject, Claim | undefined, Tracking?]>([
    ['nobody has marked it', live({}), undefined],
    ['tracked', live({ annotations: { [id]: 'web:/ConfigMap:shop/a' } }), application('web')],
    [
      'tracked in another namespace than that of Argo CD',
      live({ annotations: { [id]: 'team_web:/ConfigMap:shop/a' } }),
      application('team_web'),
    ],
    [
      'copied from another object',
      live({ annotations: { [id]: 'web:/ConfigMap:shop/b' } }),
      undefined,
    ],
    [
      'copied from another namespace',
      live({ annotations: { [id]: 'web:/ConfigMap:other/a' } }),
      undefined,
    ],
    [
      'of the cluster, tracked by the namespace of its app',
      live({ namespace: undefined, annotations: { [id]: 'web:/Namespace:shop/a' } }, 'Namespace'),
      application('web'),
    ],
    [
      'of another Argo CD',
      live({
        annotations: {
          [id]: 'web:/ConfigMap:shop/a',
          'argocd.argoproj.io/installation-id': 'other',
        },
      }),
      undefined,
    ],
    [
      'a label is no mark where annotations are',
      live({ labels: { 'app.kubernetes.io/instance': 'web' } }),
      undefined,
    ],
    [
      'by label',
      live({ labels: { 'app.kubernetes.io/instance': 'web' } }),
      application('web'),
      byLabel,
    ],
    ['of Flux', live(owned), { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' }],
    ['of Helm', live(released), { kind: 'release', namespace: 'shop', name: 'web' }],
    ['of Helm in words only', live({ labels: released.labels }), undefined],
    [
      'made by another object',
      live({ ...owned, ownerReferences: [{ kind: 'ReplicaSet', name: 'a' }] }),
      undefined,
    ],
    ['a hook', live({ ...released, annotations: { 'helm.sh/hook': 'test' } }), undefined],
  ])('%s', (_name, object, expected, tracking = defaultTracking) => {
    expect(claimOf(object, tracking)).toEqual(expected);
  });

  it.each<[Tracking['method']]>([['annotation'], ['label'], ['annotation+label']])(
    'is what Argo CD writes with %s',
    (method) => {
      const tracking = { ...defaultTracking, method };
      const app = { namespace: 'team', name: 'web', destination: { namespace: 'shop' } };
      const tracked = withTracking(live({}), app as never, tracking);
      expect(claimOf(tracked, tracking)).toEqual(applicationClaim(app, tracking));
    },
  );

  it('is asked for by a label wherever there is one', () => {
    expect(claimSelector('Application', defaultTracking)).toBeUndefined();
    expect(claimSelector('Application', byLabel)).toBe('app.kubernetes.io/instance');
    expect(claimSelector('Kustomization', defaultTracking)).toBe(`${flux}/name`);
    expect(claimSelector('release', defaultTracking)).toBe('app.kubernetes.io/managed-by=Helm');
    expect(claimKey({ kind: 'release', namespace: 'shop', name: 'web' })).toBe('release shop/web');
  });
});
