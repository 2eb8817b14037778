import { isCancellation } from '../base/userError';
import { fetchableOf, fetchKey } from '../model/missing';
import type { ChartsFetched } from '../model/workbench';
import type { Core } from './core';

/** Looked at only while something could not be had for the lack of a login. */
const LOOK_MS = 3_000;

const watching = new WeakSet<Core>();

/**
 * After a fetch that nobody asked for was refused a login: waits for the user's logins to be others,
 * then lets what lacks be tried once more. What is refused again waits for the next change.
 */
export function retryAfterLogin(
  core: Core,
  fetched: ChartsFetched,
  retry: (key: string) => void,
): void {
  const wantsLogin =
    fetched.kind === 'fetched' && fetched.failures.some(({ kind }) => kind === 'unauthorized');
  if (!wantsLogin || watching.has(core)) return;
  watching.add(core);
  void waitForLogin(core)
    .then((keys) => {
      watching.delete(core);
      for (const key of keys) retry(key);
    })
    .catch((error: unknown) => {
      watching.delete(core);
      if (!isCancellation(error)) core.deps.log.warn('logins are no longer looked at');
    });
}

/** The apps that lack something, which may be asked for again. */
async function waitForLogin(core: Core): Promise<readonly string[]> {
  const logins = async (): Promise<string | undefined> => await core.deps.fetcher?.logins?.();
  const before = await logins();
  do {
    await core.deps.sleep(LOOK_MS, core.lifetime.signal);
  } while (before === (await logins()));
  const lacking = core.store.state().apps.filter((state) => fetchableOf(state).length > 0);
  for (const state of lacking) {
    for (const reference of fetchableOf(state)) core.triedCharts.delete(fetchKey(reference));
  }
  return lacking.map(({ app }) => app.key);
}
