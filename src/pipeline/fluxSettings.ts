import type { App } from '../model/app';
import type { Cluster } from '../model/ports';
import type { RenderSource } from '../model/render';
import type { JsonObject } from '../model/resource';
import { kustomizeControllerOf, strictSubstitution } from '../sync/fluxStrictness';
import { servedKind } from './clusterSession';
import type { ClusterSession } from './clusterSession';
import type { Core } from './core';
import { listWhereAllowed } from './listing';

/** As `flux install` labels its controllers, and where it puts them. */
const CONTROLLER = 'app.kubernetes.io/component=kustomize-controller';
const NAMESPACES = ['flux-system'];

/** Whether this cluster's kustomize-controller fails on variables that nobody sets, as far as it is told. */
export async function readFluxSettings(
  session: ClusterSession,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  session.strictSubstitution = undefined;
  const kind = servedKind(session, 'apps', 'Deployment');
  const hasFlux = servedKind(session, 'kustomize.toolkit.fluxcd.io', 'Kustomization') !== undefined;
  if (kind === undefined || !hasFlux) return;
  const request = { kind, namespaces: NAMESPACES, labelSelector: CONTROLLER };
  const { objects } = await listWhereAllowed(cluster, request, signal);
  const answers = new Set(
    objects
      .flatMap((object) => kustomizeControllerOf(object as unknown as JsonObject) ?? [])
      .map(strictSubstitution),
  );
  const [answer] = answers;
  // Several controllers that differ: which one has an app is not told.
  session.strictSubstitution = answers.size === 1 ? answer : undefined;
}

/** True where the controller of an app takes an unset variable for empty text. */
export function isLax(core: Core, { kind, controlCluster = '' }: App): boolean {
  return (
    kind === 'Kustomization' && core.clusters.get(controlCluster)?.strictSubstitution === false
  );
}

export function withFluxSettings(source: RenderSource, lax: boolean): RenderSource {
  return source.kind === 'flux' && lax ? { ...source, laxSubstitution: true } : source;
}
