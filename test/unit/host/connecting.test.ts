import { describe, expect, it } from 'vitest';
import { createEmitter } from '../../../src/base/event';
import {
  clustersToOpen,
  connectsOnExpand,
  lookAtCluster,
  lookAtRow,
} from '../../../src/host/connecting';
import type { EditorSettings } from '../../../src/host/settings';
import { createWorkbenchSource } from '../../../src/host/workbenchSource';
import type { AppState, ClusterState, WorkspaceState } from '../../../src/model/appState';
import type { KubeContext } from '../../../src/model/cluster';
import type { Workbench, WorkspaceChange } from '../../../src/model/workbench';
import {
  app,
  cluster,
  compared,
  CONNECTED,
  drifted,
  state,
  workspace,
  without,
} from '../views/states';

const settings: EditorSettings = {
  whileTyping: false,
  codeLens: true,
  gutterMarks: true,
  problemsScope: 'openAndChanged',
  detectHelm: true,
  connect: {},
  environment: {},
};
const signal = new AbortController().signal;

/** A core that notes what it was asked, and whose clusters answer as told. */
function recorder(
  initial: WorkspaceState,
  answers: Partial<Record<string, ClusterState>> = {},
  contexts: Partial<Record<string, ClusterState>> = {},
) {
  const calls: string[] = [];
  const now = { state: initial };
  const emitter = createEmitter<WorkspaceChange>(() => undefined);
  const workbench = {
    state: () => now.state,
    onDidChange: emitter.event,
    openCluster: (name: string) => {
      calls.push(`open ${name}`);
      const clusters = now.state.clusters.map((one) => answers[one.name] ?? one);
      now.state = { ...now.state, clusters };
      return Promise.resolve();
    },
    refreshCluster: (name: string) => Promise.resolve(void calls.push(`refresh ${name}`)),
    compareLive: (key: string) => Promise.resolve(void calls.push(`compare ${nameOf(key)}`)),
    whenIdle: () => {
      const known = now.state.clusters.map((one) => contexts[one.name] ?? one);
      now.state = { ...now.state, clusters: known };
      return Promise.resolve();
    },
    dispose: () => void calls.push('dispose'),
  } as unknown as Workbench;
  return { workbench, calls, emitter };
}

function nameOf(key: string): string {
  return key.split('/').at(-1) ?? '';
}

const away: AppState = state('away', {
  app: app('away', { source: { kind: 'elsewhere', repoUrl: 'x', path: 'y' } }),
});
const seen: AppState = state('seen', { live: compared(drifted()) });

describe('looking at a cluster', () => {
  const apps = [
    state('shop'),
    away,
    seen,
    state('b', { app: app('b', { destinationCluster: 'staging' }) }),
  ];

  it('connects it and compares the apps that were not yet', async () => {
    const { workbench, calls } = recorder(workspace({ clusters: [cluster('production')], apps }), {
      production: cluster('production', CONNECTED),
    });
    await lookAtCluster(workbench, 'production', signal);
    expect(calls).toEqual(['open production', 'compare shop']);
  });

  it('stops where it does not answer', async () => {
    const { workbench, calls } = recorder(workspace({ clusters: [cluster('production')], apps }));
    await lookAtCluster(workbench, 'production', signal);
    expect(calls).toEqual(['open production']);
  });

  it('reads a connected one anew', async () => {
    const { workbench, calls } = recorder(
      workspace({ clusters: [cluster('production', CONNECTED)], apps: [seen] }),
    );
    await lookAtCluster(workbench, 'production', signal);
    expect(calls).toEqual(['refresh production']);
  });
});

describe('expanding a row', () => {
  const look = async (value: WorkspaceState, target: Parameters<typeof lookAtRow>[1]) => {
    const { workbench, calls } = recorder(value);
    await lookAtRow(workbench, target, { settings, signal });
    return calls;
  };
  const production = { kind: 'cluster', cluster: 'production' } as const;

  it('of a cluster connects it once', async () => {
    expect(await look(workspace({ clusters: [cluster('production')] }), production)).toEqual([
      'open production',
    ]);
    expect(
      await look(workspace({ clusters: [cluster('production', CONNECTED)] }), production),
    ).toEqual([]);
  });

  it('waits for the kubeconfigs where the row came before them', async () => {
    const early = without(cluster('production'), 'context');
    const { workbench, calls } = recorder(
      workspace({ clusters: [early] }),
      {},
      { production: cluster('production') },
    );
    await lookAtRow(workbench, production, { settings, signal });
    expect(calls).toEqual(['open production']);
  });

  it('contacts nobody in Restricted Mode', async () => {
    const value = workspace({
      trusted: false,
      clusters: [cluster('production')],
      apps: [state('shop')],
    });
    expect(await look(value, production)).toEqual([]);
    expect(await look(value, { kind: 'app', appKey: state('shop').app.key })).toEqual([]);
  });

  it('of an app compares it where its cluster is connected and nobody has yet', async () => {
    const target = { kind: 'app', appKey: state('shop').app.key } as const;
    const at = (connection: ClusterState, ...apps: readonly AppState[]) =>
      look(workspace({ clusters: [connection], apps }), target);
    expect(await at(cluster('production', CONNECTED), state('shop'))).toEqual(['compare shop']);
    expect(await at(cluster('production'), state('shop'))).toEqual([]);
    expect(
      await at(cluster('production', CONNECTED), state('shop', { live: compared(drifted()) })),
    ).toEqual([]);
  });

  it('connects only where a context is known and the setting lets it', () => {
    const one = cluster('production');
    expect(connectsOnExpand(one, settings)).toBe(true);
    expect(connectsOnExpand(without(one, 'context'), settings)).toBe(false);
    expect(connectsOnExpand(one, { ...settings, connect: { '*': 'onCommand' } })).toBe(false);
    expect(
      connectsOnExpand(
        cluster('production', { kind: 'failed', cause: 'unreachable', message: '' }),
        settings,
      ),
    ).toBe(true);
  });
});

describe('connecting by itself', () => {
  const one = cluster('production');
  const ref = { file: '/home/sam/.kube/config', name: 'production' };
  const context: KubeContext = { ref, server: 'https://production.example' };
  const onOpen = { ...settings, connect: { production: 'onOpen' as const } };

  it('is for clusters that the setting names and whose login runs no program', () => {
    expect(clustersToOpen([one], [context], onOpen)).toEqual(['production']);
    expect(clustersToOpen([one], [context], settings)).toEqual([]);
    expect(clustersToOpen([one], [], onOpen)).toEqual([]);
    const exec = { command: 'aws', insideWorkspace: false };
    expect(clustersToOpen([one], [{ ...context, exec }], onOpen)).toEqual([]);
  });
});

describe('the source of the core', () => {
  it('has a state before the core is there, and makes it once', async () => {
    const { workbench, emitter, calls } = recorder(workspace({ apps: [state('shop')] }));
    const loads: string[] = [];
    const source = createWorkbenchSource(
      () => {
        loads.push('load');
        return Promise.resolve(workbench);
      },
      { trusted: () => false, onError: () => undefined },
    );
    const heard: WorkspaceChange[] = [];
    source.onDidChange((change) => heard.push(change));
    expect(source.state()).toEqual({ trusted: false, roots: [], apps: [], clusters: [] });
    expect(source.peek()).toBeUndefined();
    await Promise.all([source.get(), source.get()]);
    expect(loads).toEqual(['load']);
    expect(source.state().apps).toHaveLength(1);
    expect(heard.map(({ structure }) => structure)).toEqual([true]);
    const change = {
      apps: new Set(['a']),
      clusters: new Set<string>(),
      roots: new Set<string>(),
      structure: false,
    };
    emitter.fire(change);
    expect(heard.at(-1)).toBe(change);
    source.dispose();
    expect(calls).toEqual(['dispose']);
  });
});
