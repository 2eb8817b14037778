import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { orAborted } from '../../../src/base/abort';
import { createCoalescer } from '../../../src/base/coalesce';
import { createDisposables, toDisposable } from '../../../src/base/dispose';
import { createEmitter } from '../../../src/base/event';
import { lazy } from '../../../src/base/lazy';
import { createLimiter } from '../../../src/base/limiter';
import { sha256Hex } from '../../../src/base/sha256';
import { isCancellation, messageOf, UserError } from '../../../src/base/userError';

interface Gate {
  readonly passed: Promise<void>;
  open(): void;
}

function gate(): Gate {
  const hold: { open?: () => void } = {};
  const passed = new Promise<void>((resolve) => {
    hold.open = resolve;
  });
  return { passed, open: () => hold.open?.() };
}

/** Lets everything run that can run now. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('createLimiter', () => {
  it('never runs more than its limit, and runs everything', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(3), { maxLength: 12 }),
        async (limit, turns) => {
          const limiter = createLimiter(limit);
          const state = { running: 0, most: 0 };
          const results = await Promise.all(
            turns.map((count, index) =>
              limiter.run(async () => {
                state.running += 1;
                state.most = Math.max(state.most, state.running);
                for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
                state.running -= 1;
                return index;
              }),
            ),
          );
          expect(results).toEqual(turns.map((_, index) => index));
          expect(state.most).toBeLessThanOrEqual(limit);
          expect(state.running).toBe(0);
        },
      ),
    );
  });

  it('starts the higher priority first, and equal ones in order', async () => {
    const limiter = createLimiter(1);
    const first = gate();
    const order: string[] = [];
    const task = (name: string) => (): Promise<void> => {
      order.push(name);
      return Promise.resolve();
    };
    const all = [
      limiter.run(() => first.passed),
      limiter.run(task('a')),
      limiter.run(task('b')),
      limiter.run(task('high'), { priority: 5 }),
      limiter.run(task('low'), { priority: -1 }),
      limiter.run(task('c')),
    ];
    first.open();
    await Promise.all(all);
    expect(order).toEqual(['high', 'a', 'b', 'c', 'low']);
  });

  it('frees the slot of a task that fails', async () => {
    const limiter = createLimiter(1);
    await expect(limiter.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(limiter.run(() => Promise.resolve(1))).resolves.toBe(1);
  });

  it('drops an aborted task that waits, and keeps the others', async () => {
    const limiter = createLimiter(1);
    const first = gate();
    const abort = new AbortController();
    const never = vi.fn(() => Promise.resolve());
    const running = limiter.run(() => first.passed);
    const waiting = limiter.run(never, { signal: abort.signal });
    const next = limiter.run(() => Promise.resolve('ran'));
    abort.abort();
    await expect(waiting).rejects.toSatisfy(isCancellation);
    first.open();
    await running;
    await expect(next).resolves.toBe('ran');
    expect(never).not.toHaveBeenCalled();
  });

  it('refuses a task whose signal is aborted already, without losing a slot', async () => {
    const limiter = createLimiter(1);
    await expect(
      limiter.run(() => Promise.resolve(1), { signal: AbortSignal.abort() }),
    ).rejects.toSatisfy(isCancellation);
    await expect(limiter.run(() => Promise.resolve(2))).resolves.toBe(2);
  });

  it('lets a running task be; its signal is its own business', async () => {
    const limiter = createLimiter(1);
    const abort = new AbortController();
    const first = gate();
    const running = limiter.run(() => first.passed.then(() => 'done'), { signal: abort.signal });
    await settle();
    abort.abort();
    first.open();
    await expect(running).resolves.toBe('done');
  });
});

describe('createCoalescer', () => {
  it('runs the first batch at once and collects what comes meanwhile', async () => {
    const first = gate();
    const batches: string[][] = [];
    const coalescer = createCoalescer<string>(async (items) => {
      batches.push([...items]);
      if (batches.length === 1) await first.passed;
    });
    coalescer.push(['a']);
    expect(batches).toEqual([['a']]);
    coalescer.push(['b']);
    coalescer.push(['c', 'd']);
    await settle();
    expect(batches).toHaveLength(1);
    first.open();
    await coalescer.idle();
    expect(batches).toEqual([['a'], ['b', 'c', 'd']]);
  });

  it('is idle only when what arrived while it ran has run too', async () => {
    const gates = [gate(), gate()];
    const done: number[] = [];
    const coalescer = createCoalescer<number>(async ([item = 0]) => {
      await gates[item]?.passed;
      done.push(item);
    });
    coalescer.push([0]);
    const idle = coalescer.idle();
    coalescer.push([1]);
    gates[0]?.open();
    await settle();
    gates[1]?.open();
    await idle;
    expect(done).toEqual([0, 1]);
  });

  it('runs again after it was idle, and never after it was disposed of', async () => {
    const seen: number[] = [];
    const coalescer = createCoalescer<number>((items) => {
      seen.push(...items);
      return Promise.resolve();
    });
    coalescer.push([1]);
    await coalescer.idle();
    coalescer.push([2]);
    await coalescer.idle();
    coalescer.dispose();
    coalescer.push([3]);
    await coalescer.idle();
    expect(seen).toEqual([1, 2]);
  });
});

describe('createEmitter', () => {
  it('calls each listener until it is disposed of', () => {
    const emitter = createEmitter<number>(() => undefined);
    const [one, two] = [vi.fn(), vi.fn()];
    const first = emitter.event(one);
    emitter.event(two);
    emitter.fire(1);
    first.dispose();
    first.dispose();
    emitter.fire(2);
    expect(one.mock.calls).toEqual([[1]]);
    expect(two.mock.calls).toEqual([[1], [2]]);
    emitter.dispose();
    emitter.fire(3);
    expect(two).toHaveBeenCalledTimes(2);
  });

  it('takes one function registered twice for two listeners', () => {
    const emitter = createEmitter<number>(() => undefined);
    const listener = vi.fn();
    const first = emitter.event(listener);
    emitter.event(listener);
    emitter.fire(1);
    first.dispose();
    emitter.fire(2);
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it('reports a listener that throws and calls the others', () => {
    const errors: unknown[] = [];
    const emitter = createEmitter<number>((error) => errors.push(error));
    const other = vi.fn();
    emitter.event(() => {
      throw new Error('broken');
    });
    emitter.event(other);
    emitter.fire(1);
    expect(errors.map(messageOf)).toEqual(['broken']);
    expect(other).toHaveBeenCalledWith(1);
  });

  it('lets a listener remove another while it fires', () => {
    const emitter = createEmitter<number>(() => undefined);
    const held: { late?: { dispose(): void } } = {};
    emitter.event(() => held.late?.dispose());
    held.late = emitter.event(vi.fn());
    expect(() => emitter.fire(1)).not.toThrow();
  });
});

describe('createDisposables', () => {
  it('disposes in reverse order, once, and of late additions at once', () => {
    const order: string[] = [];
    const list = createDisposables();
    const item = (name: string): ReturnType<typeof toDisposable> =>
      toDisposable(() => order.push(name));
    const first = item('first');
    expect(list.add(first)).toBe(first);
    list.add(item('second'));
    list.dispose();
    list.dispose();
    list.add(item('late'));
    expect(order).toEqual(['second', 'first', 'late']);
  });
});

describe('lazy', () => {
  it('computes once, also when the result is undefined', () => {
    const create = vi.fn(() => undefined);
    const get = lazy(create);
    expect(create).not.toHaveBeenCalled();
    expect([get(), get()]).toEqual([undefined, undefined]);
    expect(create).toHaveBeenCalledTimes(1);
  });
});

describe('errors', () => {
  it('keep the sentence for the user apart from the detail', () => {
    const error = new UserError('It cannot be done.', 'because of a stack');
    expect([error.message, error.detail, error.name]).toEqual([
      'It cannot be done.',
      'because of a stack',
      'UserError',
    ]);
    expect(error).toBeInstanceOf(Error);
  });

  it('tell a cancellation from a failure', () => {
    const abort = new AbortController();
    abort.abort();
    expect(isCancellation(abort.signal.reason)).toBe(true);
    const canceled = new Error('x');
    canceled.name = 'Canceled';
    expect(isCancellation(canceled)).toBe(true);
    for (const other of [
      new Error('AbortError'),
      'AbortError',
      undefined,
      null,
      { name: 'AbortError' },
    ]) {
      expect(isCancellation(other)).toBe(false);
    }
  });

  it('give the message of anything thrown', () => {
    expect([messageOf(new Error('a')), messageOf('b'), messageOf(undefined)]).toEqual([
      'a',
      'b',
      'undefined',
    ]);
  });
});

describe('sha256Hex', () => {
  it('equals the digest of the platform', () => {
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    for (let length = 0; length < 140; length += 1) {
      expect(sha256Hex('x'.repeat(length))).toBe(digest('x'.repeat(length)));
    }
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        expect(sha256Hex(text)).toBe(digest(text));
      }),
    );
  });
});

describe('orAborted', () => {
  it('ends with the work, or with the signal and leaves the work to others', async () => {
    const held = gate();
    const ending = new AbortController();
    const work = held.passed.then(() => 'done');
    const [mine, theirs] = [
      orAborted(work, ending.signal),
      orAborted(work, new AbortController().signal),
    ];
    ending.abort(new Error('enough'));
    await expect(mine).rejects.toThrow('enough');
    held.open();
    expect(await theirs).toBe('done');
    await expect(orAborted(work, ending.signal)).rejects.toThrow('enough');
    const failing = orAborted(Promise.reject(new Error('broken')), new AbortController().signal);
    await expect(failing).rejects.toThrow('broken');
  });
});
