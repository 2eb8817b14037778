import type { Coalescer } from '../base/coalesce';
import type { App } from '../model/app';
import type { Repository } from '../model/render';
import { sameRepository } from '../repo/gitUrl';
import type { Core } from './core';
import type { FlowEvent } from './flow';
import { defaultTarget } from './revisions';

export interface FetchRequest {
  readonly root: string;
  /** What these follow is fetched; the remote of the default target where nothing is said. */
  readonly apps: readonly App[];
}

/** Brings the remote-tracking refs of a root up to date, where settings allow it, and looks again. */
export async function fetchTarget(
  core: Core,
  flow: Coalescer<FlowEvent>,
  { root, apps }: FetchRequest,
  signal: AbortSignal,
): Promise<{ readonly warnings: readonly string[] }> {
  const repository = core.roots.get(root)?.repository;
  const remotes = repository === undefined ? [] : remotesOf(repository, apps);
  if (remotes.length === 0) return { warnings: [] };
  if (!core.settings.fetchAllowed) {
    return { warnings: ['Fetching is switched off: the remote may have moved on.'] };
  }
  const warnings: string[] = [];
  for (const remote of remotes) {
    const fetched = await core.deps.git.fetch(root, remote, signal);
    if (fetched.kind === 'failed') warnings.push(`Fetching ${remote} failed: ${fetched.message}`);
  }
  flow.push([{ kind: 'git', root }]);
  await flow.idle();
  await core.activity.idle();
  return { warnings };
}

/** The remotes that the apps follow, else the one of the default target. */
export function remotesOf(repository: Repository, apps: readonly App[]): readonly string[] {
  const followed = repository.remotes.filter(({ urls }) =>
    urls.some((url) => apps.some(({ follows }) => sameRepository(url, follows?.repoUrl ?? ''))),
  );
  const wanted = followed.length > 0 ? followed.map(({ name }) => name) : [remoteOf(repository)];
  return wanted.filter((name) => name !== undefined);
}

function remoteOf(repository: Repository): string | undefined {
  const target = defaultTarget(repository);
  const named = repository.remotes.find(({ name }) => target?.ref.startsWith(`${name}/`));
  return (named ?? repository.remotes[0])?.name;
}
