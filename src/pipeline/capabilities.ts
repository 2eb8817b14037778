import type { App } from '../model/app';
import type { KnownCluster } from '../model/clusterFacts';
import type { Capabilities } from '../model/render';
import { normaliseServer } from '../repo/clusterMap';
import { buildSettingsOf } from './argoRendering';
import type { ClusterSession } from './clusterSession';
import { entryOf } from './core';
import type { Core } from './core';
import { isLax } from './fluxSettings';
import { sameData } from './share';

/** What the app's destination can do, where a template asked for it: as it is, else as it was seen last. */
export function capabilitiesOf(core: Core, app: App): Capabilities | undefined {
  return entryOf(core, app.key).asksCapabilities ? destinationCan(core, app) : undefined;
}

function destinationCan(core: Core, app: App): Capabilities | undefined {
  const session = sessionOfDestination(core, app);
  return session?.capabilities ?? knownDestination(core, app)?.capabilities;
}

function sessionOfDestination(core: Core, app: App): ClusterSession | undefined {
  return app.destinationCluster === undefined
    ? undefined
    : core.clusters.get(app.destinationCluster);
}

/** What the destination could do when it was seen last; nothing where it is seen now. */
export function knownDestination(core: Core, app: App): KnownCluster | undefined {
  if (sessionOfDestination(core, app)?.capabilities !== undefined) return undefined;
  const name = app.destinationCluster;
  const server = core.store.state().clusters.find((cluster) => cluster.name === name)?.server;
  return server === undefined ? undefined : core.knownClusters.get(normaliseServer(server));
}

/** Apps whose last render was told something else than what is known now of their clusters. */
export function outdatedApps(core: Core): readonly string[] {
  return core.store
    .state()
    .apps.filter(({ app }) => isOutdated(core, app))
    .map(({ app }) => app.key);
}

export function isOutdated(core: Core, app: App): boolean {
  const { told } = entryOf(core, app.key);
  if (told === undefined) return false;
  if (told.capabilities !== capabilitiesOf(core, app)) return true;
  return told.isLax !== isLax(core, app) || !sameData(told.settings, buildSettingsOf(core, app));
}

/** Keeps what a render of the working copy is told of its clusters. */
export function rememberTold(core: Core, app: App): void {
  const capabilities = capabilitiesOf(core, app);
  const settings = buildSettingsOf(core, app);
  entryOf(core, app.key).told = { capabilities, settings, isLax: isLax(core, app) };
}

export async function readKnownClusters(core: Core): Promise<void> {
  const known = (await core.deps.knownClusters?.all()) ?? [];
  const now = new Map(known.map((one) => [normaliseServer(one.server), one]));
  if (!sameData([...core.knownClusters], [...now])) core.knownClusters = now;
}

/** Keeps what a cluster can do for the time when it is not connected. */
export async function rememberCluster(core: Core, session: ClusterSession): Promise<void> {
  const { cluster, capabilities } = session;
  if (cluster === undefined || capabilities === undefined) return;
  const known = { server: cluster.server, readAtMs: core.deps.clock(), capabilities };
  await core.deps.knownClusters?.remember(known);
}
