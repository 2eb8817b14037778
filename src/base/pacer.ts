/** A computation that may pause at each `yield`. */
export type Steps<T> = Generator<void, T, void>;

/**
 * Shares out the time of one thread: pieces of work that ask it between their steps hold the thread
 * for no longer than a slice together, however many of them are under way.
 */
export interface Pacer {
  /** `undefined` while the running slice has time left; else resolves in a later turn of the event loop. */
  pause(signal?: AbortSignal): Promise<void> | undefined;
  /** Resolves in a later turn, always: before a piece of work that cannot pause and takes long. */
  rest(signal?: AbortSignal): Promise<void>;
  /** Runs the steps with pauses. Rejects with the signal's reason once it is aborted. */
  run<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T>;
}

const SLICE_MS = 8;

export function createPacer(sliceMs = SLICE_MS): Pacer {
  const slice = { endsAt: 0, open: false };
  const waiting: (() => void)[] = [];

  const open = (): void => {
    slice.open = true;
    slice.endsAt = performance.now() + sliceMs;
    setImmediate(close);
  };
  /** One of those that wait goes on in each turn: together they would make one long one again. */
  const close = (): void => {
    slice.open = false;
    const next = waiting.shift();
    if (next === undefined) return;
    open();
    next();
  };

  const rest = (signal?: AbortSignal): Promise<void> => {
    if (!slice.open) open();
    return new Promise((resolve, reject) => {
      waiting.push(() => {
        if (signal?.aborted === true) reject(signal.reason as Error);
        else resolve();
      });
    });
  };
  const pause = (signal?: AbortSignal): Promise<void> | undefined => {
    if (!slice.open) open();
    if (waiting.length === 0 && performance.now() < slice.endsAt) return undefined;
    return rest(signal);
  };

  return {
    pause,
    rest,
    async run(steps, signal) {
      for (;;) {
        signal?.throwIfAborted();
        const step = steps.next();
        if (step.done === true) return step.value;
        const pausing = pause(signal);
        if (pausing !== undefined) await pausing;
      }
    },
  };
}

/** All steps at once. */
export function complete<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
