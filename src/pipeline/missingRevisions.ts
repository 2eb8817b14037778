import type { App } from '../model/app';
import type { RevisionLabel } from '../model/appState';
import type { Repository } from '../model/render';
import type { Core, RootEntry } from './core';
import { remotesOf } from './fetching';
import { targetOf } from './revisions';

/** What was already fetched for a root, so that no look asks a remote twice for the same. */
const asked = new WeakMap<RootEntry, Map<string, Promise<boolean>>>();

function once(root: RootEntry, what: string, fetch: () => Promise<boolean>): Promise<boolean> {
  const ofRoot = asked.get(root) ?? new Map<string, Promise<boolean>>();
  asked.set(root, ofRoot);
  const known = ofRoot.get(what);
  if (known !== undefined) return known;
  const fetching = fetch();
  ofRoot.set(what, fetching);
  // A look that was cancelled has not asked.
  fetching.catch(() => ofRoot.delete(what));
  return fetching;
}

function mayFetch(core: Core): boolean {
  return core.trusted && core.settings.fetchAllowed;
}

interface At {
  readonly app: App;
  readonly root: RootEntry;
  readonly signal: AbortSignal;
}

/** The target; where the clone lacks the ref, its remote is asked once, else another one stands in. */
export async function targetFetched(
  core: Core,
  { app, root, signal }: At,
): Promise<RevisionLabel | undefined> {
  const { repository } = root;
  const label = repository && targetOf(app, repository);
  if (repository === undefined || label?.insteadOf === undefined || !mayFetch(core)) return label;
  await once(root, `ref ${label.insteadOf}`, () =>
    fetchRefs(core, root, { app, repository, signal }),
  );
  return root.repository && targetOf(app, root.repository);
}

interface From {
  readonly app: App;
  readonly repository: Repository;
  readonly signal: AbortSignal;
}

async function fetchRefs(
  core: Core,
  root: RootEntry,
  { app, repository, signal }: From,
): Promise<boolean> {
  for (const remote of remotesOf(repository, [app])) {
    const fetched = await core.deps.git.fetch(root.root, remote, signal);
    if (fetched.kind === 'failed') core.deps.log.warn(`fetching ${remote}: ${fetched.message}`);
  }
  root.repository = (await core.deps.renderer.repository(root.root, signal)) ?? repository;
  return true;
}

/** True when the commit, which the clone could not give whole, was fetched just now. */
export async function fetchCommit(
  core: Core,
  { app, root, signal }: At,
  commit: string,
): Promise<boolean> {
  const { repository } = root;
  if (repository === undefined || !mayFetch(core)) return false;
  return await once(root, `commit ${commit}`, async () => {
    const { shallow, partial } = repository;
    for (const remote of remotesOf(repository, [app])) {
      const request = { remote, commit, shallow, partial };
      const fetched = await core.deps.git.fetchCommit(root.root, request, signal);
      if (fetched.kind === 'ok') return true;
      core.deps.log.warn(`fetching ${commit} of ${remote}: ${fetched.message}`);
    }
    return false;
  });
}
