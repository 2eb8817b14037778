import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lessQuantity, sameQuantity } from '../../../src/diff/quantity';

describe('quantities', () => {
  it.each([
    ['1000m', '1', true],
    ['1000m', 1, true],
    ['0.5', '500m', true],
    ['.5', '500m', true],
    ['1Ki', 1024, true],
    ['1Gi', '1024Mi', true],
    ['1G', '1Gi', false],
    ['1e3', '1k', true],
    ['1E3', '1000', true],
    ['1E', '1000P', true],
    ['100M', '0.1G', true],
    ['0', '0Mi', true],
    ['-1', '1', false],
    ['250m', '251m', false],
    ['1n', '0.000000001', true],
    ['99999999999999999999', '99999999999999999998', false],
  ])('%s and %s are the same: %s', (a, b, same) => {
    expect(sameQuantity(a, b)).toBe(same);
    expect(sameQuantity(b, a)).toBe(same);
  });

  it.each(['', 'Mi', 'abc', '1 Gi', '1gi', '.', '1e', 'ENC[x]'])('%s is no quantity', (text) => {
    expect(sameQuantity(text, '1')).toBeUndefined();
    expect(lessQuantity(text, '1')).toBe(false);
  });

  it.each([[true], [null], [{}], [[]]])('%j is no quantity', (value) => {
    expect(sameQuantity(value, '1')).toBeUndefined();
  });

  it('orders', () => {
    expect(lessQuantity('5Gi', '10Gi')).toBe(true);
    expect(lessQuantity('10Gi', '5Gi')).toBe(false);
    expect(lessQuantity('1Gi', '1024Mi')).toBe(false);
    expect(lessQuantity('1G', '1Gi')).toBe(true);
  });

  it('is the same after any change of unit', () => {
    const amount = fc.integer({ min: -1_000_000, max: 1_000_000 });
    fc.assert(
      fc.property(amount, (n) => {
        expect(sameQuantity(`${n}`, `${n}000m`)).toBe(true);
        expect(sameQuantity(`${n}Ki`, n * 1024)).toBe(true);
        expect(sameQuantity(n, n + 1)).toBe(false);
      }),
    );
  });
});
