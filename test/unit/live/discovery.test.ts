import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServedKind } from '../../../src/model/cluster';
import type { Answer, TempFolder, TestServer } from './testServer';
import {
  clustersOf,
  configMaps,
  connected,
  deployments,
  failure,
  json,
  kubeconfig,
  never,
  servedKind,
  startServer,
  tempFolder,
} from './testServer';

const held: { folder?: TempFolder; server?: TestServer } = {};
beforeEach(async () => {
  held.folder = await tempFolder();
});
afterEach(async () => {
  await held.server?.close();
  await held.folder?.remove();
});

async function setUp(answer: Answer) {
  const server = await startServer(answer);
  held.server = server;
  const file = (await held.folder?.write('config', kubeconfig({ server: server.url }))) ?? '';
  return { server, cluster: await connected(clustersOf([file]).clusters, file) };
}

const resource = (name: string, kind: string, scope = 'Namespaced'): object => ({
  resource: name,
  responseKind: { group: '', version: '', kind },
  scope,
  verbs: ['get', 'list'],
  subresources: [{ subresource: 'status' }],
});
const group = (name: string, versions: readonly object[]): object => ({
  metadata: { name },
  versions,
});
const aggregated = (items: readonly object[]): object => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  items,
});
const byPath =
  (answers: Readonly<Record<string, object | number>>): Answer =>
  (request, response) => {
    const found = answers[request.path];
    if (typeof found === 'object') json(response, 200, found);
    else json(response, found ?? 404, failure(found ?? 404, 'Reason', `no ${request.path}`));
  };
const names = (kinds: readonly ServedKind[]): readonly string[] =>
  kinds.map((it) => `${it.group}/${it.version}/${it.kind}${it.preferred ? '*' : ''}`);

describe('kinds', () => {
  const core = aggregated([
    group('', [
      {
        version: 'v1',
        freshness: 'Current',
        resources: [resource('configmaps', 'ConfigMap'), resource('nodes', 'Node', 'Cluster')],
      },
    ]),
  ]);

  it('reads aggregated discovery, the preferred version first', async () => {
    const groups = aggregated([
      group('autoscaling', [
        {
          version: 'v2',
          freshness: 'Current',
          resources: [resource('horizontalpodautoscalers', 'HorizontalPodAutoscaler')],
        },
        {
          version: 'v1',
          freshness: 'Current',
          resources: [
            resource('horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
            resource('others', 'Other'),
          ],
        },
      ]),
    ]);
    const { cluster, server } = await setUp(byPath({ '/api': core, '/apis': groups }));
    const access = await cluster.kinds(never);
    if (access.kind !== 'ok') throw new Error(access.message);
    expect(names(access.value.kinds)).toEqual([
      '/v1/ConfigMap*',
      '/v1/Node*',
      'autoscaling/v2/HorizontalPodAutoscaler*',
      'autoscaling/v1/HorizontalPodAutoscaler',
      'autoscaling/v1/Other*',
    ]);
    expect(access.value.kinds[1]).toEqual({
      group: '',
      version: 'v1',
      kind: 'Node',
      resource: 'nodes',
      namespaced: false,
      verbs: ['get', 'list'],
      preferred: true,
    });
    expect(access.value.missingGroups).toEqual([]);
    expect(server.seen.map((it) => it.path).sort()).toEqual(['/api', '/apis']);
    expect(server.seen[0]?.headers.accept).toContain('as=APIGroupDiscoveryList');
  });

  it('names a stale group and gives the rest', async () => {
    const groups = aggregated([
      group('metrics.k8s.io', [{ version: 'v1beta1', freshness: 'Stale' }]),
      group('apps', [
        { version: 'v1', freshness: 'Current', resources: [resource('deployments', 'Deployment')] },
      ]),
    ]);
    const { cluster } = await setUp(byPath({ '/api': core, '/apis': groups }));
    expect(await cluster.kinds(never)).toMatchObject({
      kind: 'ok',
      value: { missingGroups: ['metrics.k8s.io/v1beta1'], kinds: [{}, {}, { kind: 'Deployment' }] },
    });
  });

  const plain = {
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/api/v1': {
      kind: 'APIResourceList',
      resources: [
        { name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['list'] },
        { name: 'pods/log', kind: 'Pod', namespaced: true, verbs: ['get'] },
      ],
    },
    '/apis': {
      kind: 'APIGroupList',
      groups: [
        {
          name: 'apps',
          versions: [{ version: 'v1beta1' }, { version: 'v1' }],
          preferredVersion: { version: 'v1' },
        },
        {
          name: 'metrics.k8s.io',
          versions: [{ version: 'v1beta1' }],
          preferredVersion: { version: 'v1beta1' },
        },
      ],
    },
    '/apis/apps/v1': {
      resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['list'] }],
    },
    '/apis/apps/v1beta1': {
      resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['list'] }],
    },
  };

  it('falls back to plain discovery, group by group', async () => {
    const { cluster } = await setUp(byPath(plain));
    const access = await cluster.kinds(never);
    if (access.kind !== 'ok') throw new Error(access.message);
    expect(names(access.value.kinds)).toEqual([
      '/v1/ConfigMap*',
      'apps/v1/Deployment*',
      'apps/v1beta1/Deployment',
    ]);
    expect(access.value.missingGroups).toEqual(['metrics.k8s.io/v1beta1']);
  });

  it('gives half when one half is refused, and the refusal when both are', async () => {
    const half = await setUp(byPath({ '/api': core, '/apis': 500 }));
    expect(await half.cluster.kinds(never)).toMatchObject({
      kind: 'ok',
      value: { missingGroups: ['all API groups'] },
    });
    await half.server.close();
    const none = await setUp(byPath({ '/api': 403, '/apis': 403 }));
    expect((await none.cluster.kinds(never)).kind).toBe('forbidden');
  });

  it('takes an answer back from its tag, and reads a changed one', async () => {
    const state = { tag: 'a', kind: 'Old' };
    const { cluster, server } = await setUp((request, response) => {
      if (request.path === '/api') return json(response, 200, aggregated([]));
      if (request.headers['if-none-match'] === state.tag) return void response.writeHead(304).end();
      const item = group('x', [{ version: 'v1', resources: [resource('things', state.kind)] }]);
      return json(response, 200, aggregated([item]), { etag: state.tag });
    });
    const kindsNow = async () => {
      const access = await cluster.kinds(never);
      return access.kind === 'ok' ? access.value.kinds.map((it) => it.kind) : [];
    };
    expect(await kindsNow()).toEqual(['Old']);
    expect(await kindsNow()).toEqual(['Old']);
    Object.assign(state, { tag: 'b', kind: 'New' });
    expect(await kindsNow()).toEqual(['New']);
    expect(server.seen.filter((it) => it.path === '/apis')).toHaveLength(3);
  });

  it('makes capabilities of version and kinds', async () => {
    const { cluster } = await setUp(byPath({ ...plain, '/version': { gitVersion: 'v1.29.1' } }));
    expect(await cluster.capabilities(never)).toEqual({
      kind: 'ok',
      value: {
        kubeVersion: 'v1.29.1',
        apiVersions: [
          'apps/v1',
          'apps/v1/Deployment',
          'apps/v1beta1',
          'apps/v1beta1/Deployment',
          'v1',
          'v1/ConfigMap',
        ],
      },
    });
  });

  it('refuses a version that is none', async () => {
    const { cluster } = await setUp(byPath({ '/version': {} }));
    expect((await cluster.version(never)).kind).toBe('failed');
    expect((await cluster.capabilities(never)).kind).toBe('failed');
  });
});

describe('lists', () => {
  const item = (name: string): object => ({ metadata: { name } });
  const list = (items: readonly unknown[], next?: string): object => ({
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: next === undefined ? {} : { continue: next },
    items,
  });

  it('follows the pages and gives each item its type', async () => {
    const { cluster, server } = await setUp((request, response) =>
      request.query.get('continue') === 'two'
        ? json(response, 200, list([item('c')]))
        : json(response, 200, list([item('a'), item('b'), 'junk', { metadata: null }], 'two')),
    );
    const access = await cluster.list(
      { kind: configMaps, namespace: 'shop', labelSelector: 'a=b,c' },
      never,
    );
    expect(access).toEqual({
      kind: 'ok',
      value: ['a', 'b', 'c'].map((name) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name },
      })),
    });
    expect(
      server.seen.map((it) => [it.path, it.query.get('limit'), it.query.get('labelSelector')]),
    ).toEqual([
      ['/api/v1/namespaces/shop/configmaps', '500', 'a=b,c'],
      ['/api/v1/namespaces/shop/configmaps', '500', 'a=b,c'],
    ]);
  });

  it('starts over without pages when the token has expired', async () => {
    const { cluster, server } = await setUp((request, response) => {
      if (request.query.has('continue'))
        return json(response, 410, failure(410, 'Expired', 'too old'));
      return request.query.has('limit')
        ? json(response, 200, list([item('a')], 'two'))
        : json(response, 200, list([item('a'), item('b')]));
    });
    const access = await cluster.list({ kind: configMaps }, never);
    expect(access.kind === 'ok' && access.value.map((it) => it.metadata.name)).toEqual(['a', 'b']);
    expect(server.seen).toHaveLength(3);
    expect(server.seen[0]?.path).toBe('/api/v1/configmaps');
  });

  it('refuses as a whole when a page is refused', async () => {
    const { cluster } = await setUp((request, response) =>
      request.query.has('continue')
        ? json(response, 500, failure(500, 'InternalError', 'broken'))
        : json(response, 200, list([item('a')], 'two')),
    );
    expect(await cluster.list({ kind: configMaps }, never)).toEqual({
      kind: 'failed',
      status: 500,
      message: 'broken',
    });
  });

  it('lists a cluster-scoped kind without a namespace', async () => {
    const { cluster, server } = await setUp((_, response) => json(response, 200, list([])));
    const nodes = servedKind({ group: '', kind: 'Node', resource: 'nodes', namespaced: false });
    await cluster.list({ kind: nodes, namespace: 'shop' }, never);
    expect(server.seen[0]?.path).toBe('/api/v1/nodes');
  });
});

describe('names in requests', () => {
  it.each(['..', '.', 'a/b', 'a%2fb', ''])('never send %j', async (name) => {
    const { cluster, server } = await setUp((_, response) => json(response, 200, {}));
    const id = { group: 'apps', kind: 'Deployment', namespace: 'shop', name };
    const patch = {
      kind: deployments,
      id,
      type: 'merge',
      body: {},
      fieldManager: 'm',
      dryRun: true,
    } as const;
    expect((await cluster.get(deployments, id, never)).kind).toBe('failed');
    expect(
      (await cluster.get(deployments, { ...id, name: 'x', namespace: name }, never)).kind,
    ).toBe('failed');
    expect((await cluster.patch(patch, never)).kind).toBe('failed');
    expect((await cluster.list({ kind: deployments, namespace: name }, never)).kind).toBe('failed');
    expect(server.seen).toEqual([]);
  });

  it.each(['a?dryRun=', 'a#b', 'a b', 'ä', '$(id)'])('send %j as one segment', async (name) => {
    const { cluster, server } = await setUp((_, response) => json(response, 404, {}));
    await cluster.get(
      deployments,
      { group: 'apps', kind: 'Deployment', namespace: 'shop', name },
      never,
    );
    expect(decodeURIComponent(server.seen[0]?.path ?? '')).toBe(
      `/apis/apps/v1/namespaces/shop/deployments/${name}`,
    );
    expect([...(server.seen[0]?.query ?? [])]).toEqual([]);
  });
});

describe('patches', () => {
  it.each([
    ['apply', 'application/apply-patch+yaml'],
    ['merge', 'application/merge-patch+json'],
    ['strategic', 'application/strategic-merge-patch+json'],
    ['json', 'application/json-patch+json'],
  ] as const)('%s go out as %s', async (type, contentType) => {
    const { cluster, server } = await setUp((_, response) =>
      json(response, 200, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: {} }),
    );
    const id = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
    const request = {
      kind: deployments,
      id,
      type,
      body: { a: 1 },
      fieldManager: 'argocd-controller',
      force: true,
    };
    expect((await cluster.patch({ ...request, dryRun: true }, never)).kind).toBe('ok');
    expect((await cluster.patch({ ...request, dryRun: false }, never)).kind).toBe('ok');
    const [dry, real] = server.seen;
    expect(dry?.method).toBe('PATCH');
    expect(dry?.headers['content-type']).toBe(contentType);
    expect(JSON.parse(dry?.body ?? '')).toEqual({ a: 1 });
    expect(dry?.query.get('fieldManager')).toBe('argocd-controller');
    expect(dry?.query.get('force')).toBe(type === 'apply' ? 'true' : null);
    expect(dry?.query.get('dryRun')).toBe('All');
    expect(real?.query.has('dryRun')).toBe(false);
  });
});

describe('openApi', () => {
  it.each([
    ['v1', '/openapi/v3/api/v1'],
    ['apps/v1', '/openapi/v3/apis/apps/v1'],
  ])('of %s is one request', async (groupVersion, path) => {
    const { cluster, server } = await setUp((_, response) =>
      json(response, 200, { openapi: '3.0.0' }),
    );
    expect(await cluster.openApi(groupVersion, never)).toEqual({
      kind: 'ok',
      value: { openapi: '3.0.0' },
    });
    expect(server.seen.map((it) => it.path)).toEqual([path]);
  });

  it('refuses what is no document', async () => {
    const { cluster } = await setUp((_, response) => json(response, 200, []));
    expect((await cluster.openApi('v1', never)).kind).toBe('failed');
  });
});
