import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KubeApi } from './kube.mjs';
import { writeKubeconfig } from './kubeconfig.mjs';
import { freePorts, isListening, waitFor } from './net.mjs';

/** @typedef {import('./kubeconfig.mjs').Cluster} Cluster */
/** @typedef {{ dir: string, tools: Record<string, string>, assets: Record<string, string>,
 *   processes: import('./processes.mjs').Processes, log?: (line: string) => void,
 *   signal?: AbortSignal, ports?: Record<string, number> }} Context */

const MANIFESTS = join(dirname(fileURLToPath(import.meta.url)), 'manifests');

export const TOOLS_OF_CLUSTERS = [
  'kubectl',
  'kube-apiserver',
  'etcd',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
];
/** The one namespace that the third user may read. */
export const NAMESPACE_OF_NAMESPACED_USER = 'shop';

/** Enough for a lab; each controller less is memory and watches less on two clusters. */
const CONTROLLERS = [
  'cronjob-controller',
  'daemonset-controller',
  'deployment-controller',
  'disruption-controller',
  'endpointslice-controller',
  'garbage-collector-controller',
  'job-controller',
  'namespace-controller',
  'replicaset-controller',
  'clusterrole-aggregation-controller',
  'serviceaccount-controller',
  'statefulset-controller',
  'ttl-after-finished-controller',
];
/** The Go collector's usual doubling of the heap costs more memory here than time. */
const SMALL_HEAP = { GOGC: '60', GOMAXPROCS: '2' };

/**
 * Starts one etcd and an API server for each name, then the controllers that make pods out of
 * Deployments and the node that plays at running them.
 *
 * @param {Context} context @param {readonly string[]} names @returns {Promise<Cluster[]>}
 */
export async function startClusters(context, names) {
  const etcd = await startEtcd(context);
  const clusters = await Promise.all(names.map((name) => startApiServer(context, name, etcd)));
  await Promise.all(clusters.map((cluster) => startNode(context, cluster)));
  return clusters;
}

/** @param {Context} context @returns {Promise<string>} the address of the store */
async function startEtcd({ dir, tools, processes, signal }) {
  const [clientPort = 0, peerPort = 0] = await freePorts(2);
  const url = `http://127.0.0.1:${clientPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  await processes.start({
    name: 'etcd',
    command: tools.etcd ?? '',
    args: [
      `--data-dir=${join(dir, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    env: SMALL_HEAP,
  });
  await waitFor('etcd', async () => (await fetch(`${url}/health`, { signal })).ok, { signal });
  return url;
}

/** @param {Context} context @param {string} name @param {string} etcd @returns {Promise<Cluster>} */
async function startApiServer(context, name, etcd) {
  const [free = 0] = await freePorts(1);
  const port = context.ports?.[name] ?? free;
  const folder = join(context.dir, name);
  const certificates = join(folder, 'certificates');
  await mkdir(certificates, { recursive: true });
  const cluster = {
    name,
    server: `https://127.0.0.1:${port}`,
    caFile: join(certificates, 'apiserver.crt'),
    contextName: name,
    adminToken: token(),
    viewerToken: token(),
    namespacedToken: token(),
  };
  await writeFile(join(folder, 'tokens.csv'), tokenFile(cluster), { mode: 0o600 });
  await writeServiceAccountKey(join(folder, 'service-account.key'));
  await context.processes.start({
    name: `${name}-apiserver`,
    command: context.tools['kube-apiserver'] ?? '',
    args: apiServerArguments({ etcd, name, port, folder, certificates }),
    env: { ...SMALL_HEAP, GOGC: '80' },
  });
  await waitForApiServer(cluster, port, context.signal);
  await writeKubeconfig(adminKubeconfig(context.dir, name), [cluster], { user: 'admin' });
  return cluster;
}

/** @param {{ etcd: string, name: string, port: number, folder: string, certificates: string }} o */
function apiServerArguments({ etcd, name, port, folder, certificates }) {
  return [
    `--etcd-servers=${etcd}`,
    `--etcd-prefix=/${name}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--secure-port=${port}`,
    `--cert-dir=${certificates}`,
    '--authorization-mode=RBAC',
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--anonymous-auth=true',
    // The second one taints a new node until a node lifecycle controller, absent here, clears it.
    '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'service-account.key')}`,
    `--service-account-signing-key-file=${join(folder, 'service-account.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--enable-priority-and-fairness=false',
    '--profiling=false',
    '--shutdown-delay-duration=0s',
    '--v=0',
  ];
}

/** @param {Cluster} cluster @param {number} port @param {AbortSignal} [signal] */
async function waitForApiServer(cluster, port, signal) {
  await waitFor(`API server ${cluster.name}`, () => isListening(port), { signal });
  const api = await KubeApi.forCluster(cluster);
  try {
    await waitFor(
      `API server ${cluster.name}`,
      async () => (await api.send('GET', '/readyz')).status === 200,
      { signal },
    );
  } finally {
    api.close();
  }
}

/** @param {Context} context @param {Cluster} cluster */
async function startNode(context, cluster) {
  const { dir, tools, processes, assets } = context;
  const kubeconfig = adminKubeconfig(dir, cluster.name);
  const stages = join(dir, cluster.name, 'stages.yaml');
  await writeFile(stages, await stageDocuments(assets.kwok ?? ''));
  await Promise.all([prepareAccess(cluster), startControllers(context, cluster, kubeconfig)]);
  await processes.start({
    name: `${cluster.name}-kwok`,
    command: tools.kwok ?? '',
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--config=${stages}`,
      '--manage-all-nodes=true',
      '--node-lease-duration-seconds=0',
    ],
    env: { ...SMALL_HEAP, KWOK_WORKDIR: join(dir, cluster.name, 'kwok') },
  });
  const api = await KubeApi.forCluster(cluster);
  try {
    await waitFor(`node of ${cluster.name}`, () => nodeReady(api), { signal: context.signal });
  } finally {
    api.close();
  }
}

/** @param {Context} context @param {Cluster} cluster @param {string} kubeconfig */
async function startControllers({ dir, tools, processes }, cluster, kubeconfig) {
  const key = join(dir, cluster.name, 'service-account.key');
  await processes.start({
    name: `${cluster.name}-controller-manager`,
    command: tools['kube-controller-manager'] ?? '',
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--controllers=${CONTROLLERS.join(',')}`,
      `--service-account-private-key-file=${key}`,
      '--leader-elect=false',
      '--secure-port=0',
      '--kube-api-qps=100',
      '--kube-api-burst=200',
      '--concurrent-gc-syncs=4',
      '--min-resync-period=12h',
    ],
    env: SMALL_HEAP,
  });
  await processes.start({
    name: `${cluster.name}-scheduler`,
    command: tools['kube-scheduler'] ?? '',
    args: [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0'],
    env: SMALL_HEAP,
  });
}

/** Node, namespace and rights of the users. @param {Cluster} cluster */
async function prepareAccess(cluster) {
  const api = await KubeApi.forCluster(cluster);
  const text = await readFile(join(MANIFESTS, 'base.json'), 'utf8');
  try {
    for (const { path, object } of JSON.parse(text)) await api.apply(path, object);
  } finally {
    api.close();
  }
}

/** @param {KubeApi} api */
async function nodeReady(api) {
  const node = await api.get('/api/v1/nodes/node-1');
  return node.status?.conditions?.some(
    (/** @type {{ type: string, status: string }} */ condition) =>
      condition.type === 'Ready' && condition.status === 'True',
  );
}

/** @param {string} folder of kwok's own stages @returns {Promise<string>} one YAML stream */
async function stageDocuments(folder) {
  const own = ['node-initialize.yaml', 'pod-ready.yaml', 'pod-complete.yaml', 'pod-delete.yaml'];
  const files = [...own.map((name) => join(folder, name)), join(MANIFESTS, 'stages.yaml')];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return texts.join('\n---\n');
}

/** @param {string} dir @param {string} name */
export function adminKubeconfig(dir, name) {
  return join(dir, name, 'admin.kubeconfig');
}

/** @param {Cluster} cluster */
function tokenFile(cluster) {
  return [
    `${cluster.adminToken},admin,1,"system:masters"`,
    `${cluster.viewerToken},viewer,2,"lab:viewers"`,
    `${cluster.namespacedToken},namespaced,3,"lab:namespaced"`,
    '',
  ].join('\n');
}

/** @param {string} file */
async function writeServiceAccountKey(file) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(file, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
}

function token() {
  return randomBytes(18).toString('hex');
}
