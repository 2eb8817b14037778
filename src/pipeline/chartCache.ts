import type { AppState } from '../model/appState';
import { CACHED_CHARTS } from '../model/render';
import type { Core } from './core';

const MAX_BYTES = 1024 ** 3;
const CACHED_PATH = new RegExp(`^${CACHED_CHARTS.replaceAll('.', '\\.')}/([0-9a-f]{64})/`);

/** Digests (`sha256:…`) of the archives that the apps were rendered with, dependencies included. */
export function chartsInUse(states: readonly AppState[]): readonly string[] {
  const rendered = states.flatMap(({ working }) => {
    if (working.kind === 'rendered') return [working.desired];
    return 'lastGood' in working && working.lastGood !== undefined ? [working.lastGood] : [];
  });
  const named = rendered.flatMap(({ charts = [] }) => charts.flatMap(({ digest }) => digest ?? []));
  const seen = rendered.flatMap(({ objects }) =>
    objects.flatMap(({ origin }) => {
      const digest = CACHED_PATH.exec(origin.path)?.[1];
      return digest === undefined ? [] : [`sha256:${digest}`];
    }),
  );
  return [...new Set([...named, ...seen])].sort();
}

/** Removes what was used least recently from the cache that all windows share. */
export async function trimCharts(core: Core, signal: AbortSignal): Promise<void> {
  const { fetcher } = core.deps;
  if (!core.trusted || fetcher === undefined) return;
  await fetcher.trim(MAX_BYTES, chartsInUse(core.store.state().apps), signal);
}
