/** A clock that only a test moves. */
export interface VirtualTime {
  readonly clock: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Every wait that was asked for. */
  readonly slept: readonly number[];
  /** Moves the clock and wakes up who waited for less, in order. */
  advance(ms: number): Promise<void>;
  /** Moves the clock as a laptop's sleep does: all timers fire late. */
  jump(ms: number): void;
}

interface Waiting {
  readonly untilMs: number;
  readonly wake: () => void;
}

export function virtualTime(): VirtualTime {
  const state = { nowMs: 1_000_000 };
  const waiting = new Set<Waiting>();
  const slept: number[] = [];
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    clock: () => state.nowMs,
    slept,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        slept.push(ms);
        const entry: Waiting = {
          untilMs: state.nowMs + ms,
          wake: () => {
            waiting.delete(entry);
            resolve();
          },
        };
        waiting.add(entry);
        signal.addEventListener('abort', () => {
          waiting.delete(entry);
          reject(signal.reason as Error);
        });
      }),
    async advance(ms) {
      const endMs = state.nowMs + ms;
      for (;;) {
        await settle();
        const due = [...waiting].filter(({ untilMs }) => untilMs <= endMs);
        const [first] = due.sort((a, b) => a.untilMs - b.untilMs);
        if (first === undefined) break;
        state.nowMs = Math.max(state.nowMs, first.untilMs);
        first.wake();
      }
      state.nowMs = endMs;
      await settle();
    },
    jump(ms) {
      state.nowMs += ms;
    },
  };
}
