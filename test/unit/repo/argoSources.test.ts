import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import type { RenderSource } from '../../../src/model/render';
import type { JsonObject } from '../../../src/model/resource';
import { mountName } from '../../../src/repo/mounts';
import { uniteApps } from '../../../src/repo/unite';
import {
  appNamed,
  application,
  configMap,
  discovered,
  type FileTable,
  REPO_URL,
  parsed,
  repositoryOf,
  ROOT,
} from './inMemory';

const CHART: FileTable = {
  'chart/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'plain/web.yaml': configMap('web'),
  'overlay/kustomization.yaml': 'resources: []\n',
  'values/prod.yaml': 'a: 1\n',
};
const OTHER = 'https://git.acme.example/acme/other.git';

function appOf(spec: JsonObject, files: FileTable = {}): App {
  return appNamed(
    discovered({ ...CHART, ...files, 'app.yaml': application('shop', spec) }),
    'shop',
  );
}

function renderOf(spec: JsonObject, files: FileTable = {}): RenderSource {
  const { source } = appOf(spec, files);
  if (source.kind !== 'local') throw new Error(JSON.stringify(source));
  return source.render;
}

describe('override files of a source', () => {
  const source = { repoURL: REPO_URL, path: 'chart', helm: { releaseName: 'a', values: 'x: 1\n' } };

  it('merge over it, that of the app last; null takes nothing away, as in Argo CD', () => {
    const files = {
      'chart/.argocd-source.yaml': 'helm: {releaseName: b, parameters: [{name: p, value: "1"}]}\n',
      'chart/.argocd-source-shop.yaml': 'helm: {releaseName: c, values: null}\n',
      'chart/.argocd-source-other.yaml': 'helm: {releaseName: never}\n',
    };
    const render = renderOf({ source }, files);
    expect(render).toMatchObject({ releaseName: 'c', parameters: [{ name: 'p', value: '1' }] });
    expect(render).toHaveProperty('valuesText', 'x: 1\n');
    expect(appOf({ source }, files).problems).toEqual([]);
  });

  it('decide the tool, and never which source it is', () => {
    const files = {
      'plain/.argocd-source.yaml': `kustomize: {namePrefix: a-}\npath: chart\nrepoURL: ${OTHER}\n`,
    };
    expect(renderOf({ source: { repoURL: REPO_URL, path: 'plain' } }, files)).toEqual({
      kind: 'kustomize',
      helm: 3,
      path: 'plain',
      overrides: { namePrefix: 'a-' },
    });
  });

  it('that cannot be parsed leave nothing to render', () => {
    const { source: found } = appOf({ source }, { 'chart/.argocd-source.yaml': 'helm: [\n' });
    expect(found).toMatchObject({ kind: 'unsupported' });
    expect(found).toHaveProperty('reason', expect.stringContaining('chart/.argocd-source.yaml'));
  });

  it('are found with the app of a cluster, too', () => {
    const text = 'helm: {releaseName: b}\n';
    const path = 'chart/.argocd-source.yaml';
    const object = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'shop', namespace: 'argocd' },
      spec: { source, destination: {} },
    };
    const [app] = uniteApps(
      [],
      [{ cluster: 'c', object }],
      [
        {
          root: ROOT,
          repository: repositoryOf(),
          paths: [...Object.keys(CHART), path],
          parsed: new Map([[path, parsed(path, text)]]),
        },
      ],
    );
    expect(app?.source).toMatchObject({ render: { releaseName: 'b' } });
  });
});

describe('fields of one source', () => {
  it('of Helm', () => {
    const helm = {
      kubeVersion: '1.30',
      apiVersions: ['x/v1'],
      skipSchemaValidation: true,
      fileParameters: [
        { name: 'a', path: 'files/a.txt' },
        { name: 'b', path: '/values/$ARGOCD_APP_NAME.txt' },
      ],
      valueFiles: ['https://x.example/v.yaml'],
    };
    expect(renderOf({ source: { repoURL: REPO_URL, path: 'chart', helm } })).toMatchObject({
      kubeVersion: '1.30',
      apiVersions: ['x/v1'],
      skipSchemaValidation: true,
      fileParameters: [
        { name: 'a', path: 'chart/files/a.txt' },
        { name: 'b', path: 'values/shop.txt' },
      ],
      valueFiles: ['https://x.example/v.yaml'],
    });
  });

  it('of Helm with a glob, which only newer versions expand', () => {
    const helm = { valueFiles: ['/values/*.yaml'] };
    const { source, problems } = appOf({ source: { repoURL: REPO_URL, path: 'chart', helm } });
    expect(source).toMatchObject({ render: { valueFiles: ['values/prod.yaml'] } });
    expect(problems).toMatchObject([
      { severity: 'info', pointer: '/spec/source/helm/valueFiles/0' },
    ]);
  });

  it('of Kustomize, the environment filled in where Argo CD does', () => {
    const kustomize = {
      kubeVersion: '1.30',
      images: ['web:$ARGOCD_APP_NAME'],
      commonLabels: { app: '${ARGOCD_APP_NAME}' },
      commonAnnotations: { app: '$ARGOCD_APP_NAME' },
      labelWithoutSelector: true,
      labelIncludeTemplates: true,
      forceCommonAnnotations: true,
      ignoreMissingComponents: true,
    };
    expect(renderOf({ source: { repoURL: REPO_URL, path: 'overlay', kustomize } })).toEqual({
      kind: 'kustomize',
      helm: 3,
      path: 'overlay',
      kubeVersion: '1.30',
      overrides: {
        images: ['web:shop'],
        commonLabels: { app: 'shop' },
        commonAnnotations: { app: '$ARGOCD_APP_NAME' },
        labelWithoutSelector: true,
        labelIncludeTemplates: true,
        forceCommonAnnotations: true,
        ignoreMissingComponents: true,
      },
    });
  });

  it('of jsonnet', () => {
    const jsonnet = {
      extVars: [{ name: 'app', value: '$ARGOCD_APP_NAME' }],
      tlas: [{ name: 'n', value: '1', code: true }],
      libs: ['/lib', 'vendor/'],
    };
    const source = { repoURL: REPO_URL, path: 'plain', directory: { jsonnet } };
    expect(renderOf({ source })).toMatchObject({
      jsonnet: {
        extVars: [{ name: 'app', value: 'shop' }],
        tlas: [{ name: 'n', value: '1', code: true }],
        libs: ['lib', 'vendor'],
      },
    });
  });
});

describe('several sources', () => {
  const git = (path: string, more: JsonObject = {}): JsonObject => ({
    repoURL: REPO_URL,
    path,
    ...more,
  });
  const values = { repoURL: REPO_URL, ref: 'values' };

  it('are rendered in order, a ref alone not at all', () => {
    const sources = [
      git('chart', { helm: { valueFiles: ['$values/values/prod.yaml', 'own.yaml'] } }),
      values,
      git('plain'),
    ];
    expect(renderOf({ sources, source: git('overlay') })).toMatchObject({
      kind: 'several',
      path: 'chart',
      parts: [
        { index: 0, source: { kind: 'helm', valueFiles: ['values/prod.yaml', 'chart/own.yaml'] } },
        { index: 2, source: { kind: 'directory', path: 'plain' } },
      ],
    });
  });

  it('name a chart of a repository and take its values from Git', () => {
    const chart = {
      repoURL: 'registry.example/charts',
      chart: 'web',
      targetRevision: '1.2.3',
      helm: { valueFiles: ['$values/values/prod.yaml', 'own.yaml'] },
    };
    const app = appOf({ sources: [chart, values] });
    expect(app.follows).toEqual({ repoUrl: REPO_URL, revision: 'HEAD' });
    expect(app.source).toMatchObject({
      render: {
        parts: [
          {
            source: {
              chart: { repository: 'oci://registry.example/charts', name: 'web', version: '1.2.3' },
              valueFiles: ['values/prod.yaml', '.plumbline-charts/chart/own.yaml'],
            },
          },
        ],
      },
    });
  });

  it('take a chart alone as one source', () => {
    const chart = { repoURL: 'https://charts.example', chart: 'web', targetRevision: '1.x' };
    const app = appOf({ source: chart });
    expect(app.follows).toBeUndefined();
    expect(app.source).toMatchObject({
      render: { kind: 'helm', chart: { repository: 'https://charts.example', version: '1.x' } },
    });
  });

  it('list their charts in Git, and hold no folder for a chart of a registry', () => {
    const chart = { repoURL: 'https://charts.example', chart: 'web', targetRevision: '1.x' };
    const found = discovered({
      ...CHART,
      'Chart.yaml': 'apiVersion: v2\nname: top\nversion: 1.0.0\n',
      'apps/a.yaml': application('a', { sources: [git('plain'), git('chart')] }),
      'apps/b.yaml': application('b', { source: chart }),
    });
    const users = found.items
      .filter(({ kind }) => kind === 'chart')
      .map(({ path, apps }) => [path, apps.map((key) => key.split('/').at(-1))]);
    expect(new Map(users as [string, string[]][]).get('chart/Chart.yaml')).toEqual(['a']);
    expect(users.flatMap(([, apps]) => apps)).not.toContain('b');
  });

  it('leave out what is elsewhere, and say so', () => {
    const chartOfOther = git('chart', { helm: { valueFiles: ['$other/v.yaml'] } });
    const sources = [
      git('plain'),
      { repoURL: OTHER, path: 'x', targetRevision: 'v1' },
      chartOfOther,
      { repoURL: OTHER, ref: 'other' },
    ];
    const app = appOf({ sources });
    expect(app.source).toMatchObject({
      render: {
        parts: [
          { source: { path: 'plain' } },
          { missing: { kind: 'base', reference: `${OTHER}//x?ref=v1`, path: 'app.yaml' } },
          { missing: { kind: 'file', reference: `$other/v.yaml of ${OTHER}` } },
        ],
      },
    });
    expect(app.problems.map(({ pointer }) => pointer)).toEqual([
      '/spec/sources/1',
      '/spec/sources/2',
    ]);
  });

  it('of one repository at several revisions stand at folders of their own', () => {
    const sources = [git('plain'), git('chart', { targetRevision: 'v1' }), git('overlay')];
    const { source, problems } = appOf({ sources });
    const name = mountName({ repoUrl: REPO_URL, revision: 'v1' });
    expect(source).toMatchObject({
      mounts: [{ name, repoUrl: REPO_URL, revision: 'v1', root: ROOT }],
      render: {
        path: 'plain',
        parts: [
          { source: { path: 'plain' } },
          { source: { kind: 'helm', path: `.plumbline-git/${name}/chart` } },
          { source: { path: 'overlay' } },
        ],
      },
    });
    expect(problems).toEqual([]);
  });

  it('take values of another revision from there, and need no reference that nothing uses', () => {
    const used = git('chart', {
      helm: { valueFiles: ['$values/../values/prod.yaml', 'own.yaml'] },
    });
    const { source } = appOf({ sources: [used, { ...values, targetRevision: 'v1' }] });
    const name = mountName({ repoUrl: REPO_URL, revision: 'v1' });
    expect(source).toMatchObject({
      mounts: [{ name }],
      render: {
        parts: [
          { source: { valueFiles: [`.plumbline-git/${name}/values/prod.yaml`, 'chart/own.yaml'] } },
        ],
      },
    });
    const unused = appOf({ sources: [git('chart'), { ...values, targetRevision: 'v1' }] });
    expect(unused.source).not.toHaveProperty('mounts');
  });

  it('are elsewhere when none is at hand', () => {
    const { source } = appOf({
      sources: [
        { repoURL: OTHER, path: 'x' },
        { repoURL: OTHER, path: 'y' },
      ],
    });
    const git = { url: OTHER, ref: '', submodules: true };
    expect(source).toEqual({ kind: 'elsewhere', repoUrl: OTHER, path: 'x', git });
  });

  const refused: readonly (readonly [string, readonly JsonObject[], string])[] = [
    [
      'an unknown ref',
      [git('chart', { helm: { valueFiles: ['$x/v.yaml'] } }), values],
      '($values)',
    ],
    ['two equal refs', [values, values, git('plain')], 'Two of its sources'],
    ['a ref that is no name', [{ repoURL: REPO_URL, ref: 'a b' }, git('plain')], 'no name'],
    [
      'a ref of a chart',
      [
        { repoURL: OTHER, chart: 'c', ref: 'c' },
        git('chart', { helm: { valueFiles: ['$c/v.yaml'] } }),
      ],
      'which is a chart',
    ],
    ['a plugin among them', [git('plain'), git('plain', { plugin: {} })], 'Source 2: '],
    ['one without a repository', [git('plain'), { path: 'x' }], 'no repository'],
  ];
  it.each(refused)('are refused: %s', (_, sources, words) => {
    const { source } = appOf({ sources });
    expect(source).toHaveProperty('reason', expect.stringContaining(words));
  });

  it('claim every folder: none becomes an app of its own', () => {
    const files = {
      ...CHART,
      'app.yaml': application('shop', { sources: [git('chart'), git('overlay'), git('plain')] }),
    };
    expect(discovered(files).apps.map(({ name }) => name)).toEqual(['shop']);
  });
});
