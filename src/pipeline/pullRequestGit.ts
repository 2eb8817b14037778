import type { RevisionLabel } from '../model/appState';
import type { PushTarget } from '../model/ports';
import type { Repository } from '../model/render';
import type { PullRequestRequest, Refusal } from '../model/workbench';
import type { Core } from './core';
import { proposeBranch } from './pullRequestText';

/** The branch that a pull request goes into. */
export interface Base {
  readonly label: RevisionLabel;
  readonly remote: string;
  readonly branch: string;
}

export interface GitQuestion {
  readonly repository: Repository;
  readonly request: PullRequestRequest;
  readonly base: Base;
  readonly paths: readonly string[];
  readonly title: string;
}

/** What git has to say before a pull request can be planned. */
export interface GitFacts {
  readonly title: string;
  readonly branch: string;
  readonly target: PushTarget;
  readonly ridesAlong: readonly string[];
  readonly warnings: readonly string[];
}

export async function readGit(
  core: Core,
  question: GitQuestion,
  signal: AbortSignal,
): Promise<GitFacts | Refusal> {
  const { repository, request, base, title } = question;
  const conflict = await conflictOf(core, question, signal);
  if (conflict !== undefined) return refuse(conflict);
  const reusable = await reusableBranches(core, question, signal);
  const branch =
    request.branch ??
    proposeBranch(title, (name) => !reusable.has(name) && isTaken(repository, name));
  const current = repository.headRef?.replace(/^refs\/heads\//, '');
  const asked = { branch, fallback: base.remote, ...(current === undefined ? {} : { current }) };
  const target = await core.deps.git.pushTarget(request.root, asked, signal);
  if (target.kind === 'failed') return refuse(target.message);
  const ridesAlong = await commitsRidingAlong(core, question, signal);
  if (typeof ridesAlong === 'string') return refuse(ridesAlong);
  const warnings = reusable.has(branch)
    ? [`The branch ${branch} is there already with just these changes: it is used again.`]
    : [];
  return { title, branch, target: target.value, ridesAlong, warnings };
}

/** Files that went another way on the target since this branch left it: the copy here would undo that. */
async function conflictOf(
  core: Core,
  { repository, request, base, paths }: GitQuestion,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (repository.headCommit === undefined || repository.headCommit === base.label.commit) {
    return undefined;
  }
  const asked = { paths, baseCommit: base.label.commit };
  const changed = await core.deps.git.changedOnTarget(request.root, asked, signal);
  if (changed.kind === 'failed') return changed.message;
  const [first, ...more] = changed.value;
  if (first === undefined) return undefined;
  const others = more.length === 0 ? '' : ` and ${more.length} more of the chosen files`;
  return `${first}${others} changed on ${base.label.ref} as well: update your branch first.`;
}

/** A file goes in whole, with what unpushed commits changed in it. */
async function commitsRidingAlong(
  core: Core,
  { repository, request, base, paths }: GitQuestion,
  signal: AbortSignal,
): Promise<readonly string[] | string> {
  const head = repository.headCommit;
  if (head === undefined || head === base.label.commit) return [];
  const asked = { base: base.label.commit, head, paths };
  const found = await core.deps.git.localCommits(request.root, asked, signal);
  return found.kind === 'failed' ? found.message : found.value;
}

/** Local branches that an earlier try with just these changes left. */
async function reusableBranches(
  core: Core,
  { repository, request, base, paths, title }: GitQuestion,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const name = request.branch ?? proposeBranch(title, () => false);
  const candidates = repository.refs.filter(
    (ref) => isNumbered(ref.name, `refs/heads/${name}`) && !isElsewhere(repository, ref),
  );
  const found = new Set<string>();
  for (const ref of candidates) {
    const branch = ref.name.slice('refs/heads/'.length);
    const asked = { paths, baseCommit: base.label.commit, branch };
    const existing = await core.deps.git.existingCommit(request.root, asked, signal);
    if (existing.kind === 'ok' && existing.value !== undefined) found.add(branch);
  }
  return found;
}

function isNumbered(ref: string, name: string): boolean {
  return ref === name || (ref.startsWith(`${name}-`) && /^\d+$/.test(ref.slice(name.length + 1)));
}

/** On some remote, the branch has gone another way. */
function isElsewhere(repository: Repository, ref: { name: string; commit: string }): boolean {
  const branch = ref.name.slice('refs/heads/'.length);
  return repository.refs.some(
    ({ name, commit }) => isRemoteBranch(name, branch) && commit !== ref.commit,
  );
}

function isTaken(repository: Repository, branch: string): boolean {
  return repository.refs.some(
    ({ name }) => name === `refs/heads/${branch}` || isRemoteBranch(name, branch),
  );
}

function isRemoteBranch(ref: string, branch: string): boolean {
  return ref.startsWith('refs/remotes/') && ref.endsWith(`/${branch}`);
}

function refuse(reason: string): Refusal {
  return { kind: 'refusal', reason };
}
