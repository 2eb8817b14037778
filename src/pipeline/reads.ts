import { affected } from '../repo/affected';
import type { PathChange } from '../repo/affected';
import type { Core } from './core';
import { entryOf, sourceRoot } from './core';
import { pathBelow } from './paths';
import type { App } from '../model/app';
import type { RenderInput } from '../model/render';

/** Inputs of the working copy and, where it was rendered, of the target. */
function inputsOf(core: Core, key: string): readonly RenderInput[] | undefined {
  const { inputs, targetInputs } = entryOf(core, key);
  if (inputs === undefined) return undefined;
  return targetInputs === undefined ? inputs : [...inputs, ...targetInputs];
}

/** Keys of the apps whose objects can change by these edits below one root. */
export function affectedApps(
  core: Core,
  root: string,
  changes: readonly PathChange[],
): ReadonlySet<string> {
  const apps = core.store
    .state()
    .apps.filter(({ app }) => app.source.kind === 'local' && app.source.root === root)
    .map(({ app }) => queryOf(core, app, root));
  return affected(changes, apps);
}

function queryOf(core: Core, app: App, root: string): Parameters<typeof affected>[1][number] {
  const inputs = inputsOf(core, app.key);
  const sourcePath = app.source.kind === 'local' ? app.source.render.path : '';
  const definedIn = writtenIn(app, root);
  return {
    key: app.key,
    sourcePath,
    ...(inputs === undefined ? {} : { inputs }),
    ...(definedIn === undefined ? {} : { definedIn }),
  };
}

/** What a template makes of an app is known when the app above it is rendered. */
function writtenIn({ definedIn, renderedBy }: App, root: string): string | undefined {
  return definedIn?.root === root && renderedBy?.changed !== true ? definedIn.path : undefined;
}

/** Whether an app reads the file at an absolute path, or is defined in it. */
export function readsFile(core: Core, app: App, path: string): boolean {
  const root = sourceRoot(core, app);
  const below = root === undefined ? undefined : pathBelow(root.root, path);
  if (root === undefined || below === undefined) return false;
  return affected([{ path: below, kind: 'changed' }], [queryOf(core, app, root.root)]).has(app.key);
}
