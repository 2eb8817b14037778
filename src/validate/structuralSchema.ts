import type { Json, JsonObject } from '../model/resource';
import { goPattern } from './goPattern';
import type { CompilableSchema } from './kubernetesSchema';
import { withoutNulls } from './kubernetesSchema';

/** Keywords whose meaning is the same in both dialects. */
const SAME = [
  'enum',
  'maxItems',
  'maxLength',
  'maxProperties',
  'minItems',
  'minLength',
  'minProperties',
  'multipleOf',
  'required',
];

const CHOICES = ['allOf', 'anyOf', 'oneOf'] as const;

/** How the schemas of one registry refer to each other. */
export interface References {
  readonly metadata: string;
  /** The name of a part; equal parts have one name, as CRDs repeat the same objects many times. */
  readonly nameOf: (part: CompilableSchema) => string;
}

/**
 * The schema of a custom resource (`openAPIV3Schema` of a CRD version) as the API server applies it:
 * a field that the structural part does not declare is unknown, the choices (`anyOf`, `not`…) only
 * limit values. `metadata` is that of every object. CEL rules are not evaluated.
 */
export function customResourceSchema(schema: JsonObject, references: References): CompilableSchema {
  const converted = structural(schema, references);
  const properties = converted['properties'] as Record<string, unknown> | undefined;
  const metadata = (schema['properties'] as JsonObject | undefined)?.['metadata'];
  const limits = isObject(metadata) ? [inChoice(withoutRef(metadata))] : [];
  return {
    ...converted,
    properties: {
      ...properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: references.metadata }, ...limits] },
    },
  };
}

/** In a cluster's OpenAPI document the metadata of a custom resource is a reference. */
function withoutRef({ $ref: _ref, allOf: _allOf, type: _type, ...rest }: JsonObject): JsonObject {
  return rest;
}

function structural(node: JsonObject, references: References): CompilableSchema {
  const result: Record<string, unknown> = { ...typeOf(node), ...limited(node) };
  Object.assign(
    result,
    childrenOf(node, (child) => part(child, references)),
  );
  if (node['type'] === 'object' && isClosed(node)) result['additionalProperties'] = false;
  return node['x-kubernetes-embedded-resource'] === true
    ? embedded(result, references.metadata)
    : result;
}

/** Objects become parts: one function for a whole CRD takes seconds to generate. */
function part(node: JsonObject, references: References): CompilableSchema {
  const schema = structural(node, references);
  return isObject(node['properties']) ? { $ref: references.nameOf(schema) } : schema;
}

/** An embedded resource is a whole object: it has type and metadata without declaring them. */
function embedded(schema: CompilableSchema, metadataRef: string): CompilableSchema {
  const required = (schema['required'] ?? []) as readonly string[];
  return {
    ...schema,
    properties: {
      ...(schema['properties'] as object | undefined),
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { $ref: metadataRef },
    },
    required: [...new Set([...required, 'apiVersion', 'kind'])],
  };
}

function isClosed(node: JsonObject): boolean {
  return (
    node['additionalProperties'] === undefined &&
    node['x-kubernetes-preserve-unknown-fields'] !== true
  );
}

function typeOf(node: JsonObject): CompilableSchema {
  const names =
    node['x-kubernetes-int-or-string'] === true
      ? ['integer', 'string']
      : typeof node['type'] === 'string'
        ? [node['type']]
        : [];
  if (names.length === 0) return {};
  return { type: node['nullable'] === true ? [...names, 'null'] : names };
}

/** What a schema says of values, without which fields there are. */
function limited(node: JsonObject): CompilableSchema {
  const result: Record<string, unknown> = {};
  for (const keyword of SAME) if (node[keyword] !== undefined) result[keyword] = node[keyword];
  for (const keyword of CHOICES) {
    const branches = node[keyword];
    if (Array.isArray(branches)) result[keyword] = branches.map((b) => inChoice(b as JsonObject));
  }
  if (isObject(node['not'])) result['not'] = inChoice(node['not']);
  if (typeof node['pattern'] === 'string' && goPattern(node['pattern']) !== undefined) {
    result['pattern'] = node['pattern'];
  }
  return { ...result, ...bounds(node, 'minimum'), ...bounds(node, 'maximum') };
}

function inChoice(node: JsonObject): CompilableSchema {
  return { ...typeOf(node), ...limited(node), ...childrenOf(node, inChoice) };
}

/** `exclusiveMinimum` is a boolean beside `minimum` in Kubernetes, a number in JSON Schema. */
function bounds(node: JsonObject, keyword: 'minimum' | 'maximum'): CompilableSchema {
  const limit = node[keyword];
  if (typeof limit !== 'number') return {};
  const exclusive = keyword === 'minimum' ? 'exclusiveMinimum' : 'exclusiveMaximum';
  return node[exclusive] === true ? { [exclusive]: limit } : { [keyword]: limit };
}

function childrenOf(
  node: JsonObject,
  child: (node: JsonObject) => CompilableSchema,
): Record<string, unknown> {
  const { properties, items, additionalProperties: values } = node;
  const result: Record<string, unknown> = {};
  if (isObject(properties)) {
    result['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [name, child(schema as JsonObject)]),
    );
  }
  if (isObject(items)) result['items'] = child(items);
  if (isObject(values)) result['additionalProperties'] = child(values);
  return result;
}

/**
 * The object as the API server checks it: nulls of fields that are not nullable are absent or, like
 * absent fields with a default, have their default (apiextensions-apiserver, `schema/defaulting`).
 * Metadata is read as a Go type, where null is absence.
 */
export function withDefaults(object: JsonObject, schema: JsonObject): JsonObject {
  const rest = Object.entries(object).filter(([field]) => field !== 'metadata');
  const filled = fillObject(Object.fromEntries(rest), schema);
  const metadata = object['metadata'] ?? undefined;
  return metadata === undefined ? filled : { ...filled, metadata: withoutNulls(metadata) };
}

function fill(value: Json, schema: JsonObject | undefined): Json {
  if (schema === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = childSchema(schema['items']);
    return value.map((item: Json) => fill(replaced(item, items) ?? item, items));
  }
  const isResource = schema['x-kubernetes-embedded-resource'] === true;
  return (isResource ? withDefaults : fillObject)(value as JsonObject, schema);
}

function fillObject(object: JsonObject, schema: JsonObject): JsonObject {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonObject>>;
  const values = childSchema(schema['additionalProperties']);
  const result: Record<string, Json> = {};
  for (const [key, value] of Object.entries(object)) {
    const child = Object.hasOwn(properties, key) ? properties[key] : values;
    const given = replaced(value, child);
    if (given !== undefined) result[key] = fill(given, child);
  }
  for (const [key, child] of Object.entries(properties)) {
    const standard = child['default'];
    if (standard !== undefined && !Object.hasOwn(result, key)) result[key] = fill(standard, child);
  }
  return result;
}

/** A null that may not be one becomes the default, or nothing. */
function replaced(value: Json, schema: JsonObject | undefined): Json | undefined {
  if (value !== null || schema === undefined || schema['nullable'] === true) return value;
  return schema['default'];
}

function childSchema(schema: Json | undefined): JsonObject | undefined {
  return isObject(schema) ? schema : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
