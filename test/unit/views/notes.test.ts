import { describe, expect, it } from 'vitest';
import { placeFields } from '../../../src/pipeline/placedFields';
import { presentNotes } from '../../../src/views/live/present';
import { change, field, NOW_MS } from './states';

const LIVE = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', annotations: { 'example.com/a': 'x' } },
  spec: {
    replicas: 5,
    template: { spec: { containers: [{ name: 'proxy' }, { name: 'web', image: 'web:2' }] } },
  },
};
const GIT = {
  ...LIVE,
  metadata: { name: 'web' },
  spec: {
    replicas: 3,
    paused: true,
    template: { spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
};
const SCALED = {
  manager: 'kubectl',
  operation: 'Update',
  subresource: 'scale',
  time: new Date(2026, 10, 17, 14, 2).toISOString(),
} as const;

const CHANGE = change({
  before: LIVE,
  after: GIT,
  fields: [
    field({ owner: SCALED, fate: 'reverted' }),
    field({
      pointer: '/spec/template/spec/containers/1/image',
      before: 'web:2',
      after: 'web:1',
      owner: { manager: 'kubectl-edit', operation: 'Update' },
    }),
    // The index is that of Git: in the live document another container stands there.
    field({ pointer: '/spec/template/spec/containers/0/image', before: 'web:2', after: 'web:1' }),
    { pointer: '/spec/paused', after: true, whose: 'pending' },
    { pointer: '/metadata/annotations/example.com~1a', before: 'x', whose: 'ignored', rule: 'r' },
    field({ pointer: '', before: 'x' }),
  ],
});

function notes(side: 'live' | 'desired'): readonly string[] {
  return presentNotes(placeFields(CHANGE, side), NOW_MS).map(
    ({ line, text, isDrift }) => `${line}${isDrift ? '!' : ''} ${text}`,
  );
}

describe('notes in a live diff', () => {
  it('say behind the line who set the field, when, and what becomes of it', () => {
    expect(notes('live')).toEqual([
      '7! kubectl scale, Tue 14:02 · the next sync reverts it',
      '13! kubectl edit',
      '5 ignored · rule r',
    ]);
  });

  it('are on the side of Git only for what runs nowhere', () => {
    expect(notes('desired')).toEqual(['6 merged, not yet applied']);
  });

  it('are one a line', () => {
    const two = presentNotes(
      [
        { line: 4, field: field({ whose: 'ignored', rule: 'r' }) },
        { line: 4, field: field({ owner: SCALED }) },
      ],
      NOW_MS,
    );
    expect(two).toEqual([
      { line: 3, text: 'kubectl scale, Tue 14:02 · and 1 field more', isDrift: true },
    ]);
  });

  it('are none for what was only changed here, and none in a text that is too long to look through', () => {
    expect(
      presentNotes([{ line: 1, field: { pointer: '/x', before: 1, whose: 'mine' } }], 0),
    ).toEqual([]);
    const long = { ...LIVE, data: { text: 'x'.repeat(40_000) } };
    expect(placeFields({ ...CHANGE, before: long }, 'live')).toEqual([]);
  });
});
