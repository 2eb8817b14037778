import type { Json, JsonObject, KubeObject } from '../model/resource';

/** A Kubernetes object is plain JSON; its model type only names the fields that everybody uses. */
export function toJson(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}

export function toKube(object: JsonObject): KubeObject {
  return object as unknown as KubeObject;
}

export function isMap(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** The map at `key`, or an empty one where there is none. */
export function mapAt(value: JsonObject, key: string): JsonObject {
  const child = value[key];
  return isMap(child) ? child : {};
}

/** `text` at `key` when it is a string. */
export function textAt(value: JsonObject, key: string): string | undefined {
  const child = value[key];
  return typeof child === 'string' ? child : undefined;
}

/** Structural equality; the order of map keys does not count. */
export function deepEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && sameLists(a, b);
  return isMap(a) && isMap(b) && sameMaps(a, b);
}

function sameLists(a: readonly Json[], b: readonly Json[]): boolean {
  return a.length === b.length && a.every((item, index) => deepEqual(item, b[index]));
}

function sameMaps(a: JsonObject, b: JsonObject): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]));
}

/** A copy without one key; the same object where it does not have the key. */
export function without(object: JsonObject, key: string): JsonObject {
  if (!Object.hasOwn(object, key)) return object;
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

/** Base64 of the UTF-8 bytes, as Kubernetes stores `stringData`. */
export function toBase64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The text that base64 stands for, or `undefined` when it is not valid base64 of UTF-8. */
export function fromBase64(text: string): string | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const decoded = new TextDecoder('utf-8').decode(bytes);
  return decoded.includes('\uFFFD') ? undefined : decoded;
}
