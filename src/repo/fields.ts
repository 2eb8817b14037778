import type { Json, JsonObject } from '../model/resource';

/**
 * Reading JSON of unknown shape: what is absent or of another type is absent. Definitions come from
 * half-edited files, so nothing about their shape is taken for granted.
 */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldAt(value: Json | undefined, ...keys: readonly string[]): Json | undefined {
  let current = value;
  for (const key of keys) {
    if (!isObject(current) || !Object.hasOwn(current, key)) return undefined;
    current = current[key];
  }
  return current;
}

export function objectAt(
  value: Json | undefined,
  ...keys: readonly string[]
): JsonObject | undefined {
  const found = fieldAt(value, ...keys);
  return isObject(found) ? found : undefined;
}

export function listAt(value: Json | undefined, ...keys: readonly string[]): readonly Json[] {
  const found = fieldAt(value, ...keys);
  return Array.isArray(found) ? (found as readonly Json[]) : [];
}

/** A non-empty string; the controllers read an empty one as absent. */
export function textAt(value: Json | undefined, ...keys: readonly string[]): string | undefined {
  const found = fieldAt(value, ...keys);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

export function flagAt(value: Json | undefined, ...keys: readonly string[]): boolean {
  return fieldAt(value, ...keys) === true;
}

export function objectsAt(
  value: Json | undefined,
  ...keys: readonly string[]
): readonly JsonObject[] {
  return listAt(value, ...keys).filter(isObject);
}

export function textsAt(value: Json | undefined, ...keys: readonly string[]): readonly string[] {
  return listAt(value, ...keys).filter((item): item is string => typeof item === 'string');
}

/** String values of a map; other values are left out. */
export function textMapAt(
  value: Json | undefined,
  ...keys: readonly string[]
): Readonly<Record<string, string>> {
  const entries = Object.entries(objectAt(value, ...keys) ?? {});
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The entry under `key` when it says something, for spreading into an object with optional fields. */
export function given<K extends string, V>(
  key: K,
  value: V | undefined,
): { readonly [P in K]?: V } {
  const absent =
    value === undefined ||
    (Array.isArray(value) && value.length === 0) ||
    (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return (absent ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
