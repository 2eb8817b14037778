import { describe, expect, it } from 'vitest';
import type { App, AppPolicy, ManagedResource } from '../../../src/model/app';
import type { AppState, LiveComparison } from '../../../src/model/appState';
import type { FieldChange, ResourceChange } from '../../../src/model/change';
import { explainApp, explainChange } from '../../../src/pipeline/explain';
import { argoPolicy, fluxPolicy, helmPolicy } from '../diff/builders';
import { idOf } from './memoryCluster';

function change(name: string, more: Partial<ResourceChange> = {}): ResourceChange {
  return {
    id: idOf('ConfigMap', name),
    apiVersion: 'v1',
    action: 'changed',
    fields: [],
    notes: [],
    predicted: false,
    ...more,
  };
}

function outOfSync(name: string, more: Partial<ManagedResource> = {}): ManagedResource {
  return { ...idOf('ConfigMap', name), version: 'v1', status: 'OutOfSync', ...more };
}

interface Given {
  readonly changes?: readonly ResourceChange[];
  readonly policy?: AppPolicy;
  readonly managed?: readonly ManagedResource[];
  readonly more?: Partial<LiveComparison>;
}

function explained({ changes = [], policy = argoPolicy, managed, more }: Given) {
  const status = managed && { sync: 'OutOfSync', appliedRevisions: [], managed };
  const app = { namespace: 'argocd', name: 'shop', kind: 'Application', tool: 'argocd', policy };
  const state = { app: { ...app, ...(status && { status }) } as unknown as App };
  return explainApp(state as AppState, {
    cluster: 'eu',
    changes,
    readAtMs: 0,
    desiredRevision: { ref: 'origin/main', commit: 'a'.repeat(40) },
    requests: 0,
    ...more,
  });
}

const ignored: FieldChange = { pointer: '/data/a', whose: 'ignored', rule: 'rule one' };

describe('how live was compared', () => {
  it.each<[string, AppPolicy, string]>([
    ['Argo CD', argoPolicy, 'Compared by the three-way merge with what was applied last.'],
    [
      'Argo CD on the server',
      { ...argoPolicy, asksServer: true },
      'Compared by the three-way merge with what was applied last, tried on the server.',
    ],
    ['Flux', fluxPolicy, 'Compared by the server-side apply of kustomize-controller.'],
    ['Helm', helmPolicy, 'Compared with what the release applied last.'],
  ])('is told of %s', (_name, policy, expected) => {
    expect(explained({ policy }).how[0]).toBe(expected);
  });

  it('is told by the policy in force, with what the instance decides', () => {
    const policy = { ...argoPolicy, asksServer: true } as const;
    const { how } = explained({ more: { policy, instanceRules: ['One rule for all.'] } });
    expect(how.slice(0, 2)).toEqual([
      'Compared by the three-way merge with what was applied last, tried on the server.',
      'One rule for all.',
    ]);
    expect(explained({ policy: { ...argoPolicy, replaces: true } }).how[0]).toBe(
      'Compared with what Git says: objects are written whole.',
    );
  });

  it('names the options of the Application', () => {
    const syncOptions = ['ApplyOutOfSyncOnly=true', 'PruneLast=true'];
    const policy = { ...argoPolicy, compareOptions: ['ServerSideDiff=false'], syncOptions };
    expect(explained({ policy }).how[1]).toBe(
      'Options: ServerSideDiff=false, ApplyOutOfSyncOnly=true, PruneLast=true.',
    );
  });

  it('names revisions, the release, what came after it, and what is predicted', () => {
    const release = {
      name: 'shop',
      namespace: 'shop',
      revision: 3,
      chart: 'shop-1.0.0',
      at: '2026-01-01T12:00:00Z',
      by: 'helm',
      description: 'Rollback to 2',
      failed: { revision: 4, status: 'failed' },
    };
    const { how } = explained({
      changes: [change('a', { predicted: true }), change('b')],
      policy: helmPolicy,
      more: { release, applied: { ref: 'release 3', commit: '' } },
    });
    expect(how.slice(1)).toEqual([
      'Git at origin/main aaaaaaa; applied: release 3.',
      'Release shop, revision 3, shop-1.0.0, deployed 2026-01-01T12:00:00Z by helm, Rollback to 2.',
      'Revision 4 after it is failed.',
      '1 of 2 objects are predicted here: the cluster did not say.',
    ]);
    expect(explained({}).how[1]).toBe('Git at origin/main aaaaaaa. What was applied is not known.');
  });
});

describe('what is hidden', () => {
  it('is listed by rule', () => {
    const other = { ...ignored, pointer: '/data/b', rule: 'rule two' };
    const changes = [change('a', { fields: [ignored, other] }), change('b', { fields: [ignored] })];
    expect(explained({ changes }).hidden).toEqual([
      {
        rule: 'rule one',
        fields: [
          { object: 'ConfigMap shop/a', pointer: '/data/a' },
          { object: 'ConfigMap shop/b', pointer: '/data/a' },
        ],
      },
      { rule: 'rule two', fields: [{ object: 'ConfigMap shop/a', pointer: '/data/b' }] },
    ]);
  });
});

describe('why Argo CD says OutOfSync where nothing is to be seen', () => {
  const says = 'Argo CD says OutOfSync of ConfigMap shop/a';
  const drift: FieldChange = { pointer: '/data/a', whose: 'drift' };
  const kept = { fate: 'kept', protectedBy: ['this app does not prune.'], waitsFor: [] } as const;
  it.each<[string, Given, readonly string[]]>([
    ['a difference speaks for itself', { changes: [change('a', { fields: [drift] })] }, []],
    [
      'it is not in Git',
      {
        managed: [outOfSync('a', { requiresPruning: true })],
        changes: [change('a', { action: 'removed', prune: kept })],
      },
      [`${says}: it is not in Git; this app does not prune.`],
    ],
    [
      'it is not in Git, and was not read',
      { managed: [outOfSync('a', { requiresPruning: true })] },
      [`${says}: it is not in Git; it goes with a sync that prunes.`],
    ],
    [
      'a rule hides it here',
      { changes: [change('a', { fields: [ignored] })] },
      [`${says}: what differs is hidden here by rule one.`],
    ],
    [
      'it could not be read',
      { changes: [change('a', { notes: [{ kind: 'forbidden', message: 'No right.' }] })] },
      [`${says}: No right.`],
    ],
    [
      'nothing is known',
      { changes: [change('a')] },
      [`${says}: a sync would change nothing in it; a refresh of the app may settle that.`],
    ],
    [
      'claim templates on the server',
      {
        managed: [outOfSync('a', { ...idOf('StatefulSet', 'db', 'shop', 'apps') })],
        policy: { ...argoPolicy, comparison: 'server-side' },
      },
      [
        'Argo CD says OutOfSync of StatefulSet shop/db: it compares the type of claim templates, which one side alone writes; a sync changes nothing.',
      ],
    ],
    [
      'no object is named',
      { managed: [] },
      ['argocd/shop is OutOfSync, and Argo CD names no object.'],
    ],
  ])('%s', (_name, given, expected) => {
    expect(explained({ managed: [outOfSync('a')], ...given }).verdict).toEqual(expected);
  });

  it('is nobody’s question of an app that is in sync', () => {
    expect(explained({ changes: [change('a', { fields: [ignored] })] }).verdict).toEqual([]);
  });
});

describe('each field of an object', () => {
  it('is told with its values, who set it, what hides it and what a sync does', () => {
    const owner = { manager: 'kubectl', operation: 'Update', subresource: 'scale' } as const;
    const fields: readonly FieldChange[] = [
      { pointer: '/spec/replicas', before: 5, after: 2, whose: 'drift', fate: 'reverted', owner },
      { ...ignored, before: 'x', after: 'y', fate: 'stays' },
    ];
    expect(explainChange(change('a', { fields }), 0)).toEqual([
      '/spec/replicas · replicas 2→5 · kubectl scale · will be reverted',
      '/data/a · a y→x · ignored by rule one · will stay',
    ]);
    const gone = change('a', {
      action: 'removed',
      fields: [{ pointer: '', whose: 'pending', fate: 'stays' }],
    });
    expect(explainChange(gone, 0)).toEqual(['no longer in Git · will stay']);
  });
});
