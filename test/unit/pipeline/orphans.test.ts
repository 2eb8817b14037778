import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import type { AppState } from '../../../src/model/appState';
import type { KubeObject, ResourceId } from '../../../src/model/resource';
import { resourceKey } from '../../../src/model/resource';
import { createClusterSession } from '../../../src/pipeline/clusterSession';
import type { Core } from '../../../src/pipeline/core';
import { searchOrphans } from '../../../src/pipeline/orphans';
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
  const memory = memoryCluster({ objects, ...(refuse && { refuse }) });
  const session = createClusterSession('eu');
  session.cluster = memory.cluster;
  session.kinds = [...servedKinds, served('batch', 'v1', 'Job')];
  session.reported = reported;
  const told: { strays?: readonly string[] } = {};
  const core = {
    clusters: new Map([['eu', session]]),
    store: {
      state: () => ({ apps }),
      updateCluster: (_name: string, change: (state: object) => object) =>
        Object.assign(told, change({})),
    },
  } as unknown as Core;
  const search = () => searchOrphans(core, session, never);
  const changed = await search();
  const orphans = [...session.orphans].map(
    ([key, ids]) => `${key}: ${ids.map(({ name }) => name).join(' ')}`,
  );
  return { changed, orphans, strays: told.strays, requests: memory.requests, search };
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
    const { strays, orphans } = await searched({
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
    expect(strays).toEqual([
      'ConfigMap shop/five belongs to the Helm release shop/removed, which this cluster does not have: nothing prunes it.',
      'ConfigMap shop/four belongs to the Application old, which this cluster does not have: nothing prunes it.',
      'ConfigMap shop/one, ConfigMap shop/two belong to the Kustomization flux-system/gone, which this cluster does not have: nothing prunes them.',
    ]);
  });

  it('are not said to be, where releases may not be read', async () => {
    const { strays } = await searched({
      apps: [releaseState('api', ids('c'))],
      objects: [released('five', 'removed')],
      refuse: (request) => (request.includes('Secret') ? forbidden('list', 'secrets') : undefined),
    });
    expect(strays).toEqual([]);
  });
});
