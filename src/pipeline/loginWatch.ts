import { isCancellation } from '../base/userError';
import { fetchableOf, fetchKey } from '../model/missing';
import type { ChartsFetched } from '../model/workbench';
import type { Core } from './core';

/** Looked at only while something could not be had for the lack of a login. */
const LOOK_MS = 3_000;

const watching = new WeakSet<Core>();

/**
 * Fetches without being asked. If a login was refused, waits until the user's logins are others than
 * those that the fetch began with, then lets what lacks be tried once more; what is refused again
 * waits for the next change.
 */
export async function fetchWithLogins(
  core: Core,
  fetch: () => Promise<ChartsFetched>,
  retry: (key: string) => void,
): Promise<void> {
  // Who logs in during the fetch is heard as well.
  const before = await loginsOf(core);
  const fetched = await fetch();
  const wantsLogin =
    fetched.kind === 'fetched' && fetched.failures.some(({ kind }) => kind === 'unauthorized');
  if (!wantsLogin || watching.has(core)) return;
  watching.add(core);
  void waitForLogin(core, before)
    .then((keys) => {
      watching.delete(core);
      for (const key of keys) retry(key);
    })
    .catch((error: unknown) => {
      watching.delete(core);
      if (!isCancellation(error)) core.deps.log.warn('logins are no longer looked at');
    });
}

async function loginsOf(core: Core): Promise<string | undefined> {
  return await core.deps.fetcher?.logins?.();
}

/** The apps that lack something, which may be asked for again. */
async function waitForLogin(core: Core, before: string | undefined): Promise<readonly string[]> {
  do {
    await core.deps.sleep(LOOK_MS, core.lifetime.signal);
  } while (before === (await loginsOf(core)));
  const lacking = core.store.state().apps.filter((state) => fetchableOf(state).length > 0);
  for (const state of lacking) {
    for (const reference of fetchableOf(state)) core.triedCharts.delete(fetchKey(reference));
  }
  return lacking.map(({ app }) => app.key);
}
