import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { appLabel } from '../../src/model/app';
import type { App } from '../../src/model/app';
import type { RepositoryItem } from '../../src/model/appState';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { plumbline } from './commandWorld';
import {
  appNamed,
  application,
  createRepository,
  deployment,
  edit,
  localOf,
  openWorkbench,
  remove,
  REMOTE,
} from './pipelineWorld';
import type { TestRepository } from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

type Files = Readonly<Record<string, string>>;

async function open(
  files: Files,
): Promise<{ workbench: CoreWorkbench; repository: TestRepository }> {
  const repository = createRepository(files);
  owned.push(repository.remove);
  const workbench = openWorkbench([repository.path]);
  owned.push(() => workbench.dispose());
  await workbench.whenIdle();
  return { workbench, repository };
}

/** `generators` and the fields of `source` as YAML flow text. */
function set(generators: string, source: string, name = '{{.name}}'): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: fleet
  namespace: argocd
spec:
  goTemplate: true
  goTemplateOptions: [missingkey=error]
  generators:
    - ${generators}
  template:
    metadata:
      name: '${name}'
    spec:
      project: default
      source: {repoURL: ${REMOTE}, targetRevision: HEAD, ${source}}
      destination: {server: 'https://kubernetes.default.svc', namespace: shop}
`;
}

const GIT = `repoURL: ${REMOTE}, revision: HEAD`;
const FOLDERS = set(
  `git: {${GIT}, directories: [{path: 'services/*'}, {path: services/old, exclude: true}]}`,
  "path: '{{.path.path}}'",
  '{{.path.basename}}',
);

function services(...names: readonly string[]): Files {
  return Object.fromEntries(
    names.map((name) => [`services/${name}/web.yaml`, deployment(name, 1)]),
  );
}

function labels(workbench: CoreWorkbench): readonly string[] {
  return workbench
    .state()
    .apps.map(({ app }) => appLabel(app))
    .sort();
}

function setItem(workbench: CoreWorkbench): RepositoryItem {
  const items = workbench.state().roots.flatMap((root) => root.items);
  const found = items.find(({ kind }) => kind === 'application-set');
  if (found === undefined) throw new Error('no ApplicationSet');
  return found;
}

function problems(workbench: CoreWorkbench): readonly string[] {
  return workbench
    .state()
    .roots.flatMap((root) => root.problems)
    .map(({ code, location }) => `${code} ${location?.path}:${location?.line}`);
}

function generated(workbench: CoreWorkbench, name: string): NonNullable<App['generatedBy']> {
  const by = appNamed(workbench, name).app.generatedBy;
  if (by === undefined) throw new Error(`${name} is not generated`);
  return by;
}

describe('an ApplicationSet', () => {
  it('of a list makes apps like written ones, each with its parameters', async () => {
    const { workbench, repository } = await open({
      'sets/fleet.yaml': set(
        'list: {elements: [{name: shop, replicas: 2}, {name: mail, replicas: 1}]}',
        "path: 'services/{{.name}}'",
      ),
      ...services('shop', 'mail', 'lonely'),
    });
    expect(labels(workbench)).toEqual(['argocd/mail', 'argocd/shop', 'services/lonely']);
    const { app, working, local } = appNamed(workbench, 'argocd/shop');
    expect(working).toMatchObject({ kind: 'rendered', desired: { objects: [{}] } });
    expect(local).toMatchObject({ kind: 'compared', comparison: { appAction: 'kept' } });
    const place = { root: repository.path, path: 'sets/fleet.yaml', line: 10 };
    expect(app).toMatchObject({
      key: `${repository.path}#sets/fleet.yaml#Application/argocd/shop`,
      presence: 'git',
      definedIn: place,
      follows: { repoUrl: REMOTE, revision: 'HEAD' },
      definition: { kind: 'Application', spec: { source: { path: 'services/shop' } } },
    });
    expect(app.generatedBy).toEqual({
      set: { namespace: 'argocd', name: 'fleet' },
      params: { name: 'shop', replicas: 2 },
      place,
    });
    const shown = ['mail', 'shop'].map((name) => appNamed(workbench, `argocd/${name}`).app.key);
    expect([...setItem(workbench).apps].sort()).toEqual(shown);
    expect(setItem(workbench).notes).toBeUndefined();
    expect(problems(workbench)).toEqual([]);
  });

  it('of directories follows the folders while they come and go', async () => {
    const { workbench, repository } = await open({
      'fleet.yaml': FOLDERS,
      ...services('a', 'old'),
    });
    expect(labels(workbench)).toEqual(['argocd/a', 'services/old']);
    await edit(workbench, repository, services('b'));
    expect(labels(workbench)).toEqual(['argocd/a', 'argocd/b', 'services/old']);
    expect(localOf(workbench, 'argocd/b')).toMatchObject({
      appAction: 'added',
      changes: [{ action: 'added', id: { kind: 'Deployment', name: 'b' } }],
    });
    await remove(workbench, repository, 'services/b');
    expect(labels(workbench)).toEqual(['argocd/a', 'services/old']);
    await remove(workbench, repository, 'services/a');
    expect(localOf(workbench, 'argocd/a')).toMatchObject({
      appAction: 'removed',
      changes: [{ action: 'removed', id: { kind: 'Deployment', name: 'a' } }],
    });
    repository.publish();
    workbench.filesChanged([{ path: repository.file('.git/HEAD'), kind: 'changed' }]);
    await workbench.whenIdle();
    expect(labels(workbench)).toEqual(['services/old']);
  });

  it('of files reads what nothing else reads, saved or not', async () => {
    const { workbench, repository } = await open({
      'fleet.yaml': set(
        `git: {${GIT}, files: [{path: 'envs/*.config'}]}`,
        "path: 'services/{{.service}}'",
      ),
      'envs/a.config': '{name: first, service: a}',
      ...services('a', 'b'),
    });
    expect(generated(workbench, 'argocd/first').params).toMatchObject({ service: 'a' });
    const path = repository.file('envs/a.config');
    workbench.setBuffer(path, '{name: first, service: b}');
    await workbench.whenIdle();
    const render = { kind: 'local', render: { path: 'services/b' } };
    expect(appNamed(workbench, 'argocd/first').app.source).toMatchObject(render);
    const { changes } = localOf(workbench, 'argocd/first');
    expect(changes.map(({ action, id }) => `${action} ${id.name}`).sort()).toEqual([
      'added b',
      'removed a',
    ]);
    workbench.setBuffer(path, undefined);
    await workbench.whenIdle();
    expect(localOf(workbench, 'argocd/first').changes).toEqual([]);
    await edit(workbench, repository, { 'envs/b.config': '{name: second, service: b}' });
    // At the target nobody renders that folder, and what looked like an app of it is this one now.
    expect(labels(workbench)).toEqual(['argocd/first', 'argocd/second']);
  });

  it('of a matrix reads files that the first generator names', async () => {
    const { workbench } = await open({
      'fleet.yaml': set(
        `matrix: {generators: [{list: {elements: [{env: prod, at: '${REMOTE}'}]}}, {git: {repoURL: '{{.at}}', revision: HEAD, directories: [{path: 'services/*'}]}}]}`,
        "path: '{{.path.path}}'",
        '{{.path.basename}}-{{.env}}',
      ),
      ...services('a', 'b'),
    });
    expect(labels(workbench)).toEqual(['argocd/a-prod', 'argocd/b-prod']);
    expect(generated(workbench, 'argocd/a-prod').params).toMatchObject({ env: 'prod' });
  });

  it('says what only the server knows, and makes the rest', async () => {
    const { workbench } = await open({
      'fleet.yaml': set(
        "list: {elements: [{name: a}]}\n    - clusters: {}\n    - git: {repoURL: 'https://me:pw@git.acme.example/other.git', revision: HEAD, directories: [{path: '*'}]}",
        "path: 'services/{{.name}}'",
      ),
      ...services('a'),
    });
    expect(labels(workbench)).toEqual(['argocd/a']);
    expect(setItem(workbench).notes).toEqual([
      'Needs the server: The clusters generator needs the list of clusters that Argo CD knows.',
      'Needs the server: The git generator reads https://git.acme.example/other.git, which is not open here.',
    ]);
    expect(problems(workbench)).toEqual([
      'application-set-needs-server fleet.yaml:11',
      'application-set-needs-server fleet.yaml:12',
    ]);
  });

  it('that breaks keeps the apps that Argo CD keeps, marked, and says why once', async () => {
    const list = (elements: string): string =>
      set(`list: {elements: [${elements}]}`, "path: 'services/{{.name}}'");
    const { workbench, repository } = await open({
      'fleet.yaml': list('{name: a}'),
      ...services('a', 'b'),
    });
    await edit(workbench, repository, { 'fleet.yaml': list('{name: b}, {nam: typo}, {nam: x}') });
    expect(labels(workbench)).toEqual(['argocd/a', 'services/b']);
    expect(generated(workbench, 'argocd/a').stale).toBe(true);
    expect(localOf(workbench, 'argocd/a')).toMatchObject({ appAction: 'kept', changes: [] });
    expect(problems(workbench)).toEqual(['application-set fleet.yaml:10']);
    expect(setItem(workbench).notes).toHaveLength(1);
    const again = openWorkbench([repository.path]);
    owned.push(() => again.dispose());
    await again.whenIdle();
    // Opened in that state, the target tells what there was.
    expect(generated(again, 'argocd/a').stale).toBe(true);
    expect(localOf(again, 'argocd/a')).toMatchObject({ appAction: 'kept' });
    await edit(workbench, repository, { 'fleet.yaml': list('{name: a}, {name: b}') });
    expect(generated(workbench, 'argocd/a').stale).toBeUndefined();
    expect(localOf(workbench, 'argocd/b').appAction).toBe('added');
    expect(problems(workbench)).toEqual([]);
  });

  it('of another open folder is answered by it once that is there', async () => {
    const url = 'https://git.acme.example/acme/services.git';
    const other = createRepository({ 'team/x/web.yaml': deployment('x', 1) });
    owned.push(other.remove);
    other.git('remote', 'set-url', 'origin', 'git@git.acme.example:acme/services');
    const { workbench, repository } = await open({
      'fleet.yaml': set(
        `git: {repoURL: '${url}', revision: main, directories: [{path: 'team/*'}]}`,
        "path: 'services/{{.path.basename}}'",
        '{{.path.basename}}',
      ),
      ...services('x', 'mail'),
    });
    expect(problems(workbench)).toEqual(['application-set-needs-server fleet.yaml:10']);
    workbench.setFolders([repository.path, other.path]);
    await workbench.whenIdle();
    expect(generated(workbench, 'argocd/x').set.name).toBe('fleet');
    expect(problems(workbench)).toEqual([]);
    await edit(workbench, other, { 'team/mail/web.yaml': deployment('y', 1) });
    expect(localOf(workbench, 'argocd/mail').appAction).toBe('added');
    rmSync(other.file('team/mail'), { recursive: true });
    workbench.filesChanged([{ path: other.file('team/mail'), kind: 'deleted' }]);
    await workbench.whenIdle();
    expect(labels(workbench)).not.toContain('argocd/mail');
  });

  it('reads the revision that its generator is pinned to', async () => {
    const repository = createRepository({ ...services('a') });
    owned.push(repository.remove);
    repository.git('tag', 'v1');
    repository.write({
      'fleet.yaml': FOLDERS.replace('revision: HEAD', 'revision: v1'),
      ...services('b'),
    });
    repository.publish();
    const workbench = openWorkbench([repository.path]);
    owned.push(() => workbench.dispose());
    await workbench.whenIdle();
    expect(labels(workbench)).toEqual(['argocd/a', 'services/b']);
  });

  it('in a folder without a remote is taken to read that folder, and says so', async () => {
    const repository = createRepository({ 'fleet.yaml': FOLDERS, ...services('a') });
    owned.push(repository.remove);
    repository.git('remote', 'remove', 'origin');
    const workbench = openWorkbench([repository.path]);
    owned.push(() => workbench.dispose());
    await workbench.whenIdle();
    expect(labels(workbench)).toEqual(['argocd/a']);
    expect(problems(workbench)).toEqual(['assumed-repository fleet.yaml:1']);
    await remove(workbench, repository, 'services/a');
    expect(problems(workbench)).toEqual(['application-set-needs-server fleet.yaml:10']);
    await edit(workbench, repository, services('b'));
    expect(labels(workbench)).toContain('argocd/b');
    expect(problems(workbench)).toEqual(['assumed-repository fleet.yaml:1']);
  });

  it('with random values says so, and makes no difference of them', async () => {
    const { workbench, repository } = await open({
      'fleet.yaml': set(
        'list: {elements: [{name: shop}]}',
        "path: 'services/{{.name}}', kustomize: {nameSuffix: '-{{randAlpha 9 | lower}}'}",
      ),
      'services/shop/kustomization.yaml': 'resources: [web.yaml]\n',
      ...services('shop'),
    });
    const random = 'Random values of its template are generated at each render.';
    expect(setItem(workbench).notes).toEqual([random]);
    expect(problems(workbench)).toEqual(['application-set-random fleet.yaml:1']);
    await edit(workbench, repository, {
      'services/mail/web.yaml': deployment('mail', 1),
      'services/shop/web.yaml': deployment('shop', 5),
    });
    expect(localOf(workbench, 'argocd/shop').changes).toMatchObject([
      { action: 'changed', fields: [{ pointer: '/spec/replicas' }] },
    ]);
  });

  it('is named by the command line beside what it makes', async () => {
    const repository = createRepository({
      'fleet.yaml': set('list: {elements: [{name: shop}]}', "path: 'services/{{.name}}'"),
      ...services('shop', 'mail'),
    });
    owned.push(repository.remove);
    const text = await plumbline(['apps'], { cwd: repository.path });
    expect(text).toMatchObject({ code: 0, err: '' });
    expect(text.out.split('\n').map((row) => row.split(/ {2,}/)[3])).toContain(
      'directory services/shop (from ApplicationSet fleet)',
    );
    const data = await plumbline(['apps', '-o', 'json'], { cwd: repository.path });
    const apps = JSON.parse(data.out) as readonly Readonly<Record<string, unknown>>[];
    expect(apps.map(({ name, generatedBy }) => [name, generatedBy])).toEqual([
      [
        'shop',
        {
          set: { namespace: 'argocd', name: 'fleet' },
          params: { name: 'shop' },
          place: { path: 'fleet.yaml', line: 10 },
        },
      ],
      ['services/mail', undefined],
    ]);
    const diff = await plumbline(['diff'], { cwd: repository.path });
    expect(diff.code).toBe(0);
    repository.write({ 'fleet.yaml': set('list: {elements: []}', "path: 'services/{{.name}}'") });
    const gone = await plumbline(['diff'], { cwd: repository.path });
    expect(gone.code).toBe(1);
    expect(gone.out).toContain('argocd/shop');
  });

  it('that makes what the file also writes is told of, and the written one is shown', async () => {
    const text = set('list: {elements: [{name: a}]}', "path: 'services/{{.name}}'");
    const { workbench } = await open({
      'fleet.yaml': `${text}---\n${application('a', { path: 'services/a' })}\n`,
      ...services('a'),
    });
    expect(labels(workbench)).toEqual(['argocd/a']);
    expect(appNamed(workbench, 'argocd/a').app.generatedBy).toBeUndefined();
    expect(problems(workbench)).toEqual(['app-identity fleet.yaml:10']);
  });
});
