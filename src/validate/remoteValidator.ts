import { createLimiter } from '../base/limiter';
import type { Thread } from '../base/thread';
import type { Problem } from '../model/problem';
import type { RenderedObject } from '../model/render';
import type { FromWorker, Shared, ToWorker } from './workerProtocol';
import type { ValidateRequest, Validator } from './validator';

/** A thread that runs `serveValidator`. */
export type WorkerThread = Thread<ToWorker, FromWorker>;

export interface RemoteOptions {
  /** Called on first use, and again after a thread has gone. */
  readonly start: () => WorkerThread;
  /** A job that takes longer is given up, and its thread with it: a pattern may never end. */
  readonly timeLimitMs: number;
  readonly log: { warn(message: string): void };
}

/** Objects in one message: copying more at once would hold the sending thread for too long. */
const SLICE = 50;
/** Sets of CRDs, documents and destinations that a thread keeps. */
const KEPT = 24;

interface Connection {
  readonly thread: WorkerThread;
  readonly shared: Map<Shared, number>;
  /** The job in flight; there is at most one. */
  readonly job: { finish?: (end: JobEnd) => void };
}

type JobEnd =
  | { readonly kind: 'done'; readonly problems: readonly Problem[] }
  | { readonly kind: 'lost'; readonly reason: string };

/** Validates in another thread. A thread that hangs or ends costs one job, which says so. */
export function createRemoteValidator(options: RemoteOptions): Validator {
  const limiter = createLimiter(1);
  const state = { connection: undefined as Connection | undefined, nextId: 1 };

  const disconnect = (): void => {
    state.connection?.thread.terminate();
    state.connection = undefined;
  };

  const connect = (): Connection => {
    const thread = options.start();
    const connection: Connection = { thread, shared: new Map(), job: {} };
    thread.onMessage((message) =>
      connection.job.finish?.(
        message.kind === 'done' ? message : { kind: 'lost', reason: message.message },
      ),
    );
    thread.onExit((reason) => {
      if (state.connection === connection) state.connection = undefined;
      connection.job.finish?.({ kind: 'lost', reason });
    });
    return connection;
  };

  const run = async (request: ValidateRequest, signal: AbortSignal): Promise<JobEnd> => {
    const connection = (state.connection ??= connect());
    const job = state.nextId++;
    const end = jobEnd(connection, options.timeLimitMs, disconnect);
    const onAbort = (): void => connection.thread.post({ kind: 'cancel', job });
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const refs = keepShared(connection, request, () => state.nextId++);
      await sendObjects(connection, request.objects);
      connection.thread.post({ kind: 'run', job, ...refs });
      if (signal.aborted) onAbort();
      return await end;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };

  return {
    async validate(request, signal) {
      signal.throwIfAborted();
      const job = limiter.run(() => run(request, signal), { signal });
      const end = await orAborted(job, signal);
      if (end.kind === 'done') return end.problems;
      options.log.warn(`validation: ${end.reason}`);
      return [lostProblem(request)];
    },
    dispose: disconnect,
  };
}

/** Who cancels does not wait for the thread. */
function orAborted<T>(job: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    job.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Settles when the thread answers, ends, or has had its time. */
function jobEnd(connection: Connection, timeLimitMs: number, stop: () => void): Promise<JobEnd> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      finish({ kind: 'lost', reason: `no answer within ${timeLimitMs} ms` });
      stop();
    }, timeLimitMs);
    const finish = (end: JobEnd): void => {
      clearTimeout(timer);
      delete connection.job.finish;
      resolve(end);
    };
    connection.job.finish = finish;
  });
}

function lostProblem({ objects }: ValidateRequest): Problem {
  const path = objects[0]?.origin.path;
  return {
    severity: 'warning',
    code: 'not-validated',
    message: 'The objects of this app could not be validated, the log says why.',
    ...(path === undefined ? {} : { location: { path } }),
  };
}

function keepShared(
  connection: Connection,
  { crds, openApi, destination }: ValidateRequest,
  nextId: () => number,
): { readonly crds?: number; readonly openApi?: number; readonly destination?: number } {
  const keep = (value: Shared): number => {
    const id = connection.shared.get(value) ?? nextId();
    if (!connection.shared.has(value)) connection.thread.post({ kind: 'keep', id, value });
    connection.shared.delete(value);
    connection.shared.set(value, id);
    return id;
  };
  const refs = {
    ...(crds === undefined ? {} : { crds: keep(crds) }),
    ...(openApi === undefined ? {} : { openApi: keep(openApi) }),
    ...(destination === undefined ? {} : { destination: keep(destination) }),
  };
  forgetOldest(connection);
  return refs;
}

function forgetOldest({ shared, thread }: Connection): void {
  for (const [value, id] of shared) {
    if (shared.size <= KEPT) return;
    shared.delete(value);
    thread.post({ kind: 'forget', id });
  }
}

async function sendObjects(
  { thread }: Connection,
  objects: readonly RenderedObject[],
): Promise<void> {
  for (let at = 0; at < objects.length; at += SLICE) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve, 0));
    thread.post({ kind: 'objects', objects: objects.slice(at, at + SLICE) });
  }
}
