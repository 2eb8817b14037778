import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClusters } from '../../src/live/clusters';
import type { ServedKind } from '../../src/model/cluster';
import type { Cluster } from '../../src/model/ports';
import { createFollowing } from '../../src/pipeline/following';

/** What following a cluster holds: the heap that one collection of so many objects takes. */
export interface MemoryFigures {
  readonly objects: number;
  readonly rows: readonly MemoryRow[];
}

export interface MemoryRow {
  readonly kind: string;
  /** As the API server writes it, with its managed fields and status. */
  readonly objectKb: number;
  readonly heapMb: number;
  /** With names and versions alone, as Secrets are followed. */
  readonly namesMb: number;
}

const OBJECTS = 10_000;
const PAGE = 500;

const KINDS: Readonly<Record<string, (index: number) => object>> = {
  ConfigMap: (index) => ({
    data: {
      'application.properties': `name=app-${index}\nport=8080\n${'# as it was set up\n'.repeat(20)}`,
      level: 'info',
    },
  }),
  Deployment: (index) => {
    const labels = { 'app.kubernetes.io/name': `app-${index}` };
    const env = Array.from({ length: 8 }, (_, at) => ({
      name: `VALUE_${at}`,
      value: `v-${index}`,
    }));
    const probe = { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, periodSeconds: 10 };
    const image = `registry.acme.example/shop/app-${index}:1.4.2`;
    const limits = { cpu: '1', memory: '512Mi' };
    const main = { name: 'main', image, env, livenessProbe: probe, resources: { limits } };
    const condition = (type: string) => ({
      type,
      status: 'True',
      lastUpdateTime: '2026-11-21T10:00:00Z',
      lastTransitionTime: '2026-11-21T10:00:00Z',
      reason: 'MinimumReplicasAvailable',
      message: 'Deployment has minimum availability.',
    });
    return {
      spec: {
        replicas: 3,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [main], restartPolicy: 'Always' } },
      },
      status: { replicas: 3, conditions: ['Available', 'Progressing'].map(condition) },
    };
  },
};

/** An object as it is read, each with texts of its own. */
function objectOf(kind: string, index: number): object {
  const content = KINDS[kind]?.(index) ?? {};
  const name = `object-${index}`;
  const fieldsV1 = fieldsOf(content);
  const entry = (manager: string) => ({
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-11-21T10:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1,
  });
  const applied = JSON.stringify({ kind, metadata: { name }, ...content });
  return {
    metadata: {
      name,
      namespace: `namespace-${index % 40}`,
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      resourceVersion: String(1_000_000 + index),
      creationTimestamp: '2026-11-01T10:00:00Z',
      labels: { 'app.kubernetes.io/instance': `shop-${index % 500}` },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': applied },
      managedFields: ['argocd-controller', 'kube-controller-manager'].map(entry),
    },
    ...content,
  };
}

function fieldsOf(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const fields = Object.entries(value).map(([name, one]) => [`f:${name}`, fieldsOf(one)]);
  return Object.fromEntries(fields) as object;
}

/** Lists pages of objects that are made for the answer, and leaves a watch open. */
function answer(kind: string, request: IncomingMessage, response: ServerResponse): void {
  const query = new URL(request.url ?? '', 'http://localhost').searchParams;
  response.writeHead(200, { 'content-type': 'application/json' });
  if (query.has('watch')) return void response.flushHeaders();
  const from = Number(query.get('continue') ?? 0);
  const items = Array.from({ length: PAGE }, (_, at) => objectOf(kind, from + at));
  const next = from + PAGE < OBJECTS ? { continue: String(from + PAGE) } : {};
  const metadata = { resourceVersion: '9000000', ...next };
  response.end(JSON.stringify({ kind: `${kind}List`, apiVersion: 'v1', metadata, items }));
}

async function connected(kind: string) {
  const server = createServer((request, response) => answer(kind, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-memory-'));
  const file = join(folder, 'config');
  const { port } = server.address() as AddressInfo;
  const config = {
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
    contexts: [{ name: 'c', context: { cluster: 'c' } }],
  };
  writeFileSync(file, JSON.stringify(config));
  const clusters = createClusters({
    kubeconfigFiles: [file],
    workspaceFolders: [],
    environment: {},
    log: { debug() {}, info() {}, warn() {}, error() {} },
    allowExec: () => false,
  });
  const access = await clusters.connect({ file, name: 'c' });
  if (access.kind !== 'ok') throw new Error(access.message);
  const close = (): void => {
    clusters.dispose();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  };
  return { cluster: access.value, close };
}

/** What stays once the collector has been through. */
async function heapMb(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('needs --expose-gc');
  for (let turn = 0; turn < 3; turn += 1) {
    gc();
    await delay(50);
  }
  return process.memoryUsage().heapUsed / 1024 ** 2;
}

async function followed(
  cluster: Cluster,
  kind: ServedKind,
  metadataOnly: boolean,
): Promise<number> {
  const before = await heapMb();
  const following = createFollowing({
    cluster,
    clock: Date.now,
    sleep: (ms, signal) => delay(ms, undefined, { signal }),
    onMoved: () => undefined,
    onEnded: () => undefined,
    onFreshness: () => undefined,
  });
  const listed = await following?.list({ kind, metadataOnly }, 'all', new AbortController().signal);
  if (listed?.kind !== 'ok' || listed.value.length !== OBJECTS) throw new Error('not followed');
  const taken = (await heapMb()) - before;
  following?.dispose();
  return Math.round(taken * 10) / 10;
}

async function measure(kind: string): Promise<MemoryRow> {
  const { cluster, close } = await connected(kind);
  const served: ServedKind = {
    group: kind === 'Deployment' ? 'apps' : '',
    version: 'v1',
    kind,
    resource: `${kind.toLowerCase()}s`,
    namespaced: true,
    verbs: ['get', 'list', 'watch'],
    preferred: true,
  };
  try {
    // Once before, so that code and pools are no part of it.
    await followed(cluster, served, true);
    const heap = await followed(cluster, served, false);
    const names = await followed(cluster, served, true);
    const objectKb = Math.round(JSON.stringify(objectOf(kind, 1)).length / 102.4) / 10;
    return { kind, objectKb, heapMb: heap, namesMb: names };
  } finally {
    close();
  }
}

async function main(): Promise<void> {
  const rows: MemoryRow[] = [];
  for (const kind of Object.keys(KINDS)) rows.push(await measure(kind));
  const figures: MemoryFigures = { objects: OBJECTS, rows };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
  process.exitCode = 1;
});
