import type { App } from '../model/app';
import type { Rendered, WorkingState } from '../model/appState';
import type { RenderOutcome, RenderRequest, RenderSource, Snapshot } from '../model/render';
import { isGone } from './appTable';
import { buildSettingsOf, withArgoSettings } from './argoRendering';
import { capabilitiesOf } from './capabilities';
import { factsOf } from './clusterFacts';
import { sourceRoot } from './core';
import type { Core } from './core';
import { snapshotOf } from './discovery';
import { isLax, withFluxSettings } from './fluxSettings';
import { controlData, withLiveData } from './liveData';
import { readsFile } from './reads';
import { remotesOf } from './sourceMounts';

export function workingRequest(core: Core, app: App): RenderRequest | undefined {
  if (app.source.kind !== 'local' || isGone(core, app)) return undefined;
  const root = sourceRoot(core, app);
  return root === undefined ? undefined : requestFor(core, app, snapshotOf(root));
}

/** A render of the app's source at any snapshot, with what is known of its clusters. */
export function requestFor(core: Core, app: App, snapshot: Snapshot): RenderRequest | undefined {
  if (app.source.kind !== 'local') return undefined;
  const capabilities = capabilitiesOf(core, app);
  const cluster = factsOf(core, app);
  return {
    ...snapshot,
    ...remotesOf(core, app, snapshot),
    source: knownSource(core, app, app.source.render),
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(app.pipeline?.edits === undefined ? {} : { edits: app.pipeline.edits }),
  };
}

/** The source with what the control cluster says of it: data, and settings of the controller. */
function knownSource(core: Core, app: App, written: RenderSource): RenderSource {
  const source = withFluxSettings(written, isLax(core, app));
  const settings = buildSettingsOf(core, app);
  return withArgoSettings(withLiveData(source, controlData(core, app)), settings);
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

const ACTIVE = 10;

export function priorityOf(core: Core, app: App): number {
  const { activeFile } = core;
  return activeFile !== undefined && readsFile(core, app, activeFile) ? ACTIVE : 0;
}
