import type { App, FollowedRef } from '../model/app';
import type { GitRef, Remote, Repository } from '../model/render';
import { normaliseGitUrl } from './gitUrl';

/**
 * The ref that the controller follows, as this clone knows it: the remote-tracking ref of a branch,
 * a tag, or a commit. `undefined` when no remote is that repository or the clone lacks the ref.
 */
export function targetRef(
  follows: FollowedRef | undefined,
  repository: Repository | undefined,
): { readonly ref: string; readonly commit: string } | undefined {
  if (follows === undefined || repository === undefined) return undefined;
  const remote = remoteOf(follows, repository);
  const revision = follows.revision;
  if (isHead(revision)) {
    return remote === undefined ? undefined : found(defaultBranch(repository, remote));
  }
  const branch = remote === undefined ? undefined : branchRef(repository, remote, revision);
  return found(branch ?? tagRef(repository, revision)) ?? commitOf(revision, repository);
}

/**
 * The revision that keeps edits of the checked-out branch from reaching the app: a tag, a commit, a
 * version range or another branch; `undefined` when the edits reach it once merged. `followed` are
 * the branches that any app follows: a checked-out branch among them is one to deploy from, every
 * other is taken as work on the way to the default branch.
 */
export function pinnedRevision(
  app: Pick<App, 'follows'>,
  repository: Repository | undefined,
  followed: ReadonlySet<string> = new Set(),
): string | undefined {
  const { follows } = app;
  if (follows === undefined || repository === undefined) return undefined;
  const isReached = reaches(follows, repository, followed);
  return isReached ? undefined : follows.revision;
}

function reaches(
  follows: FollowedRef,
  repository: Repository,
  followed: ReadonlySet<string>,
): boolean {
  const wanted = followedBranch(follows, repository);
  // A clone that does not know the default branch cannot tell: the edit counts.
  if (wanted === undefined) return isHead(follows.revision);
  const own = ownBranches(repository);
  if (own.includes(wanted)) return true;
  const deploysItself = own.some((branch) => followed.has(branch));
  return wanted === defaultBranchName(follows, repository) && !deploysItself;
}

/** The branch that a revision names; `undefined` for tags, commits, ranges and unknown names. */
export function followedBranch(follows: FollowedRef, repository: Repository): string | undefined {
  if (isHead(follows.revision)) return defaultBranchName(follows, repository);
  const name = follows.revision.replace(/^refs\/heads\//, '');
  const remote = remoteOf(follows, repository);
  const isKnown = remote !== undefined && branchRef(repository, remote, name) !== undefined;
  if (isKnown || name !== follows.revision) return name;
  // Not pushed yet: only the local branch of that name is there.
  const isTag = tagRef(repository, name) !== undefined;
  return !isTag && repository.headRef === `refs/heads/${name}` ? name : undefined;
}

/** Names of the checked-out branch and of the branch it is merged into by its configuration. */
function ownBranches({ headRef, upstream }: Repository): readonly string[] {
  return [headRef, upstream?.ref].flatMap((ref) =>
    ref === undefined ? [] : [ref.replace(/^refs\/heads\//, '')],
  );
}

function isHead(revision: string): boolean {
  return revision === '' || revision === 'HEAD';
}

function found(ref: GitRef | undefined): { ref: string; commit: string } | undefined {
  return ref === undefined ? undefined : { ref: ref.name, commit: ref.commit };
}

function remoteOf(follows: FollowedRef, { remotes }: Repository): Remote | undefined {
  const wanted = normaliseGitUrl(follows.repoUrl);
  return remotes.find((remote) => remote.urls.some((url) => normaliseGitUrl(url) === wanted));
}

function refNamed(repository: Repository, name: string): GitRef | undefined {
  return repository.refs.find((ref) => ref.name === name);
}

function branchRef(repository: Repository, remote: Remote, revision: string): GitRef | undefined {
  const branch = revision.replace(/^refs\/heads\//, '');
  return refNamed(repository, `refs/remotes/${remote.name}/${branch}`);
}

function tagRef(repository: Repository, revision: string): GitRef | undefined {
  return refNamed(repository, `refs/tags/${revision.replace(/^refs\/tags\//, '')}`);
}

/**
 * The default branch of a remote: its recorded HEAD; a clone made by `git init` has none, and then
 * the only branch, or the one of `main` and `master` that exists.
 */
function defaultBranch(repository: Repository, remote: Remote): GitRef | undefined {
  const prefix = `refs/remotes/${remote.name}/`;
  const head = refNamed(repository, `${prefix}HEAD`);
  if (head?.target !== undefined) return refNamed(repository, head.target) ?? head;
  const branches = repository.refs.filter(
    ({ name }) => name.startsWith(prefix) && name !== `${prefix}HEAD`,
  );
  const usual = branches.filter(({ name }) => /\/(main|master)$/.test(name) && isTop(name, prefix));
  const candidates = usual.length > 0 ? usual : branches;
  return candidates.length === 1 ? candidates[0] : undefined;
}

function isTop(name: string, prefix: string): boolean {
  return !name.slice(prefix.length).includes('/');
}

function defaultBranchName(follows: FollowedRef, repository: Repository): string | undefined {
  const remote = remoteOf(follows, repository);
  if (remote === undefined) return undefined;
  const ref = defaultBranch(repository, remote);
  return ref?.name.slice(`refs/remotes/${remote.name}/`.length);
}

/** A full commit id, or the start of one that is the commit of a known ref. */
function commitOf(
  revision: string,
  { refs }: Repository,
): { readonly ref: string; readonly commit: string } | undefined {
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(revision)) return { ref: revision, commit: revision };
  if (!/^[0-9a-f]{7,}$/.test(revision)) return undefined;
  const commits = new Set(refs.map(({ commit }) => commit).filter((id) => id.startsWith(revision)));
  const [only] = commits;
  return commits.size === 1 && only !== undefined ? { ref: revision, commit: only } : undefined;
}
