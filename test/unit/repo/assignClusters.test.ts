import { describe, expect, it } from 'vitest';
import type { App, DestinationCluster } from '../../../src/model/app';
import type { KubeContext } from '../../../src/model/cluster';
import type { LogicalCluster } from '../../../src/model/config';
import { assignClusters, logicalClusters } from '../../../src/repo/assignClusters';
import type { AssignmentContext } from '../../../src/repo/clusterMap';
import { normaliseServer } from '../../../src/repo/clusterMap';
import {
  application,
  appNamed,
  configMap,
  discovered,
  REPO_URL,
  ROOT,
  settingsOf,
} from './inMemory';

function cluster(name: string, more: Partial<LogicalCluster> = {}): LogicalCluster {
  return { name, destinations: [], folders: [], protected: false, ...more };
}

function kubeContext(
  name: string,
  server = `https://${name}.example:6443`,
  file = '/home/config',
): KubeContext {
  return { ref: { file, name }, server };
}

interface World extends Partial<Omit<AssignmentContext, 'configs'>> {
  readonly clusters?: readonly LogicalCluster[];
}

function world({ clusters = [], ...rest }: World = {}): AssignmentContext {
  return {
    configs: new Map([[ROOT, { clusters }]]),
    settings: settingsOf(),
    contexts: [],
    argoClusters: [],
    ...rest,
  };
}

/** An Application in `clusters/hub/web.yaml` with this destination. */
function argoTo(destination: DestinationCluster, more: Partial<App> = {}): App {
  const files = {
    'clusters/hub/web.yaml': application('web', { source: { repoURL: REPO_URL, path: 'web' } }),
  };
  const app = appNamed(discovered(files), 'web');
  return { ...app, destination: { ...app.destination, cluster: destination }, ...more };
}

function placed(app: App, context: AssignmentContext): readonly (string | undefined)[] {
  const [done] = assignClusters([app], context);
  return [done?.controlCluster, done?.destinationCluster];
}

const HUB = cluster('hub', { folders: ['clusters/hub'] });
const SERVER: DestinationCluster = { kind: 'server', server: 'https://10.0.0.1:6443' };
const NAME: DestinationCluster = { kind: 'name', name: 'edge' };

describe('the control cluster', () => {
  it('is where the folder of the file is mapped to', () => {
    expect(placed(argoTo({ kind: 'control' }), world({ clusters: [HUB] }))).toEqual(['hub', 'hub']);
    const glob = cluster('any', { folders: ['clusters/*'] });
    expect(placed(argoTo({ kind: 'control' }), world({ clusters: [glob, HUB] }))[0]).toBe('any');
  });

  it('is unknown where nothing says it, whatever the names look like', () => {
    const context = world({
      clusters: [cluster('web'), cluster('clusters/hub')],
      contexts: [kubeContext('hub')],
    });
    expect(placed(argoTo({ kind: 'control' }), context)).toEqual([undefined, undefined]);
  });

  it('is what the user picked, before the folder', () => {
    for (const name of ['argocd/web', `${ROOT}#clusters/hub/web.yaml#Application/argocd/web`]) {
      const context = world({
        clusters: [HUB],
        settings: settingsOf({ assignments: { [name]: 'mine' } }),
      });
      expect(placed(argoTo({ kind: 'control' }), context)).toEqual(['mine', 'mine']);
    }
  });

  it('is the one that reported the app, before everything', () => {
    const seen = argoTo({ kind: 'control' }, { presence: 'both', controlCluster: 'real' });
    const context = world({
      clusters: [HUB],
      settings: settingsOf({ assignments: { 'argocd/web': 'mine' } }),
    });
    expect(placed(seen, context)).toEqual(['real', 'real']);
  });

  it('is forgotten when the mapping goes', () => {
    const [once] = assignClusters([argoTo({ kind: 'control' })], world({ clusters: [HUB] }));
    expect(once === undefined ? [] : placed(once, world())).toEqual([undefined, undefined]);
  });

  it('of another root does not count', () => {
    const context = { ...world(), configs: new Map([['/other', { clusters: [HUB] }]]) };
    expect(placed(argoTo({ kind: 'control' }), context)[0]).toBeUndefined();
  });
});

describe('the destination cluster of a hub and its spokes', () => {
  it('is declared by address or name', () => {
    const spoke = cluster('spoke', { destinations: ['https://10.0.0.1:6443/', 'edge'] });
    expect(placed(argoTo(SERVER), world({ clusters: [HUB, spoke] }))).toEqual(['hub', 'spoke']);
    expect(placed(argoTo(NAME), world({ clusters: [HUB, spoke] }))).toEqual(['hub', 'spoke']);
  });

  it('has the server address of a context', () => {
    const settings = settingsOf({ contexts: { spoke: { file: '/home/config', name: 'ctx' } } });
    const contexts = [
      kubeContext('other', 'https://10.0.0.1'),
      kubeContext('ctx', 'HTTPS://10.0.0.1:6443/'),
    ];
    expect(placed(argoTo(SERVER), world({ settings, contexts }))[1]).toBe('spoke');
    expect(placed(argoTo(SERVER), world({ contexts }))[1]).toBe('ctx');
  });

  it('is found through a cluster secret of the control cluster, and of no other', () => {
    const contexts = [kubeContext('ctx', 'https://10.0.0.1:6443')];
    const secret = { control: 'hub', name: 'edge', server: 'https://10.0.0.1:6443' };
    expect(
      placed(argoTo(NAME), world({ clusters: [HUB], contexts, argoClusters: [secret] }))[1],
    ).toBe('ctx');
    const elsewhere = { ...secret, control: 'other' };
    expect(
      placed(argoTo(NAME), world({ clusters: [HUB], contexts, argoClusters: [elsewhere] }))[1],
    ).toBeUndefined();
    const named = cluster('spoke', { destinations: ['edge'] });
    expect(
      placed(argoTo(SERVER), world({ clusters: [HUB, named], argoClusters: [secret] }))[1],
    ).toBe('spoke');
    const addressed = cluster('spoke', { destinations: ['https://10.0.0.1:6443'] });
    expect(
      placed(argoTo(NAME), world({ clusters: [HUB, addressed], argoClusters: [secret] }))[1],
    ).toBe('spoke');
  });

  it('is the control cluster where a secret names its own address', () => {
    const secret = { control: 'hub', name: 'edge', server: 'https://kubernetes.default.svc' };
    expect(placed(argoTo(NAME), world({ clusters: [HUB], argoClusters: [secret] }))).toEqual([
      'hub',
      'hub',
    ]);
  });

  it('is never the context or cluster of the same name', () => {
    const context = world({
      clusters: [HUB, cluster('edge')],
      contexts: [kubeContext('edge'), kubeContext('edge-1')],
    });
    expect(placed(argoTo(NAME), context)).toEqual(['hub', undefined]);
  });

  it('is what the user picked for it; the control cluster stays', () => {
    const settings = settingsOf({ assignments: { 'argocd/web': 'mine' } });
    expect(placed(argoTo(NAME), world({ clusters: [HUB], settings }))).toEqual(['hub', 'mine']);
    expect(placed(argoTo({ kind: 'unknown' }), world({ clusters: [HUB], settings }))).toEqual([
      'mine',
      'mine',
    ]);
  });

  it('behind a kubeconfig Secret is declared by the name of the Secret', () => {
    const app = argoTo({ kind: 'kubeconfig-secret', secret: 'prod-kubeconfig' });
    for (const name of ['prod-kubeconfig', 'argocd/prod-kubeconfig']) {
      const spoke = cluster('spoke', { destinations: [name] });
      expect(placed(app, world({ clusters: [HUB, spoke] }))).toEqual(['hub', 'spoke']);
    }
    expect(placed(app, world({ clusters: [HUB] }))).toEqual(['hub', undefined]);
  });
});

describe('push apps', () => {
  const files = {
    'deploy/status/x.yaml': configMap('x'),
    'shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
    'shop/values-prod.yaml': '',
    'shop/values-test.yaml': '',
  };
  it('go where their folder or values file is mapped to', () => {
    const clusters = [
      cluster('production', { folders: ['shop/values-prod.yaml', 'deploy/**'] }),
      cluster('test', { folders: ['shop'] }),
    ];
    const apps = assignClusters(discovered(files).apps, world({ clusters }));
    expect(apps.map(({ name, destinationCluster }) => `${name} → ${destinationCluster}`)).toEqual([
      'shop (values-prod.yaml) → production',
      'shop (values-test.yaml) → test',
      'deploy/status → production',
    ]);
  });

  it('go where the user picked', () => {
    const settings = settingsOf({ assignments: { 'deploy/status': 'mine' } });
    const app = appNamed(
      { apps: assignClusters(discovered(files).apps, world({ settings })) },
      'deploy/status',
    );
    expect([app.controlCluster, app.destinationCluster]).toEqual(['mine', 'mine']);
  });
});

describe('an app of apps', () => {
  const source = (path: string): { source: { repoURL: string; path: string } } => ({
    source: { repoURL: REPO_URL, path },
  });
  const files = {
    'bootstrap/root.yaml': application('root', source('argocd')),
    'argocd/web.yaml': application('web', source('web')),
    'argocd/nested.yaml': application('nested', source('more')),
    'more/db.yaml': application('db', source('db')),
    'apart/lone.yaml': application('lone', source('lone')),
  };
  it('puts what it contains where its objects go, to any depth', () => {
    const clusters = [cluster('hub', { folders: ['bootstrap'] })];
    const apps = assignClusters(discovered(files).apps, world({ clusters }));
    const control = Object.fromEntries(apps.map((app) => [app.name, app.controlCluster]));
    expect(control).toEqual({ root: 'hub', web: 'hub', nested: 'hub', db: 'hub', lone: undefined });
  });

  it('that contains itself comes to an end', () => {
    const loop = { 'argocd/root.yaml': application('root', source('argocd')) };
    expect(assignClusters(discovered(loop).apps, world())[0]?.controlCluster).toBeUndefined();
  });

  it('in two places that disagree tells nothing', () => {
    const twice = {
      'a/root.yaml': application('root-a', source('argocd')),
      'b/root.yaml': application('root-b', source('argocd')),
      'argocd/web.yaml': application('web', source('web')),
    };
    const clusters = [cluster('one', { folders: ['a'] }), cluster('two', { folders: ['b'] })];
    const apps = assignClusters(discovered(twice).apps, world({ clusters }));
    expect(appNamed({ apps }, 'web').controlCluster).toBeUndefined();
  });
});

describe('logicalClusters', () => {
  it('lists settings, declared clusters, contexts, and what apps name besides', () => {
    const context = world({
      clusters: [
        cluster('production', { destinations: ['https://prod.example:6443'] }),
        cluster('plain'),
      ],
      settings: settingsOf({
        contexts: { mine: { file: '/home/config', name: 'a' }, gone: { file: '/x', name: 'y' } },
      }),
      contexts: [kubeContext('a'), kubeContext('prod'), kubeContext('plain'), kubeContext('free')],
    });
    const apps = [argoTo({ kind: 'control' }, { controlCluster: 'reported' })];
    const rows = logicalClusters(apps, context);
    expect(
      rows.map(
        ({ name, context: at, mappedBy }) => `${name}: ${at?.name ?? '-'} ${mappedBy ?? '-'}`,
      ),
    ).toEqual([
      'mine: a setting',
      'gone: y setting',
      'production: prod address',
      'plain: plain name',
      'free: free itself',
      'reported: - -',
    ]);
    expect(rows[2]?.server).toBe('https://prod.example:6443');
  });

  it('leaves the choice to the user where two contexts have the address', () => {
    const context = world({
      clusters: [cluster('production', { destinations: ['https://p:6443'] })],
      contexts: [kubeContext('admin', 'https://p:6443'), kubeContext('viewer', 'https://p:6443')],
    });
    expect(logicalClusters([], context)).toMatchObject([
      { name: 'production' },
      { name: 'admin', mappedBy: 'itself' },
      { name: 'viewer', mappedBy: 'itself' },
    ]);
    expect(logicalClusters([], context)[0]).not.toHaveProperty('context');
  });

  it('keeps contexts of one name in several files apart, and ties none of them to a declared name', () => {
    const contexts = [
      kubeContext('dev'),
      kubeContext('dev', 'https://b', '/other/config'),
      kubeContext('dev', 'https://c', '/c/kube'),
    ];
    const names = (clusters: readonly LogicalCluster[]): readonly string[] =>
      logicalClusters([], world({ contexts, clusters })).map(({ name }) => name);
    expect(names([])).toEqual(['dev', 'dev (config)', 'dev (kube)']);
    expect(names([cluster('dev')])).toEqual([
      'dev',
      'dev (config)',
      'dev (config 2)',
      'dev (kube)',
    ]);
  });
});

describe('normaliseServer', () => {
  it.each([
    ['https://A.example:443/', 'https://a.example'],
    ['http://a.example:80', 'http://a.example'],
    ['https://a.example:6443/path/', 'https://a.example:6443/path'],
    ['https://a.example:80', 'https://a.example:80'],
    ['in-cluster', 'in-cluster'],
  ])('%s is %s', (server, expected) => {
    expect(normaliseServer(server)).toBe(expected);
  });
});
