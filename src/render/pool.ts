import { setMaxListeners } from 'node:events';
import { createLimiter } from '../base/limiter';
import { messageOf } from '../base/userError';
import type { Log } from '../model/ports';
import type { Answer, EngineProcess } from './engineProcess';
import type { EngineMethod, ParamsOf, ResultOf } from './protocol';

export interface PoolOptions {
  readonly start: () => Promise<EngineProcess>;
  readonly maxEngines: number;
  /** A request that takes longer loses its process. */
  readonly timeLimitMs: number;
  /** How long a process may go on with a cancelled request before it is killed. */
  readonly graceMs: number;
  /** Processes are stopped after this time without a request. */
  readonly idleMs: number;
  readonly log: Log;
}

export interface PoolStats {
  readonly processes: number;
  readonly started: number;
  readonly killed: number;
  readonly crashed: number;
  readonly requests: number;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Higher first among the requests that wait for a process. */
  readonly priority?: number;
}

export interface Pool {
  /** `gone` is final: the request that took its process with it is never sent again. */
  call<M extends EngineMethod>(
    method: M,
    params: ParamsOf<M>,
    options: CallOptions,
  ): Promise<Answer<ResultOf<M>>>;
  stats(): PoolStats;
  /** The one version of all processes so far; `undefined` before the first, and where they differ. */
  engineVersion(): string | undefined;
  dispose(): void;
}

/** One request at a time a process; `leftover` is a cancelled request that it may still work on. */
interface Slot {
  readonly process: EngineProcess;
  busy: boolean;
  dropped: boolean;
  leftover: Promise<unknown> | undefined;
}

interface PoolState {
  readonly slots: Set<Slot>;
  starting: number;
  started: number;
  killed: number;
  crashed: number;
  requests: number;
  disposed: boolean;
  readonly versions: Set<string>;
  idleTimer: NodeJS.Timeout | undefined;
}

type Running = { readonly options: PoolOptions; readonly state: PoolState };

export function createPool(options: PoolOptions): Pool {
  const state: PoolState = {
    slots: new Set(),
    starting: 0,
    started: 0,
    killed: 0,
    crashed: 0,
    requests: 0,
    disposed: false,
    versions: new Set(),
    idleTimer: undefined,
  };
  const pool: Running = { options, state };
  const limiter = createLimiter(options.maxEngines);
  return {
    call(method, params, callOptions) {
      const { signal } = callOptions;
      // One signal ends hundreds of calls at once: no leak that Node should warn of.
      setMaxListeners(0, signal);
      return limiter.run(() => attempt(pool, { method, params, signal }), callOptions);
    },
    stats: () => ({
      processes: state.slots.size,
      started: state.started,
      killed: state.killed,
      crashed: state.crashed,
      requests: state.requests,
    }),
    engineVersion() {
      const [version] = state.versions;
      return state.versions.size === 1 ? version : undefined;
    },
    dispose() {
      state.disposed = true;
      clearTimeout(state.idleTimer);
      stopAll(state);
    },
  };
}

interface Call<M extends EngineMethod> {
  readonly method: M;
  readonly params: ParamsOf<M>;
  readonly signal: AbortSignal;
}

async function attempt<M extends EngineMethod>(
  pool: Running,
  call: Call<M>,
): Promise<Answer<ResultOf<M>>> {
  call.signal.throwIfAborted();
  pool.state.requests += 1;
  const slot = await takeSlot(pool);
  if ('reason' in slot) return { kind: 'gone', reason: slot.reason };
  try {
    const bystander = slot.leftover !== undefined;
    const answer = await ask(pool, slot, call);
    // Only what waited behind somebody else's request may be sent a second time.
    if (answer.kind !== 'gone' || !bystander || answer.reason === TIME_LIMIT) return answer;
    const second = await takeSlot(pool);
    if ('reason' in second) return answer;
    try {
      return await ask(pool, second, call);
    } finally {
      second.busy = false;
    }
  } finally {
    slot.busy = false;
    watchIdle(pool);
  }
}

const TIME_LIMIT = 'it reached its time limit';

async function ask<M extends EngineMethod>(
  pool: Running,
  slot: Slot,
  call: Call<M>,
): Promise<Answer<ResultOf<M>>> {
  const { process } = slot;
  await settleLeftover(pool, slot);
  call.signal.throwIfAborted();
  const answered = process.request(call.method, call.params, call.signal);
  const outcome = await firstOf(answered, call.signal, pool.options.timeLimitMs);
  if (outcome.kind === 'answer') {
    if (outcome.answer.kind === 'gone') drop(pool, slot, 'crashed');
    call.signal.throwIfAborted();
    return outcome.answer;
  }
  if (outcome.kind === 'time') {
    drop(pool, slot, 'killed');
    return { kind: 'gone', reason: TIME_LIMIT };
  }
  slot.leftover = untilFree(process, call).finally(() => {
    slot.leftover = undefined;
  });
  call.signal.throwIfAborted();
  return { kind: 'gone', reason: 'it was cancelled' };
}

/**
 * A cancelled render is answered at once and goes on nevertheless. A render of a folder that is not
 * there waits for the same turn, so its answer tells that the process is free again.
 */
async function untilFree<M extends EngineMethod>(
  process: EngineProcess,
  { method, params }: Call<M>,
): Promise<unknown> {
  if (method !== 'render') return undefined;
  const { root } = params as ParamsOf<'render'>;
  const source = { kind: 'directory', path: '.plumbline-none', recurse: false } as const;
  return await process.request('render', { root, source });
}

type First<T> =
  | { readonly kind: 'answer'; readonly answer: T }
  | { readonly kind: 'time' }
  | { readonly kind: 'aborted' };

function firstOf<T>(
  answered: Promise<T>,
  signal: AbortSignal,
  timeLimitMs: number,
): Promise<First<T>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish({ kind: 'time' }), timeLimitMs);
    const onAbort = (): void => finish({ kind: 'aborted' });
    const finish = (first: First<T>): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve(first);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    answered.then((answer) => finish({ kind: 'answer', answer }), reject);
  });
}

/** Neither Helm nor Kustomize can be interrupted: past the grace time the process goes. */
async function settleLeftover(pool: Running, slot: Slot): Promise<void> {
  if (slot.leftover === undefined) return;
  const timer = setTimeout(() => drop(pool, slot, 'killed'), pool.options.graceMs);
  try {
    await slot.leftover;
  } finally {
    clearTimeout(timer);
  }
}

function drop(pool: Running, slot: Slot, why: 'killed' | 'crashed'): void {
  pool.state.slots.delete(slot);
  if (slot.dropped) return;
  slot.dropped = true;
  pool.state[why] += 1;
  slot.process.kill();
}

async function takeSlot(pool: Running): Promise<Slot | { readonly reason: string }> {
  const { state } = pool;
  const free = [...state.slots].filter((slot) => !slot.busy && slot.process.alive());
  const chosen = free.find((slot) => slot.leftover === undefined) ?? (await freshSlot(pool, free));
  if ('process' in chosen) chosen.busy = true;
  return chosen;
}

async function freshSlot(
  pool: Running,
  free: readonly Slot[],
): Promise<Slot | { readonly reason: string }> {
  const { state, options } = pool;
  if (state.disposed) return { reason: 'it is shut down' };
  const [waiting] = free;
  if (waiting !== undefined && state.slots.size + state.starting >= options.maxEngines) {
    waiting.busy = true;
    return waiting;
  }
  return await start(pool);
}

async function start({ state, options }: Running): Promise<Slot | { readonly reason: string }> {
  state.starting += 1;
  try {
    const process = await options.start();
    const slot: Slot = { process, busy: true, dropped: false, leftover: undefined };
    state.started += 1;
    state.versions.add(process.info.engineVersion);
    state.slots.add(slot);
    void process.ended.then(() => state.slots.delete(slot));
    if (state.disposed) process.kill();
    return slot;
  } catch (error) {
    options.log.error(`engine: ${messageOf(error)}`);
    return { reason: messageOf(error) };
  } finally {
    state.starting -= 1;
  }
}

function watchIdle({ state, options }: Running): void {
  clearTimeout(state.idleTimer);
  if (state.disposed) return;
  state.idleTimer = setTimeout(() => {
    if ([...state.slots].every((slot) => !slot.busy)) stopAll(state);
  }, options.idleMs);
  state.idleTimer.unref();
}

function stopAll(state: PoolState): void {
  for (const slot of state.slots) slot.process.kill();
  state.slots.clear();
}
