import { isCancellation } from '../base/userError';
import type { App } from '../model/app';
import type { GeneratedApplication } from '../model/applicationSet';
import type { Json, JsonObject, KubeObject } from '../model/resource';
import { locate } from '../yaml/locate';
import type { Core, RootEntry } from './core';
import { snapshotOf } from './discovery';
import { textOf } from './fileFacts';
import type { HeldSet } from './heldSet';
import { scalarPointers, scalarText, valueAt } from './jsonValues';
import { askEngine } from './setExpansion';

/** A field of a generated Application that a place of its set decides. */
export interface SetPlace {
  readonly path: string;
  readonly documentIndex: number;
  readonly pointer: string;
  /** An element or a file gives the value; else the template writes it. */
  readonly kind: 'value' | 'template';
}

export interface SetField {
  readonly app: App;
  /** Of the Application. */
  readonly pointer: string;
}

/**
 * Elements of lists and files of generators that decide a field, then the line of the template. Each
 * is confirmed by an expansion with it changed.
 */
export async function setPlaces(
  core: Core,
  { app, pointer }: SetField,
  signal: AbortSignal,
): Promise<readonly SetPlace[]> {
  const question = questionOf(core, { app, pointer }, signal);
  if (question === undefined) return [];
  const found: SetPlace[] = [];
  for (const [name, value] of parametersIn(question.made, question.said)) {
    const place = (await elementPlace(question, name, value)) ?? (await filePlace(question, name));
    if (place !== undefined) found.push(place);
  }
  const template = templatePlace(question);
  return template === undefined ? found : [...found, template];
}

function questionOf(
  core: Core,
  { app, pointer }: SetField,
  signal: AbortSignal,
): Question | undefined {
  const root = rootOfSet(core, app);
  const held = root && heldSetOf(app, root);
  const made = held && madeAs(app, held);
  const said = made && scalarText(valueAt(made.object as unknown as Json, pointer));
  return root && held && made && said !== undefined
    ? { core, root, held, made, pointer, said, signal }
    : undefined;
}

interface Question {
  readonly core: Core;
  readonly root: RootEntry;
  readonly held: HeldSet;
  readonly made: GeneratedApplication;
  readonly pointer: string;
  readonly said: string;
  readonly signal: AbortSignal;
}

function rootOfSet({ roots }: Core, { generatedBy }: App): RootEntry | undefined {
  return generatedBy && roots.get(generatedBy.place.root);
}

function heldSetOf({ generatedBy }: App, root: RootEntry): HeldSet | undefined {
  return [...root.sets.values()].find(
    ({ set }) =>
      set.name === generatedBy?.set.name &&
      set.namespace === generatedBy.set.namespace &&
      set.manifest.path === generatedBy.place.path,
  );
}

function madeAs({ name }: App, { result }: HeldSet): GeneratedApplication | undefined {
  return result.applications.find(({ object }) => object.metadata.name === name);
}

/** Parameters whose value the field holds, the longest first: names with dots, as flat ones have them. */
function parametersIn(
  { params }: GeneratedApplication,
  said: string,
): readonly (readonly [string, string])[] {
  return scalarPointers(params, '')
    .flatMap((pointer) => {
      const value = scalarText(valueAt(params, pointer));
      const isHeld = value !== undefined && value !== '' && said.includes(value);
      return isHeld ? [[pointer, value] as const] : [];
    })
    .sort(([, a], [, b]) => b.length - a.length);
}

/** The entry of a list generator that gives the parameter. */
async function elementPlace(
  question: Question,
  name: string,
  value: string,
): Promise<SetPlace | undefined> {
  const { held } = question;
  const { object } = held.set;
  const entries = scalarPointers(object as unknown as Json, '').filter(
    (pointer) =>
      pointer.startsWith('/spec/generators/') &&
      /\/elements\/\d+\//.test(pointer) &&
      pointer.endsWith(name) &&
      scalarText(valueAt(object as unknown as Json, pointer)) === value,
  );
  for (const pointer of entries) {
    const changed = withValue(object as unknown as Json, pointer, `${value}x`);
    if (await decides(question, { object: changed as unknown as KubeObject })) {
      return inSet(question, pointer, 'value');
    }
  }
  return undefined;
}

/** The field of a file that a Git generator read. */
async function filePlace(question: Question, name: string): Promise<SetPlace | undefined> {
  for (const path of new Set(filesRead(question))) {
    const document = question.root.parsed.get(path)?.documents[0]?.value;
    const pointer = pointersFor(name).find((one) => isHeld(question, valueAt(document, one)));
    const place = { path, documentIndex: 0, pointer: pointer ?? '', kind: 'value' } as const;
    if (pointer !== undefined && (await fileDecides(question, place, document))) return place;
  }
  return undefined;
}

function filesRead({ held, root }: Question): readonly string[] {
  return held.result.inputs
    .filter((one) => one.root === root.root && one.revision === undefined)
    .flatMap((one) => one.inputs.flatMap((input) => (input.kind === 'file' ? [input.path] : [])));
}

function isHeld({ said }: Question, value: Json | undefined): boolean {
  const text = scalarText(value);
  return text !== undefined && text !== '' && said.includes(text);
}

async function fileDecides(
  question: Question,
  { path, pointer }: SetPlace,
  document: Json | undefined,
): Promise<boolean> {
  const { core, root } = question;
  const text = await textOf(core, snapshotOf(root), path);
  const edited = retyped(text, pointer, scalarText(valueAt(document, pointer)) ?? '');
  if (edited === undefined) return false;
  return await decides(question, { edited: { root: root.root, path, text: edited } });
}

/** Without Go templates, parameters are flat: `cluster.name` is the field `name` of `cluster`. */
function pointersFor(name: string): readonly string[] {
  return [name, name.replaceAll('.', '/')];
}

function retyped(text: string, pointer: string, value: string): string | undefined {
  const range = locate(text, 0, pointer);
  if (range === undefined || range.endLine !== range.line) return undefined;
  const lines = text.split('\n');
  const line = lines[range.line - 1] ?? '';
  const at = line.lastIndexOf(value, range.endColumn - 1);
  if (at < range.column - 1) return undefined;
  const end = at + value.length;
  return lines.with(range.line - 1, `${line.slice(0, end)}x${line.slice(end)}`).join('\n');
}

function templatePlace(question: Question): SetPlace | undefined {
  const pointer = `/spec/template${question.pointer}`;
  const { object } = question.held.set;
  const written = scalarText(valueAt(object as unknown as Json, pointer));
  if (written === undefined) return undefined;
  const isLiteral = written === question.said;
  return isLiteral || written.includes('{{') ? inSet(question, pointer, 'template') : undefined;
}

function inSet(
  { held, root }: Question,
  pointer: string,
  kind: SetPlace['kind'],
): SetPlace | undefined {
  const { path, object } = held.set.manifest;
  const documents = root.parsed.get(path)?.documents ?? [];
  const documentIndex = documents.findIndex(({ value }) => value === object);
  return documentIndex < 0 ? undefined : { path, documentIndex, pointer, kind };
}

/** Whether the Application has another value in the field once the set or a file is another one. */
async function decides(
  { core, held, made, pointer, said, signal }: Question,
  change: {
    readonly object?: KubeObject;
    readonly edited?: Parameters<typeof askEngine>[2];
  },
): Promise<boolean> {
  const basis = change.object === undefined ? held.basis : { ...held.basis, object: change.object };
  try {
    const result = await askEngine(core, basis, change.edited);
    signal.throwIfAborted();
    if (typeof result === 'string') return false;
    const index = held.result.applications.indexOf(made);
    const now = result.applications[index]?.object;
    return now !== undefined && scalarText(valueAt(now as unknown as Json, pointer)) !== said;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}

function withValue(value: Json, pointer: string, next: string): Json {
  const [, head = '', rest = ''] = /^\/([^/]*)(.*)$/.exec(pointer) ?? [];
  const key = head.replaceAll('~1', '/').replaceAll('~0', '~');
  const inner = (child: Json): Json => (rest === '' ? next : withValue(child, rest, next));
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item, index) =>
      String(index) === key ? inner(item) : item,
    );
  }
  if (typeof value !== 'object' || value === null) return value;
  const object = value as JsonObject;
  return { ...object, [key]: inner(object[key] ?? null) };
}
