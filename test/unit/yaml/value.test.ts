import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { yamlValue } from '../../../src/yaml/value';

describe('the plain data of a text', () => {
  it.each<[string, unknown]>([
    ['a: 1\nb: [x, {c: true}]\n', { a: 1, b: ['x', { c: true }] }],
    ['a: &x {b: 1}\nc: *x\n', { a: { b: 1 }, c: { b: 1 } }],
    ['# nothing\n', undefined],
    ['- a\n', undefined],
    ['a: [\n', undefined],
    ['', undefined],
  ])('%j', (text, value) => {
    expect(yamlValue(text)).toEqual(value);
  });

  it('is none where aliases grow it beyond reason', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let at = 1; at < 9; at += 1) {
      const items = Array.from({ length: 10 }, () => `*a${at - 1}`).join(', ');
      lines.push(`a${at}: &a${at} [${items}]`);
    }
    expect(yamlValue(lines.join('\n'))).toBeUndefined();
  });

  it('of any text never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void yamlValue(text)));
  });
});
