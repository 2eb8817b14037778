import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import { appGraph } from '../../../src/model/appGraph';
import { app } from '../views/states';

function flux(name: string, parts: Partial<App> = {}): App {
  return app(name, { kind: 'Kustomization', tool: 'flux', namespace: 'flux-system', ...parts });
}

function keys(apps: readonly App[]): readonly string[] {
  return apps.map(({ name }) => name);
}

describe('who renders whom', () => {
  const root = app('root');
  const by = { ...root, changed: false, depth: 1 };
  const shop = app('shop', { renderedBy: by });
  const stray = app('stray', { renderedBy: { ...by, key: 'gone' } });
  const graph = appGraph([root, shop, stray]);

  it('is told from both ends', () => {
    expect(keys(graph.below(root))).toEqual(['shop']);
    expect(graph.above(shop)).toBe(root);
    expect(graph.above(root)).toBeUndefined();
    expect(graph.above(stray)).toBeUndefined();
  });
});

describe('who waits for whom', () => {
  const infra = flux('infra');
  const shop = flux('shop', { dependsOn: ['flux-system/infra', 'other/absent'] });

  it('keeps the order of dependsOn, with what nobody defines', () => {
    const graph = appGraph([shop, infra]);
    expect(graph.waitsFor(shop)).toEqual([
      { label: 'flux-system/infra', app: infra },
      { label: 'other/absent' },
    ]);
    expect(keys(graph.waitedForBy(infra))).toEqual(['shop']);
    expect(graph.waitsFor(infra)).toEqual([]);
  });

  it('means apps of the same kind only', () => {
    const release = flux('infra', { kind: 'HelmRelease' });
    expect(appGraph([shop, release]).waitsFor(shop)[0]).toEqual({ label: 'flux-system/infra' });
  });

  it.each([
    ['of its own cluster', { controlCluster: 'staging' }, 'staging', 'clusters/prod/x.yaml'],
    ['nearest to it where none is', { controlCluster: 'x' }, 'production', 'clusters/prod/x.yaml'],
  ])('prefers the one %s', (_, parts, cluster, path) => {
    const place = (folder: string): App['definedIn'] => ({ root: '/repo', path: folder, line: 1 });
    const near = flux('infra', { key: 'near', definedIn: place('clusters/prod/infra.yaml') });
    const own = flux('infra', {
      key: 'own',
      controlCluster: 'staging',
      definedIn: place('clusters/staging/infra.yaml'),
    });
    const waiting = flux('shop', { ...shop, ...parts, definedIn: place(path) });
    const found = appGraph([near, own, waiting]).waitsFor(waiting)[0]?.app;
    expect(found?.controlCluster).toBe(cluster);
  });

  it('says each of several that wait once', () => {
    const twice = flux('twice', { dependsOn: ['flux-system/infra', 'flux-system/infra'] });
    expect(keys(appGraph([infra, twice]).waitedForBy(infra))).toEqual(['twice']);
  });
});
