import type { ClusterState } from '../model/appState';
import type { Core } from './core';

/** Looked at only while a cluster in sight does not answer as it should. */
const LOOK_MS = 3_000;

/**
 * While a cluster cannot be read, waits until its kubeconfig, or a file that it names, is another, and
 * then reads it anew: an expired certificate was replaced, a token was written. Asks no cluster.
 */
export async function watchKubeconfig(
  core: Core,
  name: string,
  { again, signal }: { readonly again: () => Promise<void>; readonly signal: AbortSignal },
): Promise<void> {
  if (signal.aborted) return;
  const state = { isWaiting: false };
  const fingerprint = async (): Promise<string | undefined> => {
    const context = clusterOf(core, name)?.context;
    return context && (await core.kube?.fingerprint?.(context));
  };
  const wait = async (): Promise<void> => {
    for (let before = await fingerprint(); before !== undefined && isAway(core, name);) {
      await core.deps.sleep(LOOK_MS, signal);
      const now = await fingerprint();
      if (now === before) continue;
      before = now;
      await again();
    }
  };
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (state.isWaiting || !isAway(core, name)) return;
      state.isWaiting = true;
      wait().then(() => (state.isWaiting = false), reject);
    };
    const listening = core.store.onDidChange(({ clusters }) => {
      if (clusters.has(name)) look();
    });
    const end = (): void => {
      listening.dispose();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    look();
  });
}

function clusterOf({ store }: Core, name: string): ClusterState | undefined {
  return store.state().clusters.find((cluster) => cluster.name === name);
}

function isAway(core: Core, name: string): boolean {
  const cluster = clusterOf(core, name);
  const freshness = cluster?.freshness?.kind;
  return (
    cluster?.connection.kind === 'failed' ||
    freshness === 'signed-out' ||
    freshness === 'reconnecting'
  );
}
