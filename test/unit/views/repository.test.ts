import { describe, expect, it } from 'vitest';
import type { RepositoryItem } from '../../../src/model/appState';
import {
  presentRepository,
  presentRepositoryDescription,
} from '../../../src/views/repository/present';
import { find, outline, tooltipText } from './rows';
import { app, FAILURE, root, ROOT, state, workspace } from './states';

function item(parts: Partial<RepositoryItem>): RepositoryItem {
  return { kind: 'chart', name: 'shop', root: ROOT, path: 'charts/shop', apps: [], ...parts };
}

const shop = state('shop');
const staging = state('shop-staging', {
  app: app('shop-staging', { destinationCluster: 'staging' }),
});

describe('the rows of the repository', () => {
  it('list what was found, by kind, with the apps that use it', () => {
    const rows = presentRepository(
      workspace({
        apps: [shop, staging],
        roots: [
          root({
            items: [
              item({ apps: [shop.app.key, staging.app.key] }),
              item({ kind: 'crd', name: 'backups.example.com', path: 'crds/backup.yaml', line: 4 }),
              item({
                kind: 'application',
                name: 'shop',
                path: 'apps/shop.yaml',
                line: 1,
                apps: [shop.app.key],
              }),
            ],
          }),
        ],
      }),
    );
    expect(outline(rows)).toBe(
      [
        'Applications  1',
        '  shop  apps/shop.yaml',
        '    argocd/shop  production',
        'Charts  1',
        '  shop  charts/shop',
        '    argocd/shop  production',
        '    argocd/shop-staging  staging',
        'Custom resource definitions  1',
        '  backups.example.com  crds/backup.yaml',
      ].join('\n'),
    );
    expect(find(rows, 'backups.example.com').open).toEqual({
      kind: 'file',
      root: ROOT,
      path: 'crds/backup.yaml',
      line: 4,
    });
  });

  it('list an ApplicationSet with what it makes, and what only the server knows', () => {
    const place = { root: ROOT, path: 'fleet.yaml', line: 8 };
    const params = { env: 'prod', path: { basename: 'shop' }, ports: [80] };
    const made = state('shop', {
      app: app('shop', {
        generatedBy: { set: { namespace: 'argocd', name: 'fleet' }, params, place, stale: true },
      }),
    });
    const fleet = item({
      kind: 'application-set',
      name: 'argocd/fleet',
      path: 'fleet.yaml',
      line: 1,
      apps: [made.app.key],
      notes: ['Needs the server: nobody knows the clusters.', 'And more.'],
    });
    const rows = presentRepository(workspace({ apps: [made], roots: [root({ items: [fleet] })] }));
    expect(outline(rows)).toBe(
      [
        'ApplicationSets  1',
        '  argocd/fleet  fleet.yaml · Needs the server: nobody knows the clusters.',
        '    argocd/shop  production',
      ].join('\n'),
    );
    const row = find(rows, 'argocd/fleet');
    expect(row.target).toMatchObject({ kind: 'file', path: 'fleet.yaml', line: 1 });
    expect(tooltipText(row)).toContain('And more.');
    expect(tooltipText(row)).toContain('Makes 1 app');
    const tooltip = tooltipText(find(rows, 'argocd/shop'));
    expect(tooltip).toContain('From ApplicationSet argocd/fleet');
    expect(tooltip).toContain('Parameters env=prod, path.basename=shop, ports=1 element');
    expect(tooltip).toContain('cannot be expanded now');
  });

  it('act on the app where an item has just one', () => {
    const one = item({ apps: [shop.app.key] });
    const rows = presentRepository(
      workspace({ apps: [shop], roots: [root({ items: [one, item({ name: 'lib' })] })] }),
    );
    expect(find(rows, 'shop')).toMatchObject({
      target: { kind: 'app', appKey: shop.app.key },
      abilities: ['canOpenSource', 'canRender'],
      collapsible: 'none',
    });
    expect(find(rows, 'lib')).toMatchObject({
      target: { kind: 'file', path: 'charts/shop' },
      abilities: ['canOpenSource'],
    });
  });

  it('mark what cannot be rendered', () => {
    const broken = state('shop', { working: { kind: 'invalid', problems: [FAILURE], inputs: [] } });
    const rows = presentRepository(
      workspace({ apps: [broken], roots: [root({ items: [item({ apps: [broken.app.key] })] })] }),
    );
    expect(find(rows, 'shop')).toMatchObject({
      description: 'charts/shop · cannot be rendered: function "inclde" not defined.',
      mark: { badge: '!' },
      open: { path: 'charts/shop/templates/web.yaml', line: 12 },
    });
    const both = presentRepository(
      workspace({
        apps: [broken, staging],
        roots: [root({ items: [item({ apps: [broken.app.key, staging.app.key] })] })],
      }),
    );
    expect(outline(both)).toBe(
      [
        'Charts  1',
        '  shop  charts/shop · 1 app cannot be rendered [!]',
        '    argocd/shop  production · cannot be rendered: function "inclde" not defined.',
        '    argocd/shop-staging  staging',
      ].join('\n'),
    );
    expect(find(both, 'argocd/shop').open).toMatchObject({ line: 12 });
  });

  it('show what was not understood, and where', () => {
    const problem = {
      severity: 'error' as const,
      code: 'yaml-syntax',
      message: 'A tab cannot indent.',
      location: { path: 'apps/web.yaml', line: 7 },
    };
    const rows = presentRepository(workspace({ roots: [root({ problems: [problem] })] }));
    expect(outline(rows)).toBe('Not understood  1\n  apps/web.yaml:7  A tab cannot indent.');
    expect(find(rows, 'apps/web.yaml:7').open).toMatchObject({ path: 'apps/web.yaml', line: 7 });
  });

  it('have a level for the folder only where there are several', () => {
    const repository = { headRef: 'refs/heads/raise-web' } as never;
    const roots = [
      root({ items: [item({})], repository }),
      root({ root: '/b', name: 'b', items: [item({ root: '/b' })] }),
      root({ root: '/empty', name: 'empty' }),
    ];
    const rows = presentRepository(workspace({ roots }));
    expect(rows.map((row) => [row.label, row.description])).toEqual([
      ['gitops', 'raise-web'],
      ['b', undefined],
    ]);
    expect(tooltipText(find(rows, 'gitops'))).toContain('/repo');
    expect(presentRepository(workspace({ roots: roots.slice(2) }))).toEqual([]);
  });
});

describe('the description of the view', () => {
  it('says that reading goes on, else how many apps there are', () => {
    expect(presentRepositoryDescription(workspace({ roots: [root({ indexing: true })] }))).toBe(
      'reading…',
    );
    expect(presentRepositoryDescription(workspace({ apps: [shop] }))).toBe('1 app');
    expect(presentRepositoryDescription(workspace())).toBeUndefined();
  });
});
