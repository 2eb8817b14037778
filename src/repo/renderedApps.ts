import { sha256Hex } from '../base/sha256';
import type { App, RenderedBy } from '../model/app';
import { appLabel } from '../model/app';
import type { Problem, SourceLocation } from '../model/problem';
import type { RenderedObject } from '../model/render';
import { holdsSecretValues } from '../model/secretValues';
import { groupOf, type Json, type JsonObject } from '../model/resource';
import { ARGO_NAMESPACE } from './argoSource';
import { isObject, objectAt, textAt } from './fields';
import { type Manifest, nameOf, namespaceOf, type RenderedPlace } from './manifests';

/** A custom resource among the objects of an app: an app of its own, or what apps are made with. */
export interface RenderedDefinition {
  readonly object: JsonObject;
  readonly path: string;
  readonly line?: number;
  /** The render left it as the file has it; absent: to be found out. */
  readonly asWritten?: boolean;
}

/** What one app renders that defines further apps. */
export interface DefinitionsOf {
  readonly parent: Pick<
    App,
    'key' | 'kind' | 'namespace' | 'name' | 'source' | 'destination' | 'renderedBy' | 'generatedBy'
  >;
  readonly definitions: readonly RenderedDefinition[];
  /** Files that its kustomizations read: what they hold is no app unless it comes out again. */
  readonly bases: readonly string[];
}

export interface RenderedInput {
  readonly root: string;
  readonly manifests: readonly Manifest[];
  readonly rendered: readonly DefinitionsOf[];
  readonly namespaceGiven: (path: string) => string | undefined;
}

export interface WithRendered {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly Problem[];
}

const FLUX_GROUPS = /^(source|kustomize|helm)\.toolkit\.fluxcd\.io$/;

/** Whether an object is an app, makes apps, or is a source that apps name. */
export function isDefinition(object: { readonly [key: string]: unknown }): boolean {
  const group = groupOf(textAt(object as JsonObject, 'apiVersion') ?? '');
  if (FLUX_GROUPS.test(group)) return true;
  const kind = object['kind'];
  return group === 'argoproj.io' && (kind === 'Application' || kind === 'ApplicationSet');
}

/** Those of the objects of an app. */
export function definitionsAmong(
  objects: readonly RenderedObject[],
): readonly RenderedDefinition[] {
  return objects
    .filter(({ object }) => isDefinition(object))
    .map(({ object, origin }) => ({
      object: object as JsonObject,
      path: origin.path,
      ...(origin.line === undefined ? {} : { line: origin.line }),
    }));
}

/** The key of the app that a manifest defines; opaque and stable. */
export function definitionKey(root: string, manifest: Manifest, namespace: string): string {
  const { path, kind, object, rendered } = manifest;
  const identity = rendered?.written ?? { namespace, name: nameOf(object) };
  const suffix = rendered?.suffix ?? '';
  return `${root}#${path}#${kind}/${identity.namespace}/${identity.name}${suffix}`;
}

/** Where an object without a namespace goes: Argo CD's own manifests name one for Applications. */
export function usualNamespace(kind: string): string {
  return kind === 'Application' || kind === 'ApplicationSet' ? ARGO_NAMESPACE : '';
}

/**
 * The manifests of the files with those that apps render in their place: a template has none in a file,
 * a patched one replaces what is only its base, and one that comes out as it went in stays. What an app
 * renders of an app above itself is left out.
 */
export function withRendered(input: RenderedInput): WithRendered {
  if (input.rendered.length === 0) return { manifests: input.manifests, problems: [] };
  const links = linksOf(input);
  const walk = walked(input, links);
  const makers = new Map<Manifest, Accepted[]>();
  for (const link of walk.accepted) {
    if (link.written !== undefined) {
      makers.set(link.written, [...(makers.get(link.written) ?? []), link]);
    }
  }
  const bases = basesOf(input.rendered, walk.reached);
  const kept = new Set(links.map(({ written }) => written));
  const own = input.manifests.flatMap((manifest) => {
    const found = makers.get(manifest);
    if (found !== undefined) return found.map((link) => manifestOf(link, input));
    const isBase = isDefinition(manifest.object) && bases.has(manifest.path);
    return isBase && !kept.has(manifest) ? [] : [manifest];
  });
  const made = walk.accepted
    .filter(({ written }) => written === undefined)
    .map((link) => manifestOf(link, input));
  return { manifests: [...own, ...made], problems: walk.problems };
}

/** A definition, the app that renders it, and the object of a file that it comes from. */
interface Link {
  readonly parent: DefinitionsOf['parent'];
  readonly definition: RenderedDefinition;
  readonly written: Manifest | undefined;
  /** Of the app that it defines. */
  readonly key: string;
  /** Several apps make one each of the same object of a file, or there is none. */
  readonly shared: boolean;
}

function linksOf(input: RenderedInput): readonly Link[] {
  const byPath = new Map<string, Manifest[]>();
  for (const manifest of input.manifests.filter(({ object }) => isDefinition(object))) {
    byPath.set(manifest.path, [...(byPath.get(manifest.path) ?? []), manifest]);
  }
  const bare = input.rendered
    .flatMap(({ parent, definitions }) =>
      definitions.map((definition) => ({
        parent,
        definition,
        written: writtenAs(definition, byPath.get(definition.path) ?? []),
      })),
    )
    // Its file speaks for it, and no longer has it.
    .filter(({ definition, written }) => definition.asWritten !== true || written !== undefined);
  const byKey = parentsIn(input);
  const users = new Map<Manifest, Set<string>>();
  for (const link of bare) {
    const { written, parent } = link;
    if (written !== undefined && !leadsBack(link, byKey)) {
      users.set(written, (users.get(written) ?? new Set()).add(parent.key));
    }
  }
  return bare.map((link) => {
    const { written } = link;
    const shared = written === undefined || (users.get(written)?.size ?? 0) > 1;
    return { ...link, shared, key: keyOf({ ...link, shared }, input) };
  });
}

/** The object of a file that came out as the definition: by name, or where the name changed by place. */
function writtenAs(
  { object, line }: RenderedDefinition,
  candidates: readonly Manifest[],
): Manifest | undefined {
  const alike = candidates.filter(({ kind }) => kind === object['kind']);
  const named = alike.filter((manifest) => nameOf(manifest.object) === nameOf(object));
  const placed = alike.filter((manifest) => manifest.line === line);
  const [only] = alike;
  return (
    named.find((manifest) => manifest.line === line) ??
    named[0] ??
    placed[0] ??
    (alike.length === 1 && isInName(only, object) ? only : undefined)
  );
}

/** Prefixes and suffixes of kustomizations keep the name within. */
function isInName(manifest: Manifest | undefined, object: JsonObject): boolean {
  return manifest !== undefined && nameOf(object).includes(nameOf(manifest.object));
}

function keyOf(link: Omit<Link, 'key'>, input: RenderedInput): string {
  const manifest = manifestOf({ ...link, depth: 0 }, input);
  return definitionKey(input.root, manifest, manifest.rendered?.namespace ?? '');
}

function manifestOf(link: Omit<Accepted, 'key'>, input: RenderedInput): Manifest {
  const { parent, definition, written, shared, depth } = link;
  const { object, path } = definition;
  const namespace = namespaceIn(link);
  const changed = written === undefined || !isAsWritten(definition, written);
  return {
    object: changed ? withNamespace(object, namespace) : written.object,
    apiVersion: textAt(object, 'apiVersion') ?? '',
    kind: kindOf(object),
    path,
    line: lineOf(link),
    rendered: {
      by: renderedBy(parent, { changed, depth }),
      namespace,
      secret: changed && isConfidential(parent),
      suffix: shared ? `@${sha256Hex(parent.key).slice(0, 8)}` : '',
      ...writtenIdentity(written, input),
    },
  };
}

function lineOf({ written, definition }: Pick<Link, 'written' | 'definition'>): number {
  return written?.line ?? definition.line ?? 1;
}

function isConfidential({ source }: Link['parent']): boolean {
  return source.kind === 'local' && holdsSecretValues(source.render);
}

/** Where the controller of the app above puts what names no namespace. */
function namespaceIn({
  definition: { object },
  parent,
}: Pick<Link, 'definition' | 'parent'>): string {
  const given = parent.destination.namespace;
  return namespaceOf(object) ?? (given === '' ? usualNamespace(kindOf(object)) : given);
}

function writtenIdentity(
  written: Manifest | undefined,
  { namespaceGiven }: RenderedInput,
): Pick<RenderedPlace, 'written'> {
  if (written === undefined) return {};
  const { path, object, kind } = written;
  const namespace = namespaceGiven(path) ?? namespaceOf(object) ?? usualNamespace(kind);
  return { written: { namespace, name: nameOf(object) } };
}

function kindOf(object: JsonObject): string {
  return textAt(object, 'kind') ?? '';
}

function renderedBy(
  { key, kind, namespace, name }: Link['parent'],
  how: Pick<RenderedBy, 'changed' | 'depth'>,
): RenderedBy {
  return { key, kind, namespace, name, ...how };
}

function withNamespace(object: JsonObject, namespace: string): JsonObject {
  if (namespace === '') return object;
  return { ...object, metadata: { ...objectAt(object, 'metadata'), namespace } };
}

function isAsWritten({ asWritten, object }: RenderedDefinition, written: Manifest): boolean {
  return asWritten ?? definesTheSame(object, written.object);
}

/** Labels, annotations and the namespace of a definition are not what it says of its app. */
export function definesTheSame(a: JsonObject, b: JsonObject): boolean {
  return nameOf(a) === nameOf(b) && isEqual(said(a), said(b));
}

function said(object: JsonObject): JsonObject {
  const entries = Object.entries(object).filter(([key]) => key !== 'metadata' && key !== 'status');
  return Object.fromEntries(entries);
}

function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    const other = b as readonly Json[];
    return a.length === b.length && a.every((item: Json, index) => isEqual(item, other[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
  );
}

function basesOf(
  rendered: readonly DefinitionsOf[],
  reached: ReadonlySet<string>,
): ReadonlySet<string> {
  const counted = rendered.filter(({ parent }) => reached.has(parent.key));
  return new Set(counted.flatMap(({ bases }) => bases));
}

interface Accepted extends Link {
  readonly depth: number;
}

interface Walk {
  readonly accepted: Accepted[];
  readonly problems: Problem[];
  /** Keys of the parents that something other than their own children stands for. */
  readonly reached: Set<string>;
}

/** An app above the one at hand, as its control cluster knows it. */
interface Above {
  readonly identity: string;
  readonly label: string;
}

/** Of charts that make Applications of themselves with other names each. */
const MOST_LEVELS = 16;

/** From the apps that no other one renders downwards, so that a circle holds nobody up. */
function walked(input: RenderedInput, links: readonly Link[]): Walk {
  const walk: Walk = { accepted: [], problems: [], reached: new Set() };
  const byParent = new Map(input.rendered.map(({ parent }) => [parent.key, [] as Link[]]));
  for (const link of links) byParent.get(link.parent.key)?.push(link);
  const made = new Set(links.filter(({ key, parent }) => key !== parent.key).map(({ key }) => key));
  const inFiles = new Set(links.filter(({ written, shared }) => written && !shared).map(keyIn));
  const parents = input.rendered.map(({ parent }) => parent).sort((a, b) => order(a.key, b.key));
  const starts = [
    ...parents.filter(({ key }) => !made.has(key)),
    ...parents.filter(({ key }) => made.has(key) && inFiles.has(key)),
  ];
  const byKey = parentsIn(input);
  for (const parent of starts) {
    const isOfSet = parent.generatedBy !== undefined;
    const chain = [...(isOfSet ? aboveAll(parent, byKey) : []), self(parent, '')];
    // Of the chain, sets are no apps, and of what is above it not all may be known.
    const levels = isOfSet ? (parent.renderedBy?.depth ?? 0) : 0;
    visit({ parent, chain, above: levels + 1 - chain.length, home: '' }, byParent, walk);
  }
  return walk;
}

type Parents = ReadonlyMap<string, Link['parent']>;

function parentsIn({ rendered }: RenderedInput): Parents {
  return new Map(rendered.map(({ parent }) => [parent.key, parent]));
}

/** Above an app, as far as the last walk knows: the set that makes it, the app that renders that, and so on. */
function aboveAll(parent: Link['parent'], byKey: Parents): readonly Above[] {
  const found: Above[] = [];
  const seen = new Set<string>();
  let at: Link['parent'] | undefined = parent;
  while (at !== undefined && !seen.has(at.key)) {
    seen.add(at.key);
    if (at !== parent) found.unshift(self(at, ''));
    const { generatedBy, renderedBy } = at;
    if (generatedBy !== undefined) {
      found.unshift(self({ kind: 'ApplicationSet', ...generatedBy.set }, ''));
    }
    at = byKey.get(renderedBy?.key ?? '');
  }
  return found;
}

/** Leads back to what stands above: such a link makes nothing, and no key depends on it. */
function leadsBack(link: Pick<Link, 'parent' | 'definition'>, byKey: Parents): boolean {
  const { identity } = childOf(link, '');
  return aboveAll(link.parent, byKey).some((above) => above.identity === identity);
}

function keyIn({ key }: Link): string {
  return key;
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

interface Visit {
  readonly parent: Link['parent'];
  readonly chain: readonly Above[];
  /** Apps above the first of the chain. */
  readonly above: number;
  /** Of what the parent's cluster is, seen from where the walk began. */
  readonly home: string;
}

function visit(at: Visit, byParent: ReadonlyMap<string, readonly Link[]>, walk: Walk): void {
  const { parent } = at;
  if (walk.reached.has(parent.key)) return;
  walk.reached.add(parent.key);
  const { cluster } = parent.destination;
  const home = cluster.kind === 'control' ? at.home : JSON.stringify(cluster);
  for (const link of byParent.get(parent.key) ?? []) follow(link, { ...at, home }, byParent, walk);
}

function follow(
  link: Link,
  at: Visit,
  byParent: ReadonlyMap<string, readonly Link[]>,
  walk: Walk,
): void {
  const child = childOf(link, at.home);
  const accepted = { ...link, depth: at.above + at.chain.length };
  const refused = refusal(accepted, child, at.chain);
  if (refused === 'itself') return;
  if (refused !== undefined) {
    walk.problems.push(refused);
    return;
  }
  walk.accepted.push(accepted);
  const own = byParent.get(link.key)?.[0]?.parent;
  if (own !== undefined) visit({ ...at, parent: own, chain: [...at.chain, child] }, byParent, walk);
}

interface Named {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

function self({ kind, namespace, name }: Named, home: string): Above {
  return { identity: `${home}#${kind}/${namespace}/${name}`, label: appLabel({ namespace, name }) };
}

function childOf(link: Pick<Link, 'parent' | 'definition'>, home: string): Above {
  const { object } = link.definition;
  const namespace = namespaceIn(link);
  const name = nameOf(object);
  return {
    identity: `${home}#${kindOf(object)}/${namespace}/${name}`,
    label: appLabel({ namespace, name }),
  };
}

function refusal(
  link: Accepted,
  child: Above,
  chain: readonly Above[],
): Problem | 'itself' | undefined {
  const at = chain.findIndex(({ identity }) => identity === child.identity);
  if (at < 0) return link.depth < MOST_LEVELS ? undefined : tooDeep(link, child);
  if (at === chain.length - 1) return 'itself';
  const circle = [...chain.slice(at), child].map(({ label }) => label).join(' → ');
  const what = `The ${kindOf(link.definition.object)} ${child.label} that ${chain.at(-1)?.label ?? ''} renders`;
  return {
    severity: 'error',
    code: 'apps-circle',
    message: `Apps render each other in a circle: ${circle}. ${what} is left out.`,
    location: placeOf(link),
  };
}

function tooDeep(link: Accepted, { label }: Above): Problem {
  return {
    severity: 'error',
    code: 'apps-too-deep',
    message: `${link.depth} apps stand above ${label}, each rendered by the one before: no further one is followed.`,
    location: placeOf(link),
  };
}

function placeOf({ definition: { path, line } }: Link): SourceLocation {
  return { path, ...(line === undefined ? {} : { line }) };
}
