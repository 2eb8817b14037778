import type { Steps } from '../base/pacer';
import { complete } from '../base/pacer';
import type { ParsedFile, Repository } from '../model/render';
import { normaliseGitUrl } from './gitUrl';
import { ancestorsOf, baseNameOf, isWithin, parentOf } from './paths';

/** The files of one root, by path below it, with what finding and telling apart sources needs. */
export interface SourceTree {
  readonly root: string;
  /** The one revision that a fetched repository is there for; absent for an open folder. */
  readonly revision?: string;
  /** Normalised URLs of all remotes. */
  readonly remotes: ReadonlySet<string>;
  /** The URL of `origin`, else of the first remote, as written. */
  readonly remoteUrl?: string;
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  /** Folder → names of the values files of environments directly in it, sorted. */
  readonly environments: ReadonlyMap<string, readonly string[]>;
  /** Folder → its kustomization file. */
  readonly kustomizations: ReadonlyMap<string, string>;
  /** Folders of charts; those inside another chart are its parts and left out. */
  readonly charts: ReadonlySet<string>;
  /** The `.argocd-source*.yaml` files, which change the sources of Applications. */
  readonly overrides: ReadonlyMap<string, ParsedFile | undefined>;
}

const KUSTOMIZATION_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Folders of a chart whose files are no manifests, or are those of its parts. */
const CHART_INNER_FOLDERS = ['templates', 'charts', 'ci', 'tests'];

export function isKustomizationFile(path: string): boolean {
  return KUSTOMIZATION_NAMES.includes(baseNameOf(path));
}

interface CachedTree {
  readonly repository: Repository | undefined;
  readonly tree: SourceTree;
}

/** By the list of paths, which is a new array whenever it changes. */
const trees = new WeakMap<readonly string[], CachedTree>();

export function createSourceTree(
  root: string,
  paths: readonly string[],
  repository: Repository | undefined,
  parsed?: ReadonlyMap<string, ParsedFile>,
): SourceTree {
  return withOverrides(complete(sourceTreeSteps(root, paths, repository)), parsed);
}

/** The tree with what its override files say; most trees have none. */
export function withOverrides(
  tree: SourceTree,
  parsed: ReadonlyMap<string, ParsedFile> | undefined,
): SourceTree {
  if (tree.overrides.size === 0 || parsed === undefined) return tree;
  const overrides = [...tree.overrides.keys()].map((path) => [path, parsed.get(path)] as const);
  return { ...tree, overrides: new Map(overrides) };
}

/** `.argocd-source.yaml`, and `.argocd-source-APP.yaml` for one Application. */
export function isOverridesFile(path: string): boolean {
  return /^\.argocd-source(-.+)?\.yaml$/.test(baseNameOf(path));
}

/** The same with places to pause. */
export function* sourceTreeSteps(
  root: string,
  paths: readonly string[],
  repository: Repository | undefined,
): Steps<SourceTree> {
  const cached = trees.get(paths);
  if (cached?.tree.root === root && cached.repository === repository) return cached.tree;
  const tree = yield* indexTree(root, paths, repository);
  trees.set(paths, { repository, tree });
  return tree;
}

function* indexTree(
  root: string,
  paths: readonly string[],
  repository: Repository | undefined,
): Steps<SourceTree> {
  const remotes = repository?.remotes ?? [];
  const preferred = remotes.find((remote) => remote.name === 'origin') ?? remotes[0];
  const remoteUrl = preferred?.urls[0];
  const files = new Set(paths);
  yield;
  const folders = foldersOf(paths);
  yield;
  const environments = environmentsOf(paths);
  yield;
  const kustomizations = kustomizationsOf(paths);
  yield;
  return {
    root,
    remotes: new Set(remotes.flatMap((remote) => remote.urls.map(normaliseGitUrl))),
    ...(remoteUrl === undefined ? {} : { remoteUrl }),
    files,
    folders,
    environments,
    kustomizations,
    charts: chartFolders(paths),
    overrides: new Map(paths.filter(isOverridesFile).map((path) => [path, undefined])),
  };
}

/** Folders with a Chart.yaml that are not below `templates/`, `charts/`… of another chart. */
export function chartFolders(paths: readonly string[]): ReadonlySet<string> {
  const all = new Set(
    paths.filter((path) => baseNameOf(path) === 'Chart.yaml').map((path) => parentOf(path)),
  );
  return new Set([...all].filter((folder) => !isInsideChart(folder, all)));
}

/** True for a path in a part of a chart that holds no manifests of its own. */
export function isInsideChart(path: string, charts: ReadonlySet<string>): boolean {
  return ancestorsOf(path).some(
    (folder) =>
      charts.has(folder) &&
      CHART_INNER_FOLDERS.some((inner) =>
        isWithin(path, folder === '' ? inner : `${folder}/${inner}`),
      ),
  );
}

function foldersOf(paths: readonly string[]): ReadonlySet<string> {
  const folders = new Set<string>(['']);
  for (const path of paths) {
    for (const folder of ancestorsOf(path)) {
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

function environmentsOf(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const path of paths) {
    const name = baseNameOf(path);
    if (environmentOf(name) === undefined) continue;
    const names = found.get(parentOf(path));
    if (names === undefined) found.set(parentOf(path), [name]);
    else names.push(name);
  }
  for (const names of found.values()) names.sort();
  return found;
}

/** The environment that a values file beside the base values is for: `prod` of `values-prod.yaml`. */
export function environmentOf(name: string): string | undefined {
  const found = /^(?:values[-._]([^/]+)|([^/]+)[-._]values)\.ya?ml$/.exec(name);
  return found?.[1] ?? found?.[2];
}

function kustomizationsOf(paths: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const path of paths) {
    if (isKustomizationFile(path) && !found.has(parentOf(path))) found.set(parentOf(path), path);
  }
  return found;
}
