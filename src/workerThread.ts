import { Worker } from 'node:worker_threads';
import type { Thread } from './base/thread';
import { messageOf } from './base/userError';

/** What the validation's thread is given at its start. */
export interface WorkerData {
  /** Folder of the bundled schemas. */
  readonly schemasPath: string;
}

/** Starts a bundle in a thread of its own, with no environment. */
export function startThread<To, From>(entryPath: string, workerData?: object): Thread<To, From> {
  const worker = new Worker(entryPath, {
    workerData,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  // A job in flight keeps the process alive by its time limit; an idle thread must not.
  worker.once('online', () => worker.unref());
  const failure: { reason?: string } = {};
  worker.on('error', (error) => {
    failure.reason = messageOf(error);
  });
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on('message', (message: From) => listener(message)),
    onExit: (listener) =>
      worker.on('exit', (code) => listener(failure.reason ?? `the worker ended with ${code}`)),
    terminate: () => void worker.terminate(),
  };
}
