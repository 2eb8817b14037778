import { describe, expect, it } from 'vitest';
import type { RenderSource } from '../../../src/model/render';
import type { JsonObject } from '../../../src/model/resource';
import {
  appNamed,
  application,
  configMap,
  discovered,
  type FileTable,
  REPO_URL,
  repositoryOf,
} from './inMemory';

const FOLDERS: FileTable = {
  'charts/shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'charts/shop/values.yaml': 'replicas: 1\n',
  'charts/shop/values-prod.yaml': 'replicas: 3\n',
  'charts/shop/values-eu.yaml': 'region: eu\n',
  'charts/shop/templates/web.yaml': '{{ not yaml }}\n',
  'common/values.yaml': 'a: 1\n',
  'overlays/prod/kustomization.yaml': 'resources: [../../base]\n',
  'base/kustomization.yaml': 'resources: [web.yaml]\n',
  'base/web.yaml': configMap('web'),
  'plain/web.yaml': configMap('plain'),
  'both/Chart.yaml': 'apiVersion: v2\nname: both\nversion: 1.0.0\n',
  'both/kustomization.yaml': 'resources: []\n',
};

function appWith(spec: JsonObject, metadata: JsonObject = {}): ReturnType<typeof appNamed> {
  return appNamed(
    discovered({ ...FOLDERS, 'argocd/app.yaml': application('shop', spec, metadata) }),
    'shop',
  );
}

function sourceOf(source: JsonObject): RenderSource {
  const app = appWith({ source: { repoURL: REPO_URL, ...source } });
  if (app.source.kind !== 'local') throw new Error(JSON.stringify(app.source));
  return app.source.render;
}

describe('tool detection of Argo CD', () => {
  const cases: readonly (readonly [string, JsonObject, RenderSource['kind']])[] = [
    ['a Chart.yaml', { path: 'charts/shop' }, 'helm'],
    ['a kustomization', { path: 'overlays/prod' }, 'kustomize'],
    ['neither', { path: 'plain' }, 'directory'],
    ['a folder that is not there', { path: 'nowhere' }, 'directory'],
    ['both markers: the later name wins', { path: 'both' }, 'kustomize'],
    ['an explicit Helm block over a kustomization', { path: 'both', helm: {} }, 'helm'],
    ['an explicit directory over a chart', { path: 'charts/shop', directory: {} }, 'directory'],
    ['an explicit Kustomize block over plain files', { path: 'plain', kustomize: {} }, 'kustomize'],
  ];
  it.each(cases)('%s', (_, source, kind) => {
    expect(sourceOf(source).kind).toBe(kind);
  });

  it('finds the path however it is spelled', () => {
    for (const path of ['./charts/shop', 'charts/shop/', '/charts//shop', 'charts/x/../shop']) {
      expect(sourceOf({ path })).toMatchObject({ kind: 'helm', path: 'charts/shop' });
    }
  });

  it('keeps a path that climbs out inside the repository', () => {
    expect(sourceOf({ path: '../../plain' })).toMatchObject({ path: 'plain' });
  });
});

describe('a directory source', () => {
  it('takes recurse, include and exclude', () => {
    const directory = { recurse: true, include: '*.yaml', exclude: 'skip/*' };
    expect(sourceOf({ path: 'plain', directory })).toEqual({
      kind: 'directory',
      path: 'plain',
      ...directory,
    });
    expect(sourceOf({ path: 'plain' })).toEqual({
      kind: 'directory',
      path: 'plain',
      recurse: false,
    });
  });
});

describe('a Kustomize source', () => {
  it('takes every override', () => {
    const overrides = {
      namePrefix: 'eu-',
      nameSuffix: '-v2',
      namespace: 'web',
      images: ['web=registry.example/web:2'],
      commonLabels: { team: 'shop' },
      commonAnnotations: { owner: 'shop' },
      patches: [{ target: { kind: 'Deployment' }, patch: '- op: remove\n  path: /spec' }],
      components: ['../../components/extra'],
    };
    const source = sourceOf({
      path: 'overlays/prod',
      kustomize: {
        ...overrides,
        replicas: [
          { name: 'web', count: '3' },
          { name: 'job', count: 1 },
        ],
      },
    });
    expect(source).toEqual({
      kind: 'kustomize',
      helm: 3,
      path: 'overlays/prod',
      overrides: {
        ...overrides,
        replicas: [
          { name: 'web', count: 3 },
          { name: 'job', count: 1 },
        ],
      },
    });
  });

  it('has no overrides where nothing is written', () => {
    expect(sourceOf({ path: 'overlays/prod', kustomize: {} })).toEqual({
      kind: 'kustomize',
      helm: 3,
      path: 'overlays/prod',
    });
  });

  it('substitutes the build environment in annotations only when asked', () => {
    const kustomize = { commonAnnotations: { app: '$ARGOCD_APP_NAME/$$x' } };
    expect(sourceOf({ path: 'overlays/prod', kustomize })).toMatchObject({
      overrides: { commonAnnotations: { app: '$ARGOCD_APP_NAME/$$x' } },
    });
    expect(
      sourceOf({
        path: 'overlays/prod',
        kustomize: { ...kustomize, commonAnnotationsEnvsubst: true },
      }),
    ).toMatchObject({ overrides: { commonAnnotations: { app: 'shop/$x' } } });
  });
});

describe('a Helm source', () => {
  it('takes every field', () => {
    const source = sourceOf({
      path: 'charts/shop',
      helm: {
        releaseName: 'web',
        namespace: 'elsewhere',
        valueFiles: ['values-prod.yaml', '../../common/values.yaml', '/common/values.yaml'],
        ignoreMissingValueFiles: true,
        values: 'a: 1\n',
        parameters: [
          { name: 'replicas', value: '3' },
          { name: 'tag', value: 7, forceString: true },
        ],
        skipCrds: true,
        skipTests: true,
      },
    });
    expect(source).toEqual({
      kind: 'helm',
      helm: 3,
      path: 'charts/shop',
      releaseName: 'web',
      namespace: 'elsewhere',
      valueFiles: ['charts/shop/values-prod.yaml', 'common/values.yaml', 'common/values.yaml'],
      ignoreMissingValueFiles: true,
      valuesText: 'a: 1\n',
      parameters: [
        { name: 'replicas', value: '3' },
        { name: 'tag', value: '7', forceString: true },
      ],
      includeCrds: false,
      skipTests: true,
    });
  });

  it('is named after the Application, in the destination namespace', () => {
    expect(sourceOf({ path: 'charts/shop' })).toEqual({
      kind: 'helm',
      helm: 3,
      path: 'charts/shop',
      releaseName: 'shop',
      namespace: 'shop',
      valueFiles: [],
      includeCrds: true,
    });
  });

  it('drops values where a valuesObject stands', () => {
    const source = sourceOf({
      path: 'charts/shop',
      helm: { values: 'a: 1\n', valuesObject: { a: 2 } },
    });
    expect(source).toMatchObject({ values: { a: 2 } });
    expect(source).not.toHaveProperty('valuesText');
  });

  it('expands globs in the order of names', () => {
    const source = sourceOf({ path: 'charts/shop', helm: { valueFiles: ['values-*.yaml'] } });
    expect(source).toMatchObject({
      valueFiles: ['charts/shop/values-eu.yaml', 'charts/shop/values-prod.yaml'],
    });
  });

  it('substitutes the build environment in files and parameters', () => {
    const source = sourceOf({
      path: 'charts/shop',
      targetRevision: 'v1',
      helm: {
        valueFiles: ['values-$ARGOCD_APP_NAME.yaml'],
        parameters: [
          { name: 'a', value: '${ARGOCD_APP_SOURCE_PATH}@$ARGOCD_APP_SOURCE_TARGET_REVISION' },
          { name: 'b', value: 'pa$$word $UNKNOWN!' },
        ],
      },
    });
    expect(source).toMatchObject({
      valueFiles: ['charts/shop/values-shop.yaml'],
      parameters: [
        { name: 'a', value: 'charts/shop@v1' },
        { name: 'b', value: 'pa$word !' },
      ],
    });
  });

  it('names an Application outside the control plane with its namespace', () => {
    const app = appWith(
      {
        source: {
          repoURL: REPO_URL,
          path: 'charts/shop',
          helm: { parameters: [{ name: 'a', value: '$ARGOCD_APP_NAME' }] },
        },
      },
      { namespace: 'team-a' },
    );
    expect(app.source).toMatchObject({
      render: { releaseName: 'shop', parameters: [{ name: 'a', value: 'team-a_shop' }] },
    });
  });
});

describe('what is not applied is said', () => {
  const path = 'charts/shop';
  const cases: readonly (readonly [string, JsonObject, string])[] = [
    [
      'values of another source',
      { path, helm: { valueFiles: ['a.yaml', '$values/v.yaml'] } },
      '/spec/source/helm/valueFiles/1',
    ],
    [
      'the revision in a parameter',
      { path, helm: { parameters: [{ name: 'a', value: '$ARGOCD_APP_REVISION' }] } },
      '/spec/source',
    ],
  ];
  it.each(cases)('%s', (_, source, pointer) => {
    const { problems } = appWith({ source: { repoURL: REPO_URL, ...source } });
    expect(problems.map((problem) => problem.pointer)).toContain(pointer);
    expect(problems.every(({ location }) => location?.path === 'argocd/app.yaml')).toBe(true);
  });

  it('nothing, where all is applied', () => {
    expect(appWith({ source: { repoURL: REPO_URL, path } }).problems).toEqual([]);
  });
});

describe('sources that cannot be rendered', () => {
  const cases: readonly (readonly [string, JsonObject, string])[] = [
    ['no source', {}, 'no source'],
    ['a plugin', { source: { repoURL: REPO_URL, path: 'plain', plugin: { name: 'x' } } }, 'plugin'],
    [
      'two tools',
      { source: { repoURL: REPO_URL, path: 'plain', helm: {}, kustomize: {} } },
      'more than one tool',
    ],
    ['the hydrator', { sourceHydrator: { drySource: {} } }, 'hydrator'],
    ['no repository', { source: { path: 'plain' } }, 'no repository'],
  ];
  it.each(cases)('%s', (_, spec, words) => {
    const { source } = appWith(spec);
    expect(source.kind).toBe('unsupported');
    expect(source).toHaveProperty('reason', expect.stringContaining(words));
  });

  it('a single entry of sources is a source', () => {
    const { source } = appWith({
      sources: [{ repoURL: REPO_URL, path: 'charts/shop' }],
      source: { repoURL: REPO_URL, path: 'plain' },
    });
    expect(source).toMatchObject({ kind: 'local', render: { path: 'charts/shop' } });
  });
});

describe('which repository', () => {
  it('is this one by any remote, in any spelling', () => {
    const repository = repositoryOf({
      remotes: [
        { name: 'fork', urls: ['git@git.acme.example:me/gitops.git'] },
        { name: 'upstream', urls: ['ssh://git@git.acme.example:2222/acme/gitops'] },
      ],
    });
    const files = {
      ...FOLDERS,
      'app.yaml': application('shop', { source: { repoURL: REPO_URL, path: 'plain' } }),
    };
    const app = appNamed(discovered(files, { repository }), 'shop');
    expect(app.source).toMatchObject({ kind: 'local' });
    expect(app.follows).toEqual({ repoUrl: REPO_URL, revision: 'HEAD' });
  });

  it('is another one, shown without the token in its URL', () => {
    const app = appWith({
      source: {
        repoURL: 'https://me:hunter2@git.acme.example/acme/other',
        path: 'x',
        targetRevision: 'v2',
      },
    });
    expect(app.source).toEqual({
      kind: 'elsewhere',
      repoUrl: 'https://git.acme.example/acme/other',
      path: 'x',
      git: { url: 'https://git.acme.example/acme/other', ref: 'v2', submodules: true },
    });
    expect(JSON.stringify(app.follows)).not.toContain('hunter2');
  });

  it.each([
    ['without Git', null],
    ['without a remote', repositoryOf({ remotes: [] })],
  ])('is assumed, and said to be, in a folder %s', (_, repository) => {
    const files = {
      ...FOLDERS,
      'a.yaml': application('here', { source: { repoURL: REPO_URL, path: 'plain' } }),
      'b.yaml': application('there', { source: { repoURL: REPO_URL, path: 'not-here' } }),
    };
    const found = discovered(files, { repository });
    expect(appNamed(found, 'here').source.kind).toBe('local');
    expect(appNamed(found, 'here').problems).toMatchObject([{ code: 'assumed-repository' }]);
    expect(appNamed(found, 'there').source.kind).toBe('elsewhere');
  });
});

describe('destination and policy', () => {
  const source = { repoURL: REPO_URL, path: 'plain' };
  it.each([
    [{ server: 'https://kubernetes.default.svc' }, { kind: 'control' }],
    [{ name: 'in-cluster' }, { kind: 'control' }],
    [{ name: 'staging' }, { kind: 'name', name: 'staging' }],
    [{ server: 'https://10.0.0.1:6443' }, { kind: 'server', server: 'https://10.0.0.1:6443' }],
    [{}, { kind: 'unknown' }],
  ])('%j', (destination, cluster) => {
    expect(appWith({ source, destination }).destination).toEqual({ cluster, namespace: '' });
  });

  it('has the controller compare three ways, by hand, by default', () => {
    expect(appWith({ source }).policy).toEqual({
      comparison: 'three-way',
      fieldManager: 'argocd-controller',
      automated: false,
      selfHeal: false,
      prune: false,
      suspended: false,
      recreates: false,
      syncOptions: [],
      compareOptions: [],
      ignoreRules: [],
    });
  });

  it('reads the sync policy', () => {
    const { policy } = appWith({
      source,
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        syncOptions: ['ServerSideApply=true', 'Replace=true'],
        retry: { limit: 5 },
      },
    });
    expect(policy).toMatchObject({
      comparison: 'server-side',
      automated: true,
      selfHeal: true,
      prune: true,
      recreates: false,
      syncOptions: ['ServerSideApply=true', 'Replace=true'],
      retry: { limit: 5 },
    });
  });

  it('takes an empty automated block as automated, and enabled: false as not', () => {
    expect(appWith({ source, syncPolicy: { automated: {} } }).policy.automated).toBe(true);
    const off = appWith({ source, syncPolicy: { automated: { enabled: false, selfHeal: true } } });
    expect(off.policy).toMatchObject({ automated: false, selfHeal: false });
  });

  it('reads annotations: server-side diff and skip-reconcile', () => {
    const annotations = {
      'argocd.argoproj.io/compare-options': 'ServerSideDiff=true, IncludeMutationWebhook=true',
      'argocd.argoproj.io/skip-reconcile': 'true',
    };
    expect(appWith({ source }, { annotations }).policy).toMatchObject({
      comparison: 'three-way',
      asksServer: true,
      compareOptions: ['ServerSideDiff=true', 'IncludeMutationWebhook=true'],
      suspended: true,
    });
  });

  it('labels each ignore rule with its place', () => {
    const { policy } = appWith({
      source,
      ignoreDifferences: [
        { group: 'apps', kind: 'Deployment', name: 'web', jsonPointers: ['/spec/replicas'] },
        { kind: 'Secret', jqPathExpressions: ['.data.x'], managedFieldsManagers: ['hpa'] },
      ],
    });
    expect(policy.ignoreRules).toEqual([
      {
        label: 'spec.ignoreDifferences[0] of Application shop',
        group: 'apps',
        kind: 'Deployment',
        name: 'web',
        jsonPointers: ['/spec/replicas'],
        jqPathExpressions: [],
        managedFieldsManagers: [],
      },
      {
        label: 'spec.ignoreDifferences[1] of Application shop',
        kind: 'Secret',
        jsonPointers: [],
        jqPathExpressions: ['.data.x'],
        managedFieldsManagers: ['hpa'],
      },
    ]);
  });
});
