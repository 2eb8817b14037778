import type { App, AppPolicy } from '../model/app';
import type { AppState, DeployedAt, LiveComparison, RevisionLabel } from '../model/appState';
import type { RenderOutcome, RenderSource } from '../model/render';
import type { KubeObject, ResourceId } from '../model/resource';
import type { DesiredObject } from '../diff/desired';
import { inClustersOf } from './appClusters';
import { argoManifests } from './argoManifests';
import {
  destinationServer,
  excludedByWord,
  excludingRule,
  withCustomizations,
} from './argoCustomizations';
import type { ClusterSession } from './clusterSession';
import { sourceRoot } from './core';
import type { Core, RootEntry } from './core';
import { desiredOf } from './desired';
import { fetchCommit, targetFetched } from './missingRevisions';
import { priorityOf, renderFailure, requestFor } from './renderRequests';
import { describeRevision } from './revisions';
import { wholeObjects } from './wholeObjects';

/** One app ready to be compared: what each revision wants, and which objects to read. */
export interface Prepared {
  readonly key: string;
  readonly app: App;
  /** How the controller compares now: by the definition that the cluster has, not by an edit of it. */
  readonly policy: AppPolicy;
  /** The setting by which the app's controller does not look at such objects at all. */
  readonly excludedBy?: ((id: ResourceId) => string | undefined) | undefined;
  readonly label: LiveComparison['desiredRevision'];
  /** What the next sync applies: the target, or what stands in for it. */
  readonly desired: readonly DesiredObject[];
  /** `desired` lacks what could not be fetched or run. */
  readonly isPartial?: boolean;
  readonly applied: Revision | undefined;
  readonly target: Revision | undefined;
  readonly working: readonly DesiredObject[] | undefined;
  readonly ids: readonly ResourceId[];
  /** The objects of Helm's stored manifest, by key, for apps that are compared with it. */
  readonly stored?: ReadonlyMap<string, KubeObject>;
  /** What Helm says of the release that is deployed. */
  readonly release?: DeployedAt;
  /** The release was made of other objects than Git says now, so its controller upgrades it. */
  readonly upgradeDue?: boolean;
}

export interface Revision {
  readonly label: RevisionLabel;
  readonly objects: readonly DesiredObject[];
  /** Something remote, or a program, was left out: objects that are not here may still be wanted. */
  readonly isPartial?: boolean;
}

const FULL_COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** Renders target and applied revision of an app; a sentence when there is nothing to compare with. */
export async function prepareApp(
  core: Core,
  key: string,
  signal: AbortSignal,
): Promise<Prepared | string> {
  const state = core.store.app(key);
  if (state === undefined) return 'This app is not there any more.';
  const here = await prepareHere(core, state, signal);
  return typeof here === 'string'
    ? await prepareByArgo(core, state.app, { why: here, signal })
    : here;
}

/** By what its Argo CD renders, where it cannot be rendered here. */
async function prepareByArgo(
  core: Core,
  app: App,
  { why, signal }: { readonly why: string; readonly signal: AbortSignal },
): Promise<Prepared | string> {
  const told = await argoManifests(core, app, signal);
  if (typeof told === 'string') return told === '' ? why : `${why} ${told}`;
  const target = { label: told.label, objects: await desiredOf(core, app, told.objects) };
  const isApplied = app.status?.appliedRevisions.includes(told.label.commit) === true;
  return prepared({
    key: app.key,
    app,
    policy: policyInForce(core, app),
    excludedBy: exclusionsOf(core, app),
    label: told.label,
    desired: target.objects,
    target,
    applied: isApplied ? target : undefined,
    working: undefined,
  });
}

async function prepareHere(
  core: Core,
  state: AppState,
  signal: AbortSignal,
): Promise<Prepared | string> {
  const { app } = state;
  if (app.source.kind === 'elsewhere')
    return `Its repository ${app.source.repoUrl} is in no open folder.`;
  if (app.source.kind === 'unsupported') return app.source.reason;
  const root = sourceRoot(core, app);
  if (root === undefined) return 'Its folder is not open.';
  const [target, applied, working] = await Promise.all([
    targetRevision(core, { app, root, signal }),
    appliedRevision(core, { app, root, signal }),
    workingRevision(core, state, signal),
  ]);
  const side = desiredSide(target, working);
  return typeof side === 'string'
    ? side
    : prepared({
        key: app.key,
        app,
        policy: policyInForce(core, app),
        excludedBy: exclusionsOf(core, app),
        ...side,
        target: asRevision(target),
        applied,
        working: working?.objects,
      });
}

/** Of what a partial render does not have, only the controller can say that Git has it no more. */
function prepared(parts: Omit<Prepared, 'ids'>): Prepared {
  const wanted = parts.desired.map(({ id }) => id);
  const managed = parts.app.status?.managed ?? [];
  const extras = managed
    .filter((one) => one.hook !== true)
    .filter((one) => parts.isPartial !== true || one.requiresPruning === true);
  return { ...parts, ids: [...wanted, ...extras].filter(({ name }) => name !== '') };
}

function policyInForce(core: Core, app: App): AppPolicy {
  const definition = reportedDefinition(core, app) ?? targetDefinition(core, app) ?? app;
  const argo = app.tool === 'argocd' ? controlSession(core, app)?.argo : undefined;
  return argo === undefined ? definition.policy : withCustomizations(definition.policy, argo);
}

/** Which setting of Argo CD keeps it from looking at an object of the app; `undefined` for none. */
function exclusionsOf(core: Core, app: App): Prepared['excludedBy'] {
  const control = app.tool === 'argocd' ? controlSession(core, app) : undefined;
  const argo = control?.argo;
  if (argo === undefined) return undefined;
  const server = destinationServer(app, control?.argoClusters ?? []);
  return (id) => excludingRule(argo, id, server) ?? excludedByWord(app, id);
}

function controlSession(core: Core, { controlCluster }: App): ClusterSession | undefined {
  return controlCluster === undefined ? undefined : core.clusters.get(controlCluster);
}

interface At {
  readonly app: App;
  readonly root: RootEntry;
  readonly signal: AbortSignal;
}

function asRevision(target: Revision | string): Revision | undefined {
  return typeof target === 'string' ? undefined : target;
}

type Side = Pick<Prepared, 'label' | 'desired' | 'isPartial'>;

/** The target where it can be rendered, else the working copy; the label says which. */
function desiredSide(target: Revision | string, working: Revision | undefined): Side | string {
  if (typeof target !== 'string') return asSide(target);
  return working === undefined ? target : asSide(working);
}

function asSide({ label, objects, isPartial = false }: Revision): Side {
  return { label, desired: objects, isPartial };
}

async function targetRevision(core: Core, { app, root, signal }: At): Promise<Revision | string> {
  const label = await targetFetched(core, { app, root, signal });
  if (label === undefined) return 'There is no commit to compare with.';
  const definition = targetDefinition(core, app) ?? app;
  return await renderAt(core, { app: definition, root, signal }, label);
}

/** As the target defines it, in the clusters that are known of the app. */
function targetDefinition(core: Core, app: App): App | undefined {
  const target = app.definedIn && core.roots.get(app.definedIn.root)?.target;
  const defined = target?.kind === 'known' ? target.apps.get(app.key) : undefined;
  return defined && inClustersOf(app, defined);
}

/** What the controller says it applied last, by the definition that it has; commits only. */
async function appliedRevision(
  core: Core,
  { app, root, signal }: At,
): Promise<Revision | undefined> {
  const definition = appliedDefinition(core, app);
  const commit = appliedCommit(definition, app.status?.appliedRevisions ?? []);
  if (commit === undefined) return undefined;
  const label = { ref: 'applied', commit };
  const revision = await renderAt(core, { app: definition, root, signal }, label);
  return typeof revision === 'string' ? undefined : revision;
}

/**
 * The commit of the sources that are rendered, which the status counts as `sources` does. Where they
 * were applied from several, no one commit is what was applied.
 */
function appliedCommit({ source }: App, revisions: readonly string[]): string | undefined {
  const several =
    source.kind === 'local' && source.render.kind === 'several' ? source.render.parts : undefined;
  const commits = (several ?? [{ index: 0 }])
    .filter((part) => !('missing' in part))
    .flatMap(({ index }) => revisions[index] ?? [])
    .filter((revision) => FULL_COMMIT.test(revision));
  const [commit, ...others] = new Set(commits);
  return others.length === 0 ? commit : undefined;
}

/** The custom resource as the cluster has it decides what its controller renders. */
function appliedDefinition(core: Core, app: App): App {
  const same = reportedDefinition(core, app);
  if (same?.source.kind !== 'local') return app;
  const render = withVariables(same.source.render, app);
  return { ...app, source: { ...same.source, render }, destination: same.destination };
}

function reportedDefinition(core: Core, app: App): App | undefined {
  return core.reportedApps.find((one) => isSameObject(one, app));
}

function isSameObject(reported: App, app: App): boolean {
  const control = app.controlCluster;
  return (
    reported.kind === app.kind &&
    reported.namespace === app.namespace &&
    reported.name === app.name &&
    (control === undefined || reported.key.startsWith(`cluster:${control}#`))
  );
}

/** Variables of `substituteFrom` are known from the repository only. */
function withVariables(render: RenderSource, app: App): RenderSource {
  const known = app.source.kind === 'local' ? app.source.render : undefined;
  if (render.kind !== 'flux' || known?.kind !== 'flux' || known.variables === undefined) {
    return render;
  }
  return { ...render, variables: { ...known.variables, ...render.variables } };
}

async function renderAt(
  core: Core,
  { app, root, signal }: At,
  label: RevisionLabel,
): Promise<Revision | string> {
  const request = requestFor(core, app, { root: root.root, revision: label.commit });
  if (request === undefined) return 'Its source is not in an open folder.';
  const render = (): Promise<RenderOutcome> =>
    core.deps.renderer.render(request, signal, priorityOf(core, app));
  const first = await render();
  const isFetched =
    first.kind === 'unavailable' && (await fetchCommit(core, { app, root, signal }, label.commit));
  const outcome = isFetched ? await render() : first;
  if (outcome.kind !== 'rendered') return renderFailure(describeRevision(label), outcome);
  const { objects, missing } = outcome.result;
  const isPartial = missing.length > 0;
  return { label, objects: await desiredOf(core, app, objects), isPartial };
}

async function workingRevision(
  core: Core,
  { app, working }: AppState,
  signal: AbortSignal,
): Promise<Revision | undefined> {
  if (working.kind !== 'rendered') return undefined;
  const { missing } = working.desired;
  const objects = await wholeObjects(core, { app, rendered: working.desired }, signal);
  if (typeof objects === 'string') return undefined;
  return {
    label: { ref: 'working copy', commit: '' },
    objects: await desiredOf(core, app, objects),
    isPartial: missing.length > 0,
  };
}
