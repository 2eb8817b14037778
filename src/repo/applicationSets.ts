import type { App, GeneratedBy } from '../model/app';
import type { GeneratedApplication, ServerNeed } from '../model/applicationSet';
import type { Problem } from '../model/problem';
import type { JsonObject, KubeObject } from '../model/resource';
import { ARGO_NAMESPACE } from './argoSource';
import { objectAt } from './fields';
import { type Manifest, nameOf, namespaceOf, type RenderedPlace } from './manifests';
import { folderName } from './paths';

/** An ApplicationSet of the repository. */
export interface DefinedSet {
  /** Stable and unique below the root. */
  readonly key: string;
  readonly manifest: Manifest;
  readonly namespace: string;
  readonly name: string;
  /** As the cluster gets it: its namespace written out. */
  readonly object: KubeObject;
}

/** What became of a set. */
export interface Expansion {
  readonly applications: readonly ExpandedApplication[];
  readonly needsServer: readonly ServerNeed[];
  readonly problems: readonly Problem[];
  /** Argo CD leaves every Application of the set as it is until the problems are gone. */
  readonly blocked: boolean;
  /** A template calls functions that give other values at each reconciliation. */
  readonly random: boolean;
  /** The repository that a folder without a remote is taken to be. */
  readonly assumedRepository?: string;
  /** Lines of the generators and problems in the file of the set, by JSON pointer. */
  readonly lines: ReadonlyMap<string, number>;
}

export interface ExpandedApplication extends GeneratedApplication {
  /** Of an earlier expansion, kept because the set cannot be expanded whole as it is now. */
  readonly stale?: boolean;
}

/** A definition that is in no file as it is. */
export interface GeneratedManifest {
  readonly manifest: Manifest;
  readonly generatedBy: GeneratedBy;
}

/** The sets that have a name, the first of those that one file calls the same. */
export function definedSets(
  manifests: readonly Manifest[],
  namespaceGiven: (path: string) => string | undefined,
): readonly DefinedSet[] {
  const sets = new Map<string, DefinedSet>();
  for (const manifest of manifests) {
    const set = definedSet(manifest, namespaceGiven(manifest.path));
    if (set.name !== '' && !sets.has(set.key)) sets.set(set.key, set);
  }
  return [...sets.values()];
}

function definedSet(manifest: Manifest, given: string | undefined): DefinedSet {
  const { object, path, apiVersion, kind, rendered } = manifest;
  const namespace = rendered?.namespace ?? given ?? namespaceOf(object) ?? ARGO_NAMESPACE;
  const name = nameOf(object);
  const key = `${path}#ApplicationSet/${namespace}/${name}${rendered?.suffix ?? ''}`;
  const metadata = { ...objectAt(object, 'metadata'), namespace, name };
  return { key, manifest, namespace, name, object: { ...object, apiVersion, kind, metadata } };
}

/** Whether the files tell all Applications of the set. */
export function isComplete(expansion: Expansion | undefined): boolean {
  return (
    expansion !== undefined &&
    !expansion.blocked &&
    expansion.needsServer.length === 0 &&
    expansion.applications.every(({ stale }) => stale !== true)
  );
}

/** The Applications of a set, each at the place of its generator. */
export function generatedManifests(
  { manifest, namespace, name }: DefinedSet,
  expansion: Expansion | undefined,
  root: string,
): readonly GeneratedManifest[] {
  return (expansion?.applications ?? []).map(({ object, params, pointer, stale, by }) => {
    const { path } = manifest;
    const line = expansion?.lines.get(pointer) ?? manifest.line;
    return {
      manifest: {
        object: object as JsonObject,
        apiVersion: object.apiVersion,
        kind: object.kind,
        path,
        line,
        ...(manifest.rendered === undefined ? {} : { rendered: ofSet(manifest.rendered) }),
      },
      generatedBy: {
        set: { namespace, name },
        params: shownParams(params),
        place: { root, path, line },
        ...(stale === true ? { stale } : {}),
        ...(by === undefined ? {} : { by }),
      },
    };
  });
}

/** Of an Application that is in no file: the set is what an app renders. */
function ofSet({ by, namespace, secret, suffix }: RenderedPlace): RenderedPlace {
  return { by, namespace, secret, suffix };
}

function shownParams(params: JsonObject): JsonObject {
  const shown = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? withoutLogins(value) : value;
  return JSON.parse(JSON.stringify(params, shown)) as JsonObject;
}

/** What is wrong with a set or cannot be told of it, at its own lines. */
export function setProblems(
  set: DefinedSet,
  expansion: Expansion | undefined,
  patchers: readonly string[],
): readonly Problem[] {
  const patched = patchNote(set, patchers);
  if (expansion === undefined) return [...patched, unexpanded(set)];
  return [
    ...patched,
    ...(expansion.blocked ? blockedProblem(set, expansion) : ownProblems(set, expansion)),
    ...expansion.needsServer.map((need) => serverProblem(set, need, expansion)),
    ...assumption(set, expansion),
    ...randomNote(set, expansion),
  ];
}

/** The same in the words of a list, where the set is already named. */
export function setNotes(expansion: Expansion | undefined): readonly string[] {
  if (expansion === undefined) return [];
  const [first] = expansion.problems;
  return [
    ...(expansion.blocked && first !== undefined ? [withoutLogins(first.message)] : []),
    ...expansion.needsServer.map(({ reason }) => `Needs the server: ${withoutLogins(reason)}`),
    ...(expansion.random ? [RANDOM] : []),
  ];
}

const RANDOM = 'Random values of its template are generated at each render.';

/** URLs without the user and the token that some of them carry. */
export function withoutLogins(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, '$1');
}

function at(
  { manifest }: DefinedSet,
  expansion?: Expansion,
  pointer?: string,
): Pick<Problem, 'location'> {
  const line = pointer === undefined ? undefined : expansion?.lines.get(pointer);
  return { location: { path: manifest.path, line: line ?? manifest.line } };
}

function blockedProblem(set: DefinedSet, expansion: Expansion): readonly Problem[] {
  const first = expansion.problems.find(({ severity }) => severity === 'error');
  if (first === undefined) return [];
  const isOurs = first.code === 'engine';
  const consequence = isOurs ? shownWords(expansion) : keptWords(expansion);
  return [
    {
      severity: 'error',
      code: isOurs ? 'engine' : 'application-set',
      message: `ApplicationSet ${set.name}: ${withoutLogins(first.message)} ${consequence}`,
      ...at(set, expansion, first.pointer),
    },
  ];
}

/** Nothing is wrong with the set: it could not be asked what it makes. */
function shownWords({ applications }: Expansion): string {
  return applications.length === 0
    ? 'Its Applications are not known.'
    : 'Its Applications are shown as they were last.';
}

function keptWords({ applications }: Expansion): string {
  return applications.length === 0
    ? 'Argo CD leaves its Applications as they are.'
    : 'Argo CD leaves its Applications as they are, and they are shown as they were last.';
}

function ownProblems(set: DefinedSet, expansion: Expansion): readonly Problem[] {
  return expansion.problems.map((problem) => ({
    severity: problem.severity,
    code: problem.code,
    message: `ApplicationSet ${set.name}: ${withoutLogins(problem.message)}`,
    ...at(set, expansion, problem.pointer),
  }));
}

function serverProblem(set: DefinedSet, need: ServerNeed, expansion: Expansion): Problem {
  return {
    severity: 'info',
    code: 'application-set-needs-server',
    message: `ApplicationSet ${set.name} needs the server: ${withoutLogins(need.reason)} What it makes there is shown once its cluster is connected.`,
    ...at(set, expansion, need.pointer),
  };
}

function assumption(set: DefinedSet, { assumedRepository }: Expansion): readonly Problem[] {
  if (assumedRepository === undefined) return [];
  const message = `This folder has no Git remote; it is taken to be ${withoutLogins(assumedRepository)}.`;
  return [{ severity: 'info', code: 'assumed-repository', message, ...at(set) }];
}

function randomNote(set: DefinedSet, { random }: Expansion): readonly Problem[] {
  if (!random) return [];
  const message = `ApplicationSet ${set.name}: ${RANDOM}`;
  return [{ severity: 'info', code: 'application-set-random', message, ...at(set) }];
}

function patchNote(set: DefinedSet, folders: readonly string[]): readonly Problem[] {
  if (folders.length === 0) return [];
  const names = folders.map(folderName).join(', ');
  const message = `ApplicationSet ${set.name} is patched by ${names}; its Applications are shown without the patches.`;
  return [{ severity: 'warning', code: 'patched-definition', message, ...at(set) }];
}

function unexpanded(set: DefinedSet): Problem {
  return {
    severity: 'info',
    code: 'unexpanded-application-set',
    message: `ApplicationSet ${set.name} is not expanded; its Applications are shown once its cluster is connected.`,
    ...at(set),
  };
}

/** The apps that a set made. */
export function appsOfSet(set: DefinedSet, root: string, apps: readonly App[]): readonly App[] {
  return apps.filter(
    ({ generatedBy: by }) =>
      by?.place.root === root &&
      by.place.path === set.manifest.path &&
      by.set.name === set.name &&
      by.set.namespace === set.namespace,
  );
}
