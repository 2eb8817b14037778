import type { ConnectionState } from '../model/appState';
import type { Access, AccessRefusal, ContextRef } from '../model/cluster';
import type { Cluster, Clusters } from '../model/ports';
import type { Capabilities } from '../model/render';
import type { Freshness } from '../model/watch';
import { readArgoSettings } from './argoSettings';
import { rememberCluster } from './capabilities';
import { createClusterSession, servedKind } from './clusterSession';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';
import { sourceStates } from '../sync/sources';
import { readFluxSettings } from './fluxSettings';
import { followDefinitions } from './followedFacts';
import { createFollowing } from './following';
import { listWhereAllowed } from './listing';
import { sameData } from './share';
import { withVerdicts } from './verdicts';

/** The custom resources that define apps, and the Flux sources that they are made from. */
const REPORTING_KINDS = [
  ['argoproj.io', 'Application'],
  ['kustomize.toolkit.fluxcd.io', 'Kustomization'],
  ['helm.toolkit.fluxcd.io', 'HelmRelease'],
  ['source.toolkit.fluxcd.io', 'GitRepository'],
  ['source.toolkit.fluxcd.io', 'OCIRepository'],
  ['source.toolkit.fluxcd.io', 'HelmRepository'],
  ['source.toolkit.fluxcd.io', 'Bucket'],
] as const;

export function isReportingKind(group: string, kind: string): boolean {
  return REPORTING_KINDS.some((one) => one[0] === group && one[1] === kind);
}

export function kubeOf(core: Core): Clusters {
  core.kube ??= core.deps.clusters({
    kubeconfigFiles: core.settings.kubeconfigs,
    workspaceFolders: core.folders,
  });
  return core.kube;
}

export function sessionOf(core: Core, name: string): ClusterSession {
  const session = core.clusters.get(name) ?? createClusterSession(name);
  core.clusters.set(name, session);
  return session;
}

/** Connects and reads what the cluster says of itself and its apps; true when that worked. */
export async function connect(core: Core, name: string, signal: AbortSignal): Promise<boolean> {
  const session = sessionOf(core, name);
  const context = core.store.state().clusters.find((cluster) => cluster.name === name)?.context;
  if (context === undefined) {
    setConnection(core, session, failed('config', `No context is chosen for ${name}.`));
    return false;
  }
  if (session.connection.kind !== 'connected') setConnection(core, session, { kind: 'connecting' });
  try {
    const refusal = await readCluster(core, session, context, signal);
    if (refusal === undefined) return true;
    setConnection(core, session, failedBy(refusal));
    return false;
  } catch (error) {
    if (session.connection.kind === 'connecting') setConnection(core, session, { kind: 'idle' });
    throw error;
  }
}

async function readCluster(
  core: Core,
  session: ClusterSession,
  context: ContextRef,
  signal: AbortSignal,
): Promise<AccessRefusal | undefined> {
  const connected = await kubeOf(core).connect(context);
  if (connected.kind !== 'ok') return connected;
  const cluster = connected.value;
  const [version, kinds] = await Promise.all([cluster.version(signal), cluster.kinds(signal)]);
  if (version.kind !== 'ok') return version;
  if (kinds.kind !== 'ok') return kinds;
  session.cluster = withVerdicts(cluster, {
    verdicts: session.verdicts,
    versions: session.versions,
    clock: core.deps.clock,
    digest: core.deps.digest,
  });
  renewFollowing(core, session, cluster);
  session.kinds = kinds.value.kinds;
  rememberServed(session, version.value, kinds.value.missingGroups);
  session.capabilities = shared(session, valueOf(await cluster.capabilities(signal)));
  await rememberCluster(core, session);
  const silent = kinds.value.missingGroups.map(
    (group) => `The API group ${group} does not answer.`,
  );
  session.limits = silent;
  const [unread] = await Promise.all([
    readReported(core, session, cluster, signal),
    followDefinitions(session, signal),
  ]);
  session.limits = [...silent, ...unread];
  await readArgoSettings(core, session, cluster, signal);
  await readFluxSettings(session, cluster, signal);
  // It names further clusters.
  if (cluster.argo !== undefined) core.contexts = await kubeOf(core).contexts();
  const readAtMs = core.deps.clock();
  setConnection(core, session, { kind: 'connected', version: version.value, readAtMs });
  return undefined;
}

/** Documents and denied rights are asked for again once what the cluster serves has changed. */
export function rememberServed(
  session: ClusterSession,
  version: string,
  missingGroups: readonly string[],
): void {
  const served = { name: session.name, version, served: session.kinds, missingGroups };
  session.patchRights.clear();
  if (sameData(session.served, served)) return;
  session.served = served;
  session.openApi = new Map();
  session.openApiAsked.clear();
}

/** The same object while a cluster can do the same: nothing is rendered again for it. */
function shared(
  { capabilities }: ClusterSession,
  now: Capabilities | undefined,
): Capabilities | undefined {
  return sameData(capabilities, now) ? capabilities : now;
}

/** The custom resources that define apps, as they are now. */
export async function readReported(
  core: Core,
  session: ClusterSession,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const namespaces = controlNamespaces(core, session.name);
  const kinds = REPORTING_KINDS.flatMap(([group, kind]) => servedKind(session, group, kind) ?? []);
  const lists = await Promise.all(
    kinds.map((kind) => listWhereAllowed(listsOf(session, cluster), { kind, namespaces }, signal)),
  );
  session.reported = lists.flatMap((list) => list.objects);
  return lists.flatMap((list) => list.limits);
}

/** From what is followed, where the cluster is: it tells of each change. */
function listsOf({ following }: ClusterSession, cluster: Cluster): Pick<Cluster, 'list'> {
  if (following === undefined) return cluster;
  return { list: (request, signal) => following.list(request, 'all', signal) };
}

/** What somebody looks at is followed; what was is read anew. */
function renewFollowing(core: Core, session: ClusterSession, cluster: Cluster): void {
  if (session.following?.cluster !== cluster || !session.isLookedAt) {
    session.following?.dispose();
    session.following = undefined;
  }
  if (!session.isLookedAt) return;
  session.following ??= createFollowing({
    cluster,
    clock: core.deps.clock,
    sleep: core.deps.sleep,
    onMoved: (keys) => session.told?.({ kind: 'moved', keys }),
    onEnded: (collection) => session.told?.({ kind: 'ended', collection }),
    onFreshness: () => session.told?.({ kind: 'freshness' }),
  });
  session.following?.renew();
}

/** Namespaces in which Git says that the cluster has custom resources. */
function controlNamespaces(core: Core, name: string): readonly string[] {
  const apps = core.store.state().apps.filter(({ app }) => app.controlCluster === name);
  return [...new Set(apps.map(({ app }) => app.namespace).filter((namespace) => namespace !== ''))];
}

function valueOf<T>(access: Access<T>): T | undefined {
  return access.kind === 'ok' ? access.value : undefined;
}

type Cause = Extract<ConnectionState, { kind: 'failed' }>['cause'];

function causeOf(refusal: AccessRefusal): Cause {
  switch (refusal.kind) {
    case 'unreachable':
    case 'unauthorised':
    case 'forbidden':
      return refusal.kind;
    case 'failed':
      return refusal.status === 0 ? 'config' : 'unreachable';
    default:
      return 'config';
  }
}

/** What a refusal makes of a connection. */
export function failedBy(refusal: AccessRefusal): ConnectionState {
  const cause = causeOf(refusal);
  const { message } = refusal;
  const needsConsent = refusal.kind === 'unauthorised' && refusal.needsConsent === true;
  const canSignIn = refusal.kind === 'unauthorised' && refusal.canSignIn === true;
  const command = refusal.kind === 'unauthorised' ? refusal.command : undefined;
  return {
    kind: 'failed',
    cause,
    message,
    ...(needsConsent && { needsConsent }),
    ...(canSignIn && { canSignIn }),
    ...(command !== undefined && { command }),
  };
}

export function failed(cause: Cause, message: string, canSignIn = false): ConnectionState {
  return { kind: 'failed', cause, message, ...(canSignIn && { canSignIn }) };
}

export function setFreshness(
  core: Core,
  session: ClusterSession,
  freshness: Freshness | undefined,
): void {
  if (freshness === undefined || sameData(session.freshness, freshness)) return;
  session.freshness = freshness;
  core.store.updateCluster(session.name, (state) => ({ ...state, freshness }));
}

export function setConnection(
  core: Core,
  session: ClusterSession,
  connection: ConnectionState,
): void {
  session.connection = connection;
  core.store.updateCluster(session.name, (state) => ({
    ...state,
    connection,
    limits: session.limits,
    sources: sourceStates(session.reported),
  }));
}
