import { describe, expect, it } from 'vitest';
import { pruneForecast, removalForecast } from '../../../src/diff/pruneForecast';
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
      'Argo CD minds the case',
      argoPolicy,
      annotated('argocd.argoproj.io/sync-options', 'prune=false'),
      'deleted',
      [],
    ],
    [
      'Argo CD hears no word of Helm when it prunes',
      argoPolicy,
      annotated('helm.sh/resource-policy', 'keep'),
      'deleted',
      [],
    ],
    [
      'Argo CD hears no word of Flux',
      argoPolicy,
      annotated(`${flux}/prune`, 'disabled'),
      'deleted',
      [],
    ],
    [
      'Flux hears no word of Argo CD',
      fluxPolicy,
      annotated('argocd.argoproj.io/sync-options', 'Prune=false', OWNED),
      'deleted',
      [],
    ],
    [
      'an option about apps that go',
      argoPolicy,
      annotated('argocd.argoproj.io/sync-options', 'Delete=false'),
      'deleted',
      [],
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

  const lastOption = { ...argoPolicy, syncOptions: ['PruneLast=true'] };
  const lastWord = annotated('argocd.argoproj.io/sync-options', 'PruneLast=true');
  it.each<[string, AppPolicy, KubeObject, true | undefined]>([
    ['an object of no word', argoPolicy, live(), undefined],
    ['the option of its app', lastOption, live(), true],
    ['its own word', argoPolicy, lastWord, true],
    [
      'its own word in another case',
      argoPolicy,
      annotated('argocd.argoproj.io/sync-options', 'prunelast=true'),
      undefined,
    ],
    ['a word that Flux does not hear', fluxPolicy, lastWord, undefined],
    ['a word where nothing is pruned', { ...lastOption, prune: false }, live(), undefined],
    [
      'a word beside one that keeps it',
      lastOption,
      annotated('argocd.argoproj.io/sync-options', 'Prune=false'),
      undefined,
    ],
    [
      'a word beside one that asks',
      lastOption,
      annotated('argocd.argoproj.io/sync-options', 'Prune=confirm'),
      true,
    ],
  ])('comes last for %s', (_name, policy, object, last) => {
    expect(pruneForecast(object, policy).last).toBe(last);
  });

  it('is no matter when the app goes', () => {
    const owner = { namespace: 'argocd', name: 'shop' };
    expect(removalForecast(lastWord, lastOption, owner)).not.toHaveProperty('last');
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

describe('what becomes of the objects of an app that goes', () => {
  const flux = 'kustomize.toolkit.fluxcd.io';
  const owner = { namespace: 'flux-system', name: 'apps' };
  const owned = { [`${flux}/name`]: 'apps', [`${flux}/namespace`]: 'flux-system' };
  const options = 'argocd.argoproj.io/sync-options';
  it.each<[string, AppPolicy, KubeObject, PruneForecast['fate'], readonly string[]]>([
    ['it goes', { ...argoPolicy, prune: false }, live(), 'deleted', []],
    [
      'it says so to Argo CD',
      argoPolicy,
      annotated(options, 'Delete=false'),
      'kept',
      [`${options} is Delete=false.`],
    ],
    [
      'Argo CD asks first',
      argoPolicy,
      annotated(options, 'Delete=confirm'),
      'asked',
      [`${options} is Delete=confirm.`],
    ],
    ['a word about prunes', argoPolicy, annotated(options, 'Prune=false'), 'deleted', []],
    [
      'Argo CD heeds the word of Helm',
      argoPolicy,
      annotated('helm.sh/resource-policy', 'keep'),
      'kept',
      ['helm.sh/resource-policy is keep.'],
    ],
    [
      'a kind that others may have objects of',
      argoPolicy,
      { ...live(), kind: 'CustomResourceDefinition' },
      'kept',
      ['Argo CD deletes no CustomResourceDefinition with an app.'],
    ],
    ['it goes with Flux', fluxPolicy, live({ labels: owned }), 'deleted', []],
    [
      'it says so to Flux',
      fluxPolicy,
      annotated(`${flux}/prune`, 'disabled', owned),
      'kept',
      [`${flux}/prune is disabled.`],
    ],
    [
      'another Kustomization has it by now',
      fluxPolicy,
      live({ labels: { ...owned, [`${flux}/name`]: 'other' } }),
      'kept',
      ['its labels are those of the Kustomization flux-system/other.'],
    ],
  ])('%s', (_name, policy, object, fate, protectedBy) => {
    expect(removalForecast(object, policy, owner)).toEqual({ fate, protectedBy, waitsFor: [] });
  });

  it('asks for the labels of this Kustomization when it prunes as well', () => {
    const other = live({ labels: { ...owned, [`${flux}/namespace`]: 'team' } });
    expect(pruneForecast(other, fluxPolicy, owner).protectedBy).toEqual([
      'its labels are those of the Kustomization team/apps.',
    ]);
    expect(pruneForecast(live({ labels: owned }), fluxPolicy, owner).fate).toBe('deleted');
  });
});
