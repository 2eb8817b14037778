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
export function writeKubeconfig(
  file: string,
  clusters: readonly Cluster[],
  {
    user,
    suffix,
    namespace,
  }: {
    user: 'admin' | 'viewer' | 'namespaced';
    suffix?: string;
    namespace?: string;
  },
): Promise<void>;
export type Cluster = {
  name: string;
  server: string;
  caFile: string;
  contextName: string;
  adminToken: string;
  viewerToken: string;
  namespacedToken: string;
};
