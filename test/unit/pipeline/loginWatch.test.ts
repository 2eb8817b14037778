import { describe, expect, it } from 'vitest';
import type { ChartsFetched } from '../../../src/model/workbench';
import type { Core } from '../../../src/pipeline/core';
import { fetchWithLogins } from '../../../src/pipeline/loginWatch';
import { app, state } from './states';

const refused: ChartsFetched = {
  kind: 'fetched',
  count: 0,
  failures: [{ reference: 'private', kind: 'unauthorized', message: 'Log in.' }],
  lockOutOfSync: false,
};

/** A core with one app that lacks a chart, whose user's logins are what `logins` says. */
function world(logins: { now: string }) {
  const chart = { repository: 'oci://charts.acme.example', name: 'private', version: '1.0.0' };
  const missing = [{ kind: 'chart' as const, reference: 'private', path: 'a.yaml', chart }];
  const lacking = state('shop', {
    app: app('shop'),
    working: { kind: 'invalid', problems: [], inputs: [], missing },
  });
  const lifetime = new AbortController();
  const looks: number[] = [];
  const core = {
    deps: {
      fetcher: { logins: () => Promise.resolve(logins.now) },
      sleep: (ms: number) => {
        looks.push(ms);
        if (looks.length === 5) lifetime.abort();
        lifetime.signal.throwIfAborted();
        return Promise.resolve();
      },
      log: { warn: () => undefined },
    },
    lifetime,
    store: { state: () => ({ apps: [lacking] }) },
    triedCharts: new Set<string>(),
  } as unknown as Core;
  const retried: string[] = [];
  const run = (fetch: () => Promise<ChartsFetched>): Promise<void> =>
    fetchWithLogins(core, fetch, (key) => retried.push(key));
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { run, retried, looks, settled, key: lacking.app.key };
}

describe('a fetch that was refused a login', () => {
  it('is tried once more when the user logged in while it ran', async () => {
    const logins = { now: 'none' };
    const { run, retried, settled, key } = world(logins);
    await run(() => {
      logins.now = 'mine';
      return Promise.resolve(refused);
    });
    await settled();
    expect(retried).toEqual([key]);
  });

  it('is not tried again while the logins stay as they were', async () => {
    const { run, retried, looks, settled } = world({ now: 'none' });
    await run(() => Promise.resolve(refused));
    await settled();
    expect({ retried, looks: looks.length }).toEqual({ retried: [], looks: 5 });
  });

  it('is looked at by nobody when it was refused for something else', async () => {
    const { run, looks, settled } = world({ now: 'none' });
    const failures = [{ reference: 'private', kind: 'notFound', message: 'Gone.' }] as const;
    await run(() => Promise.resolve({ ...refused, failures }));
    await settled();
    expect(looks).toEqual([]);
  });
});
