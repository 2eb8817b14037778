import type { Coalescer } from '../base/coalesce';
import type { Repository } from '../model/render';
import type { Core } from './core';
import type { FlowEvent } from './flow';
import { defaultTarget } from './revisions';

/** Brings the remote-tracking refs of a root up to date, where settings allow it, and looks again. */
export async function fetchTarget(
  core: Core,
  flow: Coalescer<FlowEvent>,
  root: string,
  signal: AbortSignal,
): Promise<{ readonly warnings: readonly string[] }> {
  const repository = core.roots.get(root)?.repository;
  const remote = repository && remoteOf(repository);
  if (remote === undefined) return { warnings: [] };
  if (!core.settings.fetchAllowed) {
    return { warnings: ['Fetching is switched off: the remote may have moved on.'] };
  }
  const fetched = await core.deps.git.fetch(root, remote, signal);
  flow.push([{ kind: 'git', root }]);
  await flow.idle();
  await core.activity.idle();
  if (fetched.kind === 'ok') return { warnings: [] };
  return { warnings: [`Fetching ${remote} failed: ${fetched.message}`] };
}

function remoteOf(repository: Repository): string | undefined {
  const target = defaultTarget(repository);
  const named = repository.remotes.find(({ name }) => target?.ref.startsWith(`${name}/`));
  return (named ?? repository.remotes[0])?.name;
}
