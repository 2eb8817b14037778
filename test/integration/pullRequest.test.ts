import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PullRequestPlan } from '../../src/model/plan';
import type { Ended } from './commandWorld';
import { gitIn, plumbline } from './commandWorld';
import { describeLab, labState } from './liveLab';
import { sampleFiles } from './pipelineWorld';

const VALUES = 'charts/shop/values-prod.yaml';
const CHART_VALUES = 'charts/shop/values.yaml';
const top = mkdtempSync(join(tmpdir(), 'plumbline-pr-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

describe('a pull request from real repositories', () => {
  const state = { count: 0, clone: '', origin: '' };
  const git = (...args: string[]): string => gitIn(state.clone)(...args);
  const write = (path: string, text: string): void => {
    writeFileSync(join(state.clone, path), text);
  };
  const run = (...args: readonly string[]): Promise<Ended> => plumbline(args, { cwd: state.clone });
  const plan = async (...args: readonly string[]): Promise<PullRequestPlan> => {
    const { code, out, err } = await run('pr', '--plan', '-o', 'json', ...args);
    expect(code, err).toBe(0);
    return JSON.parse(out) as PullRequestPlan;
  };

  /** A bare `origin` and a clone of it, whose apps follow it. */
  beforeEach(() => {
    state.count += 1;
    const at = join(top, `${state.count}`);
    state.origin = join(at, 'origin.git');
    state.clone = join(at, 'clone');
    gitIn(top)('init', '-q', '--bare', '-b', 'main', state.origin);
    gitIn(top)('clone', '-q', state.origin, state.clone);
    git('config', 'user.name', 'Test');
    git('config', 'user.email', 'test@acme.example');
    git('checkout', '-q', '-b', 'main');
    const files = Object.entries(sampleFiles()).map(([path, text]) => [
      path,
      text.replaceAll('https://git.acme.example/acme/gitops.git', state.origin),
    ]);
    writeFiles(state.clone, Object.fromEntries(files) as Record<string, string>);
    git('add', '-A');
    git('commit', '-q', '-m', 'first');
    git('push', '-q', '-u', 'origin', 'main');
    git('remote', 'set-head', 'origin', 'main');
  });

  it('starts at the target and has no commit riding along when the files allow it', async () => {
    write(CHART_VALUES, 'replicas: 2\nbanner: hello\n');
    git('commit', '-q', '-am', 'Another file');
    write(VALUES, 'replicas: 5\n');
    const planned = await plan('--path', VALUES);
    expect(planned).toMatchObject({
      paths: [VALUES],
      ridesAlong: [],
      pushRemote: 'origin',
      baseCommit: git('rev-parse', 'origin/main'),
    });
    expect(planned.body).not.toContain('ride along');
  });

  it('names the local commits whose changes are in the chosen files', async () => {
    write(VALUES, 'replicas: 4\n');
    git('commit', '-q', '-am', 'Four for the weekend');
    write(CHART_VALUES, 'replicas: 2\nbanner: hello\n');
    git('commit', '-q', '-am', 'Another file');
    write(VALUES, 'replicas: 5\n');
    const planned = await plan('--path', VALUES);
    expect(planned.ridesAlong).toEqual([
      expect.stringMatching(/^[0-9a-f]{7,} Four for the weekend$/),
    ]);
    expect(planned.body).toContain(`- \`${planned.ridesAlong[0] ?? ''}\``);
    const { err } = await run('pr', '--plan', '--path', VALUES);
    expect(err).toContain(
      `Local commits whose changes in these files ride along:\n  ${planned.ridesAlong[0] ?? ''}\n`,
    );
  });

  it('refuses before anything is made when the target changed a chosen file as well', async () => {
    const other = join(top, `${state.count}`, 'other');
    gitIn(top)('clone', '-q', state.origin, other);
    writeFileSync(join(other, VALUES), 'replicas: 9\n');
    const theirs = gitIn(other);
    const identity = ['-c', 'user.name=Other', '-c', 'user.email=other@acme.example'];
    theirs(...identity, 'commit', '-q', '-am', 'Nine');
    theirs('push', '-q');
    write(VALUES, 'replicas: 5\n');
    expect(await run('pr', '--path', VALUES, '--yes')).toEqual({
      code: 2,
      out: '',
      err: `${VALUES} changed on origin/main as well: update your branch first.\n`,
    });
    expect(git('for-each-ref', 'refs/heads/plumbline')).toBe('');
  });

  it('pushes to the remote that the configuration says, and shows where that is', async () => {
    const fork = join(top, `${state.count}`, 'fork.git');
    gitIn(top)('clone', '-q', '--bare', state.origin, fork);
    git('remote', 'add', 'fork', 'mine:fork.git');
    git('config', `url.${join(top, `${state.count}`)}/.insteadOf`, 'mine:');
    git('config', 'remote.pushDefault', 'fork');
    write(VALUES, 'replicas: 5\n');
    expect(await plan('--path', VALUES)).toMatchObject({
      pushRemote: 'fork',
      pushUrls: [fork],
      targetUrl: state.origin,
    });
    const { code, err } = await run('pr', '--path', VALUES, '--branch', 'topic', '--yes');
    expect(code).toBe(2);
    expect(err).toContain(`pushed to fork (${fork}), into main of ${state.origin}\n`);
    expect(err).toContain(`The branch topic is pushed to fork, but ${state.origin} is no forge`);
    expect(gitIn(fork)('show', `topic:${VALUES}`)).toBe('replicas: 5');
    expect(gitIn(state.origin)('for-each-ref', 'refs/heads/topic')).toBe('');
  });

  describe('a push that fails', () => {
    const hook = (): string => join(state.origin, 'hooks/pre-receive');
    beforeEach(() => {
      writeFileSync(hook(), '#!/bin/sh\necho "branch policy says no" >&2\nexit 1\n');
      chmodSync(hook(), 0o755);
      write(VALUES, 'replicas: 5\n');
    });
    const branches = (): string => git('for-each-ref', '--format=%(refname)', 'refs/heads');

    it('leaves nothing behind: the next try proposes the same name', async () => {
      const first = await plan('--path', VALUES);
      const { code, err } = await run('pr', '--path', VALUES, '--yes');
      expect(code).toBe(2);
      expect(err).toContain(
        `stopped at the push step: The remote rejected ${first.branch}: branch policy says no`,
      );
      expect(branches()).toBe('refs/heads/main');
      rmSync(hook());
      const second = await plan('--path', VALUES);
      expect(second.branch).toBe(first.branch);
      await run('pr', '--path', VALUES, '--yes');
      expect(gitIn(state.origin)('rev-parse', `${first.branch}^`)).toBe(
        git('rev-parse', 'origin/main'),
      );
    });

    it('leaves nothing behind when the remote cannot be reached', async () => {
      git('remote', 'set-url', '--push', 'origin', join(top, 'nowhere.git'));
      const { code, err } = await run('pr', '--path', VALUES, '--yes');
      expect(code).toBe(2);
      expect(err).toContain('stopped at the push step');
      expect(branches()).toBe('refs/heads/main');
    });

    it('never touches a branch that was there before', async () => {
      git('branch', 'topic');
      const { code, err } = await run('pr', '--path', VALUES, '--branch', 'topic', '--yes');
      expect(code).toBe(2);
      expect(err).toContain('stopped at the commit step: A branch named topic exists already.');
      expect(git('rev-parse', 'topic')).toBe(git('rev-parse', 'main'));
    });

    it('keeps a branch that an earlier try pushed, and uses it again', async () => {
      rmSync(hook());
      await run('pr', '--path', VALUES, '--yes');
      const [made] = branches()
        .split('\n')
        .filter((name) => name.includes('plumbline'));
      const commit = git('rev-parse', made ?? '');
      const again = await plan('--path', VALUES);
      expect(`refs/heads/${again.branch}`).toBe(made);
      expect(again.warnings).toEqual([
        `The branch ${again.branch} is there already with just these changes: it is used again.`,
      ]);
      await run('pr', '--path', VALUES, '--yes');
      expect(git('rev-parse', made ?? '')).toBe(commit);
      expect(branches().split('\n')).toHaveLength(2);
      write(VALUES, 'replicas: 6\n');
      expect((await plan('--path', VALUES)).branch).not.toBe(again.branch);
    });
  });

  it('says what is missing, when nothing of the choice differs', async () => {
    expect(await run('pr', '--path', VALUES)).toEqual({
      code: 2,
      out: '',
      err: 'Nothing chosen differs from origin/main.\n',
    });
  });
});

describe.skipIf(labState === undefined)(
  'a pull request from a fork on a real forge (PLUMBLINE_LAB_STATE)',
  () => {
    const organisation = `ada-${process.pid}`;
    const clone = join(top, 'forked');
    const git = gitIn(clone);
    const gitea = () => describeLab().gitea;
    const forkUrl = (): string => `${gitea().url}/${organisation}/gitops.git`;
    const opened: number[] = [];

    async function api(path: string, method = 'GET', body?: object): Promise<unknown> {
      const response = await fetch(`${gitea().url}/api/v1${path}`, {
        method,
        headers: { authorization: `token ${gitea().token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok && response.status !== 404) throw new Error(`${path}: ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    }
    const run = (
      args: readonly string[],
      env: Readonly<Record<string, string>> = {},
    ): Promise<Ended> => plumbline(args, { cwd: clone, env });
    async function pullRequest(out: string): Promise<unknown> {
      const number = Number(out.trim().split('/').at(-1));
      opened.push(number);
      return await api(`/repos/acme/gitops/pulls/${number}`);
    }
    const isOn = (url: string, branch: string): boolean =>
      git('ls-remote', '--heads', url, branch) !== '';

    beforeAll(async () => {
      await api('/orgs', 'POST', { username: organisation });
      await api('/repos/acme/gitops/forks', 'POST', { organization: organisation });
      gitIn(top)('clone', '-q', forkUrl(), clone);
      git('remote', 'add', 'upstream', gitea().cloneUrl);
      git('config', 'user.name', 'Ada');
      git('config', 'user.email', 'ada@acme.example');
      git('fetch', '-q', 'upstream');
    });
    beforeEach(() => {
      const before = readFileSync(join(clone, VALUES), 'utf8');
      writeFileSync(join(clone, VALUES), before.replace(/replicas: \d+/, 'replicas: 7'));
    });
    afterEach(() => git('checkout', '-q', '--', '.'));
    afterAll(async () => {
      for (const number of opened) {
        await api(`/repos/acme/gitops/pulls/${number}`, 'PATCH', { state: 'closed' });
      }
      await api(`/repos/${organisation}/gitops`, 'DELETE');
      await api(`/orgs/${organisation}`, 'DELETE');
    });

    it('goes from the fork into the repository that the apps follow', async () => {
      const { code, out, err } = await run(
        ['pr', 'shop-production', '--branch', 'from-fork', '--yes'],
        { GITEA_TOKEN: gitea().token },
      );
      expect(code, err).toBe(0);
      expect(err).toContain(`pushed to origin (${forkUrl()}), into main of ${gitea().cloneUrl}`);
      expect(out).toMatch(new RegExp(`^${gitea().url}/acme/gitops/pulls/\\d+\n$`));
      expect(await pullRequest(out)).toMatchObject({
        state: 'open',
        base: { label: 'main', repo: { full_name: 'acme/gitops' } },
        head: { label: 'from-fork', repo: { full_name: `${organisation}/gitops` } },
      });
      expect(git('rev-parse', 'from-fork^')).toBe(git('rev-parse', 'upstream/main'));
      expect(isOn(gitea().cloneUrl, 'from-fork')).toBe(false);
    });

    it('says what is done and where to go on when only the pull request fails', async () => {
      const own = gitea().pushUrl.replace('/acme/', `/${organisation}/`);
      git('remote', 'set-url', '--push', 'origin', own);
      const args = ['pr', 'shop-production', '--branch', 'by-hand', '--yes'];
      try {
        const first = await run(args);
        expect(first.code).toBe(1);
        const page = `${gitea().url}/acme/gitops/compare/main...${organisation}:by-hand`;
        expect(first.out).toBe(`${page}\n`);
        expect(first.err).toContain('by-hand is pushed to origin, but no pull request was opened:');
        expect(first.err).toContain('There is no login for 127.0.0.1.');
        expect(`${first.out}${first.err}`).not.toContain(gitea().token);
        expect(isOn(forkUrl(), 'by-hand')).toBe(true);
        const shown = await fetch(page);
        expect({ status: shown.status, text: await shown.text() }).toEqual({
          status: 200,
          text: expect.stringContaining('by-hand') as unknown,
        });
        const commit = git('rev-parse', 'by-hand');
        const second = await run(args, { GITEA_TOKEN: gitea().token });
        expect(second.code, second.err).toBe(0);
        expect(await pullRequest(second.out)).toMatchObject({ head: { sha: commit } });
        const third = await run(args, { GITEA_TOKEN: gitea().token });
        expect(third).toMatchObject({ code: 1, out: `${page}\n` });
        expect(third.err).toContain('A pull request for this branch exists already.');
      } finally {
        git('config', '--unset', 'remote.origin.pushurl');
      }
    });

    it('sends the token to no other server than that of the repository', async () => {
      const { code, err } = await run(['pr', 'shop-production', '--branch', 'elsewhere', '--yes'], {
        GITEA_TOKEN: gitea().token,
        GITEA_SERVER_URL: 'https://git.acme.example',
      });
      expect(code).toBe(2);
      expect(err).toContain(
        `GITEA_TOKEN is for https://git.acme.example, so it is not sent to ${gitea().url};`,
      );
      expect(err).toContain('stopped at the push step');
      expect(git('for-each-ref', 'refs/heads/elsewhere')).toBe('');
    });
  },
);
