import { describe, expect, it } from 'vitest';
import type { AppState } from '../../../src/model/appState';
import type { PruneForecast, ResourceChange } from '../../../src/model/change';
import { confirm } from '../../../src/pipeline/confirmation';
import { createCore } from '../../../src/pipeline/core';
import type { Core, CoreOptions } from '../../../src/pipeline/core';
import { against, app, change, state } from './states';

/** Enough of a core for a pure function of its state: no root is open. */
function emptyCore(): Core {
  const unused = new Proxy<Record<string, never>>({}, { get: () => () => undefined });
  const clock = () => Date.parse('2026-11-21T12:00:00Z');
  const options: unknown = { ...unused, log: unused, clock, settings: {}, trusted: true };
  return createCore(options as CoreOptions);
}

function compared(changes: readonly ResourceChange[], part: Partial<AppState> = {}): AppState {
  return state('shop', {
    live: {
      kind: 'compared',
      comparison: {
        cluster: 'eu',
        changes,
        readAtMs: 0,
        desiredRevision: against,
        target: against,
        requests: 1,
      },
    },
    ...part,
  });
}

const drift = {
  pointer: '/data/a',
  before: '1',
  after: '2',
  whose: 'drift',
  fate: 'reverted',
} as const;

describe('confirmation', () => {
  it('lists what the sync writes, and leaves out what it does not touch', () => {
    const { willChange } = confirm(
      emptyCore(),
      compared([
        change('drifted', { fields: [drift] }),
        change('missing', { action: 'added', fields: [{ pointer: '', whose: 'pending' }] }),
        change('ignored', { fields: [{ ...drift, whose: 'ignored' }] }),
        change('stays', { fields: [{ ...drift, fate: 'stays' }] }),
        change('same', { action: 'same', fields: [] }),
        change('only mine', { fields: [{ pointer: '/data/a', whose: 'mine' }] }),
      ]),
      [],
    );
    expect(willChange).toEqual([
      'ConfigMap shop/drifted will change',
      'ConfigMap shop/missing will be created',
    ]);
  });

  it('names the fields that the sync writes, from live to Git, and who set them', () => {
    const owner = { manager: 'kubectl', operation: 'Update', subresource: 'scale' } as const;
    const { changes } = confirm(
      emptyCore(),
      compared([
        change('web', {
          fields: [
            {
              pointer: '/spec/replicas',
              before: 5,
              after: 3,
              whose: 'drift',
              fate: 'reverted',
              owner,
            },
            { ...drift, pointer: '/spec/containers/0/image', whose: 'pending', owner },
            { ...drift, pointer: '/metadata/labels/app.kubernetes.io~1name', after: undefined },
            { ...drift, pointer: '/data/stays', fate: 'stays' },
            { ...drift, pointer: '/data/ignored', whose: 'ignored' },
            { ...drift, pointer: '/data/text', before: 'one\n  • Deployment x', after: 'two' },
          ],
        }),
        change('new', { action: 'added', fields: [{ pointer: '', whose: 'pending' }] }),
      ]),
      [],
    );
    expect(changes).toEqual([
      {
        object: 'ConfigMap shop/web will change',
        fields: [
          'spec.replicas: 5→3 · kubectl scale',
          'spec.containers[0].image: 1→2',
          'metadata.labels["app.kubernetes.io/name"]: 1→none',
          'data.text: one   • Deployment x→two',
        ],
      },
      { object: 'ConfigMap shop/new will be created', fields: [] },
    ]);
  });

  it('says what will be refused in place of what will change', () => {
    const message = 'Will be refused: spec.selector is immutable.';
    const notes = [{ kind: 'immutable', message } as const];
    const { willChange } = confirm(
      emptyCore(),
      compared([change('web', { fields: [drift], notes })]),
      [],
    );
    expect(willChange).toEqual([`ConfigMap shop/web: ${message}`]);
  });

  it('names what each sync deletes and makes anew, changed or not', () => {
    const message = 'Each sync deletes it and makes it anew: it has Force=true and Replace=true.';
    const notes = [{ kind: 'recreated', message } as const];
    const same = change('job', { action: 'same', fields: [], notes });
    const { changes } = confirm(emptyCore(), compared([same]), []);
    expect(changes).toEqual([{ object: `ConfigMap shop/job: ${message}`, fields: [] }]);
  });

  it('lists extras as not pruned, unless the app prunes', () => {
    const extra = change('old', { action: 'removed', fields: [{ pointer: '', whose: 'pending' }] });
    expect(confirm(emptyCore(), compared([extra]), []).notPruned).toEqual(['ConfigMap shop/old']);
    const pruning = app('shop', { policy: { ...app('shop').policy, prune: true } });
    const kept = change('kept', {
      action: 'removed',
      fields: [{ pointer: '', whose: 'pending', fate: 'stays' }],
      notes: [{ kind: 'not-pruned', message: 'Not pruned: Prune=false.' }],
    });
    expect(confirm(emptyCore(), compared([extra, kept], { app: pruning }), [])).toMatchObject({
      willPrune: ['ConfigMap shop/old'],
      notPruned: ['ConfigMap shop/kept'],
    });
  });

  it('goes by the forecast where there is one: what comes last, and why something stays', () => {
    const gone = (name: string, prune: PruneForecast) =>
      change(name, { action: 'removed', fields: [{ pointer: '', whose: 'pending' }], prune });
    const plain = { fate: 'deleted', protectedBy: [], waitsFor: [] } as const;
    const confirmed = 'argocd.argoproj.io/sync-options is Prune=confirm.';
    const extras = [
      gone('old', plain),
      gone('last', { ...plain, last: true }),
      gone('kept', { ...plain, fate: 'kept', protectedBy: ['this app does not prune.'] }),
      gone('asked', { ...plain, fate: 'asked', protectedBy: [confirmed] }),
    ];
    expect(confirm(emptyCore(), compared(extras), [])).toMatchObject({
      willPrune: [
        'ConfigMap shop/old',
        'ConfigMap shop/last (last, once everything else is healthy)',
      ],
      notPruned: [
        'ConfigMap shop/kept (this app does not prune)',
        'ConfigMap shop/asked (argocd.argoproj.io/sync-options is Prune=confirm)',
      ],
    });
  });

  it('names revision and verb, and passes warnings on', () => {
    const flux = app('shop', { tool: 'flux', kind: 'Kustomization' });
    const result = confirm(emptyCore(), compared([], { app: flux }), ['The fetch failed.']);
    expect(result).toMatchObject({
      title: 'Reconcile argocd/shop',
      revision: 'origin/main aaaaaaa',
      warnings: ['The fetch failed.'],
    });
  });

  it('says when nobody knows what will change', () => {
    const blind = state('shop', { live: { kind: 'unavailable', reason: 'eu is not reachable.' } });
    expect(confirm(emptyCore(), blind, []).warnings).toEqual([
      'What will change could not be computed: eu is not reachable.',
    ]);
  });
});
