import type { ParsedFile } from '../model/render';
import type { JsonObject } from '../model/resource';
import { objectsAt, textAt, textsAt } from './fields';
import { parentOf, resolvePath } from './paths';
import type { SourceTree } from './sourceTree';

/** What one kustomization file includes, resolved against the root. */
export interface KustomizationFile {
  readonly path: string;
  readonly folder: string;
  readonly isComponent: boolean;
  readonly namespace?: string;
  /** Kustomization folders of `resources`, `bases` and `components`. */
  readonly folders: readonly string[];
  /** Single files of `resources`. */
  readonly resources: readonly string[];
  /** Files that hold patches: partial objects, never objects of their own. */
  readonly patches: readonly string[];
  /** Folders of charts that are inflated. */
  readonly charts: readonly string[];
}

/** By folder. A file that could not be parsed is there, with nothing included. */
export function kustomizationsIn(
  tree: SourceTree,
  files: ReadonlyMap<string, ParsedFile>,
): ReadonlyMap<string, KustomizationFile> {
  return new Map(
    [...tree.kustomizations].map(([folder, path]) => [
      folder,
      readKustomization(path, files.get(path)?.documents[0]?.value ?? {}, tree),
    ]),
  );
}

function readKustomization(path: string, value: JsonObject, tree: SourceTree): KustomizationFile {
  const folder = parentOf(path);
  const included = ['resources', 'bases', 'components']
    .flatMap((field) => textsAt(value, field))
    .map((reference) => resolvePath(folder, reference));
  const namespace = textAt(value, 'namespace');
  return {
    path,
    folder,
    isComponent: textAt(value, 'kind') === 'Component',
    ...(namespace === undefined ? {} : { namespace }),
    folders: included.filter((target) => tree.kustomizations.has(target) && target !== folder),
    resources: included.filter((target) => tree.files.has(target)),
    patches: patchFiles(value).map((reference) => resolvePath(folder, reference)),
    charts: chartReferences(value).map((reference) => resolvePath(folder, reference)),
  };
}

function patchFiles(value: JsonObject): readonly string[] {
  const named = ['patches', 'patchesJson6902', 'replacements']
    .flatMap((field) => objectsAt(value, field))
    .map((entry) => textAt(entry, 'path') ?? '');
  const listed = ['patchesStrategicMerge', 'transformers', 'generators', 'configurations'].flatMap(
    (field) => textsAt(value, field),
  );
  // An inline patch is YAML text, which a path is not.
  return [...named, ...listed].filter((text) => text !== '' && !text.includes('\n'));
}

function chartReferences(value: JsonObject): readonly string[] {
  const home = textAt(value, 'helmGlobals', 'chartHome') ?? 'charts';
  return objectsAt(value, 'helmCharts')
    .filter((chart) => textAt(chart, 'repo') === undefined)
    .map((chart) => `${home}/${textAt(chart, 'name') ?? ''}`);
}

/** The folders that a build of `start` reads, itself first; a cycle of bases ends the walk. */
export function includedFolders(
  start: string,
  kustomizations: ReadonlyMap<string, KustomizationFile>,
): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [start];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const file = kustomizations.get(folder);
    if (file === undefined || reached.has(folder)) continue;
    reached.add(folder);
    waiting.push(...file.folders);
  }
  return reached;
}

/**
 * The namespace that kustomizations give to the objects of a file: that of its own folder, else the
 * one on which all that include it agree.
 */
export function namespaceLookup(
  kustomizations: ReadonlyMap<string, KustomizationFile>,
): (path: string) => string | undefined {
  const given = new Map<string, Set<string>>();
  const note = (place: string, namespace: string): void => {
    given.set(place, (given.get(place) ?? new Set()).add(namespace));
  };
  for (const { folder, namespace, resources } of kustomizations.values()) {
    if (namespace === undefined) continue;
    for (const file of resources) note(file, namespace);
    for (const reached of includedFolders(folder, kustomizations)) note(reached, namespace);
  }
  return (path) => {
    const own = kustomizations.get(parentOf(path))?.namespace;
    const all = given.get(path) ?? given.get(parentOf(path)) ?? new Set<string>();
    return own ?? (all.size === 1 ? [...all][0] : undefined);
  };
}
