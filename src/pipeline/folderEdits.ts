import type { PathChange } from '../repo/affected';

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

function ancestorsOf(path: string): readonly string[] {
  const found: string[] = [];
  for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) found.push(folder);
  return found;
}

function foldersOf(paths: Iterable<string>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let folder = parentOf(path); folder !== '' && !folders.has(folder);) {
      folders.add(folder);
      folder = parentOf(folder);
    }
  }
  return folders;
}

/**
 * The edits and the folders that came or went with them: Git and some watchers tell of files only,
 * but a folder that is new shows in the listing of the one above it.
 */
export function withFolders(
  edits: readonly PathChange[],
  before: Iterable<string>,
  after: Iterable<string>,
): readonly PathChange[] {
  if (edits.every(({ kind }) => kind === 'changed')) return edits;
  const known = { created: foldersOf(before), deleted: foldersOf(after) };
  const folders = new Map<string, PathChange>();
  for (const { path, kind } of edits) {
    if (kind === 'changed') continue;
    for (const folder of ancestorsOf(path)) {
      if (!known[kind].has(folder)) folders.set(`${kind} ${folder}`, { path: folder, kind });
    }
  }
  return [...edits, ...folders.values()];
}
