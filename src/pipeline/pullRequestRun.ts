import type { PullRequestOutcome, PullRequestPlan } from '../model/plan';
import type { GitResult, PullRequestHead } from '../model/ports';
import type { PullRequestCredentials } from '../model/workbench';
import { lazy } from '../base/lazy';
import { isCancellation } from '../base/userError';
import { compareUrl, parseForgeAddress } from '../forge/address';
import type { ForgeAddress } from '../forge/address';
import { createForge, detectForge } from '../forge/table';
import type { ForgeName } from '../forge/table';
import type { Core } from './core';

interface Run {
  readonly plan: PullRequestPlan;
  readonly credentials: PullRequestCredentials;
  /** The forge of the repository that the apps follow. */
  readonly target: ForgeAddress | undefined;
  /** Asked for once, and only of that forge. */
  readonly login: () => Promise<Login>;
}

interface Login {
  readonly forge: ForgeName | undefined;
  readonly token: string | undefined;
}

const UNDO_LIMIT_MS = 10_000;

/**
 * Commits, pushes and opens; stops at the first step that fails and says which it was. A branch that
 * could not be pushed is taken away again; one that was there before is never touched.
 */
export async function openPullRequest(
  core: Core,
  { plan, credentials }: Pick<Run, 'plan' | 'credentials'>,
  signal: AbortSignal,
): Promise<PullRequestOutcome> {
  const target = parseForgeAddress(plan.targetUrl);
  const login = lazy(() => loginFor(target, credentials, signal));
  const run = { plan, credentials, target, login };
  const branch = await makeBranch(core, plan, signal);
  if (branch.kind === 'failed') return failed('commit', branch.message);
  const problem = await pushOrUndo(core, run, branch.value, signal);
  if (problem !== undefined) return failed('push', problem);
  return await open(run, signal);
}

function failed(step: 'commit' | 'push' | 'open', message: string): PullRequestOutcome {
  return { kind: 'failed', step, message };
}

interface Branch {
  readonly commit: string;
  /** Made by this run, not by an earlier one or by the user. */
  readonly made: boolean;
}

async function makeBranch(
  core: Core,
  plan: PullRequestPlan,
  signal: AbortSignal,
): Promise<GitResult<Branch>> {
  const { root, paths, baseCommit, branch, commitMessage: message } = plan;
  const request = { paths, baseCommit, branch };
  const existing = await core.deps.git.existingCommit(root, request, signal);
  if (existing.kind === 'failed') return existing;
  if (existing.value !== undefined) {
    return { kind: 'ok', value: { commit: existing.value, made: false } };
  }
  const made = await core.deps.git.commitPaths(root, { ...request, message }, signal);
  return made.kind === 'failed' ? made : { kind: 'ok', value: { commit: made.value, made: true } };
}

/** `undefined` when the branch is on the remote, else why not, with nothing left behind. */
async function pushOrUndo(
  core: Core,
  run: Run,
  branch: Branch,
  signal: AbortSignal,
): Promise<string | undefined> {
  const outcome = await pushBranch(core, run, signal).catch(async (error: unknown) => {
    await undo(core, run.plan, branch);
    throw error;
  });
  if (outcome === undefined) return undefined;
  const undone = await undo(core, run.plan, branch);
  return undone ? outcome : `${outcome} The local branch ${run.plan.branch} is left.`;
}

/** Not with the run's own signal: a cancelled push is undone, too. */
async function undo(core: Core, plan: PullRequestPlan, branch: Branch): Promise<boolean> {
  if (!branch.made) return true;
  const request = { branch: plan.branch, commit: branch.commit };
  const limit = AbortSignal.timeout(UNDO_LIMIT_MS);
  const deleted = await core.deps.git.deleteBranch(plan.root, request, limit);
  return deleted.kind === 'ok';
}

async function pushBranch(core: Core, run: Run, signal: AbortSignal): Promise<string | undefined> {
  const { plan, credentials } = run;
  const { root, pushRemote: remote, branch } = plan;
  if (credentials.push) return await credentials.push(root, remote, branch);
  const login = await loginForPush(run);
  const request = { remote, branch, ...(login && { login }) };
  const pushed = await core.deps.git.push(root, request, signal);
  return pushed.kind === 'failed' ? pushed.message : undefined;
}

/**
 * The token belongs to the forge of the repository that the apps follow. A push to another host goes
 * by the user's own Git credentials.
 */
async function loginForPush({
  plan,
  target,
  login,
}: Run): Promise<{ readonly origin: string; readonly token: string } | undefined> {
  const isThere = (url: string): boolean =>
    /^https?:/i.test(url) && parseForgeAddress(url)?.baseUrl === target?.baseUrl;
  if (target === undefined || !(plan.pushUrls ?? []).some(isThere)) return undefined;
  const { token } = await login();
  return token === undefined ? undefined : { origin: target.baseUrl, token };
}

async function loginFor(
  address: ForgeAddress | undefined,
  credentials: PullRequestCredentials,
  signal: AbortSignal,
): Promise<Login> {
  if (address === undefined) return { forge: undefined, token: undefined };
  const forge = await detectForge(address, signal);
  const token = forge === undefined ? undefined : await credentials.token(forge, address.baseUrl);
  return { forge, token };
}

async function open(run: Run, signal: AbortSignal): Promise<PullRequestOutcome> {
  const { plan, target } = run;
  if (target === undefined) {
    const where = `The branch ${plan.branch} is pushed to ${plan.pushRemote}`;
    return failed('open', `${where}, but ${plan.targetUrl} is no forge with pull requests.`);
  }
  const head = headOf(plan, target);
  const byHand = (reason: string): PullRequestOutcome => ({
    kind: 'pushed',
    compareUrl: compareUrl(target, plan.baseBranch, head ?? { branch: plan.branch }),
    reason,
  });
  if (head === undefined) {
    return byHand(`${plan.pushRemote} is not on ${target.host}, where the apps' repository is.`);
  }
  try {
    return await openOn({ run, target, head, byHand }, signal);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return byHand('It was cancelled before the pull request was opened.');
  }
}

interface Opening {
  readonly run: Run;
  readonly target: ForgeAddress;
  readonly head: PullRequestHead;
  readonly byHand: (reason: string) => PullRequestOutcome;
}

async function openOn(
  { run, target, head, byHand }: Opening,
  signal: AbortSignal,
): Promise<PullRequestOutcome> {
  const { forge: name, token } = await run.login();
  if (name === undefined) return byHand(`${target.host} does not answer as GitHub or Gitea does.`);
  if (token === undefined) return byHand(`There is no login for ${target.host}.`);
  const forge = createForge(name, { address: target, token });
  if (forge === undefined) return byHand(`There is no support for ${name}.`);
  return await forge.openPullRequest(run.plan, head, signal);
}

/** With owner and repository where the branch was pushed to a fork; `undefined` for another host. */
function headOf(plan: PullRequestPlan, target: ForgeAddress): PullRequestHead | undefined {
  const { branch } = plan;
  const [url] = plan.pushUrls ?? [];
  const pushed = url === undefined ? undefined : parseForgeAddress(url);
  if (pushed === undefined) return url === undefined ? { branch } : undefined;
  if (pushed.host !== target.host) return undefined;
  if (pushed.owner !== target.owner) return { owner: pushed.owner, branch };
  if (pushed.repository === target.repository) return { branch };
  return { owner: pushed.owner, repository: pushed.repository, branch };
}
