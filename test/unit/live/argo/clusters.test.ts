import { describe, expect, it } from 'vitest';
import { withArgo } from '../../../../src/live/argo/clusters';
import type { Access, KubeContext, ServedKind } from '../../../../src/model/cluster';
import type { ArgoRequest, ArgoServers, Cluster } from '../../../../src/model/ports';
import type { KubeObject } from '../../../../src/model/resource';
import type { WatchState } from '../../../../src/model/watch';
import { silent } from '../../render/engine';
import { virtualTime } from '../virtualTime';

const never = new AbortController().signal;
const HOST = 'argocd.acme.example';
const CONTROL = { file: `argocd:${HOST}`, name: 'in-cluster' };
const STAGING = 'https://staging.acme.example';

const application = (name: string, version: string, more: object = {}) => ({
  metadata: { name, namespace: 'argocd', uid: name, resourceVersion: version },
  spec: { destination: { server: 'https://kubernetes.default.svc', namespace: 'shop' } },
  status: { resources: [{ version: 'v1', kind: 'ConfigMap', namespace: 'shop', name }] },
  ...more,
});

const managed = (name: string, mode: string) => ({
  items: [
    {
      kind: 'ConfigMap',
      namespace: 'shop',
      name,
      liveState: JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'shop', resourceVersion: '7' },
        data: { mode },
      }),
    },
  ],
});

/** An Argo CD that says what a test puts into `answers`, by the path without its query. */
function argo(answers: Record<string, unknown>) {
  const asked: string[] = [];
  const streams = new Map<string, (value: unknown) => void>();
  const answer = (path: string): Access<unknown> => {
    const value = answers[path.replace(/\?.*/, '')];
    if (value instanceof Error) {
      return {
        kind: 'forbidden',
        message: value.message,
        verb: 'get',
        resource: '',
        namespace: '',
      };
    }
    if (value === undefined) return { kind: 'not-found', message: path };
    return { kind: 'ok', value };
  };
  const servers: ArgoServers = {
    dispose: () => undefined,
    known: () => Promise.resolve([HOST]),
    fingerprint: () => Promise.resolve(''),
    ask: (server, { path }: ArgoRequest) => {
      asked.push(`${server}${path}`);
      return Promise.resolve(answer(path));
    },
    stream: (server, { path }, signal) => {
      asked.push(`${server}${path}`);
      const queue: unknown[] = [];
      const waiting: { wake?: () => void } = {};
      streams.set(path.replace(/\?.*/, ''), (value) => {
        queue.push(value);
        waiting.wake?.();
      });
      async function* body() {
        for (;;) {
          for (const value of queue.splice(0)) yield value;
          await new Promise<void>((resolve, reject) => {
            waiting.wake = resolve;
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          });
        }
      }
      return Promise.resolve({ kind: 'ok', value: body() });
    },
  };
  return { servers, asked, tell: (path: string, value: unknown) => streams.get(path)?.(value) };
}

function world(answers: Record<string, unknown>, contexts: readonly KubeContext[] = []) {
  const time = virtualTime();
  const { servers, asked, tell } = argo(answers);
  const kube = {
    contexts: () => Promise.resolve(contexts),
    connect: () => Promise.resolve({ kind: 'failed', status: 0, message: 'kube' } as const),
    dispose: () => undefined,
  };
  const { clock, sleep } = time;
  const clusters = withArgo(kube, { servers, log: silent, clock, sleep, random: () => 0 });
  const connect = async (ref = CONTROL): Promise<Cluster> => {
    const access = await clusters.connect(ref);
    if (access.kind !== 'ok') throw new Error(access.message);
    return access.value;
  };
  return { clusters, connect, asked, tell, time };
}

const LISTED = { items: [application('web', '1')] };
const PATHS = {
  apps: '/api/v1/applications',
  web: '/api/v1/applications/web/managed-resources',
  stream: '/api/v1/stream/applications',
  tree: '/api/v1/stream/applications/web/resource-tree',
};

async function kindOf(cluster: Cluster, name: string): Promise<ServedKind> {
  const kinds = await cluster.kinds(never);
  const found =
    kinds.kind === 'ok' ? kinds.value.kinds.find(({ kind }) => kind === name) : undefined;
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

const map = (name: string) => ({ group: '', kind: 'ConfigMap', namespace: 'shop', name });

describe('the contexts of an Argo CD', () => {
  it('are its own cluster, and the others once it was opened, where no kubeconfig has them', async () => {
    const items = [
      { name: 'in-cluster', server: 'https://kubernetes.default.svc' },
      {
        name: 'staging',
        server: STAGING,
        info: { serverVersion: '1.35', apiVersions: ['v1/Pod'] },
      },
      { name: 'edge', server: 'https://edge.acme.example' },
    ];
    const edge = { ref: { file: '/kube', name: 'edge' }, server: 'https://EDGE.acme.example/' };
    const answers = { [PATHS.apps]: LISTED, '/api/v1/clusters': { items } };
    const { clusters, connect, asked } = world(answers, [edge]);
    const names = async () =>
      (await clusters.contexts()).map(({ ref }) => `${ref.file} ${ref.name}`);
    expect(await names()).toEqual(['/kube edge', `argocd:${HOST} in-cluster`]);
    const cluster = await connect();
    expect(asked).toEqual([]);
    expect(await cluster.version(never)).toEqual({ kind: 'ok', value: '' });
    expect(await names()).toEqual([
      '/kube edge',
      `argocd:${HOST} in-cluster`,
      `argocd:${HOST} staging`,
    ]);
    const staging = await connect({ ...CONTROL, name: 'staging' });
    expect(staging.server).toBe(STAGING);
    expect(await staging.capabilities(never)).toEqual({
      kind: 'ok',
      value: { kubeVersion: 'v1.35.0', apiVersions: ['v1/Pod'] },
    });
    expect((await connect()).requestCount).toBe(2);
    const other = await clusters.connect({ file: 'argocd:other.example', name: 'in-cluster' });
    expect(other).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('no login') as string,
    });
    expect(await clusters.connect({ file: '/kube', name: 'edge' })).toMatchObject({
      message: 'kube',
    });
  });

  it('are named by the apps where nobody may list them', async () => {
    const destination = { name: 'staging', namespace: 'shop' };
    const remote = application('far', '1', { spec: { destination } });
    const answers = { [PATHS.apps]: { items: [remote] }, '/api/v1/clusters': new Error('no') };
    const { clusters, connect } = world(answers);
    await (await connect()).version(never);
    expect((await clusters.contexts()).map(({ ref, server }) => `${ref.name} ${server}`)).toEqual([
      'in-cluster https://kubernetes.default.svc',
      'staging staging',
    ]);
  });
});

describe('a cluster that an Argo CD tells of', () => {
  const answers = () => ({
    [PATHS.apps]: LISTED,
    [PATHS.web]: managed('web', 'blue'),
    '/api/v1/clusters': { items: [] },
  });

  it('has what its apps have; of anything else nothing is known, and nothing is missing', async () => {
    const { connect, asked } = world(answers());
    const cluster = await connect();
    await cluster.version(never);
    const kind = await kindOf(cluster, 'ConfigMap');
    const found = await cluster.get(kind, map('web'), never);
    expect(found).toMatchObject({ kind: 'ok', value: { data: { mode: 'blue' } } });
    const before = asked.length;
    await cluster.get(kind, map('web'), never);
    const other = await cluster.get(kind, map('other'), never);
    expect(other).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('not known') as string,
    });
    const secret = await cluster.get(
      await kindOf(cluster, 'Secret'),
      { ...map('s'), kind: 'Secret' },
      never,
    );
    expect(secret.kind).toBe('forbidden');
    expect((await cluster.list({ kind }, never)).kind).toBe('not-found');
    expect(asked).toHaveLength(before);
    const patch = { kind, id: map('web'), type: 'merge', body: {}, fieldManager: 'x' } as const;
    expect((await cluster.patch({ ...patch, dryRun: false }, never)).kind).toBe('forbidden');
    expect(asked).toHaveLength(before);
  });

  it('foresees an apply by the word of Argo CD, and only one of the same text', async () => {
    const object = (data: object, more: object = {}) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'web', namespace: 'shop', ...more },
      data,
    });
    const item = {
      ...managed('web', 'red').items[0],
      targetState: JSON.stringify(object({ mode: 'blue' })),
      normalizedLiveState: JSON.stringify(object({ mode: 'red' })),
      predictedLiveState: JSON.stringify(object({ mode: 'blue' })),
    };
    const { connect } = world({ ...answers(), [PATHS.web]: { items: [item] } });
    const cluster = await connect();
    await cluster.version(never);
    const kind = await kindOf(cluster, 'ConfigMap');
    const ask = (body: unknown, type: 'apply' | 'merge' = 'apply') =>
      cluster.patch({ kind, id: map('web'), type, body, fieldManager: 'x', dryRun: true }, never);
    expect(await ask(object({ mode: 'blue' }))).toEqual({
      kind: 'ok',
      value: object({ mode: 'blue' }, { resourceVersion: '7' }),
    });
    expect((await ask(object({ mode: 'green' }))).kind).toBe('forbidden');
    expect(await ask({ data: { mode: 'blue' } }, 'merge')).toMatchObject({
      kind: 'forbidden',
      noRightHelps: true,
    });
  });

  it('foresees nothing of what its rules hide', async () => {
    const object = (data: object) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'web', namespace: 'shop' },
      data,
    });
    const wanted = object({ mode: 'blue', more: 'x' });
    const item = {
      ...managed('web', 'red').items[0],
      targetState: JSON.stringify(wanted),
      normalizedLiveState: JSON.stringify(object({})),
      predictedLiveState: JSON.stringify(object({ more: 'x' })),
    };
    const { connect } = world({ ...answers(), [PATHS.web]: { items: [item] } });
    const cluster = await connect();
    await cluster.version(never);
    const kind = await kindOf(cluster, 'ConfigMap');
    const asked = { kind, id: map('web'), type: 'apply', body: wanted, fieldManager: 'x' } as const;
    expect((await cluster.patch({ ...asked, dryRun: true }, never)).kind).toBe('forbidden');
  });

  it('tells what moves by its streams, which are opened anew, and ends for the lack of a right', async () => {
    const now: Record<string, unknown> = answers();
    const { connect, tell, time, asked } = world(now);
    const cluster = await connect();
    await cluster.version(never);
    const kind = await kindOf(cluster, 'Application');
    const seen: string[] = [];
    const moved: (readonly string[])[] = [];
    cluster.argo?.onMoved((keys) => moved.push(keys));
    const watching = cluster.watch?.(
      { kind, keeps: () => true },
      {
        replaced: (objects: readonly KubeObject[]) => seen.push(`all ${objects.length}`),
        set: ({ metadata }) => seen.push(`set ${metadata.name}`),
        deleted: ({ metadata }) => seen.push(`deleted ${metadata.name}`),
        moved: (state: WatchState) => seen.push(state.kind),
        heard: () => undefined,
      },
    );
    await time.advance(0);
    expect(seen).toEqual(['all 1', 'current']);
    // What the stream says first is what was listed.
    tell(PATHS.stream, { type: 'ADDED', application: application('web', '1') });
    await time.advance(0);
    expect(moved).toEqual([]);
    const maps = await kindOf(cluster, 'ConfigMap');
    await cluster.get(maps, map('web'), never);
    await time.advance(0);
    now[PATHS.web] = managed('web', 'red');
    const node = { version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'web' };
    tell(PATHS.tree, {
      nodes: [
        { ...node, resourceVersion: '7' },
        { ...node, kind: 'Pod' },
      ],
    });
    await time.advance(0);
    expect(moved).toEqual([]);
    tell(PATHS.tree, { nodes: [{ ...node, resourceVersion: '8' }] });
    await time.advance(0);
    expect(moved).toEqual([['argoproj.io/Application/argocd/web', '/ConfigMap/shop/web']]);
    expect(await cluster.get(maps, map('web'), never)).toMatchObject({
      value: { data: { mode: 'red' } },
    });
    tell(PATHS.stream, { type: 'MODIFIED', application: application('web', '2') });
    tell(PATHS.stream, { type: 'DELETED', application: application('web', '2') });
    await time.advance(0);
    expect(seen.slice(2)).toEqual(['set web', 'deleted web']);
    // Small questions show that the way is there; then all is listed anew.
    await time.advance(5 * 60_000 + 25_000);
    const beats = asked.filter((path) => path.includes('userinfo')).length;
    expect(beats).toBeGreaterThan(0);
    now['/api/v1/session/userinfo'] = {};
    now[PATHS.apps] = new Error('no right');
    await time.advance(10 * 60_000);
    expect(seen.at(-1)).toBe('ended');
    watching?.dispose();
    const still = asked.length;
    await time.advance(10 * 60_000);
    expect(asked).toHaveLength(still);
  });
});

describe('the health that an Argo CD tells', () => {
  const node = (status: string, more: object = {}) => ({
    version: 'v1',
    kind: 'ConfigMap',
    namespace: 'shop',
    name: 'web',
    resourceVersion: '7',
    health: { status, message: `it is ${status}` },
    ...more,
  });
  const pod = { ...node('Degraded'), kind: 'Pod', name: 'web-1' };
  const tree = { nodes: [node('Progressing'), pod, { kind: 'Secret', name: 'unchecked' }] };
  const asTold = (status: string) => ({ status, message: `it is ${status}` });
  const TREE = '/api/v1/applications/web/resource-tree';
  const told = (version: string, status: string) => {
    const app = application('web', version);
    return { ...app, status: { resources: [node(status)] } };
  };
  const plain = { [PATHS.apps]: LISTED, [PATHS.web]: managed('web', 'blue') };
  const listener = {
    replaced: () => undefined,
    set: () => undefined,
    deleted: () => undefined,
    moved: () => undefined,
    heard: () => undefined,
  };
  const ready = async (answers: Record<string, unknown>) => {
    const made = world(answers);
    const cluster = await made.connect();
    await cluster.version(never);
    const health = (id = map('web')) => cluster.argo?.health(id, never);
    const trees = () => made.asked.filter((path) => path.startsWith(`${HOST}${TREE}`)).length;
    return { ...made, cluster, health, trees };
  };
  const follow = async (cluster: Cluster, time: ReturnType<typeof virtualTime>) => {
    const kind = await kindOf(cluster, 'Application');
    const watching = cluster.watch?.({ kind, keeps: () => true }, listener);
    await time.advance(0);
    return watching;
  };

  it('is asked once a look and app, and is nothing where it checks nothing or may not be seen', async () => {
    const { health, trees, time, cluster } = await ready({ ...plain, [TREE]: tree });
    const all = await Promise.all([health(), health(), health(map('unknown'))]);
    expect(all).toEqual([asTold('Progressing'), asTold('Progressing'), undefined]);
    expect(await health({ ...map('unchecked'), kind: 'Secret' })).toBeUndefined();
    expect(trees()).toBe(1);
    await time.advance(10_000);
    await cluster.kinds(never);
    await health();
    expect(trees()).toBe(2);
    const refused = await ready({ ...plain, [TREE]: new Error('no') });
    expect(await refused.health()).toBeUndefined();
  });

  it('is that of the app itself, where that tells it', async () => {
    const { health, trees } = await ready({
      ...plain,
      [PATHS.apps]: { items: [told('1', 'Healthy')] },
    });
    expect(await health()).toEqual(asTold('Healthy'));
    expect(trees()).toBe(0);
  });

  it('is heard of the streams without a question, and compared again when it moves', async () => {
    const { health, trees, time, cluster, tell, asked } = await ready({ ...plain, [TREE]: tree });
    const moved: (readonly string[])[] = [];
    cluster.argo?.onMoved((keys) => moved.push(keys));
    const watching = await follow(cluster, time);
    // The same version as was listed, with what a list leaves out.
    tell(PATHS.stream, { type: 'ADDED', application: told('1', 'Suspended') });
    await time.advance(0);
    expect(await health()).toEqual(asTold('Suspended'));
    expect(moved).toEqual([]);
    await cluster.get(await kindOf(cluster, 'ConfigMap'), map('web'), never);
    await time.advance(0);
    tell(PATHS.tree, { nodes: [node('Suspended'), pod] });
    await time.advance(0);
    expect(moved).toEqual([]);
    tell(PATHS.tree, { nodes: [node('Suspended'), { ...pod, health: {} }] });
    await time.advance(0);
    expect(moved).toEqual([]);
    tell(PATHS.tree, { nodes: [node('Degraded')] });
    await time.advance(0);
    expect(moved).toHaveLength(1);
    expect(await health()).toEqual(asTold('Degraded'));
    tell(PATHS.stream, { type: 'MODIFIED', application: told('2', 'Healthy') });
    await time.advance(0);
    expect(await health()).toEqual(asTold('Healthy'));
    // An app that tells nothing of it leaves what its tree told.
    tell(PATHS.stream, { type: 'MODIFIED', application: application('web', '3') });
    await time.advance(0);
    expect(await health()).toEqual(asTold('Healthy'));
    expect(trees()).toBe(0);
    expect(asked.filter((path) => path.includes(PATHS.tree))).toHaveLength(1);
    watching?.dispose();
    expect(await health()).toEqual(asTold('Progressing'));
    expect(trees()).toBe(1);
  });

  it('is asked for anew where an app that nobody follows has moved', async () => {
    const { health, trees, time, cluster, tell } = await ready({ ...plain, [TREE]: tree });
    await follow(cluster, time);
    await health();
    tell(PATHS.stream, { type: 'MODIFIED', application: application('web', '2') });
    await time.advance(0);
    await health();
    expect(trees()).toBe(2);
    tell(PATHS.stream, { type: 'DELETED', application: application('web', '2') });
    await time.advance(0);
    expect(await health()).toBeUndefined();
  });
});
