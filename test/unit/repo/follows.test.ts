import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Repository } from '../../../src/model/render';
import { followedBranch, pinnedRevision, targetRef } from '../../../src/repo/follows';
import { ref, REPO_URL, repositoryOf } from './inMemory';

const FULL = 'c'.repeat(40);

/** A clone with two branches, a tag, and the remote's HEAD; `feature` is checked out. */
const CLONE = repositoryOf({
  headRef: 'refs/heads/feature',
  refs: [
    ref('refs/heads/main', 'a'),
    ref('refs/heads/feature', 'f'),
    ref('refs/remotes/origin/HEAD', 'a', 'refs/remotes/origin/main'),
    ref('refs/remotes/origin/main', 'a'),
    ref('refs/remotes/origin/staging', 'b'),
    ref('refs/remotes/origin/release/1.2', 'd'),
    ref('refs/tags/v1.4.2', 'e'),
  ],
});

function follow(revision: string, repoUrl = REPO_URL): { repoUrl: string; revision: string } {
  return { repoUrl, revision };
}

describe('targetRef', () => {
  const cases: readonly (readonly string[])[] = [
    ['HEAD', 'refs/remotes/origin/main', 'a'],
    ['', 'refs/remotes/origin/main', 'a'],
    ['staging', 'refs/remotes/origin/staging', 'b'],
    ['refs/heads/staging', 'refs/remotes/origin/staging', 'b'],
    ['release/1.2', 'refs/remotes/origin/release/1.2', 'd'],
    ['v1.4.2', 'refs/tags/v1.4.2', 'e'],
    ['refs/tags/v1.4.2', 'refs/tags/v1.4.2', 'e'],
    [FULL, FULL, 'c'],
    ['bbbbbbb', 'bbbbbbb', 'b'],
    ['1234567'],
    ['gone'],
    ['1.x'],
  ];
  it.each(cases)('of %s is %s', (revision, name, letter = '') => {
    const expected = name === undefined ? undefined : { ref: name, commit: letter.repeat(40) };
    expect(targetRef(follow(revision ?? ''), CLONE)).toEqual(expected);
  });

  it('is found by any remote that is the repository', () => {
    const repository: Repository = {
      ...CLONE,
      remotes: [
        { name: 'fork', urls: ['https://git.acme.example/me/gitops'] },
        { name: 'upstream', urls: ['git@git.acme.example:acme/gitops.git'] },
      ],
      refs: [ref('refs/remotes/fork/main', 'f'), ref('refs/remotes/upstream/main', 'a')],
    };
    expect(targetRef(follow('main'), repository)?.ref).toBe('refs/remotes/upstream/main');
  });

  it('is nothing in another repository, without one, and without a followed ref', () => {
    expect(targetRef(follow('main', 'https://x.example/y/z'), CLONE)).toBeUndefined();
    expect(targetRef(follow('main'), undefined)).toBeUndefined();
    expect(targetRef(undefined, CLONE)).toBeUndefined();
  });

  it.each([
    [['only'], 'only'],
    [['main', 'other'], 'main'],
    [['master', 'other', 'x/main'], 'master'],
    [['main', 'master'], undefined],
    [['a', 'b'], undefined],
    [[], undefined],
  ])('of HEAD without a recorded one, with branches %j, is %s', (branches, expected) => {
    const refs = branches.map((name) => ref(`refs/remotes/origin/${name}`, 'a'));
    const found = targetRef(follow('HEAD'), repositoryOf({ refs }))?.ref;
    expect(found).toBe(expected && `refs/remotes/origin/${expected}`);
  });
});

describe('pinnedRevision', () => {
  const pinned = (
    revision: string,
    repository = CLONE,
    followed: readonly string[] = [],
  ): string | undefined =>
    pinnedRevision({ follows: follow(revision) }, repository, new Set(followed));

  it('is what keeps edits of a branch of work from the app', () => {
    expect(pinned('HEAD')).toBeUndefined();
    expect(pinned('main')).toBeUndefined();
    expect(pinned('feature')).toBeUndefined();
    expect(pinned('staging')).toBe('staging');
    expect(pinned('v1.4.2')).toBe('v1.4.2');
    expect(pinned('refs/tags/v1.4.2')).toBe('refs/tags/v1.4.2');
    expect(pinned(FULL)).toBe(FULL);
    expect(pinned('>=1.0.0')).toBe('>=1.0.0');
    expect(pinned('not-fetched')).toBe('not-fetched');
  });

  it('takes the upstream of the checked-out branch for its target', () => {
    const upstream = { remote: 'origin', ref: 'refs/heads/staging' };
    expect(pinned('staging', { ...CLONE, upstream })).toBeUndefined();
  });

  it('takes a checked-out branch that apps follow for one to deploy from', () => {
    const staging = { ...CLONE, headRef: 'refs/heads/staging' };
    expect(pinned('staging', staging, ['staging'])).toBeUndefined();
    expect(pinned('main', staging, ['staging', 'main'])).toBe('main');
    expect(pinned('HEAD', staging, ['staging'])).toBe('HEAD');
    expect(pinned('main', staging)).toBeUndefined();
  });

  it('counts the edit where the default branch is unknown', () => {
    const repository = { ...CLONE, refs: [ref('refs/heads/feature', 'f')] };
    expect(pinned('HEAD', repository)).toBeUndefined();
  });

  it('has no opinion without Git or without a followed ref', () => {
    expect(pinnedRevision({ follows: follow('v1') }, undefined)).toBeUndefined();
    expect(pinnedRevision({}, CLONE)).toBeUndefined();
  });

  it('is nothing, or the revision as written', () => {
    const revisions = fc.oneof(fc.string(), fc.constantFrom('HEAD', 'main', 'v1.4.2', 'staging'));
    fc.assert(
      fc.property(revisions, (revision) => {
        expect([undefined, revision]).toContain(pinned(revision));
      }),
    );
  });
});

describe('followedBranch', () => {
  it.each([
    ['HEAD', 'main'],
    ['staging', 'staging'],
    ['refs/heads/x', 'x'],
    ['feature', 'feature'],
    ['v1.4.2', undefined],
    [FULL, undefined],
    ['gone', undefined],
  ])('of %s is %s', (revision, expected) => {
    expect(followedBranch(follow(revision), CLONE)).toBe(expected);
  });
});
