import { holdsPipelineValue } from '../model/placeholder';
import { groupOf, isSecret } from '../model/resource';
import type { Json, KubeObject } from '../model/resource';
import { fromBase64, isList, isMap, mapAt, toJson } from './json';

/** Why the values of an object cannot be compared: Git has them sealed, or only names them. */
export type Encryption = 'sops' | 'sealed' | 'placeholder' | 'pipeline';

const ciphertext = /^ENC\[[A-Z0-9_]+,/;
/** Placeholder of the Argo CD Vault plugin: `<path:secret/data/web#password>`. */
const vaultPath = /<path:[^>]+>/;
/** Its short form, used where the object's `avp.kubernetes.io/path` annotation names the path. */
const vaultKey = /<[^<>\s]+>/;
const vaultAnnotation = 'avp.kubernetes.io/path';

export function isCiphertext(value: Json | undefined): boolean {
  return typeof value === 'string' && ciphertext.test(value);
}

/** A placeholder that a plugin or a pipeline fills in, as text or, in a Secret's `data`, in base64. */
export function isPlaceholder(value: Json | undefined): boolean {
  return holds(value, (text) => vaultPath.test(text) || holdsPipelineValue(text));
}

/** One that a pipeline fills in, where it can be read as it is. */
export function isPipelineValue(value: Json | undefined): boolean {
  return typeof value === 'string' && holdsPipelineValue(value);
}

function holds(value: Json | undefined, test: (text: string) => boolean): boolean {
  if (typeof value !== 'string') return false;
  return test(value) || (value.length > 11 && test(fromBase64(value) ?? ''));
}

export function isSealedSecret(object: { apiVersion: string; kind: string }): boolean {
  return object.kind === 'SealedSecret' && groupOf(object.apiVersion) === 'bitnami.com';
}

function usesShortPlaceholders(object: KubeObject): boolean {
  return object.metadata.annotations?.[vaultAnnotation] !== undefined;
}

/** Tells which values of this object Git does not say. */
export function opaqueTest(object: KubeObject): (value: Json | undefined) => boolean {
  const short = usesShortPlaceholders(object);
  const isShort = (value: string): boolean =>
    vaultKey.test(value) || vaultKey.test(fromBase64(value) ?? '');
  return (value) =>
    isCiphertext(value) ||
    isPlaceholder(value) ||
    (short && typeof value === 'string' && isShort(value));
}

export function encryptionOf(object: KubeObject): Encryption | undefined {
  if (isSealedSecret(object)) return 'sealed';
  if (isMap(object['sops'])) return 'sops';
  const values = isSecret(object) ? secretValues(object) : toJson(object);
  if (containsLeaf(values, isCiphertext)) return 'sops';
  if (containsLeaf(values, (value) => holds(value, holdsPipelineValue))) return 'pipeline';
  return containsLeaf(values, opaqueTest(object)) ? 'placeholder' : undefined;
}

function secretValues(object: KubeObject): Json {
  const secret = toJson(object);
  return [mapAt(secret, 'data'), mapAt(secret, 'stringData'), mapAt(secret, 'metadata')];
}

function containsLeaf(value: Json | undefined, test: (leaf: Json) => boolean): boolean {
  if (value === undefined) return false;
  if (isList(value)) return value.some((item) => containsLeaf(item, test));
  if (isMap(value)) return Object.values(value).some((item) => containsLeaf(item, test));
  return test(value);
}
