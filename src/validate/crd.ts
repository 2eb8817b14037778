import type { Json, JsonObject, KubeObject } from '../model/resource';
import { groupOf } from '../model/resource';

/** What a CRD brings; read with care, as the CRD itself may be half-typed. */
export interface CrdKind {
  readonly group: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** `openAPIV3Schema` by `group/version/kind`. */
  readonly schemas: ReadonlyMap<string, JsonObject>;
}

export function isCrd(object: KubeObject): boolean {
  return (
    object.kind === 'CustomResourceDefinition' &&
    groupOf(object.apiVersion) === 'apiextensions.k8s.io'
  );
}

/** One kind, or none where the CRD does not say which. */
export function crdKinds(crd: KubeObject): readonly CrdKind[] {
  const spec = record(crd['spec']);
  const group = spec['group'];
  const kind = record(spec['names'])['kind'];
  if (typeof group !== 'string' || typeof kind !== 'string') return [];
  const versions = Array.isArray(spec['versions']) ? (spec['versions'] as readonly Json[]) : [];
  const schemas = versions.map(record).flatMap((version) => {
    const schema = record(version['schema'])['openAPIV3Schema'];
    const name = version['name'];
    return typeof name === 'string' && isRecord(schema)
      ? ([[`${group}/${name}/${kind}`, schema]] as const)
      : [];
  });
  return [{ group, kind, namespaced: spec['scope'] === 'Namespaced', schemas: new Map(schemas) }];
}

function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function record(value: unknown): JsonObject {
  return isRecord(value) ? value : {};
}
