import type { App } from '../model/app';
import type { AppState, Rendered, WorkingState } from '../model/appState';
import { askableOf, fetchableOf, fetchKey } from '../model/missing';
import type { MissingReference } from '../model/render';
import type { KnownOutcome } from '../model/withheld';
import type { ChartsFetched } from '../model/workbench';
import { isGone } from './appTable';
import { isOutdated, rememberTold } from './capabilities';
import { appsAsking, chartArrivals, fetchCharts, fetchesByItself } from './chartFetching';
import type { FetchCall } from './chartFetching';
import { rememberAsked } from './clusterFacts';
import { clusterNotes } from './clusterNotes';
import { entryOf } from './core';
import type { Core } from './core';
import { compareLocal } from './localComparison';
import { fetchWithLogins } from './loginWatch';
import { lastGood, priorityOf, workingRequest } from './renderRequests';
import { validateApp } from './validation';

/** Renders, validates and compares an app; a run that is under way for it is given up. */
export function scheduleRender(core: Core, key: string): void {
  const entry = entryOf(core, key);
  entry.run?.abort(SUPERSEDED);
  const controller = new AbortController();
  entry.run = controller;
  entry.version += 1;
  entry.done = new Promise((resolve) => {
    core.activity.run(`render ${key}`, async () => {
      try {
        await renderApp(core, key, controller.signal);
      } finally {
        resolve();
      }
    });
  });
}

/** Waits for the render of an app that is under way, and for those that take its place. */
export async function rendered(core: Core, key: string): Promise<void> {
  const { done } = entryOf(core, key);
  await done;
  if (entryOf(core, key).done !== done) await rendered(core, key);
}

/** One for all: hundreds of runs are given up at a time, and a stack for each is what that would cost. */
const SUPERSEDED = new DOMException('A newer run has begun.', 'AbortError');

/** Compares what is rendered once more: its definition or its cluster changed, its objects did not. */
export function scheduleComparison(core: Core, key: string): void {
  const { run } = entryOf(core, key);
  const signal = run === undefined ? core.lifetime.signal : run.signal;
  core.activity.run(`compare ${key}`, () => compareLocal(core, key, signal));
}

async function renderApp(core: Core, key: string, signal: AbortSignal): Promise<void> {
  const state = core.store.app(key);
  if (state === undefined) return;
  const request = workingRequest(core, state.app);
  if (request === undefined) {
    setWorking(core, key, notRendered(core, state.app));
    fetchByItself(core, key);
    return await compareLocal(core, key, signal);
  }
  setWorking(core, key, { kind: 'rendering', ...lastGood(state.working) });
  rememberTold(core, state.app);
  const startedMs = core.deps.clock();
  const arrivals = chartArrivals(core);
  const priority = priorityOf(core, state.app);
  const outcome = await core.deps.renderer.renderKnown(request, signal, priority);
  signal.throwIfAborted();
  take(core, key, outcome, core.deps.clock() - startedMs);
  if (arrivals !== chartArrivals(core) && lackingCharts(core, key).length > 0)
    return scheduleRender(core, key);
  // Templates that ask for the first time were told an assumption.
  if (isOutdated(core, state.app)) return scheduleRender(core, key);
  fetchByItself(core, key);
  await Promise.all([validateApp(core, key, signal), compareLocal(core, key, signal)]);
}

function fetchByItself(core: Core, key: string): void {
  if (!fetchesByItself(core, key)) return;
  core.activity.run(`fetch ${key}`, async () => {
    await fetchWithLogins(
      core,
      () => fetchAndRender(core, { key, signal: core.lifetime.signal }),
      (lacking) => fetchByItself(core, lacking),
    );
  });
}

/** Fetches what the app lacks and renders all that lacked it; what could not be had stays missing. */
export async function fetchAndRender(core: Core, call: FetchCall): Promise<ChartsFetched> {
  const state = core.store.app(call.key);
  const asked = state === undefined ? [] : askableOf(state).map(fetchKey);
  const fetched = await fetchCharts(core, call);
  if (fetched.kind !== 'fetched' || fetched.count === 0) return fetched;
  const lacking = appsAsking(core, new Set(asked));
  for (const key of lacking) scheduleRender(core, key);
  // A source that was elsewhere is defined anew.
  for (const root of definedIn(core, lacking)) core.definitionsMoved.fire(root);
  return fetched;
}

function definedIn(core: Core, keys: readonly string[]): ReadonlySet<string> {
  const roots = keys.flatMap((key) => core.store.app(key)?.app.definedIn?.root ?? []);
  return new Set(roots.length < keys.length ? [...roots, ...core.roots.keys()] : roots);
}

function lackingCharts(core: Core, key: string): readonly MissingReference[] {
  const state = core.store.app(key);
  return state === undefined ? [] : fetchableOf(state);
}

/** Objects of an app whose definition is gone are none; an app from elsewhere has none here. */
function notRendered(core: Core, app: App): WorkingState {
  switch (app.source.kind) {
    case 'local':
      return isGone(core, app)
        ? { kind: 'rendered', desired: NOTHING }
        : { kind: 'unavailable', reason: 'Its folder is no longer open.' };
    case 'elsewhere':
      return {
        kind: 'unavailable',
        reason: `Its repository ${app.source.repoUrl} is in no open folder${app.source.git === undefined ? '' : ', and not fetched'}.`,
      };
    case 'unsupported':
      return { kind: 'unavailable', reason: app.source.reason };
  }
}

const NOTHING: Rendered = {
  objects: [],
  inputs: [],
  problems: [],
  missing: [],
  capabilitiesAssumed: false,
  tookMs: 0,
};

function take(core: Core, key: string, outcome: KnownOutcome, tookMs: number): void {
  const entry = entryOf(core, key);
  const app = core.store.app(key)?.app;
  if (app !== undefined) rememberAsked(core, app, outcome);
  if (outcome.kind === 'rendered') {
    entry.inputs = outcome.result.inputs;
    entry.asksCapabilities ||= outcome.result.capabilitiesAssumed;
  } else if (outcome.kind === 'failed') {
    entry.inputs = outcome.inputs;
    entry.asksCapabilities ||= outcome.capabilitiesAssumed === true;
  }
  core.store.updateApp(key, (state) => ({
    ...state,
    working: workingState(core, state, placed(outcome, state.app), tookMs),
    // Findings about objects that are no longer made stand at lines that have moved.
    problems: outcome.kind === 'failed' ? [] : state.problems,
  }));
}

const NOT_FETCHED: readonly string[] = ['chart-not-fetched', 'source-not-fetched'];

/** What no folder holds is asked for where the app is defined. */
function placed(outcome: KnownOutcome, { definedIn, source }: App): KnownOutcome {
  if (outcome.kind !== 'failed' || definedIn === undefined || source.kind !== 'local') {
    return outcome;
  }
  if (definedIn.root !== source.root) return outcome;
  const { path, line } = definedIn;
  const location = { path, ...(line === undefined ? {} : { line }) };
  const problems = outcome.problems.map((problem) =>
    NOT_FETCHED.includes(problem.code) ? { ...problem, location } : problem,
  );
  return { ...outcome, problems };
}

function workingState(
  core: Core,
  { app, working: before }: AppState,
  outcome: KnownOutcome,
  tookMs: number,
): WorkingState {
  switch (outcome.kind) {
    case 'rendered': {
      const notes = clusterNotes(core, app, outcome.result);
      const said = notes.length === 0 ? {} : { clusterNotes: notes };
      return { kind: 'rendered', desired: { ...outcome.result, ...said, tookMs } };
    }
    case 'failed':
      return {
        kind: 'invalid',
        problems: outcome.problems,
        inputs: outcome.inputs,
        missing: outcome.missing,
        ...lastGood(before),
      };
    case 'unavailable':
      return { ...outcome, ...lastGood(before) };
  }
}

function setWorking(core: Core, key: string, working: WorkingState): void {
  core.store.updateApp(key, (state: AppState) => ({ ...state, working }));
}
