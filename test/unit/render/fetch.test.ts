import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { FetchProgress, FetchWant } from '../../../src/model/fetch';
import type { FetcherOptions } from '../../../src/render/fetch';
import { createFetcher } from '../../../src/render/fetch';
import { chartArchive } from './chartArchive';
import { createFolder, enginePath, never, silent, unseal } from './engine';
import type { Folder } from './engine';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A folder whose sealed folders can be removed. */
function temporary(): Folder {
  const folder = createFolder();
  cleanups.push(() => {
    unseal(folder.path);
    folder.remove();
  });
  return folder;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const chartYaml = (version: string): string => `apiVersion: v2\nname: web\nversion: ${version}\n`;
const chart = (version: string): Buffer => chartArchive({ 'web/Chart.yaml': chartYaml(version) });
const digestOf = (data: Buffer): string =>
  `sha256:${createHash('sha256').update(data).digest('hex')}`;

function repository(versions: readonly string[]): Promise<string> {
  const entries = versions.map(
    (version) => `  - {apiVersion: v2, name: web, version: ${version}, urls: [web-${version}.tgz]}`,
  );
  const index = `apiVersion: v1\nentries:\n  web:\n${entries.join('\n')}\n`;
  return serve((request, response) => {
    const version = /^\/web-(.*)\.tgz$/.exec(request.url ?? '')?.[1];
    if (request.url === '/index.yaml') response.end(index);
    else if (version !== undefined) response.end(chart(version));
    else response.writeHead(404).end();
  });
}

function fetcher(options: Partial<FetcherOptions> = {}) {
  const home = options.cacheRoot === undefined ? temporary().path : options.cacheRoot;
  return createFetcher({
    enginePath,
    cacheRoot: join(home, 'cache'),
    environment: { HOME: home, PATH: process.env['PATH'] ?? '' },
    trusted: true,
    log: silent,
    ...options,
  });
}

const web = (repository: string, version: string): FetchWant => ({
  kind: 'chart',
  repository,
  name: 'web',
  version,
});

describe('a fetcher', () => {
  it('answers in order, charts and failures side by side', async () => {
    const url = await repository(['1.0.0', '1.1.0']);
    const answers = await fetcher().fetch(
      [web(url, '^1'), web(url, '2.0.0'), web(`${url}/none`, ''), web(url, '1.0.0')],
      never,
    );
    expect(answers.map(({ charts }) => charts.map(({ version }) => version))).toEqual([
      ['1.1.0'],
      [],
      [],
      ['1.0.0'],
    ]);
    expect(answers.map(({ failures }) => failures.map(({ kind }) => kind))).toEqual([
      [],
      ['versionNotFound'],
      ['notFound'],
      [],
    ]);
    const [first] = answers[0]?.charts ?? [];
    expect(first).toMatchObject({ digest: digestOf(chart('1.1.0')), fromCache: false });
    expect(readFileSync(join(first?.folder ?? '', 'Chart.yaml'), 'utf8')).toBe(chartYaml('1.1.0'));
  });

  it('gets the dependencies of a chart, and says which one is lacking', async () => {
    const url = await repository(['1.0.0']);
    const text = [
      'apiVersion: v2\nname: parent\nversion: 0.1.0\ndependencies:',
      `- {name: web, version: 1.x, repository: "${url}"}`,
      `- {name: api, version: 1.x, repository: "${url}"}`,
      '- {name: near, version: 1.x, repository: "file://../near"}\n',
    ].join('\n');
    const lock = 'dependencies: []\ndigest: sha256:00\ngenerated: "2026-01-01T00:00:00Z"\n';
    const files = { 'Chart.yaml': text, 'Chart.lock': lock };
    const [answer] = await fetcher().fetch([{ kind: 'dependencies', files }], never);
    expect(answer?.charts.map(({ name, version }) => `${name} ${version}`)).toEqual(['web 1.0.0']);
    expect(answer?.failures).toMatchObject([{ name: 'api', kind: 'notFound' }]);
    expect(answer?.lockOutOfSync).toBe(true);
  });

  it('works without the server the second time', async () => {
    const cacheRoot = join(temporary().path, 'cache');
    const url = await repository(['1.0.0']);
    await fetcher({ cacheRoot }).fetch([web(url, '1.0.0'), web(url, '1.x')], never);
    for (const cleanup of cleanups.splice(1)) cleanup();
    const answers = await fetcher({ cacheRoot }).fetch(
      [web(url, '1.0.0'), web(url, '1.x'), web(url, '*')],
      never,
    );
    expect(answers[0]?.charts).toMatchObject([{ fromCache: true }]);
    expect(answers[1]?.charts).toMatchObject([{ stale: true, version: '1.0.0' }]);
    expect(answers[2]?.failures).toMatchObject([{ kind: 'offline' }]);
  });

  it('fetches one chart from several windows at once', async () => {
    const url = await repository(['1.0.0']);
    const cacheRoot = join(temporary().path, 'cache');
    const answers = await Promise.all(
      [1, 2, 3].map(() => fetcher({ cacheRoot }).fetch([web(url, '1.0.0')], never)),
    );
    const folders = answers.flat().flatMap(({ charts }) => charts.map(({ folder }) => folder));
    expect(folders).toHaveLength(3);
    expect(new Set(folders).size).toBe(1);
    expect(readFileSync(join(folders[0] ?? '', 'Chart.yaml'), 'utf8')).toBe(chartYaml('1.0.0'));
    expect(readdirSync(join(cacheRoot, 'pending'))).toEqual([]);
  });

  it('tells how far it is', async () => {
    const url = await repository(['1.0.0']);
    const told: FetchProgress[] = [];
    await fetcher().fetch([web(url, '1.0.0')], never, (progress) => told.push(progress));
    expect(told.map(({ index, stage }) => `${index} ${stage}`)).toEqual(['0 index', '0 chart']);
  });

  it('gives up at once when it is aborted, and leaves nothing running', async () => {
    const asked = { resolve: (): void => undefined };
    const arrived = new Promise<void>((resolve) => (asked.resolve = resolve));
    const url = await serve(() => asked.resolve());
    const controller = new AbortController();
    const log: string[] = [];
    const debug = (text: string): void => void log.push(text);
    const fetching = fetcher({ log: { ...silent, debug } }).fetch(
      [web(url, '')],
      controller.signal,
    );
    await arrived;
    controller.abort(new Error('enough'));
    await expect(fetching).rejects.toThrow('enough');
    expect(log).toEqual(['fetch ended: 0']);
  });

  it.each([
    ['silent', { idleLimitMs: 300 }, 'timedOut'],
    ['endless', { maxIndexBytes: 100_000 }, 'tooLarge'],
    ['forbidding', {}, 'unauthorized'],
    ['lying', {}, 'refused'],
  ] as const)('survives a server that is %s', async (manner, limits, kind) => {
    const url = await serve((_request, response) => {
      if (manner === 'endless') response.end('#'.repeat(200_000));
      if (manner === 'forbidding') response.writeHead(401).end();
      if (manner === 'lying') response.end('<html>');
    });
    const [answer] = await fetcher({ limits }).fetch([web(url, '1.0.0')], never);
    expect(answer?.failures).toMatchObject([{ kind }]);
  });

  it('asks nobody for a workspace that is not trusted', async () => {
    const requests: string[] = [];
    const url = await serve((request, response) => {
      requests.push(request.url ?? '');
      response.end();
    });
    const cacheRoot = join(temporary().path, 'cache');
    const untrusted = fetcher({ trusted: false, cacheRoot });
    const [answer] = await untrusted.fetch([web(url, '1.0.0')], never);
    await untrusted.trim(0, { digests: [], repositories: [] }, never);
    expect(answer?.failures).toMatchObject([{ kind: 'refused' }]);
    expect(requests).toEqual([]);
    expect(existsSync(cacheRoot)).toBe(false);
  });

  it.each([
    ['an engine that is not there', { enginePath: '/nowhere/engine' }, 'cannot be started'],
    ['a program that says nothing', { enginePath: '/bin/true' }, 'ended before'],
    ['a cache that cannot be made', { cacheRoot: '/dev/null/cache' }, 'cannot be made'],
  ])('says so of %s', async (_what, options, message) => {
    const [answer] = await fetcher(options).fetch([web('https://charts.example.com', '')], never);
    expect(answer?.failures[0]).toMatchObject({ kind: 'refused' });
    expect(answer?.failures[0]?.message).toContain(message);
  });

  it('mends a chart that was changed in the cache', async () => {
    const url = await repository(['1.0.0']);
    const cacheRoot = join(temporary().path, 'cache');
    const [first] =
      (await fetcher({ cacheRoot }).fetch([web(url, '1.0.0')], never))[0]?.charts ?? [];
    unseal(cacheRoot);
    const file = join(first?.folder ?? '', 'Chart.yaml');
    chmodSync(file, 0o600);
    writeFileSync(file, chartYaml('6.6.6'));
    await fetcher({ cacheRoot }).fetch([web(url, '1.0.0')], never);
    expect(readFileSync(file, 'utf8')).toBe(chartYaml('1.0.0'));
  });

  it('trims what is not to be kept', async () => {
    const url = await repository(['1.0.0', '2.0.0']);
    const cacheRoot = join(temporary().path, 'cache');
    const cache = fetcher({ cacheRoot });
    const answers = await cache.fetch([web(url, '1.0.0'), web(url, '2.0.0')], never);
    const digests = answers.flatMap(({ charts }) => charts.map(({ digest }) => digest));
    await cache.trim(0, { digests: digests.slice(1), repositories: [] }, never);
    const left = readdirSync(join(cacheRoot, 'archives'));
    expect(left.map((name) => `sha256:${name}`)).toEqual(digests.slice(1));
  });

  it('gives a login to the server of the user’s own repository only', async () => {
    const logins: (string | undefined)[] = [];
    const other = await serve((request, response) => {
      logins.push(request.headers.authorization);
      response.end(chart('1.0.0'));
    });
    const url = await serve((request, response) => {
      const login = Buffer.from('reader:secret-7').toString('base64');
      if (request.headers.authorization !== `Basic ${login}`) response.writeHead(401).end();
      else if (request.url !== '/index.yaml') response.writeHead(302, { location: other }).end();
      else
        response.end(
          'apiVersion: v1\nentries: {web: [{apiVersion: v2, name: web, version: 1.0.0, urls: [w.tgz]}]}',
        );
    });
    const home = temporary().path;
    mkdirSync(join(home, 'helm'));
    writeFileSync(
      join(home, 'helm', 'repositories.yaml'),
      `repositories: [{name: shop, url: "${url}", username: reader, password: secret-7}]`,
    );
    const environment = { HOME: home, HELM_CONFIG_HOME: join(home, 'helm') };
    const cacheRoot = join(home, 'cache');
    const [named] = await fetcher({ cacheRoot, environment }).fetch([web('@shop', '^1')], never);
    expect(named?.charts).toMatchObject([{ version: '1.0.0', repository: '@shop' }]);
    expect(logins).toEqual([undefined]);
  });
});
