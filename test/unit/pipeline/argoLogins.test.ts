import { afterEach, describe, expect, it } from 'vitest';
import { argoContext } from '../../../src/model/argo';
import type { KubeContext } from '../../../src/model/cluster';
import { createActivity } from '../../../src/pipeline/activity';
import { createLoginLook } from '../../../src/pipeline/argoLogins';
import type { Core } from '../../../src/pipeline/core';
import type { FlowEvent } from '../../../src/pipeline/flow';
import { virtualTime } from '../live/virtualTime';
import { silent } from '../render/engine';

const contextOf = (server: string): KubeContext => ({
  ref: argoContext(server, 'in-cluster'),
  server: 'https://kubernetes.default.svc',
});
const eu: KubeContext = { ref: { file: '/kube', name: 'eu' }, server: 'https://eu.acme.example' };

describe('logins to an Argo CD that are made elsewhere', () => {
  const lifetimes: AbortController[] = [];
  afterEach(() => {
    for (const lifetime of lifetimes.splice(0)) lifetime.abort();
  });

  function setUp(known: readonly string[], shown: readonly KubeContext[] = [eu]) {
    const time = virtualTime();
    const lifetime = new AbortController();
    lifetimes.push(lifetime);
    const state = { known, asked: 0, broken: false };
    const events: FlowEvent[] = [];
    const told: string[] = [];
    const core = {
      contexts: shown,
      lifetime,
      kube: { contexts: () => Promise.resolve([eu, ...state.known.map(contextOf)]) },
      activity: createActivity(silent),
      deps: {
        sleep: time.sleep,
        log: { ...silent, debug: (line: string) => void told.push(line) },
        argoServers: {
          known: () => {
            state.asked += 1;
            if (state.broken) return Promise.reject(new Error('no such file'));
            return Promise.resolve(state.known);
          },
        },
      },
    } as unknown as Core;
    const look = createLoginLook(core, (event) => void events.push(event));
    const names = () => core.contexts.map(({ ref }) => ref.file);
    return { look, state, events, names, time, told };
  }

  it('show within two seconds while somebody looks, and cost nothing while nobody does', async () => {
    const { look, state, events, names, time } = setUp([]);
    await time.advance(60_000);
    expect(state.asked).toBe(0);
    look(true);
    look(true);
    await time.advance(0);
    expect([state.asked, events.length]).toEqual([1, 0]);
    state.known = ['argocd.acme.example'];
    await time.advance(2_000);
    expect(names()).toEqual(['/kube', 'argocd:argocd.acme.example']);
    expect(events).toEqual([{ kind: 'assignment' }]);
    await time.advance(10_000);
    expect(events).toHaveLength(1);
    look(false);
    await time.advance(0);
    const { asked } = state;
    state.known = [];
    await time.advance(60_000);
    expect(state.asked).toBe(asked);
    look(true);
    await time.advance(0);
    expect(names()).toEqual(['/kube']);
    expect(events).toHaveLength(2);
  });

  it('are heard of at the first look, where they came before it', async () => {
    const { look, names, time } = setUp(['argocd.acme.example']);
    look(true);
    await time.advance(0);
    expect(names()).toContain('argocd:argocd.acme.example');
    const same = setUp(['argocd.acme.example'], [contextOf('argocd.acme.example')]);
    same.look(true);
    await same.time.advance(0);
    expect(same.events).toEqual([]);
  });

  it('are looked for on where they cannot be read for a moment', async () => {
    const { look, state, time, events, names, told } = setUp([], [contextOf('a.example')]);
    state.broken = true;
    look(true);
    await time.advance(0);
    expect(told).toEqual(['logins to Argo CD: no such file']);
    expect(events).toEqual([]);
    Object.assign(state, { broken: false, known: ['b.example'] });
    await time.advance(2_000);
    expect(names()).toEqual(['/kube', 'argocd:b.example']);
  });
});
