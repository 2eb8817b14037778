import type { App } from '../model/app';
import type { OriginPlace, SourcePlace } from '../model/origin';
import { CACHED_CHARTS } from '../model/render';
import type { Rendered } from '../model/appState';
import type { RenderSource } from '../model/render';
import type { Json, KubeObject } from '../model/resource';
import { resourceIdOf, resourceKey } from '../model/resource';
import { locate } from '../yaml/locate';
import type { Core, RootEntry } from './core';
import { snapshotOf } from './discovery';
import { textOf } from './fileFacts';
import { definitionPointers, findWritten, ownDocument } from './definitionOrigins';
import type { Written } from './definitionOrigins';
import { scalarText, valueAt } from './jsonValues';
import { otherFile } from './otherFiles';
import { setPlaces } from './setOrigins';

/** One that the engine named, and what it was asked about. */
export interface Placing {
  readonly app: App;
  readonly root: RootEntry;
  readonly source: RenderSource;
  readonly place: SourcePlace;
  readonly rendered: Rendered | undefined;
  /** Asks where a field of an object of the app above comes from. */
  readonly above: (resource: string, pointer: string) => Promise<readonly OriginPlace[]>;
  readonly signal: AbortSignal;
}

/** The places of files behind one that the engine named, in files or in the request itself. */
export async function placesOf(core: Core, placing: Placing): Promise<readonly OriginPlace[]> {
  const { place, rendered } = placing;
  if (place.source !== undefined) return await inRequest(core, placing, place.source);
  const { path } = place;
  if (path === undefined) return [];
  if (path.startsWith(`${CACHED_CHARTS}/`)) return cachedPlaces(core, { place, path, rendered });
  return [placeInFile(core, placing, path)];
}

function placeInFile(core: Core, { app, place, root }: Placing, path: string): OriginPlace {
  const { label, member } = place;
  const named = member === undefined ? path : `${path}/${member}`;
  const state = core.store.app(app.key);
  const { file = { root: root.root, path }, within } = (state && otherFile(state, named)) ?? {};
  if (within === undefined) return { ...file, ...deedOf(place), label };
  const field = label.startsWith(named) ? label.slice(named.length) : `: ${label}`;
  return { ...file, ...deedOf(place), label: `${within}: ${member ?? file.path}${field}` };
}

function deedOf(place: SourcePlace): Omit<OriginPlace, 'root' | 'path' | 'label'> {
  const { kind, direct, makes } = place;
  return { ...positionOf(place), kind, direct, ...(makes === undefined ? {} : { makes }) };
}

function positionOf({
  line,
  column,
}: Pick<SourcePlace, 'line' | 'column'>): Pick<OriginPlace, 'line' | 'column'> {
  return { ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
}

/** Fetched charts stand unpacked in their cache, where they can be looked at. */
function cachedPlaces(
  { deps }: Core,
  { place, path, rendered }: Pick<Placing, 'place' | 'rendered'> & { readonly path: string },
): readonly OriginPlace[] {
  const found = cachedFile(deps.chartsFolder, path);
  if (found === undefined) return [];
  const [, digest = '', below = ''] = /^[^/]+\/([^/]+)\/(.*)$/.exec(path) ?? [];
  const field = place.label.startsWith(path) ? place.label.slice(path.length) : `: ${place.label}`;
  const { kind, direct } = place;
  const label = `${chartWords(rendered, digest)}: ${below}${field}`;
  return [{ ...found, ...positionOf(place), kind, label, direct, readOnly: true }];
}

function chartWords(rendered: Rendered | undefined, digest: string): string {
  const used = rendered?.charts?.find((one) => one.digest === `sha256:${digest}`);
  return used === undefined ? 'fetched chart' : [used.name, used.version].join(' ').trim();
}

/** A path of an origin that is in the cache of fetched charts, as a file of that cache. */
export function cachedFile(
  chartsFolder: string | undefined,
  path: string,
): Pick<OriginPlace, 'root' | 'path'> | undefined {
  if (chartsFolder === undefined || !path.startsWith(`${CACHED_CHARTS}/`)) return undefined;
  return { root: `${chartsFolder}/charts`, path: path.slice(CACHED_CHARTS.length + 1) };
}

/** The request was made of objects in files, of what a set makes, or of what another app renders. */
async function inRequest(
  core: Core,
  placing: Placing,
  pointer: string,
): Promise<readonly OriginPlace[]> {
  const { app, place, source } = placing;
  const said = scalarText(valueAt(source as unknown as Json, pointer));
  if (said === undefined) return [];
  const generated = await ofSet(core, placing, { pointer, said });
  if (generated.length > 0) return generated;
  const written = findWritten(core, app, { source, pointer, said });
  const own = written && (await placed(core, written, { placing, said }));
  if (own !== undefined) return [own];
  const rendered = await ofAppAbove(placing, { pointer, said });
  return rendered.length > 0 ? rendered : inPipeline(app, place, pointer);
}

interface Sought {
  readonly pointer: string;
  readonly said: string;
}

async function ofSet(
  core: Core,
  placing: Placing,
  { pointer, said }: Sought,
): Promise<readonly OriginPlace[]> {
  const { app, source, place } = placing;
  const field = fieldOfDefinition(app, { source, pointer, said });
  return field === undefined
    ? []
    : await inSet(core, placing, { field, said, direct: place.direct });
}

/** Who asks about an app, and how its definition came to be. */
type Defined = Pick<Placing, 'app' | 'above' | 'signal'>;

interface DefinitionField {
  /** JSON pointer in the custom resource. */
  readonly field: string;
  readonly said: string;
  readonly direct: boolean;
}

async function inSet(
  core: Core,
  { app, signal }: Defined,
  { field, said, direct }: DefinitionField,
): Promise<readonly OriginPlace[]> {
  const root = app.generatedBy && core.roots.get(app.generatedBy.place.root);
  if (root === undefined) return [];
  const found = await setPlaces(core, { app, pointer: field }, signal);
  const places = await Promise.all(
    found.map(async ({ kind, ...written }) => {
      const at = await lineOf(core, { root, ...written }, { inner: undefined, said });
      if (at === undefined) return [];
      const label = `${written.path}: ${dotted(written.pointer)}`;
      return [{ root: root.root, path: written.path, ...at, kind, label, direct }];
    }),
  );
  return places.flat();
}

/** The places behind a field of the custom resource itself, however that came to be. */
export async function definitionPlaces(
  core: Core,
  defined: Defined,
  field: string,
): Promise<readonly OriginPlace[]> {
  const { app } = defined;
  const said = scalarText(valueAt(app.definition, field));
  if (said === undefined) return [];
  const generated = await inSet(core, defined, { field, said, direct: true });
  if (generated.length > 0) return generated;
  const own = await inFile(core, app, { field, said });
  return own === undefined ? await inAppAbove(defined, field) : [own];
}

async function inFile(
  core: Core,
  app: App,
  { field, said }: Omit<DefinitionField, 'direct'>,
): Promise<OriginPlace | undefined> {
  const own = app.generatedBy === undefined ? ownDocument(core, app) : undefined;
  if (own === undefined || scalarText(valueAt(own.value, field)) !== said) return undefined;
  const { root, path, documentIndex } = own;
  const at = await lineOf(
    core,
    { root, path, documentIndex, pointer: field },
    { inner: undefined, said },
  );
  if (at === undefined) return undefined;
  const label = `${path}: ${dotted(field)}`;
  return { root: root.root, path, ...at, kind: 'transformer', label, direct: true };
}

function fieldOfDefinition(
  app: App,
  { source, pointer, said }: Sought & { readonly source: RenderSource },
): string | undefined {
  return definitionPointers(app, pointer, source).find(
    (one) => scalarText(valueAt(app.definition, one)) === said,
  );
}

async function ofAppAbove(placing: Placing, sought: Sought): Promise<readonly OriginPlace[]> {
  const field = fieldOfDefinition(placing.app, { source: placing.source, ...sought });
  return field === undefined ? [] : await inAppAbove(placing, field);
}

/** The definition, or the set that makes it, is what another app renders: its field has an origin there. */
async function inAppAbove({ app, above }: Defined, field: string): Promise<readonly OriginPlace[]> {
  const { definition, renderedBy, generatedBy } = app;
  if (definition === undefined || renderedBy?.changed !== true) return [];
  if (generatedBy === undefined) {
    return await above(resourceKey(resourceIdOf(definition as unknown as KubeObject)), field);
  }
  const id = { group: 'argoproj.io', kind: 'ApplicationSet', ...generatedBy.set };
  return await above(resourceKey(id), `/spec/template${field}`);
}

/** What a pipeline passes stands in the command that it runs. */
function inPipeline(
  { tool, definedIn }: App,
  { kind, label, direct }: SourcePlace,
  pointer: string,
): readonly OriginPlace[] {
  if (tool !== 'push' || definedIn === undefined || !pointer.startsWith('/arguments/')) return [];
  const { root, path, line } = definedIn;
  const own = { root, path, ...(line === undefined ? {} : { line }) };
  return [{ ...own, kind, label: `${path}: ${label}`, direct }];
}

async function placed(
  core: Core,
  written: Written,
  { placing, said }: { readonly placing: Placing; readonly said: string },
): Promise<OriginPlace | undefined> {
  const { kind, label, direct, line: inner } = placing.place;
  const at = await lineOf(core, written, { inner, said });
  if (at === undefined) return undefined;
  const { path, root } = written;
  return { root: root.root, path, ...at, kind, label: `${path}: ${label}`, direct };
}

interface Inner {
  readonly inner: number | undefined;
  readonly said: string;
}

async function lineOf(
  core: Core,
  { root, path, documentIndex, pointer }: Omit<Written, 'secret'>,
  { inner, said }: Inner,
): Promise<{ readonly line: number; readonly column?: number } | undefined> {
  const text = await textOf(core, snapshotOf(root), path);
  const range = locate(text, documentIndex, pointer);
  if (range === undefined) return undefined;
  const line = lineWithin(text, { key: range.line, inner, said });
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

function dotted(pointer: string): string {
  return pointer
    .slice(1)
    .split('/')
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : part))
    .join('.')
    .replaceAll('.[', '[');
}
