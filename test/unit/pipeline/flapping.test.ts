import { describe, expect, it } from 'vitest';
import type { FieldChange, ResourceChange } from '../../../src/model/change';
import { withFlapping } from '../../../src/pipeline/flapping';
import type { Sightings } from '../../../src/pipeline/flapping';
import { idOf } from './memoryCluster';

function change(time: string | undefined, more: Partial<FieldChange> = {}): ResourceChange {
  const owner = { manager: 'operator', operation: 'Update' as const, ...(time && { time }) };
  const field: FieldChange = { pointer: '/data/a', whose: 'drift', owner, ...more };
  return {
    id: idOf('ConfigMap', 'a'),
    apiVersion: 'v1',
    action: 'changed',
    fields: [field],
    notes: [],
    predicted: false,
  };
}

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 12, minute)).toISOString();

function looks(changes: readonly ResourceChange[]): readonly (string | undefined)[] {
  const sightings: Sightings = new Map();
  return changes.map((one, index) => {
    const look = { appKey: 'app', atMs: Date.parse(at(index)) };
    return withFlapping(sightings, look, [one])[0]?.fields[0]?.flapping;
  });
}

describe('a field that is fought over', () => {
  const told = (times: number, time: string) => `operator wrote it ${times} times in ${time}`;

  it.each<[string, readonly ResourceChange[], readonly (string | undefined)[]]>([
    [
      'is known from the third write on',
      [0, 4, 8, 12].map((minute) => change(at(minute))),
      [undefined, undefined, told(3, '8 minutes'), told(4, '12 minutes')],
    ],
    [
      'is not one that was looked at again',
      [0, 0, 0].map((minute) => change(at(minute))),
      [undefined, undefined, undefined],
    ],
    [
      'is not one that was written long ago',
      [0, 40, 80].map((minute) => change(at(minute))),
      [undefined, undefined, undefined],
    ],
    [
      'is not one that a rule ignores',
      [0, 1, 2].map((minute) => change(at(minute), { whose: 'ignored' })),
      [undefined, undefined, undefined],
    ],
    [
      'is not one with a time that cannot be read',
      ['never', 'soon', 'late'].map((time) => change(time)),
      [undefined, undefined, undefined],
    ],
    [
      'is one without a time, where another value stands at each look',
      [5, 6, 6, 5].map((before) => change(undefined, { before })),
      [undefined, undefined, undefined, told(3, '3 minutes')],
    ],
    [
      'is one without a time, where the same value comes back',
      [5, 2, 5, 2, 5].map((before) =>
        change(undefined, { before, whose: before === 2 ? 'already' : 'drift' }),
      ),
      [undefined, undefined, undefined, undefined, told(3, '4 minutes')],
    ],
    [
      'is not one without a time that just stays',
      [5, 5, 5, 5].map((before) => change(undefined, { before })),
      [undefined, undefined, undefined, undefined],
    ],
  ])('%s', (_name, changes, expected) => {
    expect(looks(changes)).toEqual(expected);
  });

  it('names all who write it, and is told for each app by itself', () => {
    const sightings: Sightings = new Map();
    const write = (app: string, minute: number, manager: string) =>
      withFlapping(sightings, { appKey: app, atMs: 0 }, [
        change(at(minute), { owner: { manager, operation: 'Update', time: at(minute) } }),
      ])[0]?.fields[0]?.flapping;
    write('one', 0, 'hpa');
    write('one', 1, 'keda');
    expect(write('two', 1, 'keda')).toBeUndefined();
    expect(write('one', 1, 'keda')).toBeUndefined();
    expect(write('one', 2, 'hpa')).toBe('hpa and keda wrote it 3 times in 2 minutes');
  });

  it('leaves everything else as it is', () => {
    const same = { ...change(at(0)), action: 'same' as const, fields: [] };
    const first = change(at(0));
    const kept = withFlapping(new Map(), { appKey: 'app', atMs: 0 }, [same, first]);
    expect(kept[0]).toBe(same);
    expect(kept[1]).toBe(first);
  });
});
