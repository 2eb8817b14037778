import { afterEach, describe, expect, it } from 'vitest';
import type { AppState } from '../../src/model/appState';
import { appLabel } from '../../src/model/app';
import { formOf } from '../../src/model/withheld';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import {
  application,
  appNamed,
  changesOf,
  edit,
  openRepository,
  REMOTE,
  remove,
  shopChart,
} from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const open = (files: Readonly<Record<string, string>>) => openRepository(files, owned);
type World = Awaited<ReturnType<typeof open>>;

/** `argocd/shop < argocd/root`, changed ones with an asterisk, sorted. */
function tree(workbench: CoreWorkbench): readonly string[] {
  return workbench
    .state()
    .apps.map(({ app }) => {
      const by = app.renderedBy;
      return by === undefined
        ? appLabel(app)
        : `${appLabel(app)} < ${appLabel(by)}${by.changed ? ' *' : ''}`;
    })
    .sort();
}

function problems({ workbench }: World): readonly string[] {
  return workbench
    .state()
    .roots.flatMap((root) => root.problems.map(({ code, message }) => `${code}: ${message}`));
}

function data({ working }: AppState): readonly unknown[] {
  if (working.kind !== 'rendered') throw new Error(JSON.stringify(working));
  return formOf(working.desired.objects).flatMap(({ object }) => object['data'] ?? []);
}

const TEMPLATE = `{{- range .Values.apps }}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {{ .name }}
spec:
  project: default
  source:
    repoURL: ${REMOTE}
    path: {{ .path }}
    helm:
      valuesObject:
        banner: {{ .banner | quote }}
  destination:
    server: https://kubernetes.default.svc
    namespace: {{ .name }}
{{- end }}
`;

function appsChart(apps: readonly Readonly<Record<string, string>>[]): string {
  return JSON.stringify({ apps });
}

const CHART = {
  ...shopChart('charts/shop'),
  'charts/apps/Chart.yaml': '{apiVersion: v2, name: apps, version: 1.0.0}\n',
  'charts/apps/templates/apps.yaml': TEMPLATE,
  'charts/apps/values.yaml': appsChart([
    { name: 'shop', path: 'charts/shop', banner: 'one' },
    { name: 'blog', path: 'charts/shop', banner: 'two' },
  ]),
  'root.yaml': root('root', 'charts/apps'),
};

/** An Application whose objects go to the namespace of Argo CD. */
function root(name: string, path: string): string {
  const destination = { server: 'https://kubernetes.default.svc', namespace: 'argocd' };
  return application(name, { path }, { destination });
}

describe('a chart of Applications', () => {
  it('makes an app of each, with the values that the chart gives them', async () => {
    const world = await open(CHART);
    expect(tree(world.workbench)).toEqual([
      'argocd/blog < argocd/root *',
      'argocd/root',
      'argocd/shop < argocd/root *',
    ]);
    expect(data(appNamed(world.workbench, 'argocd/shop'))).toEqual([{ banner: 'one' }]);
    expect(data(appNamed(world.workbench, 'argocd/blog'))).toEqual([{ banner: 'two' }]);
    expect(appNamed(world.workbench, 'argocd/shop').app.definedIn).toMatchObject({
      path: 'charts/apps/templates/apps.yaml',
    });
    expect(problems(world)).toEqual([]);
  });

  it('renders the apps again that an edit of its values reaches, against the target', async () => {
    const { workbench, repository } = await open(CHART);
    await edit(workbench, repository, {
      'charts/apps/values.yaml': appsChart([
        { name: 'shop', path: 'charts/shop', banner: 'three' },
        { name: 'blog', path: 'charts/shop', banner: 'two' },
      ]),
    });
    expect(changesOf(workbench, 'argocd/shop')).toEqual([
      'ConfigMap config changed /data/banner "one"→"three"',
    ]);
    expect(changesOf(workbench, 'argocd/blog')).toEqual([]);
    expect(appNamed(workbench, 'argocd/shop').local).toMatchObject({
      comparison: { appAction: 'kept' },
    });
  });

  it('shows an app that a new value adds, and lets it go with the value', async () => {
    const { workbench, repository } = await open(CHART);
    const apps = [
      { name: 'shop', path: 'charts/shop', banner: 'one' },
      { name: 'wiki', path: 'charts/shop', banner: 'new' },
    ];
    await edit(workbench, repository, { 'charts/apps/values.yaml': appsChart(apps) });
    expect(appNamed(workbench, 'argocd/wiki').local).toMatchObject({
      comparison: { appAction: 'added', changes: [{ action: 'added' }, { action: 'added' }] },
    });
    expect(appNamed(workbench, 'argocd/blog').local).toMatchObject({
      comparison: { appAction: 'removed', changes: [{ action: 'removed' }, { action: 'removed' }] },
    });
    await edit(workbench, repository, {
      'charts/apps/values.yaml': CHART['charts/apps/values.yaml'],
    });
    expect(tree(workbench)).toEqual([
      'argocd/blog < argocd/root *',
      'argocd/root',
      'argocd/shop < argocd/root *',
    ]);
  });

  it('keeps its apps while it cannot be rendered, and their keys all along', async () => {
    const { workbench, repository } = await open(CHART);
    const keys = workbench.state().apps.map(({ app }) => app.key);
    await edit(workbench, repository, { 'charts/apps/values.yaml': 'apps: [{' });
    expect(appNamed(workbench, 'argocd/root').working.kind).toBe('invalid');
    expect(workbench.state().apps.map(({ app }) => app.key)).toEqual(keys);
  });

  it('goes with the app that rendered it', async () => {
    const { workbench, repository } = await open(CHART);
    await remove(workbench, repository, 'root.yaml');
    const gone = ['argocd/root', 'argocd/shop', 'argocd/blog'].map((name) => {
      const found = workbench.state().apps.filter(({ app }) => appLabel(app) === name);
      return found
        .map(({ local }) => (local.kind === 'compared' ? local.comparison.appAction : ''))
        .sort();
    });
    // What looks like an app of each chart now was not deployed by that before, and is not now.
    expect(gone).toEqual([['removed'], ['kept', 'removed'], ['kept', 'removed']]);
    repository.publish();
    workbench.filesChanged([
      { path: repository.file('.git/refs/remotes/origin/main'), kind: 'changed' },
    ]);
    await workbench.whenIdle();
    expect(tree(workbench)).toEqual([
      'argocd/blog < charts/apps *',
      'argocd/shop < charts/apps *',
      'charts/apps',
    ]);
  });
});

const FOLDER = {
  ...shopChart('charts/shop'),
  'root.yaml': root('root', 'apps'),
  'apps/shop.yaml': application('shop', { path: 'charts/shop' }),
};

describe('a folder of Applications', () => {
  it('names the app above each, and lets the file speak at once', async () => {
    const { workbench, repository } = await open(FOLDER);
    expect(tree(workbench)).toEqual(['argocd/root', 'argocd/shop < argocd/root']);
    const valuesObject = { banner: 'other' };
    await edit(workbench, repository, {
      'apps/shop.yaml': application('shop', { path: 'charts/shop', helm: { valuesObject } }),
    });
    expect(tree(workbench)).toEqual(['argocd/root', 'argocd/shop < argocd/root']);
    expect(changesOf(workbench, 'argocd/shop')).toEqual([
      'ConfigMap config changed /data/banner "hello"→"other"',
    ]);
  });

  it('adds one once that only the working copy has, whatever the target of the one above is', async () => {
    const { workbench, repository } = await open(FOLDER);
    await edit(workbench, repository, {
      'apps/blog.yaml': application('blog', { path: 'charts/shop' }),
    });
    expect(tree(workbench)).toEqual([
      'argocd/blog < argocd/root',
      'argocd/root',
      'argocd/shop < argocd/root',
    ]);
  });

  it('finds nothing strange in an app that renders itself', async () => {
    const world = await open({
      ...FOLDER,
      'apps/root.yaml': root('root', 'apps'),
      'root.yaml': '',
    });
    expect(tree(world.workbench)).toEqual(['argocd/root', 'argocd/shop < argocd/root']);
    expect(problems(world)).toEqual([]);
  });

  it('follows a circle no further, and names it', async () => {
    const world = await open({
      'a/b.yaml': root('b', 'b'),
      'b/c.yaml': root('c', 'c'),
      'c/a.yaml': root('a', 'a'),
    });
    expect(tree(world.workbench)).toEqual([
      'argocd/a < argocd/c',
      'argocd/b',
      'argocd/c < argocd/b',
    ]);
    expect(problems(world)).toEqual([
      'apps-circle: Apps render each other in a circle: argocd/b → argocd/c → argocd/a → argocd/b. The Application argocd/b that argocd/a renders is left out.',
    ]);
  });

  it('ends a chart that makes Applications of itself without end', async () => {
    const world = await open({
      'charts/deep/Chart.yaml': '{apiVersion: v2, name: deep, version: 1.0.0}\n',
      'charts/deep/templates/app.yaml': DEEP,
      'root.yaml': root('deep', 'charts/deep'),
    });
    expect(tree(world.workbench)).toHaveLength(16);
    expect(problems(world)).toEqual([expect.stringMatching(/^apps-too-deep: 16 apps stand above/)]);
  });
});

const DEEP = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {{ .Release.Name }}-x
spec:
  project: default
  source: {repoURL: ${REMOTE}, path: charts/deep}
  destination: {server: 'https://kubernetes.default.svc', namespace: argocd}
`;

const OVERLAYS = {
  ...shopChart('charts/shop'),
  'base/kustomization.yaml': 'resources: [shop.yaml]\n',
  'base/shop.yaml': application('shop', {
    path: 'charts/shop',
    helm: { valuesObject: { replicas: 1 } },
  }),
  'prod/kustomization.yaml': `resources: [../base]
patches:
  - target: {kind: Application, name: shop}
    patch: |
      - {op: add, path: /spec/source/helm/valuesObject/banner, value: prod}
`,
  'root.yaml': root('root', 'prod'),
};

describe('an overlay of Applications', () => {
  it('shows them as patched, at the place and under the key of the file', async () => {
    const { workbench, repository } = await open(OVERLAYS);
    expect(tree(workbench)).toEqual(['argocd/root', 'argocd/shop < argocd/root *']);
    const { app } = appNamed(workbench, 'argocd/shop');
    expect(data(appNamed(workbench, 'argocd/shop'))).toEqual([{ banner: 'prod' }]);
    expect(app.problems).toEqual([]);
    expect(app.definedIn).toMatchObject({ path: 'base/shop.yaml', line: 1 });
    expect(app.key).toBe(`${repository.path}#base/shop.yaml#Application/argocd/shop`);
  });

  it('makes one app each of a base that two overlays build', async () => {
    const { workbench } = await open({
      ...OVERLAYS,
      'test/kustomization.yaml': 'resources: [../base]\nnameSuffix: -test\n',
      'root2.yaml': root('root2', 'test'),
    });
    expect(tree(workbench)).toEqual([
      'argocd/root',
      'argocd/root2',
      'argocd/shop < argocd/root *',
      'argocd/shop-test < argocd/root2 *',
    ]);
  });

  it('takes what a patch deletes for no app', async () => {
    const { workbench } = await open({
      ...OVERLAYS,
      'base/kustomization.yaml': 'resources: [shop.yaml, blog.yaml]\n',
      'base/blog.yaml': application('blog', { path: 'charts/shop' }),
      'prod/kustomization.yaml': `${OVERLAYS['prod/kustomization.yaml']}  - target: {kind: Application, name: blog}
    patch: |
      {$patch: delete, apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: blog}}
`,
    });
    expect(tree(workbench)).toEqual(['argocd/root', 'argocd/shop < argocd/root *']);
  });
});

const SET = `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: teams}
spec:
  goTemplate: true
  generators:
    - list: {elements: {{ .Values.teams | toJson }}}
  template:
    metadata: {name: '{{ "{{ .team }}" }}'}
    spec:
      project: default
      source: {repoURL: ${REMOTE}, path: charts/shop}
      destination: {server: 'https://kubernetes.default.svc', namespace: '{{ "{{ .team }}" }}'}
`;

describe('a chart of ApplicationSets', () => {
  it('expands the sets that it renders, two levels below the first app', async () => {
    const { workbench, repository } = await open({
      ...shopChart('charts/shop'),
      'charts/sets/Chart.yaml': '{apiVersion: v2, name: sets, version: 1.0.0}\n',
      'charts/sets/values.yaml': 'teams: [{team: red}, {team: blue}]\n',
      'charts/sets/templates/set.yaml': SET,
      'apps/sets.yaml': root('sets', 'charts/sets'),
      'root.yaml': root('root', 'apps'),
    });
    expect(tree(workbench)).toEqual([
      'argocd/blue < argocd/sets *',
      'argocd/red < argocd/sets *',
      'argocd/root',
      'argocd/sets < argocd/root',
    ]);
    expect(appNamed(workbench, 'argocd/red').app.generatedBy).toMatchObject({
      set: { name: 'teams' },
      params: { team: 'red' },
    });
    await edit(workbench, repository, { 'charts/sets/values.yaml': 'teams: [{team: red}]\n' });
    expect(appNamed(workbench, 'argocd/blue').local).toMatchObject({
      comparison: { appAction: 'removed' },
    });
  });
});

const LOOP = (path: string): string =>
  JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name: 'teams', namespace: 'argocd' },
    spec: {
      goTemplate: true,
      generators: [{ list: { elements: [{ team: 'red' }] } }],
      template: {
        metadata: { name: 'made-{{.team}}' },
        spec: {
          project: 'default',
          source: { repoURL: REMOTE, path },
          destination: { server: 'https://kubernetes.default.svc', namespace: 'argocd' },
        },
      },
    },
  });

describe('a circle that goes through a set', () => {
  it('ends where a template in between renders the folder of the set', async () => {
    const world = await open({
      'sets/set.yaml': LOOP('charts/again'),
      'charts/again/Chart.yaml': '{apiVersion: v2, name: again, version: 1.0.0}\n',
      'charts/again/templates/app.yaml': root('between', 'sets'),
      'root.yaml': root('start', 'sets'),
    });
    expect(problems(world)).toEqual([
      expect.stringMatching(/^apps-circle: .*argocd\/made-red → argocd\/between → argocd\/teams\./),
    ]);
    expect(tree(world.workbench)).toEqual([
      'argocd/between < argocd/made-red *',
      'argocd/made-red < argocd/start',
      'argocd/start',
    ]);
  });

  it('is named, not followed until it is too deep', async () => {
    const world = await open({
      'sets/set.yaml': LOOP('top'),
      'top/start.yaml': root('start', 'sets'),
    });
    expect(problems(world)).toEqual([
      'apps-circle: Apps render each other in a circle: argocd/start → argocd/teams → argocd/made-red → argocd/start. The Application argocd/start that argocd/made-red renders is left out.',
    ]);
    expect(tree(world.workbench)).toEqual(['argocd/made-red < argocd/start', 'argocd/start']);
  });

  it('is named where the set itself comes out again', async () => {
    const world = await open({ 'sets/set.yaml': LOOP('sets'), 'root.yaml': root('start', 'sets') });
    expect(problems(world)).toEqual([
      'apps-circle: Apps render each other in a circle: argocd/teams → argocd/made-red → argocd/teams. The ApplicationSet argocd/teams that argocd/made-red renders is left out.',
    ]);
    expect(tree(world.workbench)).toEqual(['argocd/made-red < argocd/start', 'argocd/start']);
  });
});

const FLUX = 'kustomize.toolkit.fluxcd.io/v1';
function kustomization(
  name: string,
  path: string,
  spec: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({
    apiVersion: FLUX,
    kind: 'Kustomization',
    metadata: { name, namespace: 'flux-system' },
    spec: {
      interval: '1m',
      prune: true,
      path,
      sourceRef: { kind: 'GitRepository', name: 'flux-system' },
      ...spec,
    },
  });
}

describe('Flux Kustomizations in each other', () => {
  it('sees the variables that the one above puts into the one below', async () => {
    const { workbench, repository } = await open({
      'clusters/prod/apps.yaml': kustomization('apps', './apps', {
        postBuild: { substitute: { env: 'prod' } },
      }),
      'apps/shop.yaml': kustomization('shop', './deploy/${env}', {}),
      'deploy/prod/map.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {where: prod}\n',
      'deploy/test/map.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {where: test}\n',
    });
    expect(tree(workbench)).toEqual([
      'deploy/test',
      'flux-system/apps',
      'flux-system/shop < flux-system/apps *',
    ]);
    expect(data(appNamed(workbench, 'flux-system/shop'))).toEqual([{ where: 'prod' }]);
    await edit(workbench, repository, {
      'clusters/prod/apps.yaml': kustomization('apps', './apps', {
        postBuild: { substitute: { env: 'test' } },
      }),
    });
    expect(changesOf(workbench, 'flux-system/shop')).toEqual([
      'ConfigMap a changed /data/where "prod"→"test"',
    ]);
  });
});
