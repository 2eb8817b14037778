import type { AppState, Rendered } from '../model/appState';
import type { KeptInCache } from '../model/fetch';
import { CACHED_CHARTS } from '../model/render';
import type { Core } from './core';

const MAX_BYTES = 1024 ** 3;
const CACHED_PATH = new RegExp(`^${CACHED_CHARTS.replaceAll('.', '\\.')}/([0-9a-f]{64})/`);

/** What apps were rendered with: charts, their dependencies, files of servers, other repositories. */
export function inUse(states: readonly AppState[]): KeptInCache {
  const rendered = states.flatMap(({ working }) => {
    if (working.kind === 'rendered') return [working.desired];
    return 'lastGood' in working && working.lastGood !== undefined ? [working.lastGood] : [];
  });
  return { digests: digestsOf(rendered), repositories: repositoriesOf(rendered) };
}

function digestsOf(rendered: readonly Rendered[]): readonly string[] {
  const named = rendered.flatMap(({ charts = [], files = [] }) =>
    [...charts, ...files].flatMap(({ digest }) => digest ?? []),
  );
  const seen = rendered.flatMap(({ objects }) =>
    objects.flatMap(({ origin }) => {
      const digest = CACHED_PATH.exec(origin.path)?.[1];
      return digest === undefined ? [] : [`sha256:${digest}`];
    }),
  );
  return [...new Set([...named, ...seen])].sort();
}

function repositoriesOf(rendered: readonly Rendered[]): KeptInCache['repositories'] {
  const used = rendered.flatMap(({ repositories = [] }) =>
    repositories.flatMap(({ url, commit, fetchedAt, modules = [] }) => {
      const own = commit === undefined || fetchedAt === undefined ? [] : [{ url, commit }];
      return [...own, ...modules.map((module) => ({ url: module.url, commit: module.commit }))];
    }),
  );
  return [...new Map(used.map((one) => [`${one.url} ${one.commit}`, one])).values()];
}

/** Removes what was used least recently from the cache that all windows share. */
export async function trimCharts(core: Core, signal: AbortSignal): Promise<void> {
  const { fetcher } = core.deps;
  if (!core.trusted || fetcher === undefined) return;
  await fetcher.trim(MAX_BYTES, inUse(core.store.state().apps), signal);
}
