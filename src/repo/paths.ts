/** Paths below a root: forward slashes, no leading or trailing slash, `''` is the root itself. */

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

export function baseNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** True for the folder itself and for everything below it. */
export function isWithin(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** The folders that hold a path, nearest first, the root last. */
export function ancestorsOf(path: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = path; folder !== '';) {
    folder = parentOf(folder);
    folders.push(folder);
  }
  return folders;
}

/**
 * Resolves `reference` against `folder`. A leading slash means the root. `..` stops at the root, as
 * the controllers' secure joins do, so that no reference can leave the repository.
 */
export function resolvePath(folder: string, reference: string): string {
  const parts = reference.startsWith('/') || folder === '' ? [] : folder.split('/');
  for (const part of reference.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** How many leading folders two paths have in common. */
export function sharedDepth(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  const length = Math.min(left.length, right.length);
  for (let depth = 0; depth < length; depth += 1) {
    if (left[depth] !== right[depth]) return depth;
  }
  return length;
}

/** The name of a folder as users read it. */
export function folderName(path: string): string {
  return path === '' ? '.' : path;
}
