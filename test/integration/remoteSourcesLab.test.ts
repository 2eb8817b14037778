import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/model/resource';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { createFolder, type Folder, unseal } from '../unit/render/engine';
import { type ArgoLab, ask, byIdentity, done } from './argoLab';
import { waitUntil } from './liveLab';
import { appNamed, openWorkbench, settings } from './pipelineWorld';

const stateFile = process.env['PLUMBLINE_LAB_STATE'];

const configMap = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {value: "${value}"}\n`;

/** A chart that shows its values; `name` tells charts apart. */
const chart = (name: string): Readonly<Record<string, string>> => ({
  'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`,
  'values.yaml': 'text: usual\nmore: {a: 1}\n',
  'templates/cm.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-${name}"}\ndata: {values: {{ .Values | toJson | quote }}}\n`,
});

const below = (
  folder: string,
  files: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));

/** The repository that no folder has open: a first commit with tags, and a second one on `main`. */
const FIRST = {
  'base/kustomization.yaml':
    'namePrefix: lib-\nresources: [cm.yaml, ../shared]\nconfigMapGenerator: [{name: gen, files: [text]}]\n',
  'base/cm.yaml': configMap('cm', 'one'),
  'base/text': 'one\n',
  'shared/kustomization.yaml': 'resources: [s.yaml]\n',
  'shared/s.yaml': configMap('shared', 'one'),
  'component/kustomization.yaml':
    'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {component: "yes"}\n',
  'plain/a.yaml': configMap('plain-a', 'one'),
  'plain/deep/b.yaml': configMap('plain-b', 'one'),
  'values/prod.yaml': 'text: of the library\n',
  'values/stage.yaml': 'more: {b: 2}\n',
  'overridden/.argocd-source.yaml': 'directory: {include: x.yaml}\n',
  'overridden/x.yaml': configMap('x', 'one'),
  'overridden/y.yaml': configMap('y', 'one'),
  ...below('chart', chart('lib')),
};
const SECOND = { 'base/cm.yaml': configMap('cm', 'two'), 'values/prod.yaml': 'text: second\n' };

type Spec = Readonly<Record<string, unknown>>;

/** Sources by the name of the app; `LIBRARY` stands for its address, nothing for that of the apps. */
const LIBRARY = 'library:';
/** The first digits of its first commit, which no ref has. */
const ABBREVIATED = 'abbreviated:';
/** Where its files are served one by one, as of its tag. */
const RAW = 'https://raw.example';
const cases: Readonly<Record<string, readonly Spec[]>> = {
  'kustomize-tag': [{ repoURL: LIBRARY, path: 'base', targetRevision: 'v1' }],
  'kustomize-branch': [{ repoURL: LIBRARY, path: 'base', targetRevision: 'main' }],
  'kustomize-head': [{ repoURL: LIBRARY, path: 'base' }],
  'kustomize-ref': [{ repoURL: LIBRARY, path: 'base', targetRevision: 'refs/heads/main' }],
  'kustomize-range': [{ repoURL: LIBRARY, path: 'base', targetRevision: '1.*' }],
  'kustomize-range-of-all': [{ repoURL: LIBRARY, path: 'base', targetRevision: '>=1.0.0' }],
  'kustomize-overrides': [
    {
      repoURL: LIBRARY,
      path: 'base',
      targetRevision: 'v1',
      kustomize: { namePrefix: 'x-', components: ['../component'], commonLabels: { a: 'b' } },
    },
  ],
  helm: [
    {
      repoURL: LIBRARY,
      path: 'chart',
      targetRevision: 'v1',
      helm: {
        valueFiles: ['/values/prod.yaml', '../values/stage.yaml'],
        fileParameters: [{ name: 'file', path: '../base/text' }],
      },
    },
  ],
  directory: [{ repoURL: LIBRARY, path: 'plain', directory: { recurse: true } }],
  overridden: [{ repoURL: LIBRARY, path: 'overridden', targetRevision: 'v1' }],
  'remote-base': [{ path: 'overlay' }],
  'values-elsewhere': [
    {
      path: 'own',
      helm: { valueFiles: ['values.yaml', '$lib/values/prod.yaml', '$lib/values/stage.yaml'] },
    },
    { repoURL: LIBRARY, ref: 'lib', targetRevision: 'v1' },
  ],
  'values-address': [
    {
      path: 'own',
      helm: {
        valueFiles: [`${RAW}/values/stage.yaml`, 'values.yaml', `${RAW}/values/prod.yaml`],
        fileParameters: [{ name: 'more.file', path: '../plain/a.yaml' }],
      },
    },
  ],
  'several-revisions': [
    { repoURL: LIBRARY, path: 'base', targetRevision: 'v1' },
    { repoURL: LIBRARY, path: 'chart', helm: { valueFiles: ['$second/values/prod.yaml'] } },
    { repoURL: LIBRARY, ref: 'second', targetRevision: 'main' },
    { path: 'own', helm: { valueFiles: ['$first/values/prod.yaml'] } },
    { repoURL: LIBRARY, ref: 'first', targetRevision: 'v1' },
  ],
  'submodule-inside': [{ repoURL: LIBRARY, path: 'third/lib/base', targetRevision: 'modular' }],
  'submodule-used': [{ repoURL: LIBRARY, path: 'modular', targetRevision: 'modular' }],
  'submodule-folder': [
    {
      repoURL: LIBRARY,
      path: 'third/lib/plain',
      targetRevision: 'modular',
      directory: { recurse: true },
    },
  ],
  'abbreviated-commit': [{ repoURL: LIBRARY, path: 'base', targetRevision: ABBREVIATED }],
  'own-revisions': [
    { path: 'plain' },
    { path: 'plain', targetRevision: 'old', directory: { include: 'changed.yaml' } },
  ],
};

interface Addresses {
  readonly own: string;
  readonly library: string;
  readonly first: string;
}

const appName = (name: string): string => `remote-${name}`;

function applicationOf(name: string, { own, library, first }: Addresses): JsonObject {
  const sources = (cases[name] ?? []).map((source) => ({
    targetRevision: 'HEAD',
    ...source,
    repoURL: source['repoURL'] === LIBRARY ? library : own,
    ...(source['targetRevision'] === ABBREVIATED ? { targetRevision: first.slice(0, 9) } : {}),
  }));
  const object = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: appName(name),
      namespace: 'argocd',
      annotations: { 'argocd.argoproj.io/skip-reconcile': 'true' },
    },
    spec: {
      project: 'default',
      ...(sources.length === 1 ? { source: sources[0] } : { sources }),
      destination: { server: 'https://kubernetes.default.svc', namespace: 'sources' },
    },
  };
  return JSON.parse(JSON.stringify(object).replaceAll(RAW, rawOf(library))) as JsonObject;
}

/** Where Gitea shows the files of the tag. */
function rawOf(library: string): string {
  return library.replace(/\.git$/, '/raw/tag/v1');
}

type Git = (...args: readonly string[]) => string;

function gitIn(folder: Folder): Git {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@acme.example'];
  return (...args) =>
    execFileSync('git', [...identity, ...args], { cwd: folder.path, encoding: 'utf8' }).trim();
}

/** Commits of these texts, each on top of the one before; `tags` name the first ones. */
function committed(commits: readonly Readonly<Record<string, string>>[], tags: readonly string[]) {
  const folder = createFolder();
  const git = gitIn(folder);
  git('init', '-q', '-b', 'main');
  commits.forEach((files, index) => {
    folder.write(files);
    git('add', '-A', '-f');
    git('commit', '-q', '-m', `commit ${index}`);
    const tag = tags[index];
    if (tag !== undefined) git('tag', '-a', tag, '-m', tag);
  });
  return { folder, git };
}

/** A branch with a submodule, which is the repository itself at an older commit. */
function submodule({ folder, git }: ReturnType<typeof committed>, place: string): void {
  const url = `../${place.split('/')[1] ?? ''}.git`;
  git('checkout', '-q', '-b', 'modular');
  folder.write({
    '.gitmodules': `[submodule "lib"]\n\tpath = third/lib\n\turl = ${url}\n`,
    'modular/kustomization.yaml': 'nameSuffix: -m\nresources: [../third/lib/base]\n',
  });
  git('add', '-A');
  git(
    'update-index',
    '--add',
    '--cacheinfo',
    `160000,${git('rev-parse', 'v1^{commit}')},third/lib`,
  );
  git('commit', '-q', '-m', 'modular');
}

interface World {
  readonly workbench: CoreWorkbench;
  readonly manifests: (name: string) => Promise<readonly JsonObject[]>;
  readonly end: () => Promise<void>;
}

async function world({ gitea, argocd }: ArgoLab): Promise<World> {
  const id = randomBytes(4).toString('hex');
  const places = {
    own: `${gitea.organization}/own-${id}`,
    library: `${gitea.organization}/library-${id}`,
  };
  const toGitea = (method: string, path: string, body?: unknown): Promise<void> =>
    done(ask(gitea.url, `token ${gitea.token}`, [method, path, body]));
  const toArgo = (...request: readonly [string, string, unknown?]): Promise<Response> =>
    ask(argocd.url, `Bearer ${argocd.token}`, request);
  for (const place of Object.values(places)) {
    const name = place.split('/')[1];
    await toGitea('POST', `/orgs/${gitea.organization}/repos`, { name });
  }
  const addresses = {
    own: `${gitea.url}/${places.own}.git`,
    library: `${gitea.url}/${places.library}.git`,
  };
  const push = (git: Git, url: string): void => {
    git(
      'push',
      '-q',
      url.replace('//', `//${gitea.user}:${gitea.token}@`),
      'refs/heads/*',
      'refs/tags/*',
    );
  };
  const library = committed([FIRST, SECOND], ['v1']);
  const urls = { ...addresses, first: library.git('rev-parse', 'HEAD~1') };
  library.git('tag', '-a', 'v1.1.0', 'v1^{commit}', '-m', 'one');
  library.git('tag', 'v2.0.0', 'HEAD');
  submodule(library, places.library);
  push(library.git, urls.library);
  // Gitea tells of a pushed tag a moment later.
  const isTold = async (): Promise<boolean> =>
    (await fetch(`${rawOf(urls.library)}/values/stage.yaml`)).ok;
  await waitUntil(isTold, 'the tag');
  const apps = Object.fromEntries(
    Object.keys(cases).map((name) => [
      `apps/${name}.json`,
      JSON.stringify(applicationOf(name, urls)),
    ]),
  );
  const own = committed(
    [
      { 'plain/changed.yaml': configMap('changed', 'old'), 'plain/a.yaml': configMap('a', 'old') },
      {
        ...apps,
        ...below('own', chart('own')),
        'plain/changed.yaml': configMap('changed', 'new'),
        'overlay/kustomization.yaml': `namePrefix: o-\nresources:\n- ${urls.library}//base?ref=v1\n- git::${urls.library}/shared?ref=main\ncomponents:\n- ${urls.library}//component?ref=v1\n`,
      },
    ],
    ['old'],
  );
  push(own.git, urls.own);
  own.git('remote', 'add', 'origin', urls.own);
  own.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
  own.git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
  for (const name of Object.keys(cases)) {
    const path = '/applications?validate=false&upsert=true';
    await done(toArgo('POST', path, applicationOf(name, urls)));
  }
  const home = createFolder();
  const workbench = openWorkbench([own.folder.path], {
    settings: { ...settings, fetchAllowed: true, fetchMode: 'automatic' },
    chartsFolder: join(home.path, 'charts'),
    environment: { HOME: home.path, PATH: process.env['PATH'] ?? '' },
  });
  await workbench.whenIdle();
  return {
    workbench,
    manifests: async (name) => {
      const answer = await toArgo('GET', `/applications/${name}/manifests`);
      const body = (await answer.json()) as { manifests?: readonly string[]; message?: string };
      if (!answer.ok) throw new Error(`Argo CD: ${body.message ?? 'no message'}`);
      return (body.manifests ?? []).map((text) => JSON.parse(text) as JsonObject);
    },
    end: async () => {
      workbench.dispose();
      own.folder.remove();
      library.folder.remove();
      unseal(home.path);
      home.remove();
      for (const name of Object.keys(cases)) {
        await done(toArgo('DELETE', `/applications/${appName(name)}?cascade=false`));
      }
      for (const place of Object.values(places)) await toGitea('DELETE', `/repos/${place}`);
    },
  };
}

describe.skipIf(stateFile === undefined)('sources elsewhere as Argo CD renders them', () => {
  let here: World | undefined;
  beforeAll(async () => {
    here = await world(JSON.parse(readFileSync(stateFile ?? '', 'utf8')) as ArgoLab);
  });
  afterAll(async () => {
    await here?.end();
  });

  it.each(Object.keys(cases))(
    '%s',
    async (name) => {
      if (here === undefined) throw new Error('The lab is not there.');
      const theirs = await here.manifests(appName(name));
      const { app, working } = appNamed(here.workbench, `argocd/${appName(name)}`);
      if (working.kind !== 'rendered')
        throw new Error(JSON.stringify({ working, source: app.source }));
      expect(working.desired.missing).toEqual([]);
      expect(theirs.length).toBeGreaterThan(0);
      const ours = working.desired.objects.map(({ object }) => object as unknown as JsonObject);
      expect(byIdentity(ours)).toEqual(byIdentity(theirs));
    },
    30_000,
  );
});
