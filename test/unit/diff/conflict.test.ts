import { describe, expect, it } from 'vitest';
import { compareLive } from '../../../src/diff/compareLive';
import { withStoppedPrunes } from '../../../src/diff/conflict';
import type { AppPolicy } from '../../../src/model/app';
import { resourceIdOf } from '../../../src/model/resource';
import type { KubeObject, ManagedFieldsEntry } from '../../../src/model/resource';
import { argoPolicy, desired, digest, fieldsV1, helmPolicy } from './builders';

const REPLICAS = { fieldsV1: fieldsV1([['spec', 'replicas']]) } as Pick<
  ManagedFieldsEntry,
  'fieldsV1'
>;

const entry = (
  manager: string,
  operation: 'Apply' | 'Update',
  time: string,
): ManagedFieldsEntry => ({ manager, operation, time, ...REPLICAS });

const object = (replicas: number, managedFields?: readonly ManagedFieldsEntry[]): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', ...(managedFields ? { managedFields } : {}) },
  spec: { replicas },
});

/** What becomes of the replicas and the image, which nobody else has set. */
function fatesOf(managedFields: readonly ManagedFieldsEntry[]) {
  const images = (image: string) => ({
    template: { spec: { containers: [{ name: 'a', image }] } },
  });
  const live = { ...object(5, managedFields), spec: { replicas: 5, ...images('web:1') } };
  const git = desired({ ...object(2), spec: { replicas: 2, ...images('web:2') } });
  const applied = desired({ ...object(2), spec: { replicas: 2, ...images('web:1') } });
  const pair = { id: resourceIdOf(live), live, desired: git };
  const known = { applied, target: git, appliedKnown: true };
  const change = compareLive({ pair, stored: applied.object, ...known, policy: careful, digest });
  return change.fields.map(({ pointer, fate, fateNote }) => [pointer, fate, fateNote]);
}

/** What becomes of the replicas that somebody set to 5 where Git says 2. */
function fateOf(policy: AppPolicy, managedFields: readonly ManagedFieldsEntry[]) {
  const live = object(5, managedFields);
  const git = desired(object(2));
  const pair = { id: resourceIdOf(live), live, desired: git };
  const known = { applied: git, target: git, appliedKnown: true };
  const change = compareLive({ pair, stored: object(2), ...known, policy, digest });
  return change.fields.map(({ fate, fateNote }) => ({ fate, fateNote }));
}

const byHelm = entry('helm', 'Apply', '2026-11-01T10:00:00Z');
const byKubectl = entry('kubectl', 'Apply', '2026-11-01T10:00:00Z');
const byPerson = entry('kubectl-edit', 'Update', '2026-11-02T10:00:00Z');
const careful: AppPolicy = { ...helmPolicy, stopsAtConflicts: true };
const served: AppPolicy = {
  ...argoPolicy,
  comparison: 'server-side',
  fieldManager: 'kubectl',
  stopsAtConflicts: true,
};
const refused = (tool: string) => [
  {
    fate: 'stays',
    fateNote: `${tool} stops at it without --force-conflicts: kubectl-edit has set it`,
  },
];
const reverted = [{ fate: 'reverted', fateNote: undefined }];

describe('a field that somebody took from a server-side apply that does not force', () => {
  it('stops helm upgrade, where the release was applied on the server', () => {
    expect(fateOf(careful, [byPerson, byHelm])).toEqual(refused('helm upgrade'));
  });

  it('stops kubectl apply --server-side', () => {
    expect(fateOf(served, [byPerson, byKubectl])).toEqual(refused('kubectl apply'));
  });

  it('stops the whole object: the API server refuses all of an apply', () => {
    expect(fatesOf([byPerson, byHelm])).toEqual([
      ['/spec/replicas', 'stays', refused('helm upgrade')[0]?.fateNote],
      [
        '/spec/template/spec/containers/0/image',
        'stays',
        'helm upgrade stops at this object without --force-conflicts: kubectl-edit has set spec.replicas',
      ],
    ]);
    expect(fatesOf([byHelm]).map(([, fate]) => fate)).toEqual(['reverted', undefined]);
  });

  it('is none for the value of a Secret that Git writes as stringData', () => {
    const managedFields = [
      { ...byPerson, fieldsV1: fieldsV1([['data', 'key']]) },
      { ...byHelm, fieldsV1: fieldsV1([['stringData', 'key']]) },
    ];
    const metadata = { name: 'a', namespace: 'shop' };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata };
    const live = { ...secret, metadata: { ...metadata, managedFields }, data: { key: 'Yg==' } };
    const fates = (object: object) => {
      const git = desired(object);
      const pair = { id: git.id, live: live as KubeObject, desired: git };
      const known = { applied: git, target: git, appliedKnown: true };
      const stored = git.object;
      return compareLive({ pair, stored, ...known, policy: careful, digest }).fields.map(
        (f) => f.fate,
      );
    };
    expect(fates({ ...secret, stringData: { key: 'a' } })).toEqual(['reverted']);
    expect(fates({ ...secret, data: { key: 'YQ==' } })).toEqual(['stays']);
  });

  it('is reverted where conflicts are forced', () => {
    expect(fateOf(helmPolicy, [byPerson, byHelm])).toEqual(reverted);
  });

  it('is reverted by a release that was applied by a three-way merge', () => {
    const client = entry('helm', 'Update', '2026-11-01T10:00:00Z');
    expect(fateOf(careful, [byPerson, client])).toEqual(reverted);
  });

  it('is none where what kubectl once applied on the client is its own', () => {
    const client = entry('kubectl-client-side-apply', 'Update', '2026-11-01T10:00:00Z');
    expect(fateOf(served, [client])).toEqual(reverted);
  });
});

describe('what helm upgrade would delete', () => {
  const gone = object(1);
  const comparison = (live: KubeObject, git?: KubeObject) => {
    const side = git === undefined ? {} : { desired: desired(git) };
    const pair = { id: resourceIdOf(live), live, ...side };
    return compareLive({ pair, stored: object(2), appliedKnown: false, policy: careful, digest });
  };
  const pruned = comparison(gone);
  const refusedOne = comparison(object(5, [byPerson, byHelm]), object(2));

  it('stays where another object is refused', () => {
    const [kept, same] = withStoppedPrunes([pruned, refusedOne], careful);
    const reason =
      'helm upgrade stops at Deployment web without --force-conflicts, and then deletes nothing.';
    expect(kept?.prune).toMatchObject({ fate: 'kept', protectedBy: [reason] });
    expect(kept?.fields.map(({ fate }) => fate)).toEqual(['stays']);
    expect(kept?.notes).toEqual([{ kind: 'not-pruned', message: `Not pruned: ${reason}` }]);
    expect(same).toBe(refusedOne);
  });

  it('goes where nothing is refused, or conflicts are forced', () => {
    expect(pruned.prune?.fate).toBe('deleted');
    expect(withStoppedPrunes([pruned], careful)).toEqual([pruned]);
    const all = [pruned, refusedOne];
    expect(withStoppedPrunes(all, helmPolicy)).toBe(all);
  });
});
