/** Paths below a root: forward slashes, no leading or trailing slash, `''` is the root itself. */

export { sharedDepth } from '../base/folders';

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

/** The name of a folder as users read it. */
export function folderName(path: string): string {
  return path === '' ? '.' : path;
}
