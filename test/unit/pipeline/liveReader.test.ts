import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessRefusal } from '../../../src/model/cluster';
import type { ResourceId } from '../../../src/model/resource';
import { resourceKey } from '../../../src/model/resource';
import { createClusterSession } from '../../../src/pipeline/clusterSession';
import { listWhereAllowed } from '../../../src/pipeline/listing';
import { readLive } from '../../../src/pipeline/liveReader';
import { forbidden, idOf, memoryCluster, object, served, servedKinds } from './memoryCluster';
import type { MemoryClusterOptions } from './memoryCluster';

const never = new AbortController().signal;

function setUp(options: MemoryClusterOptions = {}) {
  const memory = memoryCluster(options);
  const session = { ...createClusterSession('eu'), cluster: memory.cluster, kinds: servedKinds };
  return { ...memory, read: (ids: readonly ResourceId[]) => readLive(session, ids, never) };
}

function configMaps(count: number, namespace = 'shop') {
  return Array.from({ length: count }, (_, index) =>
    object('v1', 'ConfigMap', `c${index}`, { metadata: { namespace } }),
  );
}

function idsOf(count: number, namespace = 'shop'): readonly ResourceId[] {
  return Array.from({ length: count }, (_, index) => idOf('ConfigMap', `c${index}`, namespace));
}

describe('reading live objects', () => {
  it('reads few objects one by one, and many with one list', async () => {
    const few = setUp({ objects: configMaps(30) });
    expect((await few.read(idsOf(2))).objects.size).toBe(2);
    expect(few.requests).toEqual(['get v1/ConfigMap shop/c0', 'get v1/ConfigMap shop/c1']);
    const many = setUp({ objects: configMaps(30) });
    expect((await many.read(idsOf(10))).objects.size).toBe(30);
    expect(many.requests).toEqual(['list v1/ConfigMap shop']);
  });

  it('reads many namespaces with one list over all of them', async () => {
    const namespaces = ['a', 'b', 'c', 'd', 'e'];
    const objects = namespaces.flatMap((namespace) => configMaps(1, namespace));
    const all = setUp({ objects });
    const ids = namespaces.flatMap((namespace) => idsOf(1, namespace));
    expect((await all.read(ids)).objects.size).toBe(5);
    expect(all.requests).toEqual(['list v1/ConfigMap']);
  });

  it('falls back to namespaces, and to single objects, where less is allowed', async () => {
    const namespaces = ['a', 'b', 'c', 'd'];
    const objects = namespaces.flatMap((namespace) => configMaps(5, namespace));
    const refuse = (request: string): AccessRefusal | undefined =>
      request === 'list v1/ConfigMap' || request === 'list v1/ConfigMap b'
        ? forbidden('list', 'configmaps')
        : undefined;
    const part = setUp({ objects, refuse });
    const ids = namespaces.flatMap((namespace) => idsOf(5, namespace));
    const { objects: found, refusals } = await part.read(ids);
    expect([found.size, refusals.size]).toEqual([20, 0]);
    expect(part.requests.filter((request) => request.startsWith('get'))).toHaveLength(5);
  });

  it('never lists Secrets', async () => {
    const { read, requests } = setUp();
    await read(Array.from({ length: 12 }, (_, index) => idOf('Secret', `s${index}`)));
    expect(requests.every((request) => request.startsWith('get v1/Secret'))).toBe(true);
  });

  it('tells what is not there from what may not be read and what nobody serves', async () => {
    const { read } = setUp({
      objects: configMaps(1),
      refuse: (request) =>
        request.includes('Service') ? forbidden('get', 'services', 'shop') : undefined,
    });
    const gone = idOf('ConfigMap', 'gone');
    const hidden = idOf('Service', 'web');
    const unknown = idOf('Widget', 'w', 'shop', 'acme.example');
    const result = await read([idOf('ConfigMap', 'c0'), gone, hidden, unknown]);
    expect([...result.objects.keys()]).toEqual(['/ConfigMap/shop/c0']);
    expect([...result.refusals.keys()]).toEqual([resourceKey(hidden)]);
    expect([...result.unserved]).toEqual([resourceKey(unknown)]);
  });

  it('passes a broken list on for each object that was asked for', async () => {
    const broken: AccessRefusal = { kind: 'failed', status: 500, message: 'etcd is down' };
    const { read } = setUp({ refuse: () => broken });
    const { refusals } = await read(idsOf(6));
    expect(refusals.size).toBe(6);
    expect([...refusals.values()].every((refusal) => refusal === broken)).toBe(true);
  });

  it('gives items of a list the type that some servers leave out', async () => {
    const { read } = setUp();
    const bare = { metadata: { name: 'c0', namespace: 'shop' }, data: {} };
    const memory = memoryCluster();
    const cluster = {
      ...memory.cluster,
      list: () => Promise.resolve({ kind: 'ok', value: [bare as never] } as const),
    };
    const session = { ...createClusterSession('eu'), cluster, kinds: servedKinds };
    const { objects } = await readLive(session, idsOf(5), never);
    expect(objects.get('/ConfigMap/shop/c0')).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
    });
    expect((await read([])).objects.size).toBe(0);
  });

  it('finds whatever is there, however it has to be asked for', async () => {
    const place = fc.record({
      namespace: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      name: fc.constantFrom('x', 'y', 'z', 'u', 'v', 'w'),
      there: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(place, { maxLength: 30 }), fc.boolean(), async (places, all) => {
        const present = places.filter(({ there }) => there);
        const { read } = setUp({
          objects: present.map(({ namespace, name }) =>
            object('v1', 'ConfigMap', name, { metadata: { namespace } }),
          ),
          refuse: (request) =>
            !all && request === 'list v1/ConfigMap' ? forbidden('list', 'configmaps') : undefined,
        });
        const ids = places.map(({ namespace, name }) => idOf('ConfigMap', name, namespace));
        const { objects, refusals } = await read(ids);
        const expected = new Set(present.map((p) => `/ConfigMap/${p.namespace}/${p.name}`));
        expect(ids.filter((id) => objects.has(resourceKey(id))).length).toBe(
          ids.filter((id) => expected.has(resourceKey(id))).length,
        );
        expect(refusals.size).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('listing custom resources', () => {
  const kind = served('argoproj.io', 'v1alpha1', 'Application');
  const app = object('argoproj.io/v1alpha1', 'Application', 'a', {
    metadata: { namespace: 'argocd' },
  });

  it('takes all namespaces where that is allowed', async () => {
    const { cluster, requests } = memoryCluster({ objects: [app] });
    const listing = await listWhereAllowed(cluster, { kind, namespaces: ['argocd'] }, never);
    expect(listing).toEqual({ objects: [app], limits: [] });
    expect(requests).toHaveLength(1);
  });

  it('asks the namespaces that Git names, and says which it may not read', async () => {
    const { cluster } = memoryCluster({
      objects: [app],
      refuse: (request) =>
        request.endsWith('Application') || request.endsWith('secret')
          ? forbidden('list', 'applications', request.endsWith('secret') ? 'secret' : '')
          : undefined,
    });
    const request = { kind, namespaces: ['argocd', 'secret'] };
    expect(await listWhereAllowed(cluster, request, never)).toEqual({
      objects: [app],
      limits: ['You may not list applications in namespace secret.'],
    });
  });

  it('has nothing to say of a kind whose definition went meanwhile', async () => {
    const { cluster } = memoryCluster({ refuse: () => ({ kind: 'not-found', message: 'x' }) });
    const listing = await listWhereAllowed(cluster, { kind, namespaces: [] }, never);
    expect(listing).toEqual({ objects: [], limits: [] });
  });
});
