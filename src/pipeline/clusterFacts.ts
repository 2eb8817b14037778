import type { App } from '../model/app';
import type { ClusterFacts } from '../model/clusterFacts';
import type { KnownOutcome } from '../model/withheld';
import { entryOf } from './core';
import type { Core } from './core';
import { NOTHING_HELD } from './heldRelease';
import { releaseSource } from './releases';
import { sameData } from './share';

/** What is known of the cluster that Helm releases the app to; absent for every other app. */
export function factsOf(core: Core, app: App): ClusterFacts | undefined {
  if (releaseSource(app) === undefined) return undefined;
  return entryOf(core, app.key).release?.facts ?? {};
}

/** Keeps what the templates of an app ask, for the next look at its cluster. */
export function rememberAsked(core: Core, app: App, outcome: KnownOutcome): void {
  if (outcome.kind === 'unavailable' || releaseSource(app) === undefined) return;
  const entry = entryOf(core, app.key);
  const asked = outcome.kind === 'failed' ? outcome : outcome.result;
  const { lookups = [], releaseAsked = false } = asked;
  entry.release = { ...(entry.release ?? NOTHING_HELD), lookups, releaseAsked };
}

/**
 * Where an app is due to be released, its templates are told the action that will do it. True when
 * they may say something else then.
 */
export function takeNextAction(core: Core, key: string): boolean {
  const entry = entryOf(core, key);
  const held = entry.release;
  if (held?.next === undefined || !held.releaseAsked) return false;
  if (sameData(held.facts.release, held.next)) return false;
  entry.release = { ...held, facts: { ...held.facts, release: held.next } };
  return true;
}
