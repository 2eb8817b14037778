import type { Sleep } from './rest';

/** Keeps the requests to one cluster below what an API server takes from one client without a sigh. */
export interface RateLimit {
  /** Waits for its turn; a request that is tried again has waited already. */
  pass(signal: AbortSignal): Promise<void>;
  /** The server asked for a pause (429): nothing new is sent before it is over. */
  pause(ms: number): void;
}

/** kubectl's own (`k8s.io/kubectl/pkg/cmd`, `WithDiscoveryQPS(50)`, `WithDiscoveryBurst(300)`). */
const PER_SECOND = 50;
const BURST = 300;

/** A bucket of tokens that may be owed: each request knows at once how long it waits. */
export function createRateLimit(clock: () => number, sleep: Sleep): RateLimit {
  const state = { tokens: BURST, filledMs: clock(), pausedUntilMs: 0 };

  const take = (nowMs: number): number => {
    const earned = (Math.max(0, nowMs - state.filledMs) / 1000) * PER_SECOND;
    state.tokens = Math.min(BURST, state.tokens + earned) - 1;
    state.filledMs = nowMs;
    return state.tokens >= 0 ? 0 : (-state.tokens / PER_SECOND) * 1000;
  };

  return {
    async pass(signal) {
      const nowMs = clock();
      const waitMs = Math.max(take(nowMs), state.pausedUntilMs - nowMs);
      if (waitMs > 0) await sleep(Math.ceil(waitMs), signal);
    },
    pause(ms) {
      state.pausedUntilMs = Math.max(state.pausedUntilMs, clock() + ms);
    },
  };
}
