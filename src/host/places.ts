import { existsSync } from 'node:fs';
import { basename, join, posix, relative, sep } from 'node:path';
import type { AppState, WorkspaceState } from '../model/appState';
import type { RenderInput } from '../model/render';

/** Absolute path of a path below a root, which has forward slashes. */
export function joinRoot(root: string, path: string): string {
  return path === '' ? root : join(root, path);
}

/** The last part of a path with forward or the system's separators. */
export function fileNameOf(path: string): string {
  return basename(path);
}

/** The folder of a path below a root; empty for the root itself. */
export function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}

/** The first of the names that the folder below the root holds, as a path below the root. */
export function firstExisting(
  root: string,
  folder: string,
  names: readonly string[],
): string | undefined {
  const name = names.find((one) => existsSync(join(root, folder, one)));
  return name === undefined ? undefined : posix.join(folder, name);
}

export interface Place {
  readonly root: string;
  /** Below the root, with forward slashes. */
  readonly path: string;
}

/** The innermost root that has the file; `undefined` outside of all. */
export function placeOf(
  absolutePath: string,
  roots: readonly { readonly root: string }[],
): Place | undefined {
  const [root] = roots
    .map((one) => one.root)
    .filter((one) => absolutePath === one || absolutePath.startsWith(withSeparator(one)))
    .sort((a, b) => b.length - a.length);
  if (root === undefined) return undefined;
  return { root, path: relative(root, absolutePath).split(sep).join('/') };
}

function withSeparator(folder: string): string {
  return folder.endsWith(sep) ? folder : folder + sep;
}

/** Apps that read the file when they were rendered last, or whose definition is in it. */
export function appsReading(state: WorkspaceState, absolutePath: string): readonly AppState[] {
  const place = placeOf(absolutePath, state.roots);
  if (place === undefined) return [];
  return state.apps.filter((one) => isDefinedIn(one, place) || reads(one, place));
}

function isDefinedIn({ app }: AppState, place: Place): boolean {
  return app.definedIn?.root === place.root && app.definedIn.path === place.path;
}

function reads(state: AppState, place: Place): boolean {
  const { source } = state.app;
  if (source.kind !== 'local' || source.root !== place.root) return false;
  return inputsOf(state).some(
    (input) => input.kind === 'file' && input.found && input.path === place.path,
  );
}

function inputsOf({ working }: AppState): readonly RenderInput[] {
  switch (working.kind) {
    case 'discovered':
      return [];
    case 'rendered':
      return working.desired.inputs;
    case 'invalid':
      return working.inputs;
    case 'rendering':
    case 'unavailable':
      return working.lastGood?.inputs ?? [];
  }
}
