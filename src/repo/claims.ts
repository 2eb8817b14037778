import type { Steps } from '../base/pacer';
import type { App } from '../model/app';
import { type SingleSource, singleSources } from '../model/render';
import type { JsonObject } from '../model/resource';
import { argoSources } from './argo';
import { fieldAt, flagAt, isObject, objectsAt, textAt } from './fields';
import { normaliseGitUrl } from './gitUrl';
import { coversPath } from './glob';
import { includedFolders, type KustomizationFile } from './kustomizations';
import type { Manifest } from './manifests';
import { ancestorsOf, isWithin, parentOf, resolvePath } from './paths';
import type { SourceTree } from './sourceTree';

/** What the apps of custom resources use, so that nothing of it becomes an app a second time. */
export interface Claims {
  /** Keys of the apps that build a kustomization folder, directly or through others. */
  usersOf(folder: string): readonly string[];
  /** A chart or kustomization folder that a controller renders. */
  isUsed(folder: string): boolean;
  /** A single manifest that a controller applies. */
  covers(path: string): boolean;
}

interface Collected {
  readonly users: Map<string, Set<string>>;
  /** Folders that are read with all that is below. */
  readonly deep: Set<string>;
  /** Folders of which only the files directly inside are read. */
  readonly flat: Set<string>;
  /** Folders of charts and kustomizations: what stands below is a part or unused, no app. */
  readonly built: Set<string>;
}

export interface ClaimInput {
  readonly tree: SourceTree;
  readonly apps: readonly App[];
  readonly applicationSets: readonly Manifest[];
  readonly kustomizations: ReadonlyMap<string, KustomizationFile>;
}

export function* claimSteps(input: ClaimInput): Steps<Claims> {
  const found = nothingYet();
  for (const app of input.apps) {
    claimApp(app, input, found);
    yield;
  }
  return claimsOf(
    found,
    input.applicationSets.flatMap((set) => setPatterns(set.object)),
  );
}

function nothingYet(): Collected {
  return { users: new Map(), deep: new Set(), flat: new Set(), built: new Set() };
}

function claimsOf(found: Collected, patterns: readonly string[]): Claims {
  const byPattern = (path: string): boolean => patterns.some((glob) => coversPath(glob, path));
  return {
    usersOf: (folder) => [...(found.users.get(folder) ?? [])],
    isUsed: (folder) => found.users.has(folder) || byPattern(folder) || isBelow(folder, found.deep),
    covers: (path) =>
      found.flat.has(parentOf(path)) ||
      isBelow(path, found.deep) ||
      isBelow(path, found.built) ||
      byPattern(path),
  };
}

/**
 * The apps of all roots and clusters without those of a pipeline whose source an app from elsewhere
 * renders: one defined in another root, or known from a cluster only.
 */
export function withoutClaimed(apps: readonly App[], trees: readonly SourceTree[]): readonly App[] {
  const claimed = new Set<string>();
  for (const tree of trees) {
    const claims = claimsFromElsewhere(apps, tree);
    for (const app of apps) {
      if (claims !== undefined && isClaimed(app, tree, claims)) claimed.add(app.key);
    }
  }
  return claimed.size === 0 ? apps : apps.filter(({ key }) => !claimed.has(key));
}

function claimsFromElsewhere(apps: readonly App[], tree: SourceTree): Claims | undefined {
  const found = nothingYet();
  const foreign = apps.filter(
    ({ tool, definedIn }) => tool !== 'push' && definedIn?.root !== tree.root,
  );
  for (const app of foreign) {
    if (app.source.kind === 'unsupported') claimNamedPaths(app, { tree }, found);
    for (const source of sourcesIn(app, tree)) {
      use(found, source.path, app.key);
      readingOf(source, tree, found).add(source.path);
    }
  }
  return found.users.size === 0 ? undefined : claimsOf(found, []);
}

/** What an app renders from folders of one root; a chart of a registry is in no folder. */
function sourcesIn({ source }: App, { root }: SourceTree): readonly SingleSource[] {
  if (source.kind !== 'local' || source.root !== root) return [];
  return singleSources(source.render).filter(
    (single) => single.kind !== 'helm' || single.chart === undefined,
  );
}

/** What a pipeline applies is an app whoever else applies it. */
function isClaimed(
  { tool, kind, source, definedIn, pipeline }: App,
  tree: SourceTree,
  claims: Claims,
): boolean {
  if (pipeline !== undefined && pipeline.rendersOnly !== true) return false;
  if (tool !== 'push' || source.kind !== 'local' || source.root !== tree.root) return false;
  return kind === 'Folder'
    ? definedIn !== undefined && claims.covers(definedIn.path)
    : claims.isUsed(source.render.path);
}

function isBelow(path: string, folders: ReadonlySet<string>): boolean {
  return folders.has(path) || ancestorsOf(path).some((folder) => folders.has(folder));
}

function claimApp(app: App, input: ClaimInput, found: Collected): void {
  if (app.source.kind === 'unsupported') claimNamedPaths(app, input, found);
  for (const render of sourcesIn(app, input.tree)) claimSource(app, render, input, found);
}

function claimSource(app: App, render: SingleSource, input: ClaimInput, found: Collected): void {
  const { path } = render;
  use(found, path, app.key);
  readingOf(render, input, found).add(path);
  for (const start of buildStarts(render.kind, path, input)) {
    for (const folder of includedFolders(start, input.kustomizations)) use(found, folder, app.key);
  }
}

function readingOf(
  render: SingleSource,
  input: { readonly kustomizations: ReadonlyMap<string, unknown> },
  found: Collected,
): Set<string> {
  if (render.kind === 'directory') return render.recurse ? found.deep : found.flat;
  const isGenerated = render.kind === 'flux' && !input.kustomizations.has(render.path);
  return isGenerated ? found.deep : found.built;
}

/** Where Kustomize starts: the folder, or for a generated kustomization each one below it. */
function buildStarts(
  kind: string,
  path: string,
  { kustomizations }: ClaimInput,
): readonly string[] {
  if (kustomizations.has(path)) return [path];
  if (kind !== 'flux') return [];
  return [...kustomizations.keys()].filter((folder) => isWithin(folder, path));
}

function use(found: Collected, folder: string, key: string): void {
  const users = found.users.get(folder) ?? new Set();
  found.users.set(folder, users.add(key));
}

/** Sources that are not rendered (plugins) still use their folders. */
function claimNamedPaths(app: App, { tree }: Pick<ClaimInput, 'tree'>, found: Collected): void {
  const sources = app.kind === 'Application' ? argoSources(app.definition ?? {}) : [];
  for (const { source } of sources) {
    const path = textAt(source, 'path');
    const url = textAt(source, 'repoURL') ?? '';
    if (path === undefined || !tree.remotes.has(normaliseGitUrl(url))) continue;
    use(found, resolvePath('', path), app.key);
    found.deep.add(resolvePath('', path));
  }
}

/**
 * Folders that an ApplicationSet makes apps of, as globs: directories of Git generators, and the
 * template's path with its placeholders as wildcards.
 */
function setPatterns(object: JsonObject): readonly string[] {
  const templates = [fieldAt(object, 'spec', 'template', 'spec', 'source')]
    .concat(objectsAt(object, 'spec', 'template', 'spec', 'sources'))
    .map((source) => textAt(source, 'path') ?? '')
    .map((path) => path.replace(/\{\{.*?\}\}/g, '*'))
    // A path that is one placeholder says nothing; the generator's directories do.
    .filter((path) => /[^*/]/.test(path));
  return [...templates, ...generatorDirectories(object)].map((path) => resolvePath('', path));
}

function generatorDirectories(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(generatorDirectories);
  if (typeof value !== 'object' || value === null || !isObject(value as JsonObject)) return [];
  const object = value as JsonObject;
  const own = objectsAt(object, 'directories')
    .filter((entry) => !flagAt(entry, 'exclude'))
    .map((entry) => textAt(entry, 'path') ?? '');
  return [...own, ...Object.values(object).flatMap(generatorDirectories)].filter(
    (path) => path !== '',
  );
}
