import { describe, expect, it } from 'vitest';
import { createEmitter } from '../../../src/base/event';
import { localEvents } from '../../../src/host/localEvents';
import type { WorkbenchSource } from '../../../src/host/workbenchSource';
import type { WorkspaceState } from '../../../src/model/appState';
import type { WorkspaceChange } from '../../../src/model/workbench';
import { app, cluster, compared, CONNECTED, root, same, state, workspace } from '../views/states';

const shop = state('shop');
const first = workspace({ apps: [shop, state('docs')], clusters: [cluster('production')] });

function world(): {
  readonly heard: string[];
  /** Of a second listener. */
  readonly others: string[];
  readonly move: (next: WorkspaceState, change?: Partial<WorkspaceChange>) => void;
} {
  const emitter = createEmitter<WorkspaceChange>(() => undefined);
  const held = { state: first };
  const [heard, others]: [string[], string[]] = [[], []];
  const source: WorkbenchSource = {
    onDidChange: emitter.event,
    state: () => held.state,
    peek: () => undefined,
    get: () => Promise.reject(new Error('no core in this test')),
    dispose: () => emitter.dispose(),
  };
  const local = localEvents(source);
  local.onDidChange(() => heard.push('change'));
  local.onDidChange(() => others.push('change'));
  return {
    heard,
    others,
    move(next, change = {}) {
      held.state = next;
      const nothing = {
        apps: new Set<string>(),
        clusters: new Set<string>(),
        roots: new Set<string>(),
      };
      emitter.fire({ ...nothing, structure: false, ...change });
    },
  };
}

const told = { apps: new Set([shop.app.key]) };

describe('what those hear who show nothing of clusters', () => {
  it.each([
    ['an app is compared with its cluster', { ...shop, live: compared(same('web')) }, 0],
    ['an app is rendered', { ...shop, working: { kind: 'discovered' } as const }, 1],
    [
      'an app is compared with its target',
      { ...shop, local: { kind: 'pinned', revision: 'v1' } as const },
      1,
    ],
    ['an app has other problems', { ...shop, problems: [] }, 1],
    ['an app is defined otherwise', { ...shop, app: app('shop') }, 1],
    ['something derived from an app moved', shop, 1],
  ])('%s', (_, next, count) => {
    const { heard, others, move } = world();
    move({ ...first, apps: [next, ...first.apps.slice(1)] }, told);
    expect(heard).toHaveLength(count);
    expect(others).toEqual(heard);
  });

  it('are no clusters, and all roots and structure', () => {
    const { heard, move } = world();
    const clusters = [cluster('production', CONNECTED)];
    move({ ...first, clusters }, { clusters: new Set(['production']) });
    expect(heard).toEqual([]);
    move({ ...first, roots: [root()] }, { roots: new Set(['/repo']) });
    move(first, { structure: true });
    expect(heard).toHaveLength(2);
  });

  it('go by what was before, also before what they did not hear', () => {
    const { heard, move } = world();
    const live = { ...shop, live: compared(same('web')) };
    move({ ...first, apps: [live] }, told);
    move({ ...first, apps: [{ ...live, live: compared(same('api')) }] }, told);
    expect(heard).toEqual([]);
    move({ ...first, apps: [{ ...live, working: { kind: 'discovered' } }] }, told);
    expect(heard).toHaveLength(1);
  });
});
