import { isCancellation, messageOf } from '../base/userError';
import { argoServerOf } from '../model/argo';
import type { ClusterState } from '../model/appState';
import { kubeOf } from './connecting';
import type { Core } from './core';
import type { FlowEvent } from './flow';

/** Looked at only while an Argo CD wants a login. */
const LOOK_MS = 3_000;

/** Looked at only while somebody sees the clusters: a small file, and the tokens stored here. */
const SEEN_MS = 1_500;

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

/** While somebody looks at the clusters, an Argo CD that the user logs in to elsewhere becomes one. */
export function createLoginLook(
  core: Core,
  push: (event: FlowEvent) => void,
): (isLooked: boolean) => void {
  const { deps, lifetime } = core;
  const state: { looking: AbortController | undefined; known: string | undefined } = {
    looking: undefined,
    known: undefined,
  };
  const look = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      const known = await serversOf(core);
      signal.throwIfAborted();
      const before = state.known ?? shownServers(core);
      state.known = known ?? before;
      if (state.known !== before) readAgain(core, push);
      await deps.sleep(SEEN_MS, signal);
    }
  };
  return (isLooked) => {
    if (isLooked === (state.looking !== undefined) || deps.argoServers === undefined) return;
    state.looking?.abort();
    state.looking = isLooked ? new AbortController() : undefined;
    if (state.looking === undefined) return;
    look(AbortSignal.any([state.looking.signal, lifetime.signal])).catch((error: unknown) => {
      if (!isCancellation(error)) deps.log.error(`logins to Argo CD: ${messageOf(error)}`);
    });
  };
}

function readAgain(core: Core, push: (event: FlowEvent) => void): void {
  core.activity.run('read logins', async () => {
    core.contexts = await kubeOf(core).contexts();
    push({ kind: 'assignment' });
  });
}

/** `undefined` where they cannot be read at the moment. */
async function serversOf({ deps: { argoServers, log } }: Core): Promise<string | undefined> {
  try {
    return JSON.stringify([...((await argoServers?.known()) ?? [])].sort());
  } catch (error) {
    log.debug(`logins to Argo CD: ${messageOf(error)}`);
    return undefined;
  }
}

function shownServers({ contexts }: Core): string {
  const shown = new Set(contexts.flatMap(({ ref }) => argoServerOf(ref) ?? []));
  return JSON.stringify([...shown].sort());
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
