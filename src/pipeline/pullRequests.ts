import type { Coalescer } from '../base/coalesce';
import type { AppState, RevisionLabel } from '../model/appState';
import type { PullRequestOutcome, PullRequestPlan } from '../model/plan';
import type { Repository } from '../model/render';
import type {
  PullRequestCredentials,
  PullRequestRequest,
  Refusal,
  Workbench,
} from '../model/workbench';
import { affectingPaths } from './attribution';
import type { Core, RootEntry } from './core';
import { changedSince } from './discovery';
import type { FlowEvent } from './flow';
import { fetchTarget } from './fetching';
import { lastComparison } from './localComparison';
import { openPullRequest } from './pullRequestRun';
import { composeBody, proposeBranch, proposeTitle } from './pullRequestText';
import type { AppChanges } from './pullRequestText';
import { describeRevision, defaultTarget, targetOf } from './revisions';

export function createPullRequests(
  core: Core,
  flow: Coalescer<FlowEvent>,
): Pick<Workbench, 'planPullRequest' | 'runPullRequest'> {
  return {
    planPullRequest: (request, signal) => plan(core, flow, request, signal),
    async runPullRequest(
      planned: PullRequestPlan,
      credentials: PullRequestCredentials,
      signal: AbortSignal,
    ): Promise<PullRequestOutcome> {
      const message = untrusted(core);
      if (message !== undefined) return { kind: 'failed', step: 'commit', message };
      const repository = core.roots.get(planned.root)?.repository;
      const outcome = await openPullRequest(
        core,
        { plan: planned, repository, credentials },
        signal,
      );
      flow.push([{ kind: 'git', root: planned.root }]);
      return outcome;
    },
  };
}

function untrusted(core: Core): string | undefined {
  return core.trusted ? undefined : 'This workspace is not trusted, so nothing is written to Git.';
}

async function plan(
  core: Core,
  flow: Coalescer<FlowEvent>,
  request: PullRequestRequest,
  signal: AbortSignal,
): Promise<PullRequestPlan | Refusal> {
  const reason = untrusted(core);
  if (reason !== undefined) return refuse(reason);
  const fetched = await fetchTarget(core, flow, request.root, signal);
  const entry = core.roots.get(request.root);
  if (entry?.repository === undefined) return refuse('This folder is not a Git repository.');
  const states = request.appKeys.flatMap((key) => core.store.app(key) ?? []);
  const base = baseOf(states, entry.repository);
  if (typeof base === 'string') return refuse(base);
  const paths = await pathsOf(core, entry, { request, states, base });
  if (paths.length === 0) return refuse(`Nothing chosen differs from ${base.label.ref}.`);
  const notes = [...fetched.warnings, ...unsavedWarnings(entry, paths)];
  const warnings = [...notes, ...(await behindWarnings(core, entry, { base, paths, signal }))];
  return compose({ request, entry, repository: entry.repository, states, base, paths, warnings });
}

interface Base {
  readonly label: RevisionLabel;
  readonly remote: string;
  readonly branch: string;
}

/** One branch of one remote that all chosen apps follow, or the sentence why there is none. */
function baseOf(states: readonly AppState[], repository: Repository): Base | string {
  const labels = states.map(({ app }) => targetOf(app, repository));
  const wanted = labels.length === 0 ? [defaultTarget(repository)] : labels;
  const refs = new Map(
    wanted.flatMap((label) => (label === undefined ? [] : [[label.ref, label]])),
  );
  if (refs.size > 1) {
    return `The chosen apps follow different branches (${[...refs.keys()].join(', ')}): one pull request can only go into one.`;
  }
  const [label] = [...refs.values()];
  const remote = label && repository.remotes.find(({ name }) => label.ref.startsWith(`${name}/`));
  if (label === undefined || remote === undefined) {
    return 'There is no remote branch that a pull request could go into.';
  }
  return { label, remote: remote.name, branch: label.ref.slice(remote.name.length + 1) };
}

async function pathsOf(
  core: Core,
  entry: RootEntry,
  choice: { request: PullRequestRequest; states: readonly AppState[]; base: Base },
): Promise<readonly string[]> {
  const changed = await changedSince(core, entry, choice.base.label.commit);
  if (changed.kind === 'unavailable') return [];
  const inputs = choice.states.flatMap((state) => [
    ...affectingPaths(core, state, choice.base.label.commit),
  ]);
  const chosen = new Set([...choice.request.paths, ...inputs]);
  return [...chosen].filter((path) => changed.paths.has(path)).sort();
}

function unsavedWarnings(entry: RootEntry, paths: readonly string[]): readonly string[] {
  return paths
    .filter((path) => path in entry.overlay)
    .map((path) => `${path} has unsaved changes, which are not included.`);
}

/** Files that somebody else changed on the target since this branch left it. */
async function behindWarnings(
  core: Core,
  entry: RootEntry,
  { base, paths, signal }: { base: Base; paths: readonly string[]; signal: AbortSignal },
): Promise<readonly string[]> {
  const head = entry.repository?.headCommit;
  const target = base.label.commit;
  if (head === undefined || head === target) return [];
  const newer = await core.deps.git.commitsBetween(entry.root, head, target, signal);
  if (newer.kind === 'failed' || newer.value.length === 0) return [];
  const differing: string[] = [];
  for (const path of paths) {
    const [ours, theirs] = await Promise.all([
      core.deps.renderer.read({ root: entry.root, revision: head }, path, signal),
      core.deps.renderer.read({ root: entry.root, revision: target }, path, signal),
    ]);
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) differing.push(path);
  }
  return differing.map(
    (path) =>
      `${path} differs between your branch and ${base.label.ref}, which has newer commits: check that the pull request undoes nothing.`,
  );
}

interface Composition {
  readonly request: PullRequestRequest;
  readonly entry: RootEntry;
  readonly repository: Repository;
  readonly states: readonly AppState[];
  readonly base: Base;
  readonly paths: readonly string[];
  readonly warnings: readonly string[];
}

function compose(composition: Composition): PullRequestPlan {
  const { request, entry, repository, base, paths, warnings } = composition;
  const apps = changesOf(composition.states);
  const title = request.title ?? proposeTitle(apps, paths);
  const branch = request.branch ?? proposeBranch(title, (name) => isTaken(repository, name));
  const remote = repository.remotes.find(({ name }) => name === base.remote);
  return {
    root: entry.root,
    paths,
    baseRef: `refs/remotes/${base.label.ref}`,
    baseCommit: base.label.commit,
    baseBranch: base.branch,
    branch,
    commitMessage: title,
    title,
    body: composeBody({ apps, paths, against: describeRevision(base.label) }),
    pushRemote: repository.upstream?.remote ?? base.remote,
    targetUrl: remote?.urls[0] ?? '',
    ridesAlong: [],
    warnings,
  };
}

function changesOf(states: readonly AppState[]): readonly AppChanges[] {
  return states.flatMap(({ app, local }) => {
    const changes = lastComparison(local)?.changes ?? [];
    return changes.length === 0 ? [] : [{ app, changes }];
  });
}

function isTaken(repository: Repository, branch: string): boolean {
  return repository.refs.some(
    ({ name }) =>
      name === `refs/heads/${branch}` ||
      (name.startsWith('refs/remotes/') && name.endsWith(`/${branch}`)),
  );
}

function refuse(reason: string): Refusal {
  return { kind: 'refusal', reason };
}
