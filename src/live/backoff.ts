/** Waits between attempts that keep failing. */
export interface Backoff {
  /** How long to wait before the next attempt. */
  nextMs(): number;
}

export interface BackoffInput {
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** client-go `tools/cache/reflector.go`: 800 ms, doubled, at most 30 s, forgotten after two quiet minutes. */
const FIRST_MS = 800;
const LONGEST_MS = 30_000;
const FORGOTTEN_AFTER_MS = 120_000;

/** Jitter doubles a wait at most, so half of the longest one is where doubling ends. */
export function createBackoff({ clock, random }: BackoffInput): Backoff {
  const state = { baseMs: FIRST_MS, lastMs: Number.NEGATIVE_INFINITY };
  return {
    nextMs() {
      const nowMs = clock();
      if (nowMs - state.lastMs > FORGOTTEN_AFTER_MS) state.baseMs = FIRST_MS;
      const waitMs = Math.min(LONGEST_MS, state.baseMs * (1 + random()));
      state.baseMs = Math.min(LONGEST_MS / 2, state.baseMs * 2);
      state.lastMs = nowMs + waitMs;
      return waitMs;
    },
  };
}
