import type { ApplicationSetCluster } from '../model/applicationSet';
import type { App } from '../model/app';
import type { Repository, Snapshot } from '../model/render';
import type { Json, JsonObject, KubeObject } from '../model/resource';
import type { DefinedSet } from '../repo/applicationSets';
import { argoPolicy } from '../repo/argoPolicy';
import { assignClusters } from '../repo/assignClusters';
import { fieldAt, isObject, objectsAt } from '../repo/fields';
import { pinnedRevision, targetRef } from '../repo/follows';
import { normaliseGitUrl } from '../repo/gitUrl';
import { assignContext } from './appTable';
import { configuredFor } from './argoRendering';
import type { ClusterSession, GeneratedSet } from './clusterSession';
import type { Core, RootEntry } from './core';
import type { AskedRepository } from './heldSet';
import { defaultTarget } from './revisions';
import { sameData } from './share';

/** The repositories that the git generators of a set name as they are written. */
export function writtenRepositories(object: Json | undefined): readonly AskedRepository[] {
  if (Array.isArray(object)) return object.flatMap((item: Json) => writtenRepositories(item));
  if (!isObject(object)) return [];
  const { repoURL, revision } = (fieldAt(object, 'git') ?? {}) as Partial<AskedRepository>;
  const own =
    typeof repoURL === 'string'
      ? [{ repoURL, revision: typeof revision === 'string' ? revision : '' }]
      : [];
  return [...own, ...Object.values(object).flatMap((value) => writtenRepositories(value))];
}

export interface Asking {
  /** The root of the set. */
  readonly entry: RootEntry;
  /** The commit that the set is read from; absent for the working copy. */
  readonly commit?: string;
  /** A folder without a remote is the repository that no other folder is. */
  readonly assumes: boolean;
}

/**
 * The text that stands for a repository: the working tree (or what it is compared with) where the
 * generator follows the branch that edits of this clone reach, else the commit that it names.
 * `null` for a repository that is not open.
 */
export function textOf(core: Core, wanted: AskedRepository, asking: Asking): Snapshot | null {
  const found = openedAs(core, wanted.repoURL, asking);
  if (found === undefined) return null;
  const { root, repository, followed } = found;
  const follows = { repoUrl: wanted.repoURL, revision: wanted.revision };
  const named = targetRef(follows, repository)?.commit;
  const isPinned = pinnedRevision({ follows }, repository, followed) !== undefined;
  const revision = isPinned
    ? (named ?? wanted.revision)
    : followedCommit(core, found, asking, named);
  return revision === undefined ? { root } : { root, revision };
}

function followedCommit(
  core: Core,
  found: RootEntry,
  { entry, commit }: Asking,
  named: string | undefined,
): string | undefined {
  if (commit === undefined) return undefined;
  const own = found === entry ? commit : commitOf(found.repository);
  return core.against ?? named ?? own;
}

function commitOf(repository: Repository | undefined): string | undefined {
  return repository && defaultTarget(repository)?.commit;
}

function openedAs(core: Core, repoURL: string, asking: Asking): RootEntry | undefined {
  const { entry } = asking;
  const others = [...core.roots.values()].filter((one) => one !== entry);
  const known = [entry, ...others].find((one) => isRepository(one, repoURL));
  return known ?? (asking.assumes && isNameless(entry) ? entry : undefined);
}

function isRepository({ repository }: RootEntry, repoURL: string): boolean {
  const wanted = normaliseGitUrl(repoURL);
  const urls = repository?.remotes.flatMap((remote) => remote.urls) ?? [];
  return urls.some((url) => normaliseGitUrl(url) === wanted);
}

export function isNameless({ repository }: RootEntry): boolean {
  return (repository?.remotes ?? []).length === 0;
}

/** The clusters that the Argo CD of a set knows, else those that the repository says; absent: not known. */
export function clustersFor(
  core: Core,
  entry: RootEntry,
  set: DefinedSet,
): readonly ApplicationSetCluster[] | undefined {
  if (!asksClusters(set.object as JsonObject)) return undefined;
  return connectedClusters(core, entry, set) ?? configuredFor(core, entry.root)?.clusters;
}

function connectedClusters(
  core: Core,
  entry: RootEntry,
  set: DefinedSet,
): readonly ApplicationSetCluster[] | undefined {
  const sessions = [...core.clusters.values()].filter(({ argoClustersRead }) => argoClustersRead);
  if (sessions.length === 0) return undefined;
  const control = controlOf(core, entry, set);
  if (control !== undefined) return sessions.find(({ name }) => name === control)?.argoClusters;
  const owners = sessions.filter((session) => reportsAppOf(session, set));
  return owners.length === 1 ? owners[0]?.argoClusters : undefined;
}

function asksClusters(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.some((item: Json) => asksClusters(item));
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, inner]) => key === 'clusters' || asksClusters(inner));
}

/** The connected cluster whose Argo CD has a set. */
export function ownerOf(core: Core, entry: RootEntry, set: DefinedSet): string | undefined {
  const control = controlOf(core, entry, set);
  if (control !== undefined) return control;
  const owners = [...core.clusters.values()].filter((session) => reportsAppOf(session, set));
  return owners.length === 1 ? owners[0]?.name : undefined;
}

/** What the server of its Argo CD said of the set as it is written. */
export function generatedFor(
  core: Core,
  { root }: RootEntry,
  { key, object }: DefinedSet,
): GeneratedSet | undefined {
  for (const { generated } of core.clusters.values()) {
    const answer = generated.get(`${root}#${key}`);
    if (answer !== undefined && sameData(answer.object, object)) return answer;
  }
  return undefined;
}

/** Whether the controller of a set reads patterns of files as globs. */
export function globbingFor(core: Core, entry: RootEntry, set: DefinedSet): boolean {
  const control = core.clusters.size === 0 ? undefined : controlOf(core, entry, set);
  const session = control === undefined ? undefined : core.clusters.get(control);
  const settings = session?.argoSettings ?? configuredFor(core, entry.root);
  return settings?.newFileGlobbing === true;
}

/** The control cluster is found as for an Application in the place of the set. */
function controlOf(core: Core, { root }: RootEntry, set: DefinedSet): string | undefined {
  const apps = core.collected?.apps ?? [];
  const key = `${root}#${set.key}`;
  const known = controlsAmong.get(apps) ?? new Map<string, string | undefined>();
  controlsAmong.set(apps, known);
  if (!known.has(key)) {
    const all = assignClusters([...apps, standIn(key, root, set)], assignContext(core));
    known.set(key, all.find((app) => app.key === key)?.controlCluster);
  }
  return known.get(key);
}

/** Among the same apps the answer is the same, and it is asked for at every event. */
const controlsAmong = new WeakMap<readonly App[], Map<string, string | undefined>>();

function standIn(key: string, root: string, { namespace, name, manifest }: DefinedSet): App {
  return {
    key,
    kind: 'Application',
    tool: 'argocd',
    presence: 'git',
    namespace,
    name,
    definedIn: { root, path: manifest.path, line: manifest.line },
    source: { kind: 'unsupported', reason: '' },
    destination: { cluster: { kind: 'control' }, namespace: '' },
    policy: argoPolicy({}, name),
    problems: [],
  };
}

function reportsAppOf({ reported }: ClusterSession, { namespace, name }: DefinedSet): boolean {
  return reported.some(
    (object: KubeObject) =>
      object.kind === 'Application' &&
      object.metadata.namespace === namespace &&
      objectsAt(object as JsonObject, 'metadata', 'ownerReferences').some(
        (owner) => owner['kind'] === 'ApplicationSet' && owner['name'] === name,
      ),
  );
}
