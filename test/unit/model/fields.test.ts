import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  definedFields,
  listAt,
  numberAt,
  recordAt,
  textAt,
  textsAt,
  valueAt,
} from '../../../src/model/fields';

const value = { a: { b: [{ c: 'x' }, 7] }, n: null, s: 'text', l: ['a', 1, 'b'] };

describe('reads of unchecked data', () => {
  it.each([
    [valueAt(value, 'a', 'b', 1), 7],
    [textAt(value, 'a', 'b', 0, 'c'), 'x'],
    [textAt(value, 'a', 'b', 1), undefined],
    [numberAt(value, 'a', 'b', 1), 7],
    [numberAt(value, 's'), undefined],
    [listAt(value, 'a', 'b').length, 2],
    [listAt(value, 's'), []],
    [textsAt(value, 'l'), ['a', 'b']],
    [recordAt(value, 'a', 'b'), undefined],
    [recordAt(value, 'n'), undefined],
    [recordAt(value, 'a', 'b', 0), { c: 'x' }],
    [valueAt(value, 'n', 'x'), undefined],
    [valueAt(undefined, 'x'), undefined],
    [valueAt(value), value],
  ])('%#', (found, expected) => {
    expect(found).toEqual(expected);
  });

  it('sees own fields only', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(valueAt({}, name)).toBeUndefined();
      expect(valueAt({}, name, 'name')).toBeUndefined();
    }
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), fc.array(fc.oneof(fc.string(), fc.nat())), (anything, path) => {
        textAt(anything, ...path);
        recordAt(anything, ...path);
        expect(Array.isArray(listAt(anything, ...path))).toBe(true);
      }),
    );
  });

  it('leaves out what is undefined and nothing else', () => {
    expect(definedFields({ a: undefined, b: null, c: '', d: 0, e: false })).toEqual({
      b: null,
      c: '',
      d: 0,
      e: false,
    });
    expect(Object.keys(definedFields({ a: undefined }))).toEqual([]);
  });
});
