import type { RenderInput } from '../model/render';
import type { FileChange } from '../model/workbench';
import { isWithin, parentOf } from './paths';

/** A change below the root; a `changed` file is one that existed before, on disk or as a buffer. */
export interface PathChange {
  readonly path: string;
  readonly kind: FileChange['kind'];
}

export interface AffectableApp {
  readonly key: string;
  /** What its last render asked for; absent before the first one. */
  readonly inputs?: readonly RenderInput[];
  /** Folder that it is rendered from, for apps that were never rendered. */
  readonly sourcePath: string;
  /** File of its custom resource. */
  readonly definedIn?: string;
}

/**
 * Keys of the apps that the changes can reach: those whose last render asked for a changed path
 * (found or not), those defined in a changed file, and those never rendered whose folder holds it.
 * What an app includes is among its inputs, so inclusion needs no rule of its own.
 */
export function affected(
  changes: readonly PathChange[],
  apps: readonly AffectableApp[],
): ReadonlySet<string> {
  const touched = indexChanges(changes);
  return new Set(apps.filter((app) => isAffected(app, touched)).map(({ key }) => key));
}

interface Touched {
  readonly changes: readonly PathChange[];
  readonly paths: ReadonlySet<string>;
  /** Created and deleted: what changes the listing of a folder, and may be folders themselves. */
  readonly named: readonly string[];
  /** Folders in which a name came or went, and all folders above them. */
  readonly listedIn: ReadonlySet<string>;
  readonly listedBelow: ReadonlySet<string>;
}

function indexChanges(changes: readonly PathChange[]): Touched {
  const named = changes.filter(({ kind }) => kind !== 'changed').map(({ path }) => path);
  const listedBelow = new Set<string>();
  for (const path of named) {
    for (let folder = path; folder !== '';) {
      folder = parentOf(folder);
      listedBelow.add(folder);
    }
  }
  return {
    changes,
    paths: new Set(changes.map(({ path }) => path)),
    named,
    listedIn: new Set(named.map(parentOf)),
    listedBelow,
  };
}

function isAffected(app: AffectableApp, touched: Touched): boolean {
  if (app.definedIn !== undefined && wasTouched(app.definedIn, touched)) return true;
  if (app.inputs === undefined) {
    return touched.changes.some(
      ({ path }) => isWithin(path, app.sourcePath) || isWithin(app.sourcePath, path),
    );
  }
  return app.inputs.some((input) => wasAskedFor(input, touched));
}

function wasAskedFor(input: RenderInput, touched: Touched): boolean {
  if (wasTouched(input.path, touched)) return true;
  if (input.kind === 'file') return false;
  return (input.recursive ? touched.listedBelow : touched.listedIn).has(input.path);
}

/** The path itself, or a folder above it that came or went as a whole. */
function wasTouched(path: string, { paths, named }: Touched): boolean {
  return paths.has(path) || named.some((folder) => isWithin(path, folder));
}
