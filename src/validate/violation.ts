import { pointerTokens } from '../base/pointer';
import type { ErrorObject } from 'ajv';
import type { Json } from '../model/resource';
import { childPointer, typeName } from './fieldPath';

/** One way in which an object does not fit its schema; never holds a value of the object. */
export type Violation =
  | {
      readonly kind: 'unknown-field';
      /** Of the unknown field itself. */
      readonly pointer: string;
      readonly field: string;
      /** The names that the schema has in its place. */
      readonly known: readonly string[];
    }
  | {
      readonly kind: 'missing-field';
      /** Of the object that lacks it. */
      readonly pointer: string;
      readonly field: string;
    }
  | {
      readonly kind: 'wrong-type' | 'invalid-value';
      readonly pointer: string;
      /** Ends the sentence that begins with the field: `must be an integer, not a string`. */
      readonly text: string;
    };

const TYPE_WORDS: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'a boolean',
  integer: 'an integer',
  number: 'a number',
  object: 'an object',
  string: 'a string',
};

const FORMAT_WORDS: Readonly<Record<string, string>> = {
  byte: 'must be base64',
  'date-time': 'must be a time such as 2024-01-31T12:00:00Z',
  int32: 'must fit into 32 bits',
  quantity: 'must be a quantity such as 500m or 1Gi',
};

/** One sentence a fault: what only explains another entry (the branches of a choice) is left out. */
export function violationsOf(errors: readonly ErrorObject[]): readonly Violation[] {
  const own = errors.filter(({ schemaPath }) => !/\/(anyOf|oneOf)\/\d+\/|\/not\//.test(schemaPath));
  const result = new Map<string, Violation>();
  for (const error of own) {
    const violation = violationOf(error);
    const key = keyOf(violation);
    if (!result.has(key) || violation.kind === 'wrong-type') result.set(key, violation);
  }
  return [...result.values()];
}

/** A value has one fault about its form; missing fields are faults of their own. */
function keyOf(violation: Violation): string {
  return violation.kind === 'missing-field'
    ? `${violation.pointer} lacks ${violation.field}`
    : violation.pointer;
}

function violationOf(error: ErrorObject): Violation {
  const pointer = error.instancePath;
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'additionalProperties': {
      const field = String(params['additionalProperty']);
      const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
      return { kind: 'unknown-field', pointer: childPointer(pointer, field), field, known };
    }
    case 'required':
      return { kind: 'missing-field', pointer, field: String(params['missingProperty']) };
    case 'type':
      return { kind: 'wrong-type', pointer, text: typeText(params['type'], error.data as Json) };
    default:
      return { kind: 'invalid-value', pointer, text: valueText(error, params) };
  }
}

function typeText(expected: unknown, actual: Json): string {
  const names = (Array.isArray(expected) ? expected : String(expected).split(',')) as string[];
  const words = names.filter((name) => name !== 'null').map((name) => TYPE_WORDS[name] ?? name);
  return `must be ${words.join(' or ')}, not ${typeName(actual)}`;
}

const LIMITS: Readonly<Record<string, (limit: string) => string>> = {
  exclusiveMaximum: (limit) => `must be less than ${limit}`,
  exclusiveMinimum: (limit) => `must be more than ${limit}`,
  maxItems: (limit) => `must have at most ${limit} items`,
  maxLength: (limit) => `must be at most ${limit} characters long`,
  maxProperties: (limit) => `must have at most ${limit} fields`,
  maximum: (limit) => `must be at most ${limit}`,
  minItems: (limit) => `must have at least ${limit} items`,
  minLength: (limit) => `must be at least ${limit} characters long`,
  minProperties: (limit) => `must have at least ${limit} fields`,
  minimum: (limit) => `must be at least ${limit}`,
  multipleOf: (limit) => `must be a multiple of ${limit}`,
  pattern: (pattern) => `must match ${pattern}`,
};

function valueText(error: ErrorObject, params: Readonly<Record<string, unknown>>): string {
  const limit = LIMITS[error.keyword];
  if (limit !== undefined) return limit(String(error.schema));
  if (error.keyword === 'enum') return enumText(params['allowedValues'] as readonly Json[]);
  if (error.keyword === 'format') {
    return FORMAT_WORDS[String(params['format'])] ?? `must be a ${String(params['format'])}`;
  }
  return error.keyword === 'not' ? 'has a forbidden form' : choiceText(error);
}

function enumText(values: readonly Json[]): string {
  const shown = values.filter((value) => value !== '').map((value) => JSON.stringify(value));
  const names = shown.map((text) => text.replace(/^"(.*)"$/, '$1'));
  return names.length === 1 ? `must be ${names.join()}` : `must be one of ${names.join(', ')}`;
}

/** Most choices in CRDs are between fields: "needs exactly one of a, b". */
function choiceText(error: ErrorObject): string {
  const count = error.keyword === 'oneOf' ? 'exactly one' : 'at least one';
  const branches = Array.isArray(error.schema) ? (error.schema as unknown[]) : [];
  const fields = branches.map((branch) => (branch as { required?: readonly string[] }).required);
  return fields.length > 0 && fields.every((names) => names?.length === 1)
    ? `needs ${count} of ${fields.flat().join(', ')}`
    : `must fit ${count} of the forms that its schema allows`;
}

/** The pointer of the field that the violation names. */
export function fieldOf(violation: Violation): string {
  return violation.kind === 'missing-field'
    ? childPointer(violation.pointer, violation.field)
    : violation.pointer;
}

/** Whether the violation is at or below the top-level field. */
export function isBelow(violation: Violation, field: string): boolean {
  return pointerTokens(violation.pointer)[0] === field;
}
