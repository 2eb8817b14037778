import type { Access, ListRequest, ServedKind } from '../model/cluster';
import type { Cluster } from '../model/ports';
import type { KubeObject, ResourceId } from '../model/resource';
import { resourceIdOf, resourceKey } from '../model/resource';
import type { ClusterSession } from './clusterSession';
import { servedKind } from './clusterSession';
import type { Following } from './following';
import type { Core } from './core';
import { RELEASES, storageOf } from './releases';
import { DEFINITIONS } from './topics';

/** Where something is read of a cluster, and followed if the cluster is. */
export interface Reader {
  readonly cluster: Cluster;
  readonly following: Following | undefined;
}

/** Of a name that a field selector takes as it is. */
const PLAIN_NAME = /^[\w.:-]+$/;

/**
 * One object by its name, as `Cluster.get`. Where the cluster is followed, it is watched from then on
 * and tells when it moves; of a Secret its version is, and what it holds is read each time.
 */
export async function getFollowed(
  { cluster, following }: Reader,
  kind: ServedKind,
  id: ResourceId,
  signal: AbortSignal,
): Promise<Access<KubeObject>> {
  if (following === undefined) return await cluster.get(kind, id, signal);
  const key = resourceKey(id);
  const listed = await listOne(following, kind, id, signal);
  if (listed?.kind === 'ok' && !isSecret(kind)) {
    const found = listed.value.find((one) => resourceKey(resourceIdOf(one)) === key);
    return found === undefined ? absent(kind, id) : { kind: 'ok', value: found };
  }
  // Some may get single objects by name, and list or watch none.
  if (listed === undefined || listed.kind === 'forbidden') following.remind([key]);
  return await cluster.get(kind, id, signal);
}

async function listOne(
  following: Following,
  kind: ServedKind,
  { namespace, name, ...id }: ResourceId,
  signal: AbortSignal,
): Promise<Access<readonly KubeObject[]> | undefined> {
  if (!kind.verbs.includes('list') || !PLAIN_NAME.test(name)) return undefined;
  const request = {
    kind,
    fieldSelector: `metadata.name=${name}`,
    ...(kind.namespaced && { namespace }),
    ...(isSecret(kind) && { metadataOnly: true }),
  };
  return await following.list(request, new Set([resourceKey({ ...id, namespace, name })]), signal);
}

function isSecret({ group, kind }: ServedKind): boolean {
  return group === '' && kind === 'Secret';
}

function absent({ resource }: ServedKind, { name }: ResourceId): Access<never> {
  return { kind: 'not-found', message: `${resource} "${name}" not found` };
}

/** Hears of every object that comes, changes or goes, by its name and version alone; false where that is denied. */
export async function followNames(
  following: Following,
  request: ListRequest,
  signal: AbortSignal,
): Promise<boolean> {
  const names = await following.list({ ...request, metadataOnly: true }, 'all', signal);
  // Any other refusal passes, and what is followed goes on by itself.
  return names.kind !== 'forbidden';
}

/** Hears of new and changed definitions of kinds; where they may not be listed, looks now and then. */
export async function followDefinitions(
  session: ClusterSession,
  signal: AbortSignal,
): Promise<void> {
  const { following } = session;
  const kind = servedKind(session, 'apiextensions.k8s.io', 'CustomResourceDefinition');
  if (following === undefined || kind === undefined) return;
  if (!(await followNames(following, { kind }, signal))) following.remind([DEFINITIONS], true);
}

/** From this many namespaces on, one list over all of them is tried first. */
const ALL_FROM = 4;
/** Where each namespace has to be followed by itself. */
const MOST_NAMESPACES = 12;

/** Hears of every release that Helm makes where the cluster's apps keep theirs. */
export async function followReleases(
  core: Core,
  session: ClusterSession,
  signal: AbortSignal,
): Promise<void> {
  const { following, name } = session;
  const kind = servedKind(session, '', 'Secret');
  if (following === undefined || kind === undefined) return;
  const apps = core.store.state().apps.filter(({ app }) => app.destinationCluster === name);
  const places = new Set(apps.flatMap(({ app }) => storageOf(app)?.namespace ?? []));
  const request = { kind, labelSelector: RELEASES };
  if (places.size >= ALL_FROM && (await followNames(following, request, signal))) return;
  const followed = [...places].slice(0, MOST_NAMESPACES);
  await Promise.all(
    followed.map((namespace) => followNames(following, { ...request, namespace }, signal)),
  );
}
