import { describe, expect, it } from 'vitest';
import {
  describeChange,
  describeField,
  describeOwner,
  isDrifted,
  summarise,
} from '../../../src/diff/describe';
import type { FieldChange, FieldOwner, ResourceChange, Whose } from '../../../src/model/change';

/** Local times, so that the words do not depend on the zone of this machine. */
const at = (day: number, hour: number, minute = 0): string =>
  new Date(2026, 10, day, hour, minute).toISOString();
const now = new Date(2026, 10, 19, 9, 0).getTime();

function owner(manager: string, more: Partial<FieldOwner> = {}): FieldOwner {
  return { manager, operation: 'Update', ...more };
}

describe('owners', () => {
  it.each<[FieldOwner, string]>([
    [owner('kubectl', { subresource: 'scale' }), 'kubectl scale'],
    [owner('kubectl-edit'), 'kubectl edit'],
    [owner('kubectl-client-side-apply'), 'kubectl apply'],
    [owner('kubectl', { operation: 'Apply' }), 'kubectl apply --server-side'],
    [owner('kubectl'), 'kubectl'],
    [owner('argocd-controller'), 'Argo CD'],
    [owner('argocd-server'), 'Argo CD UI'],
    [owner('kustomize-controller', { operation: 'Apply' }), 'Flux kustomize-controller'],
    [owner('kube-controller-manager', { subresource: 'scale' }), 'kube-controller-manager scale'],
    [owner('k9s'), 'k9s'],
    [owner(''), 'an unnamed manager'],
  ])('%j: %s', (who, text) => {
    expect(describeOwner(who, now)).toBe(text);
  });

  it.each([
    [at(17, 14, 2), 'k9s, Tue 14:02'],
    [at(19, 8, 5), 'k9s, Thu 08:05'],
    [at(12, 14, 2), 'k9s, 12 Nov 14:02'],
    [new Date(2025, 10, 17).toISOString(), 'k9s, 17 Nov 2025'],
    [at(20, 8), 'k9s, 20 Nov 08:00'],
    ['not a time', 'k9s'],
  ])('at %s: %s', (time, text) => {
    expect(describeOwner(owner('k9s', { time }), now)).toBe(text);
  });
});

describe('fields', () => {
  const field = (more: Partial<FieldChange>): FieldChange => ({
    pointer: '/spec/replicas',
    before: 5,
    after: 3,
    whose: 'drift',
    ...more,
  });

  it.each<[string, Partial<FieldChange>, string]>([
    [
      'drift from Git to live, with who and when',
      { owner: owner('kubectl', { subresource: 'scale', time: at(17, 14, 2) }), fate: 'reverted' },
      'replicas 3→5 · kubectl scale, Tue 14:02 · will be reverted',
    ],
    ['drift that stays', { fate: 'stays' }, 'replicas 3→5 · will stay'],
    ['own edits the way they go', { whose: 'mine', before: 3, after: 5 }, 'replicas 3→5'],
    [
      'pending ones the way a sync goes',
      { whose: 'pending', before: 3, after: 5, owner: owner('x') },
      'replicas 3→5',
    ],
    [
      'ignored ones with the rule',
      { whose: 'ignored', rule: 'the rule' },
      'replicas 3→5 · ignored by the rule',
    ],
    ['absent values', { before: undefined }, 'replicas 3→none'],
    [
      'escaped names',
      { pointer: '/metadata/annotations/a~1b~0c', before: 'x', after: 'y' },
      'a/b~c y→x',
    ],
    [
      'whole elements by name',
      { pointer: '/spec/containers/1', before: { name: 'sidecar', image: 'x' }, after: undefined },
      'containers none→sidecar',
    ],
    [
      'variables by name and value',
      { pointer: '/env/0', before: { name: 'A', value: '1' }, after: undefined },
      'env none→A=1',
    ],
    ['lists as they are', { pointer: '/args', before: [1], after: [1, 2] }, 'args [1,2]→[1]'],
    [
      'what tells long texts apart',
      {
        pointer: '/image',
        before: 'registry.example.com/team/group/project/web:4.13.0-debug',
        after: 'registry.example.com/team/group/project/web:4.13.0',
      },
      'image …4.13.0→…4.13.0-debug',
    ],
    [
      'the beginning of long texts that differ there',
      { pointer: '/a', before: `x${'1'.repeat(60)}`, after: `y${'1'.repeat(60)}` },
      `a y${'1'.repeat(38)}…→x${'1'.repeat(38)}…`,
    ],
  ])('say %s', (_name, more, text) => {
    expect(describeField(field(more), now)).toBe(text);
  });
});

function change(more: Partial<ResourceChange>): ResourceChange {
  return {
    id: { group: '', kind: 'ConfigMap', namespace: 'shop', name: 'a' },
    apiVersion: 'v1',
    action: 'changed',
    fields: [],
    notes: [],
    predicted: false,
    ...more,
  };
}

describe('changes', () => {
  it.each<['added' | 'removed', FieldChange, string]>([
    [
      'added',
      { pointer: '', whose: 'drift', fate: 'reverted' },
      'deleted in the cluster · will be created',
    ],
    ['added', { pointer: '', whose: 'pending' }, 'not created yet'],
    ['added', { pointer: '', whose: 'mine' }, 'added in the working copy'],
    ['added', { pointer: '', whose: 'differs' }, 'missing in the cluster'],
    [
      'removed',
      { pointer: '', whose: 'pending', fate: 'reverted' },
      'no longer in Git · will be pruned',
    ],
    [
      'removed',
      { pointer: '', whose: 'drift', fate: 'stays' },
      'in the cluster, never in Git · will stay',
    ],
    [
      'removed',
      { pointer: '', whose: 'ignored', rule: 'r' },
      'in the cluster, not in Git · ignored by r',
    ],
  ])('%s: %j', (action, field, text) => {
    expect(describeChange(change({ action, fields: [field] }), now)).toEqual([text]);
  });

  it('have a line for each field', () => {
    const fields: readonly FieldChange[] = [
      { pointer: '/a', before: 1, after: 2, whose: 'mine' },
      { pointer: '/b', before: 1, after: 2, whose: 'mine' },
    ];
    expect(describeChange(change({ fields }), now)).toEqual(['a 1→2', 'b 1→2']);
  });

  it.each<[Whose, boolean]>([
    ['drift', true],
    ['differs', true],
    ['mine', false],
    ['pending', false],
    ['already', false],
    ['ignored', false],
    ['generated', false],
    ['cluster', false],
  ])('with only %s fields are drift: %s', (whose, drifted) => {
    expect(isDrifted(change({ fields: [{ pointer: '/a', whose }] }))).toBe(drifted);
  });

  it('are summed up in words', () => {
    const refused = { kind: 'immutable', message: 'Will be refused: x is immutable.' } as const;
    const recreated = { kind: 'recreated', message: 'Will be recreated: x is immutable.' } as const;
    expect(summarise([])).toBe('');
    expect(summarise([change({ action: 'same' })])).toBe('');
    expect(
      summarise([
        change({ notes: [refused] }),
        change({ notes: [recreated] }),
        change({ action: 'added' }),
        change({ action: 'removed' }),
        change({ action: 'same' }),
      ]),
    ).toBe('2 changed · 1 added · 1 removed · 1 will be refused');
  });
});
