import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/model/resource';
import {
  kubernetesSchema,
  referencesOf,
  withoutNulls,
} from '../../../src/validate/kubernetesSchema';
import type { Check } from '../../../src/validate/registry';
import { createRegistry } from '../../../src/validate/registry';
import { withDefaults } from '../../../src/validate/structuralSchema';
import type { Violation } from '../../../src/validate/violation';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const metadata: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
  },
};

async function customCheck(schema: unknown): Promise<Check> {
  const registry = await createRegistry({ [META]: metadata });
  return registry.customResourceCheck(schema as JsonObject);
}

const resource = (fields: object) =>
  ({ apiVersion: 'a/v1', kind: 'A', metadata: { name: 'a' }, ...fields }) as never;

function told(violations: readonly Violation[]): readonly string[] {
  return violations.map((one) =>
    one.kind === 'unknown-field' || one.kind === 'missing-field'
      ? `${one.kind} ${one.pointer} ${one.field}`
      : `${one.pointer} ${one.text}`,
  );
}

describe('the schema of a Go type', () => {
  it('closes structs, opens maps, and knows the types with a form of their own', () => {
    const definition = {
      type: 'object',
      description: 'long',
      required: ['a'],
      properties: {
        a: { allOf: [{ $ref: '#/components/schemas/x.Y' }], default: {} },
        b: { type: 'object', additionalProperties: { type: 'string' } },
        c: { type: 'array', items: { $ref: '#/components/schemas/x.Z' } },
        d: { type: 'string', enum: ['A'], format: 'byte' },
        e: { type: 'string', format: 'unheard-of' },
      },
    } as unknown as JsonObject;
    expect(kubernetesSchema('x.X', definition)).toEqual({
      type: 'object',
      required: ['a'],
      additionalProperties: false,
      properties: {
        a: { $ref: 'x.Y' },
        b: { type: 'object', additionalProperties: { type: 'string' } },
        c: { type: 'array', items: { $ref: 'x.Z' } },
        d: { type: 'string', enum: ['A', ''], format: 'byte' },
        e: { type: 'string' },
      },
    });
    expect(referencesOf(definition)).toEqual(['x.Y', 'x.Z']);
    expect(kubernetesSchema('a.pkg.api.resource.Quantity', { oneOf: [] })).toEqual({
      type: ['string', 'number'],
      format: 'quantity',
    });
  });

  it('requires nothing that the server takes as zero', () => {
    const definition = { type: 'object', required: ['value', 'name'] } as unknown as JsonObject;
    expect(kubernetesSchema('io.k8s.api.core.v1.HTTPHeader', definition)['required']).toEqual([
      'name',
    ]);
    expect(kubernetesSchema('io.k8s.api.core.v1.Other', definition)['required']).toHaveLength(2);
  });

  it('that refers to itself can be checked', async () => {
    const registry = await createRegistry({
      'x.Tree': {
        type: 'object',
        properties: {
          name: { type: 'string' },
          children: { type: 'array', items: { $ref: '#/components/schemas/x.Tree' } },
        },
      },
    });
    const check = registry.kubernetesCheck('x.Tree');
    const tree = { children: [{ children: [{ name: 1 }, { nmae: 'b' }] }] } as never;
    expect(told(check(tree))).toEqual([
      '/children/0/children/0/name must be a string, not a number',
      'unknown-field /children/0/children/1/nmae nmae',
    ]);
    expect(() => registry.kubernetesCheck('x.Absent')).toThrow();
  });
});

describe('withoutNulls', () => {
  it('gives back what has none', () => {
    const value = { a: [1, { b: 'c' }], d: {} };
    expect(withoutNulls(value)).toBe(value);
  });

  it('takes fields away at any depth and leaves items where they are', () => {
    expect(withoutNulls({ a: null, b: [{ c: null, d: 1 }, null, 2] })).toEqual({
      b: [{ d: 1 }, null, 2],
    });
  });
});

describe('the schema of a custom resource', () => {
  it('knows only what is declared, at every level', async () => {
    const check = await customCheck({
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: { known: { type: 'object', properties: { a: { type: 'string' } } } },
        },
        anything: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        half: {
          type: 'object',
          'x-kubernetes-preserve-unknown-fields': true,
          properties: { strict: { type: 'object', properties: {} } },
        },
        map: { type: 'object', additionalProperties: { type: 'integer' } },
      },
    });
    const object = resource({
      spec: { known: { a: 'x', b: 1 } },
      anything: { x: { y: 1 } },
      half: { free: 1, strict: { not: 1 } },
      map: { a: 1, b: 'x' },
      extra: 1,
    });
    expect(told(check(object)).toSorted()).toEqual([
      '/map/b must be an integer, not a string',
      'unknown-field /extra extra',
      'unknown-field /half/strict/not not',
      'unknown-field /spec/known/b b',
    ]);
  });

  it('that preserves everything says nothing of fields', async () => {
    const check = await customCheck({
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
    });
    expect(check(resource({ anything: { goes: 1 } }))).toEqual([]);
  });

  it('has the metadata of every object, and its own limits of the name', async () => {
    const check = await customCheck({
      type: 'object',
      properties: {
        metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 3 } } },
      },
    });
    expect(told(check(resource({ metadata: { name: 'long', lables: {} } })))).toEqual([
      'unknown-field /metadata/lables lables',
      '/metadata/name must be at most 3 characters long',
    ]);
  });

  it.each([
    [
      { oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      { a: 1, b: 1 },
      'needs exactly one of a, b',
    ],
    [{ anyOf: [{ required: ['a'] }, { required: ['b'] }] }, {}, 'needs at least one of a, b'],
    [{ not: { required: ['a'] } }, { a: 1 }, 'has a forbidden form'],
    [
      { oneOf: [{ properties: { a: { enum: [1] } } }, { properties: { a: { enum: [2] } } }] },
      { a: 3 },
      'must fit exactly one of the forms that its schema allows',
    ],
    [{ minProperties: 1 }, {}, 'must have at least 1 fields'],
    [{ maxProperties: 1 }, { a: 1, b: 1 }, 'must have at most 1 fields'],
  ])('with %j has one sentence for its choice', async (limits, spec, text) => {
    const number = { type: 'integer' };
    const check = await customCheck({
      type: 'object',
      properties: { spec: { type: 'object', properties: { a: number, b: number }, ...limits } },
    });
    expect(told(check(resource({ spec })))).toEqual([`/spec ${text}`]);
  });

  it.each([
    [{ type: 'integer', minimum: 2 }, 1, 'must be at least 2'],
    [{ type: 'integer', maximum: 2 }, 3, 'must be at most 2'],
    [{ type: 'number', minimum: 2, exclusiveMinimum: true }, 2, 'must be more than 2'],
    [{ type: 'number', maximum: 2, exclusiveMaximum: true }, 2, 'must be less than 2'],
    [{ type: 'integer', multipleOf: 5 }, 7, 'must be a multiple of 5'],
    [{ type: 'string', minLength: 2 }, 'a', 'must be at least 2 characters long'],
    [{ type: 'string', pattern: '^a+$' }, 'b', 'must match ^a+$'],
    [{ type: 'string', enum: ['a', 'b'] }, 'c', 'must be one of a, b'],
    [{ type: 'string', enum: ['a'] }, 'c', 'must be a'],
    [
      { type: 'array', items: { type: 'string' }, maxItems: 1 },
      ['a', 'b'],
      'must have at most 1 items',
    ],
    [{ 'x-kubernetes-int-or-string': true }, true, 'must be an integer or a string, not a boolean'],
    [
      { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
      1.5,
      'must be an integer or a string, not a number',
    ],
    [{ type: 'string', nullable: true }, 7, 'must be a string, not a number'],
  ])('says of %j with %j: %s', async (field, value, text) => {
    const check = await customCheck({ type: 'object', properties: { f: field } });
    expect(told(check(resource({ f: value })))).toEqual([`/f ${text}`]);
  });

  it.each([
    [{ type: 'string', nullable: true }, null],
    [{ type: 'string' }, null],
    [{ type: 'string', pattern: '\\pL' }, '1'],
    [{ type: 'string', format: 'date-time' }, 'whenever'],
    [{ 'x-kubernetes-int-or-string': true }, '80%'],
    [{ type: 'string', 'x-kubernetes-validations': [{ rule: 'false' }] }, 'a'],
  ])('accepts what it cannot be sure of: %j with %j', async (field, value) => {
    const check = await customCheck({ type: 'object', properties: { f: field } });
    expect(told(check(resource({ f: value })))).toEqual([]);
  });

  it('checks a status for unknown fields only, as the server drops it', async () => {
    const check = await customCheck({
      type: 'object',
      properties: {
        status: { type: 'object', required: ['x'], properties: { y: { type: 'integer' } } },
      },
    });
    expect(told(check(resource({ status: { y: 'text', z: 1 } })))).toEqual([
      'unknown-field /status/z z',
    ]);
  });
});

describe('withDefaults', () => {
  const schema = {
    type: 'object',
    properties: {
      mode: { type: 'string', default: 'fast' },
      note: { type: 'string', nullable: true, default: 'x' },
      plain: { type: 'string' },
      nested: {
        type: 'object',
        default: {},
        properties: { deep: { type: 'integer', default: 1 } },
      },
      absent: { type: 'object', properties: { deep: { type: 'integer', default: 1 } } },
      list: { type: 'array', items: { type: 'object', properties: { a: { default: 2 } } } },
      map: { type: 'object', additionalProperties: { type: 'integer', default: 3 } },
    },
  } as unknown as JsonObject;

  it('fills what is absent and what may not be null, and nothing else', () => {
    const given = {
      mode: null,
      note: null,
      plain: null,
      list: [{}, { a: 5 }],
      map: { k: null },
      other: null,
    };
    expect(withDefaults(given as unknown as JsonObject, schema)).toEqual({
      mode: 'fast',
      note: null,
      nested: { deep: 1 },
      list: [{ a: 2 }, { a: 5 }],
      map: { k: 3 },
      other: null,
    });
  });

  it('leaves the object as it was', () => {
    const given = Object.freeze({
      list: Object.freeze([Object.freeze({})]),
    }) as unknown as JsonObject;
    withDefaults(given, schema);
    expect(given).toEqual({ list: [{}] });
  });

  it('reads nulls of metadata as absence', () => {
    const given = { metadata: { name: 'a', labels: null } } as unknown as JsonObject;
    expect(withDefaults(given, schema)).toMatchObject({ metadata: { name: 'a' } });
    expect(withDefaults(given, schema)['metadata']).not.toHaveProperty('labels');
  });
});
