import type { Access, ContextRef } from '../model/cluster';
import { failed, failedBy, kubeOf, sessionOf, setConnection } from './connecting';
import type { Core } from './core';

interface Manner {
  readonly open: (name: string, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Runs a cluster's login program once, then reads that cluster and all that wait for the same login. */
export async function signIn(core: Core, name: string, { open, signal }: Manner): Promise<void> {
  const session = sessionOf(core, name);
  const context = contextOf(core, name);
  const kube = kubeOf(core);
  if (!core.trusted || context === undefined || kube.signIn === undefined)
    return open(name, signal);
  setConnection(core, session, { kind: 'connecting' });
  const login = await tried(kube.signIn(context, signal), () =>
    setConnection(core, session, failed('unauthorised', 'Nobody has signed in.', true)),
  );
  if (login.kind !== 'ok') return setConnection(core, session, failedBy(login));
  const waiting = core.store.state().clusters.filter((cluster) => {
    const { connection } = cluster;
    if (cluster.name === name) return true;
    const isWaiting =
      (connection.kind === 'failed' && connection.cause === 'unauthorised') ||
      cluster.freshness?.kind === 'signed-out';
    return isWaiting && login.value.some((one) => isSame(one, cluster.context));
  });
  await Promise.all(waiting.map((cluster) => open(cluster.name, signal)));
}

function contextOf(core: Core, name: string): ContextRef | undefined {
  return core.store.state().clusters.find((cluster) => cluster.name === name)?.context;
}

function isSame(a: ContextRef, b: ContextRef | undefined): boolean {
  return a.file === b?.file && a.name === b.name;
}

async function tried<T>(login: Promise<Access<T>>, onCancelled: () => void): Promise<Access<T>> {
  try {
    return await login;
  } catch (error) {
    onCancelled();
    throw error;
  }
}
