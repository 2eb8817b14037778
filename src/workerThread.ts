import { Worker } from 'node:worker_threads';
import { messageOf } from './base/userError';
import type { WorkerThread } from './validate/remoteValidator';
import type { FromWorker } from './validate/workerProtocol';

export interface WorkerData {
  /** Folder of the bundled schemas. */
  readonly schemasPath: string;
}

/** Starts `workerEntry` (its bundle's path) in a thread of its own, with no environment. */
export function startWorkerThread(entryPath: string, workerData: WorkerData): WorkerThread {
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
    onMessage: (listener) => worker.on('message', (message: FromWorker) => listener(message)),
    onExit: (listener) =>
      worker.on('exit', (code) => listener(failure.reason ?? `the worker ended with ${code}`)),
    terminate: () => void worker.terminate(),
  };
}
