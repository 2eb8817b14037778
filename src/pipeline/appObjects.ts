import type { App } from '../model/app';
import type { AppState } from '../model/appState';
import type { RenderedObject } from '../model/render';
import type { KubeObject } from '../model/resource';
import type { Refusal } from '../model/workbench';
import { maskObject } from '../diff/mask';
import { sourceRoot } from './core';
import type { Core } from './core';
import { desiredOf } from './desired';
import { renderFailure, requestFor } from './renderRequests';
import { wholeObjects } from './wholeObjects';

export interface ObjectsRequest {
  /** Absent: the working copy. */
  readonly revision?: string;
  /** Secrets as they are; masked by default. */
  readonly showSecrets?: boolean;
}

/** The objects of an app with what its controller adds, in the order in which they were rendered. */
export async function appObjects(
  core: Core,
  request: ObjectsRequest & { readonly key: string },
  signal: AbortSignal,
): Promise<readonly KubeObject[] | Refusal> {
  const state = core.store.app(request.key);
  if (state === undefined) return refuse('This app is not there any more.');
  const rendered = await renderedObjects(core, state, request.revision, signal);
  if ('reason' in rendered) return rendered;
  const desired = await desiredOf(core, state.app, rendered);
  return desired.map(({ object }) =>
    request.showSecrets === true ? object : maskObject(object, core.deps.digest),
  );
}

async function renderedObjects(
  core: Core,
  { app, working }: AppState,
  revision: string | undefined,
  signal: AbortSignal,
): Promise<readonly RenderedObject[] | Refusal> {
  if (revision !== undefined) return await objectsAt(core, app, revision, signal);
  if (working.kind !== 'rendered') return refuse(whyNot(working));
  const objects = await wholeObjects(core, { app, rendered: working.desired }, signal);
  return typeof objects === 'string' ? refuse(objects) : objects;
}

function whyNot(working: Exclude<AppState['working'], { kind: 'rendered' }>): string {
  if (working.kind === 'unavailable') return working.reason;
  if (working.kind !== 'invalid') return 'It has not been rendered yet.';
  return working.problems[0]?.message ?? 'It cannot be rendered.';
}

async function objectsAt(
  core: Core,
  app: App,
  revision: string,
  signal: AbortSignal,
): Promise<readonly RenderedObject[] | Refusal> {
  const root = sourceRoot(core, app);
  const request = root && requestFor(core, app, { root: root.root, revision });
  if (request === undefined) return refuse('Its source is in no open folder.');
  const outcome = await core.deps.renderer.render(request, signal);
  return outcome.kind === 'rendered'
    ? outcome.result.objects
    : refuse(renderFailure(revision, outcome));
}

function refuse(reason: string): Refusal {
  return { kind: 'refusal', reason };
}
