import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { adminKubeconfig } from './clusters.mjs';
import { applyCrds } from './crds.mjs';
import { kubectl } from './kubectl.mjs';
import { KubeApi } from './kube.mjs';
import { freePorts, isListening, waitFor } from './net.mjs';

export const ARGOCD_NAMESPACE = 'argocd';
const SMALL_HEAP = { GOGC: '60', GOMAXPROCS: '2' };
const RECONCILIATION_S = 30;

/**
 * Argo CD on its control cluster, with `destinations` registered by cluster Secrets under their
 * names.
 *
 * @param {import('./clusters.mjs').Context} context
 * @param {import('./kubeconfig.mjs').Cluster} control
 * @param {readonly import('./kubeconfig.mjs').Cluster[]} destinations
 * @returns {Promise<{ url: string, username: string, password: string, token: string }>}
 */
export async function startArgoCd(context, control, destinations) {
  await applyObjects(context, control, destinations);
  const [
    redis = 0,
    repo = 0,
    repoMetrics = 0,
    controllerMetrics = 0,
    server = 0,
    serverMetrics = 0,
  ] = await freePorts(6);
  const { signal } = context;
  await startRedis(context, redis);
  const start = await argoStarter(context, control, redis);
  await start('repo-server', [
    `--port=${repo}`,
    '--address=127.0.0.1',
    `--metrics-port=${repoMetrics}`,
    '--metrics-address=127.0.0.1',
    '--disable-tls',
    '--parallelismlimit=2',
    '--revision-cache-expiration=10s',
  ]);
  await waitFor('Argo CD repo-server', () => isListening(repo), { signal });
  const toRepoServer = [`--repo-server=127.0.0.1:${repo}`, '--repo-server-plaintext'];
  await start('application-controller', [
    ...toRepoServer,
    `--metrics-port=${controllerMetrics}`,
    `--app-resync=${RECONCILIATION_S}`,
    '--app-resync-jitter=0',
    '--status-processors=6',
    '--operation-processors=6',
    '--kubectl-parallelism-limit=6',
  ]);
  await start('server', [
    ...toRepoServer,
    '--address=127.0.0.1',
    `--port=${server}`,
    `--metrics-port=${serverMetrics}`,
    '--insecure',
  ]);
  const url = `http://127.0.0.1:${server}`;
  await waitFor('Argo CD server', async () => (await fetch(`${url}/healthz`, { signal })).ok, {
    signal,
  });
  return { url, ...(await logIn(url, control)) };
}

/**
 * @param {import('./clusters.mjs').Context} context
 * @param {import('./kubeconfig.mjs').Cluster} control
 * @param {readonly import('./kubeconfig.mjs').Cluster[]} destinations
 */
async function applyObjects(context, control, destinations) {
  const files = context.assets.argocd ?? '';
  const crds = ['application', 'applicationset', 'appproject'].map((name) =>
    join(files, `${name}-crd.yaml`),
  );
  await applyCrds(context, control, crds);
  const onControl = { ...context, kubeconfig: adminKubeconfig(context.dir, control.name) };
  const api = await KubeApi.forCluster(control);
  try {
    await api.apply(`/api/v1/namespaces/${ARGOCD_NAMESPACE}`, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: ARGOCD_NAMESPACE },
    });
    const settings = ['argocd-cm', 'argocd-rbac-cm', 'argocd-secret', 'argocd-gpg-keys-cm'];
    settings.push('argocd-ssh-known-hosts-cm', 'argocd-tls-certs-cm', 'argocd-cmd-params-cm');
    const from = settings.flatMap((name) => ['-f', join(files, 'config', `${name}.yaml`)]);
    await kubectl(onControl, ['apply', '-n', ARGOCD_NAMESPACE, ...from]);
    for (const { path, object } of ownObjects(destinations)) await api.apply(path, object);
  } finally {
    api.close();
  }
}

/** @param {readonly import('./kubeconfig.mjs').Cluster[]} destinations */
function ownObjects(destinations) {
  const core = `/api/v1/namespaces/${ARGOCD_NAMESPACE}`;
  const settings = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-cm', namespace: ARGOCD_NAMESPACE },
    data: { 'timeout.reconciliation': `${RECONCILIATION_S}s` },
  };
  const project = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'default', namespace: ARGOCD_NAMESPACE },
    spec: {
      sourceRepos: ['*'],
      destinations: [{ server: '*', namespace: '*' }],
      clusterResourceWhitelist: [{ group: '*', kind: '*' }],
    },
  };
  const projects = `/apis/argoproj.io/v1alpha1/namespaces/${ARGOCD_NAMESPACE}/appprojects`;
  return [
    { path: `${core}/configmaps/argocd-cm`, object: settings },
    { path: `${projects}/default`, object: project },
    ...destinations.map((cluster) => ({
      path: `${core}/secrets/cluster-${cluster.name}`,
      object: clusterSecret(cluster),
    })),
  ];
}

/** @param {import('./kubeconfig.mjs').Cluster} cluster */
function clusterSecret(cluster) {
  const config = { bearerToken: cluster.adminToken, tlsClientConfig: { insecure: true } };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `cluster-${cluster.name}`,
      namespace: ARGOCD_NAMESPACE,
      labels: { 'argocd.argoproj.io/secret-type': 'cluster' },
    },
    stringData: { name: cluster.name, server: cluster.server, config: JSON.stringify(config) },
  };
}

/** @param {import('./clusters.mjs').Context} context @param {number} port */
async function startRedis({ processes, signal }, port) {
  await processes.start({
    name: 'argocd-redis',
    command: 'redis-server',
    args: [
      ...['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
      ...['--set-proc-title', 'no'],
    ],
  });
  await waitFor('redis', () => isListening(port), { signal });
}

/**
 * The parts of Argo CD are one binary that goes by the name it is called.
 *
 * @param {import('./clusters.mjs').Context} context
 * @param {import('./kubeconfig.mjs').Cluster} control @param {number} redisPort
 */
async function argoStarter({ dir, tools, processes }, control, redisPort) {
  const folder = join(dir, 'argocd');
  const bin = join(folder, 'bin');
  const kubeconfig = adminKubeconfig(dir, control.name);
  for (const name of ['bin', 'tls', 'ssh', 'tmp', 'home']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await symlink(tools.helm3 ?? '', join(bin, 'helm'));
  await symlink(tools.kustomize ?? '', join(bin, 'kustomize'));
  const env = {
    ...SMALL_HEAP,
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    HOME: join(folder, 'home'),
    TMPDIR: join(folder, 'tmp'),
    KUBECONFIG: kubeconfig,
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GPG_ENABLED: 'false',
    ARGOCD_SYNC_WAVE_DELAY: '1',
    ARGOCD_TLS_DATA_PATH: join(folder, 'tls'),
    ARGOCD_SSH_DATA_PATH: join(folder, 'ssh'),
  };
  /** @param {string} name @param {readonly string[]} args */
  return (name, args) =>
    processes.start({
      name: `argocd-${name}`,
      command: tools.argocd ?? '',
      args: [
        ...args,
        ...(name === 'repo-server'
          ? []
          : [`--kubeconfig=${kubeconfig}`, `--namespace=${ARGOCD_NAMESPACE}`]),
        `--redis=127.0.0.1:${redisPort}`,
        '--loglevel=warn',
      ],
      env: { ...env, ARGOCD_BINARY_NAME: `argocd-${name}` },
    });
}

/** @param {string} url @param {import('./kubeconfig.mjs').Cluster} control */
async function logIn(url, control) {
  const api = await KubeApi.forCluster(control);
  const path = `/api/v1/namespaces/${ARGOCD_NAMESPACE}/secrets/argocd-initial-admin-secret`;
  const secret = await waitFor('the first password of Argo CD', () => api.get(path));
  api.close();
  const username = 'admin';
  const password = Buffer.from(secret.data.password, 'base64').toString();
  const token = await waitFor('a session of Argo CD', async () => {
    const body = JSON.stringify({ username, password });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/api/v1/session`, { method: 'POST', headers, body });
    return response.ok ? (await response.json()).token : undefined;
  });
  return { username, password, token };
}
