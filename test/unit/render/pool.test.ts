import { describe, expect, it } from 'vitest';
import type { Answer, EngineProcess } from '../../../src/render/engineProcess';
import type { Pool, PoolOptions } from '../../../src/render/pool';
import { createPool } from '../../../src/render/pool';
import { never, silent } from './engine';

/** A process whose answers the test gives by hand: what no real one can be made to do on time. */
interface ByHand {
  readonly process: EngineProcess;
  /** Requests not answered yet, oldest first. */
  readonly open: { readonly method: string; answer(answer: Answer<never>): void }[];
  end(reason: string): void;
  killed: boolean;
}

function byHand(): ByHand {
  const ending: { resolve?: (reason: string) => void } = {};
  const ended = new Promise<string>((resolve) => {
    ending.resolve = resolve;
  });
  const hand: ByHand = {
    open: [],
    killed: false,
    end(reason) {
      hand.killed = true;
      ending.resolve?.(reason);
    },
    process: {
      info: { engineVersion: '0', versions: {}, kubeVersion: 'v1' },
      pid: 0,
      ended,
      alive: () => !hand.killed,
      kill: () => hand.end('it stopped'),
      request: (method) => {
        const gone = ended.then((reason): Answer<never> => ({ kind: 'gone', reason }));
        const answered = new Promise<Answer<never>>((resolve) => {
          hand.open.push({ method, answer: resolve });
        });
        return Promise.race([answered, gone]);
      },
    },
  };
  return hand;
}

const ok = { kind: 'ok', value: 'done' as never } as const;
const source = { kind: 'directory', path: '', recurse: false } as const;

function setUp(options: Partial<PoolOptions> = {}): { pool: Pool; hands: ByHand[] } {
  const hands: ByHand[] = [];
  const pool = createPool({
    start: () => {
      const hand = byHand();
      hands.push(hand);
      return Promise.resolve(hand.process);
    },
    maxEngines: 1,
    timeLimitMs: 60_000,
    graceMs: 60_000,
    idleMs: 60_000,
    log: silent,
    ...options,
  });
  return { pool, hands };
}

function render(pool: Pool, root: string, signal = never, priority = 0) {
  return pool.call('render', { root, source }, { signal, priority });
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('pool', () => {
  it('never sends a request again that took its process with it', async () => {
    const { pool, hands } = setUp();
    const first = render(pool, '/a');
    const second = render(pool, '/b');
    await settled();
    hands[0]?.end('it reached its memory limit');
    expect(await first).toEqual({ kind: 'gone', reason: 'it reached its memory limit' });
    await settled();
    expect(hands).toHaveLength(2);
    hands[1]?.open[0]?.answer(ok);
    expect(await second).toEqual(ok);
    expect(pool.stats()).toMatchObject({ crashed: 1, started: 2, requests: 2 });
    pool.dispose();
  });

  it('sends one request at a time to a process, the more urgent first', async () => {
    const { pool, hands } = setUp();
    const order: string[] = [];
    const ask = (name: string, priority: number) =>
      render(pool, name, never, priority).then(() => order.push(name));
    const all = [ask('running', 0), ask('usual', 0), ask('active', 10)];
    await settled();
    while (order.length < all.length) {
      expect(hands[0]?.open).toHaveLength(1);
      hands[0]?.open.shift()?.answer(ok);
      await settled();
    }
    await Promise.all(all);
    expect(order).toEqual(['running', 'active', 'usual']);
    pool.dispose();
  });

  it('waits behind a cancelled render only for the grace time, then takes a new process', async () => {
    const { pool, hands } = setUp({ graceMs: 20 });
    const abort = new AbortController();
    const first = render(pool, '/slow', abort.signal);
    await settled();
    abort.abort();
    await expect(first).rejects.toThrow();
    const bystander = render(pool, '/other');
    await expect.poll(() => hands.length).toBe(2);
    expect(hands[0]?.killed).toBe(true);
    hands[1]?.open[0]?.answer(ok);
    expect(await bystander).toEqual(ok);
    expect(pool.stats()).toMatchObject({ killed: 1, crashed: 0 });
    pool.dispose();
  });

  it('uses the process again as soon as the cancelled render is really over', async () => {
    const { pool, hands } = setUp();
    const abort = new AbortController();
    const first = render(pool, '/slow', abort.signal);
    await settled();
    abort.abort();
    await expect(first).rejects.toThrow();
    const next = render(pool, '/next');
    await settled();
    // The render, and the question whether it is over; nothing else is sent meanwhile.
    expect(hands[0]?.open).toHaveLength(2);
    hands[0]?.open[1]?.answer(ok);
    await settled();
    hands[0]?.open[2]?.answer(ok);
    expect(await next).toEqual(ok);
    expect(hands).toHaveLength(1);
    pool.dispose();
  });

  it('kills a process that does not answer in time and does not ask again', async () => {
    const { pool, hands } = setUp({ timeLimitMs: 20 });
    expect(await render(pool, '/slow')).toEqual({
      kind: 'gone',
      reason: 'it reached its time limit',
    });
    expect(hands[0]?.killed).toBe(true);
    expect(hands).toHaveLength(1);
    pool.dispose();
  });

  it('does not start a request that was cancelled while it waited', async () => {
    const { pool, hands } = setUp();
    const running = render(pool, '/a');
    const abort = new AbortController();
    const waiting = render(pool, '/b', abort.signal);
    await settled();
    abort.abort();
    await expect(waiting).rejects.toThrow();
    hands[0]?.open[0]?.answer(ok);
    await running;
    expect(hands[0]?.open).toHaveLength(1);
    pool.dispose();
  });

  it('passes on why no process could be started, and tries again later', async () => {
    const { pool } = setUp({ start: () => Promise.reject(new Error('no such file')) });
    expect(await render(pool, '/a')).toEqual({ kind: 'gone', reason: 'no such file' });
    expect(pool.stats()).toMatchObject({ started: 0, processes: 0 });
    pool.dispose();
  });
});
