import type { App } from '../model/app';
import type { AppState, Rendered } from '../model/appState';
import type { RenderedObject } from '../model/render';
import { withAllValues } from '../model/withheld';
import type { Core } from './core';
import { priorityOf, renderFailure, workingRequest } from './renderRequests';

/** The app's objects in the working copy, or in the last one that could be rendered. */
export interface Known {
  readonly app: App;
  readonly rendered: Rendered;
}

/**
 * The objects with all their values, for whoever shows, compares or sends them. Where they came from
 * disk without values of Secrets the app is rendered again; a sentence where it cannot be.
 */
export async function wholeObjects(
  core: Core,
  { app, rendered }: Known,
  signal: AbortSignal,
): Promise<readonly RenderedObject[] | string> {
  const whole = withAllValues(rendered.objects);
  if (whole !== undefined) return whole;
  const request = workingRequest(core, app);
  if (request === undefined) return NOT_KEPT;
  const outcome = await core.deps.renderer.render(request, signal, priorityOf(core, app));
  signal.throwIfAborted();
  if (outcome.kind !== 'rendered') return renderFailure('The working copy', outcome);
  const { objects } = outcome.result;
  core.store.updateApp(app.key, (state) => withObjects(state, rendered, objects));
  return objects;
}

const NOT_KEPT = 'Values of its Secrets are not kept, and it cannot be rendered again.';

/** From now on they are at hand, unless the app was rendered anew in the meantime. */
function withObjects(
  state: AppState,
  rendered: Rendered,
  objects: readonly RenderedObject[],
): AppState {
  const { working } = state;
  if (working.kind !== 'rendered' || working.desired !== rendered) return state;
  return { ...state, working: { kind: 'rendered', desired: { ...rendered, objects } } };
}
