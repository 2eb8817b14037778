import type { Json, JsonObject, KubeObject } from '../model/resource';
import { deepEqual, isMap, mapAt, toJson, without } from './json';

/** The JSON merge patch (RFC 7386) from one state of an object to another, without managed fields. */
export function mergePatch(before: KubeObject, after: KubeObject): JsonObject {
  return patchOf(bare(before), bare(after));
}

function bare(object: KubeObject): JsonObject {
  const json = toJson(object);
  return { ...json, metadata: without(mapAt(json, 'metadata'), 'managedFields') };
}

function patchOf(before: JsonObject, after: JsonObject): JsonObject {
  const patch: Record<string, Json> = {};
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) patch[key] = null;
  for (const [key, now] of Object.entries(after)) {
    const old = before[key];
    if (old !== undefined && deepEqual(old, now)) continue;
    patch[key] = isMap(now) && isMap(old) ? patchOf(old, now) : now;
  }
  return patch;
}
