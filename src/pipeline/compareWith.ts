import type { ResourceChange } from '../model/change';
import type { Refusal } from '../model/workbench';
import { sourceRoot } from './core';
import type { Core } from './core';
import { compareSides } from './localComparison';
import { renderFailure, requestFor } from './renderRequests';
import { wholeObjects } from './wholeObjects';

/** The working copy against any revision, by the app's present definition. */
export async function compareWith(
  core: Core,
  { key, revision }: { readonly key: string; readonly revision: string },
  signal: AbortSignal,
): Promise<readonly ResourceChange[] | Refusal> {
  const state = core.store.app(key);
  if (state === undefined) return refuse('This app is not there any more.');
  const { app, working } = state;
  const root = sourceRoot(core, app);
  if (root === undefined || working.kind !== 'rendered') return refuse(whyNot(state));
  const request = requestFor(core, app, { root: root.root, revision });
  if (request === undefined) return refuse('Its source is not here.');
  const outcome = await core.deps.renderer.render(request, signal);
  if (outcome.kind !== 'rendered') return refuse(renderFailure(revision, outcome));
  const objects = await wholeObjects(core, { app, rendered: working.desired }, signal);
  if (typeof objects === 'string') return refuse(objects);
  const before = { app, objects: outcome.result.objects };
  return await compareSides(core, before, { app, objects });
}

function whyNot({ working }: { readonly working: { readonly kind: string } }): string {
  return 'reason' in working && typeof working.reason === 'string'
    ? working.reason
    : 'The working copy cannot be rendered.';
}

function refuse(reason: string): Refusal {
  return { kind: 'refusal', reason };
}
