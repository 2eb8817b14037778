import type { PullRequestOutcome, PullRequestPlan } from '../model/plan';
import type { Repository } from '../model/render';
import type { PullRequestCredentials } from '../model/workbench';
import { compareUrl, parseForgeAddress } from '../forge/address';
import type { ForgeAddress } from '../forge/address';
import { createForge, detectForge } from '../forge/table';
import type { ForgeName } from '../forge/table';
import type { Core } from './core';

export interface Run {
  readonly plan: PullRequestPlan;
  readonly repository: Repository | undefined;
  readonly credentials: PullRequestCredentials;
}

/** Commits, pushes and opens; stops at the first step that fails and says which it was. */
export async function openPullRequest(
  core: Core,
  run: Run,
  signal: AbortSignal,
): Promise<PullRequestOutcome> {
  const { plan } = run;
  const committed = await core.deps.git.commitPaths(
    plan.root,
    {
      paths: plan.paths,
      baseCommit: plan.baseCommit,
      branch: plan.branch,
      message: plan.commitMessage,
    },
    signal,
  );
  if (committed.kind === 'failed') return failed('commit', committed.message);
  const push = await pushBranch(core, run, signal);
  if (push !== undefined) return failed('push', push);
  return await open(run, signal);
}

function failed(step: 'commit' | 'push' | 'open', message: string): PullRequestOutcome {
  return { kind: 'failed', step, message };
}

/** `undefined` when the branch is on the remote, else the reason why not. */
async function pushBranch(core: Core, run: Run, signal: AbortSignal): Promise<string | undefined> {
  const { plan, credentials } = run;
  if (credentials.push) return await credentials.push(plan.root, plan.pushRemote, plan.branch);
  const address = addressOf(run, plan.pushRemote);
  const token = address && (await tokenFor(address, credentials, signal)).token;
  const request = { remote: plan.pushRemote, branch: plan.branch, ...(token && { token }) };
  const pushed = await core.deps.git.push(plan.root, request, signal);
  return pushed.kind === 'failed' ? pushed.message : undefined;
}

function addressOf({ repository }: Run, remote: string): ForgeAddress | undefined {
  const url = repository?.remotes.find(({ name }) => name === remote)?.urls[0];
  return url === undefined ? undefined : parseForgeAddress(url);
}

interface Login {
  readonly forge: ForgeName | undefined;
  readonly token: string | undefined;
}

async function tokenFor(
  address: ForgeAddress,
  credentials: PullRequestCredentials,
  signal: AbortSignal,
): Promise<Login> {
  const forge = await detectForge(address, signal);
  const token = forge === undefined ? undefined : await credentials.token(forge, address.baseUrl);
  return { forge, token };
}

async function open(run: Run, signal: AbortSignal): Promise<PullRequestOutcome> {
  const { plan, credentials } = run;
  const target = parseForgeAddress(plan.targetUrl);
  if (target === undefined) {
    return failed(
      'open',
      `The branch ${plan.branch} is pushed, but its remote is no forge with pull requests.`,
    );
  }
  const { forge: name, token } = await tokenFor(target, credentials, signal);
  const head = headOf(run, target);
  const byHand = compareUrl(target, plan.baseBranch, head.branch);
  if (name === undefined) {
    return {
      kind: 'pushed',
      compareUrl: byHand,
      reason: `${target.host} is neither GitHub nor Gitea.`,
    };
  }
  if (token === undefined) {
    return { kind: 'pushed', compareUrl: byHand, reason: `There is no login for ${target.host}.` };
  }
  const forge = createForge(name, { address: target, token });
  if (forge === undefined) return failed('open', `There is no support for ${name}.`);
  return await forge.openPullRequest(plan, head, signal);
}

/** With the owner where the branch was pushed to a fork. */
function headOf(run: Run, target: ForgeAddress): { owner?: string; branch: string } {
  const pushed = addressOf(run, run.plan.pushRemote);
  const branch = run.plan.branch;
  return pushed === undefined || pushed.owner === target.owner
    ? { branch }
    : { owner: pushed.owner, branch };
}
