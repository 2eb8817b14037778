import type { Json, JsonObject } from '../model/resource';

/** A JSON schema in the dialect of the schema library. */
export type CompilableSchema = { readonly [keyword: string]: unknown };

const REF_PREFIX = '#/components/schemas/';

/** Types with a JSON form of their own, by the end of their definition's name. */
const OWN_FORMS: readonly (readonly [suffix: string, schema: CompilableSchema])[] = [
  ['.pkg.api.resource.Quantity', { type: ['string', 'number'], format: 'quantity' }],
  ['.pkg.util.intstr.IntOrString', { type: ['integer', 'string'] }],
  ['.pkg.apis.meta.v1.Time', { type: 'string', format: 'date-time' }],
  ['.pkg.apis.meta.v1.MicroTime', { type: 'string' }],
];

/**
 * Fields that the OpenAPI documents call required because Go always writes them, and that the API
 * server takes as zero when they are absent (seen on 1.36 with a dry run of each).
 */
const ZERO_ACCEPTED: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.apps.v1.ControllerRevision': ['revision'],
  'io.k8s.api.batch.v1.PodFailurePolicy': ['rules'],
  'io.k8s.api.core.v1.HTTPHeader': ['value'],
  'io.k8s.api.core.v1.ISCSIPersistentVolumeSource': ['lun'],
  'io.k8s.api.core.v1.ISCSIVolumeSource': ['lun'],
  'io.k8s.api.core.v1.LimitRangeSpec': ['limits'],
  'io.k8s.api.core.v1.PreferredSchedulingTerm': ['preference'],
  'io.k8s.api.core.v1.SleepAction': ['seconds'],
  'io.k8s.api.core.v1.Sysctl': ['value'],
  'io.k8s.api.core.v1.TypedLocalObjectReference': ['kind', 'name'],
  'io.k8s.api.discovery.v1.ForZone': ['name'],
  'io.k8s.api.storage.v1.CSIDriver': ['spec'],
  'io.k8s.api.storage.v1.TokenRequest': ['audience'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion': [
    'served',
    'storage',
  ],
};

const CHECKED_FORMATS = new Set(['int32', 'byte']);

/** The names of the definitions that a definition refers to. */
export function referencesOf(definition: JsonObject): readonly string[] {
  const names = JSON.stringify(definition).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
  return [...new Set([...names].map((match) => match[1] ?? ''))];
}

/**
 * The schema by which the API server decodes a Go type with `fieldValidation=Strict`: a struct has
 * only its own fields, a map has any. `null` is not part of it, as Go reads null as absence.
 */
export function kubernetesSchema(name: string, definition: JsonObject): CompilableSchema {
  const own = OWN_FORMS.find(([suffix]) => name.endsWith(suffix));
  if (own !== undefined) return own[1];
  const schema = convert(definition);
  const accepted = ZERO_ACCEPTED[name] ?? [];
  const required = schema['required'] as readonly string[] | undefined;
  if (required === undefined || accepted.length === 0) return schema;
  return { ...schema, required: required.filter((field) => !accepted.includes(field)) };
}

function convert(node: JsonObject): CompilableSchema {
  const ref = refOf(node);
  if (ref !== undefined) return { $ref: ref };
  return { ...formOf(node), ...childrenOf(node), ...limitsOf(node) };
}

/** References are written alone or, with a default beside them, as the only entry of `allOf`. */
function refOf(node: JsonObject): string | undefined {
  const only = Array.isArray(node['allOf']) ? (node['allOf'] as readonly Json[])[0] : node;
  const ref = (only as JsonObject | undefined)?.['$ref'];
  return typeof ref === 'string' ? ref.slice(REF_PREFIX.length) : undefined;
}

function formOf(node: JsonObject): CompilableSchema {
  const { type, format } = node;
  return {
    ...(type === undefined ? {} : { type }),
    ...(typeof format === 'string' && CHECKED_FORMATS.has(format) ? { format } : {}),
  };
}

function childrenOf(node: JsonObject): CompilableSchema {
  const { properties, items, additionalProperties: values } = node;
  const result: Record<string, unknown> = {};
  if (isObject(properties)) {
    result['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, child]) => [name, convert(child as JsonObject)]),
    );
    result['additionalProperties'] = false;
  }
  if (isObject(items)) result['items'] = convert(items);
  if (isObject(values)) result['additionalProperties'] = convert(values);
  else if (values === true) delete result['additionalProperties'];
  return result;
}

/** An empty string is Go's zero value, which defaulting replaces before the value is checked. */
function limitsOf(node: JsonObject): CompilableSchema {
  const { required, enum: values } = node;
  return {
    ...(Array.isArray(required) ? { required } : {}),
    ...(Array.isArray(values) ? { enum: [...new Set([...(values as Json[]), ''])] } : {}),
  };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value without fields that are null; the same value where none is. */
export function withoutNulls<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return mapIfChanged(value) as T;
  const entries = Object.entries(value);
  const kept = entries
    .filter(([, child]) => child !== null)
    .map(([key, child]) => [key, withoutNulls<unknown>(child)] as const);
  const same = kept.length === entries.length && kept.every(([, c], i) => c === entries[i]?.[1]);
  return same ? value : (Object.fromEntries(kept) as T);
}

function mapIfChanged(items: readonly unknown[]): readonly unknown[] {
  const mapped = items.map((item) => withoutNulls(item));
  return mapped.every((item, index) => item === items[index]) ? items : mapped;
}
