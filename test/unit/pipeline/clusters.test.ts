import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { AccessRefusal, KubeContext } from '../../../src/model/cluster';
import type { Cluster } from '../../../src/model/ports';
import type { KubeObject } from '../../../src/model/resource';
import type { CoreWorkbench } from '../../../src/pipeline/workbench';
import { createFolder } from '../render/engine';
import { EU, forbidden, memoryCluster, memoryClusters, object } from './memoryCluster';
import { memoryWorkbench } from './memoryWorkbench';
import type { MemoryCluster, MemoryClusterOptions } from './memoryCluster';

const never = new AbortController().signal;
const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

interface World {
  readonly workbench: CoreWorkbench;
  readonly folder: string;
}

async function open(
  files: Readonly<Record<string, string>>,
  connected: Cluster | AccessRefusal,
  trusted = true,
  context: KubeContext = EU,
): Promise<World> {
  const folder = createFolder(files);
  owned.push(folder.remove);
  const workbench = memoryWorkbench({
    clusters: () => memoryClusters(connected, [context]),
    trusted,
    settings: { assignments: { web: 'eu', chart: 'eu' }, protectedClusters: ['eu'] },
  });
  owned.push(() => workbench.dispose());
  workbench.setFolders([folder.path]);
  await workbench.whenIdle();
  return { workbench, folder: folder.path };
}

const WEB = {
  'web/config.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n  namespace: shop\ndata:\n  a: "1"\n',
  'web/service.yaml':
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  ports:\n    - port: 80\n',
};

const config = (a: string, part: Readonly<Record<string, unknown>> = {}) =>
  object('v1', 'ConfigMap', 'config', { data: { a }, ...part });
const service = object('v1', 'Service', 'web', {
  spec: { ports: [{ port: 80, protocol: 'TCP' }] },
});

async function openWeb(options: MemoryClusterOptions): Promise<World & MemoryCluster> {
  const memory = memoryCluster(options);
  return { ...(await open(WEB, memory.cluster)), ...memory };
}

function clusterState(workbench: CoreWorkbench) {
  return workbench.state().clusters.find(({ name }) => name === 'eu');
}

function web(workbench: CoreWorkbench) {
  const found = workbench.state().apps.find(({ app }) => app.name === 'web');
  if (found === undefined) throw new Error('no app web');
  return found;
}

function changes(workbench: CoreWorkbench) {
  const { live } = web(workbench);
  if (live.kind !== 'compared') throw new Error(JSON.stringify(live));
  return live.comparison.changes;
}

describe('connecting', () => {
  it('says before any contact that a context can never be used', async () => {
    const problem = 'config is not a kubeconfig.';
    const memory = memoryCluster({ objects: [] });
    const { workbench } = await open(WEB, memory.cluster, true, { ...EU, problem });
    expect(clusterState(workbench)?.connection).toEqual({
      kind: 'failed',
      cause: 'config',
      message: problem,
    });
    expect(memory.requests).toEqual([]);
  });

  it('contacts nobody until the cluster is opened', async () => {
    const { workbench, requests } = await openWeb({ objects: [config('1'), service] });
    expect(requests).toEqual([]);
    expect(clusterState(workbench)?.connection).toEqual({ kind: 'idle' });
    await workbench.openCluster('eu', never);
    expect(requests.slice(0, 2)).toEqual(['version', 'kinds']);
    expect(clusterState(workbench)?.connection).toEqual({
      kind: 'connected',
      version: 'v1.36.3',
      readAtMs: 1_000_000,
    });
  });

  it.each<[string, AccessRefusal, string]>([
    ['that is down', { kind: 'unreachable', message: 'Nobody answers at eu.' }, 'unreachable'],
    [
      'that wants a login',
      { kind: 'unauthorised', message: 'The login has expired.' },
      'unauthorised',
    ],
    ['that allows nothing', forbidden('get', 'version'), 'forbidden'],
    ['that fails', { kind: 'failed', status: 500, message: 'It failed.' }, 'unreachable'],
    ['with a broken kubeconfig', { kind: 'failed', status: 0, message: 'It is broken.' }, 'config'],
  ])('shows a cluster %s as a state with one sentence', async (_, refusal, cause) => {
    const { workbench } = await open(WEB, refusal);
    await workbench.openCluster('eu', never);
    const { message } = refusal;
    expect(clusterState(workbench)?.connection).toEqual({ kind: 'failed', cause, message });
    expect(web(workbench).working.kind).toBe('rendered');
    await workbench.compareLive(web(workbench).app.key, never);
    expect(web(workbench).live).toEqual({ kind: 'unavailable', reason: message });
  });

  it('keeps the last comparison, marked, when a cluster goes away', async () => {
    const down: { refusal?: AccessRefusal } = {};
    const { workbench } = await openWeb({
      objects: [config('1'), service],
      refuse: () => down.refusal,
    });
    await workbench.openCluster('eu', never);
    const before = web(workbench).live;
    down.refusal = { kind: 'unreachable', message: 'Nobody answers at eu.' };
    await workbench.refreshCluster('eu', never);
    expect(web(workbench).live).toEqual({
      kind: 'unavailable',
      reason: 'Nobody answers at eu.',
      last: before.kind === 'compared' ? before.comparison : undefined,
    });
    down.refusal = undefined;
    await workbench.refreshCluster('eu', never);
    expect(web(workbench).live.kind).toBe('compared');
  });

  it('contacts nobody from an untrusted workspace', async () => {
    const memory = memoryCluster({ objects: [config('1')] });
    const { workbench } = await open(WEB, memory.cluster, false);
    await workbench.openCluster('eu', never);
    expect(clusterState(workbench)?.connection).toMatchObject({
      kind: 'failed',
      cause: 'untrusted',
    });
    expect(memory.requests).toEqual([]);
    workbench.setTrusted(true);
    await workbench.openCluster('eu', never);
    expect(clusterState(workbench)?.connection.kind).toBe('connected');
  });

  it('says that a cluster has no context, and that an app has no cluster', async () => {
    const { workbench } = await open(WEB, memoryCluster().cluster);
    await workbench.openCluster('elsewhere', never);
    workbench.setSettings({ ...settingsWithout(), assignments: {} });
    await workbench.whenIdle();
    await workbench.compareLive(web(workbench).app.key, never);
    expect(web(workbench).live).toEqual({
      kind: 'unavailable',
      reason: 'No cluster is assigned to this app.',
    });
  });

  it('goes back to what it was when the user gives up', async () => {
    const { workbench } = await openWeb({ objects: [config('1'), service] });
    const abort = new AbortController();
    abort.abort();
    await expect(workbench.openCluster('eu', abort.signal)).rejects.toThrow();
    expect(web(workbench).live).toEqual({ kind: 'unread' });
  });
});

function settingsWithout() {
  return {
    contexts: { eu: EU.ref },
    assignments: {},
    kubeconfigs: ['/home/kubeconfig'],
    protectedClusters: [],
    maxEngines: 1,
    renderTimeoutMs: 20_000,
    renderMemoryLimitBytes: 10 ** 9,
    fetchAllowed: false,
  };
}

describe('comparing', () => {
  it('asks nothing of objects that are provably equal', async () => {
    const { workbench, patches } = await openWeb({ objects: [config('1'), service] });
    await workbench.openCluster('eu', never);
    expect(changes(workbench).map(({ id, action }) => `${id.name} ${action}`)).toEqual([
      'config same',
      'web same',
    ]);
    expect(patches).toEqual([]);
  });

  it('shows what differs, what is missing, and reads anew on demand', async () => {
    const { workbench, ...memory } = await openWeb({ objects: [config('2')] });
    await workbench.openCluster('eu', never);
    expect(changes(workbench).map(({ id, action }) => `${id.name} ${action}`)).toEqual([
      'config changed',
      'web added',
    ]);
    memory.cluster.list = () => Promise.resolve({ kind: 'ok', value: [] });
    memory.cluster.get = (_, { name }) =>
      Promise.resolve({ kind: 'ok', value: name === 'web' ? service : config('1') });
    await workbench.compareLive(web(workbench).app.key, never);
    expect(changes(workbench).every(({ action }) => action === 'same')).toBe(true);
  });

  it('says of one forbidden kind that it cannot be compared, and compares the others', async () => {
    const { workbench } = await openWeb({
      objects: [config('2'), service],
      refuse: (request) =>
        request.includes('v1/Service') ? forbidden('get', 'services', 'shop') : undefined,
    });
    await workbench.openCluster('eu', never);
    const [first, second] = changes(workbench);
    expect(first).toMatchObject({ action: 'changed' });
    expect(second).toMatchObject({
      action: 'same',
      predicted: true,
      notes: [
        { kind: 'forbidden', message: 'No right to get services in shop: it cannot be compared.' },
      ],
    });
  });

  it('shows both sides as documents, and refuses what it does not know', async () => {
    const { workbench } = await openWeb({ objects: [config('2'), service] });
    const { key } = web(workbench).app;
    const ask = (kind: 'live' | 'desired', resource: string) =>
      workbench.document({ kind, appKey: key, resource }, never);
    expect(await ask('live', '/ConfigMap/shop/config')).toMatchObject({ kind: 'refusal' });
    await workbench.openCluster('eu', never);
    expect(await ask('live', '/ConfigMap/shop/config')).toMatchObject({
      label: 'live · eu',
      text: expect.stringContaining('a: "2"') as string,
    });
    expect(await ask('desired', '/ConfigMap/shop/config')).toMatchObject({
      label: 'Git · working copy',
      text: expect.stringContaining('a: "1"') as string,
    });
    expect(await ask('live', '/ConfigMap/shop/none')).toMatchObject({ kind: 'refusal' });
    const gone = { kind: 'rendered', appKey: 'nobody' } as const;
    expect(await workbench.document(gone, never)).toMatchObject({ kind: 'refusal' });
  });

  it('cannot sync what a pipeline deploys', async () => {
    const { workbench } = await openWeb({ objects: [] });
    const plan = await workbench.planAction(web(workbench).app.key, never);
    expect(plan).toEqual({
      kind: 'refusal',
      reason: 'web is deployed by a pipeline: no controller can be asked to sync it.',
    });
  });
});

describe('a chart that Helm installed', () => {
  const CHART = {
    'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 1.0.0\n',
    'chart/templates/config.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n  namespace: shop\ndata:\n  a: "1"\n',
  };
  const manifest = (data: string) =>
    `---\n# Source: chart/templates/config.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n  namespace: shop\ndata:\n${data}`;

  const told = {
    namespace: 'default',
    chart: { metadata: { name: 'chart', version: '1.0.0', appVersion: '7' } },
    info: { last_deployed: '2026-01-01T12:00:00Z', description: 'Upgrade complete' },
  };

  function release(version: number, text: string, status = 'deployed'): KubeObject {
    const json = JSON.stringify({ ...told, name: 'chart', version, manifest: text });
    const inner = gzipSync(json).toString('base64');
    return object('v1', 'Secret', `sh.helm.release.v1.chart.v${version}`, {
      metadata: {
        namespace: 'default',
        labels: { version: `${version}`, owner: 'helm', status },
        managedFields: [{ manager: 'helm', operation: 'Update' }],
      },
      data: { release: Buffer.from(inner).toString('base64') },
    });
  }

  async function fieldsOf(releases: readonly KubeObject[], live: KubeObject) {
    const memory = memoryCluster({ objects: [live] });
    const list = memory.cluster.list.bind(memory.cluster);
    memory.cluster.list = (request, signal) =>
      request.labelSelector?.startsWith('owner=helm') === true
        ? Promise.resolve({ kind: 'ok', value: releases })
        : list(request, signal);
    const { workbench } = await open(CHART, memory.cluster);
    await workbench.openCluster('eu', never);
    const [state] = workbench.state().apps;
    if (state?.live.kind !== 'compared') throw new Error(JSON.stringify(state?.live));
    const { changes: all, applied, release: deployed } = state.live.comparison;
    const fields = all.flatMap((change) =>
      change.fields.map(({ pointer, whose }) => `${change.id.name} ${pointer} ${whose}`),
    );
    return { fields, applied, ...(deployed && { deployed }) };
  }

  const helmed = (data: Readonly<Record<string, string>>) =>
    object('v1', 'ConfigMap', 'config', {
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: {
          'meta.helm.sh/release-name': 'chart',
          'meta.helm.sh/release-namespace': 'default',
        },
      },
      data,
    });

  it('calls drift what is not as the newest release left it', async () => {
    const releases = [release(3, manifest('  a: "1"\n')), release(2, manifest('  a: "0"\n'))];
    expect(await fieldsOf(releases, helmed({ a: '5' }))).toMatchObject({
      fields: ['config /data/a drift'],
      applied: { ref: 'release 3', commit: '' },
    });
  });

  it('tells what was deployed, when and by whom, and what came to nothing since', async () => {
    const deployed = {
      name: 'chart',
      namespace: 'default',
      revision: 3,
      chart: 'chart-1.0.0',
      appVersion: '7',
      at: '2026-01-01T12:00:00Z',
      description: 'Upgrade complete',
      by: 'helm',
    };
    const third = release(3, manifest('  a: "1"\n'));
    expect((await fieldsOf([third], helmed({ a: '1' }))).deployed).toEqual(deployed);
    const fourth = release(4, manifest('  a: "2"\n'), 'failed');
    const { deployed: still, fields } = await fieldsOf([third, fourth], helmed({ a: '5' }));
    expect(still).toEqual({ ...deployed, failed: { revision: 4, status: 'failed' } });
    expect(fields).toEqual(['config /data/a drift']);
  });

  it('calls pending what the chart says and the release does not yet', async () => {
    const { fields } = await fieldsOf([release(1, manifest('  a: "0"\n'))], helmed({ a: '0' }));
    expect(fields).toEqual(['config /data/a pending']);
  });

  it('says only that it differs where the release cannot be read', async () => {
    const broken = object('v1', 'Secret', 'x', { data: { release: 'bm90IGd6aXA=' } });
    for (const releases of [[], [broken]]) {
      const { fields, applied } = await fieldsOf(releases, helmed({ a: '5' }));
      expect(fields).toEqual(['config /data/a differs']);
      expect(applied).toBeUndefined();
    }
  });
});

describe('what Argo CD says of itself', () => {
  const argo = (kind: string, name: string, part: Readonly<Record<string, unknown>> = {}) =>
    object(kind === 'Application' ? 'argoproj.io/v1alpha1' : 'v1', kind, name, {
      ...part,
      metadata: { namespace: 'argocd' },
    });
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it('marks objects as argocd-cm says, and knows its clusters by name and address alone', async () => {
    const memory = memoryCluster({
      objects: [
        argo('Application', 'elsewhere', {
          spec: {
            source: { repoURL: 'https://git.acme.example/other.git', path: 'x' },
            destination: { name: 'west', namespace: 'x' },
          },
        }),
        argo('ConfigMap', 'argocd-cm', { data: { 'application.resourceTrackingMethod': 'label' } }),
        argo('Secret', 'cluster-west', {
          data: {
            name: base64('west'),
            server: base64('https://eu.acme.example'),
            config: base64('CANARY-8f3c'),
          },
        }),
      ],
    });
    const { workbench } = await open(WEB, memory.cluster);
    await workbench.openCluster('eu', never);
    const state = workbench.state().apps.find(({ app }) => app.name === 'elsewhere');
    expect(state?.app).toMatchObject({
      presence: 'cluster',
      controlCluster: 'eu',
      destinationCluster: 'eu',
    });
    expect(state?.live).toMatchObject({
      kind: 'unavailable',
      reason: 'Its repository https://git.acme.example/other.git is in no open folder.',
    });
    expect(JSON.stringify(workbench.state())).not.toMatch(/CANARY|Q0FOQVJZ/);
    expect(memory.requests).toContain(
      'list v1/Secret argocd argocd.argoproj.io/secret-type=cluster',
    );
  });
});
