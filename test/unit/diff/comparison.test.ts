import { describe, expect, it } from 'vitest';
import { comparisonFor, provablyEqual } from '../../../src/diff/comparison';
import type { Comparison } from '../../../src/diff/comparison';
import { pairLive } from '../../../src/diff/pair';
import type { Pair } from '../../../src/diff/pair';
import type { AppPolicy } from '../../../src/model/app';
import { resourceIdOf } from '../../../src/model/resource';
import type { KubeObject, ManagedFieldsEntry } from '../../../src/model/resource';
import { argoPolicy, desired, fieldsV1, fluxPolicy, helmPolicy } from './builders';

type Texts = Readonly<Record<string, string>>;

function settings(data: Texts, metadata: object = {}): KubeObject {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', ...metadata },
    data,
  };
  return object;
}

function entry(
  manager: string,
  operation: 'Apply' | 'Update',
  ...keys: string[]
): ManagedFieldsEntry {
  const fields = fieldsV1(keys.map((key) => ['data', key])) as ManagedFieldsEntry['fieldsV1'];
  return { manager, operation, ...(fields ? { fieldsV1: fields } : {}) };
}

function pairOf(git: KubeObject, live: KubeObject): Pair {
  return { id: resourceIdOf(git), desired: desired(git), live };
}

const ssaPolicy: AppPolicy = { ...argoPolicy, comparison: 'server-side' };
const git = settings({ a: '1' });

function lastApplied(data: Texts): object {
  return {
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(settings(data)),
    },
  };
}

function original(comparison: Comparison): unknown {
  const merge = comparison.kind === 'adoption' ? comparison.instead : comparison;
  return 'request' in merge ? merge.request.original?.['data'] : 'none';
}

describe('which question is asked', () => {
  it.each<[string, AppPolicy, KubeObject, string, unknown]>([
    [
      'three-way with last-applied',
      argoPolicy,
      settings({ a: '2' }, lastApplied({ a: '2', b: '1' })),
      'three-way',
      { a: '2', b: '1' },
    ],
    ['two-way without it', argoPolicy, settings({ a: '2' }), 'three-way', undefined],
    [
      'a dry run once the manager has its Apply entry',
      ssaPolicy,
      settings({ a: '2' }, { managedFields: [entry('argocd-controller', 'Apply', 'a')] }),
      'dry-run',
      'none',
    ],
    [
      'three-way before, from what the client-side apply owns',
      ssaPolicy,
      settings(
        { a: '2', b: '1' },
        { managedFields: [entry('argocd-controller', 'Update', 'a', 'b')] },
      ),
      'three-way',
      { a: '2', b: '1' },
    ],
    [
      'three-way before, from last-applied where nothing is owned',
      ssaPolicy,
      settings({ a: '2' }, lastApplied({ c: '1' })),
      'three-way',
      { c: '1' },
    ],
    [
      'a dry run of Flux',
      fluxPolicy,
      settings({ a: '2' }, { managedFields: [entry('kustomize-controller', 'Apply', 'a')] }),
      'dry-run',
      'none',
    ],
    [
      'the adoption of Flux where it takes over what a dry run would keep',
      fluxPolicy,
      settings(
        { a: '2', b: '1', c: '1' },
        {
          managedFields: [
            entry('kustomize-controller', 'Apply', 'a'),
            entry('kubectl-patch', 'Update', 'b'),
            entry('k9s', 'Update', 'c'),
          ],
        },
      ),
      'adoption',
      { a: '2', b: '1' },
    ],
    [
      'the stored manifest of Helm',
      helmPolicy,
      settings({ a: '2' }),
      'helm-manifest',
      { a: 'stored' },
    ],
    [
      'a dry run of Helm that applies on the server',
      helmPolicy,
      settings({ a: '2' }, { managedFields: [entry('helm', 'Apply', 'a')] }),
      'dry-run',
      'none',
    ],
  ])('%s', (_name, policy, live, kind, from) => {
    const comparison = comparisonFor(pairOf(git, live), policy, settings({ a: 'stored' }));
    expect(comparison.kind).toBe(kind);
    expect(original(comparison)).toEqual(from);
    if ('thenDryRun' in comparison) {
      expect(comparison.thenDryRun).toBe(policy.comparison !== 'three-way');
    }
  });

  it('sends what Git says, by the name of the controller, forced', () => {
    const live = settings(
      { a: '2' },
      { managedFields: [entry('kustomize-controller', 'Apply', 'a')] },
    );
    const body = { ...git, status: { phase: 'x' } };
    expect(comparisonFor(pairOf(body, live), fluxPolicy)).toEqual({
      kind: 'dry-run',
      id: resourceIdOf(git),
      body: git,
      fieldManager: 'kustomize-controller',
      force: true,
      apply: { live, desired: git, manager: 'kustomize-controller', adopted: [] },
    });
  });

  it('has the engine adopt what Flux takes over, lists among it that only a schema tells apart', () => {
    const live = {
      ...settings(
        {},
        {
          managedFields: [
            entry('kustomize-controller', 'Apply', 'a'),
            entry('kubectl-patch', 'Update', 'hosts'),
          ],
        },
      ),
      hosts: [1, 2],
    };
    const wanted = { ...settings({}), hosts: [1] };
    expect(comparisonFor(pairOf(wanted, live), fluxPolicy)).toMatchObject({
      kind: 'adoption',
      fieldManager: 'kustomize-controller',
      apply: {
        live,
        adopted: [
          { prefix: 'kubectl', operation: 'Update' },
          { prefix: 'kubectl', operation: 'Apply' },
          { prefix: 'before-first-apply', operation: 'Update' },
          { prefix: 'kustomize-controller', operation: 'Update' },
        ],
      },
      instead: { kind: 'three-way', thenDryRun: true },
    });
    const merging = { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' } };
    const kept = { ...wanted, metadata: { ...wanted.metadata, ...merging } };
    expect(comparisonFor(pairOf(kept, live), fluxPolicy).kind).toBe('dry-run');
  });

  it('tries the merge on the server where Argo CD compares there', () => {
    const ask = comparisonFor(pairOf(git, settings({ a: '2' })), {
      ...argoPolicy,
      asksServer: true,
    });
    expect(ask).toMatchObject({ kind: 'three-way', thenDryRun: true });
  });

  it.each<[string, Pair]>([
    ['an object that is missing', { id: resourceIdOf(git), desired: desired(git) }],
    ['an object that is extra', { id: resourceIdOf(git), live: git }],
    ['a hook', { ...pairOf(git, git), desired: desired(git, { role: 'hook' }) }],
    ['ciphertext', pairOf(settings({ a: 'ENC[AES256_GCM,data:x]' }), git)],
    ['a placeholder', pairOf(settings({ a: '<path:kv/a#b>' }), git)],
    [
      'a sealed secret',
      pairOf({ ...git, apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret' }, git),
    ],
  ])('none about %s', (_name, pair) => {
    expect(comparisonFor(pair, fluxPolicy).kind).toBe('none');
  });
});

describe('provably equal', () => {
  const applied = { managedFields: [entry('kustomize-controller', 'Apply', 'a')] };

  it.each<[string, Pair, AppPolicy, boolean]>([
    ['what Git says', pairOf(git, settings({ a: '1' }, applied)), fluxPolicy, true],
    ['another value', pairOf(git, settings({ a: '2' }, applied)), fluxPolicy, false],
    ['a value that is missing', pairOf(git, settings({}, applied)), fluxPolicy, false],
    [
      'more than Git says, by a stranger',
      pairOf(git, settings({ a: '1', b: '1' }, { managedFields: [entry('hpa', 'Update', 'b')] })),
      fluxPolicy,
      true,
    ],
    [
      'more than Git says, by the controller',
      pairOf(
        git,
        settings(
          { a: '1', b: '1' },
          { managedFields: [entry('kustomize-controller', 'Apply', 'b')] },
        ),
      ),
      fluxPolicy,
      false,
    ],
    [
      'more than Git says, by the controller before it applied on the server',
      pairOf(
        git,
        settings(
          { a: '1', b: '1' },
          { managedFields: [entry('kustomize-controller', 'Update', 'b')] },
        ),
      ),
      fluxPolicy,
      false,
    ],
    [
      'more than Git says, as applied last',
      pairOf(git, settings({ a: '1', b: '1' }, lastApplied({ b: '1' }))),
      argoPolicy,
      false,
    ],
    [
      'an older last-applied that agrees',
      pairOf(git, settings({ a: '1' }, lastApplied({ a: '0' }))),
      argoPolicy,
      true,
    ],
    ['another version', pairOf({ ...git, apiVersion: 'v2' }, git), argoPolicy, false],
    ['a missing object', { id: resourceIdOf(git), desired: desired(git) }, argoPolicy, false],
    ['an extra object', { id: resourceIdOf(git), live: git }, argoPolicy, false],
    ['a release without its manifest', pairOf(git, git), helmPolicy, false],
  ])('%s: %s', (_name, pair, policy, equal) => {
    expect(provablyEqual(pair, policy)).toBe(equal);
  });

  it('with the stored manifest of Helm', () => {
    const live = settings({ a: '1', b: '1' });
    expect(provablyEqual(pairOf(git, live), helmPolicy, git)).toBe(true);
    expect(provablyEqual(pairOf(git, live), helmPolicy, settings({ a: '1', b: '1' }))).toBe(false);
  });
});

describe('pairing', () => {
  it('goes by identity, keeps the order of Git, and puts extras last', () => {
    const named = (name: string, namespace = 'shop'): KubeObject =>
      settings({}, { name, namespace });
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { generateName: 'x-' } };
    const pairs = pairLive(
      [desired(named('b')), desired(named('a')), desired(job)],
      [named('extra'), named('a'), named('b', 'other')],
    );
    expect(
      pairs.map(({ id, desired: wanted, live }) => [id.namespace, id.name, !!wanted, !!live]),
    ).toEqual([
      ['shop', 'b', true, false],
      ['shop', 'a', true, true],
      ['', '', true, false],
      ['shop', 'extra', false, true],
      ['other', 'b', false, true],
    ]);
  });

  it('takes an object under another version for the same one', () => {
    const live = { ...git, apiVersion: 'v1beta1' };
    expect(pairLive([desired(git)], [live])).toHaveLength(1);
  });
});
