import { isCancellation, messageOf } from '../base/userError';
import type { Log } from '../model/ports';

/** Work that goes on in the background; a failure there is a defect, and goes to the log. */
export interface Activity {
  run(what: string, task: () => Promise<void>): void;
  busy(): boolean;
  idle(): Promise<void>;
}

export function createActivity(log: Log): Activity {
  const running = new Set<Promise<void>>();
  return {
    run(what, task) {
      const promise = task()
        .catch((error: unknown) => {
          if (!isCancellation(error)) log.error(`${what}: ${messageOf(error)}`);
        })
        .finally(() => running.delete(promise));
      running.add(promise);
    },
    busy: () => running.size > 0,
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
