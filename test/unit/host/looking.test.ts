import { describe, expect, it } from 'vitest';
import type { ClusterState, ConnectionState } from '../../../src/model/appState';
import type { Workbench } from '../../../src/model/workbench';
import { createEmitter } from '../../../src/base/event';
import { createLooking } from '../../../src/host/looking';
import type { WorkbenchSource } from '../../../src/host/workbenchSource';

const IDLE: ConnectionState = { kind: 'idle' };
const CONNECTED: ConnectionState = { kind: 'connected', version: 'v1.36.3', readAtMs: 0 };

function setUp() {
  const followed: string[] = [];
  const looks: boolean[] = [];
  const held: { clusters: readonly ClusterState[]; isLoaded: boolean } = {
    clusters: [],
    isLoaded: true,
  };
  const changed = createEmitter<never>(() => undefined);
  const workbench = {
    state: () => ({ clusters: held.clusters }),
    follow: (names: ReadonlySet<string>) => followed.push([...names].join(' ')),
    lookForContexts: (isLooked: boolean) => looks.push(isLooked),
  } as unknown as Workbench;
  const source = {
    onDidChange: changed.event,
    peek: () => (held.isLoaded ? workbench : undefined),
  } as unknown as WorkbenchSource;
  const looking = createLooking(source);
  return {
    looking,
    followed,
    looks,
    held,
    set: (clusters: Readonly<Record<string, ConnectionState>>): void => {
      held.clusters = Object.entries(clusters).map(([name, connection]) => ({
        name,
        connection,
        limits: [],
      }));
      changed.fire(undefined as never);
    },
  };
}

const cluster = (name: string) => ({ kind: 'cluster', cluster: name }) as const;

describe('looking at clusters', () => {
  it('follows what is open while the tree is shown', () => {
    const { looking, followed, looks, set } = setUp();
    set({ eu: IDLE, us: IDLE });
    looking.see(true);
    expect(followed).toEqual([]);
    expect(looks).toEqual([false, true]);
    looking.fold(cluster('eu'), true);
    looking.see(false);
    looking.see(true);
    looking.fold(cluster('eu'), false);
    expect(followed).toEqual(['eu', '', 'eu', '']);
    expect(looks).toEqual([false, true, true, false, true, true]);
  });

  it('follows what is connected in another way until it is folded, and tells nothing twice', () => {
    const { looking, followed, set } = setUp();
    looking.see(true);
    set({ eu: CONNECTED, us: IDLE });
    set({ eu: CONNECTED, us: IDLE });
    expect(followed).toEqual(['eu']);
    looking.fold({ kind: 'app', appKey: 'x' }, false);
    looking.fold(cluster('eu'), false);
    looking.fold(cluster('eu'), true);
    expect(followed).toEqual(['eu', '', 'eu']);
  });

  it('says nothing before there is a core, nor after its end', () => {
    const { looking, followed, held, set } = setUp();
    held.isLoaded = false;
    looking.see(true);
    set({ eu: CONNECTED });
    expect(followed).toEqual([]);
    held.isLoaded = true;
    looking.dispose();
    set({ eu: CONNECTED, us: CONNECTED });
    expect(followed).toEqual([]);
  });
});
