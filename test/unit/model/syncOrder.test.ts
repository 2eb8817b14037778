import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/model/resource';
import { syncOrder, syncSteps } from '../../../src/model/syncOrder';
import { orderLine, orderWords } from '../../../src/views/order';
import { app, rendered, state } from '../views/states';

function object(annotations: Readonly<Record<string, string>> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', annotations } };
}

const hook = (text: string): KubeObject => object({ 'argocd.argoproj.io/hook': text });
const helm = (text: string): KubeObject => object({ 'helm.sh/hook': text });

describe('when Argo CD applies an object', () => {
  it.each([
    ['no annotation', object(), ['Sync'], 0, false],
    ['a wave', object({ 'argocd.argoproj.io/sync-wave': '-3' }), ['Sync'], -3, false],
    [
      'a wave that is no number',
      object({ 'argocd.argoproj.io/sync-wave': '1.5' }),
      ['Sync'],
      0,
      false,
    ],
    [
      'a wave over a weight',
      object({ 'argocd.argoproj.io/sync-wave': '1', 'helm.sh/hook-weight': '7' }),
      ['Sync'],
      1,
      false,
    ],
    ['a weight without a wave', object({ 'helm.sh/hook-weight': '+7' }), ['Sync'], 7, false],
    ['a hook', hook('PreSync'), ['PreSync'], 0, true],
    [
      'two hooks, in the order of a sync',
      hook('PostSync, PreSync'),
      ['PreSync', 'PostSync'],
      0,
      true,
    ],
    ['a skipped one', hook('Skip'), [], 0, true],
    ['one that is skipped and not', hook('Skip,Sync'), ['Sync'], 0, true],
    ['an unknown one', hook('Whenever'), [], 0, true],
    ['a hook of Helm', helm('pre-install,pre-upgrade'), ['PreSync'], 0, true],
    ['a test of Helm', helm('test'), [], 0, true],
    ['a definition of Helm 2', helm('crd-install'), ['Sync'], 0, false],
    [
      'both kinds of hooks',
      object({ 'argocd.argoproj.io/hook': 'SyncFail', 'helm.sh/hook': 'post-install' }),
      ['SyncFail'],
      0,
      true,
    ],
  ])('with %s', (_, one, phases, wave, isHook) => {
    expect(syncOrder(one)).toEqual({ phases, wave, isHook });
  });

  it('counts every object once in each of its phases, phases and waves in order', () => {
    const waves = fc.array(fc.integer({ min: -5, max: 5 }));
    fc.assert(
      fc.property(waves, (all) => {
        const steps = syncSteps(
          all.map((wave) => object({ 'argocd.argoproj.io/sync-wave': String(wave) })),
        );
        expect(steps.map(({ wave }) => wave)).toEqual([...new Set(all)].sort((a, b) => a - b));
        expect(steps.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
      }),
    );
  });
});

describe('the words for it', () => {
  const argo = app('shop');
  const flux = app('shop', { tool: 'flux', kind: 'HelmRelease' });

  it.each([
    [argo, object(), undefined],
    [argo, object({ 'argocd.argoproj.io/sync-wave': '2' }), 'Wave 2 of the sync'],
    [argo, hook('PreSync'), 'PreSync hook'],
    [argo, helm('test'), 'A hook that Argo CD never runs'],
    [flux, hook('PreSync'), undefined],
    [flux, helm('post-install'), 'Helm hook: post-install'],
    [
      flux,
      object({ 'helm.sh/hook': 'test', 'helm.sh/hook-weight': '5' }),
      'Helm hook: test, weight 5',
    ],
    [argo, undefined, undefined],
  ])('%#', (one, given, words) => {
    expect(orderWords(one, given)).toBe(words);
  });

  it('tell the steps of an app that has several', () => {
    const made = [
      hook('PreSync'),
      object(),
      object(),
      object({ 'argocd.argoproj.io/sync-wave': '4' }),
    ];
    const objects = made.map((one) => ({
      object: one,
      origin: { path: 'a.yaml' },
      role: 'resource' as const,
      generated: [],
    }));
    const desired = { ...rendered(), objects };
    expect(orderLine(state('shop', { working: { kind: 'rendered', desired } }))).toBe(
      'Sync order: PreSync (1), wave 0 (2), wave 4 (1)',
    );
    expect(orderLine(state('shop'))).toBeUndefined();
  });
});
