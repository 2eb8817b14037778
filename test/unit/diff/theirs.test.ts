import { describe, expect, it } from 'vitest';
import { compareLive } from '../../../src/diff/compareLive';
import { describeField, isDrifted } from '../../../src/diff/describe';
import { rightfulOwner } from '../../../src/diff/theirs';
import type { FieldOwner, ResourceChange } from '../../../src/model/change';
import { resourceIdOf } from '../../../src/model/resource';
import type { KubeObject, ManagedFieldsEntry } from '../../../src/model/resource';
import { argoPolicy, desired, digest, fieldsV1, helmPolicy } from './builders';

const by = (manager: string, subresource?: string): FieldOwner => ({
  manager,
  operation: 'Update',
  ...(subresource === undefined ? {} : { subresource }),
});

describe('whose field it rightly is', () => {
  const request = 'spec.template.spec.containers.*.resources.requests.cpu';
  it.each<[string, FieldOwner, string, string | undefined]>([
    ['the autoscaler', by('kube-controller-manager', 'scale'), 'spec.replicas', 'the autoscaler'],
    ['a person who scales', by('kubectl', 'scale'), 'spec.replicas', undefined],
    ['a controller that edits', by('kube-controller-manager'), 'spec.replicas', undefined],
    ['a vertical autoscaler', by('vpa-updater'), request, 'the autoscaler'],
    ['the same elsewhere', by('vpa-updater'), 'spec.template.spec.nodeName', undefined],
    [
      'a rollout',
      by('rollouts-controller'),
      'spec.selector.rollouts-pod-template-hash',
      'Argo Rollouts',
    ],
    [
      'a rollout that splits traffic',
      by('argo-rollouts'),
      'spec.http.*.route.*.weight',
      'Argo Rollouts',
    ],
    ['Flagger', by('flagger'), 'spec.replicas', 'Flagger'],
    ['Flagger elsewhere', by('flagger'), 'spec.template.spec.hostNetwork', undefined],
    [
      'cert-manager',
      by('cert-manager-cainjector'),
      'webhooks.*.clientConfig.caBundle',
      'who issues its certificates',
    ],
    [
      'a person with a certificate',
      by('kubectl-edit'),
      'webhooks.*.clientConfig.caBundle',
      undefined,
    ],
  ])('%s', (_name, owner, field, expected) => {
    expect(rightfulOwner([owner], field.split('.'))).toBe(expected);
  });

  it('asks who wrote it last', () => {
    const names = ['spec', 'replicas'];
    const autoscaler = by('kube-controller-manager', 'scale');
    expect(rightfulOwner([by('kubectl-edit'), autoscaler], names)).toBeUndefined();
    expect(rightfulOwner([], names)).toBeUndefined();
  });
});

describe('what a controller rightly changed', () => {
  const deployment = (
    replicas: number,
    entries: readonly ManagedFieldsEntry[] = [],
  ): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', managedFields: entries },
    spec: { replicas },
  });
  const scaled = (manager: string): ManagedFieldsEntry =>
    ({
      manager,
      operation: 'Update',
      subresource: 'scale',
      fieldsV1: fieldsV1([['spec', 'replicas']]),
    }) as ManagedFieldsEntry;

  function compare(manager: string, policy = argoPolicy): ResourceChange {
    const git = deployment(2);
    return compareLive({
      pair: {
        id: resourceIdOf(git),
        desired: desired(git),
        live: deployment(5, [scaled(manager)]),
      },
      applied: desired(git),
      appliedKnown: true,
      policy,
      digest,
    });
  }

  it('is told with its name, and is no drift', () => {
    const change = compare('kube-controller-manager');
    expect(change.fields).toMatchObject([
      { pointer: '/spec/replicas', whose: 'drift', fate: 'reverted', theirs: 'the autoscaler' },
    ]);
    expect(isDrifted(change)).toBe(false);
    expect(change.fields.map((field) => describeField(field, 0))).toEqual([
      'replicas 2→5 · kube-controller-manager scale · the autoscaler decides it: a sync writes it, and it comes back',
    ]);
  });

  it('is drift where a person did it', () => {
    const change = compare('kubectl');
    expect(change.fields[0]?.theirs).toBeUndefined();
    expect(isDrifted(change)).toBe(true);
  });

  it('stays where nothing reverts it', () => {
    const change = compare('kube-controller-manager', {
      ...helmPolicy,
      driftDetection: 'disabled',
    });
    expect(change.fields).toMatchObject([
      {
        fate: 'stays',
        theirs: 'the autoscaler',
        fateNote: 'stays until the next upgrade: drift detection is off',
      },
    ]);
  });
});
