import type { Steps } from '../base/pacer';
import type { ParsedFile } from '../model/render';
import type { JsonObject } from '../model/resource';
import { objectAt, objectsAt, textAt, textsAt } from './fields';
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
  /** What the patches aim at, as far as they say it. */
  readonly targets: readonly PatchTarget[];
  /** Folders of charts that are inflated. */
  readonly charts: readonly string[];
  /** Entries of `configMapGenerator` and `secretGenerator`. */
  readonly generators: readonly DataGenerator[];
}

export interface DataGenerator {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly spec: JsonObject;
}

/** Absent fields fit every object; a name is a pattern, as Kustomize reads it. */
export interface PatchTarget {
  readonly kind?: string;
  readonly name?: string;
}

/** By folder. A file that could not be parsed is there, with nothing included. */
export function* kustomizationSteps(
  tree: SourceTree,
  files: ReadonlyMap<string, ParsedFile>,
): Steps<ReadonlyMap<string, KustomizationFile>> {
  const found = new Map<string, KustomizationFile>();
  for (const [folder, path] of tree.kustomizations) {
    found.set(folder, readKustomization(path, tree, files));
    yield;
  }
  return found;
}

function readKustomization(
  path: string,
  tree: SourceTree,
  files: ReadonlyMap<string, ParsedFile>,
): KustomizationFile {
  const value = files.get(path)?.documents[0]?.value ?? {};
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
    targets: patchTargets(value, (reference) =>
      (files.get(resolvePath(folder, reference))?.documents ?? []).map((entry) => entry.value),
    ),
    charts: chartReferences(value).map((reference) => resolvePath(folder, reference)),
    generators: [
      ...objectsAt(value, 'configMapGenerator').map(
        (spec) => ({ kind: 'ConfigMap', spec }) as const,
      ),
      ...objectsAt(value, 'secretGenerator').map((spec) => ({ kind: 'Secret', spec }) as const),
    ],
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

type ReadPatch = (reference: string) => readonly JsonObject[];

function patchTargets(value: JsonObject, read: ReadPatch): readonly PatchTarget[] {
  const entries = [...objectsAt(value, 'patches'), ...objectsAt(value, 'patchesJson6902')];
  const listed = textsAt(value, 'patchesStrategicMerge');
  return [
    ...entries.flatMap((entry) => targetsOf(entry, read)),
    ...listed.flatMap((text) =>
      text.includes('\n') ? inlineTargets(text) : bodyTargets(read(text)),
    ),
  ];
}

/** An explicit target, else the objects that the patch itself names. */
function targetsOf(entry: JsonObject, read: ReadPatch): readonly PatchTarget[] {
  const target = objectAt(entry, 'target');
  if (target !== undefined) return [targetFrom(textAt(target, 'kind'), textAt(target, 'name'))];
  const path = textAt(entry, 'path');
  return path === undefined ? inlineTargets(textAt(entry, 'patch') ?? '') : bodyTargets(read(path));
}

function bodyTargets(bodies: readonly JsonObject[]): readonly PatchTarget[] {
  return bodies.map((body) => targetFrom(textAt(body, 'kind'), textAt(body, 'metadata', 'name')));
}

/** The kinds that the text of a patch names; a patch without one needs a target. */
function inlineTargets(text: string): readonly PatchTarget[] {
  return [...text.matchAll(/^kind:\s*["']?(\w+)/gm)].map(([, kind]) => targetFrom(kind, undefined));
}

function targetFrom(kind: string | undefined, name: string | undefined): PatchTarget {
  return { ...(kind === undefined ? {} : { kind }), ...(name === undefined ? {} : { name }) };
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
