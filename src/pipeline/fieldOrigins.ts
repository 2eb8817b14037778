import { pointerTokens, toPointer } from '../base/pointer';
import type { App } from '../model/app';
import type { AppState, Rendered } from '../model/appState';
import type { NoOrigin, OriginAnswer, OriginPlace } from '../model/origin';
import type { Json, KubeObject, ObjectHead, ResourceId } from '../model/resource';
import { resourceIdOf, resourceKey } from '../model/resource';
import type { AppDocument, DocumentRequest, SourceDocument } from '../model/workbench';
import { objectDocuments } from '../yaml/documents';
import { pointerAt } from '../yaml/pointerAt';
import { controllerField } from './controllerFields';
import type { Core } from './core';
import { sourceRoot } from './core';
import { documentText } from './documents';
import { scalarPointers, valueAt } from './jsonValues';
import { definitionPlaces, placesOf } from './originPlaces';
import type { Placing } from './originPlaces';
import { withValues } from './originValues';
import { lastGood, workingRequest } from './renderRequests';

export interface FieldRequest {
  readonly key: string;
  /** A `resourceKey`. */
  readonly resource: string;
  /** JSON pointer of a scalar, a list or a map. */
  readonly pointer: string;
}

/** Of a list or map, this many of its scalars are asked about. */
const MOST_SCALARS = 6;
/** Apps that render each other, from the one that is asked about upwards. */
const MOST_LEVELS = 4;

/**
 * The places that decide a field of a rendered object, the deciding one first; of a list or map those
 * that decide most of what is in it. None where nothing could be confirmed, with the reason.
 */
export async function originsOf(
  core: Core,
  request: FieldRequest,
  signal: AbortSignal,
): Promise<OriginAnswer> {
  const answer = await fieldOrigins(core, request, { signal, level: 0 });
  return { ...answer, places: await withValues(core, request.resource, answer.places) };
}

interface Asking {
  readonly signal: AbortSignal;
  readonly level: number;
}

async function fieldOrigins(
  core: Core,
  request: FieldRequest,
  asking: Asking,
): Promise<OriginAnswer> {
  const state = core.store.app(request.key);
  const object = state && renderedObject(state, request.resource);
  const value = object && valueAt(object as unknown as Json, request.pointer);
  if (typeof value !== 'object' || value === null)
    return await scalarOrigins(core, request, asking);
  const pointers = spread(scalarPointers(value, request.pointer), MOST_SCALARS);
  const answers: OriginAnswer[] = [];
  for (const pointer of pointers) {
    answers.push(await scalarOrigins(core, { ...request, pointer }, asking));
  }
  return united(answers);
}

function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from(
    { length: most },
    (_, index) => all[Math.floor((index * all.length) / most)],
  ).filter((one) => one !== undefined);
}

/** What decides most comes first. */
function united(answers: readonly OriginAnswer[]): OriginAnswer {
  const counts = new Map<string, { readonly place: OriginPlace; count: number }>();
  for (const place of answers.flatMap(({ places }) => places.slice(0, 1))) {
    const known = counts.get(placeKey(place));
    if (known === undefined) counts.set(placeKey(place), { place, count: 1 });
    else known.count += 1;
  }
  const places = [...counts.values()].sort((a, b) => b.count - a.count).map(({ place }) => place);
  return answerOf(places, answers.find((answer) => answer.why !== undefined)?.why);
}

function placeKey({ root, path, line }: OriginPlace): string {
  return `${root}\n${path}\n${line ?? 0}`;
}

async function scalarOrigins(
  core: Core,
  request: FieldRequest,
  asking: Asking,
): Promise<OriginAnswer> {
  const state = core.store.app(request.key);
  const root = state && sourceRoot(core, state.app);
  if (state === undefined || root === undefined) return { places: [] };
  const { app } = state;
  const rendered = renderedOf(state);
  const above = async (resource: string, pointer: string): Promise<readonly OriginPlace[]> =>
    await fromAbove(core, { app, resource, pointer }, { ...asking, level: asking.level + 1 });
  const subject = { app, root, rendered, above, signal: asking.signal };
  const field = controllerField(app, rendered, request);
  const added = field === undefined ? [] : await definitionPlaces(core, subject, field);
  return added.length > 0 ? { places: added } : await asked(core, subject, request);
}

async function asked(
  core: Core,
  subject: Omit<Placing, 'source' | 'place'>,
  { resource, pointer }: FieldRequest,
): Promise<OriginAnswer> {
  const render = workingRequest(core, subject.app);
  if (render === undefined || core.deps.renderer.origins === undefined) return { places: [] };
  const question = { ...render, object: idOf(resource), pointer };
  const { places, why } = await core.deps.renderer.origins(question, subject.signal);
  const placing = { ...subject, source: render.source };
  const found: OriginPlace[] = [];
  for (const place of places) found.push(...(await placesOf(core, { ...placing, place })));
  return answerOf(distinct(found), why);
}

function answerOf(places: readonly OriginPlace[], why: NoOrigin | undefined): OriginAnswer {
  return { places, ...(places.length > 0 || why === undefined ? {} : { why }) };
}

function distinct(places: readonly OriginPlace[]): readonly OriginPlace[] {
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}

async function fromAbove(
  core: Core,
  { app, resource, pointer }: { readonly app: App } & Omit<FieldRequest, 'key'>,
  asking: Asking,
): Promise<readonly OriginPlace[]> {
  const key = app.renderedBy?.key;
  if (key === undefined || asking.level > MOST_LEVELS) return [];
  return (await fieldOrigins(core, { key, resource, pointer }, asking)).places;
}

function renderedOf({ working }: AppState): Rendered | undefined {
  return working.kind === 'rendered' ? working.desired : lastGood(working).lastGood;
}

/** An object without a namespace stands in for one in it. */
function renderedObject(state: AppState, resource: string): ObjectHead | undefined {
  const objects = renderedOf(state)?.objects ?? [];
  const { namespace } = state.app.destination;
  const found =
    objects.find(({ object }) => resourceKey(resourceIdOf(object)) === resource) ??
    objects.find(({ object }) => {
      const id = resourceIdOf(object);
      const wanted = idOf(resource);
      return id.namespace === '' && resourceKey({ ...wanted, namespace: '' }) === resourceKey(id);
    }) ??
    objects.find(({ object }) => resourceKey({ ...resourceIdOf(object), namespace }) === resource);
  return found?.object;
}

/** The places that decide what one line (1-based) of a document shows. */
export async function originsAt(
  core: Core,
  request: DocumentRequest,
  line: number,
  signal: AbortSignal,
): Promise<OriginAnswer> {
  // A source is where fields come from, and what is left behind has none.
  if (request.kind === 'source' || request.kind === 'stray') return { places: [] };
  const field = await fieldAt(core, request, line);
  if (field === undefined) return { places: [] };
  const { resource, pointer } = field;
  if (field.inGit === undefined) return { places: [], why: 'absent', field: { resource, pointer } };
  const asked = { key: request.appKey, resource, pointer: field.inGit };
  return { ...(await originsOf(core, asked, signal)), field: { resource, pointer: field.inGit } };
}

interface ShownField {
  readonly resource: string;
  /** In the document. */
  readonly pointer: string;
  /** In the rendered object; absent where that has none. */
  readonly inGit: string | undefined;
}

async function fieldAt(
  core: Core,
  request: Exclude<AppDocument, SourceDocument>,
  line: number,
): Promise<ShownField | undefined> {
  const state = core.store.app(request.appKey);
  const shown = await documentText(core, request);
  if (state === undefined || !('text' in shown)) return undefined;
  const found = pointerAt(shown.text, line);
  const object: unknown = found && objectDocuments(shown.text)[found.documentIndex]?.toJS();
  if (found === undefined || object === undefined) return undefined;
  return shownField(state, request, { object: object as KubeObject, pointer: found.pointer });
}

function shownField(
  state: AppState,
  request: Exclude<AppDocument, SourceDocument>,
  { object, pointer }: { readonly object: KubeObject; readonly pointer: string },
): ShownField {
  const own = resourceKey(resourceIdOf(object));
  const resource = 'resource' in request ? request.resource : own;
  // The other documents show other states of it.
  if (request.kind === 'rendered' || request.kind === 'working') {
    return { resource, pointer, inGit: pointer };
  }
  const rendered = renderedObject(state, resource);
  const inGit =
    rendered === undefined
      ? undefined
      : samePlace(object as unknown as Json, rendered as unknown as Json, pointer);
  return { resource, pointer, inGit };
}

/**
 * The pointer of the same field in another state of an object. An item of a list is the one with the
 * same name, port or path, wherever it stands.
 */
export function samePlace(from: Json, to: Json, pointer: string): string | undefined {
  const tokens: string[] = [];
  let [left, right]: (Json | undefined)[] = [from, to];
  for (const token of pointerTokens(pointer)) {
    const next = Array.isArray(left) ? itemLike(left as readonly Json[], right, token) : token;
    left = valueAt(left, toPointer([token]));
    right = next === undefined ? undefined : valueAt(right, toPointer([next]));
    if (next === undefined || right === undefined) return undefined;
    tokens.push(next);
  }
  return toPointer(tokens);
}

/** Merge keys of Kubernetes, those that say most first. */
const KEYS = [
  'name',
  'mountPath',
  'devicePath',
  'containerPort',
  'port',
  'key',
  'ip',
  'topologyKey',
];

function itemLike(from: readonly Json[], to: Json | undefined, index: string): string | undefined {
  if (!Array.isArray(to)) return undefined;
  const item = from[Number(index)];
  const others = to as readonly Json[];
  const key = KEYS.find((one) => valueAt(item, toPointer([one])) !== undefined);
  const same = (one: Json): boolean =>
    key === undefined
      ? JSON.stringify(one) === JSON.stringify(item)
      : valueAt(one, toPointer([key])) === valueAt(item, toPointer([key]));
  const found = others.findIndex(same);
  if (found >= 0) return String(found);
  return key === undefined && others.length === from.length ? index : undefined;
}

function idOf(resource: string): ResourceId {
  const [group = '', kind = '', namespace = '', name = ''] = resource.split('/');
  return { group, kind, namespace, name };
}
