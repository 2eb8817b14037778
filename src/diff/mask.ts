import type { Digest } from '../model/ports';
import type { Json, JsonObject, KubeObject } from '../model/resource';
import { isCiphertext, isPipelineValue, isPlaceholder } from './encrypted';
import { fromBase64, isList, isMap, mapAt, toBase64, toJson, toKube } from './json';
import { lastAppliedAnnotation } from './normalize';

/**
 * The one place that takes secrets out. A value becomes `<secret 4f2c>`, where the digest is salted
 * for this session: equal digests mean equal values and tell nothing else. With two sides, a value
 * that differs says so: `<secret 4f2c · changed>`, `· added`, `· removed`.
 */
export function maskObject(object: KubeObject, digest: Digest): KubeObject {
  const masked = maskTree(toJson(object), undefined, { digest, paired: false, role: 'only' });
  return toKube(isMap(masked) ? masked : {});
}

export interface MaskedSides {
  readonly before?: JsonObject;
  readonly after?: JsonObject;
}

/** Masks two sides of one object with an eye on each other; either side being secret is enough. */
export function maskSides(
  sides: { readonly before?: JsonObject; readonly after?: JsonObject },
  digest: Digest,
): MaskedSides {
  const { before, after } = sides;
  const paired = before !== undefined && after !== undefined;
  const old = before && maskTree(before, after, { digest, paired, role: 'removed' });
  const now = after && maskTree(after, before, { digest, paired, role: 'added' });
  return {
    ...(isMap(old) ? { before: old } : {}),
    ...(isMap(now) ? { after: now } : {}),
  };
}

interface Masking {
  readonly digest: Digest;
  /** False while there is no other side to compare with. */
  readonly paired: boolean;
  /** What to say of a key that the other side lacks. */
  readonly role: 'only' | 'added' | 'removed';
}

const notCompared = '<encrypted · not compared>';

function maskTree(value: Json, other: Json | undefined, masking: Masking): Json {
  if (isMap(value)) return maskMap(value, isMap(other) ? other : undefined, masking);
  if (isList(value)) {
    const others = isList(other) ? other : [];
    return value.map((item, index) => maskTree(item, others[index], masking));
  }
  return maskLeaf(value, other, masking);
}

function maskLeaf(value: Json, other: Json | undefined, masking: Masking): Json {
  if (isPipelineValue(value) || (masking.paired && isPipelineValue(other))) {
    return pipelineValue(value, other, masking);
  }
  const [opaque, otherOpaque] = [isOpaque(value), isOpaque(other)];
  if (!opaque && !otherOpaque) return value;
  if (masking.paired && opaque !== otherOpaque) return notCompared;
  return marker('encrypted', value, other, masking);
}

function isOpaque(value: Json | undefined): boolean {
  return isCiphertext(value) || isPlaceholder(value);
}

/** Stands on both sides where one of them is known only in a run of the pipeline. */
const onlyInRun = '<known only in a run · not compared>';

/** A placeholder of a pipeline is no secret: it says what is missing. */
function pipelineValue(value: Json, other: Json | undefined, { paired }: Masking): Json {
  return paired && value !== other ? onlyInRun : value;
}

function maskMap(map: JsonObject, other: JsonObject | undefined, masking: Masking): Json {
  if (isSecretMap(map) || (other !== undefined && isSecretMap(other))) {
    return maskSecret(map, other, masking);
  }
  if (map['kind'] === 'SealedSecret') return maskSealed(map, other, masking);
  return mapEntries(map, (key, value) => maskEntry(key, value, other?.[key], masking));
}

/** Any map that says it is a Secret counts, also inside a List, a template or another object. */
function isSecretMap(map: JsonObject): boolean {
  return map['kind'] === 'Secret';
}

function maskEntry(key: string, value: Json, other: Json | undefined, masking: Masking): Json {
  if (key === 'sops' && isMap(value)) return '<sops metadata>';
  if (key === 'annotations' && isMap(value)) {
    const others = isMap(other) ? other : undefined;
    return mapEntries(value, (name, text) => maskAnnotation(name, text, others?.[name], masking));
  }
  return maskTree(value, other, masking);
}

/** Also where the manifest is text inside text, with its quotes escaped. */
const embeddedSecret = /kind\\*["']?\s*:\s*\\*["']?Secret\b/;

function maskAnnotation(
  name: string,
  value: Json,
  other: Json | undefined,
  masking: Masking,
): Json {
  if (name === lastAppliedAnnotation) return '<last applied configuration>';
  const texts = [value, other].filter((text): text is string => typeof text === 'string');
  if (texts.some((text) => embeddedSecret.test(text))) {
    return marker('secret', value, other, masking);
  }
  return maskLeaf(value, other, masking);
}

const secretFields: ReadonlySet<string> = new Set(['data', 'stringData']);

function maskSecret(secret: JsonObject, other: JsonObject | undefined, masking: Masking): Json {
  const leaked = [...secretsOfMap(secret), ...(other ? secretsOfMap(other) : [])];
  return mapEntries(secret, (key, value) => {
    if (secretFields.has(key)) return maskValues(value, other?.[key], masking);
    const masked = maskEntry(key, value, other?.[key], masking);
    return plainFields.has(key) ? masked : scrub(masked, leaked);
  });
}

/** Fields of a Secret that identify it: never a place for its values. */
const plainFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'type', 'immutable']);

function maskValues(values: Json, other: Json | undefined, masking: Masking): Json {
  if (!isMap(values)) return values === null ? null : marker('secret', values, other, masking);
  const others = isMap(other) ? other : undefined;
  return mapEntries(values, (key, value) => maskValue(value, others?.[key], masking));
}

function maskValue(value: Json, other: Json | undefined, masking: Masking): Json {
  const [opaque, otherOpaque] = [isOpaque(value), isOpaque(other)];
  if (masking.paired && opaque !== otherOpaque && other !== undefined) return notCompared;
  return marker(opaque ? 'encrypted' : 'secret', value, other, masking);
}

/** A SealedSecret's ciphertext is public, but unreadable; its template may carry plain values. */
function maskSealed(map: JsonObject, other: JsonObject | undefined, masking: Masking): Json {
  const otherSpec = other ? mapAt(other, 'spec') : undefined;
  const otherTemplate = otherSpec ? mapAt(otherSpec, 'template') : undefined;
  return mapEntries(map, (key, value) => {
    if (key !== 'spec' || !isMap(value)) return maskEntry(key, value, other?.[key], masking);
    return mapEntries(value, (name, part) => {
      if (name === 'encryptedData') return sealedValues(part, otherSpec?.[name], masking);
      if (name !== 'template' || !isMap(part)) {
        return maskEntry(name, part, otherSpec?.[name], masking);
      }
      return maskSecret(part, otherTemplate, masking);
    });
  });
}

function sealedValues(values: Json, other: Json | undefined, masking: Masking): Json {
  if (!isMap(values)) return marker('encrypted', values, other, masking);
  const others = isMap(other) ? other : undefined;
  return mapEntries(values, (key, value) => marker('encrypted', value, others?.[key], masking));
}

function marker(
  word: 'secret' | 'encrypted',
  value: Json,
  other: Json | undefined,
  masking: Masking,
): string {
  const own = masking.digest(textOf(value));
  if (!masking.paired) return `<${word} ${own.slice(0, 4)}>`;
  if (other === undefined) return `<${word} ${own.slice(0, 4)} · ${masking.role}>`;
  const theirs = masking.digest(textOf(other));
  if (own === theirs) return `<${word} ${own.slice(0, 4)}>`;
  return `<${word} ${distinctPrefix(own, theirs)} · changed>`;
}

/** Four characters, or as many as it takes to tell the two apart. */
function distinctPrefix(own: string, other: string): string {
  let length = 4;
  while (length < own.length && own.slice(0, length) === other.slice(0, length)) length += 1;
  return own.slice(0, length);
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function mapEntries(map: JsonObject, change: (key: string, value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(key, value)]));
}

function scrub(value: Json, secrets: readonly string[]): Json {
  if (typeof value === 'string') return maskText(value, secrets);
  if (isList(value)) return value.map((item) => scrub(item, secrets));
  return isMap(value) ? mapEntries(value, (_key, item) => scrub(item, secrets)) : value;
}

/** Shorter values would hit innocent text everywhere and are guessed anyway. */
const shortestSecret = 4;

/**
 * Takes known secret values out of a text that others wrote, such as a refusal of the API server.
 * `secrets` comes from `secretsOf`.
 */
export function maskText(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) {
    if (masked.includes(secret)) masked = masked.replaceAll(secret, '<secret>');
  }
  return masked;
}

/** Every value of every Secret among the objects, plain and in base64, longest first. */
export function secretsOf(objects: readonly KubeObject[]): readonly string[] {
  const found = new Set<string>();
  for (const object of objects) collectSecrets(toJson(object), found);
  return [...found].sort((a, b) => b.length - a.length);
}

function collectSecrets(value: Json, found: Set<string>): void {
  if (isList(value)) {
    for (const item of value) collectSecrets(item, found);
    return;
  }
  if (!isMap(value)) return;
  if (isSecretMap(value)) for (const secret of secretsOfMap(value)) found.add(secret);
  for (const item of Object.values(value)) collectSecrets(item, found);
}

function secretsOfMap(secret: JsonObject): readonly string[] {
  const found = new Set<string>();
  for (const value of leavesOf(secret['data'])) addForms(found, value, fromBase64(value));
  for (const value of leavesOf(secret['stringData'])) addForms(found, value, toBase64(value));
  return [...found].sort((a, b) => b.length - a.length);
}

function addForms(found: Set<string>, ...forms: readonly (string | undefined)[]): void {
  for (const form of forms) {
    if (form === undefined) continue;
    const trimmed = form.trim();
    for (const text of [form, trimmed, JSON.stringify(form).slice(1, -1)]) {
      if (text.length >= shortestSecret) found.add(text);
    }
  }
}

function leavesOf(value: Json | undefined): readonly string[] {
  if (value === undefined || value === null) return [];
  if (isList(value)) return value.flatMap(leavesOf);
  if (isMap(value)) return Object.values(value).flatMap(leavesOf);
  return [String(value)];
}
