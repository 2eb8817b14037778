import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergePatch } from '../../../src/diff/mergePatch';
import type { Json, JsonObject, KubeObject } from '../../../src/model/resource';
import { withMergePatch } from '../jsonMergePatch';

function object(spec: JsonObject, managedFields?: readonly object[]): KubeObject {
  const metadata = { name: 'a', ...(managedFields && { managedFields }) };
  return { apiVersion: 'v1', kind: 'Thing', metadata, spec };
}

describe('mergePatch', () => {
  it.each<[string, JsonObject, JsonObject, JsonObject]>([
    ['nothing', { a: 1 }, { a: 1 }, {}],
    ['a value', { a: 1, b: 2 }, { a: 2, b: 2 }, { spec: { a: 2 } }],
    ['what goes', { a: 1, b: 2 }, { a: 1 }, { spec: { b: null } }],
    ['what comes', {}, { a: { b: 1 } }, { spec: { a: { b: 1 } } }],
    ['a list as a whole', { a: [1, 2] }, { a: [2] }, { spec: { a: [2] } }],
    [
      'only what moved below',
      { a: { b: 1, c: 1 } },
      { a: { b: 2, c: 1 } },
      { spec: { a: { b: 2 } } },
    ],
  ])('has %s', (_name, before, after, expected) => {
    const { metadata, ...patch } = mergePatch(object(before), object(after));
    expect(patch).toEqual(expected);
    expect(metadata).toEqual(undefined);
  });

  it('says nothing of managed fields', () => {
    expect(mergePatch(object({}, [{ manager: 'a' }]), object({}))).toEqual({});
  });

  it('leads from one state to the other', () => {
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer()));
    const { tree } = fc.letrec<{ tree: JsonObject; value: Json }>((tie) => ({
      tree: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
      value: fc.oneof({ maxDepth: 3 }, leaf, tie('tree')),
    }));
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        const patch = mergePatch(object(before), object(after));
        expect(withMergePatch(object(before), patch)).toEqual(object(after));
      }),
    );
  });
});
