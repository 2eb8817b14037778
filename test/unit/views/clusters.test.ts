import { describe, expect, it } from 'vitest';
import type { AppState, ClusterState } from '../../../src/model/appState';
import type { PruneForecast } from '../../../src/model/change';
import type { Row } from '../../../src/views/row';
import { presentBadge, presentClustersDescription } from '../../../src/views/clusters/present';
import { below, find, flat, outline, presentClusters, tooltipText } from './rows';
import {
  app,
  change,
  cluster,
  compared,
  comparison,
  CONNECTED,
  drifted,
  FAILURE,
  field,
  note,
  NOW_MS,
  root,
  same,
  state,
  status,
  without,
  workspace,
} from './states';

function reported(name: string, parts: Partial<AppState> = {}): AppState {
  const base = state(name, parts);
  return {
    ...base,
    app: {
      ...base.app,
      reported: { metadata: { uid: 'u1' } },
      status: base.app.status ?? status(),
    },
  };
}

describe('the rows of clusters', () => {
  it('show cluster, app and resource with what drifted first', () => {
    const rows = presentClusters(
      workspace({
        clusters: [cluster('production', CONNECTED)],
        apps: [
          reported('checkout', { live: compared(same('checkout')) }),
          reported('shop', {
            app: app('shop', { status: status({ sync: 'OutOfSync' }) }),
            live: compared(
              same('cache'),
              change({
                name: 'web',
                fields: [
                  field({
                    owner: {
                      manager: 'kubectl-scale',
                      operation: 'Update',
                      time: new Date(2026, 10, 17, 14, 2).toISOString(),
                    },
                  }),
                ],
              }),
              change({ name: 'canary', action: 'added', before: undefined } as never),
              change({
                name: 'config',
                fields: [field({ pointer: '/data/LOG_LEVEL', whose: 'mine' })],
              }),
            ),
          }),
        ],
      }),
      NOW_MS,
    );
    expect(outline(rows)).toBe(
      [
        'production  1 drifted · Argo CD · 2 apps',
        '  shop  2 drifted · 1 changed here · OutOfSync · Healthy',
        '    canary  missing live · Deployment [–]',
        '    web  replicas 3→5 · kubectl scale, Tue 14:02 · Deployment [D]',
        '    config  mine: LOG_LEVEL · Deployment [M]',
        '    In sync (1)',
        '      cache  Deployment',
        '  checkout  Synced · Healthy',
        '    In sync (1)',
        '      checkout  Deployment',
      ].join('\n'),
    );
  });

  it.each([
    [{ kind: 'idle' }, 'not connected · 1 app'],
    [{ kind: 'unmapped' }, 'no context chosen · 1 app'],
    [{ kind: 'connecting' }, 'connecting…'],
    [
      { kind: 'failed', cause: 'unreachable', message: 'production does not answer.' },
      'production does not answer.',
    ],
    [
      { kind: 'failed', cause: 'unauthorised', message: 'It asks.', needsConsent: true },
      'login needs your consent · 1 app',
    ],
    [CONNECTED, '1 not compared · Argo CD · 1 app'],
  ] as const)('say the state of access: %o', (connection, words) => {
    const rows = presentClusters(
      workspace({ clusters: [cluster('production', connection)], apps: [state('shop')] }),
      NOW_MS,
    );
    expect(rows[0]?.description).toBe(words);
    expect(rows[0]?.spoken).toBe(`Cluster production, ${words}`);
  });

  it('say of a cluster that is well nothing but what it runs', () => {
    const well = reported('shop', { live: compared(same('web')) });
    const rows = presentClusters(
      workspace({ clusters: [cluster('production', CONNECTED)], apps: [well] }),
      NOW_MS,
    );
    expect(rows[0]?.description).toBe('Argo CD · 1 app');
  });

  it('offer the answer that a login waits for as the first row below', () => {
    const waiting = {
      kind: 'failed',
      cause: 'unauthorised',
      message: 'kubeconfig lies in the workspace and would run "login".',
      needsConsent: true,
    } as const;
    const rows = (trusted: boolean): readonly Row[] =>
      presentClusters(
        workspace({
          trusted,
          clusters: [cluster('production', waiting)],
          apps: [state('shop')],
        }),
        NOW_MS,
      );
    const [first, second] = rows(true)[0]?.children?.() ?? [];
    expect(first).toMatchObject({
      label: 'Allow Login…',
      first: true,
      open: {
        kind: 'command',
        command: 'plumbline.connectCluster',
        target: { kind: 'cluster', cluster: 'production' },
      },
    });
    expect(first && tooltipText(first)).toContain('would run "login"');
    expect(second?.label).toBe('shop');
    expect(
      rows(false)[0]
        ?.children?.()
        .map(({ label }) => label),
    ).toEqual(['shop']);
  });

  it('say whose word they are where it is that of an Argo CD, and how to log in to it', () => {
    const context = { file: 'argocd:argocd.acme.example', name: 'in-cluster' };
    const told = (connection: ClusterState['connection'], apps = [state('shop')]): readonly Row[] =>
      presentClusters(
        workspace({ clusters: [cluster('in-cluster', connection, { context })], apps }),
        NOW_MS,
      );
    const [idle] = told({ kind: 'idle' });
    // No app names it, and nothing else tells of them.
    expect(idle?.label).toBe('in-cluster');
    expect(idle?.description).toBe('not connected · as Argo CD at argocd.acme.example says');
    const shop = state('shop', { app: app('shop', { destinationCluster: 'in-cluster' }) });
    const connected = { kind: 'connected', version: '', readAtMs: NOW_MS } as const;
    const open = find(told(connected, [shop]), 'in-cluster');
    expect(open?.description).toMatch(/^1 .*as Argo CD at argocd\.acme\.example says$/);
    expect(tooltipText(open)).toContain('by its API');
    expect(tooltipText(open)).not.toContain('Kubernetes');
    const command = 'argocd login argocd.acme.example --sso';
    const message = `It has expired: run "${command}".`;
    const expired = { kind: 'failed', cause: 'unauthorised', message, canSignIn: true } as const;
    const rows = told({ ...expired, command }, [shop]);
    expect(find(rows, 'Sign In…')?.description).toBe(`runs ${command} in a terminal`);
  });

  it('offer to sign in once where that is all that is missing', () => {
    const message = 'login ended with 1: expired';
    const expired = { kind: 'failed', cause: 'unauthorised', message, canSignIn: true } as const;
    const lost = { kind: 'signed-out', updatedAtMs: NOW_MS - 60_000, reason: message } as const;
    const rowsFor = (one: ClusterState, trusted = true): readonly Row[] =>
      presentClusters(workspace({ trusted, clusters: [one], apps: [state('shop')] }), NOW_MS);
    for (const one of [
      cluster('production', expired),
      cluster('production', CONNECTED, { freshness: lost }),
    ]) {
      const [row] = rowsFor(one);
      expect(row?.description).toMatch(/^signed out · /);
      expect(row?.children?.()[0]).toMatchObject({
        label: 'Sign In…',
        first: true,
        open: { kind: 'command', command: 'plumbline.signIn' },
      });
      expect(tooltipText(find(rowsFor(one), 'Sign In…'))).toContain(message);
      expect(outline(rowsFor(one, false))).not.toContain('Sign In');
    }
  });

  it.each([
    [undefined, '1 not compared · Argo CD · 1 app', 'Kubernetes v1.36.3 · read 12 s ago'],
    [
      { kind: 'live', updatedAtMs: NOW_MS - 3000 },
      '1 not compared · Argo CD · 1 app',
      'Kubernetes v1.36.3 · changes are followed as they happen · last heard from just now',
    ],
    [
      {
        kind: 'reconnecting',
        updatedAtMs: NOW_MS - 60_000,
        sinceMs: NOW_MS - 40_000,
        reason: 'production does not answer.',
      },
      'reconnecting since Fri 11:59 · 1 not compared · Argo CD · 1 app',
      'Kubernetes v1.36.3 · connection lost · last heard from 1 min ago',
    ],
    [
      { kind: 'paused', updatedAtMs: NOW_MS - 7_200_000 },
      '1 not compared · Argo CD · 1 app',
      'Kubernetes v1.36.3 · not followed while nobody looks · last heard from 2 h ago',
    ],
  ] as const)('say how current they are: %o', (freshness, words, line) => {
    const one = cluster('production', CONNECTED, freshness && { freshness });
    const value = workspace({ clusters: [one], apps: [state('shop')] });
    const [row] = presentClusters(value, NOW_MS);
    expect(row?.description).toBe(words);
    expect(row && tooltipText(row)).toContain(line);
    const age = freshness === undefined ? '12 s ago' : line.replace(/.* from /, '');
    expect(presentClustersDescription(value, NOW_MS)).toBe(`updated ${age}`);
  });

  it('say why no context can be chosen, first, unless another kubeconfig has some', () => {
    const broken = { kind: 'failed', cause: 'config', message: 'team is broken.' } as const;
    const wanting = [cluster('production', { kind: 'unmapped' }), cluster('team', broken)] as const;
    const words = (more: readonly ClusterState[]): string | undefined =>
      presentClusters(
        workspace({ clusters: [...wanting, ...more], apps: [state('shop')] }),
        NOW_MS,
      )[0]?.description;
    expect(words([])).toBe('team is broken. · no context chosen · 1 app');
    expect(words([cluster('kind')])).toBe('no context chosen · 1 app');
  });

  it('say that there is no kubeconfig at all', () => {
    const message = 'There is no kubeconfig file config.';
    const rows = presentClusters(
      workspace({
        clusters: [
          cluster('production', { kind: 'unmapped' }),
          cluster('config', { kind: 'failed', cause: 'config', message }),
        ],
        apps: [state('shop')],
      }),
      NOW_MS,
    );
    expect(rows[0]?.description).toBe('no kubeconfig · 1 app');
  });

  it('offer nothing that would contact a cluster in Restricted Mode', () => {
    const rows = presentClusters(
      workspace({
        trusted: false,
        clusters: [cluster('production')],
        apps: [reported('shop', { live: { kind: 'unread' } })],
      }),
      NOW_MS,
    );
    expect(rows[0]?.description).toBe('not contacted in Restricted Mode · 1 app');
    const abilities = flat(rows).flatMap((row) => row.abilities);
    expect(new Set(abilities)).toEqual(new Set(['canOpenSource', 'canRender']));
  });

  it('never show an app as well before it was compared', () => {
    const rows = presentClusters(
      workspace({ clusters: [cluster('production', CONNECTED)], apps: [reported('shop')] }),
      NOW_MS,
    );
    const shop = find(rows, 'shop');
    expect(shop.icon).toEqual({ id: 'circle-outline' });
    expect(shop.description).toBe('Synced · Healthy · not compared');
  });

  it('keep apps that nothing assigns in sight', () => {
    const rest = without(app('status-page'), 'destinationCluster', 'controlCluster');
    const homeless = { ...rest, tool: 'push' as const, kind: 'Folder' as const, namespace: '' };
    const rows = presentClusters(
      workspace({ clusters: [], apps: [state('x', { app: homeless })] }),
      NOW_MS,
    );
    expect(outline(rows)).toBe('No cluster  1 app\n  status-page  not compared');
    expect(find(rows, 'status-page').abilities).toContain('canAssign');
  });

  it('fold contexts that no app names', () => {
    const rows = presentClusters(
      workspace({
        clusters: [cluster('production'), cluster('minikube'), cluster('kind')],
        apps: [state('shop')],
      }),
      NOW_MS,
    );
    expect(outline(rows)).toBe(
      [
        'production  not connected · 1 app',
        '  shop  not compared',
        'Other contexts  2',
        '  minikube  not connected',
        '  kind  not connected',
      ].join('\n'),
    );
  });

  it('say there why a kubeconfig cannot be used, and never as a cluster of its own', () => {
    const failed = { kind: 'failed', cause: 'config', message: 'config is broken.' } as const;
    const rows = presentClusters(
      workspace({
        clusters: [cluster('production'), cluster('config', failed)],
        apps: [state('shop')],
      }),
      NOW_MS,
    );
    expect(rows.map((row) => [row.label, row.description])).toEqual([
      ['production', 'not connected · 1 app'],
      ['Other contexts', '1 · config is broken.'],
    ]);
    expect(rows[1]?.spoken).toContain('config is broken.');
    expect(presentClusters(workspace({ clusters: [cluster('config', failed)] }), NOW_MS)).toEqual(
      [],
    );
  });

  it('leave the view to the welcome text where there is no app', () => {
    expect(presentClusters(workspace({ clusters: [cluster('minikube')] }), NOW_MS)).toEqual([]);
    const connected = workspace({ clusters: [cluster('minikube', CONNECTED)] });
    expect(outline(presentClusters(connected, NOW_MS))).toBe('minikube  0 apps');
  });

  it('keep a cluster that only controls apps elsewhere', () => {
    const spoke = app('shop', { controlCluster: 'hub', destinationCluster: 'spoke' });
    const rows = presentClusters(
      workspace({
        clusters: [cluster('hub'), cluster('spoke')],
        apps: [state('shop', { app: spoke })],
      }),
      NOW_MS,
    );
    expect(rows.map((row) => row.label)).toEqual(['hub', 'spoke']);
    expect(tooltipText(find(rows, 'shop'))).toContain('Goes to spoke / shop, controlled from hub');
  });

  it('name the namespace only where two apps share a name', () => {
    const rows = presentClusters(
      workspace({
        clusters: [cluster('production', CONNECTED)],
        apps: [
          state('web'),
          state('a', { app: app('api', { key: 'a', namespace: 'team-a' }) }),
          state('b', { app: app('api', { key: 'b', namespace: 'team-b' }) }),
        ],
      }),
      NOW_MS,
    );
    const labels = rows[0]?.children?.().map((row) => row.label);
    expect(labels).toEqual(['web', 'team-a/api', 'team-b/api']);
  });

  it('wait with sorting until the last answer is there', () => {
    const apps = [
      state('a', { live: { kind: 'reading' } }),
      state('b', { live: compared(drifted()) }),
    ];
    const at = (states: readonly AppState[]): readonly (string | undefined)[] => {
      const rows = presentClusters(
        workspace({ clusters: [cluster('production', CONNECTED)], apps: states }),
        NOW_MS,
      );
      return [
        rows[0]?.settled === false ? 'settling' : 'settled',
        ...(rows[0]?.children?.() ?? []).map((row) => row.label),
      ];
    };
    expect(at(apps)).toEqual(['settling', 'a', 'b']);
    expect(at([state('a', { live: compared(same('x')) }), ...apps.slice(1)])).toEqual([
      'settled',
      'b',
      'a',
    ]);
  });

  it('offer an action only where the control cluster reports the app', () => {
    const abilitiesOf = (one: AppState): readonly string[] =>
      find(
        presentClusters(
          workspace({ clusters: [cluster('production', CONNECTED)], apps: [one] }),
          NOW_MS,
        ),
        'shop',
      ).abilities;
    expect(abilitiesOf(reported('shop'))).toContain('canSync');
    expect(abilitiesOf(state('shop'))).not.toContain('canSync');
    const flux = app('shop', { tool: 'flux', kind: 'Kustomization', reported: {} });
    expect(abilitiesOf(state('shop', { app: flux }))).toContain('canReconcile');
    const push = app('shop', { tool: 'push', kind: 'Folder', reported: {} });
    expect(abilitiesOf(state('shop', { app: push }))).not.toContain('canReconcile');
  });

  it('say why an app cannot be compared', () => {
    const words = (one: AppState): string | undefined =>
      find(
        presentClusters(
          workspace({ clusters: [cluster('production', CONNECTED)], apps: [one] }),
          NOW_MS,
        ),
        'shop',
      ).description;
    const broken = { kind: 'invalid', problems: [FAILURE], inputs: [] } as const;
    expect(words(state('shop', { working: broken }))).toBe(
      'cannot be rendered: function "inclde" not defined.',
    );
    const other = app('shop', {
      source: { kind: 'unsupported', reason: 'Two sources are not rendered yet.' },
    });
    expect(words(state('shop', { app: other }))).toBe('Two sources are not rendered yet.');
    const away = app('shop', { source: { kind: 'elsewhere', repoUrl: 'https://x', path: 'y' } });
    expect(words(state('shop', { app: away }))).toBe('source in no open folder');
    const last = comparison([drifted()]);
    expect(
      words(state('shop', { live: { kind: 'unavailable', reason: 'It is down.', last } })),
    ).toBe('⟲ 1 drifted · It is down.');
  });

  it('go to the line that fails, and keep what the cluster said beside it', () => {
    const working = { kind: 'invalid', problems: [FAILURE], inputs: [] } as const;
    const rowsOf = (one: AppState, connected: boolean): ReturnType<typeof presentClusters> =>
      presentClusters(
        workspace({
          clusters: [cluster('production', connected ? CONNECTED : { kind: 'idle' })],
          apps: [one],
        }),
        NOW_MS,
      );
    const line = { kind: 'file', path: 'charts/shop/templates/web.yaml', line: 12 };
    const closed = find(rowsOf(state('shop', { working }), false), 'shop');
    expect(closed).toMatchObject({ collapsible: 'none', open: line, icon: { id: 'error' } });

    const live = compared(drifted());
    const rows = rowsOf(state('shop', { working, live }), true);
    expect(find(rows, 'shop')).toMatchObject({
      collapsible: 'collapsed',
      description: '1 drifted · working copy cannot be rendered: function "inclde" not defined.',
      icon: { id: 'color-mode' },
    });
    const pinned = state('shop', { working, live, local: { kind: 'pinned', revision: 'v1' } });
    expect(find(rowsOf(pinned, true), 'shop').description).toBe('1 drifted');
    expect(find(rows, 'shop').open).toBeUndefined();
    expect(find(rows, 'Cannot be rendered')).toMatchObject({
      description: 'function "inclde" not defined.',
      open: line,
    });
    expect(tooltipText(find(rows, 'Cannot be rendered'))).toContain(
      'charts/shop/templates/web.yaml:12',
    );
  });

  it('take the health of an app from its tool, else from the objects that count', () => {
    const health = { status: 'Degraded', message: '' };
    const broken = change({ action: 'same', health });
    const words = (one: AppState): string | undefined =>
      find(
        presentClusters(
          workspace({ clusters: [cluster('production', CONNECTED)], apps: [one] }),
          NOW_MS,
        ),
        'shop',
      ).description;
    const silent = without(status(), 'health');
    const flux = app('shop', { tool: 'flux', status: { ...silent, sync: 'Ready' } });
    expect(words(state('shop', { app: flux, live: compared(broken) }))).toBe('Ready · Degraded');
    const argo = app('shop', { status: status() });
    expect(words(state('shop', { app: argo, live: compared(broken) }))).toBe('Synced · Healthy');
    const annotations = { 'argocd.argoproj.io/ignore-healthcheck': 'true' };
    const before = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', annotations } };
    const live = compared({ ...broken, before });
    expect(words(state('shop', { app: flux, live }))).toBe('Ready');
  });

  it('say what Helm deployed last, and how many objects the next sync deletes', () => {
    const going = change({
      name: 'old',
      action: 'removed',
      prune: { fate: 'deleted', protectedBy: [], waitsFor: [] },
    });
    const release = {
      name: 'shop',
      namespace: 'shop',
      revision: 7,
      chart: 'shop-1.4.0',
      at: new Date(2026, 10, 17, 14, 2).toISOString(),
      by: 'helm',
      description: 'Upgrade complete',
      failed: { revision: 8, status: 'failed' },
    };
    const live = { kind: 'compared', comparison: comparison([going], { release }) } as const;
    const rows = presentClusters(
      workspace({ clusters: [cluster('production', CONNECTED)], apps: [state('shop', { live })] }),
      NOW_MS,
    );
    expect(find(rows, 'shop').description).toBe('1 drifted · 1 to be deleted');
    expect(tooltipText(find(rows, 'shop'))).toContain(
      'Helm release shop, revision 7: shop-1.4.0 · deployed Tue 14:02 · by helm · Upgrade complete · revision 8 after it: failed',
    );
  });

  it('say aloud and in the tooltip that a result is the last good one', () => {
    const last = comparison([drifted()]);
    const stale = state('shop', { live: { kind: 'unavailable', reason: 'It is down.', last } });
    const rows = presentClusters(
      workspace({ clusters: [cluster('production', CONNECTED)], apps: [stale] }),
      NOW_MS,
    );
    expect(find(rows, 'shop').spoken).toContain('last good result: 1 drifted');
    expect(tooltipText(find(rows, 'shop'))).toContain('⟲ Last good result, read 12 s ago');
  });

  it('keep ids while counts change', () => {
    const ids = (one: AppState): readonly string[] =>
      flat(
        presentClusters(
          workspace({ clusters: [cluster('production', CONNECTED)], apps: [one] }),
          NOW_MS,
        ),
      ).map((row) => row.id);
    const before = ids(state('shop', { live: compared(drifted(), same('b')) }));
    const after = ids(state('shop', { live: compared(drifted(), same('b'), same('c')) }));
    expect(after).toEqual(expect.arrayContaining([...before]));
    expect(new Set(after).size).toBe(after.length);
  });

  it('fold more than 200 objects', () => {
    const many = Array.from({ length: 450 }, (_, i) =>
      drifted(`web-${String(i).padStart(3, '0')}`),
    );
    const rows = presentClusters(
      workspace({
        clusters: [cluster('production', CONNECTED)],
        apps: [state('shop', { live: compared(...many) })],
      }),
      NOW_MS,
    );
    const drawn = below(find(rows, 'shop'));
    expect(drawn).toHaveLength(202);
    expect(drawn.slice(200).map((row) => row.label)).toEqual(['201–400', '401–450']);
    expect(new Set(flat(rows).map((row) => row.id)).size).toBe(flat(rows).length);
  });
});

describe('a resource row', () => {
  const rowOf = (one: Parameters<typeof change>[0]): ReturnType<typeof find> => {
    const rows = presentClusters(
      workspace({
        clusters: [cluster('production', CONNECTED)],
        apps: [state('shop', { live: compared(change(one)) })],
      }),
      NOW_MS,
    );
    return find(rows, 'web');
  };

  it('tell what a sync deletes first, and of each why it stays or what it waits for', () => {
    const extra = (name: string, prune: PruneForecast) =>
      change({
        name,
        action: 'removed',
        fields: [{ pointer: '', whose: 'drift' }],
        notes: prune.fate === 'deleted' ? [] : [note('not-pruned', `Not pruned: a word of it.`)],
        prune,
      });
    const plain = { fate: 'deleted', protectedBy: [], waitsFor: [] } as const;
    const rows = presentClusters(
      workspace({
        clusters: [cluster('production', CONNECTED)],
        apps: [
          state('shop', {
            live: compared(
              extra('a-kept', {
                ...plain,
                fate: 'kept',
                protectedBy: ['a word of it.', 'another.'],
              }),
              extra('b-asked', { ...plain, fate: 'asked', protectedBy: ['a word of it.'] }),
              extra('c-last', { ...plain, last: true, waitsFor: ['acme.example/guard'] }),
              extra('d-gone', plain),
            ),
          }),
        ],
      }),
      NOW_MS,
    );
    expect(
      below(find(rows, 'shop')).map(({ label, icon }) => `${label} ${icon?.id ?? ''}`),
    ).toEqual(['c-last trash', 'd-gone trash', 'a-kept diff-added', 'b-asked diff-added']);
    const about = (name: string) => tooltipText(find(rows, name)).split('\n').slice(3, -1);
    expect(about('d-gone')).toEqual(['The next sync deletes it.']);
    expect(about('c-last')).toEqual([
      'The next sync deletes it last.',
      'Pruned last: waits until everything else that the sync applies is healthy; while something is not, it stays',
      'Its deletion waits for acme.example/guard',
    ]);
    expect(about('a-kept')).toEqual(['Stays: a word of it.', 'another.']);
    expect(about('b-asked')).toEqual(['Deleted once somebody confirms it: a word of it.']);
    expect(find(rows, 'd-gone').open).toMatchObject({
      title: 'Deployment d-gone: live ↔ Git (production) · the next sync deletes it',
      rightTitle: 'Deployment d-gone (not in Git: the next sync deletes it)',
    });
    expect(find(rows, 'a-kept').open).toMatchObject({
      title: 'Deployment a-kept: live ↔ Git (production)',
      rightTitle: 'Deployment a-kept (not in Git: stays)',
    });
  });

  it('opens live ↔ Git, with the cluster in the title', () => {
    expect(rowOf({ fields: [field()] }).open).toMatchObject({
      kind: 'diff',
      title: 'Deployment web: live ↔ Git (production)',
      left: { kind: 'live', resource: 'apps/Deployment/shop/web' },
      right: { kind: 'desired', resource: 'apps/Deployment/shop/web' },
    });
  });

  it.each([
    [{ fields: [field()] }, 'replicas 3→5', 'D'],
    [{ fields: [field(), field({ pointer: '/spec/paused' })] }, 'replicas 3→5 · 1 more', 'D'],
    [{ fields: [field({ whose: 'differs' as const })] }, 'replicas 3→5', 'D'],
    [{ action: 'removed' as const, after: undefined }, 'not in Git', '+'],
    [{ action: 'added' as const, before: undefined }, 'missing live', '–'],
    [{ fields: [field({ whose: 'pending' as const })] }, 'pending: replicas', 'P'],
    [
      { action: 'added' as const, fields: [field({ pointer: '', whose: 'pending' as const })] },
      'pending: new object',
      'P',
    ],
    [{ fields: [field({ theirs: 'the HPA' })] }, 'replicas left to the HPA', undefined],
    [
      {
        fields: [
          field({ theirs: 'the HPA' }),
          field({ pointer: '/spec/paused', whose: 'pending' as const }),
        ],
      },
      'pending: paused · replicas left to the HPA',
      'P',
    ],
    [
      { fields: [field({ theirs: 'the HPA' }), field({ pointer: '/spec/paused', before: true })] },
      'paused 3→true',
      'D',
    ],
    [
      { fields: [field({ flapping: 'changed 4 times in 12 minutes' })] },
      'replicas 3→5 · keeps changing',
      'D',
    ],
    [
      {
        action: 'removed' as const,
        prune: { fate: 'deleted' as const, protectedBy: [], waitsFor: [] },
      },
      'the next sync deletes it · not in Git',
      '+',
    ],
    [
      {
        action: 'removed' as const,
        prune: { fate: 'deleted' as const, protectedBy: [], waitsFor: [], last: true as const },
      },
      'the next sync deletes it last · not in Git',
      '+',
    ],
    [
      {
        action: 'removed' as const,
        prune: { fate: 'kept' as const, protectedBy: ['Prune=false'], waitsFor: [] },
      },
      'not in Git · stays',
      '+',
    ],
    [
      {
        action: 'removed' as const,
        orphan: true as const,
        fields: [field({ pointer: '', whose: 'differs' as const })],
      },
      'left behind: no list of its app has it',
      '+',
    ],
    [
      {
        action: 'removed' as const,
        orphan: true as const,
        fields: [field({ pointer: '', whose: 'ignored' as const })],
      },
      'left behind on purpose',
      undefined,
    ],
    [{ fields: [field({ whose: 'ignored' as const })] }, 'replicas ignored', undefined],
    [{ fields: [field({ whose: 'already' as const })] }, 'replicas already there', undefined],
    [{ fields: [field({ whose: 'generated' as const })] }, 'replicas generated', undefined],
    [
      { action: 'same' as const, notes: [note('forbidden', 'No right to read Secrets.')] },
      'No right to read Secrets.',
      '?',
    ],
    [{ fields: [field()], predicted: true }, 'replicas 3→5 · predicted', 'D'],
    [
      { action: 'same' as const, health: { status: 'Progressing', message: '1 of 2 ready' } },
      'Progressing',
      undefined,
    ],
    [
      { action: 'same' as const, health: { status: 'Healthy', message: 'Replicas: 2' } },
      '',
      undefined,
    ],
  ])('says %o as %s', (parts, description, badge) => {
    const row = rowOf(parts);
    expect(row.description).toBe([description, 'Deployment'].filter(Boolean).join(' · '));
    expect(row.mark?.badge).toBe(badge);
    expect(row.icon).toBeDefined();
  });

  it('has an icon of its own for what is missing, extra or changed', () => {
    const iconOf = (parts: Parameters<typeof change>[0]): string | undefined =>
      rowOf(parts).icon?.id;
    expect(iconOf({ action: 'added' })).toBe('diff-removed');
    expect(iconOf({ action: 'removed' })).toBe('diff-added');
    expect(iconOf({ fields: [field()] })).toBe('diff-modified');
    const failed = { status: 'Degraded', message: 'CrashLoopBackOff' };
    expect(iconOf({ fields: [field()], health: failed })).toBe('error');
  });

  it('counts what does not count among those that are folded, not those still in sight', () => {
    const left = change({ fields: [field({ theirs: 'the HPA' })] });
    const other = { ...left, id: { ...left.id, name: 'api' } };
    const apps = [state('shop', { live: compared(left, other) })];
    const value = workspace({ clusters: [cluster('production', CONNECTED)], apps });
    const app = find(presentClusters(value, NOW_MS), 'shop');
    const rows = app.children?.() ?? [];
    const folded = (quiet: typeof rows): string | undefined => app.foldQuiet?.(quiet)?.description;
    expect(folded(rows)).toBe('2 with ignored differences');
    expect(folded(rows.slice(1))).toBe('1 with ignored differences');
    expect(folded([])).toBeUndefined();
  });

  it('says the kind first where another object has the same name', () => {
    const service = change({ fields: [field({ pointer: '/spec/type', before: 'A', after: 'B' })] });
    const id = { ...service.id, group: '', kind: 'Service' };
    const rows = presentClusters(
      workspace({
        clusters: [cluster('production', CONNECTED)],
        apps: [state('shop', { live: compared(drifted(), { ...service, id }) })],
      }),
      NOW_MS,
    );
    expect(outline(rows).split('\n').slice(2)).toEqual([
      '    web  Deployment · replicas 3→5 [D]',
      '    web  Service · type B→A [D]',
    ]);
  });

  it('tells of an object that goes what protects it and what it waits for', () => {
    const prune = { fate: 'deleted', protectedBy: [], waitsFor: ['example.com/backup'] } as const;
    const going = rowOf({ action: 'removed', prune });
    expect(going.icon?.id).toBe('trash');
    expect(tooltipText(going)).toContain(
      'The next sync deletes it.\nIts deletion waits for example',
    );
    const asked = {
      fate: 'asked',
      protectedBy: ['Prune=confirm asks first.'],
      waitsFor: [],
    } as const;
    const waiting = rowOf({ action: 'removed', prune: asked });
    expect(waiting.icon?.id).toBe('diff-added');
    expect(tooltipText(waiting)).toContain('Prune=confirm asks first.');
    expect(waiting.spoken).toContain('deleted once somebody confirms it');
  });

  it('speaks its state in words', () => {
    expect(rowOf({ fields: [field()] }).spoken).toBe(
      'Deployment web, Differs from Git, replicas 3→5, namespace shop',
    );
  });

  it('tells in the tooltip what changed, who, and what becomes of it', () => {
    const text = tooltipText(
      rowOf({
        fields: [
          field({
            fate: 'reverted',
            owner: { manager: 'kubectl-edit', operation: 'Update' },
            rule: 'spec.ignoreDifferences[0] of Application shop',
          }),
        ],
        notes: [note('immutable', 'spec.selector is immutable.')],
      }),
    );
    expect(text.split('\n')).toEqual([
      'Deployment web',
      'production · shop · apps/v1',
      'Differs from Git',
      'spec.selector is immutable.',
      'From charts/shop/templates/web.yaml:3',
      '--- live',
      '+++ Git',
      '- spec.replicas: 5',
      '+ spec.replicas: 3',
      '  # drifted · kubectl edit · rule spec.ignoreDifferences[0] of Application shop · the next sync reverts it',
    ]);
  });
});

describe('the badge', () => {
  const driftedApp = state('shop', { live: compared(drifted()) });

  it('is absent while no cluster is connected: unknown is not zero', () => {
    expect(presentBadge(workspace({ clusters: [cluster('production')], apps: [driftedApp] }))).toBe(
      undefined,
    );
  });

  it('counts drifted apps of connected clusters and says how many clusters that covers', () => {
    const staging = state('b', {
      app: app('b', { key: 'b', destinationCluster: 'staging', controlCluster: 'staging' }),
      live: compared(drifted()),
    });
    const badge = presentBadge(
      workspace({
        clusters: [cluster('production', CONNECTED), cluster('staging'), cluster('unused')],
        apps: [driftedApp, state('calm', { live: compared(same('x')) }), staging],
      }),
    );
    expect(badge).toEqual({ value: 1, tooltip: '1 app drifted · 1 of 2 clusters connected' });
  });
});

describe('the description of the view', () => {
  it('says how much of the world it covers and how old it is', () => {
    const value = workspace({
      clusters: [cluster('production', CONNECTED), cluster('staging')],
      apps: [
        state('shop'),
        state('b', { app: app('b', { key: 'b', destinationCluster: 'staging' }) }),
      ],
    });
    expect(presentClustersDescription(value, NOW_MS)).toBe('updated 12 s ago · 1 of 2 connected');
    const all = { ...value, clusters: value.clusters.slice(0, 1), apps: value.apps.slice(0, 1) };
    expect(presentClustersDescription(all, NOW_MS)).toBe('updated 12 s ago');
    const idle = workspace({ clusters: [cluster('production')], apps: [state('shop')] });
    expect(presentClustersDescription(idle, NOW_MS)).toBeUndefined();
    const reading = workspace({ roots: [root({ indexing: true })] });
    expect(presentClustersDescription(reading, NOW_MS)).toBe('reading…');
    expect(presentClustersDescription(workspace(), NOW_MS)).toBeUndefined();
  });
});
