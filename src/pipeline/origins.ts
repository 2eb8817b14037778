import type { AppState } from '../model/appState';
import { resourceIdOf, resourceKey } from '../model/resource';
import type { Workbench } from '../model/workbench';
import type { Core } from './core';
import { lastComparison } from './localComparison';
import { cachedFile } from './originPlaces';
import { otherFile } from './otherFiles';
import { lastGood } from './renderRequests';

/** Where an object is made, from the working copy; else from the comparison that still names it. */
export function originOf(
  core: Core,
  key: string,
  resource: string,
): ReturnType<Workbench['originOf']> {
  const state = core.store.app(key);
  if (state?.app.source.kind !== 'local') return undefined;
  const { root } = state.app.source;
  const origin = renderedOrigin(state, resource) ?? comparedOrigin(state, resource);
  if (origin === undefined) return undefined;
  const { file } = otherFile(state, origin.path) ?? {};
  return { ...origin, root, ...cachedFile(core.deps.chartsFolder, origin.path), ...file };
}

type Origin = { readonly path: string; readonly line?: number };

function renderedOrigin({ app, working }: AppState, resource: string): Origin | undefined {
  const rendered = working.kind === 'rendered' ? working.desired : lastGood(working).lastGood;
  const { namespace } = app.destination;
  return rendered?.objects.find(({ object }) => {
    const id = resourceIdOf(object);
    const placed = id.namespace === '' ? { ...id, namespace } : id;
    return resourceKey(id) === resource || resourceKey(placed) === resource;
  })?.origin;
}

function comparedOrigin({ local, live }: AppState, resource: string): Origin | undefined {
  const changes = [
    ...(lastComparison(local)?.changes ?? []),
    ...(live.kind === 'compared' ? live.comparison.changes : []),
  ];
  return changes.find((change) => resourceKey(change.id) === resource)?.origin;
}
