import { describe, expect, it } from 'vitest';
import type { WorkspaceChange } from '../../../src/model/workbench';
import { createStore } from '../../../src/pipeline/store';
import type { Store } from '../../../src/pipeline/store';
import { app, state } from './states';

function setUp(): { store: Store; events: WorkspaceChange[]; errors: unknown[] } {
  const errors: unknown[] = [];
  const store = createStore((error) => errors.push(error));
  const events: WorkspaceChange[] = [];
  store.update((now) => ({ ...now, apps: [state('a'), state('b')] }));
  store.flush();
  store.onDidChange((change) => events.push(change));
  return { store, events, errors };
}

const keyOf = (name: string) => app(name).key;

describe('store', () => {
  it('tells at once of the first change and together of the ones that follow', async () => {
    const { store, events } = setUp();
    store.updateApp(keyOf('a'), (now) => ({ ...now, problems: [] }));
    store.updateApp(keyOf('b'), (now) => ({ ...now, problems: [] }));
    expect(events).toEqual([]);
    await expect
      .poll(() => events.flatMap(({ apps }) => [...apps]).sort())
      .toEqual([keyOf('a'), keyOf('b')].sort());
    expect(events.length).toBeLessThanOrEqual(2);
    expect(events.every(({ structure }) => !structure)).toBe(true);
  });

  it('finds an app wherever the list has it by now', () => {
    const { store } = setUp();
    const found = (): readonly (string | undefined)[] =>
      ['a', 'b', 'c'].map((name) => store.app(keyOf(name))?.app.name);
    expect(found()).toEqual(['a', 'b', undefined]);
    store.update((now) => ({ ...now, apps: [state('c'), ...now.apps] }));
    expect(found()).toEqual(['a', 'b', 'c']);
    store.updateApp(keyOf('b'), (now) => ({ ...now, app: { ...now.app, name: 'renamed' } }));
    expect(found()).toEqual(['a', 'renamed', 'c']);
    store.update((now) => ({ ...now, apps: now.apps.slice(1) }));
    expect(found()).toEqual(['a', 'renamed', undefined]);
  });

  it('tells nothing of an update that changed nothing', async () => {
    const { store, events } = setUp();
    store.update((now) => now);
    store.updateApp(keyOf('a'), (now) => now);
    store.updateApp('nobody', (now) => ({ ...now, problems: [] }));
    store.flush();
    await Promise.resolve();
    expect(events).toEqual([]);
  });

  it('leaves the other apps and the old snapshot as they were', () => {
    const { store } = setUp();
    const before = store.state();
    store.updateApp(keyOf('a'), (now) => ({ ...now, live: { kind: 'reading' } }));
    expect(store.state().apps[1]).toBe(before.apps[1]);
    expect(before.apps[0]?.live.kind).toBe('unread');
    expect(store.app(keyOf('a'))?.live.kind).toBe('reading');
  });

  it.each([
    [
      'an app that came',
      (store: Store) => store.update((s) => ({ ...s, apps: [...s.apps, state('c')] })),
    ],
    ['an app that went', (store: Store) => store.update((s) => ({ ...s, apps: s.apps.slice(1) }))],
    [
      'apps in another order',
      (store: Store) => store.update((s) => ({ ...s, apps: [...s.apps].reverse() })),
    ],
    [
      'an app that moved to another cluster',
      (store: Store) =>
        store.updateApp(keyOf('a'), (s) => ({ ...s, app: { ...s.app, destinationCluster: 'eu' } })),
    ],
    ['trust', (store: Store) => store.update((s) => ({ ...s, trusted: true }))],
  ])('says that the structure changed: %s', (_, act) => {
    const { store, events } = setUp();
    act(store);
    store.flush();
    expect(events.some(({ structure }) => structure)).toBe(true);
  });

  it('names clusters, roots and apps that are touched without a new state', () => {
    const { store, events } = setUp();
    store.update((now) => ({
      ...now,
      clusters: [{ name: 'eu', connection: { kind: 'idle' }, limits: [] }],
      roots: [{ root: '/repo', name: 'repo', indexing: true, items: [], problems: [] }],
    }));
    store.flush();
    store.updateCluster('eu', (cluster) => ({ ...cluster, limits: ['x'] }));
    store.updateRoot('/repo', (root) => ({ ...root, indexing: false }));
    store.touch({ apps: ['some'], roots: ['other'] });
    store.flush();
    const last = events.at(-1);
    expect([...(last?.clusters ?? [])]).toEqual(['eu']);
    expect([...(last?.roots ?? [])].sort()).toEqual(['/repo', 'other']);
    expect([...(last?.apps ?? [])]).toEqual(['some']);
    expect(last?.structure).toBe(false);
  });

  it('goes on when a listener throws, and is quiet after its end', () => {
    const { store, events, errors } = setUp();
    store.onDidChange(() => {
      throw new Error('listener');
    });
    store.updateApp(keyOf('a'), (now) => ({ ...now, problems: [] }));
    store.flush();
    expect(errors).toHaveLength(1);
    expect(events).toHaveLength(1);
    store.dispose();
    store.updateApp(keyOf('a'), (now) => ({ ...now, problems: [] }));
    store.flush();
    expect(events).toHaveLength(1);
  });
});
