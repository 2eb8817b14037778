import type { App } from '../model/app';
import type { WorkingState } from '../model/appState';
import type { ClusterFacts, LookupAnswer } from '../model/clusterFacts';
import type { HelmSource } from '../model/render';
import type { ClusterSession } from './clusterSession';
import { entryOf } from './core';
import type { Core } from './core';
import { NOTHING_HELD } from './heldRelease';
import type { HeldRelease } from './heldRelease';
import { lookupKey, readLookups } from './lookups';
import { readReleases, releaseSource } from './releases';
import type { ReleaseHistory } from './releases';
import { rendered, scheduleRender } from './rendering';
import { sameData } from './share';

/** An object that was looked up can name the next one to look up. */
const MOST_ROUNDS = 4;

/**
 * Reads what the templates of released apps ask of their cluster, and renders these apps again with
 * the answers. Of an app that asks nothing, nothing is read.
 */
export async function readReleaseFacts(
  core: Core,
  session: ClusterSession,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const released = await readEach(core, session, keys, { signal, first: true });
  await renderAll(core, released);
  for (let round = 1, moved = released; moved.length > 0 && round < MOST_ROUNDS; round += 1) {
    moved = await readEach(core, session, moved, { signal, first: false });
    await renderAll(core, moved);
  }
}

/** Renders the working copies; whoever compares renders the rest with the same facts. */
async function renderAll(core: Core, keys: readonly string[]): Promise<void> {
  for (const key of keys) scheduleRender(core, key);
  await Promise.all(keys.map((key) => rendered(core, key)));
}

interface Reading {
  readonly signal: AbortSignal;
  /** What was read before is read anew. */
  readonly first: boolean;
}

/** The keys of the apps of which other facts are known now. */
async function readEach(
  core: Core,
  session: ClusterSession,
  keys: readonly string[],
  reading: Reading,
): Promise<readonly string[]> {
  const moved = await Promise.all(
    keys.map(async (key) => {
      const app = core.store.app(key)?.app;
      const source = app && releaseSource(app);
      if (app === undefined || source === undefined) return [];
      const before = entryOf(core, key).release ?? NOTHING_HELD;
      const now = await heldNow(core, { app, source, session, before }, reading);
      entryOf(core, key).release = now;
      return sameData(told(before), told(now)) ? [] : [key];
    }),
  );
  return moved.flat();
}

/** What a render is told, or tells. */
function told({ facts, limits }: HeldRelease): unknown {
  return { facts, limits };
}

interface Ask {
  readonly app: App;
  readonly source: HelmSource;
  readonly session: ClusterSession;
  readonly before: HeldRelease;
}

async function heldNow(core: Core, ask: Ask, { signal, first }: Reading): Promise<HeldRelease> {
  const { before, session } = ask;
  const known = first ? [] : (before.facts.lookups ?? []);
  const answered = new Set(known.map(lookupKey));
  const wanted = before.lookups.filter((one) => !answered.has(lookupKey(one)));
  const read = await readLookups(session, wanted, signal);
  const lookups = [...known, ...read.answers];
  if (!first) {
    const limits = unique([...before.limits, ...read.limits]);
    return { ...before, facts: withLookups(before.facts, lookups), limits };
  }
  const release = await releaseNow(core, ask, signal);
  return {
    lookups: before.lookups,
    releaseAsked: before.releaseAsked,
    facts: withLookups(release.facts, lookups),
    ...(release.next === undefined ? {} : { next: release.next }),
    limits: unique([...release.limits, ...read.limits]),
  };
}

function withLookups(facts: ClusterFacts, lookups: readonly LookupAnswer[]): ClusterFacts {
  return lookups.length === 0 ? facts : { ...facts, lookups };
}

function unique(sentences: readonly string[]): readonly string[] {
  return [...new Set(sentences)];
}

type ReleaseNow = Pick<HeldRelease, 'facts' | 'next' | 'limits'>;

/** The Secrets of the release are read only where a template, or a chart that is missing, needs them. */
async function releaseNow(
  core: Core,
  { app, source, session, before }: Ask,
  signal: AbortSignal,
): Promise<ReleaseNow> {
  const wantsChart = source.chart !== undefined && lacksChart(core.store.app(app.key)?.working);
  if (!before.releaseAsked && !wantsChart) return { facts: {}, limits: [] };
  const read = await readReleases(session, app, signal);
  if (read.kind === 'unread') {
    return {
      facts: {},
      limits: [`The release ${source.releaseName} is not known: ${read.reason}`],
    };
  }
  const { present, next } = actionsOf(read.history);
  const facts = { release: present, ...(wantsChart ? chartOf(read.history) : {}) };
  return { facts, limits: [], next };
}

function chartOf({ deployed }: ReleaseHistory): Pick<ClusterFacts, 'chart'> {
  return deployed?.chart === undefined ? {} : { chart: deployed.chart };
}

/**
 * What is deployed was made by the action of its own number. It is only made anew, with the next one,
 * once something else differs.
 */
function actionsOf({ last, deployed }: ReleaseHistory): {
  readonly present: NonNullable<ClusterFacts['release']>;
  readonly next: NonNullable<ClusterFacts['release']>;
} {
  const next = { revision: last + 1, isUpgrade: last > 0 };
  if (deployed === undefined) return { present: next, next };
  return { present: { revision: deployed.version, isUpgrade: deployed.version > 1 }, next };
}

/** It was never fetched: it is missing, or the one of the release stands in for it. */
function lacksChart(working: WorkingState | undefined): boolean {
  switch (working?.kind) {
    case 'rendered':
      return working.desired.charts?.some(({ release }) => release !== undefined) === true;
    case 'invalid':
      return working.missing?.some(({ chart }) => chart !== undefined) === true;
    default:
      return false;
  }
}
