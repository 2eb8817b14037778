import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitResult } from '../model/ports';
import { chunks } from './chunks';
import type { GitContext } from './process';
import { isSafe, unsafe } from './safety';

export interface CommitRequest {
  readonly paths: readonly string[];
  readonly baseCommit: string;
  readonly branch: string;
  readonly message: string;
}

function failed(message: string): { readonly kind: 'failed'; readonly message: string } {
  return { kind: 'failed', message };
}

async function text(
  context: GitContext,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<GitResult<string>> {
  const { root, signal } = context;
  const result = await context.run({ root, signal, args, variables });
  return result.kind === 'ok' ? { kind: 'ok', value: result.value.trim() } : result;
}

/** A branch name that git accepts, is free, and cannot be read as an option. */
async function checkBranch(context: GitContext, branch: string): Promise<GitResult<void>> {
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

/** Those of the paths that the target changed since this branch left it. */
export async function changedOnTarget(
  context: GitContext,
  request: Pick<CommitRequest, 'paths' | 'baseCommit'>,
): Promise<GitResult<readonly string[]>> {
  if (!isSafe(request.baseCommit)) return unsafe(request.baseCommit);
  const base = await text(context, ['merge-base', 'HEAD', request.baseCommit]);
  if (base.kind === 'failed') {
    return failed('This branch and the target branch have no common commit in the clone.');
  }
  const found: string[] = [];
  for (const paths of chunks(request.paths)) {
    const args = ['diff', '--name-only', '-z', base.value, request.baseCommit, '--', ...paths];
    const changed = await text(context, ['--literal-pathspecs', ...args]);
    if (changed.kind === 'failed') return changed;
    found.push(...changed.value.split('\0').filter((path) => path !== ''));
  }
  return { kind: 'ok', value: found };
}

/**
 * The working copy of a file that changed upstream as well would take the upstream change back, so
 * such a path is refused by name.
 */
async function checkUpstream(
  context: GitContext,
  request: CommitRequest,
): Promise<GitResult<void>> {
  const changed = await changedOnTarget(context, request);
  if (changed.kind === 'failed') return changed;
  const [first] = changed.value;
  return first === undefined
    ? { kind: 'ok', value: undefined }
    : failed(`${first} changed on the target branch as well: update your branch first.`);
}

type TreeRequest = Pick<CommitRequest, 'paths' | 'baseCommit'>;

/** The tree of `baseCommit` with the working copy of the paths, through an index of its own. */
async function writeTree(context: GitContext, request: TreeRequest): Promise<GitResult<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-index-'));
  try {
    return await writeTreeIn(context, request, { GIT_INDEX_FILE: join(folder, 'index') });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeTreeIn(
  context: GitContext,
  request: TreeRequest,
  variables: Readonly<Record<string, string>>,
): Promise<GitResult<string>> {
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
  context: GitContext,
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
  context: GitContext,
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
  const tree = await writeTree(context, request);
  if (tree.kind === 'failed') return tree;
  const commit = await createCommit(context, request, tree.value);
  if (commit.kind === 'failed') return commit;
  const ref = ['update-ref', refOf(request), commit.value, '0'.repeat(commit.value.length)];
  const updated = await text(context, ref);
  return updated.kind === 'failed' ? updated : commit;
}

function refOf({ branch }: Pick<CommitRequest, 'branch'>): string {
  return `refs/heads/${branch}`;
}

/**
 * The commit of the local branch where it holds just these files on just this base: what an earlier
 * try made that got no further than its push.
 */
export async function existingCommit(
  context: GitContext,
  request: Omit<CommitRequest, 'message'>,
): Promise<GitResult<string | undefined>> {
  const format = '--format=%(refname) %(objectname) %(tree) %(parent)';
  const ref = await text(context, ['for-each-ref', '--count=1', format, refOf(request)]);
  if (ref.kind === 'failed') return ref;
  const [name, commit, tree, ...parents] = ref.value.split(/\s+/);
  const isOnBase = name === refOf(request) && parents.join() === request.baseCommit;
  if (commit === undefined || !isOnBase) return { kind: 'ok', value: undefined };
  const wanted = await writeTree(context, request);
  if (wanted.kind === 'failed') return wanted;
  return { kind: 'ok', value: wanted.value === tree ? commit : undefined };
}

/** Takes the branch away; git refuses when it is at another commit by now. */
export async function deleteBranch(
  context: GitContext,
  request: { readonly branch: string; readonly commit: string },
): Promise<GitResult<void>> {
  const deleted = await text(context, ['update-ref', '-d', refOf(request), request.commit]);
  return deleted.kind === 'failed' ? deleted : { kind: 'ok', value: undefined };
}
