import type { Steps } from '../base/pacer';
import { complete } from '../base/pacer';
import type { App } from '../model/app';
import type { RepositoryItem } from '../model/appState';
import type { RepositoryConfig } from '../model/config';
import type { Problem } from '../model/problem';
import type { ParsedFile, Repository } from '../model/render';
import { groupOf } from '../model/resource';
import { ARGO_NAMESPACE } from './argoSource';
import { CONFIG_PATH } from './candidates';
import { claimSteps } from './claims';
import { readConfig } from './config';
import { defineApp, definedKind } from './defineApp';
import type { DefinitionContext, Placement } from './definition';
import { fileProblems } from './fileProblems';
import { type DataObjects, dataObjects } from './fluxData';
import { namedObjects, type NamedObjects, resolveGitSource } from './fluxSources';
import { repositoryItems } from './items';
import { type KustomizationFile, kustomizationSteps, namespaceLookup } from './kustomizations';
import { type Manifest, manifestSteps, nameOf, namespaceOf } from './manifests';
import { isWithin } from './paths';
import { patcherLookup, withPatchNotes } from './patchedDefinitions';
import { pushApps } from './pushApps';
import { sourceTreeSteps, type SourceTree } from './sourceTree';

export interface DiscoveryInput {
  /** Absolute path of the Git top level, or of the folder. */
  readonly root: string;
  /** All files below the root. */
  readonly paths: readonly string[];
  /** The parsed candidates by path. */
  readonly files: ReadonlyMap<string, ParsedFile>;
  /** Absent for a folder without Git. */
  readonly repository?: Repository;
  /** Opened folders below the root: apps without a custom resource are looked for only there. */
  readonly folders?: readonly string[];
  /** Source texts by path, for exact lines in problems of `.plumbline.yaml`. */
  readonly texts?: ReadonlyMap<string, string>;
}

export interface Discovery {
  readonly apps: readonly App[];
  readonly items: readonly RepositoryItem[];
  readonly config: RepositoryConfig;
  readonly problems: readonly Problem[];
}

/** Everything one root says about apps. Pure: equal input gives equal output, in a stable order. */
export function discover(input: DiscoveryInput): Discovery {
  return complete(discoverySteps(input));
}

/** The same with places to pause: thousands of files take longer than a thread may be held. */
export function* discoverySteps(input: DiscoveryInput): Steps<Discovery> {
  const tree = yield* sourceTreeSteps(input.root, input.paths, input.repository);
  const kustomizations = yield* kustomizationSteps(tree, input.files);
  const manifests = yield* ownManifests(input.files, kustomizations);
  const { config, problems } = readConfig(
    input.files.get(CONFIG_PATH),
    input.texts?.get(CONFIG_PATH),
  );
  const defined = yield* definedApps({ tree, manifests, kustomizations });
  const applicationSets = ofKind(manifests, 'argoproj.io', 'ApplicationSet');
  const claims = yield* claimSteps({
    tree,
    apps: defined.apps,
    applicationSets,
    kustomizations,
  });
  const isOpen = (app: App): boolean => isOpened(app, input.folders);
  const push = pushApps({ tree, files: input.files, manifests, kustomizations, claims });
  yield;
  const apps = [...defined.apps, ...push.filter(isOpen)];
  const crds = ofKind(manifests, 'apiextensions.k8s.io', 'CustomResourceDefinition');
  const items = repositoryItems({ tree, apps, claims, kustomizations, applicationSets, crds });
  yield;
  return {
    apps,
    items,
    config,
    problems: [
      ...problems,
      ...fileProblems({ files: input.files, manifests, kustomizations, claims }),
      ...defined.problems,
      ...applicationSets.map(setProblem),
    ],
  };
}

/** Objects of all files but those that are patches: these look like objects and are none. */
function* ownManifests(
  files: ReadonlyMap<string, ParsedFile>,
  kustomizations: ReadonlyMap<string, KustomizationFile>,
): Steps<readonly Manifest[]> {
  const patches = new Set([...kustomizations.values()].flatMap((file) => file.patches));
  const all = yield* manifestSteps(files.values());
  return all
    .filter(({ path }) => !patches.has(path))
    .sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)) || a.line - b.line);
}

function ofKind(manifests: readonly Manifest[], group: string, kind: string): readonly Manifest[] {
  return manifests.filter(
    (manifest) => manifest.kind === kind && groupOf(manifest.apiVersion) === group,
  );
}

interface DefinedInput {
  readonly tree: SourceTree;
  readonly manifests: readonly Manifest[];
  readonly kustomizations: ReadonlyMap<string, KustomizationFile>;
}

interface DefinedApps {
  readonly apps: readonly App[];
  readonly problems: readonly Problem[];
}

function* definedApps(input: DefinedInput): Steps<DefinedApps> {
  const namespaceGiven = namespaceLookup(input.kustomizations);
  const sources = namedObjects(
    ofKind(input.manifests, 'source.toolkit.fluxcd.io', 'GitRepository'),
    namespaceGiven,
  );
  const data = dataObjects({ ...input, namespaceGiven });
  const patchers = patcherLookup(input.kustomizations);
  const byKey = new Map<string, App>();
  const problems: Problem[] = [];
  for (const manifest of input.manifests.filter(
    ({ object }) => definedKind(object) !== undefined,
  )) {
    const placement = placementOf(manifest, input.tree, namespaceGiven);
    const context = contextFor({ manifest, tree: input.tree, sources, data });
    const app = defineApp(manifest.object, placement, context);
    const fault = placementProblem(manifest, byKey.has(placement.key));
    if (fault !== undefined) problems.push(fault);
    else if (app !== undefined) byKey.set(app.key, withPatchNotes(app, patchers(manifest)));
    yield;
  }
  return { apps: [...byKey.values()], problems };
}

function placementOf(
  { object, kind, path, line }: Manifest,
  { root }: SourceTree,
  namespaceGiven: (path: string) => string | undefined,
): Placement {
  // Argo CD's own manifests put Applications into one well-known namespace; Flux has none.
  const usual = kind === 'Application' ? ARGO_NAMESPACE : '';
  const namespace = namespaceGiven(path) ?? namespaceOf(object) ?? usual;
  const name = nameOf(object);
  return {
    key: `${root}#${path}#${kind}/${namespace}/${name}`,
    presence: 'git',
    namespace,
    name,
    definedIn: { root, path, line },
  };
}

function placementProblem(manifest: Manifest, isDuplicate: boolean): Problem | undefined {
  const { kind, path, line, object } = manifest;
  const message =
    nameOf(object) === ''
      ? `This ${kind} has no metadata.name.`
      : `${kind} ${nameOf(object)} is defined twice in this file; the first one is shown.`;
  if (nameOf(object) !== '' && !isDuplicate) return undefined;
  return { severity: 'error', code: 'app-identity', message, location: { path, line } };
}

interface ContextInput {
  readonly manifest: Manifest;
  readonly tree: SourceTree;
  readonly sources: NamedObjects;
  readonly data: DataObjects;
}

function contextFor({ manifest, tree, sources, data }: ContextInput): DefinitionContext {
  return {
    trees: [tree],
    gitSource: (reference) => {
      const found = resolveGitSource(sources, reference, manifest.path);
      if (found.kind !== 'own' || tree.remoteUrl === undefined) return found;
      return { kind: 'own', follows: { repoUrl: tree.remoteUrl, revision: 'HEAD' } };
    },
    data: (reference) => data.find(reference, manifest.path),
  };
}

function isOpened(app: App, folders: readonly string[] | undefined): boolean {
  const path = app.source.kind === 'local' ? app.source.render.path : '';
  if (folders === undefined || folders.length === 0) return true;
  return folders.some((folder) => isWithin(path, folder) || isWithin(folder, path));
}

function setProblem({ object, path, line }: Manifest): Problem {
  return {
    severity: 'info',
    code: 'unsupported-application-set',
    message: `ApplicationSet ${nameOf(object)} makes its Applications in the cluster; they are shown once it is connected.`,
    location: { path, line },
  };
}
