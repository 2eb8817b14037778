import type { App } from '../model/app';
import type {
  AppState,
  ComparisonNote,
  LocalComparison,
  LocalState,
  RevisionLabel,
  TargetLacking,
} from '../model/appState';
import type { ResourceChange } from '../model/change';
import type { MissingReference, RenderOutcome, Repository } from '../model/render';
import { affected } from '../repo/affected';
import { pinnedRevision } from '../repo/follows';
import { followsInRoot } from '../repo/mounts';
import { inClustersOf } from './appClusters';
import { removalOf } from './appRemoval';
import { isGone } from './appTable';
import { heldBack, noReleaseNote, type Side, withoutUnappliedCrds } from './chartReleases';
import { comparisonSteps } from './comparing';
import { entryOf, sourceRoot } from './core';
import type { Core, RootEntry } from './core';
import { desiredOf } from './desired';
import { changedSince, editsSince } from './discovery';
import { isGuessOf } from './guessedApps';
import { readsOtherTrees } from './otherRoots';
import { definitionsOnly, rememberDefinitions } from './renderedApps';
import { priorityOf, renderFailure, requestFor } from './renderRequests';
import { describeRevision, targetOf } from './revisions';
import { sameData } from './share';
import { wholeObjects } from './wholeObjects';
import type { Known } from './wholeObjects';

/** Target against working copy for one app that is rendered. */
export async function compareLocal(core: Core, key: string, signal: AbortSignal): Promise<void> {
  const state = core.store.app(key);
  if (state === undefined || isUnderWay(state)) return;
  const local = await localState(core, state, signal);
  signal.throwIfAborted();
  core.store.updateApp(key, (now) => ({ ...now, local }));
  if (rememberDefinitions(core, key)) core.definitionsMoved.fire(rootOfSource(state.app));
}

function rootOfSource({ source }: App): string {
  return source.kind === 'local' ? source.root : '';
}

/** The render that is under way compares when it is done. */
function isUnderWay({ working }: AppState): boolean {
  return working.kind === 'rendering' || working.kind === 'discovered';
}

async function localState(core: Core, state: AppState, signal: AbortSignal): Promise<LocalState> {
  const root = sourceRoot(core, state.app);
  if (root?.repository === undefined) return { kind: 'unknown' };
  const pinned = pinnedRevision(heldTo(state.app), root.repository, root.followed);
  if (pinned !== undefined) return { kind: 'pinned', revision: pinned };
  const label = comparedWith(core, state.app, root.repository);
  if (label === undefined) {
    return { kind: 'unavailable', reason: 'There is no commit yet to compare with.' };
  }
  if (state.working.kind !== 'rendered') {
    return unavailable(state.local, 'It cannot be rendered as it is.');
  }
  const rendered = state.working.desired;
  const { missing } = rendered;
  const working = { app: state.app, rendered };
  const result = await compareWithTarget(core, { root, label, working, missing, signal });
  if (typeof result === 'string') return unavailable(state.local, result);
  return 'lacking' in result
    ? { ...unavailable(state.local, result.reason), lacking: result.lacking }
    : { kind: 'compared', comparison: result };
}

function heldTo(app: App): Pick<App, 'follows'> {
  const follows = followsInRoot(app);
  return follows === undefined ? {} : { follows };
}

/** The target could not be rendered as far as the working copy was: one sentence, and what it lacks. */
interface Partial {
  readonly reason: string;
  readonly lacking: TargetLacking;
}

function comparedWith(core: Core, app: App, repository: Repository): RevisionLabel | undefined {
  const { against } = core;
  return against === undefined ? targetOf(app, repository) : { ref: against, commit: against };
}

function unavailable(
  before: LocalState,
  reason: string,
): Extract<LocalState, { kind: 'unavailable' }> {
  const last = lastComparison(before);
  return { kind: 'unavailable', reason, ...(last && { last }) };
}

export function lastComparison(local: LocalState): LocalComparison | undefined {
  if (local.kind === 'compared') return local.comparison;
  return local.kind === 'unavailable' ? local.last : undefined;
}

interface Comparison {
  readonly root: RootEntry;
  readonly label: RevisionLabel;
  readonly working: Known;
  /** What the working copy was rendered without. */
  readonly missing: readonly MissingReference[];
  readonly signal: AbortSignal;
}

async function compareWithTarget(
  core: Core,
  comparison: Comparison,
): Promise<LocalComparison | Partial | string> {
  const { label, working } = comparison;
  const definition = targetDefinition(core, working.app);
  if (typeof definition === 'string') return definition;
  const appAction = actionOf(core, working.app, definition);
  if (appAction === 'added') entryOf(core, working.app.key).atTarget = { objects: [], inputs: [] };
  const count = working.rendered.objects.length;
  const same = { against: label, appAction, changes: [], unchangedCount: count };
  if (definition !== undefined && (await isUntouched(core, definition, comparison))) {
    entryOf(core, working.app.key).atTarget = 'same';
    return same;
  }
  const before =
    definition === undefined
      ? { app: working.app, objects: [] }
      : await targetSide(core, { ...comparison, app: definition });
  if (typeof before === 'string' || 'lacking' in before) return before;
  return await compareWithSide(core, before, { ...comparison, appAction });
}

type Compared = Comparison & Pick<LocalComparison, 'appAction'>;

async function compareWithSide(
  core: Core,
  before: Side,
  { working, ...rest }: Compared,
): Promise<LocalComparison | string> {
  const objects = await wholeObjects(core, working, rest.signal);
  if (typeof objects === 'string') return objects;
  const effect = await effectOf(core, before, { ...rest, working: { app: working.app, objects } });
  const touched = effect.changes.filter((change) => change.action !== 'removed').length;
  const unchangedCount = Math.max(0, objects.length - touched);
  return { against: rest.label, appAction: rest.appAction, unchangedCount, ...effect };
}

interface Effect {
  readonly changes: readonly ResourceChange[];
  readonly notes?: readonly ComparisonNote[];
}

interface Sides extends Omit<Compared, 'working'> {
  readonly working: Side;
}

/** What the controller makes of the edits, and which of them it leaves out. */
async function effectOf(
  core: Core,
  before: Side,
  { root, label, working, signal, appAction }: Sides,
): Promise<Effect> {
  const release = { before, working, root, revision: label.commit, signal };
  const held = appAction === 'kept' ? await heldBack(core, release) : undefined;
  const unreleased = held === undefined ? [] : await differences(core, held.side, working);
  const after = held === undefined || unreleased.length === 0 ? working : held.side;
  const all = await differences(core, before, after);
  const { changes, notes } =
    appAction === 'removed'
      ? removalOf(core, { ...before.app, ...reportedPart(working.app) }, all)
      : withoutUnappliedCrds({ appAction, changes: all }, before, after);
  const why =
    after === working || held === undefined ? [] : [noReleaseNote(held.version, unreleased.length)];
  return said(changes, [...why, ...notes]);
}

function said(changes: readonly ResourceChange[], notes: readonly ComparisonNote[]): Effect {
  return notes.length === 0 ? { changes } : { changes, notes };
}

/** What the cluster has decides what becomes of the objects. */
function reportedPart({ reported }: App): Pick<App, 'reported'> {
  return reported === undefined ? {} : { reported };
}

async function differences(
  core: Core,
  before: Side,
  after: Side,
): Promise<readonly ResourceChange[]> {
  const changes = await compareSides(core, before, after);
  return changes.filter((change) => change.action !== 'same');
}

/** The app as the target defines it; `undefined` when it does not, a sentence when nobody can say. */
function targetDefinition(core: Core, app: App): App | undefined | string {
  const root = app.definedIn === undefined ? undefined : core.roots.get(app.definedIn.root);
  if (root?.target === undefined) return app;
  if (root.target.kind === 'none') return app;
  if (root.target.kind === 'unavailable') return root.target.reason;
  const { apps } = root.target;
  const definition = apps.get(app.key);
  if (definition === undefined) return isGuessOf(app, apps.values()) ? app : undefined;
  return inClustersOf(app, definition);
}

function actionOf(core: Core, app: App, definition: App | undefined): LocalComparison['appAction'] {
  if (definition === undefined) return 'added';
  return isGone(core, app) ? 'removed' : 'kept';
}

/** True when no input and no part of the definition differs: then the target renders the same. */
async function isUntouched(
  core: Core,
  definition: App,
  { root, label, working: { app } }: Comparison,
): Promise<boolean> {
  if (isGone(core, app) || !sameDefinition(app, definition)) return false;
  if (readsOtherTrees(core, app.key)) return false;
  const changed = await changedSince(core, root, label.commit);
  const { inputs } = entryOf(core, app.key);
  if (changed.kind === 'unavailable' || inputs === undefined) return false;
  const edits = editsSince(root, changed);
  const sourcePath = app.source.kind === 'local' ? app.source.render.path : '';
  return !affected(edits, [{ key: app.key, inputs, sourcePath }]).has(app.key);
}

function sameDefinition(a: App, b: App): boolean {
  return (
    sameData(a.source, b.source) &&
    sameData(a.destination, b.destination) &&
    sameData(a.policy, b.policy)
  );
}

interface TargetRequest extends Comparison {
  readonly app: App;
}

async function targetSide(core: Core, request: TargetRequest): Promise<Side | Partial | string> {
  const { app, label, root, signal } = request;
  const wanted = requestFor(core, app, { root: root.root, revision: label.commit });
  if (wanted === undefined) return { app, objects: [] };
  const outcome = await core.deps.renderer.render(wanted, signal, priorityOf(core, app) + 1);
  rememberInputs(core, app.key, outcome);
  const partial = partialOf(outcome, request);
  if (partial !== undefined) return partial;
  return outcome.kind === 'rendered'
    ? { app, objects: outcome.result.objects }
    : renderFailure(describeRevision(label), outcome);
}

/** Where one side lacks what the other has, its objects would be told as added or removed. */
function partialOf(outcome: RenderOutcome, request: TargetRequest): Partial | undefined {
  if (outcome.kind === 'unavailable') return undefined;
  const { missing } = outcome.kind === 'rendered' ? outcome.result : outcome;
  const here = request.missing.map(({ reference }) => reference);
  const there = missing.map(({ reference }) => reference);
  const onlyThere = there.filter((reference) => !here.includes(reference));
  const lacking = { revision: request.label.commit, missing };
  if (onlyThere.length > 0) {
    const where = describeRevision(request.label);
    return { reason: `${where} lacks what is not fetched: ${onlyThere.join(', ')}.`, lacking };
  }
  const onlyHere = here.filter((reference) => !there.includes(reference));
  if (onlyHere.length === 0 || outcome.kind === 'failed') return undefined;
  return { reason: `It lacks what is not fetched: ${onlyHere.join(', ')}.`, lacking };
}

function rememberInputs(core: Core, key: string, outcome: RenderOutcome): void {
  if (outcome.kind === 'rendered') {
    entryOf(core, key).targetInputs = outcome.result.inputs;
    entryOf(core, key).atTarget = definitionsOnly(outcome.result);
  } else if (outcome.kind === 'failed') entryOf(core, key).targetInputs = outcome.inputs;
}

/** Both sides with what the controller adds to them; identical objects included. */
export async function compareSides(
  core: Core,
  before: Side,
  after: Side,
): Promise<readonly ResourceChange[]> {
  const [left, right] = await Promise.all([
    desiredOf(core, before.app, before.objects),
    desiredOf(core, after.app, after.objects),
  ]);
  const steps = comparisonSteps({
    before: left,
    after: right,
    policy: after.app.policy,
    digest: core.deps.digest,
  });
  return await core.pacer.run(steps, core.lifetime.signal);
}
