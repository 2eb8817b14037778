import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';

/** The folder of everything that outlives a checkout: tools, engines, editors. */
export function cacheFolder() {
  const base =
    process.env.PLUMBLINE_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'plumbline');
  mkdirSync(base, { recursive: true });
  return base;
}

/**
 * @param {string} path file or folder
 * @param {(name: string) => boolean} skip
 * @returns {string[]} absolute paths of all files below, sorted
 */
export function filesBelow(path, skip = () => false) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !skip(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const child = join(path, entry.name);
      if (entry.isDirectory()) return filesBelow(child, skip);
      return entry.isFile() ? [child] : [];
    });
}

/**
 * @param {string} root paths enter the digest relative to it
 * @param {readonly string[]} paths
 * @param {readonly string[]} extra further text that decides the result
 */
export function digestOf(root, paths, extra = []) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => filesBelow(path, (n) => n === 'node_modules'))) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  for (const text of extra) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 20);
}
