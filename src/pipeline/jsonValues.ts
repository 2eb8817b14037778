import { pointerTokens } from '../base/pointer';
import type { Json, JsonObject } from '../model/resource';

export function valueAt(value: Json | undefined, pointer: string): Json | undefined {
  let current: Json | undefined = value;
  for (const part of pointerTokens(pointer)) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Object.hasOwn(current, part) ? (current as JsonObject)[part] : undefined;
  }
  return current;
}

export function scalarText(value: Json | undefined): string | undefined {
  return value === undefined || typeof value === 'object' ? undefined : String(value);
}

/** Pointers of all scalars below a value, in its order. */
export function scalarPointers(value: Json | undefined, at: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [at];
  return Object.entries(value as JsonObject).flatMap(([key, entry]) =>
    scalarPointers(entry, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}
