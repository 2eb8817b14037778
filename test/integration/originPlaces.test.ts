import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ComposeOptions } from '../../src/compose';
import type { OriginAnswer, OriginPlace } from '../../src/model/origin';
import { resourceIdOf, resourceKey } from '../../src/model/resource';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { chartArchive } from '../unit/render/chartArchive';
import { never } from '../unit/render/engine';
import {
  application,
  appNamed,
  createRepository,
  deployment,
  openWorkbench,
  REMOTE,
  shopChart,
} from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

interface World {
  readonly workbench: CoreWorkbench;
  /** Kind, path and text of the line of each place. */
  readonly ask: (app: string, object: string, pointer: string) => Promise<readonly string[]>;
  readonly answer: (app: string, object: string, pointer: string) => Promise<OriginAnswer>;
}

async function open(
  files: Readonly<Record<string, string>>,
  options: Partial<ComposeOptions> = {},
): Promise<World> {
  const repository = createRepository(files);
  const workbench = openWorkbench([repository.path], options);
  owned.push(repository.remove, () => workbench.dispose());
  await workbench.whenIdle();
  const answer: World['answer'] = async (app, object, pointer) => {
    const { app: found, working } = appNamed(workbench, app);
    if (working.kind !== 'rendered') throw new Error(JSON.stringify(working));
    const ids = working.desired.objects.map((one) => resourceIdOf(one.object));
    const id = ids.find(({ kind, name }) => `${kind}/${name}` === object);
    if (id === undefined) throw new Error(`no ${object} among ${JSON.stringify(ids)}`);
    return await workbench.originsOf(found.key, resourceKey(id), pointer, never);
  };
  return {
    workbench,
    answer,
    ask: async (...question) => (await answer(...question)).places.map(shown),
  };
}

function shown({ kind, root, path, line = 1 }: OriginPlace): string {
  const text = readFileSync(join(root, path), 'utf8').split('\n')[line - 1]?.trim() ?? '';
  return `${kind} ${path} ${text}`;
}

const RELEASE = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: apps}
spec:
  interval: 5m
  targetNamespace: shop
  commonMetadata:
    labels:
      team: blue
  chart:
    spec:
      chart: ./charts/shop
      sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}
  valuesFrom:
    - kind: ConfigMap
      name: shop-values
    - kind: Secret
      name: shop-secret
      valuesKey: token
      targetPath: token
  values:
    replicas: 4
  postRenderers:
    - kustomize:
        images:
          - name: registry.acme.example/main
            newTag: "7"
`;

const RELEASE_FILES = {
  ...shopChart('charts/shop'),
  'charts/shop/templates/secret.yaml':
    'apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {token: {{ .Values.token }}}\n',
  'apps/release.yaml': RELEASE,
  'apps/values.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: shop-values, namespace: apps}
data:
  values.yaml: |
    # shared
    banner: from the map
`,
  'apps/secret.yaml': `apiVersion: v1
kind: Secret
metadata: {name: shop-secret, namespace: apps}
stringData:
  token: hunter2
`,
};

describe('a HelmRelease', () => {
  it('has places in what valuesFrom names, in its values and its post-renderers', async () => {
    const { ask } = await open(RELEASE_FILES);
    const app = 'apps/shop';
    expect((await ask(app, 'ConfigMap/config', '/data/banner'))[0]).toBe(
      'value apps/values.yaml banner: from the map',
    );
    expect((await ask(app, 'Deployment/web', '/spec/replicas'))[0]).toBe(
      'inline-values apps/release.yaml replicas: 4',
    );
    const image = '/spec/template/spec/containers/0/image';
    expect((await ask(app, 'Deployment/web', image))[0]).toBe(
      'transformer apps/release.yaml newTag: "7"',
    );
    expect((await ask(app, 'ConfigMap/config', '/metadata/labels/team'))[0]).toBe(
      'transformer apps/release.yaml team: blue',
    );
  });

  it('has places in the literals of generators that valuesFrom names', async () => {
    const data = ['apps/values.yaml', 'apps/secret.yaml'];
    const files = Object.fromEntries(
      Object.entries(RELEASE_FILES).filter(([path]) => !data.includes(path)),
    );
    const { ask, answer } = await open({
      ...files,
      'apps/release.yaml': RELEASE.replace(
        'name: shop-values\n',
        'name: shop-values\n      valuesKey: greeting\n      targetPath: banner\n',
      ),
      'apps/kustomization.yaml': `namespace: apps
resources: [release.yaml]
configMapGenerator:
  - name: other
    literals: [greeting=from a generator]
  - name: shop-values
    literals:
      - greeting=from a generator
secretGenerator:
  - name: shop-secret
    literals:
      - token=hunter2
`,
    });
    const app = 'apps/shop';
    expect((await ask(app, 'ConfigMap/config', '/data/banner'))[0]).toBe(
      'value apps/kustomization.yaml - greeting=from a generator',
    );
    const token = await answer(app, 'Secret/token', '/stringData/token');
    expect(token.places[0]).toMatchObject({ path: 'apps/kustomization.yaml', line: 12 });
    // Beside a generator of Secrets no value is shown at all.
    const { places } = await answer(app, 'ConfigMap/config', '/data/banner');
    expect([places[0]?.value, JSON.stringify(token).includes('hunter2')]).toEqual([
      undefined,
      false,
    ]);
  });

  it('shows what stands at a place, and nothing of what decides a Secret', async () => {
    const { answer } = await open(RELEASE_FILES);
    const banner = await answer('apps/shop', 'ConfigMap/config', '/data/banner');
    expect(banner.places[0]?.value).toBe('banner: from the map');
    const token = await answer('apps/shop', 'Secret/token', '/stringData/token');
    expect(token.places[0]).toMatchObject({ path: 'apps/secret.yaml', line: 5 });
    expect(JSON.stringify(token)).not.toContain('hunter2');
  });
});

describe('an Application', () => {
  it('has places in the files that are laid over its source', async () => {
    const { ask } = await open({
      ...shopChart('charts/shop'),
      'apps/shop.json': application('shop', {
        path: 'charts/shop',
        helm: { parameters: [{ name: 'banner', value: 'from the app' }] },
      }),
      'charts/shop/.argocd-source-shop.yaml':
        'helm:\n  parameters:\n    - name: banner\n      value: from the override\n',
    });
    expect((await ask('argocd/shop', 'ConfigMap/config', '/data/banner'))[0]).toBe(
      'parameter charts/shop/.argocd-source-shop.yaml value: from the override',
    );
  });

  it('has them in the right one of its sources', async () => {
    const { ask } = await open({
      ...shopChart('charts/shop'),
      'env/values.yaml': 'replicas: 5\n',
      'apps/shop.yaml': `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec:
  project: default
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
  sources:
    - {repoURL: '${REMOTE}', ref: env}
    - repoURL: ${REMOTE}
      path: charts/shop
      helm:
        valueFiles: [$env/env/values.yaml]
        parameters:
          - name: banner
            value: inline
`,
    });
    expect((await ask('argocd/shop', 'ConfigMap/config', '/data/banner'))[0]).toBe(
      'parameter apps/shop.yaml value: inline',
    );
    expect((await ask('argocd/shop', 'Deployment/web', '/spec/replicas'))[0]).toBe(
      'value env/values.yaml replicas: 5',
    );
  });

  it('made by a set has them in its elements, the files that it read, and its template', async () => {
    const { ask } = await open({
      ...shopChart('charts/shop'),
      'envs/prod/config.json': '{"banner": "of the file"}\n',
      'sets.yaml': `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: list, namespace: argocd}
spec:
  goTemplate: true
  generators:
    - list:
        elements:
          - team: red
            banner: of the element
  template:
    metadata: {name: 'list-{{ .team }}'}
    spec: &spec
      project: default
      source:
        repoURL: ${REMOTE}
        path: charts/shop
        helm:
          parameters:
            - name: banner
              value: 'a banner {{ .banner }}'
            - name: replicas
              value: '9'
      destination: {server: 'https://kubernetes.default.svc', namespace: shop}
---
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: files, namespace: argocd}
spec:
  generators:
    - git:
        repoURL: ${REMOTE}
        revision: HEAD
        files: [{path: envs/*/config.json}]
  template:
    metadata: {name: 'files-{{path.basename}}'}
    spec:
      project: default
      source:
        repoURL: ${REMOTE}
        path: charts/shop
        helm:
          parameters:
            - name: banner
              value: '{{banner}}'
      destination: {server: 'https://kubernetes.default.svc', namespace: shop}
`,
    });
    expect(await ask('argocd/list-red', 'ConfigMap/config', '/data/banner')).toEqual([
      'value sets.yaml banner: of the element',
      "template sets.yaml value: 'a banner {{ .banner }}'",
      expect.stringMatching(/^template charts/),
    ]);
    expect((await ask('argocd/list-red', 'Deployment/web', '/spec/replicas'))[0]).toBe(
      "template sets.yaml value: '9'",
    );
    expect((await ask('argocd/files-prod', 'ConfigMap/config', '/data/banner'))[0]).toBe(
      'value envs/prod/config.json {"banner": "of the file"}',
    );
  });

  it('that a chart makes has them in the values and templates of that chart', async () => {
    const { ask } = await open({
      ...shopChart('charts/shop'),
      'charts/apps/Chart.yaml': '{apiVersion: v2, name: apps, version: 1.0.0}\n',
      'charts/apps/values.yaml': 'banner: of the apps\n',
      'charts/apps/templates/app.yaml': `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  project: default
  source:
    repoURL: ${REMOTE}
    path: charts/shop
    helm:
      valuesObject:
        banner: {{ .Values.banner }}
        replicas: 6
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
`,
      'root.yaml': application(
        'root',
        { path: 'charts/apps' },
        { destination: { server: 'https://kubernetes.default.svc', namespace: 'argocd' } },
      ),
    });
    expect((await ask('argocd/shop', 'ConfigMap/config', '/data/banner'))[0]).toBe(
      'value charts/apps/values.yaml banner: of the apps',
    );
    expect((await ask('argocd/shop', 'Deployment/web', '/spec/replicas'))[0]).toBe(
      'template charts/apps/templates/app.yaml replicas: 6',
    );
    expect((await ask('argocd/shop', 'Deployment/web', '/metadata/namespace'))[0]).toMatch(
      /^template charts\/apps\/templates\/app.yaml destination: /,
    );
  });
});

describe('an Application of a set that a chart makes', () => {
  it('has the place in the template of the chart', async () => {
    const { ask } = await open({
      ...shopChart('charts/shop'),
      'charts/sets/Chart.yaml': '{apiVersion: v2, name: sets, version: 1.0.0}\n',
      'charts/sets/values.yaml': 'replicas: 8\n',
      'charts/sets/templates/set.yaml': `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: teams}
spec:
  goTemplate: true
  generators:
    - list: {elements: [{team: red}]}
  template:
    metadata: {name: '{{ "{{ .team }}" }}'}
    spec:
      project: default
      source:
        repoURL: ${REMOTE}
        path: charts/shop
        helm:
          valuesObject:
            replicas: {{ .Values.replicas }}
      destination: {server: 'https://kubernetes.default.svc', namespace: shop}
`,
      'root.yaml': application(
        'root',
        { path: 'charts/sets' },
        { destination: { server: 'https://kubernetes.default.svc', namespace: 'argocd' } },
      ),
    });
    expect((await ask('argocd/red', 'Deployment/web', '/spec/replicas'))[0]).toBe(
      'value charts/sets/values.yaml replicas: 8',
    );
  });
});

describe('lists and maps', () => {
  it('have the places of most of what is in them, and documents those of any line', async () => {
    const { ask, workbench } = await open({
      'web/kustomization.yaml':
        'resources: [web.yaml]\nimages: [{name: registry.acme.example/main, newTag: "3"}]\n',
      'web/web.yaml': deployment('web', 2),
      'app.json': application('web', { path: 'web' }),
    });
    const places = await ask('argocd/web', 'Deployment/web', '/spec/template');
    expect(places).toContain('node web/web.yaml app: web');
    expect(places.some((one) => one.startsWith('transformer web/kustomization.yaml'))).toBe(true);
    const { key } = appNamed(workbench, 'argocd/web').app;
    const request = { kind: 'rendered', appKey: key } as const;
    const document = await workbench.document(request, never);
    const lines = 'text' in document ? document.text.split('\n') : [];
    for (const [index, line] of lines.entries()) {
      if (line === '' || /tracking-id|annotations:/.test(line)) continue;
      const answer = await workbench.originsAt(request, index + 1, never);
      expect([line, answer.places.length > 0], line).toEqual([line, true]);
    }
  });

  it('say why there is no place', async () => {
    const { answer } = await open({
      'web/kustomization.yaml':
        'configMapGenerator: [{name: made, literals: [a=b]}]\ngeneratorOptions: {disableNameSuffixHash: true}\n',
      'app.json': application('web', { path: 'web' }),
    });
    // What a generator writes by itself is there because of its entry.
    const { places } = await answer('argocd/web', 'ConfigMap/made', '/kind');
    expect(places).toMatchObject([{ makes: true, path: 'web/kustomization.yaml' }]);
    expect(await answer('argocd/web', 'ConfigMap/made', '/data/none')).toEqual({
      places: [],
      why: 'absent',
    });
  });
});

describe('a packed chart', () => {
  it('has places in its files, which are shown as they are in it', async () => {
    const template = (kind: string, field: string): string =>
      `apiVersion: v1\nkind: ${kind}\nmetadata: {name: sub}\n${field}: {level: {{ .Values.level }}}\n`;
    const inner = chartArchive({
      'sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
      'sub/values.yaml': 'level: info\n',
      'sub/templates/a.yaml': template('ConfigMap', 'data'),
      'sub/templates/b.yaml': template('Secret', 'stringData'),
    });
    const repository = createRepository({
      'chart/Chart.yaml': 'apiVersion: v2\nname: top\nversion: 1.0.0\n',
      'apps/top.json': application('top', { path: 'chart' }),
    });
    mkdirSync(repository.file('chart/charts'));
    writeFileSync(repository.file('chart/charts/sub-1.0.0.tgz'), inner);
    const workbench = openWorkbench([repository.path]);
    owned.push(repository.remove, () => workbench.dispose());
    await workbench.whenIdle();
    const { key } = appNamed(workbench, 'argocd/top').app;
    const ask = async (pointer: string): Promise<OriginPlace | undefined> =>
      (await workbench.originsOf(key, '/ConfigMap//sub', pointer, never)).places[0];
    const value = await ask('/data/level');
    expect(value).toMatchObject({
      path: 'chart/charts/sub-1.0.0.tgz/values.yaml',
      line: 1,
      label: 'sub-1.0.0.tgz: values.yaml: level',
      readOnly: true,
    });
    const line = await ask('/kind');
    expect(line).toMatchObject({ line: 2, label: 'sub-1.0.0.tgz: templates/a.yaml: line 2' });
    const document = line?.document;
    if (document === undefined) throw new Error('no document');
    const shownText = await workbench.document(document, never);
    expect(shownText).toEqual({ text: template('ConfigMap', 'data'), label: 'sub-1.0.0.tgz' });
    const secret = { ...document, path: document.path.replace('a.yaml', 'b.yaml') };
    expect(await workbench.document(secret, never)).toMatchObject({ kind: 'refusal' });
    const none = { ...document, path: document.path.replace('a.yaml', 'c.yaml') };
    expect(await workbench.document(none, never)).toMatchObject({ kind: 'refusal' });
  });
});

describe('problems of rendered objects', () => {
  it('stand at the line that decides their field, in whichever file that is', async () => {
    const { workbench } = await open({
      ...shopChart('charts/shop'),
      'charts/shop/values-prod.yaml': '# many\nreplicas: many\n',
      'apps/shop.json': application('shop', {
        path: 'charts/shop',
        helm: { valueFiles: ['values-prod.yaml'] },
      }),
      'web/kustomization.yaml':
        'resources: [web.yaml]\npatches:\n  - target: {kind: Deployment}\n    patch: |\n      - op: replace\n        path: /spec/replicas\n        value: several\n',
      'web/web.yaml': deployment('web', 2),
      'apps/web.json': application('web', { path: 'web' }),
    });
    const places = ['argocd/shop', 'argocd/web'].map((name) =>
      appNamed(workbench, name).problems.map(
        ({ location }) => `${location?.path}:${location?.line}`,
      ),
    );
    expect(places).toEqual([['charts/shop/values-prod.yaml:2'], ['web/kustomization.yaml:7']]);
  });

  it('stand there for all of an app, where they are many', async () => {
    const names = Array.from({ length: 14 }, (_, index) => `web-${index}`);
    const all = {
      'web/kustomization.yaml': `resources: [all.yaml]\npatches:\n${names
        .map((name) => `  - path: ${name}.yaml\n`)
        .join('')}`,
      'web/all.yaml': names.map((name) => deployment(name, 2)).join('---\n'),
      ...Object.fromEntries(
        names.map((name) => [
          `web/${name}.yaml`,
          `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  replicas: several\n`,
        ]),
      ),
      'apps/web.json': application('web', { path: 'web' }),
    };
    // Time stands still, so that the end of it is not reached on a busy machine.
    const { workbench } = await open(all, { clock: () => 0 });
    const { problems } = appNamed(workbench, 'argocd/web');
    const paths = problems.map(({ location }) => location?.path ?? '');
    expect(paths.sort()).toEqual(names.map((name) => `web/${name}.yaml`).sort());
  });
});
