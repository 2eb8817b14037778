import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carried, hiddenSecret, isSame, itemsOf } from '../../../../src/live/argo/items';
import { kindsOf } from '../../../../src/live/argo/kinds';
import type { KubeObject } from '../../../../src/model/resource';

const object = (kind: string, more: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'web', namespace: 'shop' },
  ...more,
});

describe('what Argo CD says of an object', () => {
  it('is there, is not there, or is no JSON', () => {
    const items = itemsOf({
      items: [
        {
          kind: 'ConfigMap',
          namespace: 'shop',
          name: 'web',
          liveState: JSON.stringify(object('ConfigMap')),
          targetState: 'null',
        },
        { kind: 'Service', namespace: 'shop', name: 'web', liveState: 'null' },
        { kind: 'Deployment', group: 'apps', name: 'odd', liveState: '{', targetState: '[]' },
        { name: 'without a kind' },
      ],
    });
    expect([...items.keys()]).toEqual([
      '/ConfigMap/shop/web',
      '/Service/shop/web',
      'apps/Deployment//odd',
    ]);
    const [map, service, odd] = [...items.values()];
    expect(map?.live).toEqual(object('ConfigMap'));
    expect([map?.target(), service?.live, odd?.live, odd?.target()]).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('of a Secret is which values are equal, and never what stands for them', () => {
    const secret = (data: object, annotations: object = {}) =>
      JSON.stringify(
        object('Secret', { data, metadata: { name: 'web', namespace: 'shop', annotations } }),
      );
    const applied = 'kubectl.kubernetes.io/last-applied-configuration';
    const [item] = itemsOf({
      items: [
        {
          kind: 'Secret',
          namespace: 'shop',
          name: 'web',
          liveState: secret(
            { same: '++++++++', other: '+++++++++', extra: '++++++++', old: '++++++++++++' },
            {
              [applied]: JSON.stringify(
                object('Secret', { data: { same: '++++++++', old: '++++++++++++' } }),
              ),
              team: 'shop',
            },
          ),
          targetState: secret({
            same: '++++++++',
            other: '++++++++',
            gone: '++++++++',
            old: '++++++++',
          }),
        },
      ],
    }).values();
    const hidden = item && hiddenSecret(item);
    expect([...(hidden?.keys ?? [])]).toEqual([
      ['same', 'same'],
      ['other', 'other'],
      ['extra', 'other'],
      ['old', 'applied'],
    ]);
    expect([...(hidden?.applied?.keys ?? [])]).toEqual([
      ['same', 'same'],
      ['old', 'applied'],
    ]);
    expect(hidden?.object.metadata.annotations).toEqual({ team: 'shop' });
    expect(JSON.stringify(hidden?.object)).not.toContain('+++');
  });

  it('changes just what differs between its two states of the object', () => {
    const live = { kept: 1, ignored: { by: 'rule' }, spec: { replicas: 3, gone: true, list: [1] } };
    const now = { kept: 1, spec: { replicas: 3, gone: true, list: [1] } };
    const then = { kept: 1, spec: { replicas: 2, list: [1, 2], added: {} } };
    expect(carried(live, now, then)).toEqual({
      kept: 1,
      ignored: { by: 'rule' },
      spec: { replicas: 2, list: [1, 2], added: {} },
    });
  });

  it('is the whole object where nothing was left out, and none where nothing changes', () => {
    const tree = fc.letrec((tie) => ({
      value: fc.oneof(fc.integer({ max: 3 }), fc.constantFrom('a', 'b'), tie('map'), tie('list')),
      list: fc.array(tie('value'), { maxLength: 2 }),
      map: fc.dictionary(fc.constantFrom('x', 'y', 'z'), tie('value'), { maxKeys: 3 }),
    })).map;
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        expect(carried(before, before, after)).toEqual(after);
        expect(carried(after, before, before)).toEqual(after);
        expect(isSame(carried(before, before, after), after)).toBe(true);
        expect(isSame(before, after)).toBe(
          JSON.stringify(sorted(before)) === JSON.stringify(sorted(after)),
        );
      }),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

describe('the kinds of a destination', () => {
  const app = object('Application', {
    status: {
      resources: [
        { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
        { version: 'v1', kind: 'Namespace', name: 'shop' },
        { group: 'acme.example', version: 'v1beta1', kind: 'Gate', name: 'north' },
        { kind: 'Odd' },
      ],
    },
  });
  const find = (kinds: ReturnType<typeof kindsOf>, name: string) =>
    kinds.filter(({ kind }) => kind === name);

  it('are those of its objects, in the version that Argo CD reads them in', () => {
    const kinds = kindsOf([app], ['v1', 'v1/Pod', 'acme.example/v1', 'acme.example/v1/Gate']);
    expect(find(kinds, 'Deployment')).toMatchObject([{ namespaced: true, preferred: true }]);
    expect(find(kinds, 'Namespace')).toMatchObject([{ group: '', namespaced: false }]);
    // What is known of one version holds for the other.
    expect(find(kinds, 'Gate')).toMatchObject([
      { version: 'v1beta1', preferred: true, namespaced: false },
      { version: 'v1', preferred: false, namespaced: false },
    ]);
    expect(find(kinds, 'Gate')[1]).not.toHaveProperty('scopeAssumed');
    expect(find(kinds, 'Pod')).toMatchObject([{ version: 'v1', scopeAssumed: true }]);
    expect(kinds.map(({ kind }) => kind)).not.toContain('Odd');
  });

  it('can be read one by one and not be listed', () => {
    expect(kindsOf([app], ['apps/v1/Deployment']).flatMap(({ verbs }) => verbs)).not.toContain(
      'list',
    );
    expect(kindsOf([], []).map(({ kind }) => kind)).toEqual(['Application', 'ConfigMap', 'Secret']);
  });
});
