import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createGit } from '../../../src/git/git';
import { findGit, gitMessage } from '../../../src/git/process';
import type { TestRepository } from './repository';
import { addOrigin, createRepository } from './repository';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const signal = new AbortController().signal;

function createTestGit() {
  const emptyFolder = mkdtempSync(join(tmpdir(), 'plumbline-empty-'));
  return createGit({ environment: process.env, emptyFolder, log: silent });
}

function snapshotOf(repository: TestRepository) {
  return {
    head: repository.git('rev-parse', 'HEAD'),
    branch: repository.git('symbolic-ref', 'HEAD'),
    index: readFileSync(join(repository.root, '.git/index')),
    status: repository.git('status', '--porcelain'),
  };
}

describe('commitPaths', () => {
  const state: { repository: TestRepository; base: string } = {
    repository: undefined as unknown as TestRepository,
    base: '',
  };

  beforeEach(() => {
    const repository = createRepository();
    repository.write('a.yaml', 'a: 1\n');
    repository.write('b.yaml', 'b: 1\n');
    repository.write('gone.yaml', 'gone: 1\n');
    state.base = repository.commit('first');
    addOrigin(repository);
    state.repository = repository;
  });

  const commit = (paths: readonly string[], branch = 'plumbline/change') =>
    createTestGit().commitPaths(
      state.repository.root,
      { paths, branch, baseCommit: state.base, message: 'Change a' },
      signal,
    );

  it('commits only the named files and leaves HEAD, index and files as they are', async () => {
    const { repository } = state;
    repository.write('a.yaml', 'a: 2\n');
    repository.write('b.yaml', 'b: 2\n');
    repository.write('new/c.yaml', 'c: 1\n');
    repository.git('add', 'b.yaml');
    const before = snapshotOf(repository);
    const result = await commit(['a.yaml', 'new/c.yaml']);
    expect(result.kind).toBe('ok');
    expect(snapshotOf(repository)).toEqual(before);
    const changed = repository.git('diff', '--name-only', state.base, 'plumbline/change');
    expect(changed.split('\n')).toEqual(['a.yaml', 'new/c.yaml']);
    expect(repository.git('show', 'plumbline/change:a.yaml')).toBe('a: 2');
    expect(repository.git('rev-parse', 'plumbline/change^')).toBe(state.base);
  });

  it('takes a deleted file away', async () => {
    rmSync(join(state.repository.root, 'gone.yaml'));
    expect((await commit(['gone.yaml'])).kind).toBe('ok');
    expect(state.repository.git('ls-tree', '--name-only', 'plumbline/change')).not.toContain(
      'gone',
    );
  });

  it('starts at the given commit, not at HEAD', async () => {
    const { repository } = state;
    repository.write('b.yaml', 'b: local\n');
    repository.commit('local only');
    repository.write('a.yaml', 'a: 3\n');
    expect((await commit(['a.yaml'])).kind).toBe('ok');
    expect(repository.git('show', 'plumbline/change:b.yaml')).toBe('b: 1');
  });

  it('refuses a file that changed upstream as well, by name', async () => {
    const { repository } = state;
    repository.git('checkout', '-q', '-b', 'upstream');
    repository.write('a.yaml', 'a: theirs\n');
    state.base = repository.commit('theirs');
    repository.git('checkout', '-q', 'main');
    repository.write('a.yaml', 'a: mine\n');
    expect(await commit(['a.yaml'])).toEqual({
      kind: 'failed',
      message: 'a.yaml changed on the target branch as well: update your branch first.',
    });
  });

  it.each([
    ['-x', 'is not a valid branch name'],
    ['a..b', 'is not a valid branch name'],
    ['main', 'exists already'],
    ['--upload-pack=touch x', 'is not a valid branch name'],
  ])('refuses the branch %s', async (branch, message) => {
    state.repository.write('a.yaml', 'a: 2\n');
    const result = await commit(['a.yaml'], branch);
    expect(result).toMatchObject({ kind: 'failed' });
    expect(result.kind === 'failed' ? result.message : '').toContain(message);
  });

  it('says so when nothing differs or nothing was chosen', async () => {
    expect(await commit(['a.yaml'])).toMatchObject({
      kind: 'failed',
      message: 'The target branch already has these changes.',
    });
    expect(await commit([])).toMatchObject({ kind: 'failed' });
  });

  it('treats a path that looks like an option or a pattern as a path', async () => {
    const { repository } = state;
    repository.write('--all', 'x\n');
    repository.write('*.yaml', 'star\n');
    repository.write('a.yaml', 'a: 2\n');
    expect((await commit(['--all', '*.yaml'])).kind).toBe('ok');
    const changed = repository.git('diff', '--name-only', state.base, 'plumbline/change');
    expect(changed.split('\n').sort()).toEqual(['*.yaml', '--all']);
  });
});

describe('a second try', () => {
  const made = async () => {
    const repository = createRepository();
    repository.write('a.yaml', 'a: 1\n');
    repository.write('b.yaml', 'b: 1\n');
    const baseCommit = repository.commit('first');
    addOrigin(repository);
    repository.write('a.yaml', 'a: 2\n');
    const git = createTestGit();
    const request = { paths: ['a.yaml'], baseCommit, branch: 'plumbline/a' };
    const commit = await git.commitPaths(repository.root, { ...request, message: 'm' }, signal);
    if (commit.kind !== 'ok') throw new Error(commit.message);
    return { repository, git, request, commit: commit.value };
  };

  it('finds the commit of the first one again', async () => {
    const { repository, git, request, commit } = await made();
    const staged = repository.git('ls-files', '--stage');
    const found = await git.existingCommit(repository.root, request, signal);
    expect(found).toEqual({ kind: 'ok', value: commit });
    expect(repository.git('ls-files', '--stage')).toBe(staged);
    expect(repository.git('status', '--porcelain')).toBe('M a.yaml');
  });

  it('does not take a branch with other files, another base or no commit of ours for it', async () => {
    const { repository, git, request } = await made();
    const find = async (part: Partial<typeof request>) => {
      const asked = { ...request, ...part };
      const found = await git.existingCommit(repository.root, asked, signal);
      return found.kind === 'ok' ? found.value : found.message;
    };
    expect(await find({ branch: 'plumbline' })).toBeUndefined();
    expect(await find({ branch: 'no-such' })).toBeUndefined();
    repository.write('b.yaml', 'b: 2\n');
    expect(await find({ paths: ['a.yaml', 'b.yaml'] })).toBeUndefined();
    expect(await find({})).toBeDefined();
    repository.write('a.yaml', 'a: 3\n');
    expect(await find({})).toBeUndefined();
    repository.write('a.yaml', 'a: 2\n');
    expect(await find({ baseCommit: repository.commit('next') })).toBeUndefined();
  });

  it('takes a branch away only while it is where it was left', async () => {
    const { repository, git, request, commit } = await made();
    const wrong = { branch: request.branch, commit: request.baseCommit };
    expect((await git.deleteBranch(repository.root, wrong, signal)).kind).toBe('failed');
    expect(repository.git('rev-parse', request.branch)).toBe(commit);
    const right = { branch: request.branch, commit };
    expect((await git.deleteBranch(repository.root, right, signal)).kind).toBe('ok');
    expect(repository.git('for-each-ref', 'refs/heads/plumbline')).toBe('');
    expect(repository.git('rev-parse', 'HEAD')).toBe(request.baseCommit);
  });
});

describe('what stands between a branch and its target', () => {
  const diverged = () => {
    const repository = createRepository();
    for (const name of ['a', 'b', 'c']) repository.write(`${name}.yaml`, `${name}: 1\n`);
    repository.commit('first');
    repository.git('checkout', '-q', '-b', 'target');
    repository.write('b.yaml', 'b: theirs\n');
    const target = repository.commit('Theirs');
    repository.git('checkout', '-q', 'main');
    repository.write('a.yaml', 'a: 2\n');
    repository.commit('Raise a');
    repository.write('c.yaml', 'c: 2\n');
    repository.commit('Raise c');
    return { repository, target, git: createTestGit() };
  };

  it('names the local commits of the files, and no others', async () => {
    const { repository, target, git } = diverged();
    const local = async (...paths: readonly string[]) => {
      const asked = { base: target, head: 'HEAD', paths };
      const found = await git.localCommits(repository.root, asked, signal);
      return found.kind === 'ok' ? found.value.map((line) => line.slice(8)) : found.message;
    };
    expect(await local('a.yaml')).toEqual(['Raise a']);
    expect(await local('a.yaml', 'c.yaml')).toEqual(['Raise c', 'Raise a']);
    expect(await local('b.yaml')).toEqual([]);
    expect(await local('*.yaml')).toEqual([]);
  });

  it('leaves out a commit that the target has under another id', async () => {
    const { repository, git } = diverged();
    const raised = repository.git('log', '-1', '--format=%H', '--grep=Raise a');
    repository.git('checkout', '-q', 'target');
    repository.git('cherry-pick', raised);
    const base = repository.git('rev-parse', 'HEAD');
    repository.git('checkout', '-q', 'main');
    const asked = { base, head: 'HEAD', paths: ['a.yaml', 'c.yaml'] };
    const found = await git.localCommits(repository.root, asked, signal);
    expect(found.kind === 'ok' ? found.value : []).toEqual([expect.stringContaining('Raise c')]);
  });

  it('names the files that the target changed as well', async () => {
    const { repository, target, git } = diverged();
    const asked = { paths: ['a.yaml', 'b.yaml'], baseCommit: target };
    expect(await git.changedOnTarget(repository.root, asked, signal)).toEqual({
      kind: 'ok',
      value: ['b.yaml'],
    });
  });

  it('reads more paths than one call takes', async () => {
    const { repository, target, git } = diverged();
    const paths = [...Array.from({ length: 450 }, (_, index) => `x/${index}.yaml`), 'a.yaml'];
    const asked = { base: target, head: 'HEAD', paths };
    const found = await git.localCommits(repository.root, asked, signal);
    expect(found.kind === 'ok' ? found.value : []).toEqual([expect.stringContaining('Raise a')]);
  });
});

describe('push and fetch', () => {
  it('pushes one branch to the remote', async () => {
    const repository = createRepository();
    repository.write('a.yaml', 'a: 1\n');
    repository.commit('first');
    const origin = addOrigin(repository);
    repository.git('branch', 'topic');
    const git = createTestGit();
    const result = await git.push(repository.root, { remote: 'origin', branch: 'topic' }, signal);
    expect(result).toEqual({ kind: 'ok', value: undefined });
    expect(origin.git('branch', '--list', 'topic')).toContain('topic');
  });

  it('says who refused a rejected push', async () => {
    const repository = createRepository();
    repository.write('a.yaml', 'a: 1\n');
    repository.commit('first');
    const origin = addOrigin(repository);
    const hook = join(origin.root, 'hooks/pre-receive');
    writeFileSync(hook, '#!/bin/sh\necho "branch policy says no" >&2\nexit 1\n');
    chmodSync(hook, 0o755);
    repository.git('branch', 'topic');
    const result = await createTestGit().push(
      repository.root,
      { remote: 'origin', branch: 'topic' },
      signal,
    );
    expect(result).toEqual({
      kind: 'failed',
      message: 'The remote rejected topic: branch policy says no (pre-receive hook declined)',
    });
  });

  it('fetches what others pushed', async () => {
    const repository = createRepository();
    repository.write('a.yaml', 'a: 1\n');
    repository.commit('first');
    const origin = addOrigin(repository);
    const tree = origin.git('rev-parse', 'main^{tree}');
    const next = origin.git('commit-tree', tree, '-p', 'main', '-m', 'theirs');
    origin.git('update-ref', 'refs/heads/main', next);
    expect((await createTestGit().fetch(repository.root, 'origin', signal)).kind).toBe('ok');
    expect(repository.git('rev-parse', 'origin/main')).toBe(next);
  });

  it('refuses a remote that would be read as an option', async () => {
    const repository = createRepository();
    const result = await createTestGit().fetch(repository.root, '--upload-pack=touch x', signal);
    expect(result.kind).toBe('failed');
  });

  it('an aborted call throws and runs nothing', async () => {
    const repository = createRepository();
    await expect(
      createTestGit().fetch(repository.root, 'origin', AbortSignal.abort()),
    ).rejects.toThrow();
  });
});

describe('a prepared repository', () => {
  it('runs neither its file-system monitor nor its hooks while reading', async () => {
    const repository = createRepository();
    repository.write('a.yaml', 'a: 1\n');
    const base = repository.commit('first');
    addOrigin(repository);
    const canary = join(repository.root, '..', `canary-${process.pid}-${Date.now()}`);
    const script = join(repository.root, 'evil.sh');
    writeFileSync(script, `#!/bin/sh\ntouch "${canary}"\n`);
    chmodSync(script, 0o755);
    for (const hook of ['post-index-change', 'reference-transaction', 'pre-commit']) {
      writeFileSync(join(repository.root, '.git/hooks', hook), `#!/bin/sh\ntouch "${canary}"\n`);
      chmodSync(join(repository.root, '.git/hooks', hook), 0o755);
    }
    repository.git('config', 'core.fsmonitor', script);
    repository.write('a.yaml', 'a: 2\n');
    const git = createTestGit();
    await git.fetch(repository.root, 'origin', signal);
    await git.readAt(repository.root, 'HEAD', 'a.yaml', signal);
    await git.commitPaths(
      repository.root,
      { paths: ['a.yaml'], baseCommit: base, branch: 'topic', message: 'm' },
      signal,
    );
    expect(existsSync(canary)).toBe(false);
  });

  it('never runs a git that lies inside the repository', () => {
    const repository = createRepository();
    repository.write('bin/git', '#!/bin/sh\n');
    const inside = join(repository.root, 'bin');
    expect(findGit(`${inside}:.:bin`, repository.root)).toBeUndefined();
    expect(findGit(`${inside}:${process.env['PATH'] ?? ''}`, repository.root)).toMatch(/git$/);
  });
});

describe('readAt', () => {
  it('tells a file, an absent file and a failure apart', async () => {
    const repository = createRepository();
    repository.write('a.yaml', 'a: 1\n');
    repository.commit('first');
    const git = createTestGit();
    const read = (revision: string, path: string) =>
      git.readAt(repository.root, revision, path, signal);
    expect(await read('HEAD', 'a.yaml')).toEqual({ kind: 'ok', value: 'a: 1\n' });
    expect(await read('HEAD', 'no.yaml')).toEqual({ kind: 'ok', value: undefined });
    expect((await read('no-such-revision', 'a.yaml')).kind).toBe('failed');
  });
});

describe('gitMessage', () => {
  it.each([
    ['hint: x\nfatal: bad revision\n', 'bad revision'],
    ['remote: nope\nerror: failed to push', 'failed to push'],
    ["fatal: unable to access 'https://user:secret@host/x'", "unable to access 'https://host/x'"],
    ['', ''],
    [
      'remote: \nremote: error:\nremote: error: Not allowed to push to protected branch x        \n' +
        'remote: error:\nTo http://127.0.0.1:39401/a/b.git\n' +
        ' ! [remote rejected] x -> x (pre-receive hook declined)\n' +
        "error: failed to push some refs to 'http://127.0.0.1:39401/a/b.git'\n",
      '[rejected] Not allowed to push to protected branch x (pre-receive hook declined)',
    ],
    [
      'To https://host/a\n ! [rejected]  x -> x (fetch first)\nerror: failed to push some refs',
      '[rejected] fetch first',
    ],
    [
      'remote: Resolving deltas: 100%\n! [remote rejected] x -> x (hook declined)',
      '[rejected] hook declined',
    ],
  ])('%j becomes %j', (text, message) => {
    expect(gitMessage(text)).toBe(message);
  });
});
