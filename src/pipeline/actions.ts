import type { Coalescer } from '../base/coalesce';
import { isCancellation, messageOf } from '../base/userError';
import { appLabel } from '../model/app';
import type { App } from '../model/app';
import type { AppState } from '../model/appState';
import type { ActionProgress, ClusterPlan } from '../model/plan';
import type { Cluster } from '../model/ports';
import type { KubeObject, ResourceId } from '../model/resource';
import type { Refusal, Workbench } from '../model/workbench';
import { sameRepository } from '../repo/gitUrl';
import { planArgoSync } from '../sync/argoPlan';
import { planFluxReconcile, sourceChain } from '../sync/fluxPlan';
import type { PlanInput } from '../sync/planInput';
import { runClusterPlan } from '../sync/runPlan';
import { servedKind } from './clusterSession';
import type { ClusterSession } from './clusterSession';
import { confirm } from './confirmation';
import { connect } from './connecting';
import { sourceRoot } from './core';
import type { Core } from './core';
import { changedSince } from './discovery';
import { fetchTarget } from './fetching';
import type { FlowEvent } from './flow';
import { whyNotConnected } from './live';
import type { Live } from './live';
import { isProtected } from './protection';

type Actions = Pick<Workbench, 'planAction' | 'runAction'>;

interface Parts {
  readonly flow: Coalescer<FlowEvent>;
  readonly live: Live;
}

const UNTRUSTED = 'This workspace is not trusted, so nothing is written to a cluster.';

export function createActions(core: Core, parts: Parts): Actions {
  return {
    planAction: (key, signal) => plan(core, parts, key, signal),
    runAction: (planned, onProgress, signal) =>
      run(core, parts, { plan: planned, onProgress, signal }),
  };
}

async function plan(
  core: Core,
  parts: Parts,
  key: string,
  signal: AbortSignal,
): Promise<ClusterPlan | Refusal> {
  const state = core.store.app(key);
  if (!core.trusted) return refuse(UNTRUSTED);
  if (state === undefined) return refuse('This app is not there any more.');
  return await planApp(core, parts, state, signal);
}

async function planApp(
  core: Core,
  parts: Parts,
  state: AppState,
  signal: AbortSignal,
): Promise<ClusterPlan | Refusal> {
  const { app } = state;
  if (app.tool === 'push') {
    return refuse(
      `${appLabel(app)} is deployed by a pipeline: no controller can be asked to sync it.`,
    );
  }
  const session = await connectedControl(core, app, signal);
  if (isRefusal(session)) return session;
  const root = app.source.kind === 'local' ? app.source.root : app.definedIn?.root;
  const fetched =
    root === undefined
      ? { warnings: [] }
      : await fetchTarget(core, parts.flow, { root, apps: [app] }, signal);
  const object = await readObject(session, app, signal);
  if (isRefusal(object)) return object;
  await parts.live.compareLive(app.key, signal);
  const now = core.store.app(app.key) ?? state;
  return await planFor(core, { state: now, session, object, warnings: fetched.warnings, signal });
}

type Connected = ClusterSession & { readonly cluster: Cluster };

async function connectedControl(
  core: Core,
  app: App,
  signal: AbortSignal,
): Promise<Connected | Refusal> {
  const name = app.controlCluster;
  if (name === undefined)
    return refuse(`No cluster is known for ${appLabel(app)}: assign one first.`);
  const connected =
    core.clusters.get(name)?.connection.kind === 'connected' || (await connect(core, name, signal));
  const session = core.clusters.get(name);
  if (connected && session?.cluster !== undefined) return session as Connected;
  return refuse(whyNotConnected(core, name));
}

async function readObject(
  session: Connected,
  app: App,
  signal: AbortSignal,
): Promise<KubeObject | Refusal> {
  const group = GROUPS[app.kind];
  if (group === undefined) return refuse(`${appLabel(app)} has no custom resource.`);
  const id = { group, kind: app.kind, namespace: app.namespace, name: app.name };
  const kind = servedKind(session, group, app.kind);
  if (kind === undefined) return refuse(`${session.name} does not serve ${app.kind}.${group}.`);
  const access = await session.cluster.get(kind, id, signal);
  return access.kind === 'ok' ? access.value : refuse(access.message);
}

const GROUPS: Readonly<Partial<Record<App['kind'], string>>> = {
  Application: 'argoproj.io',
  Kustomization: 'kustomize.toolkit.fluxcd.io',
  HelmRelease: 'helm.toolkit.fluxcd.io',
};

interface Planning {
  readonly state: AppState;
  readonly session: Connected;
  readonly object: KubeObject;
  readonly warnings: readonly string[];
  readonly signal: AbortSignal;
}

async function planFor(core: Core, planning: Planning): Promise<ClusterPlan | Refusal> {
  const { state, session, object } = planning;
  const target = state.local.kind === 'compared' ? state.local.comparison.against : undefined;
  await readDifferences(core, state.app, target?.commit);
  const input: PlanInput = {
    app: state.app,
    object,
    sources: await readSources(planning),
    cluster: session.name,
    context: session.cluster.context,
    server: session.cluster.server,
    confirmation: confirm(core, state, planning.warnings),
    nowIso: new Date(core.deps.clock()).toISOString(),
    user: core.deps.user,
    sameRepository,
    ...(target === undefined || target.insteadOf !== undefined ? {} : { revision: target.commit }),
  };
  const planned = state.app.tool === 'argocd' ? planArgoSync(input) : planFluxReconcile(input);
  if (planned.kind === 'refusal') return planned;
  return isProtected(core, session, state.app) ? { ...planned, protected: true } : planned;
}

/** What an action does not include is told from what differs from the revision that its app follows. */
async function readDifferences(core: Core, app: App, commit: string | undefined): Promise<void> {
  const root = sourceRoot(core, app);
  if (root !== undefined && commit !== undefined) await changedSince(core, root, commit);
}

async function readSources({ state, session, object, signal }: Planning): Promise<KubeObject[]> {
  if (state.app.tool !== 'flux') return [];
  const found = await Promise.all(
    sourceChain(object).map(async (id: ResourceId): Promise<KubeObject[]> => {
      const kind = servedKind(session, id.group, id.kind);
      const access = kind && (await session.cluster.get(kind, id, signal));
      return access?.kind === 'ok' ? [access.value] : [];
    }),
  );
  return found.flat();
}

interface RunRequest {
  readonly plan: ClusterPlan;
  readonly onProgress: (progress: ActionProgress) => void;
  readonly signal: AbortSignal;
}

async function run(core: Core, parts: Parts, request: RunRequest): Promise<ActionProgress> {
  const { plan: planned, onProgress, signal } = request;
  const session = core.clusters.get(planned.cluster);
  if (!core.trusted) return { kind: 'refused', message: UNTRUSTED };
  if (session?.cluster === undefined) {
    return { kind: 'refused', message: `${planned.cluster} is not connected any more.` };
  }
  const outcome = await runClusterPlan({
    plan: planned,
    cluster: session.cluster,
    kinds: session.kinds,
    onProgress,
    signal,
    clock: core.deps.clock,
    sleep: core.deps.sleep,
  });
  lookAgain(core, parts, planned.cluster);
  return outcome;
}

/** What the action did shows in the views without anybody asking. */
function lookAgain(core: Core, { live }: Parts, cluster: string): void {
  // No activity of the core: a look waits until there is none.
  live.refreshCluster(cluster, core.lifetime.signal).catch((error: unknown) => {
    if (!isCancellation(error)) core.deps.log.error(`refresh ${cluster}: ${messageOf(error)}`);
  });
}

function isRefusal(value: object): value is Refusal {
  return 'kind' in value && value.kind === 'refusal';
}

function refuse(reason: string): Refusal {
  return { kind: 'refusal', reason };
}
