import type { Disposable } from './dispose';
import { toDisposable } from './dispose';

export type Event<T> = (listener: (value: T) => void) => Disposable;

export interface Emitter<T> extends Disposable {
  readonly event: Event<T>;
  /** Calls each listener; one that throws does not keep the others from being called. */
  fire(value: T): void;
}

export function createEmitter<T>(onError: (error: unknown) => void): Emitter<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    event(listener) {
      // A wrapper, so that the same function registered twice is two listeners.
      const entry = (value: T): void => listener(value);
      listeners.add(entry);
      return toDisposable(() => listeners.delete(entry));
    },
    fire(value) {
      for (const listener of [...listeners]) {
        try {
          listener(value);
        } catch (error) {
          onError(error);
        }
      }
    },
    dispose() {
      listeners.clear();
    },
  };
}
