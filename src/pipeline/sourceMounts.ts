import type { App, SourceMount } from '../model/app';
import type { RenderMount, RenderRequest, Snapshot } from '../model/render';
import { targetRef } from '../repo/follows';
import { gitReference } from '../repo/mounts';
import { leavesSubmodules, withoutSubmodules } from './argoRendering';
import type { Core, RootEntry } from './core';
import { textOf } from './setRepositories';

/** What a render of an app may read besides its own root: at a commit, other repositories at theirs. */
export function remotesOf(
  core: Core,
  app: App,
  snapshot: Snapshot,
): Pick<RenderRequest, 'mounts' | 'openRoots'> {
  const written = app.source.kind === 'local' ? (app.source.mounts ?? []) : [];
  const mounts = leavesSubmodules(core, app) ? written.map(withoutSubmodules) : written;
  const openRoots = [...core.roots.values()]
    .filter(({ root, repository }) => root !== snapshot.root && repository !== undefined)
    .map(({ root }) => root);
  return {
    ...(mounts.length === 0
      ? {}
      : { mounts: mounts.map((mount) => mounted(core, mount, snapshot)) }),
    ...(openRoots.length === 0 ? {} : { openRoots }),
  };
}

function mounted(core: Core, mount: SourceMount, snapshot: Snapshot): RenderMount {
  const { name } = mount;
  const git = gitReference(mount, mount);
  const entry = mount.root === undefined ? undefined : core.roots.get(mount.root);
  const text = entry && openText(core, entry, mount, snapshot);
  return text === undefined ? { name, git } : { name, git, snapshot: text };
}

/** The working tree with its unsaved texts, or the commit that the revision is; none if the clone lacks it. */
function openText(
  core: Core,
  entry: RootEntry,
  { repoUrl, revision }: SourceMount,
  { root, revision: commit }: Snapshot,
): Snapshot | undefined {
  const own = core.roots.get(root) ?? entry;
  const asking = { entry: own, assumes: true, ...(commit === undefined ? {} : { commit }) };
  const text = textOf(core, { repoURL: repoUrl, revision }, asking);
  if (text === null) return undefined;
  if (text.revision === undefined) return { ...text, overlay: entry.overlay };
  const isKnown = text.revision !== revision || isHere(entry, repoUrl, revision);
  return isKnown ? text : undefined;
}

/** A revision that no ref of the clone is stays as it is written, and cannot be read. */
function isHere({ repository }: RootEntry, repoUrl: string, revision: string): boolean {
  return targetRef({ repoUrl, revision }, repository) !== undefined;
}
