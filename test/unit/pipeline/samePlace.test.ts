import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/model/resource';
import { samePlace } from '../../../src/pipeline/fieldOrigins';
import { scalarPointers, valueAt } from '../../../src/pipeline/jsonValues';

const git: Json = {
  containers: [
    { name: 'web', image: 'a', ports: [{ containerPort: 80 }, { containerPort: 90 }] },
    { name: 'log', image: 'b', args: ['-v', '-x'] },
  ],
};

describe('the same field in another state of an object', () => {
  it.each([
    [
      '/containers/1/image',
      { containers: [{ name: 'mesh' }, { name: 'web', image: 'z' }] },
      '/containers/0/image',
    ],
    ['/containers/0/image', { containers: [{ name: 'mesh', image: 'm' }] }, undefined],
    [
      '/containers/0/ports/0/containerPort',
      { containers: [{ name: 'web', ports: [{ containerPort: 90 }] }] },
      '/containers/0/ports/1/containerPort',
    ],
    [
      '/containers/0/args/0',
      { containers: [{ name: 'log', args: ['-x'] }] },
      '/containers/1/args/1',
    ],
    [
      '/containers/0/args/0',
      { containers: [{ name: 'log', args: ['-y', '-z'] }] },
      '/containers/1/args/0',
    ],
    ['/status/phase', { status: { phase: 'Running' } }, undefined],
  ] as readonly (readonly [string, Json, string | undefined])[])(
    'of %s',
    (pointer, live, expected) => {
      expect(samePlace(live, git, pointer)).toBe(expected);
    },
  );

  it('is itself in an object that is the same', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(names, (all) => {
        const object: Json = { list: all.map((name, index) => ({ name, value: index })) };
        for (const pointer of scalarPointers(object, '')) {
          expect(samePlace(object, object, pointer)).toBe(pointer);
        }
      }),
    );
  });

  it('follows the names of items wherever they stand', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(names, (all) => {
        const list = (order: readonly string[]): Json => ({
          list: order.map((name) => ({ name })),
        });
        const [from, to] = [list(all), list(all.toReversed())];
        all.forEach((name, index) => {
          const found = samePlace(from, to, `/list/${index}/name`) ?? '';
          expect(valueAt(to, found)).toBe(name);
        });
      }),
    );
  });
});
