import { isCancellation, messageOf } from '../base/userError';
import { kubeOf } from './connecting';
import type { Core } from './core';
import type { FlowEvent } from './flow';
import { sameData } from './share';

/** A few small files are looked at. */
const LOOK_MS = 1_500;

/**
 * While somebody looks at the clusters, contexts that come, go or change elsewhere do so here: those
 * of kubeconfigs (another tool wrote one) and each Argo CD that the user logs in to. Asks no cluster.
 */
export function createContextLook(
  core: Core,
  push: (event: FlowEvent) => void,
): (isLooked: boolean) => void {
  const { deps, lifetime } = core;
  const state: { looking: AbortController | undefined; stamp: string | undefined } = {
    looking: undefined,
    stamp: undefined,
  };
  const look = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      const stamp = await stampOf(core);
      signal.throwIfAborted();
      if (stamp !== undefined && stamp !== state.stamp) {
        state.stamp = stamp;
        readAgain(core, push);
      }
      await deps.sleep(LOOK_MS, signal);
    }
  };
  return (isLooked) => {
    if (isLooked === (state.looking !== undefined)) return;
    state.looking?.abort();
    state.looking = isLooked ? new AbortController() : undefined;
    if (state.looking === undefined) return;
    look(AbortSignal.any([state.looking.signal, lifetime.signal])).catch((error: unknown) => {
      if (!isCancellation(error)) deps.log.error(`contexts: ${messageOf(error)}`);
    });
  };
}

/** `undefined` where what they are read from cannot be read at the moment. */
async function stampOf(core: Core): Promise<string | undefined> {
  try {
    return (await kubeOf(core).stamp?.()) ?? '';
  } catch (error) {
    core.deps.log.debug(`contexts: ${messageOf(error)}`);
    return undefined;
  }
}

/** Files are often written without another context in them. */
function readAgain(core: Core, push: (event: FlowEvent) => void): void {
  core.activity.run('read kubeconfigs', async () => {
    const contexts = await kubeOf(core).contexts();
    if (sameData(contexts, core.contexts)) return;
    core.contexts = contexts;
    push({ kind: 'assignment' });
  });
}
