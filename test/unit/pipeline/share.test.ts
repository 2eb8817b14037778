import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameData, share } from '../../../src/pipeline/share';

const data = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, 0, 1, 'a', 'b'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  ),
})).value;

/** A copy that shares nothing with the original. */
const copy = (value: unknown): unknown => structuredClone(value);

describe('share', () => {
  it('gives data that equals the new data, whatever was before', () => {
    fc.assert(
      fc.property(data, data, (before, after) => {
        expect(share(before, copy(after))).toEqual(after);
      }),
    );
  });

  it('gives back the very old object for equal data', () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(share(value, copy(value))).toBe(value);
        expect(sameData(value, copy(value))).toBe(true);
      }),
    );
  });

  it('never takes different data for equal', () => {
    fc.assert(
      fc.property(data, data, (a, b) => {
        expect(sameData(a, b)).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
      }),
    );
  });

  it('keeps the parts that did not change', () => {
    const before = { a: { x: 1 }, list: [{ n: 1 }, { n: 2 }] };
    const after = share(before, { a: { x: 1 }, list: [{ n: 1 }, { n: 3 }] });
    expect(after).toEqual({ a: { x: 1 }, list: [{ n: 1 }, { n: 3 }] });
    expect(after.a).toBe(before.a);
    expect(after.list[0]).toBe(before.list[0]);
    expect(after.list).not.toBe(before.list);
  });

  it('tells a missing key from an undefined one', () => {
    expect(sameData({ a: undefined }, {})).toBe(false);
    expect(sameData({}, { a: undefined })).toBe(false);
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, inner]) => [key, sorted(inner)]).concat([['{}', '']]);
}
