import { recordAt } from '../model/fields';
import type { Json, JsonObject } from '../model/resource';

/** The schemas of a document that the kinds need: their own and what these refer to. */
export function componentsOf(document: JsonObject, kinds: ReadonlySet<string>): JsonObject {
  const all = (recordAt(document, 'components', 'schemas') ?? {}) as JsonObject;
  const names = Object.keys(all).filter((name) => isOf(all[name], kinds));
  const found = new Map<string, Json>();
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const schema = all[name];
    if (schema === undefined || found.has(name)) continue;
    found.set(name, schema);
    names.push(...referred(schema));
  }
  return Object.fromEntries(found);
}

function isOf(schema: Json | undefined, kinds: ReadonlySet<string>): boolean {
  const stated = recordAt(schema)?.['x-kubernetes-group-version-kind'];
  if (!Array.isArray(stated)) return false;
  // Options of deletions name every kind of all groups.
  if (stated.length > 1) return false;
  return stated.some((one) => kinds.has(String(recordAt(one)?.['kind'])));
}

function referred(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referred);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value as JsonObject).flatMap(([key, child]) => {
    if (key !== '$ref' || typeof child !== 'string') return referred(child);
    return [child.slice(child.lastIndexOf('/') + 1)];
  });
}
