import type { Git } from '../model/ports';
import { changedOnTarget, commitPaths, deleteBranch, existingCommit } from './commit';
import { localCommits } from './localCommits';
import { fetchCommit } from './fetchCommit';
import type { GitProcessOptions, RunGit } from './process';
import { createGitRunner } from './process';
import { pushBranch } from './push';
import { readPushTarget } from './pushTarget';
import { isSafe, unsafe } from './safety';

/**
 * Git through the user's own `git`, for a trusted workspace only. Reads run with file-system
 * monitors, hooks and the `ext` transport off; a push runs the repository's `pre-push` hook, and a
 * hook that fails stops it.
 */
export function createGit(options: GitProcessOptions): Git {
  const run = createGitRunner(options);
  return { ...writing(run), ...reading(run) };
}

type Writing = 'fetch' | 'fetchCommit' | 'commitPaths' | 'deleteBranch' | 'push';

function writing(run: RunGit): Pick<Git, Writing> {
  return {
    async fetch(root, remote, signal) {
      if (!isSafe(remote)) return unsafe(remote);
      const flags = ['--no-tags', '--no-recurse-submodules', '--no-write-commit-graph'];
      const result = await run({ root, signal, args: ['fetch', ...flags, remote] });
      return result.kind === 'ok' ? { kind: 'ok', value: undefined } : result;
    },
    async fetchCommit(root, request, signal) {
      const bad = firstUnsafe(request.remote, request.commit);
      return bad === undefined ? fetchCommit({ run, root, signal }, request) : unsafe(bad);
    },
    commitPaths: (root, request, signal) => commitPaths({ run, root, signal }, request),
    deleteBranch: (root, request, signal) => deleteBranch({ run, root, signal }, request),
    async push(root, request, signal) {
      if (!isSafe(request.remote)) return unsafe(request.remote);
      return pushBranch({ run, root, signal }, request);
    },
  };
}

function reading(run: RunGit): Omit<Git, Writing> {
  return {
    existingCommit: (root, request, signal) => existingCommit({ run, root, signal }, request),
    changedOnTarget: (root, request, signal) => changedOnTarget({ run, root, signal }, request),
    pushTarget: (root, request, signal) => readPushTarget({ run, root, signal }, request),
    async localCommits(root, request, signal) {
      const refused = firstUnsafe(request.base, request.head);
      if (refused !== undefined) return unsafe(refused);
      return localCommits({ run, root, signal }, request);
    },
    async readAt(root, revision, path, signal) {
      if (!isSafe(revision)) return unsafe(revision);
      const spec = `${revision}:${path}`;
      const exists = await run({ root, signal, args: ['cat-file', '-e', spec] });
      if (exists.kind === 'failed') {
        const absent = /does not exist|exists on disk, but not in/.test(exists.message);
        return absent ? { kind: 'ok', value: undefined } : exists;
      }
      return run({ root, signal, args: ['cat-file', 'blob', spec] });
    },
  };
}

function firstUnsafe(...names: readonly string[]): string | undefined {
  return names.find((name) => !isSafe(name));
}
