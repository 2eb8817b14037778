import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { adminKubeconfig } from './clusters.mjs';
import { applyCrds } from './crds.mjs';
import { KubeApi } from './kube.mjs';
import { freePorts, waitFor } from './net.mjs';

export const FLUX_NAMESPACE = 'flux-system';
const SMALL_HEAP = { GOGC: '60', GOMAXPROCS: '2' };
const REQUEUE_DEPENDENCY_S = 3;

/**
 * Flux's source, kustomize and helm controllers for one cluster.
 *
 * @param {import('./clusters.mjs').Context} context
 * @param {import('./kubeconfig.mjs').Cluster} cluster
 */
export async function startFlux(context, cluster) {
  const kubeconfig = adminKubeconfig(context.dir, cluster.name);
  const crds = ['flux-source', 'flux-kustomize', 'flux-helm'].map((name) =>
    join(context.assets[name] ?? '', 'crds'),
  );
  await applyCrds(context, cluster, crds);
  const api = await KubeApi.forCluster(cluster);
  try {
    await api.apply(`/api/v1/namespaces/${FLUX_NAMESPACE}`, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: FLUX_NAMESPACE },
    });
  } finally {
    api.close();
  }
  const [storage = 0] = await freePorts(1);
  const folder = join(context.dir, 'flux', 'artifacts');
  await mkdir(folder, { recursive: true });
  await Promise.all([
    startController(context, 'source', kubeconfig, [
      `--storage-path=${folder}`,
      `--storage-addr=127.0.0.1:${storage}`,
      `--storage-adv-addr=127.0.0.1:${storage}`,
    ]),
    startController(context, 'kustomize', kubeconfig, ['--concurrent=2', '--concurrent-ssa=2']),
    startController(context, 'helm', kubeconfig, ['--concurrent=2']),
  ]);
}

/**
 * @param {import('./clusters.mjs').Context} context @param {string} name
 * @param {string} kubeconfig @param {readonly string[]} args
 */
async function startController({ dir, tools, processes, signal }, name, kubeconfig, args) {
  const [health = 0] = await freePorts(1);
  const temporary = join(dir, 'flux', `${name}-tmp`);
  await mkdir(temporary, { recursive: true });
  await processes.start({
    name: `flux-${name}-controller`,
    command: tools[`flux-${name}-controller`] ?? '',
    args: [
      ...args,
      '--metrics-addr=0',
      `--health-addr=127.0.0.1:${health}`,
      '--enable-leader-election=false',
      '--log-level=info',
      '--interval-jitter-percentage=0',
      `--requeue-dependency=${REQUEUE_DEPENDENCY_S}s`,
      '--watch-all-namespaces=true',
    ],
    env: {
      ...SMALL_HEAP,
      KUBECONFIG: kubeconfig,
      RUNTIME_NAMESPACE: FLUX_NAMESPACE,
      TMPDIR: temporary,
    },
  });
  const url = `http://127.0.0.1:${health}/readyz`;
  await waitFor(`Flux ${name}-controller`, async () => (await fetch(url, { signal })).ok, {
    signal,
  });
}
