import { describe, expect, it } from 'vitest';
import type { GitRef, Repository } from '../../../src/model/render';
import { defaultTarget, describeRevision, targetOf } from '../../../src/pipeline/revisions';
import { app } from './states';

const URL = 'https://git.acme.example/acme/gitops.git';
const commit = (letter: string) => letter.repeat(40);

function repository(refs: readonly GitRef[], part: Partial<Repository> = {}): Repository {
  return {
    topLevel: '/repo',
    gitDir: '/repo/.git',
    commonDir: '/repo/.git',
    headRef: 'refs/heads/main',
    headCommit: commit('h'),
    remotes: [{ name: 'origin', urls: [URL] }],
    refs,
    shallow: false,
    partial: false,
    sparse: false,
    fetchedAtSeconds: 100,
    ...part,
  };
}

const main = { name: 'refs/remotes/origin/main', commit: commit('a') };
const release = { name: 'refs/remotes/origin/release', commit: commit('b') };
const head = { name: 'refs/remotes/origin/HEAD', commit: commit('a'), target: main.name };

describe('the target of a root', () => {
  it('is the default branch of the remote, with the time of the last fetch', () => {
    expect(defaultTarget(repository([release, main, head]))).toEqual({
      ref: 'origin/main',
      commit: commit('a'),
      fetchedAtMs: 100_000,
    });
  });

  it('is that of origin where there are several remotes', () => {
    const fork = { name: 'refs/remotes/fork/dev', commit: commit('c') };
    const forkHead = { name: 'refs/remotes/fork/HEAD', commit: commit('c'), target: fork.name };
    const remotes = [
      { name: 'fork', urls: ['x'] },
      { name: 'origin', urls: [URL] },
    ];
    const both = repository([fork, forkHead, main, head], { remotes });
    expect(defaultTarget(both)?.ref).toBe('origin/main');
  });

  it('is the upstream of the branch where the clone does not know the default', () => {
    const upstream = { remote: 'origin', ref: 'refs/heads/release' };
    expect(defaultTarget(repository([release], { upstream }))?.ref).toBe('origin/release');
  });

  it('is HEAD without any remote-tracking ref, and nothing before the first commit', () => {
    expect(defaultTarget(repository([]))).toEqual({ ref: 'HEAD', commit: commit('h') });
    expect(defaultTarget(repository([], { headCommit: undefined }))).toBeUndefined();
  });
});

describe('the target of an app', () => {
  const following = (revision: string) => app('shop', { follows: { repoUrl: URL, revision } });

  it('is the branch that its controller follows', () => {
    const known = repository([main, head, release]);
    expect(targetOf(following('release'), known)?.ref).toBe('origin/release');
    expect(targetOf(following('HEAD'), known)?.ref).toBe('origin/main');
    expect(targetOf(app('push', { follows: undefined }), known)?.ref).toBe('origin/main');
  });

  it('names what it stands in for', () => {
    const label = targetOf(following('v9'), repository([main, head]));
    expect(label).toMatchObject({ ref: 'origin/main', insteadOf: 'v9' });
    expect(targetOf(following('main'), repository([], { headCommit: undefined }))).toBeUndefined();
  });

  it('is described in one short phrase', () => {
    expect(describeRevision({ ref: 'origin/main', commit: commit('a') })).toBe(
      'origin/main aaaaaaa',
    );
    expect(describeRevision({ ref: 'v1.4', commit: 'v1.4' })).toBe('v1.4');
  });
});
