import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../../../src/model/appState';
import type { ResourceId } from '../../../src/model/resource';
import type { Claim, Stray } from '../../../src/model/stray';
import { parseFilter } from '../../../src/views/clusters/filter';
import { createClustersPresenter, presentBadge } from '../../../src/views/clusters/present';
import { createRowTree } from '../../../src/views/rowTree';
import { below, find, flat, outline, presentClusters, tooltipText } from './rows';
import { cluster, compared, CONNECTED, drifted, NOW_MS, same, state, workspace } from './states';

function stray(claim: Partial<Claim> & Pick<Claim, 'kind' | 'name'>, ids: readonly ResourceId[]) {
  return { claim: { namespace: '', ...claim }, ids } satisfies Stray;
}

function ids(...names: readonly string[]): readonly ResourceId[] {
  return names.map((name) => ({ group: '', kind: 'ConfigMap', namespace: 'shop', name }));
}

const ROLE = { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', namespace: '', name: 'r' };
const GUESTBOOK = stray({ kind: 'Application', name: 'guestbook' }, ids('flags', 'pages'));
const REDIS = stray({ kind: 'release', namespace: 'web', name: 'redis' }, [ROLE]);
const STRAYS: readonly Stray[] = [GUESTBOOK, REDIS];

function treeOf(strays: readonly Stray[], parts: Partial<ClusterState> = {}) {
  const production = cluster('production', CONNECTED, { strays, ...parts });
  const apps = [state('shop', { live: compared(drifted('web'), same('cache')) })];
  return workspace({ clusters: [production, cluster('staging')], apps });
}

function filtered(text: string, strays = STRAYS): string {
  const filter = parseFilter(text);
  const rows = presentClusters(treeOf(strays), NOW_MS, {
    groupBy: 'cluster',
    ...(filter && { filter }),
  });
  return outline(rows);
}

describe('what apps and releases left behind that are gone', () => {
  const rows = presentClusters(treeOf(STRAYS), NOW_MS);

  it('is below the apps of its cluster, by who made it', () => {
    const [production] = rows;
    expect(production && outline([production])).toBe(
      [
        'production  1 drifted · Argo CD · 1 app',
        '  shop  1 drifted',
        '    web  replicas 3→5 · Deployment [D]',
        '    In sync (1)',
        '      cache  Deployment',
        '  Left behind (3)  nothing here prunes them',
        '    Application guestbook  gone · 2 objects',
        '      flags  ConfigMap · shop',
        '      pages  ConfigMap · shop',
        '    Helm release web/redis  gone · 1 object',
        '      r  ClusterRole',
      ].join('\n'),
    );
  });

  it('opens the live object, and says why nothing prunes it', () => {
    const flags = find(rows, 'flags');
    expect(flags.open).toEqual({
      kind: 'document',
      request: { kind: 'stray', cluster: 'production', resource: '/ConfigMap/shop/flags' },
      title: 'ConfigMap flags (live, production)',
    });
    expect(tooltipText(flags)).toBe(
      'ConfigMap flags\nproduction · shop\n' +
        'It belongs to the Application guestbook, which this cluster does not have: nothing here prunes it.',
    );
    expect(tooltipText(find(rows, 'production'))).toContain(
      '3 objects left behind by apps and releases that are gone',
    );
  });

  it('is told to a screen reader without icons', () => {
    const spoken = flat(below(find(rows, 'Left behind (3)'))).map((row) => row.spoken);
    expect([find(rows, 'Left behind (3)').spoken, ...spoken]).toEqual([
      '3 objects left behind, nothing here prunes them',
      'Application guestbook, gone, 2 objects left behind, cluster production',
      'ConfigMap flags, left behind, namespace shop, cluster production',
      'ConfigMap pages, left behind, namespace shop, cluster production',
      'Helm release web/redis, gone, 1 object left behind, cluster production',
      'ClusterRole r, left behind, cluster production',
    ]);
  });

  it('is not there where nothing is, and not of a cluster that was lost', () => {
    expect(filtered('', [])).not.toContain('Left behind');
    const lost = { connection: { kind: 'failed', cause: 'unreachable', message: 'x' } } as const;
    expect(outline(presentClusters(treeOf(STRAYS, lost), NOW_MS))).not.toContain('Left behind');
  });

  it('is counted by no badge: no app has drifted by it', () => {
    expect(presentBadge(treeOf(STRAYS))).toEqual(presentBadge(treeOf([])));
  });

  it('keeps the rows whose objects are the same, and shows at most 200 at once', () => {
    const presenter = createClustersPresenter(() => NOW_MS);
    const tree = createRowTree();
    const many = stray(
      { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' },
      ids(...Array.from({ length: 450 }, (_, index) => `c${1000 + index}`)),
    );
    tree.update(presenter.rows(treeOf([GUESTBOOK, many])), { keepOrder: false });
    const open = (id: string) => {
      const node = tree.find(id);
      if (node === undefined) throw new Error(`no row ${id}`);
      return tree.childrenOf(node);
    };
    const id = 'cluster/production/left-behind';
    open('cluster/production');
    open(id);
    open(`${id}/Application /guestbook`);
    expect(open(`${id}/Kustomization flux-system/apps`)).toHaveLength(202);
    expect(tree.update(presenter.rows(treeOf([GUESTBOOK, many])), { keepOrder: true })).toEqual([]);
    const fewer = { ...GUESTBOOK, ids: ids('flags') };
    const dirty = tree.update(presenter.rows(treeOf([fewer, many])), { keepOrder: true });
    // The cluster's own count is in its tooltip alone.
    expect(dirty === 'all' ? dirty : dirty.map((node) => node.id)).toEqual([id]);
  });

  it.each<[string, readonly string[]]>([
    ['guestbook', ['Application guestbook']],
    ['pages', ['Application guestbook']],
    ['clusterrole', ['Helm release web/redis']],
    ['left behind', ['Application guestbook', 'Helm release web/redis']],
    ['state:left', ['Application guestbook', 'Helm release web/redis']],
    ['state:drifted', []],
    ['-state:in-sync production', ['Application guestbook', 'Helm release web/redis']],
    ['kind:application', ['Application guestbook']],
    ['kind:helmrelease', ['Helm release web/redis']],
    ['kind:helm', ['Helm release web/redis']],
    ['ns:web', ['Helm release web/redis']],
    ['ns:shop -cluster:staging', ['Application guestbook']],
    ['-guestbook left', ['Helm release web/redis']],
    ['team:x', []],
    ['nothing', []],
  ])('is found by %s', (text, makers) => {
    const shown = filtered(text)
      .split('\n')
      .filter((line) => line.includes('gone'))
      .map((line) => line.trim().replace(/ {2}.*/, ''));
    expect(shown).toEqual(makers);
  });

  it('is all that a filter leaves of a cluster without such an app, and is counted above', () => {
    expect(filtered('redis')).toBe(
      [
        'production  0 apps',
        '  Left behind (1)  nothing here prunes them',
        '    Helm release web/redis  gone · 1 object',
        '      r  ClusterRole',
      ].join('\n'),
    );
    const filter = parseFilter('redis');
    const message = createClustersPresenter(() => NOW_MS).message(treeOf(STRAYS), {
      groupBy: 'cluster',
      ...(filter && { filter }),
    });
    expect(message).toBe('Filtered: redis · no app · 1 left behind');
  });
});
