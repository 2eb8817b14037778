import type { ListRequest, ServedKind } from '../model/cluster';
import type { Lookup, LookupAnswer } from '../model/clusterFacts';
import type { JsonObject } from '../model/resource';
import { groupOf, versionOf } from '../model/resource';
import type { ClusterSession } from './clusterSession';
import { followNames, getFollowed } from './followedFacts';
import type { Reader } from './followedFacts';
import { allOf } from './topics';

export interface LookupsRead {
  readonly answers: readonly LookupAnswer[];
  /** What could not be read, one sentence each. */
  readonly limits: readonly string[];
}

/** A list that no render should carry. */
const MOST_LISTED = 2_000;

export function lookupKey({ apiVersion, kind, namespace, name }: Lookup): string {
  return JSON.stringify([apiVersion, kind, namespace, name]);
}

/** Asks the cluster what Helm's `lookup` would ask it, with the rights of the user. */
export async function readLookups(
  session: ClusterSession,
  wanted: readonly Lookup[],
  signal: AbortSignal,
): Promise<LookupsRead> {
  const { cluster, following } = session;
  if (cluster === undefined) return { answers: [], limits: [] };
  const reader = { cluster, following };
  const read = await Promise.all(wanted.map((one) => readLookup(session, reader, one, signal)));
  return {
    answers: read.flatMap((one) => (typeof one === 'string' ? [] : [one])),
    limits: read.filter((one): one is string => typeof one === 'string'),
  };
}

/** Helm's `pkg/engine/lookup_func.go`; a sentence where nothing can be said. */
async function readLookup(
  session: ClusterSession,
  reader: Reader,
  wanted: Lookup,
  signal: AbortSignal,
): Promise<LookupAnswer | string> {
  const kind = kindOf(session, wanted);
  if (kind === undefined) return unserved(session, wanted);
  if (wanted.name === '') return await readList(reader, kind, wanted, signal);
  const namespace = kind.namespaced ? wanted.namespace : '';
  // The path that client-go makes without a namespace leads to nothing.
  if (kind.namespaced && namespace === '') return wanted;
  const { group } = kind;
  const id = { group, kind: kind.kind, namespace, name: wanted.name };
  const access = await getFollowed(reader, kind, id, signal);
  if (access.kind === 'ok') return { ...wanted, found: access.value as unknown as JsonObject };
  return access.kind === 'not-found' ? wanted : access.message;
}

/** Helm asks for the very version. */
function kindOf(session: ClusterSession, { apiVersion, kind }: Lookup): ServedKind | undefined {
  const [group, version] = [groupOf(apiVersion), versionOf(apiVersion)];
  return session.kinds.find(
    (one) => one.group === group && one.version === version && one.kind === kind,
  );
}

function unserved(session: ClusterSession, wanted: Lookup): LookupAnswer | string {
  const { apiVersion, kind } = wanted;
  const group = groupOf(apiVersion);
  if (session.served?.missingGroups?.some((missing) => missing.startsWith(group)) === true) {
    return `The API group ${group} does not answer, so ${kind} cannot be looked up.`;
  }
  return { ...wanted, unserved: `${session.name} does not serve ${apiVersion} ${kind}` };
}

async function readList(
  reader: Reader,
  kind: ServedKind,
  wanted: Lookup,
  signal: AbortSignal,
): Promise<LookupAnswer | string> {
  const inNamespace = kind.namespaced && wanted.namespace !== '';
  const request = inNamespace ? { kind, namespace: wanted.namespace } : { kind };
  await followList(reader, request, signal);
  const access = await reader.cluster.list(request, signal);
  if (access.kind === 'not-found') return wanted;
  if (access.kind !== 'ok') return access.message;
  if (access.value.length > MOST_LISTED) {
    return `The chart lists all ${access.value.length} objects of ${kind.resource}, which is too many.`;
  }
  const { apiVersion } = wanted;
  const items = access.value as unknown as readonly JsonObject[];
  return { ...wanted, found: { apiVersion, kind: `${wanted.kind}List`, metadata: {}, items } };
}

/** They change with every heartbeat: a list of them is asked for now and then. */
const RESTLESS: ReadonlySet<string> = new Set([
  'Pod',
  'Event',
  'Lease',
  'Endpoints',
  'EndpointSlice',
]);

/** A list is read at each look; that something in it has moved is told by names and versions. */
async function followList(
  { following }: Reader,
  request: ListRequest,
  signal: AbortSignal,
): Promise<void> {
  if (following === undefined) return;
  const { group, kind, verbs } = request.kind;
  const isQuiet = !RESTLESS.has(kind) && verbs.includes('watch');
  if (isQuiet && (await followNames(following, request, signal))) return;
  following.remind([allOf(group, kind, request.namespace ?? '')]);
}
