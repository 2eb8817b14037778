import { textOfBase64 } from '../base/base64';
import type { UnresolvedData } from '../model/render';
import type { Json, JsonObject } from '../model/resource';
import { groupOf } from '../model/resource';
import type { DataObject, SourceReference } from './definition';
import { flagAt, given, isObject, objectAt, textAt, textMapAt, textsAt } from './fields';
import { namedObjects, type NamedObjects } from './fluxSources';
import type { DataGenerator, KustomizationFile } from './kustomizations';
import type { Manifest } from './manifests';
import { baseNameOf, resolvePath } from './paths';

type NamespaceOf = (path: string) => string | undefined;

export interface DataInput {
  readonly manifests: readonly Manifest[];
  readonly kustomizations: ReadonlyMap<string, KustomizationFile>;
  readonly namespaceGiven: NamespaceOf;
}

/** ConfigMaps and Secrets as Git has them: whole, made by a generator of Kustomize, or sealed. */
export interface DataObjects {
  /** `from` is the file that refers to it: of several with one name, the nearest counts. */
  find(reference: SourceReference, from: string): DataObject;
}

export function dataObjects(input: DataInput): DataObjects {
  const generated = [...input.kustomizations.values()].flatMap(generatedBy);
  const own = input.manifests.filter(isDataObject);
  const byKind = new Map<string, NamedObjects>(
    ['ConfigMap', 'Secret'].map((kind) => {
      const all = [...own, ...generated].filter((manifest) => dataKind(manifest) === kind);
      return [kind, namedObjects(all, input.namespaceGiven)];
    }),
  );
  return {
    find({ kind, namespace, name }, from) {
      const found = byKind.get(kind)?.find(namespace, name, from);
      return found === undefined ? { kind: 'unknown' } : dataOf(found);
    },
  };
}

function isDataObject({ apiVersion, kind }: Manifest): boolean {
  const group = groupOf(apiVersion);
  if (kind === 'SealedSecret') return group === 'bitnami.com';
  return group === '' && (kind === 'ConfigMap' || kind === 'Secret');
}

/** A SealedSecret becomes the Secret of its name. */
function dataKind({ kind }: Manifest): string {
  return kind === 'SealedSecret' ? 'Secret' : kind;
}

/** Marks what a generator makes; no manifest of Git has such a kind. */
const GENERATED = 'plumbline:generated';

function dataOf(object: JsonObject): DataObject {
  if (object['kind'] === 'SealedSecret') return { kind: 'encrypted', by: 'a SealedSecret' };
  if (isObject(object['sops']) || hasCiphertext(object)) return { kind: 'encrypted', by: 'SOPS' };
  if (object['kind'] === GENERATED) {
    if (object['known'] !== true) return { kind: 'unknown' };
    return { kind: 'known', values: textMapAt(object, 'data'), files: textMapAt(object, 'files') };
  }
  const values =
    object['kind'] === 'Secret' ? secretValues(object) : { ...textMapAt(object, 'data') };
  return { kind: 'known', values, files: {} };
}

function hasCiphertext(object: JsonObject): boolean {
  return ['data', 'stringData']
    .flatMap((field) => Object.values(objectAt(object, field) ?? {}))
    .some((value: Json) => typeof value === 'string' && value.startsWith('ENC[AES256_GCM,'));
}

/** As the API server stores it: `stringData` over `data`, which is base64. */
function secretValues(object: JsonObject): Readonly<Record<string, string>> {
  const encoded = Object.entries(textMapAt(object, 'data'));
  const decoded = encoded.flatMap(([key, value]) => {
    const text = fromBase64(value);
    return text === undefined ? [] : [[key, text] as const];
  });
  return { ...Object.fromEntries(decoded), ...textMapAt(object, 'stringData') };
}

function fromBase64(value: string): string | undefined {
  try {
    return textOfBase64(value);
  } catch {
    // The API server refuses such a Secret: nothing of the key is known.
    return undefined;
  }
}

/**
 * What `configMapGenerator` and `secretGenerator` make, under the name before its hash: references in
 * the same build are written so. What merges into another generator's, or reads `envs`, is not known.
 */
function generatedBy(file: KustomizationFile): readonly Manifest[] {
  return file.generators.map(({ kind, spec }) => ({
    object: generatedObject(spec, file),
    apiVersion: 'v1',
    kind,
    path: file.path,
    line: 1,
  }));
}

function generatedObject(
  spec: DataGenerator['spec'],
  { folder, namespace }: KustomizationFile,
): JsonObject {
  const own = textAt(spec, 'namespace') ?? namespace;
  return {
    kind: GENERATED,
    metadata: {
      name: textAt(spec, 'name') ?? '',
      ...(own === undefined ? {} : { namespace: own }),
    },
    data: Object.fromEntries(textsAt(spec, 'literals').map(literal)),
    files: Object.fromEntries(textsAt(spec, 'files').map((text) => fileEntry(text, folder))),
    known: isWhole(spec),
  };
}

function isWhole(generator: JsonObject): boolean {
  const merges = textAt(generator, 'behavior') === 'merge';
  const reads = textsAt(generator, 'envs').length > 0 || textAt(generator, 'env') !== undefined;
  return !merges && !reads;
}

/** `key=value`; quotes around the value go, as Kustomize takes them off. */
function literal(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  const value = text.slice(at + 1);
  const quoted = /^(["'])(.*)\1$/s.exec(value);
  return [text.slice(0, Math.max(0, at)), quoted?.[2] ?? value];
}

/** `key=path`, or a path whose last part is the key. */
function fileEntry(text: string, folder: string): readonly [string, string] {
  const at = text.indexOf('=');
  const path = text.slice(at + 1);
  return [at < 0 ? baseNameOf(path) : text.slice(0, at), resolvePath(folder, path)];
}

/** Flux reads ConfigMaps and Secrets only in the namespace of the object that refers to them. */
export function dataReference(entry: JsonObject, namespace: string): SourceReference {
  return { kind: textAt(entry, 'kind') ?? '', namespace, name: textAt(entry, 'name') ?? '' };
}

/** What a cluster is asked for where Git does not say it. */
export function unresolvedData(
  entry: JsonObject,
  { kind, namespace, name }: SourceReference,
  pointer: string,
): UnresolvedData {
  return {
    kind: kind === 'Secret' ? 'Secret' : 'ConfigMap',
    namespace,
    name,
    ...given('optional', flagAt(entry, 'optional') || undefined),
    pointer,
  };
}

export function referenceLabel({ kind, namespace, name }: SourceReference): string {
  return `${kind === '' ? 'source' : kind} ${namespace}/${name}`;
}

/** Why the data of a reference is not there, to come after a colon; `undefined` where it is. */
export function whyUnresolved(data: DataObject): string | undefined {
  switch (data.kind) {
    case 'known':
      return undefined;
    case 'encrypted':
      return `it is encrypted by ${data.by}, and nothing is decrypted here`;
    case 'unknown':
      return 'it is not in this repository';
  }
}
