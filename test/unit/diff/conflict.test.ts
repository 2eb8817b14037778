import { describe, expect, it } from 'vitest';
import { compareLive } from '../../../src/diff/compareLive';
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
