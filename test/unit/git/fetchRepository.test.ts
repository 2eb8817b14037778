import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createGitFetcher } from '../../../src/git/fetchRepository';
import { gitMessage } from '../../../src/git/process';
import { isRange, isRef, remoteProtocol } from '../../../src/git/remoteUrl';
import type { GitCheckout } from '../../../src/model/fetch';
import type { GitServer, GitServerOptions } from './gitServer';
import { serveGit } from './gitServer';
import { openRepository } from './repository';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const never = new AbortController().signal;
const MEGABYTE = 1024 ** 2;

const servers: GitServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(options: GitServerOptions = {}): Promise<GitServer> {
  const server = await serveGit(options);
  servers.push(server);
  return server;
}

/** A home of its own, so that no login of this machine takes part. */
function createHome(config = ''): string {
  const home = mkdtempSync(join(tmpdir(), 'plumbline-home-'));
  writeFileSync(join(home, '.gitconfig'), config);
  return home;
}

interface Asked extends Partial<GitCheckout> {
  readonly url: string;
  readonly home?: string;
  readonly signal?: AbortSignal;
}

async function fetch({ home = createHome(), signal = never, ...request }: Asked) {
  const emptyFolder = mkdtempSync(join(tmpdir(), 'plumbline-empty-'));
  const folder = request.folder ?? mkdtempSync(join(tmpdir(), 'plumbline-pending-'));
  const environment = { PATH: process.env['PATH'], HOME: home, GIT_SSH_COMMAND: 'false' };
  const fetcher = createGitFetcher({ environment, emptyFolder, log: silent });
  const answer = await fetcher.fetch(
    {
      ref: '',
      chooseTag: () => Promise.reject(new Error('No range was asked for.')),
      maxBytes: 50 * MEGABYTE,
      isKnown: () => Promise.resolve(false),
      ...request,
      folder,
    },
    signal,
  );
  return { answer, folder };
}

describe('fetching a commit', () => {
  it('gets branches, tags, commits and HEAD, with their files and without history', async () => {
    const server = await serve();
    const origin = server.repository('acme/base.git', { 'a.yaml': 'one\n' });
    const first = origin.git('rev-parse', 'HEAD');
    origin.git('tag', '-a', 'v1', '-m', 'one');
    origin.git('tag', 'light');
    origin.write('a.yaml', 'two\n');
    const second = origin.commit('second');
    origin.git('branch', 'release/1');
    const url = `${server.url}/acme/base.git`;
    for (const [ref, commit, text] of [
      ['', second, 'two'],
      ['main', second, 'two'],
      ['refs/heads/main', second, 'two'],
      ['release/1', second, 'two'],
      ['v1', first, 'one'],
      ['light', first, 'one'],
      [first, first, 'one'],
    ] as const) {
      const { answer, folder } = await fetch({ url, ref });
      expect({ ref, answer }).toEqual({ ref, answer: { kind: 'ok', commit, fetched: true } });
      const bare = openRepository(folder);
      expect(bare.git('--git-dir', folder, 'show', `${commit}:a.yaml`)).toBe(text);
      expect(bare.git('--git-dir', folder, 'rev-list', '--count', commit)).toBe('1');
      expect(readdirSync(folder)).not.toContain('a.yaml');
    }
  });

  it('takes the tag where a branch has the same name, as git fetch does', async () => {
    const server = await serve();
    const origin = server.repository('a.git', { 'a.yaml': 'one\n' });
    const first = origin.git('rev-parse', 'HEAD');
    origin.git('tag', 'same');
    origin.git('checkout', '-q', '-b', 'same');
    origin.write('a.yaml', 'two\n');
    origin.commit('second');
    const { answer } = await fetch({ url: `${server.url}/a.git`, ref: 'same' });
    expect(answer).toMatchObject({ kind: 'ok', commit: first });
  });

  it('takes the first digits of a commit for it where they may stand, as Argo CD does', async () => {
    const server = await serve();
    const origin = server.repository('a.git', { 'a.yaml': 'one\n' });
    const first = origin.git('rev-parse', 'HEAD');
    origin.write('a.yaml', 'two\n');
    const second = origin.commit('second');
    const url = `${server.url}/a.git`;
    const short = first.slice(0, 8);
    const { answer, folder } = await fetch({ url, ref: short, abbreviated: true });
    expect(answer).toEqual({ kind: 'ok', commit: first, fetched: true });
    expect(openRepository(folder).git('--git-dir', folder, 'show', `${first}:a.yaml`)).toBe('one');
    expect(readdirSync(folder)).not.toContain('plumbline-history');
    for (const [ref, abbreviated] of [
      [short, false],
      [first.slice(0, 6), true],
      ['0123456789', true],
    ] as const) {
      const none = await fetch({ url, ref, abbreviated });
      expect({ ref, ...none.answer }).toMatchObject({ failure: { kind: 'versionNotFound' } });
      expect(readdirSync(none.folder)).not.toContain('plumbline-history');
    }
    // What looks like one and is a ref is the ref.
    origin.git('branch', short, second);
    const named = await fetch({ url, ref: short, abbreviated: true });
    expect(named.answer).toMatchObject({ kind: 'ok', commit: second });
  });

  it('asks for nothing more where the commit is known', async () => {
    const server = await serve();
    const commit = server.repository('a.git', { 'a.yaml': 'x' }).git('rev-parse', 'HEAD');
    const isKnown = (asked: string) => Promise.resolve(asked === commit);
    const { answer } = await fetch({ url: `${server.url}/a.git`, ref: 'main', isKnown });
    expect(answer).toEqual({ kind: 'ok', commit, fetched: false });
    const before = server.asked.length;
    await fetch({ url: `${server.url}/a.git`, ref: commit, isKnown });
    expect(server.asked.length).toBe(before);
  });

  it('takes the tag that is chosen of a range, and asks about no other ref', async () => {
    const server = await serve();
    const origin = server.repository('a.git', { 'a.yaml': 'one\n' });
    const first = origin.git('rev-parse', 'HEAD');
    origin.git('tag', '-a', 'v1.2.0', '-m', 'one');
    origin.git('tag', 'other');
    origin.write('a.yaml', 'two\n');
    origin.commit('second');
    const asked: (readonly string[])[] = [];
    const choosing = (tag: string | undefined) => (tags: readonly string[]) => {
      asked.push(tags);
      return Promise.resolve(tag);
    };
    const url = `${server.url}/a.git`;
    const chosen = await fetch({ url, ref: '1.*', chooseTag: choosing('v1.2.0') });
    expect(chosen.answer).toEqual({ kind: 'ok', commit: first, fetched: true });
    expect(asked).toEqual([['other', 'v1.2.0']]);
    const none = await fetch({ url, ref: '^9', chooseTag: choosing(undefined) });
    expect(none.answer).toMatchObject({ kind: 'failed', failure: { kind: 'versionNotFound' } });
    const odd = await fetch({ url, ref: '^9', chooseTag: choosing('--upload-pack=x') });
    expect(odd.answer).toMatchObject({ kind: 'failed', failure: { kind: 'versionNotFound' } });
  });

  it('says what is not there', async () => {
    const server = await serve();
    server.repository('a.git', { 'a.yaml': 'x' });
    const failure = async (url: string, ref: string) => {
      const { answer } = await fetch({ url, ref });
      return answer.kind === 'failed' ? answer.failure : answer;
    };
    expect(await failure(`${server.url}/a.git`, 'none')).toMatchObject({ kind: 'versionNotFound' });
    expect(await failure(`${server.url}/a.git`, '0'.repeat(39) + '1')).toMatchObject({
      kind: 'versionNotFound',
    });
    expect(await failure(`${server.url}/none.git`, 'main')).toMatchObject({ kind: 'notFound' });
    server.close();
    expect(await failure(`${server.url}/a.git`, 'main')).toMatchObject({ kind: 'offline' });
  });

  it("uses the login of git's own helpers, and asks nobody", async () => {
    const server = await serve({ login: 'ada:s3cret' });
    server.repository('a.git', { 'a.yaml': 'x' });
    const url = `${server.url}/a.git`;
    const without = await fetch({ url, ref: 'main' });
    expect(without.answer).toMatchObject({ kind: 'failed', failure: { kind: 'unauthorized' } });
    const home = createHome('[credential]\n\thelper = store\n');
    writeFileSync(join(home, '.git-credentials'), `${server.url.replace('//', '//ada:s3cret@')}\n`);
    const { answer } = await fetch({ url, ref: 'main', home });
    expect(answer.kind).toBe('ok');
    expect(JSON.stringify(without.answer)).not.toContain('s3cret');
  });

  it('gives up what grows too large, and what takes too long', async () => {
    const server = await serve({
      instead: (request, response) => {
        if (!(request.url ?? '').startsWith('/slow')) return false;
        request.on('close', () => response.destroy());
        return true;
      },
    });
    const numbers = Array.from({ length: MEGABYTE / 8 }, (_, n) => Math.sin(n).toString(36));
    server.repository('big.git', { 'a.txt': numbers.join('') });
    const large = await fetch({ url: `${server.url}/big.git`, ref: 'main', maxBytes: MEGABYTE });
    expect(large.answer).toEqual({
      kind: 'failed',
      failure: { kind: 'tooLarge', message: `${server.url}/big.git is larger than 1 MB.` },
    });
    const slow = await fetch({ url: `${server.url}/slow.git`, ref: 'main', timeLimitMs: 500 });
    expect(slow.answer).toMatchObject({ kind: 'failed', failure: { kind: 'timedOut' } });
  });

  it('ends when it is cancelled', async () => {
    const server = await serve({ instead: () => true });
    const controller = new AbortController();
    const fetching = fetch({ url: `${server.url}/a.git`, ref: 'main', signal: controller.signal });
    setTimeout(() => controller.abort(), 200);
    await expect(fetching).rejects.toThrow();
  });
});

describe('what a server or an address could do', () => {
  it('speaks https, ssh, and http with this machine only', () => {
    for (const [url, protocol] of [
      ['https://git.example.com/acme/base.git', 'https'],
      ['HTTPS://git.example.com:8443/acme/base', 'https'],
      ['ssh://git@git.example.com:2222/acme/base.git', 'ssh'],
      ['git@git.example.com:acme/base.git', 'ssh'],
      ['http://127.0.0.1:3000/acme/base.git', 'http'],
      ['http://localhost/acme/base.git', 'http'],
      ['http://git.example.com/acme/base.git', undefined],
      ['http://127.0.0.1.example.com/acme/base.git', undefined],
      ['file:///etc', undefined],
      ['/etc', undefined],
      ['ext::sh -c touch% /tmp/x', undefined],
      ['ext::sh', undefined],
      ['git://git.example.com/acme/base', undefined],
      ['ftp://git.example.com/acme/base', undefined],
      ['--upload-pack=touch /tmp/x', undefined],
      ['-oProxyCommand=x@host:path', undefined],
      ['ssh://-oProxyCommand=x/path', undefined],
      ['ssh://-x@host/path', undefined],
      ['git@-oProxyCommand=x:path', undefined],
      ['https://user:password@git.example.com/a/b', undefined],
      ['https://git.example.com/a\nb', undefined],
      ['', undefined],
    ] as const) {
      expect(`${url} ${remoteProtocol(url)}`).toBe(`${url} ${protocol}`);
    }
  });

  it('tells ranges of versions from refs', () => {
    for (const ref of ['1.*', 'v1.x', '^1.2', '~1', '>=1.0.0 <2.0.0', '1.0 - 2.0 || 3.*', '*', 'x'])
      expect(`${ref} ${isRange(ref)}`).toBe(`${ref} true`);
    for (const ref of [
      'main',
      'v1.2.3',
      '1.2',
      'release/1.x',
      '--upload-pack=x',
      '-1.*',
      'a=b',
      '',
    ])
      expect(`${ref} ${isRange(ref)}`).toBe(`${ref} false`);
  });

  it('takes refs, and no options, ranges or refspecs', () => {
    for (const ref of [
      'main',
      'v1.2.3',
      'release/1.x',
      'refs/heads/main',
      'a'.repeat(40),
      'ünïcode',
    ])
      expect(`${ref} ${isRef(ref)}`).toBe(`${ref} true`);
    for (const ref of [
      '-x',
      '--upload-pack=x',
      '+main:refs/heads/x',
      'a:b',
      '^a',
      'a..b',
      'a b',
      '',
      'a\\b',
      '/a',
      'a/',
      'a~1',
      'a@{1}',
      'a.lock',
      '*',
      'a\u0000b',
    ])
      expect(`${ref} ${isRef(ref)}`).toBe(`${ref} false`);
  });

  it('runs no hook, helper program or file-system monitor but those of the user', async () => {
    const server = await serve();
    server.repository('a.git', {
      'a.yaml': 'x',
      '.gitmodules': '[submodule "s"]\n\tpath = s\n\turl = /etc\n',
    });
    const home = createHome();
    const template = join(home, 'template');
    const mark = join(home, 'ran');
    mkdirSync(join(template, 'hooks'), { recursive: true });
    for (const hook of ['post-checkout', 'reference-transaction', 'post-merge', 'pre-auto-gc']) {
      writeFileSync(join(template, 'hooks', hook), `#!/bin/sh\necho ${hook} >> ${mark}\n`);
      chmodSync(join(template, 'hooks', hook), 0o755);
    }
    writeFileSync(join(home, '.gitconfig'), `[init]\n\ttemplateDir = ${template}\n`);
    const { answer, folder } = await fetch({ url: `${server.url}/a.git`, ref: 'main', home });
    expect(answer.kind).toBe('ok');
    expect(existsSync(mark)).toBe(false);
    expect(existsSync(join(folder, 'hooks'))).toBe(false);
  });

  it('follows no rewriting of addresses to a protocol that is not allowed', async () => {
    const server = await serve();
    const other = server.repository('other.git', { 'a.yaml': 'x' });
    const home = createHome(`[url "file://${other.root}"]\n\tinsteadOf = ${server.url}/a.git\n`);
    const { answer } = await fetch({ url: `${server.url}/a.git`, ref: 'main', home });
    expect(answer).toMatchObject({ kind: 'failed', failure: { kind: 'refused' } });
  });

  it('works where the user looks for no bare repositories', async () => {
    const server = await serve();
    server.repository('a.git', { 'a.yaml': 'x' });
    const home = createHome('[safe]\n\tbareRepository = explicit\n');
    const { answer } = await fetch({ url: `${server.url}/a.git`, ref: 'main', home });
    expect(answer.kind).toBe('ok');
  });

  it('refuses before anything is asked', async () => {
    for (const [url, ref] of [
      ['file:///etc', 'main'],
      ['https://git.example.com/a/b.git', '--upload-pack=x'],
    ] as const) {
      const { answer, folder } = await fetch({ url, ref });
      expect(answer).toMatchObject({ kind: 'failed', failure: { kind: 'refused' } });
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  it('leaves nothing of a password in the repository that it makes', async () => {
    const server = await serve({ login: 'ada:s3cret' });
    server.repository('a.git', { 'a.yaml': 'x' });
    const home = createHome('[credential]\n\thelper = store\n');
    writeFileSync(join(home, '.git-credentials'), `${server.url.replace('//', '//ada:s3cret@')}\n`);
    const { folder } = await fetch({ url: `${server.url}/a.git`, ref: 'main', home });
    const texts = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => readFileSync(join(folder, name), 'latin1'));
    expect(texts.join('\n')).not.toContain('s3cret');
  });
});

describe('gitMessage', () => {
  it('tells what ssh said, not that the connection ended', () => {
    const said = 'git@git.example.com: Permission denied (publickey).';
    const end =
      'fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.';
    expect(gitMessage(`${said}\n${end}`)).toBe(said);
    expect(gitMessage(end)).toBe('Could not read from remote repository.');
  });
});
