import { describe, expect, it } from 'vitest';
import { pruneForecast } from '../../../src/diff/pruneForecast';
import type { AppPolicy } from '../../../src/model/app';
import type { PruneForecast } from '../../../src/model/change';
import type { KubeObject } from '../../../src/model/resource';
import { argoPolicy, fluxPolicy, helmPolicy } from './builders';

const OWNED = { 'kustomize.toolkit.fluxcd.io/name': 'apps' };

function live(metadata: object = {}, spec?: object): KubeObject {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ...metadata } };
  return { ...object, ...(spec && { spec }) };
}

const annotated = (name: string, value: string, labels = {}): KubeObject =>
  live({ annotations: { [name]: value }, labels });

describe('what becomes of an object that Git does not have', () => {
  const flux = 'kustomize.toolkit.fluxcd.io';
  it.each<[string, AppPolicy, KubeObject, PruneForecast['fate'], readonly string[]]>([
    ['it goes', argoPolicy, live(), 'deleted', []],
    [
      'the app prunes nothing',
      { ...argoPolicy, prune: false },
      live(),
      'kept',
      ['this app does not prune.'],
    ],
    [
      'it says so to Argo CD',
      argoPolicy,
      annotated('argocd.argoproj.io/sync-options', 'Validate=false,Prune=false'),
      'kept',
      ['argocd.argoproj.io/sync-options is Prune=false.'],
    ],
    [
      'Argo CD asks first',
      argoPolicy,
      annotated('argocd.argoproj.io/sync-options', 'Prune=confirm'),
      'asked',
      ['argocd.argoproj.io/sync-options is Prune=confirm.'],
    ],
    [
      'nobody is asked where nothing is pruned',
      { ...argoPolicy, prune: false },
      annotated('argocd.argoproj.io/sync-options', 'Prune=confirm'),
      'kept',
      ['argocd.argoproj.io/sync-options is Prune=confirm.', 'this app does not prune.'],
    ],
    ['it goes with Flux', fluxPolicy, live({ labels: OWNED }), 'deleted', []],
    [
      'Flux does not know it any more',
      fluxPolicy,
      live(),
      'kept',
      ['it lacks the labels of its Kustomization.'],
    ],
    [
      'it says so to Flux',
      fluxPolicy,
      annotated(`${flux}/prune`, 'Disabled', OWNED),
      'kept',
      [`${flux}/prune is disabled.`],
    ],
    [
      'it says so to Flux by a label',
      fluxPolicy,
      live({ labels: { ...OWNED, [`${flux}/reconcile`]: 'disabled' } }),
      'kept',
      [`${flux}/reconcile is disabled.`],
    ],
    [
      'Flux ignores it',
      fluxPolicy,
      annotated(`${flux}/ssa`, 'Ignore', OWNED),
      'kept',
      [`${flux}/ssa is ignore.`],
    ],
    [
      'Helm keeps it',
      helmPolicy,
      annotated('helm.sh/resource-policy', 'keep'),
      'kept',
      ['helm.sh/resource-policy is keep.'],
    ],
    [
      'what it stands for stays',
      argoPolicy,
      live({}, { deletionPolicy: 'Orphan' }),
      'deleted',
      ['what it stands for outside of the cluster stays: deletionPolicy is Orphan.'],
    ],
  ])('%s', (_name, policy, object, fate, protectedBy) => {
    expect(pruneForecast(object, policy)).toEqual({ fate, protectedBy, waitsFor: [] });
  });

  it('names the finalizers that its deletion waits for', () => {
    const finalizers = ['acme.example/guard', 'kubernetes.io/pvc-protection'];
    expect(pruneForecast(live({ finalizers }), argoPolicy)).toEqual({
      fate: 'deleted',
      protectedBy: [],
      waitsFor: finalizers,
    });
  });
});
