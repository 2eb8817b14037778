import type { PathChange } from '../repo/affected';
import { isCancellation, messageOf } from '../base/userError';
import type { Snapshot } from '../model/render';
import type { Core, FileFacts, RootEntry } from './core';
import { snapshotOf } from './discovery';
import { describeRevision } from './revisions';

/** Reads both texts of a file that somebody looks at for the first time. */
export function lookAtFile(core: Core, entry: RootEntry, path: string): void {
  if (entry.files.has(path)) return;
  entry.files.set(path, NOTHING_YET);
  core.activity.run(`read ${path}`, async () => {
    await readFacts(core, entry, path);
    core.store.touch({ roots: [entry.root] });
  });
}

export const NOTHING_YET: FileFacts = { before: '', after: '', against: '' };

/** Keeps the texts of watched files up to date: with an edit, or all of them when Git moved. */
export async function refreshFiles(
  core: Core,
  entry: RootEntry,
  changes: readonly PathChange[] | undefined,
): Promise<void> {
  const changed = changes && new Set(changes.map((change) => change.path));
  for (const path of [...entry.files.keys()]) {
    if (changed === undefined || changed.has(path)) await readFacts(core, entry, path);
  }
}

async function readFacts(core: Core, entry: RootEntry, path: string): Promise<void> {
  const { target } = entry;
  const revision = target?.kind === 'known' ? target.label.commit : undefined;
  const after = await textOf(core, snapshotOf(entry), path);
  const before =
    revision === undefined ? after : await textOf(core, { root: entry.root, revision }, path);
  const against = target?.kind === 'known' ? describeRevision(target.label) : '';
  entry.files.set(path, { before, after, against });
}

/** The text, or nothing where the snapshot does not have the file. */
export async function textOf(core: Core, snapshot: Snapshot, path: string): Promise<string> {
  try {
    const read = await core.deps.renderer.read(snapshot, path, core.lifetime.signal);
    return read !== undefined && 'text' in read ? read.text : '';
  } catch (error) {
    if (isCancellation(error)) throw error;
    core.deps.log.warn(`${path}: ${messageOf(error)}`);
    return '';
  }
}
