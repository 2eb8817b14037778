import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complete } from '../../../src/base/pacer';
import { compareRendered } from '../../../src/diff/compareRendered';
import type { DesiredObject } from '../../../src/diff/desired';
import { comparisonSteps } from '../../../src/pipeline/comparing';
import { argoPolicy, desired, digest } from '../diff/builders';
import '../../propertySeed';

/** Few names, so that sides meet, objects come twice and some have no name at all. */
const object: fc.Arbitrary<DesiredObject> = fc
  .record({ number: fc.integer({ min: 0, max: 30 }), value: fc.constantFrom('1', '2') })
  .map(({ number, value }) =>
    desired({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `c${number}`, namespace: 'shop' },
      data: { value },
    }),
  );
const nameless: fc.Arbitrary<DesiredObject> = fc.constantFrom('1', '2').map((value) =>
  desired({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { generateName: 'c-', namespace: 'shop' },
    data: { value },
  }),
);
const side = fc.array(object, { maxLength: 40 });

function input(before: readonly DesiredObject[], after: readonly DesiredObject[]) {
  return { before, after, policy: argoPolicy, digest };
}

describe('comparisonSteps', () => {
  it('finds what the comparison in one go finds, in its order', () => {
    fc.assert(
      fc.property(side, side, (before, after) => {
        const compared = input(before, after);
        expect(complete(comparisonSteps(compared))).toEqual(compareRendered(compared));
      }),
    );
  });

  it('does so for objects without a name, too', () => {
    const some = fc.array(fc.oneof(object, nameless), { maxLength: 12 });
    fc.assert(
      fc.property(some, some, (before, after) => {
        const compared = input(before, after);
        expect(complete(comparisonSteps(compared))).toEqual(compareRendered(compared));
      }),
    );
  });

  it('can pause within an app of many objects', () => {
    const many = (value: string): readonly DesiredObject[] =>
      Array.from({ length: 100 }, (_, index) =>
        desired({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `c${index}`, namespace: 'shop' },
          data: { value },
        }),
      );
    const pauses = [...comparisonSteps(input(many('1'), many('2')))].length;
    expect(pauses).toBeGreaterThan(10);
  });
});
