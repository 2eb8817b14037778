import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ageWords,
  countWords,
  fieldLines,
  fieldName,
  ownerWords,
  plural,
  shorten,
  shortTime,
  shortValue,
  valueWords,
} from '../../../src/views/words';
import { change, field, note, NOW_MS, without } from './states';

const MINUTE_MS = 60_000;

describe('times', () => {
  it.each([
    [new Date(2026, 10, 17, 14, 2), 'Tue 14:02'],
    [new Date(2026, 10, 20, 9, 5), 'Fri 09:05'],
    [new Date(2026, 10, 3, 9, 5), '3 Nov'],
    [new Date(2024, 1, 29, 9, 5), '29 Feb 2024'],
    [new Date(2026, 10, 21, 9, 5), '21 Nov'],
  ])('%s is shown as %s', (at, words) => {
    expect(shortTime(at.getTime(), NOW_MS)).toBe(words);
  });

  it.each([
    [0, 'just now'],
    [12_000, '12 s ago'],
    [3 * MINUTE_MS, '3 min ago'],
    [5 * 60 * MINUTE_MS, '5 h ago'],
    [24 * 60 * MINUTE_MS, '1 day ago'],
    [72 * 60 * MINUTE_MS, '3 days ago'],
    [-5000, 'just now'],
  ])('an age of %d ms is %s', (ageMs, words) => {
    expect(ageWords(NOW_MS - ageMs, NOW_MS)).toBe(words);
  });
});

describe('owners', () => {
  it('are named as the command that people typed, with the time', () => {
    const time = new Date(2026, 10, 17, 14, 2).toISOString();
    expect(ownerWords({ manager: 'kubectl-scale', operation: 'Update', time }, NOW_MS)).toBe(
      'kubectl scale, Tue 14:02',
    );
    expect(ownerWords({ manager: 'kube-controller-manager', operation: 'Update' }, NOW_MS)).toBe(
      'kube-controller-manager',
    );
    expect(ownerWords({ manager: 'x', operation: 'Apply', time: 'nonsense' }, NOW_MS)).toBe('x');
    expect(
      ownerWords({ manager: 'kubectl', operation: 'Update', subresource: 'scale' }, NOW_MS),
    ).toBe('kubectl scale');
  });
});

describe('fields', () => {
  it.each([
    ['/spec/replicas', 'replicas'],
    ['/spec/template/spec/containers/0', 'containers[0]'],
    ['/spec/template/spec/containers/0/image', 'image'],
    ['/metadata/annotations/example.com~1owner', 'example.com/owner'],
    ['', ''],
  ])('%s is called %s', (pointer, name) => {
    expect(fieldName(pointer)).toBe(name);
  });

  it.each([
    [undefined, 'none'],
    [3, '3'],
    [null, 'null'],
    ['nginx', 'nginx'],
    ['a'.repeat(40), `${'a'.repeat(23)}…`],
    [[1, 2], '2 elements'],
    [{ a: 1 }, '1 field'],
  ])('the value %o is shown as %s', (value, words) => {
    expect(shortValue(value)).toBe(words);
  });

  it('are named by their path, list elements in brackets, on one line each side', () => {
    const deep = field({ pointer: '/spec/containers/0/resources/limits/memory', whose: 'mine' });
    expect(fieldLines(deep, NOW_MS)).toEqual([
      '- spec.containers[0].resources.limits.memory: 5',
      '+ spec.containers[0].resources.limits.memory: 3',
    ]);
    expect(valueWords(deep.pointer, '768Mi', '896Mi')).toBe('memory 768Mi→896Mi');
    expect(valueWords('', undefined, { a: 1 })).toBe('none→1 field');
  });

  it('leave out the side that does not have them', () => {
    const both = field({ pointer: '/data/a~1b', after: 'x', whose: 'differs' });
    const added = without(both, 'before');
    expect(fieldLines(added, NOW_MS)).toEqual(['+ data.a/b: x', '  # differs']);
  });
});

describe('texts from elsewhere', () => {
  it('stay on one line, without characters that reorder it, and short', () => {
    expect(shorten('a\nb\u202Ec\u0007d')).toBe('a b c d');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const short = shorten(text, 30);
        expect(short.length).toBeLessThanOrEqual(30);
        expect(/[\p{Cc}\p{Bidi_Control}]/u.test(short)).toBe(false);
      }),
    );
  });
});

describe('counts', () => {
  it('name only what there is', () => {
    expect(
      countWords([
        change({ action: 'added' }),
        change({}),
        change({ notes: [note('immutable')] }),
        change({ action: 'removed' }),
      ]),
    ).toBe('1 added, 2 changed, 1 removed, 1 will be refused ⚠');
    expect(countWords([])).toBe('');
  });

  it('have a plural', () => {
    expect([plural(1, 'app'), plural(0, 'app'), plural(2, 'entry', 'entries')]).toEqual([
      '1 app',
      '0 apps',
      '2 entries',
    ]);
  });
});
