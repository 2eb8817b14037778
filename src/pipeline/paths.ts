/** Absolute path with forward slashes and no slash at the end. */
export function normalisePath(path: string): string {
  const slashed = path.replaceAll('\\', '/');
  return slashed.length > 1 && slashed.endsWith('/') ? slashed.slice(0, -1) : slashed;
}

/** The part of an absolute path below `root`, `''` for the root itself; `undefined` outside. */
export function pathBelow(root: string, path: string): string | undefined {
  const top = normalisePath(root);
  const full = normalisePath(path);
  if (full === top) return '';
  const prefix = top.endsWith('/') ? top : `${top}/`;
  return full.startsWith(prefix) ? full.slice(prefix.length) : undefined;
}

/** An absolute path as the root is written, so that it equals what the editor calls the file. */
export function joinPath(root: string, path: string): string {
  if (path === '') return root;
  const separator = root.includes('\\') ? '\\' : '/';
  const below = separator === '/' ? path : path.replaceAll('/', separator);
  return root.endsWith(separator) ? root + below : root + separator + below;
}

export function baseName(path: string): string {
  return normalisePath(path).split('/').pop() ?? path;
}

/** The root that holds a path; the deepest one where roots are nested. */
export function rootOf(roots: Iterable<string>, path: string): string | undefined {
  const holding = [...roots].filter((root) => pathBelow(root, path) !== undefined);
  return holding.sort((a, b) => b.length - a.length)[0];
}
