import type { Disposable } from '../../base/dispose';
import { argoContext, argoServerOf, IN_CLUSTER } from '../../model/argo';
import type { Access, ContextRef, KubeContext } from '../../model/cluster';
import type { ArgoServers, Cluster, Clusters, Log } from '../../model/ports';
import { createArgoCluster } from './cluster';
import type { ArgoInstance } from './instance';
import { createArgoInstance } from './instance';
import { broken, sleepFor } from '../openContext';
import { printable } from '../printable';
import type { Sleep } from '../rest';

export interface ArgoOptions {
  readonly servers: ArgoServers;
  readonly log: Log;
  readonly clock?: () => number;
  readonly sleep?: Sleep;
  /** In [0, 1). */
  readonly random?: () => number;
}

/**
 * Contexts of kubeconfigs, and besides them one for each Argo CD that the user is logged in to: the
 * cluster that it runs in. Once that one was opened, the other clusters that it sends objects to are
 * contexts as well, but for those that a kubeconfig reaches by the same address.
 */
export function withArgo(kube: Clusters & Disposable, options: ArgoOptions): Clusters & Disposable {
  const { servers } = options;
  const instances = new Map<string, ArgoInstance>();
  const clusters = new Map<string, Cluster>();

  const instanceOf = (server: string): ArgoInstance => {
    const known = instances.get(server) ?? createArgoInstance({ ...defaults(options), server });
    instances.set(server, known);
    return known;
  };
  const connect = async (ref: ContextRef, server: string): Promise<Access<Cluster>> => {
    if (!(await servers.known()).includes(server)) {
      return broken(`There is no login to the Argo CD at ${printable(server)} any more.`);
    }
    const key = JSON.stringify([server, ref.name]);
    const value = clusters.get(key) ?? createArgoCluster(instanceOf(server), ref.name);
    clusters.set(key, value);
    return { kind: 'ok', value };
  };
  return {
    async contexts() {
      const [reached, known] = await Promise.all([kube.contexts(), servers.known()]);
      const addresses = new Set(reached.map(({ server }) => address(server)));
      const told = known.flatMap((server) => contextsOf(server, instances.get(server)));
      return [...reached, ...told.filter(({ server }) => !addresses.has(address(server)))];
    },
    connect(ref) {
      const server = argoServerOf(ref);
      return server === undefined ? kube.connect(ref) : connect(ref, server);
    },
    async signIn(ref, signal) {
      const server = argoServerOf(ref);
      if (server === undefined) {
        return kube.signIn?.(ref, signal) ?? broken('This context has no login program.');
      }
      // The login is made in a terminal: it is there, or the next look says again what to run.
      return { kind: 'ok', value: contextsOf(server, instances.get(server)).map((one) => one.ref) };
    },
    // Its own logins are followed by themselves.
    fingerprint: async (ref) =>
      argoServerOf(ref) === undefined ? ((await kube.fingerprint?.(ref)) ?? '') : '',
    async stamp() {
      const [files, known] = await Promise.all([kube.stamp?.(), servers.known()]);
      return JSON.stringify([files, [...known].sort()]);
    },
    dispose() {
      kube.dispose();
      for (const instance of instances.values()) instance.dispose();
      instances.clear();
      clusters.clear();
    },
  };
}

function address(server: string): string {
  return server.toLowerCase().replace(/\/+$/, '');
}

function defaults({ servers, log, ...options }: ArgoOptions) {
  return {
    servers,
    log,
    clock: options.clock ?? Date.now,
    sleep: options.sleep ?? sleepFor,
    random: options.random ?? Math.random,
  };
}

function contextsOf(server: string, instance: ArgoInstance | undefined): readonly KubeContext[] {
  const others = (instance?.destinations ?? []).filter(({ name }) => name !== IN_CLUSTER.name);
  return [IN_CLUSTER, ...others].map((destination) => ({
    ref: argoContext(server, destination.name),
    server: destination.server,
  }));
}
