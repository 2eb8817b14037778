import type { Coalescer } from '../base/coalesce';
import { withoutCredentials } from '../forge/address';
import { appLabel } from '../model/app';
import type { AppState } from '../model/appState';
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
import { readGit } from './pullRequestGit';
import type { Base, GitFacts } from './pullRequestGit';
import { composeBody, proposeTitle } from './pullRequestText';
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
      const outcome = await openPullRequest(core, { plan: planned, credentials }, signal);
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
  const chosen = statesOf(core, request);
  const apps = chosen.map(({ app }) => app);
  const fetched = await fetchTarget(core, flow, { root: request.root, apps }, signal);
  const entry = core.roots.get(request.root);
  if (entry?.repository === undefined) return refuse('This folder is not a Git repository.');
  const states = statesOf(core, request);
  const base = baseOf(states, entry.repository);
  if (typeof base === 'string') return refuse(base);
  const paths = await pathsOf(core, entry, { request, states, base });
  if (paths.length === 0) return refuse(`Nothing chosen differs from ${base.label.ref}.`);
  const { repository } = entry;
  const title = request.title ?? proposeTitle(changesOf(states), paths);
  const git = await readGit(core, { repository, request, base, paths, title }, signal);
  if ('kind' in git) return git;
  const warnings = [
    ...fetched.warnings,
    ...standInWarnings(states, repository),
    ...unsavedWarnings(entry, paths),
    ...git.warnings,
  ];
  return compose({ git, root: entry.root, repository, states, base, paths, warnings });
}

function statesOf(core: Core, { appKeys }: PullRequestRequest): readonly AppState[] {
  return appKeys.flatMap((key) => core.store.app(key) ?? []);
}

/** Where the clone lacks the branch that an app follows, another one stands in for it. */
function standInWarnings(states: readonly AppState[], repository: Repository): readonly string[] {
  return states.flatMap(({ app }) => {
    const label = targetOf(app, repository);
    return label?.insteadOf === undefined
      ? []
      : `${appLabel(app)} follows ${label.insteadOf}, which this clone does not have: the pull request goes into ${label.ref}.`;
  });
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

interface Composition {
  readonly git: GitFacts;
  readonly root: string;
  readonly repository: Repository;
  readonly states: readonly AppState[];
  readonly base: Base;
  readonly paths: readonly string[];
  readonly warnings: readonly string[];
}

function compose(composition: Composition): PullRequestPlan {
  const { git, root, repository, base, paths, warnings } = composition;
  const apps = changesOf(composition.states);
  const remote = repository.remotes.find(({ name }) => name === base.remote);
  const { title, branch, ridesAlong } = git;
  return {
    root,
    paths,
    baseRef: `refs/remotes/${base.label.ref}`,
    baseCommit: base.label.commit,
    baseBranch: base.branch,
    branch,
    commitMessage: title,
    title,
    body: composeBody({ apps, paths, against: describeRevision(base.label), ridesAlong }),
    pushRemote: withoutCredentials(git.target.remote),
    pushUrls: git.target.urls.map(withoutCredentials),
    targetUrl: withoutCredentials(remote?.urls[0] ?? ''),
    ridesAlong,
    warnings,
  };
}

function changesOf(states: readonly AppState[]): readonly AppChanges[] {
  return states.flatMap(({ app, local }) => {
    const changes = lastComparison(local)?.changes ?? [];
    return changes.length === 0 ? [] : [{ app, changes }];
  });
}

function refuse(reason: string): Refusal {
  return { kind: 'refusal', reason };
}
