import { afterEach, describe, expect, it } from 'vitest';
import type { AppState, ClusterState } from '../../../src/model/appState';
import type { AccessRefusal, ServedKind } from '../../../src/model/cluster';
import type { Settings } from '../../../src/model/config';
import type { Cluster } from '../../../src/model/ports';
import type { KubeObject } from '../../../src/model/resource';
import { straySentence } from '../../../src/model/stray';
import type { WatchRequest, WatchSink } from '../../../src/model/watch';
import type { CoreWorkbench } from '../../../src/pipeline/workbench';
import { createFolder } from '../render/engine';
import { EU, memoryCluster, memoryClusters, object, served, servedKinds } from './memoryCluster';
import { memoryWorkbench } from './memoryWorkbench';

const never = new AbortController().signal;
const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const REPO = 'https://git.acme.example/acme/gitops.git';

function application(name: string, part: object = {}): KubeObject {
  return object('argoproj.io/v1alpha1', 'Application', name, {
    metadata: { namespace: 'argocd', uid: name, resourceVersion: '1' },
    spec: {
      project: 'default',
      source: { repoURL: REPO, path: name, targetRevision: 'HEAD' },
      destination: { server: EU.server, namespace: 'shop' },
    },
    ...part,
  });
}

function configMap(name: string, data: object, version: number): KubeObject {
  return object('v1', 'ConfigMap', name, {
    metadata: { uid: name, resourceVersion: `${version}` },
    data,
  });
}

/** Of a kind that nobody serves at first. */
function gauge(name: string, spec: object, version: number): KubeObject {
  const metadata = { uid: `gauge-${name}`, resourceVersion: `${version}` };
  return object('acme.example/v1', 'Gauge', name, { metadata, spec });
}

const SETTINGS: Settings = {
  contexts: { eu: EU.ref },
  assignments: { 'argocd/one': 'eu', 'argocd/two': 'eu' },
  kubeconfigs: ['/home/kubeconfig'],
  protectedClusters: [],
  maxEngines: 1,
  renderTimeoutMs: 20_000,
  renderMemoryLimitBytes: 10 ** 9,
  fetchAllowed: false,
};

interface Opened {
  readonly request: WatchRequest;
  readonly sink: WatchSink;
  isOpen: boolean;
}

/** Two apps of one ConfigMap each, in a cluster whose watches the test plays by hand. */
async function setUp(more: { readonly live?: readonly KubeObject[] } = {}) {
  const away: { refusal?: AccessRefusal | undefined } = {};
  const kinds: ServedKind[] = [
    ...servedKinds,
    served('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', false),
  ];
  const asked = { kinds: 0 };
  const file = { content: 'first', looks: 0 };
  const memory = memoryCluster({
    objects: [
      application('one'),
      application('two'),
      configMap('one', { a: 'git' }, 1),
      ...(more.live ?? []),
    ],
  });
  const opened: Opened[] = [];
  const cluster: Cluster = {
    ...memory.cluster,
    version: (signal) =>
      away.refusal === undefined ? memory.cluster.version(signal) : Promise.resolve(away.refusal),
    kinds: () => {
      asked.kinds += 1;
      const watched = kinds.map((kind) => ({ ...kind, verbs: [...kind.verbs, 'watch'] }));
      return Promise.resolve({ kind: 'ok', value: { kinds: watched, missingGroups: [] } });
    },
    watch: (request, sink) => {
      const one: Opened = { request, sink, isOpen: true };
      opened.push(one);
      queueMicrotask(() => {
        sink.replaced(
          memory.objects.filter(
            ({ kind, metadata: { namespace = '', name = '' } }) =>
              kind === request.kind.kind && request.keeps(namespace, name),
          ),
        );
        sink.moved({ kind: 'current' });
      });
      return { dispose: () => void (one.isOpen = false) };
    },
  };
  const folder = createFolder({
    ...Object.fromEntries(
      ['one', 'two'].flatMap((name) => [
        [`apps/${name}.json`, JSON.stringify(application(name))],
        [`${name}/map.json`, JSON.stringify(configMap(name, { a: 'git' }, 0))],
      ]),
    ),
    'one/gauge.json': JSON.stringify(gauge('one', { max: 5 }, 0)),
    '.git/config': `[remote "origin"]\n\turl = ${REPO}\n`,
  });
  const workbench = memoryWorkbench({
    trusted: true,
    settings: SETTINGS,
    clusters: () => ({
      ...memoryClusters(cluster),
      fingerprint: async () => {
        file.looks += 1;
        // Others have their turn, as while a file is read.
        await new Promise((resolve) => setTimeout(resolve, 1));
        return file.content;
      },
    }),
  });
  owned.push(folder.remove, () => workbench.dispose());
  workbench.setFolders([folder.path]);
  await workbench.whenIdle();
  /** The watch that has objects of that name. */
  const open = (kind: string, namespace = 'shop', name = 'two'): Opened | undefined =>
    opened.find(
      ({ isOpen, request }) =>
        isOpen && request.kind.kind === kind && request.keeps(namespace, name),
    );
  return { memory, workbench, opened, open, away, kinds, asked, file };
}

function app(workbench: CoreWorkbench, name: string): AppState {
  const found = workbench.state().apps.find((one) => one.app.name === name);
  if (found === undefined) throw new Error(`no app ${name}`);
  return found;
}

function actions(workbench: CoreWorkbench, name: string, kind = 'ConfigMap'): readonly string[] {
  const { live } = app(workbench, name);
  if (live.kind !== 'compared') return [live.kind];
  return live.comparison.changes.flatMap(({ id, action }) => (id.kind === kind ? [action] : []));
}

const eu = (workbench: CoreWorkbench): ClusterState | undefined =>
  workbench.state().clusters.find(({ name }) => name === 'eu');

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000; turn += 1) {
    if (isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${what} did not come to be`);
}

describe('following a cluster', () => {
  it('asks nothing before it is opened, and nothing again after it was left', async () => {
    const { workbench, opened, memory } = await setUp();
    workbench.follow(new Set(['eu']));
    expect([opened.length, memory.requests]).toEqual([0, []]);
    await workbench.openCluster('eu', never);
    expect(opened.filter(({ isOpen }) => isOpen).length).toBeGreaterThan(0);
    expect(eu(workbench)?.freshness?.kind).toBe('live');
    workbench.follow(new Set());
    await until('the end', () => opened.every(({ isOpen }) => !isOpen));
    expect(eu(workbench)?.freshness?.kind).toBe('paused');
    const asked = memory.requests.length;
    await workbench.whenIdle();
    expect(memory.requests).toHaveLength(asked);
    // Whoever comes back sees what is true by then.
    memory.objects = [...memory.objects, configMap('two', { a: 'git' }, 2)];
    workbench.follow(new Set(['eu']));
    await until('the new object', () => !actions(workbench, 'two').includes('added'));
    expect(eu(workbench)?.freshness?.kind).toBe('live');
  });

  it('follows nothing that nobody looks at', async () => {
    const { workbench, opened } = await setUp();
    await workbench.openCluster('eu', never);
    expect([opened.length, eu(workbench)?.freshness]).toEqual([0, undefined]);
  });

  it('tells what an app has left behind as soon as it is gone, and no more once it is back', async () => {
    const left = object('v1', 'ConfigMap', 'left', {
      metadata: {
        uid: 'left',
        resourceVersion: '1',
        annotations: { 'argocd.argoproj.io/tracking-id': 'three:/ConfigMap:shop/left' },
      },
    });
    const { workbench, open, memory } = await setUp({ live: [application('three'), left] });
    workbench.follow(new Set(['eu']));
    await workbench.openCluster('eu', never);
    const strays = () => eu(workbench)?.strays?.map(straySentence) ?? [];
    expect(strays()).toEqual([]);
    const apps = open('Application', 'argocd', 'three')?.sink;
    memory.objects = memory.objects.filter(({ metadata: { name } }) => name !== 'three');
    apps?.deleted(application('three'));
    await until('the stray', () => strays().length > 0);
    expect(strays()).toEqual([
      'ConfigMap shop/left belongs to the Application three, which this cluster does not have: nothing here prunes it.',
    ]);
    apps?.set(application('three'));
    await until('the end of the stray', () => strays().length === 0);
  });

  it('compares the app again whose object has moved, and no other', async () => {
    const { workbench, open } = await setUp();
    workbench.follow(new Set(['eu']));
    await workbench.openCluster('eu', never);
    expect(actions(workbench, 'two')).toEqual(['added']);
    const untouched = app(workbench, 'one').live;
    const kinds: string[] = [];
    workbench.onDidChange(() => kinds.push(app(workbench, 'two').live.kind));
    open('ConfigMap')?.sink.set(configMap('two', { a: 'live' }, 5));
    await until('the change', () => actions(workbench, 'two').includes('changed'));
    expect(app(workbench, 'one').live).toBe(untouched);
    // What is shown stays until there is something new.
    expect(kinds.every((kind) => kind === 'compared')).toBe(true);
    open('ConfigMap')?.sink.deleted(configMap('two', {}, 6));
    await until('the deletion', () => actions(workbench, 'two').join() === 'added');
  });

  it('takes a controller that has only looked again for no change', async () => {
    const { workbench, open } = await setUp();
    workbench.follow(new Set(['eu']));
    await workbench.openCluster('eu', never);
    const [one, two] = [app(workbench, 'one'), app(workbench, 'two')];
    const looked = { reconciledAt: '2026-11-21T00:00:00Z' };
    const application1 = application('one', { status: looked });
    open('Application')?.sink.set({
      ...application1,
      metadata: { ...application1.metadata, resourceVersion: '9' },
    });
    const synced = application('two', {
      status: {
        ...looked,
        sync: { status: 'Synced', revision: 'a'.repeat(40) },
        operationState: { phase: 'Succeeded', syncResult: { revision: 'a'.repeat(40) } },
      },
    });
    open('Application')?.sink.set({
      ...synced,
      metadata: { ...synced.metadata, resourceVersion: '10' },
    });
    await until('the status', () => app(workbench, 'two').app !== two.app);
    await until('the comparison', () => app(workbench, 'two').live !== two.live);
    expect(app(workbench, 'one').live).toBe(one.live);
  });

  it('ends with the core, and is taken up again when kubeconfigs change', async () => {
    const { workbench, opened } = await setUp();
    workbench.follow(new Set(['eu']));
    await workbench.openCluster('eu', never);
    const first = [...opened];
    workbench.setSettings({ ...SETTINGS, kubeconfigs: ['/home/kubeconfig', '/home/other'] });
    await until('the end of the first', () => first.every(({ isOpen }) => !isOpen));
    await until('the second look', () => opened.some(({ isOpen }) => isOpen));
    workbench.dispose();
    expect(opened.every(({ isOpen }) => !isOpen)).toBe(true);
  });

  it('reads a cluster that was away as soon as it answers again', async () => {
    const { workbench, open, away } = await setUp();
    workbench.follow(new Set(['eu']));
    await workbench.openCluster('eu', never);
    const refusal = { kind: 'unreachable', message: 'Nothing answers.' } as const;
    away.refusal = refusal;
    open('ConfigMap')?.sink.moved({ kind: 'reconnecting', sinceMs: 5, refusal });
    expect(eu(workbench)?.freshness).toMatchObject({ kind: 'reconnecting', sinceMs: 5 });
    await workbench.refreshCluster('eu', never);
    expect(eu(workbench)?.connection).toMatchObject({ kind: 'failed', cause: 'unreachable' });
    expect(app(workbench, 'two').live).toMatchObject({ kind: 'unavailable' });
    away.refusal = undefined;
    open('ConfigMap')?.sink.moved({ kind: 'current' });
    await until('the cluster', () => eu(workbench)?.connection.kind === 'connected');
    await until('the app', () => app(workbench, 'two').live.kind === 'compared');
  });

  it('reads a cluster again when what its kubeconfig says has changed, and looks no more then', async () => {
    const { workbench, away, file } = await setUp();
    workbench.follow(new Set(['eu']));
    away.refusal = { kind: 'unauthorised', message: 'The certificate has expired.' };
    await workbench.openCluster('eu', never);
    expect(eu(workbench)?.connection).toMatchObject({ kind: 'failed', cause: 'unauthorised' });
    await until('looks at the file', () => file.looks > 3);
    expect(eu(workbench)?.connection.kind).toBe('failed');
    away.refusal = undefined;
    file.content = 'renewed';
    await until('the cluster', () => eu(workbench)?.connection.kind === 'connected');
    await until('the app', () => app(workbench, 'two').live.kind === 'compared');
    const { looks } = file;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(file.looks).toBe(looks);
  });

  it('says that the login has ended, and leaves what was read', async () => {
    const { workbench, open } = await setUp();
    workbench.follow(new Set(['eu']));
    await workbench.openCluster('eu', never);
    const before = actions(workbench, 'two');
    const refusal = { kind: 'unauthorised', message: 'The session has ended.' } as const;
    open('ConfigMap')?.sink.moved({ kind: 'ended', refusal });
    expect(eu(workbench)?.freshness).toMatchObject({
      kind: 'signed-out',
      reason: 'The session has ended.',
    });
    expect(actions(workbench, 'two')).toEqual(before);
  });

  it('compares the apps of an Argo CD again when its settings are others', async () => {
    const live = [configMap('two', { a: 'live' }, 2)];
    const { workbench, open } = await setUp({ live });
    workbench.follow(new Set(['eu']));
    await workbench.openCluster('eu', never);
    const drift = () => {
      const { live: state } = app(workbench, 'two');
      return state.kind === 'compared'
        ? state.comparison.changes.flatMap(({ fields }) =>
            fields.flatMap(({ pointer, whose }) => (whose === 'differs' ? [pointer] : [])),
          )
        : [];
    };
    expect(drift()).toContain('/data/a');
    const settings = object('v1', 'ConfigMap', 'argocd-cm', {
      metadata: { namespace: 'argocd', resourceVersion: '7' },
      data: {
        'resource.customizations.ignoreDifferences.ConfigMap': 'jsonPointers: [/data/a]',
      },
    });
    open('ConfigMap', 'argocd', 'argocd-cm')?.sink.set(settings);
    await until('the rule', () => !drift().includes('/data/a'));
    open('ConfigMap', 'argocd', 'argocd-cm')?.sink.deleted(settings);
    await until('the end of the rule', () => drift().includes('/data/a'));
  });

  it('finds objects of a kind that is served only now, and asks a few times for it', async () => {
    const { workbench, open, memory, kinds, asked } = await setUp();
    workbench.follow(new Set(['eu']));
    await workbench.openCluster('eu', never);
    const definition = (version: number): KubeObject =>
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'gauges.acme.example', {
        metadata: { namespace: '', resourceVersion: `${version}` },
      });
    const definitions = () => open('CustomResourceDefinition', '', 'gauges.acme.example');
    expect(definitions()?.request.metadataOnly).toBe(true);
    const before = asked.kinds;
    definitions()?.sink.set(definition(3));
    await until('looks for nothing', () => asked.kinds === before + 5);
    memory.objects = [...memory.objects, gauge('one', { max: 7 }, 4)];
    kinds.push(served('acme.example', 'v1', 'Gauge'));
    definitions()?.sink.set(definition(4));
    const gauges = (): readonly string[] => actions(workbench, 'one', 'Gauge');
    await until('the object', () => gauges().join() === 'changed');
    // It is followed as well from now on.
    open('Gauge', 'shop', 'one')?.sink.deleted(gauge('one', {}, 5));
    await until('its deletion', () => gauges().join() === 'added');
  });
});
