import { askableOf, coverReferences, isFetchable } from '../model/missing';
import type { MissingReference, Snapshot } from '../model/render';
import type { AppState } from '../model/appState';
import type { ChartsFetched } from '../model/workbench';
import { fetchMissing } from '../pipeline/chartFetching';
import type { CoreWorkbench } from '../pipeline/workbench';
import type { CommandContext } from './command';
import { flag } from './command';
import type { Io } from './io';
import { defaultSettings } from './workspace';

function writeFailures(io: Io, fetched: ChartsFetched): void {
  if (fetched.kind === 'refused') io.err(fetched.message);
  if (fetched.kind !== 'fetched') return;
  for (const { reference, message } of fetched.failures) io.err(`${reference}: ${message}`);
  if (fetched.lockOutOfSync)
    io.err('A Chart.lock does not belong to its Chart.yaml: not followed.');
}

/**
 * With `--fetch`, gets what these apps lack, and asks anew for branches, ranges and files; waits until
 * they are rendered again.
 */
export async function fetchForApps(
  { io, args }: CommandContext,
  workbench: CoreWorkbench,
  states: readonly AppState[],
): Promise<void> {
  const asking = states.filter((state) => askableOf(state).length > 0);
  if (!flag(args, 'fetch') || asking.length === 0) return;
  const fetching = coverReferences(asking, askableOf).map(({ app }) =>
    workbench.fetchCharts(app.key, io.signal),
  );
  for (const fetched of await Promise.all(fetching)) writeFailures(io, fetched);
  await workbench.whenIdle();
}

/** With `--fetch`, what gets what a render lacked; true where there is any of it now. */
export function fetchForPath({
  io,
  args,
  tools,
}: CommandContext): (snapshot: Snapshot, missing: readonly MissingReference[]) => Promise<boolean> {
  return async (snapshot, missing) => {
    if (!flag(args, 'fetch') || !missing.some(isFetchable)) return false;
    const parts = {
      fetcher: tools.fetcher(),
      renderer: tools.renderer(defaultSettings(io.environment)),
    };
    const fetched = await fetchMissing(parts, [{ snapshot, missing }], { signal: io.signal });
    writeFailures(io, fetched);
    return fetched.kind === 'fetched' && fetched.count > 0;
  };
}
