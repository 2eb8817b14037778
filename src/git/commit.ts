import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitResult } from '../model/ports';
import type { RunGit } from './process';

export interface CommitRequest {
  readonly paths: readonly string[];
  readonly baseCommit: string;
  readonly branch: string;
  readonly message: string;
}

interface Context {
  readonly run: RunGit;
  readonly root: string;
  readonly signal: AbortSignal;
}

const pathsPerCall = 200;

function failed(message: string): { readonly kind: 'failed'; readonly message: string } {
  return { kind: 'failed', message };
}

async function text(
  context: Context,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<GitResult<string>> {
  const { root, signal } = context;
  const result = await context.run({ root, signal, args, variables });
  return result.kind === 'ok' ? { kind: 'ok', value: result.value.trim() } : result;
}

/** A branch name that git accepts, is free, and cannot be read as an option. */
async function checkBranch(context: Context, branch: string): Promise<GitResult<void>> {
  const valid = await text(context, ['check-ref-format', '--branch', branch]);
  if (valid.kind === 'failed' || branch.startsWith('-')) {
    return failed(`${branch} is not a valid branch name.`);
  }
  const existing = await text(context, ['for-each-ref', '--count=1', `refs/heads/${branch}`]);
  if (existing.kind === 'failed') return existing;
  return existing.value === ''
    ? { kind: 'ok', value: undefined }
    : failed(`A branch named ${branch} exists already.`);
}

/**
 * The working copy of a file that changed upstream as well would take the upstream change back, so
 * such a path is refused by name.
 */
async function checkUpstream(context: Context, request: CommitRequest): Promise<GitResult<void>> {
  const base = await text(context, ['merge-base', 'HEAD', request.baseCommit]);
  if (base.kind === 'failed') {
    return failed('This branch and the target branch have no common commit in the clone.');
  }
  for (const paths of chunks(request.paths)) {
    const args = ['diff', '--name-only', '-z', base.value, request.baseCommit, '--', ...paths];
    const changed = await text(context, ['--literal-pathspecs', ...args]);
    if (changed.kind === 'failed') return changed;
    const first = changed.value.split('\0')[0] ?? '';
    if (first !== '') {
      return failed(`${first} changed on the target branch as well: update your branch first.`);
    }
  }
  return { kind: 'ok', value: undefined };
}

function chunks(paths: readonly string[]): string[][] {
  const count = Math.ceil(paths.length / pathsPerCall);
  return Array.from({ length: count }, (_, i) =>
    paths.slice(i * pathsPerCall, (i + 1) * pathsPerCall),
  );
}

async function writeTree(
  context: Context,
  request: CommitRequest,
  indexFile: string,
): Promise<GitResult<string>> {
  const variables = { GIT_INDEX_FILE: indexFile };
  const read = await text(context, ['read-tree', request.baseCommit], variables);
  if (read.kind === 'failed') return read;
  for (const paths of chunks(request.paths)) {
    const args = ['update-index', '--add', '--remove', '--', ...paths];
    const updated = await text(context, args, variables);
    if (updated.kind === 'failed') return updated;
  }
  return text(context, ['write-tree'], variables);
}

async function createCommit(
  context: Context,
  request: CommitRequest,
  tree: string,
): Promise<GitResult<string>> {
  const before = await text(context, ['rev-parse', `${request.baseCommit}^{tree}`]);
  if (before.kind === 'failed') return before;
  if (before.value === tree) return failed('The target branch already has these changes.');
  const signing = await text(context, ['config', '--type=bool', '--get', 'commit.gpgsign']);
  const sign = signing.kind === 'ok' && signing.value === 'true' ? ['-S'] : [];
  return text(context, [
    'commit-tree',
    ...sign,
    '-p',
    request.baseCommit,
    '-m',
    request.message,
    tree,
  ]);
}

/**
 * A commit of the working-tree content of `paths` on top of `baseCommit`, and a new local branch at
 * it. Built in a temporary index, so HEAD, the index and the files stay as they are; commit hooks do
 * not run, signing follows `commit.gpgsign`.
 */
export async function commitPaths(
  context: Context,
  request: CommitRequest,
): Promise<GitResult<string>> {
  if (request.paths.length === 0) return failed('No changed file was chosen.');
  for (const check of [
    () => checkBranch(context, request.branch),
    () => checkUpstream(context, request),
  ]) {
    const result = await check();
    if (result.kind === 'failed') return result;
  }
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-index-'));
  try {
    const tree = await writeTree(context, request, join(folder, 'index'));
    if (tree.kind === 'failed') return tree;
    const commit = await createCommit(context, request, tree.value);
    if (commit.kind === 'failed') return commit;
    const ref = ['update-ref', `refs/heads/${request.branch}`, commit.value, '0'.repeat(40)];
    const updated = await text(context, ref);
    return updated.kind === 'failed' ? updated : commit;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
