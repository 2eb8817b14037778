import { isSecret } from '../model/resource';
import type { Json, JsonObject, KubeObject } from '../model/resource';
import { opaqueTest } from './encrypted';
import { isMap, mapAt, toBase64, toJson, toKube, without } from './json';

/** Written by the API server, never by Git (meta/v1 ObjectMeta). */
const serverMetadata: ReadonlySet<string> = new Set([
  'managedFields',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
]);

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** Bookkeeping of tools and controllers in annotations. */
const bookkeeping: ReadonlySet<string> = new Set([
  lastAppliedAnnotation,
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'control-plane.alpha.kubernetes.io/leader',
]);

/**
 * The object without what only the server writes: server metadata, `status`, bookkeeping
 * annotations. A Secret's `stringData` becomes `data`, as the API server does it; the `sops` block
 * goes, as the controller takes it away after decryption.
 */
export function normalize(object: KubeObject): JsonObject {
  const rest = without(toJson(object), 'status');
  const bare = isSecret(object) ? foldStringData(rest) : rest;
  const plain = isMap(bare['sops']) ? without(bare, 'sops') : bare;
  return { ...plain, metadata: normalizeMetadata(mapAt(plain, 'metadata')) };
}

function normalizeMetadata(metadata: JsonObject): JsonObject {
  const kept = Object.entries(metadata).filter(([key]) => !serverMetadata.has(key));
  const result: Record<string, Json> = Object.fromEntries(kept);
  const annotations = result['annotations'];
  if (!isMap(annotations)) return result;
  const own = Object.entries(annotations).filter(([key]) => !bookkeeping.has(key));
  if (own.length === 0) delete result['annotations'];
  else result['annotations'] = Object.fromEntries(own);
  return result;
}

/** Ciphertext and placeholders stay as they are: what they stand for is not known here. */
function foldStringData(secret: JsonObject): JsonObject {
  const isOpaque = opaqueTest(toKube(secret));
  const rest = without(secret, 'stringData');
  const data: Record<string, Json> = {};
  for (const [key, value] of Object.entries(mapAt(secret, 'data'))) data[key] = unfolded(value);
  for (const [key, value] of Object.entries(mapAt(secret, 'stringData'))) {
    data[key] = typeof value === 'string' && !isOpaque(value) ? toBase64(value) : value;
  }
  if (Object.keys(data).length > 0) return { ...rest, data };
  return isMap(rest['data']) ? without(rest, 'data') : rest;
}

/** Line breaks within base64 mean nothing to the API server. */
function unfolded(value: Json): Json {
  return typeof value === 'string' ? value.replace(/[\r\n]/g, '') : value;
}

/** The configuration that the last client-side apply wrote down, when it can be read. */
export function lastAppliedOf(live: KubeObject): KubeObject | undefined {
  const text = live.metadata.annotations?.[lastAppliedAnnotation];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isKubeObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isKubeObject(value: unknown): value is KubeObject {
  return (
    isMap(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    isMap(value['metadata'])
  );
}
