import type { AppSource } from '../model/app';
import type { MissingReference, SingleSource, SourcePart } from '../model/render';
import type { JsonObject } from '../model/resource';
import type { ArgoSourceInput, RefTarget } from './argoEnvironment';
import { chartOf, referencesOf } from './argoHelm';
import { argoChartSource, argoRenderSource } from './argoSource';
import { type Placement, withoutUser } from './definition';
import { textAt } from './fields';
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
  /** The open folder with the repository of a source. */
  readonly treeOf: (repoUrl: string, path: string) => SourceTree | undefined;
  /** The folder that stands in where no source is in one: that of the Application. */
  readonly ownRoot?: string;
}

/** An Application with `sources`; one sentence where Argo CD would refuse the whole. */
export function severalSources(input: SeveralInput): AppSource {
  const refs = refsOf(input);
  if (typeof refs === 'string') return { kind: 'unsupported', reason: refs };
  const home = homeOf(input);
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
    else noteRevision(input, entry, index);
  }
  return united(parts, input, home);
}

function united(parts: readonly SourcePart[], input: SeveralInput, home: Home): AppSource {
  const root = typeof home === 'string' ? home : home?.root;
  const [first] = parts.flatMap((part) => ('source' in part ? [part.source] : []));
  if (first === undefined || root === undefined) return elsewhere(input);
  if (input.entries.length === 1) return { kind: 'local', root, render: first };
  const namespace = input.shared.destinationNamespace;
  return { kind: 'local', root, render: { kind: 'several', path: first.path, namespace, parts } };
}

function elsewhere({ entries }: SeveralInput): AppSource {
  const { source } = entries.find((entry) => !isOnlyRef(entry.source)) ?? entries[0] ?? NOTHING;
  const repoUrl = withoutUser(textAt(source, 'repoURL') ?? '');
  return { kind: 'elsewhere', repoUrl, path: textAt(source, 'path') ?? '' };
}

const NOTHING: Pick<ArgoEntry, 'source'> = { source: {} };

/** A source with a `ref` alone makes no objects. */
function isOnlyRef(source: JsonObject): boolean {
  const isNamed = textAt(source, 'ref') !== undefined;
  return isNamed && textAt(source, 'path') === undefined && chartOf(source) === undefined;
}

/** The open folder whose files a render reads, or its path where no source is in one. */
type Home = SourceTree | string | undefined;

/** Names must be their own (util/argo, GetRefSources). */
function refsOf(input: SeveralInput): ReadonlyMap<string, RefTarget> | string {
  const refs = new Map<string, RefTarget>();
  for (const { source } of input.entries) {
    const name = textAt(source, 'ref');
    if (name === undefined) continue;
    if (!/^[a-zA-Z0-9_-]+$/.test(name)) return `The ref ${name} of a source is no name.`;
    if (refs.has(`$${name}`))
      return `Two of its sources have the ref ${name}; Argo CD refuses that.`;
    const repoUrl = textAt(source, 'repoURL') ?? '';
    const tree = input.treeOf(repoUrl, textAt(source, 'path') ?? '');
    const isChart = chartOf(source) !== undefined;
    refs.set(`$${name}`, { repoUrl, isChart, ...(tree === undefined ? {} : { tree }) });
  }
  return refs;
}

/** One render reads one folder: that of the first source which is in one, else the Application's. */
function homeOf({ entries, treeOf, ownRoot }: SeveralInput): Home {
  const inGit = entries.filter(({ source }) => chartOf(source) === undefined);
  const ordered = [...inGit].sort(
    (a, b) => Number(isOnlyRef(a.source)) - Number(isOnlyRef(b.source)),
  );
  for (const { source } of ordered) {
    const tree = treeOf(textAt(source, 'repoURL') ?? '', textAt(source, 'path') ?? '');
    if (tree !== undefined) return tree;
  }
  return ownRoot;
}

type Made = SingleSource | MissingReference | string;

function partOf(entry: ArgoSourceInput, input: SeveralInput, home: Home): Made {
  const [fault] = referencesOf(entry.source)
    .map((reference) => referenceFault(reference, entry.refs ?? new Map(), home))
    .filter((found) => found !== undefined);
  if (typeof fault === 'string') return fault;
  if (fault !== undefined) return missing('file', fault.reference, input);
  return chartOf(entry.source) === undefined ? gitPart(entry, input, home) : argoChartSource(entry);
}

function gitPart(entry: ArgoSourceInput, input: SeveralInput, home: Home): Made {
  const { source } = entry;
  const repoUrl = textAt(source, 'repoURL') ?? '';
  const path = textAt(source, 'path') ?? '';
  const tree = input.treeOf(repoUrl, path);
  if (tree !== undefined && tree === home) return argoRenderSource(entry, tree);
  const revision = textAt(source, 'targetRevision') ?? 'HEAD';
  const reference = `${withoutUser(repoUrl)}//${resolvePath('', path)}?ref=${revision}`;
  return missing('base', reference, input);
}

/** A sentence where Argo CD refuses it, the source where that is not at hand. */
function referenceFault(
  reference: string,
  refs: ReadonlyMap<string, RefTarget>,
  home: Home,
): { readonly reference: string } | string | undefined {
  const [name = ''] = reference.split('/');
  const target = refs.get(name);
  if (target === undefined) {
    const known = [...refs.keys()].join(', ') || 'none';
    return `it refers to ${name}, which is not among the refs of the sources (${known}).`;
  }
  if (target.isChart) return `it refers to ${name}, which is a chart; Argo CD refuses that.`;
  const isAtHand = target.tree !== undefined && target.tree === home;
  return isAtHand ? undefined : { reference: `${reference} of ${withoutUser(target.repoUrl)}` };
}

function missing(
  kind: MissingReference['kind'],
  reference: string,
  { placement: { definedIn } }: SeveralInput,
): MissingReference {
  const line = definedIn?.line;
  return { kind, reference, path: definedIn?.path ?? '', ...(line === undefined ? {} : { line }) };
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
    message: `The app is incomplete: source ${index + 1} (${repoUrl}), or what it refers to, is not in the folder of the others.`,
    pointer,
  });
}

/** One render reads one revision of a folder: that which the first of its sources follows. */
function noteRevision(
  { shared, entries, treeOf }: SeveralInput,
  { source, pointer }: ArgoEntry,
  index: number,
): void {
  if (chartOf(source) !== undefined) return;
  const revisionOf = (one: JsonObject): string => textAt(one, 'targetRevision') ?? 'HEAD';
  const rootOf = (one: JsonObject): string | undefined =>
    treeOf(textAt(one, 'repoURL') ?? '', textAt(one, 'path') ?? '')?.root;
  const used = new Set(referencesOf(source).map((file) => file.split('/')[0]));
  const others = entries
    .map((entry) => entry.source)
    .filter((other) => !isOnlyRef(other) || used.has(`$${textAt(other, 'ref') ?? ''}`))
    .filter((other) => chartOf(other) === undefined && rootOf(other) === rootOf(source));
  const differing = others.find((other) => revisionOf(other) !== revisionOf(source));
  if (differing === undefined) return;
  shared.findings.add({
    severity: 'warning',
    code: 'source-revisions',
    message: `Source ${index + 1} follows ${revisionOf(source)}, and another source of the same repository ${revisionOf(differing)}; here both are read at one revision.`,
    pointer: `${pointer}/targetRevision`,
  });
}
