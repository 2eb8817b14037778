import type { Disposable } from './dispose';

export interface Coalescer<T> extends Disposable {
  push(items: readonly T[]): void;
  /** Resolves when nothing is running and nothing waits. */
  idle(): Promise<void>;
}

/**
 * The first batch runs at once; what arrives while it runs is collected into one further batch.
 * `run` must not reject; a failure is a value there.
 */
export function createCoalescer<T>(run: (items: readonly T[]) => Promise<void>): Coalescer<T> {
  const state = { disposed: false, current: undefined as Promise<void> | undefined };
  const pending: T[] = [];

  const drain = async (): Promise<void> => {
    while (pending.length > 0 && !state.disposed) await run(pending.splice(0));
  };

  return {
    push(items) {
      if (state.disposed) return;
      pending.push(...items);
      state.current ??= drain().finally(() => {
        state.current = undefined;
      });
    },
    async idle() {
      while (state.current !== undefined) await state.current;
    },
    dispose() {
      state.disposed = true;
      pending.length = 0;
    },
  };
}
