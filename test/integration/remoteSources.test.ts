import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AppState } from '../../src/model/appState';
import type { Settings } from '../../src/model/config';
import type { KubeObject } from '../../src/model/resource';
import { formOf } from '../../src/model/withheld';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import type { GitServer } from '../unit/git/gitServer';
import { serveGit } from '../unit/git/gitServer';
import type { TestRepository as ServedRepository } from '../unit/git/repository';
import { createFolder, never, unseal } from '../unit/render/engine';
import type { TestRepository } from './pipelineWorld';
import {
  application,
  appNamed,
  changesOf,
  createRepository,
  edit,
  localOf,
  openWorkbench,
  settings,
} from './pipelineWorld';

/** Far longer than it takes. */
const WITHIN = { timeout: 200_000, interval: 100 };

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

const configMap = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {value: "${value}"}\n`;

interface World {
  readonly server: GitServer;
  /** Served, and open only where a test clones it. */
  readonly library: ServedRepository;
  readonly libraryUrl: string;
  readonly cache: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function createWorld(): Promise<World> {
  const server = await serveGit();
  owned.push(() => server.close());
  const library = server.repository('acme/library.git', {
    'base/kustomization.yaml': 'namePrefix: lib-\nresources: [cm.yaml, ../shared]\n',
    'base/cm.yaml': configMap('cm', 'one'),
    'shared/kustomization.yaml': 'resources: [s.yaml]\n',
    'shared/s.yaml': configMap('shared', 'one'),
    'chart/Chart.yaml': 'apiVersion: v2\nname: lib\nversion: 1.0.0\n',
    'chart/values.yaml': 'text: usual\n',
    'chart/templates/cm.yaml': configMap('{{ .Release.Name }}', '{{ .Values.text }}'),
    'values/prod.yaml': 'text: of the library\n',
  });
  library.git('tag', 'v1');
  const home = createFolder();
  owned.push(() => {
    unseal(home.path);
    home.remove();
  });
  return {
    server,
    library,
    libraryUrl: `${server.url}/acme/library.git`,
    cache: join(home.path, 'charts'),
    environment: { HOME: home.path, PATH: process.env['PATH'] ?? '' },
  };
}

/** As if from the server, which cannot answer while a command of this process is waited for. */
function cloneOf({ library, libraryUrl }: World): string {
  const folder = createFolder();
  owned.push(folder.remove);
  const clone = join(folder.path, 'library');
  library.git('clone', '-q', library.root, clone);
  library.git('-C', clone, 'remote', 'set-url', 'origin', libraryUrl);
  return clone;
}

function repositoryOf(files: Readonly<Record<string, string>>): TestRepository {
  const repository = createRepository(files);
  owned.push(repository.remove);
  return repository;
}

async function open(
  world: World,
  folders: readonly string[],
  changed: Partial<Settings> = {},
): Promise<CoreWorkbench> {
  const workbench = openWorkbench(folders, {
    settings: { ...settings, fetchAllowed: true, fetchMode: 'onDemand', ...changed },
    chartsFolder: world.cache,
    environment: world.environment,
  });
  owned.push(() => workbench.dispose());
  await workbench.whenIdle();
  return workbench;
}

function objectsOf({ working }: AppState): readonly KubeObject[] {
  if (working.kind !== 'rendered') throw new Error(JSON.stringify(working).slice(0, 2000));
  return formOf(working.desired.objects).map(({ object }) => object);
}

/** `ConfigMap lib-cm one`. */
function told(workbench: CoreWorkbench, name: string): readonly string[] {
  return objectsOf(appNamed(workbench, name)).map(
    ({ kind, metadata, data }) =>
      `${kind} ${metadata.name ?? ''} ${String((data as Record<string, string>)['value'])}`,
  );
}

async function fetch(workbench: CoreWorkbench, name: string): Promise<unknown> {
  const fetched = await workbench.fetchCharts(appNamed(workbench, name).app.key, never);
  await workbench.whenIdle();
  return fetched;
}

const overlay = (base: string): Readonly<Record<string, string>> => ({
  'apps/shop.yaml': application('shop', { path: 'overlay' }),
  'overlay/kustomization.yaml': `resources: ["${base}", own.yaml]\n`,
  'overlay/own.yaml': configMap('own', 'here'),
});

describe('remote bases', () => {
  it('are missing until they are fetched, then rendered, offline too', async () => {
    const world = await createWorld();
    const repository = repositoryOf(overlay(`${world.libraryUrl}//base?ref=v1`));
    const workbench = await open(world, [repository.path]);
    expect(told(workbench, 'argocd/shop')).toEqual(['ConfigMap own here']);
    const { working } = appNamed(workbench, 'argocd/shop');
    expect(working.kind === 'rendered' && working.desired.missing).toMatchObject([
      { kind: 'base', path: 'overlay/kustomization.yaml', line: 1 },
    ]);
    expect(world.server.asked).toEqual([]);
    expect(await fetch(workbench, 'argocd/shop')).toMatchObject({ count: 1, failures: [] });
    const all = ['ConfigMap lib-cm one', 'ConfigMap lib-shared one', 'ConfigMap own here'];
    expect(told(workbench, 'argocd/shop')).toEqual(all);
    expect(localOf(workbench, 'argocd/shop').changes).toEqual([]);
    world.server.close();
    const second = await open(world, [repository.path], { fetchMode: 'automatic' });
    expect(told(second, 'argocd/shop')).toEqual(all);
  });

  it('tell which commit of which repository was read, and when it was fetched', async () => {
    const world = await createWorld();
    const repository = repositoryOf(overlay(`${world.libraryUrl}//base?ref=v1`));
    const workbench = await open(world, [repository.path], { fetchMode: 'automatic' });
    const { working } = appNamed(workbench, 'argocd/shop');
    const [used] = working.kind === 'rendered' ? (working.desired.repositories ?? []) : [];
    expect(used).toMatchObject({
      url: world.libraryUrl,
      ref: 'v1',
      commit: world.library.git('rev-parse', 'v1'),
      fetchedAt: expect.stringMatching(/^20\d\d-.*Z$/) as string,
    });
    const objects = working.kind === 'rendered' ? working.desired.objects : [];
    expect(objects[0]?.origin.path).toBe(`${used?.mount ?? ''}/base/cm.yaml`);
  });

  it('name the lines that decide a field there, and show them', async () => {
    const world = await createWorld();
    const repository = repositoryOf(overlay(`${world.libraryUrl}//base?ref=v1`));
    const workbench = await open(world, [repository.path], { fetchMode: 'automatic' });
    const { key } = appNamed(workbench, 'argocd/shop').app;
    const { places } = await workbench.originsOf(key, '/ConfigMap//lib-cm', '/data/value', never);
    const commit = world.library.git('rev-parse', '--short=7', 'v1');
    expect(places[0]).toMatchObject({
      path: 'base/cm.yaml',
      line: 4,
      readOnly: true,
      label: `acme/library at v1 ${commit}: base/cm.yaml: data.value`,
      value: '"one"',
    });
    const request = places[0]?.document;
    if (request === undefined) throw new Error('no document');
    expect(await workbench.document(request, never)).toEqual({
      text: configMap('cm', 'one'),
      label: `acme/library at v1 ${commit}`,
    });
    expect(workbench.originOf(key, '/ConfigMap//lib-cm')).toMatchObject({ document: request });
    expect(await workbench.originsAt(request, 4, never)).toEqual({ places: [] });
    const gone = { ...request, path: 'overlay/kustomization.yaml' };
    expect(await workbench.document(gone, never)).toMatchObject({ kind: 'refusal' });
  });

  it('of a later edit are told as changes, once both sides are fetched', async () => {
    const world = await createWorld();
    world.library.write('base/cm.yaml', configMap('cm', 'two'));
    world.library.commit('second');
    world.library.git('tag', 'v2');
    const repository = repositoryOf(overlay(`${world.libraryUrl}//base?ref=v1`));
    const workbench = await open(world, [repository.path], { fetchMode: 'automatic' });
    await edit(workbench, repository, overlay(`${world.libraryUrl}//base?ref=v2`));
    expect(changesOf(workbench, 'argocd/shop')).toEqual([
      'ConfigMap lib-cm changed /data/value "one"→"two"',
    ]);
  });

  it('of a branch stay as they were fetched until somebody asks anew, offline too', async () => {
    const world = await createWorld();
    const repository = repositoryOf({
      ...overlay(`${world.libraryUrl}//base?ref=main`),
      'apps/away.yaml': application('away', { repoURL: world.libraryUrl, path: 'shared' }),
    });
    const workbench = await open(world, [repository.path], { fetchMode: 'automatic' });
    expect(told(workbench, 'argocd/away')).toEqual(['ConfigMap shared one']);
    world.library.write('base/cm.yaml', configMap('cm', 'two'));
    world.library.write('shared/s.yaml', configMap('shared', 'two'));
    world.library.commit('second');
    const second = await open(world, [repository.path], { fetchMode: 'automatic' });
    expect(told(second, 'argocd/shop')).toContain('ConfigMap lib-cm one');
    expect(await fetch(second, 'argocd/shop')).toMatchObject({ count: 1, failures: [] });
    expect(told(second, 'argocd/shop')).toContain('ConfigMap lib-cm two');
    // Its source follows HEAD, which nobody asked for.
    expect(told(second, 'argocd/away')).toEqual(['ConfigMap shared one']);
    await fetch(second, 'argocd/away');
    expect(told(second, 'argocd/away')).toEqual(['ConfigMap shared two']);
    world.server.close();
    expect(await fetch(second, 'argocd/shop')).toMatchObject({ failures: [] });
    expect(told(second, 'argocd/shop')).toContain('ConfigMap lib-cm two');
  });

  it('come with their submodules, by the rules of every fetch, and offline afterwards', async () => {
    const world = await createWorld();
    const inner = world.server.repository('acme/inner.git', {
      'kustomization.yaml': 'resources: [cm.yaml]\n',
      'cm.yaml': configMap('inner', 'one'),
    });
    const link = (branch: string, url: string): void => {
      const commit = inner.git('rev-parse', 'HEAD');
      world.library.git('checkout', '-q', '-b', branch, 'v1');
      world.library.write('.gitmodules', `[submodule "x"]\n\tpath = sub\n\turl = ${url}\n`);
      world.library.git('add', '-A');
      world.library.git('update-index', '--add', '--cacheinfo', `160000,${commit},sub`);
      world.library.git('commit', '-q', '-m', branch);
    };
    link('good', '../inner.git');
    link('bad', 'file:///etc');
    link('option', '--upload-pack=touch x');
    const repository = repositoryOf({
      ...overlay(`${world.libraryUrl}//sub?ref=good`),
      'apps/bad.yaml': application('bad', { path: 'bad' }),
      'bad/kustomization.yaml': `resources: ["${world.libraryUrl}//base?ref=bad"]\n`,
      'apps/option.yaml': application('option', { path: 'option' }),
      'option/kustomization.yaml': `resources: ["${world.libraryUrl}//base?ref=option"]\n`,
    });
    const workbench = await open(world, [repository.path]);
    expect(await fetch(workbench, 'argocd/shop')).toMatchObject({ count: 1, failures: [] });
    const all = ['ConfigMap inner one', 'ConfigMap own here'];
    expect(told(workbench, 'argocd/shop')).toEqual(all);
    for (const [name, address] of [
      ['bad', '"file:///etc"'],
      ['option', '"--upload-pack=touch x"'],
    ] as const) {
      const message = `The submodule sub of ${world.libraryUrl}: ${address} is not an address that is fetched from: only https and ssh are.`;
      expect(await fetch(workbench, `argocd/${name}`)).toMatchObject({
        count: 0,
        failures: [{ kind: 'refused', message }],
      });
    }
    world.server.close();
    const second = await open(world, [repository.path]);
    expect(told(second, 'argocd/shop')).toEqual(all);
  });

  it('are tried once more when the user has logged in, and only then', async () => {
    const world = await createWorld();
    const server = await serveGit({ login: 'me:pw' });
    owned.push(() => server.close());
    server.repository('acme/private.git', {
      'kustomization.yaml': 'resources: [cm.yaml]\n',
      'cm.yaml': configMap('private', 'one'),
    });
    const home = createFolder({ '.gitconfig': '[credential]\n\thelper = store\n' });
    owned.push(home.remove);
    const url = `${server.url}/acme/private.git`;
    const repository = repositoryOf(overlay(url));
    const environment = { ...world.environment, HOME: home.path };
    const workbench = await open({ ...world, environment }, [repository.path], {
      fetchMode: 'automatic',
    });
    expect(told(workbench, 'argocd/shop')).toEqual(['ConfigMap own here']);
    const asked = server.asked.length;
    expect(asked).toBeGreaterThan(0);
    home.write({ '.git-credentials': `${url.replace('//', '//me:wrong@')}\n` });
    await vi.waitFor(() => expect(server.asked.length).toBeGreaterThan(asked), WITHIN);
    await workbench.whenIdle();
    // git forgets a login that was refused, and would forget the next one with it.
    const stored = (): string => readFileSync(join(home.path, '.git-credentials'), 'utf8').trim();
    await vi.waitFor(() => expect(stored()).toBe(''), WITHIN);
    home.write({ '.git-credentials': `${url.replace('//', '//me:pw@')}\n` });
    const all = ['ConfigMap own here', 'ConfigMap private one'];
    await vi.waitFor(() => expect([...told(workbench, 'argocd/shop')].sort()).toEqual(all), WITHIN);
  });

  it('come from the open folder that has the repository as a remote, without the network', async () => {
    const world = await createWorld();
    const clone = cloneOf(world);
    const repository = repositoryOf(overlay(`${world.libraryUrl}//base?ref=main`));
    const workbench = await open(world, [repository.path, clone]);
    expect(told(workbench, 'argocd/shop')).toContain('ConfigMap lib-cm one');
    expect(world.server.asked).toEqual([]);
    expect(existsSync(world.cache)).toBe(false);
    world.library.write('base/cm.yaml', configMap('cm', 'two'));
    world.library.commit('second');
    const tracking = '+refs/heads/*:refs/remotes/origin/*';
    world.library.git('-C', clone, 'fetch', '-q', world.library.root, tracking);
    workbench.filesChanged([{ path: join(clone, '.git/FETCH_HEAD'), kind: 'changed' }]);
    await workbench.whenIdle();
    expect(told(workbench, 'argocd/shop')).toContain('ConfigMap lib-cm two');
  });

  it('and files of servers that cannot be had say why, and leave the rest rendered', async () => {
    const world = await createWorld();
    const server = createServer((request, response) => {
      if (request.url === '/page') response.end('<!DOCTYPE html><html></html>');
      else if (request.url === '/large.yaml') response.end(Buffer.alloc(11 * 1024 ** 2, 32));
      else if (request.url === '/good.yaml') response.end(configMap('good', 'x'));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    owned.push(() => server.close());
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const repository = repositoryOf({
      ...overlay(`${world.libraryUrl}//base?ref=none`),
      'overlay/kustomization.yaml': `resources:\n- own.yaml\n- ${world.libraryUrl}//base?ref=none\n- ${world.server.url}/acme/none.git//x\n- ${at}/page\n- ${at}/large.yaml\n- ${at}/none.yaml\n- ${at}/good.yaml\n- file:///etc\n- http://192.0.2.1/a/b.git//c\n`,
    });
    const workbench = await open(world, [repository.path]);
    const fetched = (await fetch(workbench, 'argocd/shop')) as {
      readonly failures: readonly { readonly reference: string; readonly kind: string }[];
    };
    expect(
      fetched.failures.map(({ reference, kind }) => [
        reference.replace(/^http:\/\/[^/]*/, ''),
        kind,
      ]),
    ).toEqual([
      ['/acme/library.git//base?ref=none', 'versionNotFound'],
      ['/acme/none.git//x', 'notFound'],
      ['/page', 'refused'],
      ['/large.yaml', 'tooLarge'],
      ['/none.yaml', 'notFound'],
      ['/a/b.git//c', 'refused'],
    ]);
    expect(told(workbench, 'argocd/shop')).toEqual(['ConfigMap good x', 'ConfigMap own here']);
  });

  it('are fetched by two processes at once into one cache', async () => {
    const world = await createWorld();
    for (const ref of ['a', 'b', 'c']) world.library.git('tag', ref);
    const repository = repositoryOf({
      ...overlay(''),
      'overlay/kustomization.yaml': `resources: [own.yaml, ${['v1', 'a', 'b', 'c'].map((ref) => `o-${ref}`).join(', ')}]\n`,
      ...Object.fromEntries(
        ['v1', 'a', 'b', 'c'].map((ref) => [
          `overlay/o-${ref}/kustomization.yaml`,
          `namePrefix: ${ref}-\nresources: ["${world.libraryUrl}//base?ref=${ref}"]\n`,
        ]),
      ),
    });
    const windows = await Promise.all(
      [1, 2, 3].map(() => open(world, [repository.path], { fetchMode: 'automatic' })),
    );
    for (const workbench of windows) {
      expect(told(workbench, 'argocd/shop')).toHaveLength(9);
    }
    expect(readdirSync(join(world.cache, 'pending'))).toEqual([]);
    // One commit is there once, whatever it was called.
    expect(readdirSync(join(world.cache, 'git'))).toHaveLength(1);
  });
});

describe('sources in no open folder', () => {
  it.each([
    ['a kustomization', 'base', {}, ['ConfigMap lib-cm one', 'ConfigMap lib-shared one']],
    [
      'a chart',
      'chart',
      { helm: { valueFiles: ['/values/prod.yaml'], parameters: [] } },
      ['ConfigMap shop of the library'],
    ],
    ['a folder', 'shared', { directory: { include: 's.yaml' } }, ['ConfigMap shared one']],
  ] as const)('are fetched, then rendered: %s', async (_what, path, more, objects) => {
    const world = await createWorld();
    const source = { repoURL: world.libraryUrl, targetRevision: 'v1', path, ...more };
    const repository = repositoryOf({ 'apps/shop.yaml': application('shop', source) });
    const workbench = await open(world, [repository.path]);
    expect(appNamed(workbench, 'argocd/shop').working).toMatchObject({ kind: 'unavailable' });
    expect(await fetch(workbench, 'argocd/shop')).toMatchObject({ count: 1, failures: [] });
    expect(told(workbench, 'argocd/shop')).toEqual(objects);
    expect(localOf(workbench, 'argocd/shop')).toMatchObject({ appAction: 'kept', changes: [] });
    const again = await open(world, [repository.path]);
    expect(told(again, 'argocd/shop')).toEqual(objects);
  });

  it('of Flux are fetched by themselves where settings say so', async () => {
    const world = await createWorld();
    const repository = repositoryOf({
      'flux/source.yaml': `apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: library, namespace: flux-system}\nspec: {url: "${world.libraryUrl}", ref: {tag: v1}}\n`,
      'flux/app.yaml':
        'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: shop, namespace: flux-system}\nspec: {path: ./base, sourceRef: {kind: GitRepository, name: library}, prune: true, interval: 5m}\n',
      'flux/release.yaml':
        'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: chart, namespace: flux-system}\nspec: {interval: 5m, chart: {spec: {chart: ./chart, valuesFiles: [values/prod.yaml], sourceRef: {kind: GitRepository, name: library}}}}\n',
    });
    const workbench = await open(world, [repository.path], { fetchMode: 'automatic' });
    expect(told(workbench, 'flux-system/shop')).toEqual([
      'ConfigMap lib-cm one',
      'ConfigMap lib-shared one',
    ]);
    expect(told(workbench, 'flux-system/chart')).toEqual(['ConfigMap chart of the library']);
  });

  it('are not fetched in an untrusted workspace, nor where settings say never', async () => {
    const world = await createWorld();
    const source = { repoURL: world.libraryUrl, targetRevision: 'v1', path: 'base' };
    const repository = repositoryOf({ 'apps/shop.yaml': application('shop', source) });
    const workbench = await open(world, [repository.path], {
      fetchMode: 'never',
      fetchAllowed: false,
    });
    expect(await fetch(workbench, 'argocd/shop')).toMatchObject({ kind: 'refused' });
    workbench.setTrusted(false);
    await workbench.whenIdle();
    expect(await fetch(workbench, 'argocd/shop')).toMatchObject({ kind: 'refused' });
    expect(world.server.asked).toEqual([]);
  });
});

describe('several sources', () => {
  const ofSources = (sources: readonly unknown[]): string => application('shop', {}, { sources });

  it('are read in open folders, in the cache and at their own revisions, and follow edits there', async () => {
    const world = await createWorld();
    world.library.write('shared/s.yaml', configMap('shared', 'two'));
    world.library.commit('second');
    const library = cloneOf(world);
    const extra = world.server.repository('acme/extra.git', {
      'kustomization.yaml': 'resources: [cm.yaml]\n',
      'cm.yaml': configMap('extra', 'fetched'),
    });
    extra.git('tag', 'v3');
    const repository = repositoryOf({
      'apps/shop.yaml': ofSources([
        {
          repoURL: 'https://git.acme.example/acme/gitops.git',
          path: 'chart',
          helm: { valueFiles: ['$values/values/prod.yaml'] },
        },
        { repoURL: world.libraryUrl, ref: 'values', targetRevision: 'main' },
        { repoURL: world.libraryUrl, path: 'shared', targetRevision: 'v1' },
        { repoURL: `${world.server.url}/acme/extra.git`, path: '.', targetRevision: 'v3' },
      ]),
      'chart/Chart.yaml': 'apiVersion: v2\nname: own\nversion: 1.0.0\n',
      'chart/templates/cm.yaml': configMap('own', '{{ .Values.text }}'),
    });
    const workbench = await open(world, [repository.path, library]);
    expect(told(workbench, 'argocd/shop')).toEqual([
      'ConfigMap own of the library',
      'ConfigMap shared one',
    ]);
    expect(await fetch(workbench, 'argocd/shop')).toMatchObject({ count: 1, failures: [] });
    expect(told(workbench, 'argocd/shop')).toEqual([
      'ConfigMap own of the library',
      'ConfigMap shared one',
      'ConfigMap extra fetched',
    ]);
    const { key } = appNamed(workbench, 'argocd/shop').app;
    const originOf = (name: string) => workbench.originOf(key, `/ConfigMap/shop/${name}`);
    expect(originOf('own')).toMatchObject({
      root: repository.path,
      path: 'chart/templates/cm.yaml',
    });
    // At v1, which its working tree is no longer.
    const shared = originOf('shared');
    expect(shared).toMatchObject({ root: library, path: 'shared/s.yaml', readOnly: true });
    const request = shared?.document ?? { kind: 'rendered', appKey: '' };
    expect(await workbench.document(request, never)).toMatchObject({
      text: configMap('shared', 'one'),
    });
    expect(originOf('extra')).toMatchObject({ path: 'cm.yaml', document: { kind: 'source' } });
    workbench.setBuffer(join(library, 'values/prod.yaml'), 'text: unsaved\n');
    await workbench.whenIdle();
    expect(told(workbench, 'argocd/shop')[0]).toBe('ConfigMap own unsaved');
    expect(changesOf(workbench, 'argocd/shop')).toEqual([
      'ConfigMap own changed /data/value "of the library"→"unsaved"',
    ]);
    const before = appNamed(workbench, 'argocd/shop').working;
    workbench.setBuffer(join(library, 'base/cm.yaml'), configMap('cm', 'unsaved'));
    await workbench.whenIdle();
    expect(appNamed(workbench, 'argocd/shop').working).toBe(before);
  });
});

/** Git at work in two processes of its own, as two windows are. */
const run = promisify(execFile);
it('what git fetched is whole: the cache is read by git itself', async () => {
  const world = await createWorld();
  const repository = repositoryOf(overlay(`${world.libraryUrl}//base?ref=v1`));
  await open(world, [repository.path], { fetchMode: 'automatic' });
  const [name = ''] = readdirSync(join(world.cache, 'git'));
  const folder = join(world.cache, 'git', name);
  const commit = world.library.git('rev-parse', 'v1');
  const { stdout } = await run('git', ['--git-dir', folder, 'fsck', '--full', commit]);
  expect(stdout).toBe('');
});
