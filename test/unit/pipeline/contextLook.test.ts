import { afterEach, describe, expect, it } from 'vitest';
import type { KubeContext } from '../../../src/model/cluster';
import { createActivity } from '../../../src/pipeline/activity';
import { createContextLook } from '../../../src/pipeline/contextLook';
import type { Core } from '../../../src/pipeline/core';
import type { FlowEvent } from '../../../src/pipeline/flow';
import { virtualTime } from '../live/virtualTime';
import { silent } from '../render/engine';

const contextOf = (name: string): KubeContext => ({
  ref: { file: '/kube', name },
  server: `https://${name}.acme.example`,
});

describe('contexts that come and go elsewhere', () => {
  const lifetimes: AbortController[] = [];
  afterEach(() => {
    for (const lifetime of lifetimes.splice(0)) lifetime.abort();
  });

  function setUp(known: readonly string[], shown: readonly string[]) {
    const time = virtualTime();
    const lifetime = new AbortController();
    lifetimes.push(lifetime);
    const state = { known, writes: 0, asked: 0, read: 0, broken: false };
    const events: FlowEvent[] = [];
    const told: string[] = [];
    const core = {
      contexts: shown.map(contextOf),
      lifetime,
      kube: {
        stamp: () => {
          state.asked += 1;
          if (state.broken) return Promise.reject(new Error('no such file'));
          return Promise.resolve(JSON.stringify([state.known, state.writes]));
        },
        contexts: () => {
          state.read += 1;
          return Promise.resolve(state.known.map(contextOf));
        },
      },
      activity: createActivity(silent),
      deps: {
        sleep: time.sleep,
        log: { ...silent, debug: (line: string) => void told.push(line) },
      },
    } as unknown as Core;
    const look = createContextLook(core, (event) => void events.push(event));
    const names = () => core.contexts.map(({ ref }) => ref.name);
    return { look, state, events, names, time, told };
  }

  it('show within two seconds while somebody looks, and cost nothing while nobody does', async () => {
    const { look, state, events, names, time } = setUp(['eu'], ['eu']);
    await time.advance(60_000);
    expect(state.asked).toBe(0);
    look(true);
    look(true);
    await time.advance(0);
    expect([state.asked, events.length]).toEqual([1, 0]);
    state.known = ['eu', 'us'];
    await time.advance(2_000);
    expect(names()).toEqual(['eu', 'us']);
    expect(events).toEqual([{ kind: 'assignment' }]);
    const { read } = state;
    await time.advance(10_000);
    expect([events.length, state.read]).toEqual([1, read]);
    look(false);
    await time.advance(0);
    const { asked } = state;
    state.known = ['us'];
    await time.advance(60_000);
    expect(state.asked).toBe(asked);
    look(true);
    await time.advance(0);
    expect(names()).toEqual(['us']);
    expect(events).toHaveLength(2);
  });

  it('tell nobody of a file that was written with the same contexts', async () => {
    const { look, state, events, time } = setUp(['eu'], ['eu']);
    look(true);
    await time.advance(0);
    const { read } = state;
    state.writes += 1;
    await time.advance(2_000);
    expect([state.read, events.length]).toEqual([read + 1, 0]);
  });

  it('are heard of at the first look, where they came before it', async () => {
    const { look, names, time } = setUp(['eu', 'us'], ['eu']);
    look(true);
    await time.advance(0);
    expect(names()).toEqual(['eu', 'us']);
  });

  it('are looked for on where they cannot be read for a moment', async () => {
    const { look, state, time, events, names, told } = setUp(['eu'], ['eu']);
    state.broken = true;
    look(true);
    await time.advance(0);
    expect([told, events]).toEqual([['contexts: no such file'], []]);
    Object.assign(state, { broken: false, known: ['us'] });
    await time.advance(2_000);
    expect(names()).toEqual(['us']);
  });
});
