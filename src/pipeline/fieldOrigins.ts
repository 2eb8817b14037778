import { pointerTokens, toPointer } from '../base/pointer';
import type { App } from '../model/app';
import type { OriginPlace, SourcePlace } from '../model/origin';
import type { Unavailable } from '../model/ports';
import type { Json, JsonObject, KubeObject, ResourceId } from '../model/resource';
import { resourceIdOf, resourceKey } from '../model/resource';
import type { DocumentRequest } from '../model/workbench';
import { objectDocuments } from '../yaml/documents';
import { locate } from '../yaml/locate';
import { pointerAt } from '../yaml/pointerAt';
import type { Core, RootEntry } from './core';
import { sourceRoot } from './core';
import { snapshotOf } from './discovery';
import { documentText } from './documents';
import { workingRequest } from './renderRequests';

/**
 * The places that decide a field of a rendered object, the deciding one first; none where nothing could
 * be confirmed. `resource` is a `resourceKey`, `pointer` a JSON pointer of a scalar.
 */
export async function originsOf(
  core: Core,
  request: { readonly key: string; readonly resource: string; readonly pointer: string },
  signal: AbortSignal,
): Promise<readonly OriginPlace[]> {
  const app = core.store.app(request.key)?.app;
  if (app === undefined) return [];
  const root = sourceRoot(core, app);
  if (root === undefined) return [];
  const found: OriginPlace[] = [];
  for (const place of await askEngine(core, app, request, signal)) {
    const own = await placeOf(core, { app, root, place }, signal);
    if (own !== undefined) found.push(own);
  }
  return found;
}

async function askEngine(
  core: Core,
  app: App,
  { resource, pointer }: { readonly resource: string; readonly pointer: string },
  signal: AbortSignal,
): Promise<readonly SourcePlace[]> {
  const render = workingRequest(core, app);
  if (render === undefined) return [];
  const request = { ...render, object: idOf(resource), pointer };
  return (await core.deps.renderer.origins?.(request, signal)) ?? [];
}

/**
 * The places that decide what one line (1-based) of a document shows. An item of a list of a live
 * object can be another one than Git has at its index, so it has none.
 */
export async function originsAt(
  core: Core,
  request: DocumentRequest,
  line: number,
  signal: AbortSignal,
): Promise<readonly OriginPlace[]> {
  const shown = await documentText(core, request);
  if (!('text' in shown)) return [];
  const found = pointerAt(shown.text, line);
  if (found === undefined) return [];
  const { documentIndex, pointer } = found;
  if (request.kind === 'live' && /\/\d+(\/|$)/.test(pointer)) return [];
  const resource = 'resource' in request ? request.resource : resourceIn(shown.text, documentIndex);
  if (resource === undefined) return [];
  return await originsOf(core, { key: request.appKey, resource, pointer }, signal);
}

function resourceIn(text: string, documentIndex: number): string | undefined {
  const object: unknown = objectDocuments(text)[documentIndex]?.toJS();
  return object === undefined ? undefined : resourceKey(resourceIdOf(object as KubeObject));
}

function idOf(resource: string): ResourceId {
  const [group = '', kind = '', namespace = '', name = ''] = resource.split('/');
  return { group, kind, namespace, name };
}

interface Placing {
  readonly app: App;
  readonly root: RootEntry;
  readonly place: SourcePlace;
}

async function placeOf(
  core: Core,
  placing: Placing,
  signal: AbortSignal,
): Promise<OriginPlace | undefined> {
  const { place, root } = placing;
  const { kind, label, direct } = place;
  if (place.source !== undefined) return await inDefinition(core, placing, signal);
  if (place.path === undefined) return undefined;
  return {
    root: root.root,
    path: place.path,
    ...(place.line === undefined ? {} : { line: place.line }),
    ...(place.column === undefined ? {} : { column: place.column }),
    kind,
    label,
    direct,
  };
}

/** Where an object that the source was made of says what the source says. */
interface Written {
  readonly root: RootEntry;
  readonly path: string;
  readonly documentIndex: number;
  readonly pointer: string;
}

async function inDefinition(
  core: Core,
  { app, place }: Placing,
  signal: AbortSignal,
): Promise<OriginPlace | undefined> {
  const source = app.source.kind === 'local' ? app.source.render : undefined;
  const pointer = place.source ?? '';
  const said = scalarText(valueAt(source as unknown as Json, pointer));
  const written = said === undefined ? undefined : findWritten(core, app, { pointer, said });
  if (said === undefined || written === undefined) return undefined;
  const at = await lineOf(core, written, { inner: place.line, said }, signal);
  if (at === undefined) return undefined;
  const { kind, label, direct } = place;
  const { path } = written;
  return { root: written.root.root, path, ...at, kind, label: `${path}: ${label}`, direct };
}

interface Inner {
  readonly inner: number | undefined;
  readonly said: string;
}

async function lineOf(
  core: Core,
  { root, path, documentIndex, pointer }: Written,
  { inner, said }: Inner,
  signal: AbortSignal,
): Promise<{ readonly line: number; readonly column?: number } | undefined> {
  const read = await core.deps.renderer.read(snapshotOf(root), path, signal);
  if (read === undefined || isUnavailable(read)) return undefined;
  const range = locate(read.text, documentIndex, pointer);
  if (range === undefined) return undefined;
  const line = lineWithin(read.text, { key: range.line, inner, said });
  return line === undefined ? { line: range.line, column: range.column } : { line };
}

/** The line of a block scalar that is the `inner` line of its text. */
function lineWithin(
  text: string,
  { key, inner, said }: Inner & { readonly key: number },
): number | undefined {
  if (inner === undefined) return undefined;
  const wanted = said.split('\n')[inner - 1]?.trim();
  const lines = text.split('\n');
  const line = key + inner;
  return wanted !== undefined && lines[line - 1]?.trim() === wanted ? line : undefined;
}

interface Said {
  readonly pointer: string;
  readonly said: string;
}

function findWritten(core: Core, app: App, said: Said): Written | undefined {
  return inOwnDefinition(core, app, said) ?? inConfigMap(core, app, said);
}

function inOwnDefinition(core: Core, app: App, { pointer, said }: Said): Written | undefined {
  const { definedIn } = app;
  const root = definedIn && core.roots.get(definedIn.root);
  if (definedIn === undefined || root === undefined) return undefined;
  const documents = root.parsed.get(definedIn.path)?.documents ?? [];
  const documentIndex = documents.findIndex(({ line }) => line === definedIn.line);
  const document = documents[documentIndex]?.value;
  const found = definitionPointers(app, pointer).find(
    (one) => scalarText(valueAt(document, one)) === said,
  );
  return found === undefined
    ? undefined
    : { root, path: definedIn.path, documentIndex, pointer: found };
}

/** Fields of the custom resource that a field of the source can be taken from, likely ones first. */
export function definitionPointers(app: Pick<App, 'kind'>, pointer: string): readonly string[] {
  const [, part, rest = ''] = /^\/parts\/(\d+)\/source(\/.*)$/.exec(pointer) ?? [, , pointer];
  switch (app.kind) {
    case 'HelmRelease':
      return replaced(rest, HELM_RELEASE, '');
    case 'Application':
      return part === undefined
        ? replaced(rest, APPLICATION, '/spec/source')
        : replaced(rest, APPLICATION, `/spec/sources/${part}`);
    case 'Kustomization':
      return replaced(rest, KUSTOMIZATION, '');
    default:
      return [];
  }
}

type Rules = readonly (readonly [string, readonly string[]])[];

/** A target that starts with `~` is of the custom resource itself and not of its source. */
const APPLICATION: Rules = [
  ['/valuesText', ['/helm/values']],
  ['/values', ['/helm/valuesObject', '/helm/values']],
  ['/parameters', ['/helm/parameters']],
  ['/releaseName', ['/helm/releaseName', '~/metadata/name']],
  ['/namespace', ['/helm/namespace', '~/spec/destination/namespace']],
  ['/overrides', ['/kustomize']],
];
const HELM_RELEASE: Rules = [
  ['/values', ['/spec/values']],
  ['/releaseName', ['/spec/releaseName', '/metadata/name']],
  ['/namespace', ['/spec/targetNamespace', '/metadata/namespace']],
];
const KUSTOMIZATION: Rules = [['/kustomization', ['']]];

function replaced(pointer: string, rules: Rules, base: string): readonly string[] {
  const rule = rules.find(([from]) => pointer === from || pointer.startsWith(`${from}/`));
  if (rule === undefined) return [];
  const [from, targets] = rule;
  const rest = pointer.slice(from.length);
  return targets.map((to) => (to.startsWith('~') ? to.slice(1) + rest : base + to + rest));
}

/** The ConfigMap of `substituteFrom` that says a variable; the last one wins, as in the controller. */
function inConfigMap(core: Core, app: App, { pointer, said }: Said): Written | undefined {
  const [kind, variable] = pointerTokens(pointer);
  const root = app.definedIn && core.roots.get(app.definedIn.root);
  if (kind !== 'variables' || variable === undefined || root === undefined) return undefined;
  const field = toPointer(['data', variable]);
  const all = configMaps(root, app.namespace).filter(
    ({ value }) => scalarText(valueAt(value, field)) === said,
  );
  for (const name of substitutedFrom(app).toReversed()) {
    const found = all.filter(({ value }) => valueAt(value, '/metadata/name') === name);
    const [only] = found;
    if (only !== undefined && found.length === 1) {
      return { root, path: only.path, documentIndex: only.documentIndex, pointer: field };
    }
  }
  return undefined;
}

function substitutedFrom(app: App): readonly string[] {
  const entries = valueAt(app.definition, '/spec/postBuild/substituteFrom');
  return (Array.isArray(entries) ? (entries as readonly Json[]) : []).flatMap((entry) => {
    const name = valueAt(entry, '/name');
    return valueAt(entry, '/kind') === 'ConfigMap' && typeof name === 'string' ? [name] : [];
  });
}

function configMaps(
  root: RootEntry,
  namespace: string,
): readonly {
  readonly path: string;
  readonly documentIndex: number;
  readonly value: JsonObject;
}[] {
  return [...root.parsed.values()].flatMap(({ path, documents }) =>
    documents.flatMap(({ value }, documentIndex) => {
      const own = valueAt(value, '/metadata/namespace') ?? namespace;
      return value['kind'] === 'ConfigMap' && own === namespace
        ? [{ path, documentIndex, value }]
        : [];
    }),
  );
}

function valueAt(value: Json | undefined, pointer: string): Json | undefined {
  let current: Json | undefined = value;
  for (const part of pointerTokens(pointer)) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Object.hasOwn(current, part) ? (current as JsonObject)[part] : undefined;
  }
  return current;
}

function scalarText(value: Json | undefined): string | undefined {
  return value === undefined || typeof value === 'object' ? undefined : String(value);
}

function isUnavailable(text: { readonly text: string } | Unavailable): text is Unavailable {
  return 'kind' in text;
}
