import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import type { JsonObject, KubeObject } from '../../../src/model/resource';
import { mountName } from '../../../src/repo/mounts';
import { type OpenRepository, type ReportedApp, uniteApps } from '../../../src/repo/unite';
import { appNamed, application, discovered, REPO_URL, repositoryOf, ROOT } from './inMemory';

const OTHER_ROOT = '/repos/web';
const OTHER_URL = 'https://git.acme.example/acme/web.git';
const OTHER: OpenRepository = {
  root: OTHER_ROOT,
  repository: repositoryOf({
    remotes: [{ name: 'origin', urls: ['git@git.acme.example:acme/web.git'] }],
  }),
  paths: ['deploy/Chart.yaml', 'deploy/values.yaml', 'k/kustomization.yaml'],
};
const OWN: OpenRepository = { root: ROOT, repository: repositoryOf(), paths: ['web/x.yaml'] };

function reported(cluster: string, text: string, uid = 'u1'): ReportedApp {
  const object = JSON.parse(text) as KubeObject;
  return { cluster, object: { ...object, metadata: { ...object.metadata, uid } } };
}

function fluxObject(kind: string, group: string, spec: JsonObject): string {
  return JSON.stringify({
    apiVersion: `${group}.toolkit.fluxcd.io/v1`,
    kind,
    metadata: { name: kind === 'GitRepository' ? 'src' : 'web', namespace: 'flux-system' },
    spec,
  });
}

const WEB = application('web', { source: { repoURL: REPO_URL, path: 'web' } });
const inGit = (
  files: Readonly<Record<string, string>> = { 'argocd/web.yaml': WEB },
): readonly App[] => discovered(files).apps.filter(({ tool }) => tool !== 'push');

describe('an app in Git and in the cluster', () => {
  it('is one app', () => {
    const [app, ...rest] = uniteApps(inGit(), [reported('hub', WEB)], [OWN]);
    expect(rest).toEqual([]);
    expect(app).toMatchObject({
      key: `${ROOT}#argocd/web.yaml#Application/argocd/web`,
      presence: 'both',
      controlCluster: 'hub',
      reported: { metadata: { uid: 'u1' } },
      definition: { kind: 'Application' },
    });
  });

  it('is one by its URL in any spelling', () => {
    const spelled = WEB.replace(REPO_URL, 'git@git.acme.example:acme/gitops');
    expect(uniteApps(inGit(), [reported('hub', spelled)], [OWN])).toHaveLength(1);
  });

  it.each([
    ['path', WEB.replace('"path":"web"', '"path":"other"')],
    ['repository', WEB.replace('acme/gitops', 'acme/fork')],
    ['name', WEB.replaceAll('"web"', '"web2"')],
    ['namespace', WEB.replace('"namespace":"argocd"', '"namespace":"team"')],
  ])('is two with another %s', (_, text) => {
    const apps = uniteApps(inGit(), [reported('hub', text)], [OWN]);
    expect(apps.map(({ presence }) => presence)).toEqual(['git', 'cluster']);
  });

  it('is one whatever its path, once its control cluster is known to be the one that reports it', () => {
    const known = inGit().map((app) => ({ ...app, controlCluster: 'hub' }));
    const moved = WEB.replace('"path":"web"', '"path":"old"');
    expect(uniteApps(known, [reported('hub', moved)], [OWN])).toMatchObject([{ presence: 'both' }]);
    expect(
      uniteApps(known, [reported('other', WEB)], [OWN]).map(({ presence }) => presence),
    ).toEqual(['git', 'cluster']);
  });

  it('is not guessed at where two in Git fit', () => {
    const twice = inGit({ 'a/web.yaml': WEB, 'b/web.yaml': WEB });
    const apps = uniteApps(twice, [reported('hub', WEB)], [OWN]);
    expect(apps.map(({ presence }) => presence)).toEqual(['git', 'git', 'cluster']);
    const mapped = twice.map((app, index) => ({
      ...app,
      controlCluster: ['hub', 'edge'][index] ?? '',
    }));
    expect(
      uniteApps(mapped, [reported('edge', WEB)], [OWN]).map(({ presence }) => presence),
    ).toEqual(['git', 'both']);
  });

  it('is an app in each cluster that has it', () => {
    const apps = uniteApps(inGit(), [reported('one', WEB), reported('two', WEB, 'u2')], [OWN]);
    expect(
      apps.map(({ key, controlCluster, presence }) => [key, controlCluster, presence]),
    ).toEqual([
      [`${ROOT}#argocd/web.yaml#Application/argocd/web`, 'one', 'both'],
      ['cluster:two#Application/argocd/web', 'two', 'both'],
    ]);
    expect(apps[1]).toMatchObject({
      reported: { metadata: { uid: 'u2' } },
      definedIn: { path: 'argocd/web.yaml' },
    });
  });

  it('keeps apps that no cluster reports as they are', () => {
    const apps = inGit();
    expect(uniteApps(apps, [], [OWN])[0]).toBe(apps[0]);
  });
});

describe('an app that only a cluster reports', () => {
  it('is rendered from an open root that is its repository', () => {
    const text = application('web', {
      source: { repoURL: OTHER_URL, path: 'deploy', targetRevision: 'v1' },
    });
    expect(uniteApps([], [reported('hub', text)], [OWN, OTHER])).toMatchObject([
      {
        key: 'cluster:hub#Application/argocd/web',
        presence: 'cluster',
        controlCluster: 'hub',
        follows: { revision: 'v1' },
        source: { kind: 'local', root: OTHER_ROOT, render: { kind: 'helm', path: 'deploy' } },
      },
    ]);
    const [app] = uniteApps([], [reported('hub', text)], []);
    expect(app?.source.kind).toBe('elsewhere');
    expect(app).not.toHaveProperty('definition');
    expect(app).not.toHaveProperty('definedIn');
  });

  it('has its Flux source from the same cluster', () => {
    const web = fluxObject('Kustomization', 'kustomize', {
      path: './k',
      sourceRef: { kind: 'GitRepository', name: 'src' },
    });
    const source = fluxObject('GitRepository', 'source', {
      url: OTHER_URL,
      ref: { branch: 'main' },
    });
    const here = uniteApps([], [reported('hub', source), reported('hub', web)], [OTHER]);
    expect(here).toMatchObject([
      {
        kind: 'Kustomization',
        follows: { revision: 'main' },
        source: { kind: 'local', render: { kind: 'flux' } },
      },
    ]);
    const elsewhere = uniteApps([], [reported('edge', source), reported('hub', web)], [OTHER]);
    expect(elsewhere[0]?.source.kind).toBe('unsupported');
  });

  it('is never taken to be a folder without a remote', () => {
    const bare: OpenRepository = {
      root: '/tmp/x',
      repository: undefined,
      paths: ['deploy/Chart.yaml'],
    };
    const text = application('web', { source: { repoURL: OTHER_URL, path: 'deploy' } });
    expect(uniteApps([], [reported('hub', text)], [bare])[0]?.source.kind).toBe('elsewhere');
  });

  it('is listed after those in Git, in the order of names', () => {
    const apps = uniteApps(
      inGit(),
      ['c', 'a', 'b'].map((name) => reported('hub', WEB.replaceAll('"web"', `"${name}"`))),
      [OWN],
    );
    expect(apps.map(({ name }) => name)).toEqual(['web', 'a', 'b', 'c']);
  });
});

describe('an app in Git whose source is in another open root', () => {
  const files = {
    'apps/argo.yaml': application('argo', { source: { repoURL: OTHER_URL, path: 'deploy' } }),
    'apps/flux.yaml': fluxObject('Kustomization', 'kustomize', {
      path: 'k',
      sourceRef: { kind: 'GitRepository', name: 'src' },
      postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] },
    }),
    'apps/source.yaml': fluxObject('GitRepository', 'source', { url: OTHER_URL }),
    'apps/vars.yaml': JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'vars', namespace: 'flux-system' },
      data: { a: '1' },
    }),
  };

  it('is rendered from there', () => {
    const before = inGit(files);
    expect(before.map(({ source }) => source.kind)).toEqual(['elsewhere', 'elsewhere']);
    const apps = uniteApps(before, [], [OWN, OTHER]);
    expect(appNamed({ apps }, 'argo').source).toMatchObject({
      root: OTHER_ROOT,
      render: { kind: 'helm', path: 'deploy' },
    });
    expect(appNamed({ apps }, 'argo').definedIn?.root).toBe(ROOT);
    expect(appNamed({ apps }, 'web').source).toMatchObject({ render: { kind: 'flux', path: 'k' } });
  });

  it('keeps what its own root resolved: variables of a ConfigMap, without a word about them', () => {
    const found = discovered({
      'a.yaml': fluxObject('GitRepository', 'source', { url: OTHER_URL, ref: { branch: 'main' } }),
      'b.yaml': fluxObject('Kustomization', 'kustomize', {
        path: './k',
        sourceRef: { kind: 'GitRepository', name: 'src' },
        postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] },
      }),
      'c.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {region: eu}\n',
    });
    const [app] = uniteApps(found.apps, [], [OWN, OTHER]);
    expect(app).toMatchObject({
      problems: [],
      source: {
        kind: 'local',
        root: OTHER_ROOT,
        render: { kind: 'flux', path: 'k', variables: { region: 'eu' } },
      },
    });
  });

  it('is rendered from what was fetched of its repository, at that revision only', () => {
    const text = application('web', {
      source: { repoURL: OTHER_URL, path: 'deploy', targetRevision: 'v1' },
    });
    const apps = discovered({ 'a.yaml': text }).apps;
    const at = (revision: string) => ({
      follows: { repoUrl: OTHER_URL, revision },
      paths: ['deploy/Chart.yaml'],
      parsed: new Map(),
    });
    const name = mountName({ repoUrl: OTHER_URL, revision: 'v1' });
    expect(uniteApps(apps, [], [OWN], [at('v1')])[0]?.source).toMatchObject({
      kind: 'local',
      root: OWN.root,
      render: { kind: 'helm', path: `.plumbline-git/${name}/deploy` },
      mounts: [{ name, revision: 'v1' }],
    });
    expect(uniteApps(apps, [], [OWN], [at('v2')])[0]).toBe(apps[0]);
    // An open folder goes before what was fetched.
    expect(uniteApps(apps, [], [OWN, OTHER], [at('v1')])[0]?.source).toMatchObject({
      root: OTHER_ROOT,
    });
  });

  it('stays elsewhere while that root has not been listed', () => {
    const unlisted = { root: OTHER.root, repository: OTHER.repository };
    const apps = uniteApps(inGit(files), [], [OWN, unlisted]);
    expect(apps.every(({ source }) => source.kind === 'elsewhere')).toBe(true);
  });
});

describe('a folder that an app from elsewhere renders', () => {
  const manifest = (name: string): string =>
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
  const remote = repositoryOf({ remotes: [{ name: 'origin', urls: [OTHER_URL] }] });
  const sources = {
    'deploy/a.yaml': manifest('a'),
    'chart/Chart.yaml': 'name: chart\nversion: 1.0.0',
    'chart/values.yaml': '',
    'chart/values-prod.yaml': 'a: 1',
    'overlay/kustomization.yaml': 'resources: []',
    'other/b.yaml': manifest('b'),
  };
  const other = discovered(sources, { root: OTHER_ROOT, repository: remote }).apps;
  const open = [OWN, { root: OTHER_ROOT, repository: remote, paths: Object.keys(sources) }];
  const definitions = (paths: readonly string[]): readonly App[] =>
    inGit(
      Object.fromEntries(
        paths.map((path) => [
          `argocd/${path}.yaml`,
          application(path, { source: { repoURL: OTHER_URL, path } }),
        ]),
      ),
    );
  const pushed = (apps: readonly App[]): readonly string[] =>
    apps.filter(({ tool }) => tool === 'push').map(({ name }) => name);

  it('is an app of its own as long as nobody renders it', () => {
    expect(pushed(uniteApps(other, [], open))).toEqual([
      'chart (values-prod.yaml)',
      'overlay',
      'deploy',
      'other',
    ]);
  });

  it.each([
    ['deploy', ['chart (values-prod.yaml)', 'overlay', 'other']],
    ['chart', ['overlay', 'deploy', 'other']],
    ['overlay', ['chart (values-prod.yaml)', 'deploy', 'other']],
  ])('is that app alone, where another open root defines it: %s', (path, rest) => {
    const apps = uniteApps([...definitions([path]), ...other], [], open);
    expect(pushed(apps)).toEqual(rest);
    expect(apps.filter(({ tool }) => tool === 'argocd')).toMatchObject([
      { name: path, source: { kind: 'local', root: OTHER_ROOT } },
    ]);
  });

  it('is that app alone, where only a cluster knows it', () => {
    const text = application('points', { source: { repoURL: OTHER_URL, path: 'deploy' } });
    const apps = uniteApps(other, [reported('hub', text)], open);
    expect(pushed(apps)).not.toContain('deploy');
    expect(appNamed({ apps }, 'points').presence).toBe('cluster');
  });

  it('stays where the other app follows another repository, or one below', () => {
    const elsewhere = inGit({
      'a.yaml': application('a', { source: { repoURL: `${OTHER_URL}x`, path: 'deploy' } }),
      'b.yaml': application('b', { source: { repoURL: OTHER_URL, path: 'deploy/below' } }),
    });
    expect(pushed(uniteApps([...elsewhere, ...other], [], open))).toContain('deploy');
  });
});
