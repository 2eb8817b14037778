import type { App, AppSource, FollowedRef } from '../model/app';
import type { ParsedFile, Repository } from '../model/render';
import type { JsonObject, KubeObject } from '../model/resource';
import { withoutClaimed } from './claims';
import { mannerOf } from '../model/remote';
import { defineApp, definedKind } from './defineApp';
import {
  createFindings,
  type DefinitionContext,
  type FluxGitSource,
  locateSource,
  type Placement,
  type SourceReference,
} from './definition';
import { textAt } from './fields';
import { gitRepositoryFollows } from './fluxSources';
import { normaliseGitUrl, sameRepository } from './gitUrl';
import { createSourceTree, type SourceTree } from './sourceTree';

/** An object that a connected cluster reports: an app, or a GitRepository that apps refer to. */
export interface ReportedApp {
  /** Logical name of the control cluster. */
  readonly cluster: string;
  readonly object: KubeObject;
}

export interface OpenRepository {
  readonly root: string;
  readonly repository: Repository | undefined;
  /** All files below the root: needed to tell how a source there is rendered. */
  readonly paths?: readonly string[];
  /** The parsed candidates by path. */
  readonly parsed?: ReadonlyMap<string, ParsedFile>;
}

/** A repository that is not open, as it was fetched at one revision. */
export interface FetchedRepository extends Required<Pick<OpenRepository, 'paths' | 'parsed'>> {
  readonly follows: FollowedRef;
}

/**
 * The apps of all roots and all connected clusters, each once. An app in Git whose source is in
 * another open root becomes renderable; an app that only a cluster reports is one, too, when its
 * repository is open.
 */
export function uniteApps(
  inGit: readonly App[],
  reported: readonly ReportedApp[],
  repositories: readonly OpenRepository[],
  fetched: readonly FetchedRepository[] = [],
): readonly App[] {
  const open = treesOf(repositories);
  const trees = [...open, ...fetched.map(fetchedTree)];
  const apps = inGit.map((app) => relocated(app, trees));
  const clusterOnly: App[] = [];
  const united = new Map<string, App>();
  for (const entry of reported.filter(({ object }) => definedKind(object) !== undefined)) {
    const seen = appFromCluster(entry, reported, trees);
    const match = matchOf(seen, entry.cluster, apps);
    if (match === undefined) clusterOnly.push(seen);
    else if (united.has(match.key)) clusterOnly.push(secondHome(match, seen));
    else united.set(match.key, joined(match, seen));
  }
  const sorted = clusterOnly.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  return withoutClaimed([...apps.map((app) => united.get(app.key) ?? app), ...sorted], open);
}

function treesOf(repositories: readonly OpenRepository[]): readonly SourceTree[] {
  return repositories.flatMap(({ root, repository, paths, parsed }) =>
    paths === undefined ? [] : [createSourceTree(root, paths, repository, parsed)],
  );
}

function fetchedTree({ follows, paths, parsed }: FetchedRepository): SourceTree {
  const tree = createSourceTree('', paths, undefined, parsed);
  const remotes = new Set([normaliseGitUrl(follows.repoUrl)]);
  return { ...tree, remotes, revision: follows.revision };
}

/** Folders without a remote are never another root's repository, nor a cluster's. */
function identified(trees: readonly SourceTree[]): readonly SourceTree[] {
  return trees.filter(({ remotes }) => remotes.size > 0);
}

/** An app of one root whose source is in another: defined anew with all trees in sight. */
function relocated(app: App, trees: readonly SourceTree[]): App {
  if (!lacksSource(app) || app.definition === undefined) return app;
  const own = trees.filter(({ root }) => root === app.definedIn?.root);
  const others = identified(trees).filter(({ root }) => root !== app.definedIn?.root);
  const context: DefinitionContext = {
    trees: [...own, ...others],
    gitSource: () => gitSourceOf(app),
    data: () => ({ kind: 'unknown' }),
  };
  const written = writtenSource(app, context);
  if (written !== undefined) return written === app.source ? app : { ...app, source: written };
  const again = defineApp(app.definition, placementOf(app), context);
  if (again?.source.kind !== 'local' || sameText(again.source, app.source)) return app;
  // What the root at hand resolved (ConfigMaps) is out of sight of the new definition: its problems
  // say so, and stand in for the older ones.
  return { ...app, source: again.source, problems: again.problems };
}

/** A source that its own root says all about: what was resolved there (ConfigMaps) stays. */
function writtenSource(
  { source, follows }: App,
  context: DefinitionContext,
): AppSource | undefined {
  if (source.kind !== 'elsewhere' || source.render === undefined) return undefined;
  const { path, render, git: manner = {} } = source;
  if (follows === undefined) return undefined;
  const findings = createFindings(undefined);
  const found = locateSource({
    follows,
    manner: mannerOf(manner),
    path,
    context,
    findings,
    build: () => render,
  });
  return found.kind === 'local' ? found : source;
}

/** The whole source, or one of several, is in no folder that its definition could see. */
function lacksSource({ source }: App): boolean {
  if (source.kind === 'elsewhere') return true;
  if (source.kind !== 'local' || source.render.kind !== 'several') return false;
  return source.render.parts.some((part) => 'missing' in part && part.missing.git !== undefined);
}

function sameText(a: AppSource, b: AppSource): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function gitSourceOf({ follows }: App): FluxGitSource {
  return follows === undefined ? { kind: 'unknown' } : { kind: 'known', follows };
}

function placementOf(app: App): Placement {
  const { key, presence, namespace, name, definedIn } = app;
  return { key, presence, namespace, name, ...(definedIn === undefined ? {} : { definedIn }) };
}

function appFromCluster(
  { cluster, object }: ReportedApp,
  reported: readonly ReportedApp[],
  trees: readonly SourceTree[],
): App {
  const namespace = object.metadata.namespace ?? '';
  const name = object.metadata.name ?? '';
  const here = reported.filter((entry) => entry.cluster === cluster);
  const placement: Placement = {
    key: `cluster:${cluster}#${object.kind}/${namespace}/${name}`,
    presence: 'cluster',
    namespace,
    name,
  };
  const app = defineApp(object as JsonObject, placement, {
    trees: identified(trees),
    gitSource: (reference) => reportedSource(reference, here),
    data: () => ({ kind: 'unknown' }),
  });
  if (app === undefined) throw new Error(`${object.kind} defines no app`);
  return { ...app, controlCluster: cluster };
}

function reportedSource(
  { namespace, name }: SourceReference,
  reported: readonly ReportedApp[],
): FluxGitSource {
  const source = reported.find(
    ({ object }) =>
      object.kind === 'GitRepository' &&
      object.metadata.name === name &&
      object.metadata.namespace === namespace,
  );
  const follows =
    source === undefined ? undefined : gitRepositoryFollows(source.object as JsonObject);
  return follows === undefined ? { kind: 'unknown' } : { kind: 'known', follows };
}

/**
 * The app in Git that a reported one is. Where the control cluster of the app in Git is known,
 * identity decides. Else name, kind, repository and path must agree, and with one app only: of
 * several, a mapping has to say which.
 */
function matchOf(seen: App, cluster: string, apps: readonly App[]): App | undefined {
  const named = apps.filter((app) => isNamedAlike(app, seen));
  const certain = named.filter((app) => app.controlCluster === cluster);
  if (certain.length > 0) return certain.length === 1 ? certain[0] : undefined;
  const possible = named.filter(
    (app) => app.controlCluster === undefined && isSameSource(app, seen),
  );
  return possible.length === 1 ? possible[0] : undefined;
}

function isNamedAlike(app: App, seen: App): boolean {
  const namespaceFits = app.namespace === seen.namespace || app.namespace === '';
  return app.kind === seen.kind && app.name === seen.name && namespaceFits;
}

function isSameSource(app: App, seen: App): boolean {
  const repositoryFits =
    app.follows === undefined || seen.follows === undefined
      ? app.follows === seen.follows
      : sameRepository(app.follows.repoUrl, seen.follows.repoUrl);
  return repositoryFits && sourcePath(app) === sourcePath(seen);
}

function sourcePath(app: App): string {
  const object = app.definition ?? app.reported;
  const written =
    textAt(object, 'spec', 'source', 'path') ??
    textAt(object, 'spec', 'path') ??
    textAt(object, 'spec', 'chart', 'spec', 'chart');
  return (written ?? '')
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '');
}

function joined(app: App, seen: App): App {
  return {
    ...app,
    namespace: seen.namespace,
    presence: 'both',
    ...(seen.reported === undefined ? {} : { reported: seen.reported }),
    ...(seen.controlCluster === undefined ? {} : { controlCluster: seen.controlCluster }),
  };
}

/** One definition in Git that lives in two clusters is two apps. */
function secondHome(app: App, seen: App): App {
  return { ...joined(app, seen), key: seen.key };
}
