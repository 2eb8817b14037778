import type { App } from '../model/app';
import type { AppState, Rendered, WorkingState } from '../model/appState';
import type { RenderOutcome, RenderRequest, RenderResult, Snapshot } from '../model/render';
import { isGone } from './appTable';
import { capabilitiesOf } from './capabilities';
import { entryOf, sourceRoot } from './core';
import type { Core } from './core';
import { snapshotOf } from './discovery';
import { compareLocal } from './localComparison';
import { validateApp } from './validation';
import { readsFile } from './reads';

/** Renders, validates and compares an app; a run that is under way for it is given up. */
export function scheduleRender(core: Core, key: string): void {
  const entry = entryOf(core, key);
  entry.run?.abort();
  const controller = new AbortController();
  entry.run = controller;
  entry.version += 1;
  const signal = AbortSignal.any([controller.signal, core.lifetime.signal]);
  core.activity.run(`render ${key}`, () => renderApp(core, key, signal));
}

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
  if (request === undefined) return setWorking(core, key, notRendered(core, state.app));
  setWorking(core, key, { kind: 'rendering', ...lastGood(state.working) });
  const startedMs = core.deps.clock();
  const outcome = await core.deps.renderer.render(request, signal, priorityOf(core, state.app));
  signal.throwIfAborted();
  take(core, key, outcome, core.deps.clock() - startedMs);
  await Promise.all([validateApp(core, key, signal), compareLocal(core, key, signal)]);
}

export function workingRequest(core: Core, app: App): RenderRequest | undefined {
  if (app.source.kind !== 'local' || isGone(core, app)) return undefined;
  const root = sourceRoot(core, app);
  return root === undefined ? undefined : requestFor(core, app, snapshotOf(root));
}

/** A render of the app's source at any snapshot, with what its destination can do. */
export function requestFor(core: Core, app: App, snapshot: Snapshot): RenderRequest | undefined {
  if (app.source.kind !== 'local') return undefined;
  const capabilities = capabilitiesOf(core, app);
  const request = { ...snapshot, source: app.source.render };
  return capabilities === undefined ? request : { ...request, capabilities };
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
        reason: `Its repository ${app.source.repoUrl} is in no open folder.`,
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

function take(core: Core, key: string, outcome: RenderOutcome, tookMs: number): void {
  const entry = entryOf(core, key);
  if (outcome.kind === 'rendered') {
    entry.inputs = outcome.result.inputs;
    entry.asksCapabilities ||= outcome.result.capabilitiesAssumed;
  } else if (outcome.kind === 'failed') entry.inputs = outcome.inputs;
  core.store.updateApp(key, (state) => ({
    ...state,
    working: workingState(outcome, state.working, tookMs),
  }));
}

function workingState(outcome: RenderOutcome, before: WorkingState, tookMs: number): WorkingState {
  switch (outcome.kind) {
    case 'rendered':
      return { kind: 'rendered', desired: toRendered(outcome.result, tookMs) };
    case 'failed':
      return {
        kind: 'invalid',
        problems: outcome.problems,
        inputs: outcome.inputs,
        ...lastGood(before),
      };
    case 'unavailable':
      return { ...outcome, ...lastGood(before) };
  }
}

/** Why a revision could not be rendered, in one sentence. */
export function renderFailure(
  revision: string,
  outcome: Exclude<RenderOutcome, { kind: 'rendered' }>,
): string {
  if (outcome.kind === 'unavailable') return outcome.reason;
  const [first] = outcome.problems;
  return `${revision} cannot be rendered${first === undefined ? '.' : `: ${first.message}`}`;
}

export function toRendered(result: RenderResult, tookMs: number): Rendered {
  return { ...result, tookMs };
}

/** The last render that worked, for a state that comes after it. */
export function lastGood(working: WorkingState): { readonly lastGood?: Rendered } {
  switch (working.kind) {
    case 'discovered':
      return {};
    case 'rendered':
      return { lastGood: working.desired };
    case 'rendering':
    case 'invalid':
    case 'unavailable':
      return working.lastGood === undefined ? {} : { lastGood: working.lastGood };
  }
}

function setWorking(core: Core, key: string, working: WorkingState): void {
  core.store.updateApp(key, (state: AppState) => ({ ...state, working }));
}

const ACTIVE = 10;

export function priorityOf(core: Core, app: App): number {
  const { activeFile } = core;
  return activeFile !== undefined && readsFile(core, app, activeFile) ? ACTIVE : 0;
}
