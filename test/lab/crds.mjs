import { adminKubeconfig } from './clusters.mjs';
import { kubectl } from './kubectl.mjs';
import { KubeApi } from './kube.mjs';
import { waitFor } from './net.mjs';

/**
 * Applies definitions and waits until the API server serves each of them: a controller that starts
 * earlier ends with "no matches for kind".
 *
 * @param {import('./clusters.mjs').Context} context
 * @param {import('./kubeconfig.mjs').Cluster} cluster
 * @param {readonly string[]} paths files or folders
 */
export async function applyCrds(context, cluster, paths) {
  const access = { ...context, kubeconfig: adminKubeconfig(context.dir, cluster.name) };
  const files = paths.flatMap((path) => ['-f', path]);
  // Server-side: some are too large for the last-applied annotation of the other apply.
  const applied = await kubectl(access, ['apply', '--server-side', '-o', 'json', ...files]);
  const api = await KubeApi.forCluster(cluster);
  try {
    for (const definition of definitionsOf(JSON.parse(applied))) {
      await waitFor(
        `kind ${definition.spec.names.kind} on ${cluster.name}`,
        () => isServed(api, definition),
        { signal: context.signal },
      );
    }
  } finally {
    api.close();
  }
}

/** @param {any} output of kubectl: an object or a list @returns {any[]} */
function definitionsOf(output) {
  return output.kind === 'List' ? output.items : [output];
}

/** @param {KubeApi} api @param {any} definition */
async function isServed(api, { spec }) {
  for (const version of spec.versions) {
    if (!version.served) continue;
    const listed = await api.get(`/apis/${spec.group}/${version.name}`);
    const names = listed?.resources?.map((/** @type {{ name: string }} */ { name }) => name) ?? [];
    if (!names.includes(spec.names.plural)) return false;
  }
  return true;
}
