import type { App } from '../model/app';
import { argoServerOf, IN_CLUSTER } from '../model/argo';
import type { Cluster } from '../model/ports';
import { normaliseServer } from '../repo/clusterMap';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';

/**
 * Whether settings or the repository protect what an action on the app writes to: the cluster that is
 * asked, the one that its objects go to, or the Argo CD between them, by whatever name or address.
 */
export function isProtected(core: Core, session: ClusterSession, app: App): boolean {
  const protectedOnes = new Set(rulesOf(core).map(addressOf));
  return identitiesOf(core, session, app).some((one) => protectedOnes.has(addressOf(one)));
}

function rulesOf({ settings, roots }: Core): readonly string[] {
  const declared = [...roots.values()].flatMap(
    (entry) => entry.discovery?.config.clusters.filter((one) => one.protected) ?? [],
  );
  return [
    ...settings.protectedClusters,
    ...declared.flatMap(({ name, destinations }) => [name, ...destinations]),
  ];
}

function identitiesOf(core: Core, session: ClusterSession, app: App): readonly string[] {
  const name = app.destinationCluster;
  const destination = name === undefined ? undefined : core.clusters.get(name)?.cluster;
  const known = core.store.state().clusters.find((one) => one.name === name);
  return [
    session.name,
    ...(name === undefined ? [] : [name]),
    ...(known?.server === undefined ? [] : [known.server]),
    ...[session.cluster, destination].flatMap((one) => (one === undefined ? [] : wordsOf(one))),
    ...writtenBy(session, app),
  ];
}

function wordsOf({ context, server }: Cluster): readonly string[] {
  const host = argoServerOf(context);
  const argo = host === undefined ? [] : [context.file, `https://${host}`, `http://${host}`];
  return [context.name, server, ...argo];
}

/** As the definition has it, and what the cluster secret of its Argo CD says beside that. */
function writtenBy({ argoClusters }: ClusterSession, { destination }: App): readonly string[] {
  const { cluster } = destination;
  switch (cluster.kind) {
    case 'control':
      return [IN_CLUSTER.server];
    case 'server':
    case 'name': {
      const written = cluster.kind === 'server' ? cluster.server : cluster.name;
      const same = argoClusters.filter(({ name, server }) =>
        [name, server].some((one) => addressOf(one) === addressOf(written)),
      );
      return [written, ...same.flatMap(({ name, server }) => [name, server])];
    }
    case 'context':
      return [cluster.name];
    default:
      return [];
  }
}

/** Names stay as they are. */
function addressOf(text: string): string {
  const host = argoServerOf({ file: text.trim(), name: '' });
  if (host === undefined) return normaliseServer(text);
  return `argocd ${normaliseServer(`https://${host.replace(/^\/+/, '')}`)}`;
}
