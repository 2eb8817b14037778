import { isCancellation } from '../base/userError';
import { textAt } from '../model/fields';
import type { ArgoServers } from '../model/ports';
import type { KubeObject } from '../model/resource';
import type { ClusterSession } from './clusterSession';

const MAX_SERVERS = 8;
const TIMEOUT_MS = 5_000;

interface Recognised {
  /** Among which servers it was looked for, by which object. */
  readonly asked: string;
  readonly server: Promise<string | undefined>;
}

const recognised = new WeakMap<ClusterSession, Recognised>();

/**
 * The server, among those that the user's `argocd` is logged in to, that is the Argo CD of a cluster:
 * it has an Application with the uid that the cluster gave it. Names prove nothing.
 */
export async function recognisedServer(
  servers: ArgoServers,
  session: ClusterSession,
  signal: AbortSignal,
): Promise<string | undefined> {
  const application = session.reported.find(isApplication);
  if (application === undefined) return undefined;
  const known = (await servers.known()).slice(0, MAX_SERVERS);
  const asked = JSON.stringify([known, application.metadata.uid]);
  const before = recognised.get(session);
  if (before?.asked === asked) return await before.server;
  const server = find(servers, known, application, signal);
  recognised.set(session, { asked, server });
  server.catch(() => recognised.delete(session));
  return await server;
}

function isApplication({ kind, apiVersion, metadata }: KubeObject): boolean {
  const isOne = kind === 'Application' && apiVersion.startsWith('argoproj.io/');
  return isOne && (metadata.uid ?? '') !== '';
}

async function find(
  servers: ArgoServers,
  known: readonly string[],
  { metadata }: KubeObject,
  signal: AbortSignal,
): Promise<string | undefined> {
  const query = new URLSearchParams({ appNamespace: metadata.namespace ?? '' });
  const path = `/api/v1/applications/${encodeURIComponent(metadata.name ?? '')}?${query.toString()}`;
  const within = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const answers = known.map(async (server): Promise<readonly string[]> => {
    const access = await inTime(servers.ask(server, { method: 'GET', path }, within), signal);
    const isIt = access?.kind === 'ok' && textAt(access.value, 'metadata', 'uid') === metadata.uid;
    return isIt ? [server] : [];
  });
  return (await Promise.all(answers)).flat()[0];
}

/** A server that does not answer soon is not the one, for now. */
async function inTime<T>(answer: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    signal.throwIfAborted();
    if (isCancellation(error) || (error as { name?: unknown }).name === 'TimeoutError') {
      return undefined;
    }
    throw error;
  }
}
