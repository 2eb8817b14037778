import type { AppSource, FollowedRef, SourceMount } from '../model/app';
import { missingRepository } from '../model/missing';
import type { SourceLocation } from '../model/problem';
import type { MissingReference, SingleSource, SourcePart } from '../model/render';
import type { JsonObject } from '../model/resource';
import type { ArgoSourceInput, RefTarget } from './argoEnvironment';
import { chartOf, referencesOf } from './argoHelm';
import { argoChartSource, argoRenderSource } from './argoSource';
import type { Placement } from './definition';
import type { GitReference } from '../model/remote';
import { textAt } from './fields';
import { withoutUser } from './gitUrl';
import { argoManner, gitReference, mountFolder, mountName, singleBelow } from './mounts';
import { resolvePath } from './paths';
import type { SourceTree } from './sourceTree';

export interface ArgoEntry {
  readonly source: JsonObject;
  readonly pointer: string;
}

export interface SeveralInput {
  readonly entries: readonly ArgoEntry[];
  readonly placement: Placement;
  /** What all sources share. */
  readonly shared: Omit<ArgoSourceInput, 'source' | 'pointer' | 'refs'>;
  /** The open folder with the repository of a source, else what was fetched of it. */
  readonly treeOf: (follows: FollowedRef, path: string) => SourceTree | undefined;
  /** The folder that stands in where no source is in one: that of the Application. */
  readonly ownRoot?: string;
}

/** An Application with `sources`; one sentence where Argo CD would refuse the whole. */
export function severalSources(input: SeveralInput): AppSource {
  const home = homeOf(input);
  const refs = refsOf(input, home);
  if (typeof refs === 'string') return { kind: 'unsupported', reason: refs };
  const parts: SourcePart[] = [];
  for (const [index, entry] of input.entries.entries()) {
    if (isOnlyRef(entry.source)) continue;
    const made = partOf({ ...entry, ...input.shared, refs }, input, home);
    if (typeof made === 'string')
      return { kind: 'unsupported', reason: `Source ${index + 1}: ${made}` };
    const part: SourcePart =
      'reference' in made ? { index, missing: made } : { index, source: made };
    parts.push(part);
    if ('missing' in part) noteMissing(input, entry, index);
  }
  return united(parts, input, home);
}

function united(parts: readonly SourcePart[], input: SeveralInput, home: Home): AppSource {
  const [first] = parts.flatMap((part) => ('source' in part ? [part.source] : []));
  if (first === undefined || home.root === undefined) return elsewhere(input);
  const { root } = home;
  const mounts = mountsOf(input, home).filter((mount) => isUsed(mount, parts));
  const more = mounts.length === 0 ? {} : { mounts };
  if (input.entries.length === 1) return { kind: 'local', root, render: first, ...more };
  const namespace = input.shared.destinationNamespace;
  const render = { kind: 'several', path: first.path, namespace, parts } as const;
  return { kind: 'local', root, render, ...more };
}

function elsewhere({ entries }: SeveralInput): AppSource {
  const { source } = entries.find((entry) => !isOnlyRef(entry.source)) ?? entries[0] ?? NOTHING;
  const follows = followedBy(source);
  const repoUrl = withoutUser(follows.repoUrl);
  const git = chartOf(source) === undefined ? { git: argoReference(follows) } : {};
  return { kind: 'elsewhere', repoUrl, path: textAt(source, 'path') ?? '', ...git };
}

function argoReference(follows: FollowedRef): GitReference {
  return gitReference(follows, argoManner(follows));
}

const NOTHING: Pick<ArgoEntry, 'source'> = { source: {} };

function followedBy(source: JsonObject): FollowedRef {
  return {
    repoUrl: withoutUser(textAt(source, 'repoURL') ?? ''),
    revision: textAt(source, 'targetRevision') ?? 'HEAD',
  };
}

/** A source with a `ref` alone makes no objects. */
function isOnlyRef(source: JsonObject): boolean {
  const isNamed = textAt(source, 'ref') !== undefined;
  return isNamed && textAt(source, 'path') === undefined && chartOf(source) === undefined;
}

/** The folder and the revision that a render reads; other ones stand below folders of their own. */
interface Home {
  readonly root?: string;
  readonly follows?: FollowedRef;
}

/** Names must be their own (util/argo, GetRefSources). */
function refsOf(input: SeveralInput, home: Home): ReadonlyMap<string, RefTarget> | string {
  const refs = new Map<string, RefTarget>();
  for (const { source } of input.entries) {
    const name = textAt(source, 'ref');
    if (name === undefined) continue;
    if (!/^[a-zA-Z0-9_-]+$/.test(name)) return `The ref ${name} of a source is no name.`;
    if (refs.has(`$${name}`))
      return `Two of its sources have the ref ${name}; Argo CD refuses that.`;
    refs.set(`$${name}`, refTarget(source, input, home));
  }
  return refs;
}

function refTarget(source: JsonObject, { treeOf }: SeveralInput, home: Home): RefTarget {
  const follows = followedBy(source);
  const isChart = chartOf(source) !== undefined;
  const tree = treeOf(follows, textAt(source, 'path') ?? '');
  if (tree === undefined) return { ...follows, isChart, folder: '' };
  return {
    ...follows,
    isChart,
    tree,
    folder: isHome(tree, follows, home) ? '' : folderOf(follows),
  };
}

/** The first source that is in an open folder decides, else the folder of the Application. */
function homeOf({ entries, treeOf, ownRoot }: SeveralInput): Home {
  const inGit = entries.filter(({ source }) => chartOf(source) === undefined);
  const ordered = [...inGit].sort(
    (a, b) => Number(isOnlyRef(a.source)) - Number(isOnlyRef(b.source)),
  );
  for (const { source } of ordered) {
    const follows = followedBy(source);
    const tree = treeOf(follows, textAt(source, 'path') ?? '');
    if (tree !== undefined && tree.revision === undefined) return { root: tree.root, follows };
  }
  return ownRoot === undefined ? {} : { root: ownRoot };
}

function isHome(tree: SourceTree, { revision }: FollowedRef, { root, follows }: Home): boolean {
  return tree.revision === undefined && tree.root === root && revision === follows?.revision;
}

function folderOf(follows: FollowedRef): string {
  return mountFolder({ name: mountName(follows) });
}

/** A `ref` that nothing refers to need not be at hand. */
function isUsed(mount: SourceMount, parts: readonly SourcePart[]): boolean {
  return JSON.stringify(parts).includes(`"${mountFolder(mount)}`);
}

/** Every repository and revision that is not the one of the render, once. */
function mountsOf({ entries, treeOf }: SeveralInput, home: Home): readonly SourceMount[] {
  const mounts = entries.flatMap(({ source }): readonly SourceMount[] => {
    const follows = followedBy(source);
    const tree = treeOf(follows, textAt(source, 'path') ?? '');
    const isOther = chartOf(source) === undefined && tree && !isHome(tree, follows, home);
    if (isOther !== true) return [];
    const open = tree.revision === undefined ? { root: tree.root } : {};
    return [{ name: mountName(follows), ...follows, ...argoManner(follows), ...open }];
  });
  return [...new Map(mounts.map((mount) => [mount.name, mount])).values()];
}

type Made = SingleSource | MissingReference | string;

function partOf(entry: ArgoSourceInput, input: SeveralInput, home: Home): Made {
  const [fault] = referencesOf(entry.source)
    .map((reference) => referenceFault(reference, entry.refs ?? new Map()))
    .filter((found) => found !== undefined);
  if (typeof fault === 'string') return fault;
  if (fault !== undefined) {
    const reference = `${fault.reference} of ${fault.target.repoUrl}`;
    return { ...placeOf(input), kind: 'file', reference, git: argoReference(fault.target) };
  }
  return chartOf(entry.source) === undefined ? gitPart(entry, input, home) : argoChartSource(entry);
}

function gitPart(entry: ArgoSourceInput, input: SeveralInput, home: Home): Made {
  const follows = followedBy(entry.source);
  const path = resolvePath('', textAt(entry.source, 'path') ?? '');
  const tree = input.treeOf(follows, path);
  if (tree === undefined)
    return missingRepository({ ...argoReference(follows), path }, placeOf(input));
  const source = argoRenderSource(entry, tree);
  if (typeof source === 'string' || isHome(tree, follows, home)) return source;
  return singleBelow(folderOf(follows), source);
}

interface Fault {
  readonly reference: string;
  readonly target: RefTarget;
}

/** A sentence where Argo CD refuses it, the source where that is not at hand. */
function referenceFault(
  reference: string,
  refs: ReadonlyMap<string, RefTarget>,
): Fault | string | undefined {
  const [name = ''] = reference.split('/');
  const target = refs.get(name);
  if (target === undefined) {
    const known = [...refs.keys()].join(', ') || 'none';
    return `it refers to ${name}, which is not among the refs of the sources (${known}).`;
  }
  if (target.isChart) return `it refers to ${name}, which is a chart; Argo CD refuses that.`;
  return target.tree === undefined ? { reference, target } : undefined;
}

function placeOf({ placement: { definedIn } }: SeveralInput): SourceLocation {
  const line = definedIn?.line;
  return { path: definedIn?.path ?? '', ...(line === undefined ? {} : { line }) };
}

function noteMissing(
  { shared }: SeveralInput,
  { source, pointer }: ArgoEntry,
  index: number,
): void {
  const repoUrl = withoutUser(textAt(source, 'repoURL') ?? '');
  shared.findings.add({
    severity: 'warning',
    code: 'incomplete-sources',
    message: `The app is incomplete: source ${index + 1} (${repoUrl}), or what it refers to, is in no open folder and not fetched.`,
    pointer,
  });
}
