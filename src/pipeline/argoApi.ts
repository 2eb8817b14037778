import type { Access } from '../model/cluster';
import { textAt, valueAt } from '../model/fields';
import type { ArgoRequest } from '../model/ports';
import { configuredFor } from './argoRendering';
import { recognisedServer } from './argoServer';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';

const SERVICE = 'argocd-server';

/**
 * Asks the API of a connected cluster's Argo CD: the server that tells of it in place of Kubernetes;
 * else its server by the user's own `argocd` login, else its
 * service through the Kubernetes API server, with what rights the cluster's own login gives there: a
 * cluster can name any server as its Argo CD, and is not to get what belongs to that one.
 */
export async function askArgo(
  core: Core,
  session: ClusterSession,
  request: ArgoRequest,
  signal: AbortSignal,
): Promise<Access<unknown>> {
  const { argoServers } = core.deps;
  const told = session.cluster?.argo;
  if (told !== undefined && argoServers !== undefined) {
    return await argoServers.ask(told.server, request, signal);
  }
  return await askEither(core, session, request, signal);
}

async function askEither(
  core: Core,
  session: ClusterSession,
  request: ArgoRequest,
  signal: AbortSignal,
): Promise<Access<unknown>> {
  const server = session.argoSettings?.server ?? configuredServer(core, session);
  const direct = await askDirectly(core, session, { server, request }, signal);
  if (direct !== undefined && !isClosed(direct)) return direct;
  const answer = await askService(session, request, signal);
  if (answer.kind === 'ok' || direct === undefined) return answer;
  return direct;
}

interface DirectCall {
  /** Where the instance is by its own words, or those of the repository. */
  readonly server: string | undefined;
  readonly request: ArgoRequest;
}

/** `GET /api/v1/session/userinfo`, which the server answers without a login too, as nobody. */
export async function argoUser(
  { deps, trusted }: Core,
  server: string,
  signal: AbortSignal,
): Promise<Access<string>> {
  if (!trusted || deps.argoServers === undefined) {
    return { kind: 'failed', status: 0, message: 'No Argo CD is asked in Restricted Mode.' };
  }
  const request = { method: 'GET', path: '/api/v1/session/userinfo' } as const;
  const answer = await deps.argoServers.ask(server, request, signal);
  if (answer.kind !== 'ok') return answer;
  if (valueAt(answer.value, 'loggedIn') !== true) {
    return { kind: 'unauthorised', message: 'It takes whoever has this token for nobody.' };
  }
  return { kind: 'ok', value: textAt(answer.value, 'username') ?? '' };
}

/** The named server where there is a login to it; else the one that shows to be this Argo CD. */
async function askDirectly(
  { deps }: Core,
  session: ClusterSession,
  { server, request }: DirectCall,
  signal: AbortSignal,
): Promise<Access<unknown> | undefined> {
  const { argoServers } = deps;
  if (argoServers === undefined) return undefined;
  const named = server === undefined ? undefined : await argoServers.ask(server, request, signal);
  if (named !== undefined && !isClosed(named)) return named;
  const shown = await recognisedServer(argoServers, session, signal);
  const isOther = shown !== undefined && shown !== server;
  return isOther ? await argoServers.ask(shown, request, signal) : named;
}

function isClosed({ kind }: Access<unknown>): boolean {
  return kind === 'unreachable' || kind === 'unauthorised';
}

/** What the repository says counts only where it can mean no other Argo CD. */
function configuredServer(core: Core, { name }: ClusterSession): string | undefined {
  const apps = core.store.state().apps.filter(({ app }) => app.tool === 'argocd');
  const controls = new Set(apps.flatMap(({ app }) => app.controlCluster ?? []));
  const servers = new Set(
    [...core.roots.keys()].flatMap((root) => configuredFor(core, root)?.server ?? []),
  );
  const [server] = servers;
  return servers.size === 1 && controls.size === 1 && controls.has(name) ? server : undefined;
}

async function askService(
  { cluster, tracking }: ClusterSession,
  request: ArgoRequest,
  signal: AbortSignal,
): Promise<Access<unknown>> {
  if (cluster?.service === undefined || tracking === undefined) {
    return { kind: 'failed', status: 0, message: 'No Argo CD is connected.' };
  }
  const place = { namespace: tracking.controllerNamespace, name: SERVICE };
  const secure = { ...request, ...place, scheme: 'https', port: 443 } as const;
  const answer = await cluster.service(secure, signal);
  // A server with `--insecure` speaks no TLS on the port of it.
  const isPlain = answer.kind === 'failed' && answer.status >= 500;
  const last = isPlain
    ? await cluster.service({ ...secure, scheme: 'http', port: 80 }, signal)
    : answer;
  return last.kind === 'unauthorised' ? WANTS_LOGIN : last;
}

const WANTS_LOGIN: Access<never> = {
  kind: 'unauthorised',
  message: 'Its Argo CD wants a login: run "argocd login".',
};
