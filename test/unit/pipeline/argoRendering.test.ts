import { afterEach, describe, expect, it } from 'vitest';
import type { AppState } from '../../../src/model/appState';
import { missingOf } from '../../../src/model/missing';
import type { JsonObject, KubeObject } from '../../../src/model/resource';
import type { CoreWorkbench } from '../../../src/pipeline/workbench';
import { createFolder } from '../render/engine';
import type { Folder } from '../render/engine';
import { EU, forbidden, memoryCluster, memoryClusters, object } from './memoryCluster';
import type { MemoryClusterOptions } from './memoryCluster';
import { memoryWorkbench } from './memoryWorkbench';

const never = new AbortController().signal;
const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const REMOTE = 'https://git.acme.example/acme/gitops.git';

const application = (source: JsonObject): JsonObject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'argocd' },
  spec: {
    project: 'default',
    source: { repoURL: REMOTE, path: 'web', ...source },
    destination: { server: EU.server, namespace: 'shop' },
  },
});

const CHART = {
  'web/kustomization.yaml':
    'resources: [../base/config.yaml]\nhelmCharts:\n  - {name: c, releaseName: c}\n',
  'web/charts/c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n',
  'web/charts/c/values.yaml': '{}\n',
  'web/charts/c/templates/c.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-chart}\n',
  'base/config.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-base}\n',
};
const BOTH = '--enable-helm --load-restrictor LoadRestrictionsNone';

interface World {
  readonly workbench: CoreWorkbench;
  readonly folder: Folder;
}

interface Given {
  readonly source?: JsonObject;
  readonly files?: Readonly<Record<string, string>>;
  readonly config?: JsonObject;
  readonly cm?: Readonly<Record<string, string>>;
  /** `argocd-cmd-params-cm`. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly refuse?: MemoryClusterOptions['refuse'];
}

async function open(given: Given): Promise<World> {
  const { source = {}, files = CHART, config, cm, parameters, refuse } = given;
  const app = application(source);
  const folder = createFolder({
    ...files,
    'apps/web.json': JSON.stringify(app),
    ...(config === undefined ? {} : { '.plumbline.yaml': JSON.stringify(config) }),
  });
  owned.push(folder.remove);
  const reported = { ...app, status: { controllerNamespace: 'argocd' } } as unknown as KubeObject;
  const settings = object('v1', 'ConfigMap', 'argocd-cm', {
    data: cm,
    metadata: { namespace: 'argocd' },
  });
  const started = object('v1', 'ConfigMap', 'argocd-cmd-params-cm', {
    data: parameters,
    metadata: { namespace: 'argocd' },
  });
  const objects = [
    reported,
    ...(cm === undefined ? [] : [settings]),
    ...(parameters === undefined ? [] : [started]),
  ];
  const memory = memoryCluster({ objects, ...(refuse && { refuse }) });
  const workbench = memoryWorkbench({
    clusters: () => memoryClusters(memory.cluster, [EU]),
    settings: { assignments: { 'argocd/web': 'eu' } },
  });
  owned.push(() => workbench.dispose());
  workbench.setFolders([folder.path]);
  await workbench.whenIdle();
  return { workbench, folder };
}

async function connected(given: Given): Promise<World> {
  const world = await open(given);
  await world.workbench.openCluster('eu', never);
  await world.workbench.whenIdle();
  return world;
}

function web({ workbench }: World): AppState {
  const found = workbench.state().apps.find(({ app }) => app.name === 'web');
  if (found === undefined) throw new Error('no app');
  return found;
}

/** The names of its objects, or why there are none. */
function made(world: World): readonly string[] {
  const { working } = web(world);
  if (working.kind === 'rendered') {
    return working.desired.objects.map(({ object: one }) => one.metadata.name ?? '');
  }
  return working.kind === 'invalid' ? working.problems.map(({ code }) => code) : [working.kind];
}

function said(world: World): readonly string[] {
  return web(world)
    .app.problems.filter(({ code }) => code !== 'assumed-repository')
    .map(({ severity, message }) => `${severity}: ${message}`);
}

describe('kustomize.buildOptions', () => {
  it('are those of .plumbline.yaml while no instance is connected', async () => {
    expect(made(await open({ config: { argocd: { kustomizeBuildOptions: BOTH } } }))).toEqual([
      'from-base',
      'from-chart',
    ]);
    expect(made(await open({ config: { argocd: {} } }))).toEqual(['kustomize-enable-helm']);
  });

  it('follow an edit of it', async () => {
    const world = await open({ config: { argocd: {} } });
    world.workbench.setBuffer(
      `${world.folder.path}/.plumbline.yaml`,
      `argocd: {kustomizeBuildOptions: "${BOTH}"}\n`,
    );
    await world.workbench.whenIdle();
    expect(made(world)).toEqual(['from-base', 'from-chart']);
  });

  it('are those of the instance once it is connected, whatever the repository says', async () => {
    const config = { argocd: { kustomizeBuildOptions: '' } };
    const cm = { 'kustomize.buildOptions': BOTH };
    expect(made(await connected({ config, cm }))).toEqual(['from-base', 'from-chart']);
    expect(
      made(await connected({ config: { argocd: { kustomizeBuildOptions: BOTH } }, cm: {} })),
    ).toEqual(['kustomize-enable-helm']);
  });

  it('are those of the repository where the instance may not be read', async () => {
    const refuse = (request: string) =>
      request.endsWith('argocd/argocd-cm') ? forbidden('get', 'configmaps', 'argocd') : undefined;
    const config = { argocd: { kustomizeBuildOptions: BOTH } };
    expect(made(await connected({ config, refuse }))).toEqual(['from-base', 'from-chart']);
  });

  it('are named where they are not followed here', async () => {
    const cm = { 'kustomize.buildOptions': `${BOTH} --enable-alpha-plugins` };
    expect(said(await connected({ cm }))).toEqual([
      'warning: argocd-cm in argocd builds with --enable-alpha-plugins, which is not done here.',
    ]);
  });

  it('of a version are its own', async () => {
    const cm = {
      'kustomize.buildOptions': '--enable-alpha-plugins',
      'kustomize.path.v4.5.7': '/usr/local/bin/kustomize-4.5.7',
      'kustomize.buildOptions.v4.5.7': BOTH,
    };
    const world = await connected({ source: { kustomize: { version: 'v4.5.7' } }, cm });
    expect(made(world)).toEqual(['from-base', 'from-chart']);
    expect(said(world)).toEqual([
      'info: Argo CD builds it with Kustomize v4.5.7; here it is built with 5.8.',
    ]);
  });

  it('of a version that nobody registered are none', async () => {
    const world = await connected({ source: { kustomize: { version: 'v4.5.7' } }, cm: {} });
    expect(said(world)).toEqual([
      'error: Kustomize v4.5.7 is not registered in argocd-cm in argocd: Argo CD refuses the app.',
    ]);
  });

  it('mean nothing to an app that is not built by Kustomize', async () => {
    const files = { 'web/config.yaml': CHART['base/config.yaml'] };
    const world = await connected({ files, cm: { 'kustomize.buildOptions': '--enable-exec' } });
    expect(made(world)).toEqual(['from-base']);
    expect(said(world)).toEqual([]);
  });
});

describe('helm.valuesFileSchemes', () => {
  const files = {
    'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
    'web/templates/a.yaml': CHART['base/config.yaml'],
  };
  const from = (file: string) => ({ helm: { valueFiles: [file] } });

  it.each([
    ['https, s3', 'http://acme.example/values.yaml', ['http']],
    ['https, s3', 's3://acme/values.yaml', []],
    [undefined, 'http://acme.example/values.yaml', []],
    [undefined, 's3://acme/values.yaml', ['s3']],
  ])('%s with %s', async (schemes, file, refused) => {
    const cm: Readonly<Record<string, string>> =
      schemes === undefined ? {} : { 'helm.valuesFileSchemes': schemes };
    const world = await connected({ source: from(file), files, cm });
    expect(said(world).filter((one) => one.includes('Schemes'))).toEqual(
      refused.map(
        (scheme) =>
          `error: Argo CD takes no values files by ${scheme} (helm.valuesFileSchemes of argocd-cm in argocd).`,
      ),
    );
  });
});

describe('submodules of another repository', () => {
  const elsewhere = { repoURL: 'https://git.acme.example/acme/other.git', targetRevision: 'v1' };
  const lacked = (world: World) => {
    const missing = missingOf(web(world));
    return missing.map(({ git }) => [git?.url, git?.submodules === true]);
  };

  it('come along, unless the instance is told to leave them out', async () => {
    const source = elsewhere;
    const files = {
      ...CHART,
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/config': `[core]\n\trepositoryformatversion = 0\n[remote "origin"]\n\turl = ${REMOTE}\n`,
      '.git/objects/info/none': '',
      '.git/refs/heads/none': '',
    };
    const { repoURL } = elsewhere;
    expect(lacked(await open({ source, files }))).toEqual([[repoURL, true]]);
    const config = { argocd: { gitSubmodules: false } };
    expect(lacked(await open({ source, files, config }))).toEqual([[repoURL, false]]);
    const name = 'reposerver.enable.git.submodule';
    const instance = { source, files, cm: {} };
    const off = await connected({ ...instance, parameters: { [name]: 'false' } });
    expect(lacked(off)).toEqual([[repoURL, false]]);
    const on = await connected({ ...instance, parameters: { [name]: 'true' } });
    expect(lacked(on)).toEqual([[repoURL, true]]);
  });
});
