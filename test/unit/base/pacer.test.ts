import { describe, expect, it } from 'vitest';
import { complete, createPacer } from '../../../src/base/pacer';
import type { Steps } from '../../../src/base/pacer';

/** Holds the thread, as a computation does. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

function* count(to: number, onStep: (step: number) => void = () => undefined): Steps<number> {
  for (let step = 1; step <= to; step += 1) {
    onStep(step);
    yield;
  }
  return to;
}

/** Counts turns of the event loop while a promise is under way. */
async function turnsUntil(done: Promise<unknown>): Promise<number> {
  const state = { turns: 0, over: false };
  const turn = (): void => {
    state.turns += 1;
    if (!state.over) setImmediate(turn);
  };
  setImmediate(turn);
  await done.finally(() => {
    state.over = true;
  });
  return state.turns;
}

describe('createPacer', () => {
  it('does not pause while a slice has time left', () => {
    const pacer = createPacer(1_000);
    expect(pacer.pause()).toBeUndefined();
    expect(pacer.pause()).toBeUndefined();
  });

  it('gives the steps their result and lets the event loop turn in between', async () => {
    const pacer = createPacer(1);
    const run = pacer.run(count(20, () => work(1)));
    expect(await turnsUntil(run)).toBeGreaterThan(10);
    expect(await run).toBe(20);
  });

  it('shares one slice among all that are under way', async () => {
    const pacer = createPacer(2);
    const runs = [1, 2, 3].map(() => pacer.run(count(10, () => work(2))));
    // Each step uses a whole slice up, so that hardly two of the thirty fit into one turn.
    expect(await turnsUntil(Promise.all(runs))).toBeGreaterThan(20);
  });

  it('rests to a later turn also when the slice has time left', async () => {
    const pacer = createPacer(1000);
    expect(pacer.pause()).toBeUndefined();
    const order: string[] = [];
    const rested = pacer.rest().then(() => order.push('rested'));
    for (let tick = 0; tick < 10; tick += 1) await Promise.resolve();
    order.push('this turn');
    await rested;
    expect(order).toEqual(['this turn', 'rested']);
    const stop = new AbortController();
    const resting = pacer.rest(stop.signal);
    stop.abort(new Error('over'));
    await expect(resting).rejects.toThrow('over');
  });

  it('lets everybody who waits go on in turn', async () => {
    const pacer = createPacer(1);
    const order: string[] = [];
    const noted = (name: string) => (step: number) => {
      order.push(`${name}${step}`);
      work(1);
    };
    await Promise.all([pacer.run(count(3, noted('a'))), pacer.run(count(3, noted('b')))]);
    expect(order.slice().sort()).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
    expect(order.indexOf('b1')).toBeLessThan(order.indexOf('a3'));
  });

  it('ends with the reason of the signal at the next pause', async () => {
    const pacer = createPacer(1);
    const abort = new AbortController();
    const steps: number[] = [];
    const run = pacer.run(
      count(100, (step) => {
        steps.push(step);
        work(1);
        if (step === 3) abort.abort(new Error('enough'));
      }),
      abort.signal,
    );
    await expect(run).rejects.toThrow('enough');
    expect(steps).toEqual([1, 2, 3]);
  });

  it('does not begin what is aborted already, and passes errors on', async () => {
    const pacer = createPacer();
    await expect(pacer.run(count(1), AbortSignal.abort(new Error('early')))).rejects.toThrow(
      'early',
    );
    const failing = count(2, () => {
      throw new Error('broken');
    });
    await expect(pacer.run(failing)).rejects.toThrow('broken');
  });
});

describe('complete', () => {
  it('runs all steps at once', () => {
    expect(complete(count(3))).toBe(3);
  });
});
