import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pointerTokens } from '../../../src/base/pointer';
import { closestName, editDistance } from '../../../src/validate/closestName';
import {
  childPointer,
  fieldPath,
  objectLabel,
  typeName,
  valueAt,
} from '../../../src/validate/fieldPath';
import { isBase64, isInt32, isQuantity, isTime } from '../../../src/validate/formats';
import { goPattern } from '../../../src/validate/goPattern';

describe('closestName', () => {
  const names = [
    'replicas',
    'selector',
    'strategy',
    'template',
    'minReadySeconds',
    'env',
    'envFrom',
  ];

  it.each([
    ['replica', 'replicas'],
    ['Replicas', 'replicas'],
    ['relpicas', 'replicas'],
    ['selectors', 'selector'],
    ['minreadyseconds', 'minReadySeconds'],
    ['envs', 'env'],
    ['envfrom', 'envFrom'],
    ['image', undefined],
    ['x', undefined],
    ['', undefined],
  ])('of %s is %s', (name, closest) => {
    expect(closestName(name, names)).toBe(closest);
  });

  it('measures as a metric does', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it('counts two swapped neighbours as one slip', () => {
    expect(editDistance('sepc', 'spec')).toBe(1);
  });
});

describe('pointers', () => {
  it('lead to what they were made of', () => {
    const keys = fc.array(fc.string(), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(keys, (parts) => {
        const pointer = parts.reduce(childPointer, '');
        expect(pointerTokens(pointer)).toEqual(parts);
        const object = parts.reduceRight<unknown>(
          (inner, key) => Object.defineProperty({}, key, { value: inner, enumerable: true }),
          'here',
        );
        expect(valueAt(object, pointer)).toBe('here');
      }),
    );
  });

  it.each([
    ['', ''],
    ['/spec/containers/0/image', 'spec.containers[0].image'],
    ['/metadata/labels/app.kubernetes.io~1name', 'metadata.labels[app.kubernetes.io/name]'],
    ['/data/a b', 'data[a b]'],
  ])('%s reads %s', (pointer, path) => {
    expect(fieldPath(pointer)).toBe(path);
  });

  it('find nothing where nothing is, nor what every object inherits', () => {
    expect(valueAt({ a: null }, '/a/b')).toBeUndefined();
    expect(valueAt({}, '/constructor')).toBeUndefined();
    expect(valueAt('text', '/length')).toBeUndefined();
  });

  it.each([
    [{ kind: 'Pod', metadata: { name: 'a', namespace: 'b' } }, 'Pod b/a'],
    [{ kind: 'Node', metadata: { name: 'a' } }, 'Node a'],
    [{ kind: 'Job', metadata: { generateName: 'a-' } }, 'Job a-*'],
    [{ kind: 'Job', metadata: {} }, 'Job (no name)'],
    [{ kind: 'Job' }, 'Job (no name)'],
  ])('objects are named: %j', (object, label) => {
    expect(objectLabel({ apiVersion: 'v1', ...object } as never)).toBe(label);
  });

  it.each([
    [null, 'null'],
    [[], 'a list'],
    [{}, 'an object'],
    ['', 'a string'],
    [true, 'a boolean'],
    [1, 'a number'],
  ])('%j is %s', (value, name) => {
    expect(typeName(value)).toBe(name);
  });
});

describe('formats', () => {
  it('base64 is what Go and we encode, and nothing with a letter taken away', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(isBase64(text)).toBe(true);
        expect(isBase64(`${text.slice(0, 2)}\r\n${text.slice(2)}`)).toBe(true);
        expect(isBase64(text.slice(1))).toBe(false);
      }),
    );
  });

  it.each(['a', 'ab', 'abc', 'a===', '====', 'YQ=a', 'Y Q=', 'YQ_-', '=YQ='])(
    'base64 is not %s',
    (text) => {
      expect(isBase64(text)).toBe(false);
    },
  );

  it.each([
    '1',
    '0.5',
    '.5',
    '1.',
    '-1',
    '+1',
    '500m',
    '1Gi',
    '1.5Gi',
    '1e3',
    '1E3',
    '1E',
    '2k',
    '3n',
    '4u',
    ' 1 ',
    '1e-3',
  ])('a quantity is %j', (text) => {
    expect(isQuantity(text)).toBe(true);
  });

  it.each(['', 'x', '1GB', '1 Gi', '1gi', '1K', '1e', '--1', '1.2.3', 'Gi', '1ki', '0x10'])(
    'a quantity is not %j',
    (text) => {
      expect(isQuantity(text)).toBe(false);
    },
  );

  it('every date is a time', () => {
    const date = fc.date({
      min: new Date('0001-01-01'),
      max: new Date('9999-12-31'),
      noInvalidDate: true,
    });
    fc.assert(fc.property(date, (value) => isTime(value.toISOString())));
  });

  it.each(['2024-02-29T00:00:00Z', '2024-01-31T12:00:00+02:00', '2024-01-31T12:00:00.123456789Z'])(
    'a time is %s',
    (text) => {
      expect(isTime(text)).toBe(true);
    },
  );

  it.each([
    '',
    '2024-01-31',
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-01-31T24:00:00Z',
    '2024-01-31 12:00:00Z',
    '2024-01-31T12:00:00',
    '2024-1-31T12:00:00Z',
  ])('a time is not %j', (text) => {
    expect(isTime(text)).toBe(false);
  });

  it.each([
    [2 ** 31 - 1, true],
    [2 ** 31, false],
    [-(2 ** 31), true],
    [-(2 ** 31) - 1, false],
  ])('%d fits into 32 bits: %s', (value, fits) => {
    expect(isInt32(value)).toBe(fits);
  });
});

describe('a pattern of Go', () => {
  it.each([
    ['^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 'a-b', 'a-'],
    ['^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$', '1h30m', '1x'],
    ['^[\\-._a-zA-Z0-9]+$', 'a-b', 'a b'],
    ['^(http|https)://.*$', 'https://x', 'ftp://x'],
    ['(?i)^true$', 'TRUE', 'truth'],
    ['^[[:alpha:]]+$', 'Ab', 'a1'],
    ['\\Aa+\\z', 'aa', 'aab'],
    ['^(?P<year>\\d{4})$', '2024', '24'],
    ['^a\\/b\\-c$', 'a/b-c', 'ab'],
    ['^\\S+@\\S+$', 'a@b', 'a b'],
  ])('%s is understood', (pattern, match, other) => {
    const compiled = goPattern(pattern);
    expect(compiled?.test(match)).toBe(true);
    expect(compiled?.test(other)).toBe(false);
  });

  it.each([
    '\\Qa.b\\E',
    '\\pL+',
    'a(?i)b',
    '(',
    '[[:nothing:]]',
    'a\\zb',
    '\\x{10FFFF}',
    '\\C',
    '(?-s).',
  ])('%s is not judged', (pattern) => {
    expect(goPattern(pattern)).toBeUndefined();
  });
});
