import type { Disposable } from '../base/dispose';
import { toDisposable } from '../base/dispose';
import type { Sleep } from './rest';

/** One timer for everything that has to be looked at now and then. */
export interface Pulse {
  /** `jumped`: more time has passed than was waited for, as after a laptop's sleep. */
  join(check: (jumped: boolean) => void): Disposable;
}

const EVERY_MS = 10_000;
/** A busy machine is late, too; a longer gap is one in which nothing ran. */
const JUMP_MS = 15_000;

/** Beats while anybody takes part. */
export function createPulse(clock: () => number, sleep: Sleep): Pulse {
  const checks = new Set<(jumped: boolean) => void>();
  const state: { ending?: AbortController } = {};

  const beat = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const startedMs = clock();
      await sleep(EVERY_MS, signal);
      const jumped = clock() - startedMs > EVERY_MS + JUMP_MS;
      for (const check of [...checks]) check(jumped);
    }
  };
  const start = (): void => {
    const ending = new AbortController();
    state.ending = ending;
    // Ends with the signal's reason only.
    beat(ending.signal).catch(() => undefined);
  };

  return {
    join(check) {
      checks.add(check);
      if (state.ending === undefined) start();
      return toDisposable(() => {
        checks.delete(check);
        if (checks.size > 0) return;
        state.ending?.abort();
        delete state.ending;
      });
    },
  };
}
