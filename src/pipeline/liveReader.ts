import type { ArgoView, HiddenSecret } from '../model/argo';
import type { Access, AccessRefusal, ServedKind } from '../model/cluster';
import type { Cluster } from '../model/ports';
import type { KubeObject, ResourceId } from '../model/resource';
import { resourceIdOf, resourceKey } from '../model/resource';
import { servedKind } from './clusterSession';
import type { ClusterSession } from './clusterSession';
import type { CollectionRequest } from './collection';
import type { Following } from './following';

/** What a cluster has of the objects asked for. Absent from both maps: the cluster does not have it. */
export interface LiveObjects {
  readonly objects: ReadonlyMap<string, KubeObject>;
  readonly refusals: ReadonlyMap<string, AccessRefusal>;
  /** Keys of kinds that the API server does not serve. */
  readonly unserved: ReadonlySet<string>;
  /** Secrets whose values nobody tells. */
  readonly hidden: ReadonlyMap<string, HiddenSecret>;
}

/** From this many objects of one kind in one namespace on, one list is cheaper than single reads. */
const LIST_FROM = 4;
/** From this many namespaces on, one list over all of them is tried first. */
const ALL_FROM = 4;

interface Demand {
  readonly kind: ServedKind;
  /** Asked-for ids by namespace (`''` for cluster-scoped kinds). */
  readonly byNamespace: ReadonlyMap<string, readonly ResourceId[]>;
}

interface Reading {
  readonly cluster: Cluster;
  /** Of a cluster that somebody looks at: what is read is followed from then on. */
  readonly following: Following | undefined;
  readonly objects: Map<string, KubeObject>;
  readonly refusals: Map<string, AccessRefusal>;
  readonly hidden: Map<string, HiddenSecret>;
  readonly versions: ClusterSession['versions'];
  readonly signal: AbortSignal;
}

/** Reads many objects with few requests: lists per kind and namespace, single reads where few are asked for. */
export async function readLive(
  session: ClusterSession,
  ids: readonly ResourceId[],
  signal: AbortSignal,
): Promise<LiveObjects> {
  const { cluster, following, versions } = session;
  const objects = new Map<string, KubeObject>();
  const refusals = new Map<string, AccessRefusal>();
  const hidden = new Map<string, HiddenSecret>();
  const unserved = new Set<string>();
  const demands = demandsOf(session, ids, unserved);
  if (cluster !== undefined) {
    const reading = { cluster, following, objects, refusals, hidden, versions, signal };
    await Promise.all(demands.map((demand) => readKind(reading, demand)));
  }
  const { argo } = cluster ?? {};
  if (argo === undefined) return { objects, refusals, unserved, hidden };
  // It may serve what no app of its Argo CD has.
  for (const id of ids) {
    const key = resourceKey(id);
    if (unserved.has(key)) refusals.set(key, argo.unknown(id));
  }
  return { objects, refusals, unserved: new Set(), hidden };
}

function demandsOf(
  session: ClusterSession,
  ids: readonly ResourceId[],
  unserved: Set<string>,
): readonly Demand[] {
  const byKind = new Map<string, Map<string, Map<string, ResourceId>>>();
  for (const id of ids) {
    const kindKey = `${id.group}/${id.kind}`;
    const namespaces = byKind.get(kindKey) ?? new Map<string, Map<string, ResourceId>>();
    const named = namespaces.get(id.namespace) ?? new Map<string, ResourceId>();
    named.set(id.name, id);
    byKind.set(kindKey, namespaces.set(id.namespace, named));
  }
  return [...byKind.values()].flatMap((namespaces) => {
    const wanted = [...namespaces.values()].flatMap((named) => [...named.values()]);
    const [first] = wanted;
    const kind = first && servedKind(session, first.group, first.kind);
    if (kind === undefined) {
      for (const id of wanted) unserved.add(resourceKey(id));
      return [];
    }
    const lists = [...namespaces].map(([name, named]) => [name, [...named.values()]] as const);
    return [{ kind, byNamespace: new Map(lists) }];
  });
}

async function readKind(reading: Reading, demand: Demand): Promise<void> {
  const groups = [...demand.byNamespace];
  if (demand.kind.namespaced && groups.length >= ALL_FROM && isListable(demand)) {
    const all = await list(reading, { kind: demand.kind }, idsOf(demand));
    if (all.kind === 'ok') return keep(reading, demand.kind, all.value);
    if (all.kind !== 'forbidden') return refuse(reading, idsOf(demand), all);
  }
  if (isSecret(demand.kind)) return readSecrets(reading, demand);
  await Promise.all(groups.map(([namespace, ids]) => readGroup(reading, demand, namespace, ids)));
}

async function readSecrets(reading: Reading, demand: Demand): Promise<void> {
  const { argo } = reading.cluster;
  if (argo !== undefined) return readHidden(reading, argo, demand);
  await followVersions(reading, demand);
  await Promise.all(
    [...demand.byNamespace].map(([namespace, ids]) => readGroup(reading, demand, namespace, ids)),
  );
}

/** What is to be known of Secrets without their values. */
async function readHidden(reading: Reading, argo: ArgoView, demand: Demand): Promise<void> {
  await Promise.all(
    idsOf(demand).map(async (id) => {
      const access = await argo.secret(id, reading.signal);
      if (access.kind !== 'ok') return refuse(reading, [id], access);
      keep(reading, demand.kind, [access.value.object]);
      reading.hidden.set(resourceKey(id), access.value);
    }),
  );
}

function idsOf({ byNamespace }: Demand): readonly ResourceId[] {
  return [...byNamespace.values()].flat();
}

/** From what is followed where the cluster is, else from the cluster. */
async function list(
  { cluster, following, signal }: Reading,
  request: CollectionRequest,
  ids: readonly ResourceId[],
): Promise<Access<readonly KubeObject[]>> {
  if (following === undefined) return await cluster.list(request, signal);
  return await following.list(request, new Set(ids.map(resourceKey)), signal);
}

/** Secrets are read one by one: a list would bring many that nobody asked for. */
function isListable({ kind }: Demand): boolean {
  return kind.verbs.includes('list') && !isSecret(kind);
}

function isSecret({ group, kind }: ServedKind): boolean {
  return group === '' && kind === 'Secret';
}

/** That a Secret has changed is told by its version alone; what it holds is never kept. */
async function followVersions(reading: Reading, demand: Demand): Promise<void> {
  const { following, signal } = reading;
  if (following === undefined) return;
  const { kind } = demand;
  const groups = [...demand.byNamespace];
  const places =
    groups.length >= ALL_FROM
      ? [[undefined, idsOf(demand)] as const]
      : groups.map(([namespace, ids]) => [namespace, ids] as const);
  await Promise.all(
    places.map(async ([namespace, ids]) => {
      const keys = ids.map(resourceKey);
      const place = namespace === undefined ? {} : { namespace };
      const request = { kind, ...place, metadataOnly: true };
      const versions = await following.list(request, new Set(keys), signal);
      if (versions.kind === 'forbidden') following.remind(keys);
    }),
  );
}

async function readGroup(
  reading: Reading,
  demand: Demand,
  namespace: string,
  ids: readonly ResourceId[],
): Promise<void> {
  const { kind } = demand;
  if (!isListable(demand)) return readEach(reading, kind, ids);
  const request = listFor(reading, kind, { namespace, ids });
  if (request === undefined) return readEach(reading, kind, ids);
  const access = await list(reading, request, ids);
  if (access.kind === 'ok') return keep(reading, kind, access.value);
  // Some may get single objects by name and list none.
  if (access.kind !== 'forbidden') return refuse(reading, ids, access);
  reading.following?.remind(ids.map(resourceKey));
  return readEach(reading, kind, ids);
}

/** `undefined` where single reads are cheaper; what is followed is always a list. */
function listFor(
  { following }: Reading,
  kind: ServedKind,
  { namespace, ids }: { readonly namespace: string; readonly ids: readonly ResourceId[] },
): CollectionRequest | undefined {
  const place = kind.namespaced ? { kind, namespace } : { kind };
  if (ids.length >= LIST_FROM) return place;
  if (following === undefined) return undefined;
  const [only, ...others] = ids;
  return only === undefined || others.length > 0
    ? place
    : { ...place, fieldSelector: `metadata.name=${only.name}` };
}

async function readEach(
  reading: Reading,
  kind: ServedKind,
  ids: readonly ResourceId[],
): Promise<void> {
  await Promise.all(
    ids.map(async (id) => {
      const access = await reading.cluster.get(kind, id, reading.signal);
      if (access.kind === 'ok') keep(reading, kind, [access.value]);
      else refuse(reading, [id], access);
    }),
  );
}

/** Items of a list carry neither apiVersion nor kind from some servers. */
function keep(reading: Reading, kind: ServedKind, found: readonly KubeObject[]): void {
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
  for (const object of found) {
    const typed = object.kind === kind.kind ? object : { ...object, apiVersion, kind: kind.kind };
    const key = resourceKey(resourceIdOf(typed));
    const { uid = '', resourceVersion } = typed.metadata;
    reading.objects.set(key, typed);
    if (resourceVersion !== undefined) reading.versions.set(key, `${uid}/${resourceVersion}`);
  }
}

function refuse(
  reading: Reading,
  ids: readonly ResourceId[],
  refusal: Exclude<Access<never>, { kind: 'ok' }>,
): void {
  if (refusal.kind === 'not-found') return;
  for (const id of ids) reading.refusals.set(resourceKey(id), refusal);
}
