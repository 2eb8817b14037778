import type { Freshness, WatchState } from '../model/watch';
import type { Collection } from './collection';

/** How current all that is followed of a cluster is: as current as the worst of it. */
export function freshnessOf(
  collections: readonly Pick<Collection, 'state' | 'heardMs' | 'pollMs'>[],
  at: { readonly startedMs: number; readonly isReminded: boolean; readonly pollMs: number },
): Freshness {
  const followed = collections.filter(({ state }) => state?.kind !== 'ended');
  const updatedAtMs = Math.min(...followed.map(({ heardMs }) => heardMs));
  const known = Number.isFinite(updatedAtMs) ? updatedAtMs : at.startedMs;
  const broken = brokenOf(collections.map(({ state }) => state));
  if (broken !== undefined) return { ...broken, updatedAtMs: known };
  return at.isReminded || followed.some(({ pollMs }) => pollMs !== undefined)
    ? { kind: 'polling', updatedAtMs: known, everyMs: at.pollMs }
    : { kind: 'live', updatedAtMs: known };
}

type Broken =
  | { readonly kind: 'signed-out'; readonly reason: string }
  | { readonly kind: 'reconnecting'; readonly sinceMs: number; readonly reason: string };

function brokenOf(states: readonly (WatchState | undefined)[]): Broken | undefined {
  const ended = states.flatMap((state) => (state?.kind === 'ended' ? [state.refusal] : []));
  const signedOut = ended.find(({ kind }) => kind === 'unauthorised');
  if (signedOut !== undefined) return { kind: 'signed-out', reason: signedOut.message };
  const reconnecting = states.flatMap((state) => (state?.kind === 'reconnecting' ? [state] : []));
  const [first] = reconnecting.toSorted((a, b) => a.sinceMs - b.sinceMs);
  if (first === undefined) return undefined;
  return { kind: 'reconnecting', sinceMs: first.sinceMs, reason: first.refusal.message };
}
