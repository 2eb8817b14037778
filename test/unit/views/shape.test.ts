import { describe, expect, it } from 'vitest';
import type { AppState, WorkspaceState } from '../../../src/model/appState';
import { parseFilter } from '../../../src/views/clusters/filter';
import { createClustersPresenter } from '../../../src/views/clusters/present';
import type { TreeShape } from '../../../src/views/clusters/shape';
import { PLAIN, shapeOf, storedShape } from '../../../src/views/clusters/shape';
import { outline, presentClusters } from './rows';
import {
  app,
  change,
  cluster,
  compared,
  CONNECTED,
  drifted,
  NOW_MS,
  same,
  state,
  status,
  workspace,
} from './states';

function labelled(project: string, labels: object = {}, annotations: object = {}): object {
  return { metadata: { labels, annotations }, spec: { project } };
}

const SHOP = state('shop', {
  app: app('shop', {
    definition: labelled('retail', { 'example.com/team': 'checkout' }) as never,
    status: status({ sync: 'OutOfSync' }),
  }),
  live: compared(drifted('web'), same('cache')),
});
const PAY = state('pay', {
  app: app('pay', {
    definition: labelled('retail', {}, { owner: 'money' }) as never,
    destination: { cluster: { kind: 'control' }, namespace: 'payments' },
    destinationCluster: 'staging',
  }),
  live: compared(
    change({ name: 'api', action: 'same', health: { status: 'Degraded', message: '' } }),
  ),
});
const DOCS = state('docs', {
  app: app('docs', {
    tool: 'flux',
    kind: 'HelmRelease',
    owners: ['@docs', '@platform'],
    destination: { cluster: { kind: 'control' }, namespace: '' },
  }),
});

const ALL: WorkspaceState = workspace({
  clusters: [cluster('production', CONNECTED), cluster('staging', CONNECTED), cluster('kind')],
  apps: [SHOP, PAY, DOCS],
});

function left(text: string): readonly string[] {
  return apps(outlineWith({ groupBy: 'cluster', filter: text }));
}

function outlineWith({
  groupBy,
  filter = '',
}: {
  groupBy: TreeShape['groupBy'];
  filter?: string;
}): string {
  return outline(presentClusters(ALL, NOW_MS, shapeOf({ groupBy, filter })));
}

function apps(text: string): readonly string[] {
  return [...text.matchAll(/^ {2}(\w+) /gm)].map(([, name = '']) => name).sort();
}

describe('a filter', () => {
  it.each([
    ['shop', ['shop']],
    ['state:drifted', ['shop']],
    ['is:failing', ['pay']],
    ['state:unknown', ['docs']],
    ['-state:drifted', ['docs', 'pay']],
    ['project:retail', ['pay', 'shop']],
    ['retail -pay', ['shop']],
    ['kind:helmrelease', ['docs']],
    ['ns:payments', ['pay']],
    ['cluster:staging', ['pay']],
    ['team:checkout', ['shop']],
    ['owner:money', ['pay']],
    ['@platform', ['docs']],
    ['deployment', ['pay', 'shop']],
    ['CACHE', ['shop']],
    ['state:nonsense', []],
    ['state:', []],
  ])('%s leaves %j', (text, names) => {
    expect(left(text)).toEqual(names);
  });

  it('without words is none', () => {
    for (const text of ['', '  ', '-']) expect(parseFilter(text)).toBeUndefined();
  });

  it('leaves out clusters without a match and contexts that no app names', () => {
    expect(outlineWith({ groupBy: 'cluster', filter: 'ns:payments' })).toMatch(/^staging/);
    expect(outlineWith({ groupBy: 'cluster', filter: 'ns:payments' })).not.toContain('Other');
  });

  it('says above the rows what it leaves', () => {
    const presenter = createClustersPresenter(() => NOW_MS);
    expect(presenter.message(ALL, PLAIN)).toBeUndefined();
    expect(presenter.message(ALL, shapeOf({ filter: 'retail' }))).toBe(
      'Filtered: retail · 2 of 3 apps',
    );
    expect(presenter.message(ALL, shapeOf({ filter: 'nothing' }))).toBe(
      'Filtered: nothing · no app',
    );
  });
});

describe('the grouping', () => {
  it('by team takes labels, annotations and CODEOWNERS, with the clusters after the teams', () => {
    expect(outlineWith({ groupBy: 'team' }).split('\n')).toEqual([
      '@docs  1 not compared · 1 app',
      '  docs  not compared · production',
      '@platform  1 not compared · 1 app',
      '  docs  not compared · production',
      'checkout  1 drifted · 1 app',
      '  shop  1 drifted · OutOfSync · Healthy · production',
      '    web  replicas 3→5 · Deployment [D]',
      '    In sync (1)',
      '      cache  Deployment',
      'money  1 failing · 1 app',
      '  pay  Degraded · staging',
      '    api  Degraded · Deployment',
      'Clusters  production · staging · Other contexts',
      expect.stringMatching(/^ {2}production/),
      '    docs  not compared',
      '    shop  1 drifted · OutOfSync · Healthy',
      '      web  replicas 3→5 · Deployment [D]',
      '      In sync (1)',
      '        cache  Deployment',
      expect.stringMatching(/^ {2}staging/),
      '    pay  Degraded',
      '      api  Degraded · Deployment',
      '  Other contexts  1',
      '    kind  not connected',
    ]);
  });

  it.each([
    ['project', ['retail', 'No project', 'Clusters']],
    ['namespace', ['payments', 'shop', 'No namespace', 'Clusters']],
  ] as const)('by %s puts what has none last', (groupBy, labels) => {
    const rows = presentClusters(ALL, NOW_MS, { groupBy });
    expect(rows.map(({ label }) => label)).toEqual(labels);
  });

  it('by namespace goes by the objects of an app that names none, where these are few', () => {
    const many = (count: number): AppState => {
      const changes = Array.from({ length: count }, (_, index) => {
        const one = same(`web-${index}`);
        return { ...one, id: { ...one.id, namespace: `ns-${index}` } };
      });
      return { ...DOCS, live: compared(...changes) };
    };
    const labels = (one: AppState): readonly string[] =>
      presentClusters({ ...ALL, apps: [one] }, NOW_MS, { groupBy: 'namespace' }).map(
        ({ label }) => label,
      );
    expect(labels(many(2))).toEqual(['ns-0', 'ns-1', 'Clusters']);
    expect(labels(many(4))).toEqual(['No namespace', 'Clusters']);
  });

  it('never gives two rows one id', () => {
    const ids: string[] = [];
    const walk = (rows: ReturnType<typeof presentClusters>): void =>
      rows.forEach((row) => {
        ids.push(row.id);
        walk(row.children?.() ?? []);
      });
    for (const groupBy of ['team', 'project', 'namespace'] as const) {
      ids.length = 0;
      walk(presentClusters(ALL, NOW_MS, { groupBy }));
      expect(new Set(ids).size).toBe(ids.length);
    }
  });
});

describe('what is remembered of a shape', () => {
  it('comes back as it was', () => {
    const shape = shapeOf({ groupBy: 'team', filter: 'shop state:drifted' });
    expect(shapeOf(JSON.parse(JSON.stringify(storedShape(shape)))).filter?.text).toBe(
      'shop state:drifted',
    );
    expect(storedShape(shape)).toEqual({ groupBy: 'team', filter: 'shop state:drifted' });
  });

  it.each([undefined, null, 'x', { groupBy: 'planet' }, { filter: 7 }])(
    'of %j is the plain tree',
    (stored) => {
      expect(shapeOf(stored)).toEqual(PLAIN);
    },
  );
});

describe('many apps', () => {
  const calm = (name: string): AppState => state(name, { live: compared(same(name)) });
  const many = Array.from({ length: 14 }, (_, index) =>
    calm(`calm-${String(index).padStart(2, '0')}`),
  );
  const rowsOf = (states: readonly AppState[], shape?: TreeShape): string =>
    outline(
      presentClusters(
        workspace({ clusters: [cluster('production', CONNECTED)], apps: states }),
        NOW_MS,
        shape,
      ),
    );

  it('have those in sync folded, unless the user asked for them', () => {
    const shown = rowsOf([...many, SHOP]).split('\n');
    expect(shown.slice(1, 2)).toEqual(['  shop  1 drifted · OutOfSync · Healthy']);
    expect(shown).toContain('  In sync (14)');
    expect(rowsOf([...many, SHOP], shapeOf({ filter: 'state:sync' }))).not.toContain(
      'In sync (14)',
    );
    expect(rowsOf(many.slice(0, 5))).not.toMatch(/^ {2}In sync/m);
  });

  it('are made again only where something moved', () => {
    const presenter = createClustersPresenter(() => NOW_MS);
    const first = workspace({
      clusters: [cluster('production', CONNECTED)],
      apps: [...many, SHOP],
    });
    const children = (of: WorkspaceState): readonly unknown[] =>
      presenter.rows(of)[0]?.children?.() ?? [];
    const before = children(first);
    const moved = { ...SHOP, live: compared(same('web')) };
    const after = children({ ...first, apps: [...many, moved] });
    expect(after.filter((row) => before.includes(row))).toHaveLength(many.length);
    expect(children({ ...first, trusted: false }).some((row) => before.includes(row))).toBe(false);
  });
});
