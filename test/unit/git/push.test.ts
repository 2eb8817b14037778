import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createGit } from '../../../src/git/git';
import type { TestRepository } from './repository';
import { createRepository } from './repository';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const signal = new AbortController().signal;

/** A home of our own: what the machine's user configured must not decide a test. */
function world(globalConfig = '') {
  const home = mkdtempSync(join(tmpdir(), 'plumbline-home-'));
  writeFileSync(join(home, '.gitconfig'), globalConfig);
  const environment = { PATH: process.env['PATH'], HOME: home, XDG_CONFIG_HOME: home };
  const emptyFolder = mkdtempSync(join(tmpdir(), 'plumbline-empty-'));
  const repository = createRepository();
  repository.write('a.yaml', 'a: 1\n');
  repository.commit('first');
  return { git: createGit({ environment, emptyFolder, log: silent }), repository };
}

function remotes(repository: TestRepository, ...names: readonly string[]): void {
  for (const name of names) {
    repository.git('remote', 'add', name, `https://git.acme.example/${name}/gitops.git`);
  }
}

type Config = Readonly<Record<string, string>>;

describe('pushTarget', () => {
  const target = async (config: Config, names: readonly string[], globalConfig = '') => {
    const { git, repository } = world(globalConfig);
    remotes(repository, ...names);
    for (const [key, value] of Object.entries(config)) repository.git('config', key, value);
    const request = { branch: 'plumbline/x', current: 'main', fallback: 'upstream' };
    const result = await git.pushTarget(repository.root, request, signal);
    return result.kind === 'ok' ? result.value : result.message;
  };
  const at = (name: string): string => `https://git.acme.example/${name}/gitops.git`;
  const all = ['origin', 'upstream', 'fork', 'other'];

  it.each<readonly [string, Config, readonly string[], string]>([
    ['the only remote', {}, ['mine'], 'mine'],
    ['origin among several', {}, all, 'origin'],
    ['the target where there is no origin', {}, ['upstream', 'fork'], 'upstream'],
    ['branch.<current>.remote', { 'branch.main.remote': 'upstream' }, all, 'upstream'],
    ['not the repository itself', { 'branch.main.remote': '.' }, all, 'origin'],
    [
      'remote.pushDefault before branch.<current>.remote',
      { 'branch.main.remote': 'upstream', 'remote.pushDefault': 'fork' },
      all,
      'fork',
    ],
    [
      'branch.<current>.pushRemote before remote.pushDefault',
      { 'branch.main.pushRemote': 'other', 'remote.pushDefault': 'fork' },
      all,
      'other',
    ],
    [
      'the configuration of the new branch before that of the current one',
      { 'branch.plumbline/x.pushRemote': 'other', 'branch.main.pushRemote': 'fork' },
      all,
      'other',
    ],
    [
      'of another branch: nothing',
      { 'branch.topic.pushRemote': 'other', 'branch.topic.remote': 'other' },
      all,
      'origin',
    ],
    ['whatever push.default says', { 'push.default': 'nothing' }, all, 'origin'],
  ])('%s', async (_, config, names, remote) => {
    expect(await target(config, names)).toEqual({ remote, urls: [at(remote)] });
  });

  it('reads the configuration of the user, not of the repository alone', async () => {
    expect(await target({}, all, '[remote]\n\tpushDefault = fork\n')).toEqual({
      remote: 'fork',
      urls: [at('fork')],
    });
  });

  it('resolves pushurl, insteadOf and pushInsteadOf as git does', async () => {
    const rewrite =
      '[url "ssh://git@git.acme.example/"]\n\tpushInsteadOf = https://git.acme.example/\n';
    expect(await target({}, ['origin'], rewrite)).toEqual({
      remote: 'origin',
      urls: ['ssh://git@git.acme.example/origin/gitops.git'],
    });
    const pushUrl = { 'remote.origin.pushurl': 'acme:me/gitops.git' };
    const short = '[url "https://git.acme.example/"]\n\tinsteadOf = acme:\n';
    expect(await target(pushUrl, ['origin'], short)).toEqual({
      remote: 'origin',
      urls: [at('me')],
    });
  });

  it('takes an address in place of a remote, as git does, and never an option', async () => {
    const address = 'https://git.acme.example/ada/gitops.git';
    expect(await target({ 'remote.pushDefault': address }, all)).toEqual({
      remote: address,
      urls: [address],
    });
    expect(await target({ 'remote.pushDefault': '--upload-pack=x' }, all)).toContain(
      'is not a name that git may be given',
    );
  });

  it('agrees with what git push itself would do', async () => {
    const config = { 'branch.main.pushRemote': 'fork', 'remote.pushDefault': 'upstream' };
    const { repository } = world();
    remotes(repository, ...all);
    for (const [key, value] of Object.entries(config)) repository.git('config', key, value);
    const format = '--format=%(push:remotename)';
    expect(repository.git('for-each-ref', format, 'refs/heads/main')).toBe('fork');
    expect(await target(config, all)).toMatchObject({ remote: 'fork' });
  });
});

describe('a push with a token', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** Answers everything with a status, and keeps what it was sent. */
  async function serve(status: number, location?: () => string) {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(status, location === undefined ? {} : { location: location() });
      response.end();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { origin, seen };
  }

  const token = 't0ken';
  const header = `Basic ${Buffer.from(`plumbline:${token}`).toString('base64')}`;

  async function push(url: string, origin: string, pushUrl?: string) {
    const { git, repository } = world();
    repository.git('remote', 'add', 'origin', url);
    if (pushUrl !== undefined) repository.git('remote', 'set-url', '--push', 'origin', pushUrl);
    const request = { remote: 'origin', branch: 'main', login: { origin, token } };
    return await git.push(repository.root, request, signal);
  }

  it('sends it to its own origin', async () => {
    const forge = await serve(500);
    expect((await push(`${forge.origin}/acme/gitops.git`, forge.origin)).kind).toBe('failed');
    expect(forge.seen).toContain(header);
  });

  it('sends it to no other host, and to no other port of the same', async () => {
    const forge = await serve(500);
    const other = await serve(500);
    await push(`${other.origin}/acme/gitops.git`, forge.origin);
    expect(other.seen.length).toBeGreaterThan(0);
    expect(other.seen.every((sent) => sent === undefined)).toBe(true);
  });

  it('goes by the address of the push, not by that of the fetch', async () => {
    const forge = await serve(500);
    const other = await serve(500);
    await push(`${forge.origin}/a/b.git`, forge.origin, `${other.origin}/a/b.git`);
    expect(forge.seen).toEqual([]);
    expect(other.seen.every((sent) => sent === undefined)).toBe(true);
  });

  it('is not carried along by a redirect', async () => {
    const thief = await serve(500);
    const forge = await serve(302, () => `${thief.origin}/acme/gitops.git/info/refs`);
    const result = await push(`${forge.origin}/acme/gitops.git`, forge.origin);
    expect(result.kind).toBe('failed');
    expect(forge.seen).toContain(header);
    expect(thief.seen).toEqual([]);
  });

  it('leaves an address with a password of its own alone', async () => {
    const forge = await serve(500);
    const url = forge.origin.replace('//', '//ada:own@');
    await push(`${url}/acme/gitops.git`, forge.origin);
    expect(forge.seen).not.toContain(header);
  });

  it('appears in no message', async () => {
    const forge = await serve(401);
    const result = await push(`${forge.origin}/acme/gitops.git`, forge.origin);
    expect(JSON.stringify(result)).not.toContain(token);
    expect(JSON.stringify(result)).not.toContain(header);
    expect(result.kind === 'failed' ? result.message : '').toContain('refused the login');
  });
});
