import type { Access } from '../model/cluster';
import type { ArgoRequest } from '../model/ports';
import { configuredFor } from './argoRendering';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';

const SERVICE = 'argocd-server';

/**
 * Asks the API of a connected cluster's Argo CD: its server by the user's own `argocd` login, else its
 * service through the Kubernetes API server, with what rights that gives.
 */
export async function askArgo(
  core: Core,
  session: ClusterSession,
  request: ArgoRequest,
  signal: AbortSignal,
): Promise<Access<unknown>> {
  const server = session.argoSettings?.server ?? configuredServer(core, session);
  const login = { server, token: await tokenOf(core, server) };
  const direct = await askDirectly(core, login, request, signal);
  if (direct !== undefined && direct.kind !== 'unreachable') return direct;
  return await askService(session, request, login, signal);
}

async function tokenOf(core: Core, server: string | undefined): Promise<string | undefined> {
  return server === undefined ? undefined : await core.deps.argoServers?.token(server);
}

async function askDirectly(
  { deps }: Core,
  { server, token }: Login,
  request: ArgoRequest,
  signal: AbortSignal,
): Promise<Access<unknown> | undefined> {
  if (server === undefined || token === undefined) return undefined;
  return await deps.argoServers?.ask(server, request, signal);
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

interface Login {
  readonly token: string | undefined;
  readonly server: string | undefined;
}

async function askService(
  { cluster, tracking }: ClusterSession,
  request: ArgoRequest,
  { token, server }: Login,
  signal: AbortSignal,
): Promise<Access<unknown>> {
  if (cluster?.service === undefined || tracking === undefined) {
    return { kind: 'failed', status: 0, message: 'No Argo CD is connected.' };
  }
  const place = { namespace: tracking.controllerNamespace, name: SERVICE };
  const cookie = token === undefined ? {} : { cookie: `argocd.token=${token}` };
  const secure = { ...request, ...place, ...cookie, scheme: 'https', port: 443 } as const;
  const answer = await cluster.service(secure, signal);
  // A server with `--insecure` speaks no TLS on the port of it.
  const isPlain = answer.kind === 'failed' && answer.status >= 500;
  const last = isPlain
    ? await cluster.service({ ...secure, scheme: 'http', port: 80 }, signal)
    : answer;
  return last.kind === 'unauthorised' ? wantsLogin(server) : last;
}

function wantsLogin(server: string | undefined): Access<never> {
  const where = server === undefined ? '' : ` ${server}`;
  return {
    kind: 'unauthorised',
    message: `Its Argo CD wants a login: run "argocd login${where}".`,
  };
}
