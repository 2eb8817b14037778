import { describe, expect, it } from 'vitest';
import { leftAlone } from '../../../src/diff/outOfSyncOnly';
import type { AppPolicy } from '../../../src/model/app';
import type { FieldChange } from '../../../src/model/change';
import { argoPolicy, fluxPolicy } from './builders';

const partial: AppPolicy = { ...argoPolicy, syncOptions: ['ApplyOutOfSyncOnly=true'] };
const drift: FieldChange = { pointer: '/a', whose: 'drift', fate: 'reverted' };
const hidden: FieldChange = { pointer: '/b', whose: 'ignored', fate: 'reverted' };
const pending: FieldChange = { pointer: '/c', whose: 'pending' };
const foreign: FieldChange = { pointer: '/d', whose: 'drift', fate: 'stays' };

describe('a sync of what is out of sync alone', () => {
  it.each<[string, readonly FieldChange[], string | undefined, string, AppPolicy?]>([
    ['reverts what Argo CD sees', [drift, hidden], 'OutOfSync', 'reverted reverted'],
    ['leaves what Argo CD does not see', [drift], 'Synced', 'stays'],
    ['believes in no old word about what is new', [drift, pending], 'Synced', 'reverted '],
    ['leaves what is only ignored', [hidden], 'Synced', 'stays'],
    [
      'leaves what is ignored beside what it never writes',
      [hidden, foreign],
      undefined,
      'stays stays',
    ],
    ['asks nobody else', [drift], 'Synced', 'reverted', argoPolicy],
    [
      'is a matter of Argo CD',
      [drift],
      'Synced',
      'reverted',
      { ...fluxPolicy, syncOptions: partial.syncOptions },
    ],
  ])('%s', (_name, fields, toolSays, expected, policy = partial) => {
    const left = leftAlone(
      fields.map((field) => ({ field })),
      policy,
      toolSays,
    );
    expect(left.map(({ field }) => field.fate ?? '').join(' ')).toBe(expected);
  });
});
