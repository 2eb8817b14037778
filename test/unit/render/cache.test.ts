import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCache } from '../../../src/render/cache';

describe('cache', () => {
  it('forgets the least recently used first', () => {
    const cache = createCache<number>(3);
    cache.set('a', 1, 1);
    cache.set('b', 2, 1);
    cache.set('c', 3, 1);
    cache.get('a');
    cache.set('d', 4, 1);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual([1, undefined, 3, 4]);
  });

  it('keeps one entry that is heavier than all, and replaces by key', () => {
    const cache = createCache<string>(10);
    cache.set('a', 'small', 1);
    cache.set('big', 'one', 100);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('big')).toBe('one');
    cache.set('big', 'two', 2);
    cache.set('b', 'three', 8);
    expect([cache.get('big'), cache.get('b')]).toEqual(['two', 'three']);
    cache.clear();
    expect(cache.get('b')).toBeUndefined();
  });

  it('never holds more than its weight, and gives back what was set last', () => {
    const entry = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      value: fc.integer(),
      weight: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const cache = createCache<number>(8);
        const last = new Map<string, { value: number; weight: number }>();
        for (const { key, value, weight } of entries) {
          cache.set(key, value, weight);
          last.set(key, { value, weight });
          expect(cache.get(key)).toBe(value);
        }
        const held = [...last].filter(([key]) => cache.get(key) !== undefined);
        expect(held.every(([key, { value }]) => cache.get(key) === value)).toBe(true);
        expect(held.reduce((sum, [, { weight }]) => sum + weight, 0)).toBeLessThanOrEqual(8);
      }),
    );
  });
});
