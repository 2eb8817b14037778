import type { FetchCommitRequest, GitResult } from '../model/ports';
import type { RunGit } from './process';

/** The empty tree of SHA-1 repositories, which git knows without having it. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

interface Place {
  readonly run: RunGit;
  readonly root: string;
  readonly signal: AbortSignal;
}

/**
 * Brings one commit and the files of its tree into the clone. Of a shallow clone the history stays
 * cut; in a partial clone git fetches the files in one batch when it compares trees.
 */
export async function fetchCommit(
  { run, root, signal }: Place,
  { remote, commit, shallow, partial }: FetchCommitRequest,
): Promise<GitResult<void>> {
  const known = await run({ root, signal, args: ['cat-file', '-e', `${commit}^{tree}`] });
  if (known.kind === 'failed') {
    const flags = ['--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
    const depth = shallow ? ['--depth=1'] : [];
    const fetched = await run({
      root,
      signal,
      args: ['fetch', ...flags, ...depth, remote, commit],
    });
    if (fetched.kind === 'failed') return fetched;
  }
  if (!partial) return { kind: 'ok', value: undefined };
  const flags = ['--shortstat', '--no-ext-diff', '--no-textconv', '--no-renames'];
  const read = await run({ root, signal, args: ['diff', ...flags, EMPTY_TREE, commit, '--'] });
  return read.kind === 'ok' ? { kind: 'ok', value: undefined } : read;
}
