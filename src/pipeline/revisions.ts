import type { App } from '../model/app';
import type { RevisionLabel } from '../model/appState';
import type { GitRef, Repository } from '../model/render';
import { targetRef } from '../repo/follows';
import { followsInRoot } from '../repo/mounts';

const REMOTES = 'refs/remotes/';

function shortRef(name: string): string {
  return name.replace(/^refs\/(remotes|heads|tags)\//, '');
}

function labelOf(
  repository: Repository,
  ref: GitRef | { name: string; commit: string },
): RevisionLabel {
  const label = { ref: shortRef(ref.name), commit: ref.commit };
  const remote = ref.name.startsWith(REMOTES);
  return remote && repository.fetchedAtSeconds !== undefined
    ? { ...label, fetchedAtMs: repository.fetchedAtSeconds * 1000 }
    : label;
}

function findRef(repository: Repository, name: string): GitRef | undefined {
  return repository.refs.find((ref) => ref.name === name);
}

/** What `origin/HEAD` points to; `git clone` writes it, `git remote add` does not. */
function remoteDefault(repository: Repository): GitRef | undefined {
  const names = repository.remotes.map((remote) => remote.name);
  const ordered = [...names].sort((a, b) => Number(b === 'origin') - Number(a === 'origin'));
  for (const name of ordered) {
    const head = findRef(repository, `${REMOTES}${name}/HEAD`);
    if (head === undefined) continue;
    return head.target === undefined ? head : findRef(repository, head.target);
  }
  return undefined;
}

function upstreamRef(repository: Repository): GitRef | undefined {
  const { upstream } = repository;
  if (upstream === undefined) return undefined;
  return findRef(repository, `${REMOTES}${upstream.remote}/${shortRef(upstream.ref)}`);
}

/**
 * The revision that a root's own definitions are compared with: the remote's default branch, else
 * the upstream of the checked-out branch, else HEAD. `undefined` before the first commit.
 */
export function defaultTarget(repository: Repository): RevisionLabel | undefined {
  const remote = remoteDefault(repository) ?? upstreamRef(repository);
  if (remote !== undefined) return labelOf(repository, remote);
  if (repository.headCommit === undefined) return undefined;
  return { ref: 'HEAD', commit: repository.headCommit };
}

/**
 * The revision that the app's controller follows, as the local clone has it. Where the clone does
 * not have it, another one stands in and the label says for which.
 */
export function targetOf(app: App, repository: Repository): RevisionLabel | undefined {
  const follows = followsInRoot(app);
  if (follows === undefined) return defaultTarget(repository);
  const found = targetRef(follows, repository);
  if (found !== undefined) return labelOf(repository, { name: found.ref, commit: found.commit });
  const standIn = defaultTarget(repository);
  return standIn === undefined ? undefined : { ...standIn, insteadOf: follows.revision };
}

/** `origin/main 4f2c1d9`. */
export function describeRevision(label: RevisionLabel): string {
  return label.ref === label.commit ? label.ref : `${label.ref} ${label.commit.slice(0, 7)}`;
}
