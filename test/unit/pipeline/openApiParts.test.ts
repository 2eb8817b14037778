import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/model/resource';
import { componentsOf } from '../../../src/pipeline/openApiParts';

const stated = (...kinds: readonly string[]) => ({
  'x-kubernetes-group-version-kind': kinds.map((kind) => ({ group: 'apps', version: 'v1', kind })),
});
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const schemas: JsonObject = {
  Deployment: { ...stated('Deployment'), properties: { spec: { allOf: [ref('Spec')] } } },
  Spec: { properties: { template: ref('Template'), again: ref('Spec') } },
  Template: { properties: { containers: { type: 'array', items: ref('Container') } } },
  Container: { properties: { name: { type: 'string' } } },
  StatefulSet: { ...stated('StatefulSet'), properties: { spec: ref('Other') } },
  Other: { additionalProperties: ref('Container') },
  DeleteOptions: stated('Deployment', 'DeleteOptions'),
  Broken: { ...stated('Broken'), properties: { gone: ref('Gone') } },
};
const document: JsonObject = { components: { schemas } };

describe('the schemas that some kinds need', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      'a kind and what it refers to',
      ['Deployment'],
      ['Container', 'Deployment', 'Spec', 'Template'],
    ],
    ['another kind', ['StatefulSet'], ['Container', 'Other', 'StatefulSet']],
    ['a kind with a dangling reference', ['Broken'], ['Broken']],
    ['a kind that is not there', ['Job'], []],
  ])('are those of %s', (_name, kinds, expected) => {
    const found = componentsOf(document, new Set(kinds));
    expect(Object.keys(found).sort()).toEqual(expected);
    for (const name of expected) expect(found[name]).toBe(schemas[name]);
  });

  it('are none of a document without schemas', () => {
    expect(componentsOf({}, new Set(['Deployment']))).toEqual({});
  });
});
