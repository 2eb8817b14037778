import type { Json, JsonObject } from '../model/resource';
import { type ArgoSourceInput, instanceName } from './argoEnvironment';
import { fieldAt, isObject } from './fields';
import { resolvePath } from './paths';
import type { SourceTree } from './sourceTree';

/** Fields that say which source it is, which no override changes. */
const KEPT = ['chart', 'path', 'repoURL', 'targetRevision'];

/**
 * The source with `.argocd-source.yaml` and then `.argocd-source-APP.yaml` of its folder merged over
 * it (reposerver/repository, mergeSourceParameters), or one sentence why Argo CD could not.
 */
export function withOverrideFiles(
  input: ArgoSourceInput,
  path: string,
  tree: SourceTree,
): JsonObject | string {
  const names = ['.argocd-source.yaml', `.argocd-source-${instanceName(input)}.yaml`];
  let merged = input.source;
  for (const file of names.map((name) => resolvePath(path, name))) {
    if (!tree.overrides.has(file)) continue;
    const patch = overrideOf(file, tree);
    if (typeof patch === 'string') return patch;
    merged = decodedInto(merged, mergePatch(merged, patch));
  }
  const own = KEPT.map((key) => [key, fieldAt(input.source, key)] as const);
  const kept = Object.fromEntries(own.filter((entry): entry is [string, Json] => !!entry[1]));
  const rest = Object.entries(merged).filter(([key]) => !KEPT.includes(key));
  return { ...Object.fromEntries(rest), ...kept };
}

function overrideOf(file: string, tree: SourceTree): JsonObject | string {
  const parsed = tree.overrides.get(file);
  if (parsed?.problems.some(({ severity }) => severity === 'error') === true) {
    return `${file} cannot be parsed, so Argo CD renders nothing of this source.`;
  }
  return parsed?.documents[0]?.value ?? {};
}

/** RFC 7396: objects are merged, null removes, everything else replaces. */
function mergePatch(target: Json | undefined, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, isObject(value) ? mergePatch(merged.get(key), value) : value);
  }
  return Object.fromEntries(merged);
}

/** Decoded as text of its own, so replaced whole. */
const OPAQUE = 'valuesObject';

/**
 * Argo CD decodes the merged text into the source that it had before, so what is absent from the text
 * stays: null takes nothing away, and an entry of a list keeps what the one at its place had.
 */
function decodedInto(before: JsonObject, text: JsonObject): JsonObject {
  const entries = Object.entries(text).map(([key, value]) => {
    const had = before[key];
    return [key, key === OPAQUE ? value : decodedValue(had, value)] as const;
  });
  return { ...before, ...Object.fromEntries(entries) };
}

function decodedValue(had: Json | undefined, value: Json): Json {
  if (isObject(value)) return isObject(had) ? decodedInto(had, value) : value;
  if (!Array.isArray(value) || !Array.isArray(had)) return value;
  return value.map((entry: Json, index) => decodedValue(had[index] as Json | undefined, entry));
}
