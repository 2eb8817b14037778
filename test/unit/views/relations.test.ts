import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import { appGraph } from '../../../src/model/appGraph';
import { presentRepository } from '../../../src/views/repository/present';
import { relationLines, relationRows } from '../../../src/views/relations';
import { find, outline, presentClusters, tooltipText } from './rows';
import { app, cluster, NOW_MS, root, ROOT, state, workspace } from './states';

function flux(name: string, parts: Partial<App> = {}): App {
  return app(name, { kind: 'Kustomization', tool: 'flux', namespace: 'flux-system', ...parts });
}

const infra = flux('infra');
const shop = flux('shop', {
  dependsOn: ['flux-system/infra', 'flux-system/absent'],
  renderedBy: { ...infra, changed: true, depth: 1 },
});
const all = workspace({
  apps: [infra, shop].map((one) => state(one.name, { app: one })),
  clusters: [cluster('production', { kind: 'connected', version: 'v1.36.3', readAtMs: NOW_MS })],
});
const graph = appGraph([infra, shop]);

describe('how apps hang together', () => {
  it('stands in the tooltip of both', () => {
    expect(relationLines(shop, graph).filter(Boolean)).toEqual([
      'In Kustomization flux-system/infra, and shown as it comes out there',
      'Waits for flux-system/infra, flux-system/absent',
    ]);
    expect(relationLines(infra, graph).filter(Boolean)).toEqual([
      'Renders 1 app: flux-system/shop',
      'Waited for by flux-system/shop',
    ]);
    expect(relationLines(app('alone'), graph).filter(Boolean)).toEqual([]);
  });

  it('stands below the app, each leading to its definition', () => {
    const rows = relationRows(shop, graph, 'x');
    expect(outline(rows)).toBe(
      [
        'Waits for  2 apps',
        '  flux-system/infra  apps/infra.yaml',
        '  flux-system/absent  in no open folder',
      ].join('\n'),
    );
    expect(find(rows, 'flux-system/infra').open).toEqual({
      kind: 'file',
      root: ROOT,
      path: 'apps/infra.yaml',
      line: 1,
    });
    expect(outline(relationRows(infra, graph, 'x'))).toBe(
      [
        'Waited for by  1 app',
        '  flux-system/shop  apps/shop.yaml',
        'Renders  1 app',
        '  flux-system/shop  apps/shop.yaml',
      ].join('\n'),
    );
  });

  it('is part of the rows of Clusters and Repository', () => {
    const rows = presentClusters(all, NOW_MS);
    expect(tooltipText(find(rows, 'shop'))).toContain('Waits for flux-system/infra');
    const item = { kind: 'flux-kustomization', name: 'flux-system/shop', root: ROOT } as const;
    const listed = presentRepository({
      ...all,
      roots: [root({ items: [{ ...item, path: 'apps/shop.yaml', apps: [shop.key] }] })],
    });
    expect(find(listed, 'flux-system/shop').description).toBe(
      'in flux-system/infra · apps/shop.yaml',
    );
  });
});
