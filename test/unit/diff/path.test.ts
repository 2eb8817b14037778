import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pointerTokens, toPointer } from '../../../src/base/pointer';
import { canonical, isWithin, pointerOn, related, valueOn } from '../../../src/diff/path';
import type { Path } from '../../../src/diff/path';

const image: Path = ['spec', 'containers', { id: 'name=web', before: 1, after: 0 }, 'image'];

describe('paths', () => {
  it('points by the index of a side, and of the other where that side has none', () => {
    expect(pointerOn(image, 'before')).toBe('/spec/containers/1/image');
    expect(pointerOn(image, 'after')).toBe('/spec/containers/0/image');
    expect(pointerOn(['env', { id: 'name=A', before: 3 }], 'after')).toBe('/env/3');
  });

  it('has one canonical form whatever the indices', () => {
    expect(canonical(image)).toBe('/spec/containers/name=web/image');
    expect(canonical(['env', { id: '#2', after: 2 }])).toBe('/env/#2');
  });

  it('escapes and reads tokens of a pointer', () => {
    expect(toPointer(['metadata', 'annotations', 'a/b~c'])).toBe('/metadata/annotations/a~1b~0c');
    expect(pointerTokens('/metadata/annotations/a~1b~0c')).toEqual([
      'metadata',
      'annotations',
      'a/b~c',
    ]);
    expect(pointerTokens('')).toEqual([]);
    expect(pointerTokens('spec/replicas')).toEqual(['spec', 'replicas']);
  });

  it('reads back every pointer it wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (tokens) => {
        expect(pointerTokens(toPointer(tokens))).toEqual(tokens);
      }),
    );
  });

  it('knows above and below by whole tokens', () => {
    expect(related('/spec/a', '/spec/a/b')).toBe(true);
    expect(related('/spec/ab', '/spec/a')).toBe(false);
    expect(isWithin('/spec/a/b', '/spec/a')).toBe(true);
    expect(isWithin('/spec/a', '/spec/a/b')).toBe(false);
  });

  it('finds the value of each side, and the text that masks it', () => {
    const before = { spec: { containers: [{ image: 'x' }, { image: 'old' }] } };
    expect(valueOn(before, image, 'before')).toBe('old');
    expect(valueOn({ data: '<secret>' }, ['data', 'key'], 'after')).toBe('<secret>');
    expect(valueOn({ data: {} }, ['data', 'key'], 'after')).toBeUndefined();
    expect(valueOn({ data: {} }, ['data', 'toString'], 'after')).toBeUndefined();
    expect(valueOn({ data: 3 }, ['data', 'key'], 'after')).toBeUndefined();
  });
});
