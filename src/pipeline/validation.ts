import type { App } from '../model/app';
import type { Problem } from '../model/problem';
import type { RenderedObject } from '../model/render';
import { validateObjects } from '../validate/validateObjects';
import type { Core } from './core';
import { schemasFor } from './clusterSchemas';

/** Checks the rendered objects of an app; findings stand in its state, stale ones are replaced. */
export async function validateApp(core: Core, key: string, signal: AbortSignal): Promise<void> {
  const state = core.store.app(key);
  if (state === undefined || state.working.kind !== 'rendered') return;
  const problems = await findProblems(core, state.app, state.working.desired.objects, signal);
  signal.throwIfAborted();
  core.store.updateApp(key, (now) => ({ ...now, problems }));
}

export async function findProblems(
  core: Core,
  app: App,
  objects: readonly RenderedObject[],
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  return await validateObjects({
    objects,
    schemas: await schemasFor(core, app, objects, signal),
    signal,
  });
}
