import type { App } from '../model/app';
import { sourceFolders } from '../model/render';

/**
 * True for a chart, overlay or folder that neither a custom resource nor a pipeline deploys, while one
 * of the others is made of the same folder: a definition that comes or goes adds and removes nothing
 * of what only looks like an app.
 */
export function isGuessOf(app: App, others: Iterable<App>): boolean {
  if (app.tool !== 'push' || app.pipeline !== undefined) return false;
  const folders = new Set(foldersOf(app));
  for (const other of others) {
    if (other.key !== app.key && foldersOf(other).some((folder) => folders.has(folder)))
      return true;
  }
  return false;
}

function foldersOf({ source }: App): readonly string[] {
  if (source.kind !== 'local') return [];
  return sourceFolders(source.render).map((folder) => `${source.root}#${folder}`);
}
