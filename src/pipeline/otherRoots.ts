import type { App } from '../model/app';
import type { AppState } from '../model/appState';
import { OTHER_TREES } from '../model/remote';
import type { UsedRepository } from '../model/render';
import { affected } from '../repo/affected';
import type { PathChange } from '../repo/affected';
import type { Core } from './core';
import { lastGood } from './renderRequests';

/** Where a path of an origin is: `elsewhere` for a fetched repository, which has no files to open. */
export function otherPlace(
  state: AppState,
  path: string,
): { readonly root: string; readonly path: string } | 'elsewhere' | undefined {
  if (!path.startsWith(`${OTHER_TREES}/`)) return undefined;
  const used = usedOf(state).find(({ mount }) => path.startsWith(`${mount}/`));
  if (used?.root === undefined) return 'elsewhere';
  return { root: used.root, path: path.slice(used.mount.length + 1) };
}

/** Apps of which a part is rendered from the working tree of another root, and that these edits reach. */
export function affectedElsewhere(
  core: Core,
  root: string,
  changes: readonly PathChange[],
): ReadonlySet<string> {
  const { apps } = core.store.state();
  // What a render that failed asked for elsewhere is not known.
  const broken = apps
    .filter(({ app, working }) => working.kind === 'invalid' && isMounted(app, root))
    .map(({ app }) => app.key);
  const readers = apps.map((state) => ({
    key: state.app.key,
    sourcePath: '',
    inputs: usedOf(state).flatMap((used) => (used.root === root ? (used.inputs ?? []) : [])),
  }));
  return new Set([...affected(changes, readers), ...(changes.length === 0 ? [] : broken)]);
}

/** Apps that read commits or the working tree of a clone, whose refs have moved. */
export function readersOfClone(core: Core, root: string): readonly string[] {
  return core.store
    .state()
    .apps.filter((state) => {
      const reads = usedOf(state).some((used) => used.root === root);
      return reads || isMounted(state.app, root);
    })
    .map(({ app }) => app.key);
}

/** Whether a part of an app is rendered from the working tree of another root, whose edits count. */
export function readsOtherTrees(core: Core, key: string): boolean {
  const state = core.store.app(key);
  return state !== undefined && usedOf(state).some((used) => used.inputs !== undefined);
}

function isMounted({ source }: App, root: string): boolean {
  return source.kind === 'local' && (source.mounts ?? []).some((mount) => mount.root === root);
}

function usedOf({ working }: AppState): readonly UsedRepository[] {
  const rendered = working.kind === 'rendered' ? working.desired : lastGood(working).lastGood;
  return rendered?.repositories ?? [];
}
