import type { App } from '../model/app';
import type { RenderedObject } from '../model/render';
import { groupOf } from '../model/resource';
import { desiredObjects } from '../diff/desired';
import type { DesiredObject } from '../diff/desired';
import { servedKind } from './clusterSession';
import type { TrackingSettings } from './clusterSession';
import type { Core } from './core';

/** Argo CD's defaults (3.0 and newer), where its settings are not known. */
export const DEFAULT_TRACKING: TrackingSettings = {
  method: 'annotation',
  labelKey: 'app.kubernetes.io/instance',
  controllerNamespace: 'argocd',
};

/** The rendered objects with what the app's controller adds to them. */
export async function desiredOf(
  core: Core,
  app: App,
  objects: readonly RenderedObject[],
): Promise<readonly DesiredObject[]> {
  const control =
    app.controlCluster === undefined ? undefined : core.clusters.get(app.controlCluster);
  return desiredObjects({
    app,
    objects,
    isNamespaced: await scopes(core, app, objects),
    tracking: control?.tracking ?? DEFAULT_TRACKING,
  });
}

/** Which kinds have a namespace: the destination says so, else the schemas of the repository or the bundle. */
export async function scopes(
  core: Core,
  app: App,
  objects: readonly RenderedObject[],
): Promise<(group: string, kind: string) => boolean | undefined> {
  const known = new Map<string, boolean | undefined>();
  const crds = objects.map(({ object }) => object);
  const schemas = core.schemas.withCrds(crds, 'app');
  for (const { object } of objects) {
    const group = groupOf(object.apiVersion);
    const key = `${group}/${object.kind}`;
    if (known.has(key)) continue;
    const served = servedBy(core, app, group, object.kind);
    known.set(key, served ?? (await schemas.namespaced(group, object.kind)));
  }
  return (group, kind) => known.get(`${group}/${kind}`);
}

function servedBy(core: Core, app: App, group: string, kind: string): boolean | undefined {
  const name = app.destinationCluster;
  const session = name === undefined ? undefined : core.clusters.get(name);
  const served = session && servedKind(session, group, kind);
  return served?.scopeAssumed === true ? undefined : served?.namespaced;
}
