import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCandidates } from '../../../src/repo/candidates';
import {
  appNamed,
  application,
  configMap,
  discovered,
  type FileTable,
  REPO_URL,
  ROOT,
} from './inMemory';

const CHART = 'apiVersion: v2\nname: shop\nversion: 1.0.0\n';
const PATCH = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n';
const CONFLICT = '<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> other\n';

function namesOf(files: FileTable, kind?: string): readonly string[] {
  const { apps } = discovered(files);
  return apps.filter((app) => kind === undefined || app.kind === kind).map(({ name }) => name);
}

describe('parseCandidates', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['a.yaml', true],
    ['deep/er/b.yml', true],
    ['c.json', true],
    ['README.md', false],
    ['.plumbline.yaml', true],
    ['below/.plumbline.yaml', false],
    ['.pre-commit-config.yaml', false],
    ['.github/workflows/ci.yaml', false],
    ['x/Kustomization', true],
    ['x/kustomization.yml', true],
    ['package.json', false],
    ['web/tsconfig.json', false],
    ['chart/Chart.yaml', true],
    ['chart/values.yaml', false],
    ['chart/values-prod.yaml', false],
    ['chart/prod.values.yaml', false],
    ['chart/values.schema.json', false],
    ['chart/templates/web.yaml', false],
    ['chart/charts/sub/Chart.yaml', false],
    ['chart/ci/test-values.yaml', false],
    ['chart/crds/widgets.yaml', true],
    ['chart/extra/app.yaml', true],
    ['other/values.yaml', true],
    ['other/templates/web.yaml', true],
  ];
  it.each(cases)('%s: %s', (path, expected) => {
    expect(parseCandidates(cases.map(([name]) => name)).includes(path)).toBe(expected);
  });
});

describe('charts that no controller uses', () => {
  it('are one app with the base values alone', () => {
    const { apps } = discovered({ 'charts/shop/Chart.yaml': CHART, 'charts/shop/values.yaml': '' });
    expect(apps).toHaveLength(1);
    expect(apps[0]).toMatchObject({
      key: `${ROOT}#charts/shop#Chart/`,
      kind: 'Chart',
      tool: 'push',
      namespace: '',
      name: 'charts/shop',
      definedIn: { root: ROOT, path: 'charts/shop/Chart.yaml' },
      source: { kind: 'local', render: { kind: 'helm', releaseName: 'shop', valueFiles: [] } },
      destination: { cluster: { kind: 'unknown' }, namespace: '' },
      policy: { comparison: 'helm-manifest', fieldManager: 'helm' },
    });
  });

  it('are one app for each values file beside them', () => {
    const files = {
      'shop/Chart.yaml': CHART,
      'shop/values.yaml': '',
      'shop/values-prod.yaml': '',
      'shop/values.test.yaml': '',
      'shop/dev.values.yaml': '',
      'shop/staging-values.yml': '',
      'shop/ci/ci-values.yaml': '',
      'shop/values.schema.json': '{}',
    };
    expect(namesOf(files)).toEqual([
      'shop (dev.values.yaml)',
      'shop (staging-values.yml)',
      'shop (values-prod.yaml)',
      'shop (values.test.yaml)',
    ]);
    expect(appNamed(discovered(files), 'shop (values-prod.yaml)').source).toMatchObject({
      render: { valueFiles: ['shop/values-prod.yaml'] },
    });
  });

  it('are no app when they are a part: of an app, a chart, a kustomization, or a library', () => {
    const files = {
      'used/Chart.yaml': CHART,
      'app.yaml': application('web', { source: { repoURL: REPO_URL, path: 'used' } }),
      'umbrella/Chart.yaml': `${CHART}dependencies:\n- {name: part, version: 1, repository: 'file://../part'}\n`,
      'umbrella/charts/sub/Chart.yaml': CHART,
      'part/Chart.yaml': CHART,
      'lib/Chart.yaml': `${CHART}type: library\n`,
      'overlay/kustomization.yaml': 'helmCharts: [{name: inflated}]\n',
      'overlay/charts/inflated/Chart.yaml': CHART,
    };
    expect(namesOf(files, 'Chart')).toEqual(['umbrella']);
  });
});

describe('overlays', () => {
  it('are the kustomizations that nobody includes', () => {
    const files = {
      'base/kustomization.yaml': 'resources: [web.yaml]\n',
      'base/web.yaml': configMap('web'),
      'old/kustomization.yml': 'bases: [../base]\n',
      'overlays/prod/kustomization.yaml': 'resources: [../../base]\ncomponents: [../../tls]\n',
      'overlays/staging/Kustomization': 'resources: [../../base]\n',
      'tls/kustomization.yaml': 'kind: Component\nresources: [tls.yaml]\n',
      'tls/tls.yaml': configMap('tls'),
      'spare/kustomization.yaml': 'kind: Component\n',
    };
    expect(namesOf(files)).toEqual(['old', 'overlays/prod', 'overlays/staging']);
    expect(appNamed(discovered(files), 'overlays/prod')).toMatchObject({
      kind: 'Overlay',
      source: { render: { kind: 'kustomize', path: 'overlays/prod' } },
      policy: { comparison: 'three-way', fieldManager: 'kubectl-client-side-apply' },
    });
  });

  it('are not those that an app builds, however deep', () => {
    const files = {
      'a/kustomization.yaml': 'resources: [../b]\n',
      'b/kustomization.yaml': 'resources: [../c]\n',
      'c/kustomization.yaml': 'resources: []\n',
      'd/kustomization.yaml': 'resources: []\n',
      'app.yaml': application('web', { source: { repoURL: REPO_URL, path: 'a' } }),
    };
    expect(namesOf(files)).toEqual(['web', 'd']);
  });

  it('survive a cycle of bases', () => {
    const files = {
      'a/kustomization.yaml': 'resources: [../b]\n',
      'b/kustomization.yaml': 'resources: [../a]\n',
      'app.yaml': application('web', { source: { repoURL: REPO_URL, path: 'a' } }),
    };
    expect(namesOf(files)).toEqual(['web']);
  });

  it('are not those that a generated kustomization of Flux takes in', () => {
    const files = {
      'clusters/staging/infra.yaml': `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: infra, namespace: flux-system}
spec: {path: ./infra, sourceRef: {kind: GitRepository, name: flux-system}}
`,
      'infra/a/kustomization.yaml': 'resources: [x.yaml]\n',
      'infra/a/x.yaml': configMap('x'),
      'infra/plain.yaml': configMap('plain'),
      'other/kustomization.yaml': '',
    };
    expect(namesOf(files)).toEqual(['infra', 'other']);
  });
});

describe('plain folders', () => {
  it('are apps, one for the topmost folder with manifests of its own', () => {
    const files = {
      'deploy/status/page.yaml': configMap('page'),
      'deploy/status/jobs/job.yaml': configMap('job'),
      'deploy/other/x.yml': configMap('x'),
      'docs/example.yaml': 'just: values\n',
    };
    const found = discovered(files);
    expect(found.apps.map(({ name }) => name)).toEqual(['deploy/other', 'deploy/status']);
    expect(appNamed(found, 'deploy/status')).toMatchObject({
      kind: 'Folder',
      source: { render: { kind: 'directory', path: 'deploy/status', recurse: true } },
    });
    expect(appNamed(found, 'deploy/other').source).toMatchObject({ render: { recurse: false } });
  });

  it('stay apart where something else is rendered among them', () => {
    const files = {
      'ns.yaml': configMap('ns'),
      'web/web.yaml': configMap('web'),
      'shop/Chart.yaml': CHART,
    };
    const found = discovered(files);
    expect(found.apps.map(({ name }) => name)).toEqual(['shop', '.', 'web']);
    expect(appNamed(found, '.').source).toMatchObject({ render: { path: '', recurse: false } });
  });

  it('are not folders that belong to a chart, a kustomization or an app', () => {
    const files = {
      'chart/Chart.yaml': CHART,
      'chart/crds/crd.yaml': configMap('crd'),
      'chart/files/x.yaml': configMap('x'),
      'overlay/kustomization.yaml':
        'resources: [../shared/a.yaml]\npatches: [{path: patches/p.yaml}]\n',
      'overlay/patches/p.yaml': PATCH,
      'overlay/unused.yaml': configMap('unused'),
      'shared/a.yaml': configMap('a'),
      'flat/a.yaml': configMap('a'),
      'deep/below/a.yaml': configMap('a'),
      'apps/flat.yaml': application('flat', { source: { repoURL: REPO_URL, path: 'flat' } }),
      'apps/deep.yaml': application('deep', {
        source: { repoURL: REPO_URL, path: 'deep', directory: { recurse: true } },
      }),
    };
    expect(namesOf(files, 'Folder')).toEqual([]);
  });

  it('are not folders of local configuration', () => {
    const files = {
      'kind/cluster.yaml': 'apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\n',
      'dev/skaffold.yaml': 'apiVersion: skaffold/v4beta11\nkind: Config\n',
      'home/config.yaml': 'apiVersion: v1\nkind: Config\nclusters: []\n',
      'catalog/catalog-info.yaml': 'apiVersion: backstage.io/v1alpha1\nkind: Component\n',
      'openapi/spec.yaml': 'openapi: 3.0.0\nkind: x\napiVersion: 3\n',
      '.hidden/x.yaml': configMap('x'),
    };
    expect(namesOf(files)).toEqual([]);
  });

  it('are not folders of nothing but definitions of apps', () => {
    const files = {
      'argocd/a.yaml': application('a', { source: { repoURL: REPO_URL, path: 'a' } }),
      'argocd/project.yaml':
        'apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: p}\n',
    };
    expect(namesOf(files)).toEqual(['a']);
  });

  it('see the objects of a List', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- ${application('in-list', {
      source: { repoURL: REPO_URL, path: 'x' },
    })}\n`;
    expect(namesOf({ 'all.yaml': list })).toEqual(['in-list']);
  });
});

describe('folders that the editor has open', () => {
  const files = {
    'team-a/x.yaml': configMap('a'),
    'team-b/x.yaml': configMap('b'),
    'apps/web.yaml': application('web', { source: { repoURL: REPO_URL, path: 'team-c' } }),
  };
  it('limit push apps, not those of custom resources', () => {
    const { apps } = discovered(files, { folders: ['team-a'] });
    expect(apps.map(({ name }) => name)).toEqual(['web', 'team-a']);
  });
});

describe('identity', () => {
  it('is the file, kind, namespace and name', () => {
    const { apps } = discovered({
      'a/one.yaml': application('web', { source: { repoURL: REPO_URL, path: 'x' } }),
      'b/two.yaml': application('web', { source: { repoURL: REPO_URL, path: 'y' } }),
    });
    expect(apps.map(({ key }) => key)).toEqual([
      `${ROOT}#a/one.yaml#Application/argocd/web`,
      `${ROOT}#b/two.yaml#Application/argocd/web`,
    ]);
  });

  it('takes a missing namespace from the kustomization, else from Argo CD', () => {
    const bare = application('web', { source: { repoURL: REPO_URL, path: 'x' } }).replace(
      '"namespace":"argocd"',
      '"labels":{}',
    );
    const alone = discovered({ 'apps/web.yaml': bare });
    expect(appNamed(alone, 'web').namespace).toBe('argocd');
    const included = discovered({
      'apps/web.yaml': bare,
      'apps/kustomization.yaml': 'resources: [web.yaml]\n',
      'top/kustomization.yaml': 'namespace: gitops\nresources: [../apps]\n',
    });
    expect(appNamed(included, 'web').namespace).toBe('gitops');
  });

  it('reports a name twice in one file, and none at all', () => {
    const one = application('web', { source: { repoURL: REPO_URL, path: 'x' } });
    const none = one.replace('"name":"web"', '"labels":{}');
    const { apps, problems } = discovered({ 'a.yaml': `${one}\n---\n${one}\n---\n${none}\n` });
    expect(apps).toHaveLength(1);
    expect(problems).toMatchObject([
      { code: 'app-identity', location: { path: 'a.yaml', line: 3 } },
      { code: 'app-identity', location: { path: 'a.yaml', line: 5 } },
    ]);
  });

  it('does not take a patch for an app', () => {
    const files = {
      'base/kustomization.yaml': 'resources: [release.yaml]\n',
      'base/release.yaml': application('web', { source: { repoURL: REPO_URL, path: 'x' } }),
      'prod/kustomization.yaml':
        'resources: [../base]\npatchesStrategicMerge: [patch.yaml]\npatches: [{path: other.yaml}, {patch: "[]"}]\n',
      'prod/patch.yaml': application('web', {}),
      'prod/other.yaml': application('web', {}),
    };
    expect(namesOf(files, 'Application')).toEqual(['web']);
  });
});

describe('a definition that overlays patch', () => {
  const base = {
    'base/kustomization.yaml': 'resources: [web.yaml, db.yaml]\n',
    'base/web.yaml': application('web', { source: { repoURL: REPO_URL, path: 'x' } }),
    'base/db.yaml': application('db', { source: { repoURL: REPO_URL, path: 'y' } }),
  };
  const notes = (files: FileTable): readonly string[] =>
    discovered({ ...base, ...files }).apps.flatMap(({ name, problems }) =>
      problems.map(
        ({ code, message }) => `${name}: ${code}: ${/by (.*);/.exec(message)?.[1] ?? ''}`,
      ),
    );

  it.each([
    ['a target', 'patches: [{patch: "[]", target: {kind: Application, name: web}}]'],
    ['a body', 'patches: [{path: patch.yaml}]'],
    ['a strategic merge', 'patchesStrategicMerge: [patch.yaml]'],
    ['a JSON patch', 'patchesJson6902: [{path: p.yaml, target: {kind: Application, name: web}}]'],
  ])('by %s is said to be shown without it', (_, text) => {
    const files = {
      'prod/kustomization.yaml': `resources: [../base]\n${text}\n`,
      'prod/patch.yaml': application('web', {}),
    };
    expect(notes(files)).toEqual(['web: patched-definition: prod']);
  });

  it('by text in place, or by a pattern, may be any of the kind', () => {
    const inline = 'patches: [{patch: "kind: Application\\nspec: {}"}]';
    const pattern = 'patches: [{patch: "[]", target: {name: w.*}}]';
    for (const text of [inline, pattern]) {
      const files = { 'prod/kustomization.yaml': `resources: [../base]\n${text}\n` };
      expect(notes(files)).toEqual([
        'db: patched-definition: prod',
        'web: patched-definition: prod',
      ]);
    }
  });

  it('through a component, in each overlay that uses it', () => {
    const files = {
      'tune/kustomization.yaml':
        'kind: Component\npatches: [{patch: "[]", target: {kind: Application, name: db}}]\n',
      'a/kustomization.yaml': 'resources: [../base]\ncomponents: [../tune]\n',
      'b/kustomization.yaml': 'resources: [../base]\ncomponents: [../tune]\n',
      'c/kustomization.yaml': 'resources: [../base]\n',
    };
    expect(notes(files)).toEqual(['db: patched-definition: a, b']);
  });

  it('is not one where the patch is for something else', () => {
    const files = {
      'prod/kustomization.yaml':
        'resources: [../base]\npatches: [{patch: "[]", target: {kind: Deployment}}, {path: p.yaml}]\n',
      'prod/p.yaml': PATCH,
      'other/kustomization.yaml':
        'resources: []\npatches: [{patch: "[]", target: {kind: Application}}]\n',
    };
    expect(notes(files)).toEqual([]);
  });
});

describe('broken input', () => {
  it('is a problem at its line, and everything else is found', () => {
    const { apps, problems } = discovered({
      'a/kustomization.yaml': CONFLICT,
      'b/kustomization.yaml': 'resources: [x.yaml\n',
      'c/web.yaml': configMap('web'),
      'd/web.yaml': `${configMap('ok')}---\na: [\n`,
    });
    expect(apps.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
    expect(problems.map(({ location }) => location?.path)).toEqual([
      'a/kustomization.yaml',
      'b/kustomization.yaml',
      'd/web.yaml',
    ]);
  });

  it('of any shape never throws', () => {
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, 0, '', 'x', REPO_URL),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            'spec',
            'source',
            'sources',
            'helm',
            'path',
            'repoURL',
            'metadata',
            'name',
            'destination',
            'chart',
            'sourceRef',
            'postBuild',
            'substituteFrom',
            'valueFiles',
            'syncPolicy',
            'automated',
            'ignoreDifferences',
            'resources',
            'dependencies',
            'clusters',
          ),
          tie('value'),
        ),
      ),
    })).value;
    const kinds = fc.constantFrom(
      ['argoproj.io/v1alpha1', 'Application'],
      ['argoproj.io/v1alpha1', 'ApplicationSet'],
      ['kustomize.toolkit.fluxcd.io/v1', 'Kustomization'],
      ['helm.toolkit.fluxcd.io/v2', 'HelmRelease'],
      ['source.toolkit.fluxcd.io/v1', 'GitRepository'],
      ['v1', 'List'],
    );
    const names = fc.constantFrom(
      'a.yaml',
      'x/kustomization.yaml',
      'y/Chart.yaml',
      '.plumbline.yaml',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(names, kinds, json, json)), (entries) => {
        const files = entries.map(([name, [apiVersion, kind], metadata, spec]) => [
          name,
          JSON.stringify({ apiVersion, kind, metadata, spec, clusters: spec, resources: spec }),
        ]);
        const { apps } = discovered(Object.fromEntries(files) as FileTable);
        expect(new Set(apps.map(({ key }) => key)).size).toBe(apps.length);
      }),
    );
  });

  it('of other tools is none of our business, unless a merge was forgotten', () => {
    const { problems } = discovered({
      'mkdocs.yml': 'markdown_extensions: !!python/name:x [\n',
      'scaffold/{{name}}.yaml': '{{ cookiecutter }}: [\n',
      'app/ok.yaml': configMap('ok'),
      'app/broken.yaml': 'a: [\n',
      'listed/kustomization.yaml': 'resources: [sub/broken.yaml]\n',
      'listed/sub/broken.yaml': 'a: [\n',
      'charts/Chart.yaml': 'name: [\n',
      'notes/merge.yaml': CONFLICT,
    });
    expect(problems.map(({ location }) => location?.path)).toEqual([
      'app/broken.yaml',
      'charts/Chart.yaml',
      'listed/sub/broken.yaml',
      'notes/merge.yaml',
    ]);
  });

  it('of nothing is nothing', () => {
    expect(discovered({})).toEqual({ apps: [], items: [], config: { clusters: [] }, problems: [] });
  });
});

describe('ApplicationSets', () => {
  const set = (spec: string): string =>
    `apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all, namespace: argocd}\nspec:\n${spec}`;

  it('are listed, and what they make apps of is no app a second time', () => {
    const found = discovered({
      'set.yaml': set(`  generators:
  - matrix:
      generators:
      - git: {directories: [{path: 'services/*'}, {path: services/not, exclude: true}]}
  template: {spec: {source: {path: '{{path}}'}}}
`),
      'other.yaml': set(`  template: {spec: {sources: [{path: 'envs/{{.env}}/web'}]}}\n`),
      'services/a/kustomization.yaml': '',
      'services/b/x.yaml': configMap('b'),
      'envs/prod/web/Chart.yaml': CHART,
      'envs/prod/db/Chart.yaml': CHART,
    });
    expect(found.apps.map(({ name }) => name)).toEqual(['envs/prod/db']);
    expect(found.items.filter(({ kind }) => kind === 'application-set')).toHaveLength(2);
    expect(found.problems).toMatchObject([
      { code: 'unexpanded-application-set', severity: 'info' },
      { code: 'unexpanded-application-set' },
    ]);
  });
});

describe('several sources', () => {
  it('use their charts although they are not rendered', () => {
    const files = {
      'shop/Chart.yaml': CHART,
      'app.yaml': application('web', {
        sources: [
          { repoURL: REPO_URL, path: 'shop' },
          { repoURL: REPO_URL, ref: 'values' },
        ],
      }),
    };
    expect(namesOf(files)).toEqual(['web']);
  });
});

describe('items', () => {
  it('list what is there and who uses it', () => {
    const { items, apps } = discovered({
      'apps/web.yaml': `# web\n${application('web', { source: { repoURL: REPO_URL, path: 'prod' } })}`,
      'prod/kustomization.yaml': 'resources: [../base]\n',
      'base/kustomization.yaml': '',
      'alone/kustomization.yaml': '',
      'shop/Chart.yaml': CHART,
      'shop/crds/w.yaml':
        'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.acme.example}\n',
      'plain/x.yaml': configMap('x'),
    });
    const web = appNamed({ apps }, 'web').key;
    const summary = items.map(({ kind, name, path, line, apps: users }) => ({
      kind,
      name,
      path,
      line,
      users,
    }));
    expect(summary).toEqual([
      { kind: 'application', name: 'argocd/web', path: 'apps/web.yaml', line: 2, users: [web] },
      {
        kind: 'chart',
        name: 'shop',
        path: 'shop/Chart.yaml',
        line: undefined,
        users: [`${ROOT}#shop#Chart/`],
      },
      { kind: 'crd', name: 'widgets.acme.example', path: 'shop/crds/w.yaml', line: 1, users: [] },
      {
        kind: 'folder',
        name: 'plain',
        path: 'plain/x.yaml',
        line: 1,
        users: [`${ROOT}#plain#Folder/`],
      },
      {
        kind: 'kustomization',
        name: 'alone',
        path: 'alone/kustomization.yaml',
        line: undefined,
        users: [`${ROOT}#alone#Overlay/`],
      },
      {
        kind: 'kustomization',
        name: 'base',
        path: 'base/kustomization.yaml',
        line: undefined,
        users: [web],
      },
      {
        kind: 'kustomization',
        name: 'prod',
        path: 'prod/kustomization.yaml',
        line: undefined,
        users: [web],
      },
    ]);
  });
});

describe('.plumbline.yaml', () => {
  it('names clusters, and what is wrong with it at its line', () => {
    const { config, problems } = discovered({
      '.plumbline.yaml': `# clusters of acme
clusters:
  - name: production
    destinations: [https://prod.acme.example]
    folders: [clusters/production]
    protected: true
  - name: staging
    colour: blue
  - folders: [x]
  - name: test
    folders: y
    protected: maybe
  - name: staging
extra: 1
`,
    });
    expect(config.clusters).toEqual([
      {
        name: 'production',
        destinations: ['https://prod.acme.example'],
        folders: ['clusters/production'],
        protected: true,
      },
      { name: 'staging', destinations: [], folders: [], protected: false },
      { name: 'test', destinations: [], folders: [], protected: true },
      { name: 'staging', destinations: [], folders: [], protected: false },
    ]);
    expect(problems.map(({ location, message }) => `${location?.line} ${message}`)).toEqual([
      '14 extra is not known here; known are clusters, argocd.',
      '8 colour is not known here; known are name, destinations, folders, protected.',
      '9 A cluster needs a name.',
      '11 folders must be a list of texts.',
      '12 protected must be true or false; the cluster is taken as protected.',
      '13 The cluster staging is listed twice.',
    ]);
  });

  it('that is broken is a problem and no configuration', () => {
    const { config, problems } = discovered({ '.plumbline.yaml': 'clusters: [\n' });
    expect(config.clusters).toEqual([]);
    expect(problems).toHaveLength(1);
  });
});
