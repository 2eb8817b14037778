import type { Steps } from '../base/pacer';
import { toPointer } from '../base/pointer';
import type { Digest } from '../model/ports';
import type { RenderedObject, RenderResult } from '../model/render';
import type { Json, JsonObject, KubeObject } from '../model/resource';
import { groupOf } from '../model/resource';
import { withheldText } from '../model/withheld';
import type { KnownObject } from '../model/withheld';
import { isList, isMap, toBase64, toJson, toKube } from './json';
import { lastAppliedAnnotation } from './normalize';
import { copyTest } from './secretCopies';
import type { CopyTest } from './secretCopies';

/**
 * The objects of a render as they may be kept on disk: a salted digest for each value of a Secret, and
 * for each text that repeats one where any text may stand. `undefined` where a value stands anywhere
 * else, or is not what a Secret may hold: such a render is not kept.
 */
export function* withholdSteps(
  { objects, problems, lookups }: RenderResult,
  digest: Digest,
): Steps<readonly KnownObject[] | undefined> {
  const values: string[] = [];
  for (const { object } of objects) {
    yield;
    if (!collect(toJson(object), values)) return undefined;
  }
  const isSecretText = copyTest(values);
  if (isSecretText(JSON.stringify([problems, lookups]))) return undefined;
  if (values.length === 0 && !objects.some(holdsManifest)) return objects;
  const held: Holding = { digest, isCopy: isSecretText };
  const kept: KnownObject[] = [];
  for (const one of objects) {
    yield;
    const known = withheldObject(one, held);
    if (known === undefined) return undefined;
    kept.push(known);
  }
  return kept;
}

/** A Secret is inside a text. */
function holdsManifest({ object }: RenderedObject): boolean {
  const annotations: unknown = object.metadata.annotations;
  return isMap(annotations) && EMBEDDED.test(JSON.stringify(annotations));
}

interface Holding {
  readonly digest: Digest;
  readonly isCopy: CopyTest;
}

const FIELDS: ReadonlySet<string> = new Set(['data', 'stringData']);

/** As `maskObject` sees it: any map that says so, and what a SealedSecret makes. */
function isSecretMap(map: JsonObject): boolean {
  return map['kind'] === 'Secret';
}

/** A whole text that SOPS encrypted says nothing. */
const CIPHERTEXT = /^ENC\[[A-Z0-9_]+,[^\]]*\]$/;

/** Takes the values of all Secrets in it, as base64; false where one is none that a Secret can have. */
function collect(value: Json, values: string[]): boolean {
  if (isList(value)) return value.every((item) => collect(item, values));
  if (!isMap(value)) return true;
  const own = isSecretMap(value) || isSealed(value) ? fieldsOf(secretOf(value)) : [];
  return (
    own.every((field) => collectField(field, values)) &&
    Object.values(value).every((item) => collect(item, values))
  );
}

function isSealed(map: JsonObject): boolean {
  return map['kind'] === 'SealedSecret';
}

/** A SealedSecret has plain values in its template. */
function secretOf(map: JsonObject): JsonObject {
  if (!isSealed(map)) return map;
  const spec = map['spec'];
  const template = isMap(spec) ? spec['template'] : undefined;
  return isMap(template) ? template : {};
}

type Field = readonly ['data' | 'stringData', Json];

function fieldsOf(secret: JsonObject): readonly Field[] {
  return (['data', 'stringData'] as const).flatMap((name): Field[] => {
    const field = secret[name];
    return field === undefined || field === null ? [] : [[name, field]];
  });
}

function collectField([name, field]: Field, values: string[]): boolean {
  if (!isMap(field)) return false;
  for (const value of Object.values(field)) {
    if (isNothing(value)) continue;
    const bytes = bytesOf(name, value);
    if (bytes === undefined) return false;
    values.push(bytes);
  }
  return true;
}

function isNothing(value: Json): boolean {
  return value === null || value === '' || (typeof value === 'string' && CIPHERTEXT.test(value));
}

/** The bytes of a value in base64, so that both fields compare; `undefined` for what is no value. */
function bytesOf(name: Field[0], value: Json): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (name === 'stringData') return toBase64(value);
  const compact = value.replace(/[\r\n]/g, '');
  const isValid = compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact);
  return isValid ? compact : undefined;
}

interface Walk extends Holding {
  readonly object: KubeObject;
  readonly pointers: string[];
  /** Set where a value stands where it cannot be taken out. */
  failed: boolean;
}

function withheldObject(one: RenderedObject, held: Holding): KnownObject | undefined {
  const walk: Walk = { ...held, object: one.object, pointers: [], failed: false };
  const object = toKube(kept(walk, toJson(one.object), []) as JsonObject);
  if (walk.failed) return undefined;
  if (walk.pointers.length === 0) return one;
  return { ...one, object, withheld: walk.pointers };
}

type Path = readonly string[];

function kept(walk: Walk, value: Json, path: Path): Json {
  if (typeof value === 'string') return keptText(walk, value, path);
  if (isList(value)) return value.map((item, index) => kept(walk, item, [...path, String(index)]));
  if (!isMap(value)) return keptNumber(walk, value);
  const secret = isSecretMap(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (walk.isCopy(key) && !secret) walk.failed = true;
      const at = [...path, key];
      const isValues = (secret || isTemplateOf(walk, path)) && FIELDS.has(key) && isMap(item);
      return [key, isValues ? keptValues(walk, key as Field[0], item, at) : kept(walk, item, at)];
    }),
  );
}

/** The template of a SealedSecret says no kind. */
function isTemplateOf({ object }: Walk, path: Path): boolean {
  return object.kind === 'SealedSecret' && path.join('/') === 'spec/template';
}

function keptValues(walk: Walk, field: Field[0], values: JsonObject, path: Path): JsonObject {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const bytes = isNothing(value) ? undefined : bytesOf(field, value);
      return [key, bytes === undefined ? value : withheld(walk, bytes, [...path, key])];
    }),
  );
}

function withheld({ digest, pointers }: Walk, bytes: string, path: Path): string {
  pointers.push(toPointer(path));
  return withheldText(digest(bytes));
}

/** A manifest inside a text, with its quotes escaped or not. */
const EMBEDDED = /kind\\*["']?\s*:\s*\\*["']?Secret\b/;

function keptText(walk: Walk, text: string, path: Path): string {
  const isManifest = path.at(-2) === 'annotations' && EMBEDDED.test(text);
  if (!isManifest && !walk.isCopy(text)) return text;
  if (isFreeText(walk.object, path)) return withheld(walk, toBase64(text), path);
  walk.failed = true;
  return '';
}

/** Of a number in decimals, everybody knows the text. */
function keptNumber(walk: Walk, value: Json): Json {
  if (typeof value === 'number' && walk.isCopy(String(value))) walk.failed = true;
  return value;
}

/** Definitions of apps are read as they come out. */
const MADE_APPS = /(^|\.)(argoproj|fluxcd)\.io$/;

/** Annotations that tools act on. */
const TELLING = /(^|\.)(argoproj\.io|helm\.sh|fluxcd\.io|k8s\.io|kubernetes\.io)\//;

/** Whether any text may stand there, so that neither a check nor the order of a sync looks at it. */
function isFreeText({ apiVersion, kind }: KubeObject, path: Path): boolean {
  const group = groupOf(apiVersion);
  if (MADE_APPS.test(group)) return false;
  if (path[0] === 'metadata') return isFreeAnnotation(path);
  if (kind === 'ConfigMap' && group === '') return path[0] === 'data' && path.length === 2;
  return WORKLOADS.has(kind) && CONTAINER_TEXT.test(path.join('/'));
}

function isFreeAnnotation([, field, name = '', ...below]: Path): boolean {
  if (field !== 'annotations' || below.length > 0) return false;
  return name === lastAppliedAnnotation || !TELLING.test(name);
}

const WORKLOADS: ReadonlySet<string> = new Set([
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Job',
  'Pod',
  'ReplicaSet',
  'StatefulSet',
]);

/** `value` of a variable, or one of the arguments. */
const CONTAINER_TEXT = /\/(initC|c)ontainers\/\d+\/(env\/\d+\/value|(args|command)\/\d+)$/;
