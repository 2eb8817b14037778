/** Runs at most `limit` tasks at once; waiting tasks start by priority (higher first), then in order. */
export interface Limiter {
  run<T>(task: () => Promise<T>, options?: LimiterOptions): Promise<T>;
}

export interface LimiterOptions {
  readonly priority?: number;
  /** A task aborted while it waits never starts and rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly priority: number;
  readonly start: () => void;
}

export function createLimiter(limit: number): Limiter {
  const queue: Waiting[] = [];
  const state = { running: 0 };

  const next = (): void => {
    if (state.running >= limit) return;
    queue.shift()?.start();
  };

  const enqueue = (waiting: Waiting): void => {
    const index = queue.findIndex((other) => other.priority < waiting.priority);
    queue.splice(index < 0 ? queue.length : index, 0, waiting);
  };

  const acquire = (options: LimiterOptions): Promise<void> =>
    new Promise((resolve, reject) => {
      options.signal?.throwIfAborted();
      const onAbort = (): void => {
        queue.splice(queue.indexOf(waiting), 1);
        reject(options.signal?.reason as Error);
      };
      const waiting: Waiting = {
        priority: options.priority ?? 0,
        start: () => {
          options.signal?.removeEventListener('abort', onAbort);
          state.running += 1;
          resolve();
        },
      };
      options.signal?.addEventListener('abort', onAbort, { once: true });
      enqueue(waiting);
      next();
    });

  return {
    async run(task, options = {}) {
      await acquire(options);
      try {
        return await task();
      } finally {
        state.running -= 1;
        next();
      }
    },
  };
}
