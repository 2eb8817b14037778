import { isCancellation, messageOf } from '../base/userError';
import { argoServerOf } from '../model/argo';
import type { ClusterState } from '../model/appState';
import type { Core } from './core';

/** Looked at only while an Argo CD wants a login. */
const LOOK_MS = 3_000;

type Open = (name: string, signal: AbortSignal) => Promise<void>;

/**
 * Opens clusters. While the API of an Argo CD is not open for the lack of a login, waits until the
 * user's logins are others, then reads everything anew that waits for one. Nothing is sent meanwhile.
 */
export function openWithLogins(core: Core, open: Open): Open {
  const { store, deps, lifetime } = core;
  const state: { isWaiting: boolean; logins?: string | undefined } = { isWaiting: false };
  const wait = async (): Promise<void> => {
    state.logins ??= await loginsOf(core);
    while (waiting(core).length > 0) {
      await deps.sleep(LOOK_MS, lifetime.signal);
      const now = await loginsOf(core);
      if (now === state.logins) continue;
      state.logins = now;
      const names = waiting(core).map(({ name }) => name);
      await Promise.all(names.map((name) => open(name, lifetime.signal)));
    }
  };
  store.onDidChange(({ clusters }) => {
    if (state.isWaiting || clusters.size === 0 || waiting(core).length === 0) return;
    state.isWaiting = true;
    wait()
      .catch((error: unknown) => {
        if (!isCancellation(error) && !lifetime.signal.aborted) deps.log.warn(messageOf(error));
      })
      .finally(() => (state.isWaiting = false));
  });
  return async (name, signal) => {
    const cluster = store.state().clusters.find((one) => one.name === name);
    // Whoever logs in while a refusal is under way is heard as well.
    if (argoServerOf(cluster?.context) !== undefined) state.logins = await loginsOf(core);
    await open(name, signal);
  };
}

async function loginsOf({ deps }: Core): Promise<string | undefined> {
  return await deps.argoServers?.fingerprint();
}

function waiting({ store }: Core): readonly ClusterState[] {
  return store.state().clusters.filter(({ context, connection, freshness }) => {
    if (argoServerOf(context) === undefined) return false;
    const isRefused = connection.kind === 'failed' && connection.cause === 'unauthorised';
    return isRefused || (connection.kind === 'connected' && freshness?.kind === 'signed-out');
  });
}
