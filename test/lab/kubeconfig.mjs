import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

/**
 * @typedef {object} Cluster
 * @property {string} name
 * @property {string} server
 * @property {string} caFile
 * @property {string} contextName
 * @property {string} adminToken
 * @property {string} viewerToken
 * @property {string} namespacedToken
 */

/**
 * Writes a kubeconfig with one context for each cluster.
 *
 * @param {string} file
 * @param {readonly Cluster[]} clusters
 * @param {{ user: 'admin' | 'viewer' | 'namespaced', suffix?: string, namespace?: string }} login
 */
export async function writeKubeconfig(file, clusters, { user, suffix = '', namespace }) {
  /** @param {Cluster} cluster */
  const token = (cluster) =>
    ({
      admin: cluster.adminToken,
      viewer: cluster.viewerToken,
      namespaced: cluster.namespacedToken,
    })[user];
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': `${clusters[0]?.name}${suffix}`,
    clusters: clusters.map((cluster) => ({
      name: cluster.name,
      cluster: { server: cluster.server, 'certificate-authority-data': certificate(cluster) },
    })),
    users: clusters.map((cluster) => ({
      name: `${cluster.name}-${user}`,
      user: { token: token(cluster) },
    })),
    contexts: clusters.map((cluster) => ({
      name: `${cluster.name}${suffix}`,
      context: {
        cluster: cluster.name,
        user: `${cluster.name}-${user}`,
        ...(namespace === undefined ? {} : { namespace }),
      },
    })),
  };
  // JSON is YAML; every reader of kubeconfigs takes it.
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}

/** @param {Cluster} cluster */
function certificate(cluster) {
  return readFileSync(cluster.caFile).toString('base64');
}
