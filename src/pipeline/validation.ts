import type { App } from '../model/app';
import type { Problem } from '../model/problem';
import { formOf } from '../model/withheld';
import { placeProblems } from '../validate/placeProblems';
import { locate } from '../yaml/locate';
import { pointerAt } from '../yaml/pointerAt';
import { destinationFacts } from './clusterSchemas';
import { sourceRoot } from './core';
import type { Core } from './core';
import { snapshotOf } from './discovery';
import { textOf } from './fileFacts';
import { placeAtOrigins } from './problemOrigins';

/** Checks the rendered objects of an app; findings stand in its state, stale ones are replaced. */
export async function validateApp(core: Core, key: string, signal: AbortSignal): Promise<void> {
  const state = core.store.app(key);
  const { validator } = core.deps;
  if (validator === undefined || state?.working.kind !== 'rendered') return;
  const objects = formOf(state.working.desired.objects);
  const facts = await destinationFacts(core, state.app, objects, signal);
  const request = { objects, crds: core.crds, ...facts };
  const problems = await placedIn(core, state.app, await validator.validate(request, signal));
  signal.throwIfAborted();
  core.store.updateApp(key, (now) => ({ ...now, problems }));
  const placed = await placeAtOrigins(core, state.app, problems, signal);
  signal.throwIfAborted();
  if (placed !== problems) core.store.updateApp(key, (now) => ({ ...now, problems: placed }));
}

async function placedIn(
  core: Core,
  app: App,
  problems: readonly Problem[],
): Promise<readonly Problem[]> {
  const root = sourceRoot(core, app);
  if (root === undefined || problems.length === 0) return problems;
  return await placeAtFields(problems, (path) => textOf(core, snapshotOf(root), path));
}

/** Problems of rendered objects at the line of their field, where a plain YAML file has it. */
export function placeAtFields(
  problems: readonly Problem[],
  textOf: (path: string) => Promise<string | undefined>,
): Promise<readonly Problem[]> {
  return placeProblems({ problems, locate, pointerAt, textOf });
}
