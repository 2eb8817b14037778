import type { Steps } from '../base/pacer';
import { complete } from '../base/pacer';
import type { App } from '../model/app';
import type { RepositoryItem } from '../model/appState';
import type { RepositoryConfig } from '../model/config';
import type { Problem } from '../model/problem';
import type { ParsedFile, Repository } from '../model/render';
import { groupOf } from '../model/resource';
import {
  type DefinedSet,
  definedSets,
  type Expansion,
  type GeneratedManifest,
  generatedManifests,
  isComplete,
  setProblems,
} from './applicationSets';
import { CONFIG_PATH } from './candidates';
import { deploymentSteps } from './ciPipelines';
import { claimSteps } from './claims';
import { readConfig } from './config';
import { defineApp, definedKind } from './defineApp';
import type { DefinitionContext, Placement } from './definition';
import { fileProblems } from './fileProblems';
import { chartSources } from './fluxCharts';
import { type DataObjects, dataObjects } from './fluxData';
import { withCircles } from './fluxDependencies';
import { namedObjects, type NamedObjects, resolveGitSource } from './fluxSources';
import { repositoryItems } from './items';
import { type KustomizationFile, kustomizationSteps, namespaceLookup } from './kustomizations';
import { type Manifest, manifestSteps, nameOf, namespaceOf } from './manifests';
import { type DefinitionsOf, definitionKey, usualNamespace, withRendered } from './renderedApps';
import { isWithin } from './paths';
import { patcherLookup, withPatchNotes } from './patchedDefinitions';
import { pushApps } from './pushApps';
import { sourceTreeSteps, type SourceTree, withOverrides } from './sourceTree';

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
  /** What became of the ApplicationSets, by their keys; without it they are only listed. */
  readonly expansions?: ReadonlyMap<string, Expansion>;
  /** Definitions among the objects of apps whose files are below the root. */
  readonly rendered?: readonly DefinitionsOf[];
  /** Source texts by path: `.plumbline.yaml`, for exact lines, pipelines and what they call. */
  readonly texts?: ReadonlyMap<string, string>;
}

export interface Discovery {
  readonly apps: readonly App[];
  readonly items: readonly RepositoryItem[];
  readonly config: RepositoryConfig;
  readonly problems: readonly Problem[];
}

/** What the files hold, before anything is made of it. */
export interface Survey {
  readonly tree: SourceTree;
  readonly manifests: readonly Manifest[];
  readonly kustomizations: ReadonlyMap<string, KustomizationFile>;
  readonly sets: readonly DefinedSet[];
  /** Of apps that render each other. */
  readonly problems: readonly Problem[];
}

/** Everything one root says about apps. Pure: equal input gives equal output, in a stable order. */
export function discover(input: DiscoveryInput): Discovery {
  return complete(discoverySteps(input));
}

/** The first part, which finds the ApplicationSets. */
export function* surveySteps(input: DiscoveryInput): Steps<Survey> {
  const bare = yield* sourceTreeSteps(input.root, input.paths, input.repository);
  const tree = withOverrides(bare, input.files);
  const kustomizations = yield* kustomizationSteps(tree, input.files);
  const written = yield* ownManifests(input.files, kustomizations);
  const namespaceGiven = namespaceLookup(kustomizations);
  const { manifests, problems } = withRendered({
    root: input.root,
    manifests: written,
    rendered: input.rendered ?? [],
    namespaceGiven,
  });
  yield;
  const found = ofKind(manifests, 'argoproj.io', 'ApplicationSet');
  const sets = definedSets(found, namespaceGiven);
  return { tree, kustomizations, manifests, sets, problems };
}

/** The same with places to pause: thousands of files take longer than a thread may be held. */
export function* discoverySteps(input: DiscoveryInput, surveyed?: Survey): Steps<Discovery> {
  const survey = surveyed ?? (yield* surveySteps(input));
  const { tree, manifests, kustomizations, sets } = survey;
  const { config, problems } = readConfig(
    input.files.get(CONFIG_PATH),
    input.texts?.get(CONFIG_PATH),
  );
  const expansionOf = (set: DefinedSet): Expansion | undefined => input.expansions?.get(set.key);
  const generated = sets.flatMap((set) => generatedManifests(set, expansionOf(set), tree.root));
  const defined = yield* definedApps({ tree, manifests, kustomizations, generated });
  const claims = yield* claimSteps({
    tree,
    apps: defined.apps,
    // Of a set that is known whole, the apps say what they use.
    applicationSets: sets.filter((set) => !isComplete(expansionOf(set))).map(manifestOf),
    kustomizations,
  });
  const isOpen = (app: App): boolean => isOpened(app, input.folders);
  const { files, texts = new Map<string, string>() } = input;
  const deployments = yield* deploymentSteps([...texts.keys()], {
    tree,
    kustomizations,
    text: (path) => texts.get(path),
  });
  const push = pushApps({ tree, files, manifests, kustomizations, claims, deployments });
  yield;
  const apps = [...defined.apps, ...push.filter(isOpen)];
  const crds = ofKind(manifests, 'apiextensions.k8s.io', 'CustomResourceDefinition');
  const known = sets.map((set) => ({ set, expansion: expansionOf(set) }));
  yield;
  const items = repositoryItems({ tree, apps, claims, kustomizations, sets: known, crds });
  yield;
  return {
    apps,
    items,
    config,
    problems: [
      ...problems,
      ...survey.problems,
      ...fileProblems({ files: input.files, manifests, kustomizations, claims }),
      ...defined.problems,
      ...known.flatMap(({ set, expansion }) =>
        setProblems(set, expansion, set.manifest.rendered ? [] : defined.patchers(set.manifest)),
      ),
    ],
  };
}

function manifestOf({ manifest }: DefinedSet): Manifest {
  return manifest;
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

interface DefinedInput extends Pick<Survey, 'tree' | 'manifests' | 'kustomizations'> {
  readonly generated: readonly GeneratedManifest[];
}

type Definition = Pick<GeneratedManifest, 'manifest'> & Partial<GeneratedManifest>;

interface DefinedApps {
  readonly apps: readonly App[];
  readonly patchers: ReturnType<typeof patcherLookup>;
  readonly problems: readonly Problem[];
}

function* definedApps(input: DefinedInput): Steps<DefinedApps> {
  const namespaceGiven = namespaceLookup(input.kustomizations);
  const sources = namedObjects(
    ofKind(input.manifests, 'source.toolkit.fluxcd.io', 'GitRepository'),
    namespaceGiven,
  );
  const data = dataObjects({ ...input, namespaceGiven });
  const charts = chartSources(input.manifests, namespaceGiven);
  yield;
  const patchers = patcherLookup(input.kustomizations);
  yield;
  const byKey = new Map<string, App>();
  const problems: Problem[] = [];
  const written = input.manifests.filter(({ object }) => definedKind(object) !== undefined);
  const definitions: readonly Definition[] = [
    ...written.map((manifest) => ({ manifest })),
    ...input.generated,
  ];
  for (const definition of definitions) {
    const { manifest } = definition;
    const placement = placementOf(definition, input.tree, namespaceGiven);
    const context = contextFor({ manifest, tree: input.tree, sources, charts, data });
    const app = defineApp(manifest.object, placement, context);
    const fault = placementProblem(definition, byKey.has(placement.key));
    const isFinal = definition.generatedBy !== undefined || manifest.rendered !== undefined;
    const notes = isFinal ? [] : patchers(manifest);
    if (fault !== undefined) problems.push(fault);
    else if (app !== undefined)
      byKey.set(app.key, withPatchNotes(confidential(app, manifest), notes));
    yield;
  }
  return { apps: withCircles([...byKey.values()]), patchers, problems };
}

/** A definition that values of Secrets went into is kept by nobody. */
function confidential(app: App, { rendered }: Manifest): App {
  if (rendered?.secret !== true || app.source.kind !== 'local') return app;
  const { source } = app;
  return { ...app, source: { ...source, render: { ...source.render, secret: true } } };
}

function placementOf(
  { manifest, generatedBy }: Definition,
  { root }: SourceTree,
  namespaceGiven: (path: string) => string | undefined,
): Placement {
  const { object, kind, path, line, rendered } = manifest;
  const namespace =
    rendered !== undefined && generatedBy === undefined
      ? rendered.namespace
      : (namespaceGiven(path) ?? namespaceOf(object) ?? usualNamespace(kind));
  return {
    key: definitionKey(root, manifest, namespace),
    presence: 'git',
    namespace,
    name: nameOf(object),
    definedIn: { root, path, line },
    ...(generatedBy === undefined ? {} : { generatedBy }),
    ...(rendered === undefined ? {} : { renderedBy: rendered.by }),
  };
}

function placementProblem(definition: Definition, isDuplicate: boolean): Problem | undefined {
  const { kind, path, line, object } = definition.manifest;
  const message =
    nameOf(object) === ''
      ? `This ${kind} has no metadata.name.`
      : `${kind} ${nameOf(object)} is ${secondTime(definition)} twice in this file; the first one is shown.`;
  if (nameOf(object) !== '' && !isDuplicate) return undefined;
  return { severity: 'error', code: 'app-identity', message, location: { path, line } };
}

function secondTime({ generatedBy }: Definition): string {
  return generatedBy === undefined ? 'defined' : 'defined or generated';
}

interface ContextInput {
  readonly manifest: Manifest;
  readonly tree: SourceTree;
  readonly sources: NamedObjects;
  readonly charts: ReadonlyMap<string, NamedObjects>;
  readonly data: DataObjects;
}

function contextFor({ manifest, tree, sources, charts, data }: ContextInput): DefinitionContext {
  return {
    trees: [tree],
    gitSource: (reference) => {
      const found = resolveGitSource(sources, reference, manifest.path);
      if (found.kind !== 'own' || tree.remoteUrl === undefined) return found;
      return { kind: 'own', follows: { repoUrl: tree.remoteUrl, revision: 'HEAD' } };
    },
    object: ({ kind, namespace, name }) => charts.get(kind)?.find(namespace, name, manifest.path),
    data: (reference) => data.find(reference, manifest.path),
  };
}

function isOpened(app: App, folders: readonly string[] | undefined): boolean {
  const path = app.source.kind === 'local' ? app.source.render.path : '';
  if (folders === undefined || folders.length === 0) return true;
  return folders.some((folder) => isWithin(path, folder) || isWithin(folder, path));
}
