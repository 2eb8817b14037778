import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import type { AppState } from '../../../src/model/appState';
import type { KubeObject, ResourceId } from '../../../src/model/resource';
import { resourceKey } from '../../../src/model/resource';
import { createClusterSession } from '../../../src/pipeline/clusterSession';
import type { Core } from '../../../src/pipeline/core';
import { searchOrphans } from '../../../src/pipeline/orphans';
import { straySentence } from '../../../src/model/stray';
import type { Stray } from '../../../src/model/stray';
import { never } from '../render/engine';
import { forbidden, idOf, memoryCluster, object, served, servedKinds } from './memoryCluster';

const flux = 'kustomize.toolkit.fluxcd.io';

/** As kustomize-controller marks it. */
function owned(name: string, of = 'apps', namespace = 'shop'): KubeObject {
  const labels = { [`${flux}/name`]: of, [`${flux}/namespace`]: 'flux-system' };
  return object('v1', 'ConfigMap', name, { metadata: { labels, namespace } });
}

/** As Argo CD tracks it. */
function tracked(name: string, by: string): KubeObject {
  const annotations = { 'argocd.argoproj.io/tracking-id': `${by}:/ConfigMap:shop/${name}` };
  return object('v1', 'ConfigMap', name, { metadata: { annotations } });
}

function released(name: string, release: string): KubeObject {
  const annotations = {
    'meta.helm.sh/release-name': release,
    'meta.helm.sh/release-namespace': 'shop',
  };
  const labels = { 'app.kubernetes.io/managed-by': 'Helm' };
  return object('v1', 'ConfigMap', name, { metadata: { annotations, labels } });
}

function stateOf(kind: App['kind'], name: string, ids: readonly ResourceId[]): AppState {
  const namespace = kind === 'Application' ? 'argocd' : 'flux-system';
  const control = { controlCluster: 'eu', destinationCluster: 'eu' };
  const app = { key: name, kind, name, namespace, ...control } as unknown as App;
  const changes = ids.map((id) => ({ id }));
  const live = { kind: 'compared', comparison: { changes } };
  return { app, live } as unknown as AppState;
}

function releaseState(name: string, ids: readonly ResourceId[]): AppState {
  const { app, live } = stateOf('Chart', name, ids);
  const render = { kind: 'helm', releaseName: name, namespace: 'shop' };
  const more = { source: { kind: 'local', render }, policy: { comparison: 'helm-manifest' } };
  return { app: { ...app, ...more }, live } as unknown as AppState;
}

interface Given {
  readonly apps: readonly AppState[];
  readonly objects: readonly KubeObject[];
  readonly reported?: readonly KubeObject[];
  readonly refuse?: (request: string) => ReturnType<typeof forbidden> | undefined;
}

async function searched({ apps, objects, reported = [], refuse }: Given) {
  const memory = memoryCluster({ objects, selects: true, ...(refuse && { refuse }) });
  const session = createClusterSession('eu');
  session.cluster = memory.cluster;
  session.kinds = [...servedKinds, served('batch', 'v1', 'Job')];
  session.reported = reported;
  const told: { strays?: readonly Stray[] } = {};
  const core = {
    clusters: new Map([['eu', session]]),
    store: {
      state: () => ({ apps }),
      updateCluster: (_name: string, change: (state: object) => object) =>
        Object.assign(told, change(told)),
    },
  } as unknown as Core;
  const search = () => searchOrphans(core, session, never);
  const changed = await search();
  const orphans = [...session.orphans].map(
    ([key, ids]) => `${key}: ${ids.map(({ name }) => name).join(' ')}`,
  );
  const sentences = () => told.strays?.map(straySentence);
  return { changed, orphans, told, sentences, requests: memory.requests, memory, search };
}

const ids = (...names: readonly string[]) => names.map((name) => idOf('ConfigMap', name));

describe('objects that no list names any more', () => {
  it('are found by the labels of Flux, and looked for again', async () => {
    const { changed, orphans, requests, search } = await searched({
      apps: [stateOf('Kustomization', 'apps', ids('a', 'b'))],
      objects: [owned('a'), owned('left'), object('v1', 'ConfigMap', 'own')],
    });
    expect(changed).toEqual(['apps']);
    expect(orphans).toEqual(['apps: left']);
    expect(requests).toEqual([`list v1/ConfigMap shop ${flux}/name`]);
    expect(await search()).toEqual([]);
  });

  it('are found by the tracking id of Argo CD, which nothing selects', async () => {
    const { orphans, requests } = await searched({
      apps: [stateOf('Application', 'web', ids('a'))],
      objects: [tracked('a', 'web'), tracked('left', 'web'), tracked('copied', 'other')],
    });
    expect(orphans).toEqual(['web: left']);
    expect(requests).toEqual(['list v1/ConfigMap shop']);
  });

  it('are found by the annotations of Helm', async () => {
    const { orphans, requests } = await searched({
      apps: [releaseState('web', ids('a'))],
      objects: [released('a', 'web'), released('left', 'web')],
    });
    expect(orphans).toEqual(['web: left']);
    expect(requests).toEqual(['list v1/ConfigMap shop app.kubernetes.io/managed-by=Helm']);
  });

  it('are none that an app of another tool lists', async () => {
    const { changed } = await searched({
      apps: [
        stateOf('Kustomization', 'apps', ids('a')),
        stateOf('Application', 'web', ids('shared')),
      ],
      objects: [owned('a'), owned('shared')],
    });
    expect(changed).toEqual([]);
  });

  it('are asked for once over many namespaces, and where that is forbidden in each', async () => {
    const places = ['a', 'b', 'c', 'd'];
    const of = places.map((namespace) => idOf('ConfigMap', 'x', namespace));
    const given = {
      apps: [stateOf('Kustomization', 'apps', of)],
      objects: places.map((namespace) => owned('left', 'apps', namespace)),
    };
    const all = await searched(given);
    expect(all.requests).toEqual([`list v1/ConfigMap ${flux}/name`]);
    expect(all.orphans).toEqual(['apps: left left left left']);
    const some = await searched({
      ...given,
      refuse: (request) =>
        request === `list v1/ConfigMap ${flux}/name` ? forbidden('list', 'configmaps') : undefined,
    });
    expect(some.requests).toHaveLength(5);
    expect(some.orphans).toEqual(all.orphans);
  });

  it('are not looked for among Secrets, nor where nothing was compared', async () => {
    const secret = { ...idOf('Secret', 's') };
    const { requests } = await searched({
      apps: [stateOf('Kustomization', 'apps', [secret])],
      objects: [],
    });
    expect(requests).toEqual([]);
    expect((await searched({ apps: [], objects: [owned('left')] })).requests).toEqual([]);
    expect(resourceKey(secret)).toContain('Secret');
  });
});

describe('objects whose maker is gone', () => {
  it('are named with it, where the cluster tells of all that it has', async () => {
    const { sentences, orphans } = await searched({
      apps: [
        stateOf('Kustomization', 'apps', ids('a')),
        stateOf('Application', 'web', ids('b')),
        releaseState('api', ids('c')),
      ],
      objects: [
        owned('one', 'gone'),
        owned('two', 'gone'),
        owned('three', 'there'),
        tracked('four', 'old'),
        released('five', 'removed'),
        object('v1', 'Namespace', 'left', { metadata: { namespace: undefined } }),
      ],
      reported: [
        object(`${flux}/v1`, 'Kustomization', 'there', { metadata: { namespace: 'flux-system' } }),
      ],
    });
    expect(orphans).toEqual([]);
    expect(sentences()).toEqual([
      'ConfigMap shop/four belongs to the Application old, which this cluster does not have: nothing here prunes it.',
      'ConfigMap shop/one, ConfigMap shop/two belong to the Kustomization flux-system/gone, which this cluster does not have: nothing here prunes them.',
      'ConfigMap shop/five belongs to the Helm release shop/removed, which this cluster does not have: nothing here prunes it.',
    ]);
  });

  it('are not said to be, where releases may not be read', async () => {
    const given = { apps: [releaseState('api', ids('c'))], objects: [released('five', 'removed')] };
    for (const storage of ['v1/Secret', 'v1/ConfigMap shop owner=helm']) {
      const { sentences } = await searched({
        ...given,
        refuse: (request) => (request.includes(storage) ? forbidden('list', 'storage') : undefined),
      });
      expect(sentences()).toEqual(undefined);
    }
  });

  it('are not said to be, where Helm keeps the release in a ConfigMap', async () => {
    const labels = { owner: 'helm', name: 'removed' };
    const { sentences, requests } = await searched({
      apps: [releaseState('api', ids('c'))],
      objects: [
        released('five', 'removed'),
        object('v1', 'ConfigMap', 'sh.helm.release.v1.removed.v1', { metadata: { labels } }),
      ],
    });
    expect(sentences()).toBeUndefined();
    expect(requests).toEqual([
      'list v1/ConfigMap shop app.kubernetes.io/managed-by=Helm',
      'list v1/Secret shop owner=helm,name=removed',
      'list v1/ConfigMap shop owner=helm,name=removed',
    ]);
  });

  it('are looked for where an app was that went since the last look, until nothing is left there', async () => {
    const other = idOf('ConfigMap', 'own', 'guestbook');
    const apps = [
      stateOf('Kustomization', 'apps', ids('a')),
      stateOf('Kustomization', 'guestbook', [other]),
    ];
    const { search, sentences, memory, requests } = await searched({
      apps,
      objects: [owned('own', 'guestbook', 'guestbook')],
    });
    expect(sentences()).toBeUndefined();
    apps.pop();
    requests.length = 0;
    await search();
    expect(sentences()).toEqual([
      'ConfigMap guestbook/own belongs to the Kustomization flux-system/guestbook, which this cluster does not have: nothing here prunes it.',
    ]);
    const lists = ['shop', 'guestbook'].map((space) => `list v1/ConfigMap ${space} ${flux}/name`);
    expect(requests).toEqual(lists);
    memory.objects = [];
    await search();
    requests.length = 0;
    await search();
    expect([sentences(), requests]).toEqual([[], lists.slice(0, 1)]);
  });

  it('are the same in the next look as long as nothing moves', async () => {
    const { told, search, memory } = await searched({
      apps: [stateOf('Kustomization', 'apps', ids('a')), stateOf('Application', 'web', ids('b'))],
      objects: [owned('two', 'gone'), owned('one', 'gone'), tracked('four', 'old')],
    });
    const [old, gone] = told.strays ?? [];
    expect(gone?.ids.map(({ name }) => name)).toEqual(['one', 'two']);
    const before = told.strays;
    const forget = (...names: readonly string[]): void => {
      memory.objects = memory.objects.filter(
        ({ metadata }) => !names.includes(metadata.name ?? ''),
      );
    };
    await search();
    expect(told.strays).toBe(before);
    forget('one');
    await search();
    expect(told.strays?.[0]).toBe(old);
    expect(told.strays?.[1]?.ids.map(({ name }) => name)).toEqual(['two']);
    forget('two', 'four');
    await search();
    expect(told.strays).toEqual([]);
  });
});
