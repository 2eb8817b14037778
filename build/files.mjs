import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

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
