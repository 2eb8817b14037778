import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Io } from '../../src/cli/io';
import { main } from '../../src/cli/main';
import { createTools } from '../../src/cli/tools';
import type { ComposeOptions } from '../../src/compose';
import { composeFetcher, composeRenderer, composeValidator } from '../../src/compose';
import type { Settings } from '../../src/model/config';
import { CACHED_CHARTS } from '../../src/model/render';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { chartArchive } from '../unit/render/chartArchive';
import { createFolder, enginePath, never, silent, unseal } from '../unit/render/engine';
import type { TestRepository } from './pipelineWorld';
import {
  application,
  appNamed,
  createRepository,
  edit,
  localOf,
  openWorkbench,
  schemasPath,
  settings,
} from './pipelineWorld';

const owned: (() => void)[] = [];
afterEach(() => {
  for (const end of owned.splice(0).reverse()) end();
});

/** A repository with one chart, on loopback; `paths` are what was asked of it. */
async function serveChart(): Promise<{ readonly url: string; readonly paths: string[] }> {
  const archive = chartArchive({
    'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.4.0\n',
    'web/templates/map.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-{{ .Chart.Name }}-{{ .Chart.Version }}\n',
  });
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    if (request.url === '/web.tgz') response.end(archive);
    else
      response.end(
        'apiVersion: v1\nentries: {web: [{apiVersion: v2, name: web, version: 1.4.0, urls: [web.tgz]}]}\n',
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  owned.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
}

interface World {
  readonly workbench: CoreWorkbench;
  readonly repository: TestRepository;
  readonly paths: readonly string[];
}

/** Two apps whose chart depends on one of a registry. */
async function createWorld(version: string): Promise<{
  readonly repository: TestRepository;
  readonly options: Pick<ComposeOptions, 'chartsFolder' | 'environment'>;
  readonly paths: readonly string[];
}> {
  const { url, paths } = await serveChart();
  const repository = createRepository({
    'apps/shop.yaml': application('shop', { path: 'charts/shop' }),
    'apps/shop-two.yaml': application('shop-two', { path: 'charts/shop' }),
    'charts/shop/Chart.yaml': `apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n- {name: web, version: ${version}, repository: "${url}"}\n`,
  });
  owned.push(repository.remove);
  const home = createFolder();
  owned.push(() => {
    unseal(home.path);
    home.remove();
  });
  const options = { chartsFolder: join(home.path, 'charts'), environment: { HOME: home.path } };
  return { repository, options, paths };
}

async function open(changed: Partial<Settings>, trusted = true, version = '^1'): Promise<World> {
  const { repository, options, paths } = await createWorld(version);
  const workbench = openWorkbench([repository.path], {
    trusted,
    settings: { ...settings, fetchAllowed: true, ...changed },
    ...options,
  });
  owned.push(() => workbench.dispose());
  await workbench.whenIdle();
  return { workbench, repository, paths };
}

function originOf(workbench: CoreWorkbench, name = 'argocd/shop'): string | undefined {
  const { working } = appNamed(workbench, name);
  return working.kind === 'rendered' ? working.desired.objects[0]?.origin.path : undefined;
}

describe('charts of registries', () => {
  it('are fetched by themselves where settings say so, once', async () => {
    const { workbench, paths } = await open({ fetchMode: 'automatic' });
    expect(originOf(workbench)).toMatch(new RegExp(`^${CACHED_CHARTS}/[0-9a-f]{64}/templates/`));
    expect(paths).toEqual(['/index.yaml', '/web.tgz']);
    expect(originOf(workbench, 'argocd/shop-two')).toBe(originOf(workbench));
  });

  it('are fetched on demand otherwise', async () => {
    const { workbench, paths } = await open({ fetchMode: 'onDemand' });
    expect(appNamed(workbench, 'argocd/shop').working).toMatchObject({
      kind: 'invalid',
      missing: [{ kind: 'chart', dependency: true, path: 'charts/shop/Chart.yaml' }],
    });
    expect(paths).toEqual([]);
    const { key } = appNamed(workbench, 'argocd/shop').app;
    expect(await workbench.fetchCharts(key, never)).toMatchObject({ kind: 'fetched', count: 1 });
    await workbench.whenIdle();
    expect(originOf(workbench)).toContain('map.yaml');
    expect(originOf(workbench, 'argocd/shop-two')).toBe(originOf(workbench));
    expect(await workbench.fetchCharts(key, never)).toEqual({ kind: 'nothing' });
  });

  it('stay in the cache while apps are rendered with them', async () => {
    const { workbench, paths } = await open({ fetchMode: 'automatic' });
    await workbench.trimCharts(never);
    expect(originOf(workbench)).toContain('map.yaml');
    const { key } = appNamed(workbench, 'argocd/shop').app;
    const objects = await workbench.objects(key, { revision: 'HEAD' }, never);
    expect('reason' in objects ? objects.reason : objects.length).toBe(1);
    expect(paths).toHaveLength(2);
  });

  it('of the target are fetched too: until then nothing is told as added', async () => {
    const { workbench, repository } = await open({ fetchMode: 'onDemand' });
    await edit(workbench, repository, {
      'charts/shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
    });
    const { app, local } = appNamed(workbench, 'argocd/shop');
    expect(local.kind === 'unavailable' && local.reason).toMatch(/lacks what is not fetched: web/);
    expect(await workbench.fetchCharts(app.key, never)).toMatchObject({ count: 1, failures: [] });
    await workbench.whenIdle();
    const removed = localOf(workbench, 'argocd/shop').changes.map(({ action }) => action);
    expect(removed).toEqual(['removed']);
  });

  it('that cannot be had are told by the reference that names them', async () => {
    const { workbench } = await open({ fetchMode: 'onDemand' }, true, '^2');
    const { key } = appNamed(workbench, 'argocd/shop').app;
    const fetched = await workbench.fetchCharts(key, never);
    const failures = fetched.kind === 'fetched' ? fetched.failures : [];
    expect(failures.map(({ kind }) => kind)).toEqual(['versionNotFound']);
    expect(failures[0]?.reference).toMatch(/^web \^2 http:/);
    expect(appNamed(workbench, 'argocd/shop').working.kind).toBe('invalid');
  });

  it.each([
    ['never', { fetchMode: 'never' }, true, 'settings'],
    ['in an untrusted workspace', { fetchMode: 'automatic' }, false, 'not trusted'],
  ] as const)('are fetched %s', async (_when, changed, trusted, reason) => {
    const { workbench, paths } = await open(changed, trusted);
    const { key } = appNamed(workbench, 'argocd/shop').app;
    const fetched = await workbench.fetchCharts(key, never);
    expect(fetched.kind === 'refused' && fetched.message).toContain(reason);
    expect(paths).toEqual([]);
  });
});

/** The command line, without a process of its own. */
async function plumbline(world: Awaited<ReturnType<typeof createWorld>>, ...argv: string[]) {
  const { repository, options } = world;
  const parts = { enginePath, log: silent, settings, ...options };
  const chartsFolder = options.chartsFolder ?? '';
  const tools = createTools({
    workbench: (given) => openWorkbench([], { ...options, ...given }),
    renderer: () => composeRenderer(parts),
    validator: () => composeValidator({ schemasPath, log: silent }),
    fetcher: () => composeFetcher({ ...parts, chartsFolder, emptyFolder: chartsFolder }),
  });
  owned.push(() => tools.dispose());
  const written = { out: '', err: '' };
  const io: Io = {
    out: (text) => {
      written.out += text;
    },
    err: (line) => {
      written.err += `${line}\n`;
    },
    colour: false,
    cwd: repository.path,
    environment: {},
    signal: never,
  };
  return { code: await main(argv, io, tools), ...written };
}

describe('--fetch', () => {
  it.each([
    ['of an app', ['render', 'argocd/shop']],
    ['of a path', ['render', './charts/shop']],
  ])('renders what could not be rendered without it: %s', async (_of, argv) => {
    const world = await createWorld('^1');
    const without = await plumbline(world, ...argv);
    expect(without.code).toBe(2);
    expect(world.paths).toEqual([]);
    const fetched = await plumbline(world, ...argv, '--fetch');
    expect(fetched.err).toBe('');
    expect(fetched.code).toBe(0);
    expect(fetched.out).toContain('name: from-web-1.4.0');
    const again = await plumbline(world, ...argv);
    expect([again.code, again.out]).toEqual([0, fetched.out]);
    expect(world.paths).toEqual(['/index.yaml', '/web.tgz']);
  });

  it('compares and checks what it fetched', async () => {
    const world = await createWorld('^1');
    expect(await plumbline(world, 'diff')).toMatchObject({ code: 2 });
    expect(await plumbline(world, 'diff', '--fetch')).toEqual({ code: 0, out: '', err: '' });
    expect(await plumbline(world, 'validate', '--fetch')).toMatchObject({ code: 0, err: '' });
  });

  it('says what could not be had, by its reference', async () => {
    const world = await createWorld('^2');
    const { code, err } = await plumbline(world, 'render', 'argocd/shop', '--fetch');
    expect(code).toBe(2);
    expect(err).toMatch(/^web \^2 http:\/\/127.*: .*\^2/);
  });
});
