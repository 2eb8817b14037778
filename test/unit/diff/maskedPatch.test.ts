import { describe, expect, it } from 'vitest';
import { compareLive } from '../../../src/diff/compareLive';
import type { AppPolicy } from '../../../src/model/app';
import { resourceIdOf } from '../../../src/model/resource';
import type { KubeObject } from '../../../src/model/resource';
import { desired, digest, helmPolicy } from './builders';

const corrects: AppPolicy = {
  ...helmPolicy,
  fieldManager: 'helm-controller',
  driftDetection: 'enabled',
};

function object(kind: string, data: object, tier = 'front'): KubeObject {
  const metadata = { name: 'a', namespace: 'shop', labels: { tier } };
  return { apiVersion: 'v1', kind, metadata, data };
}

function fatesOf(live: KubeObject, git: KubeObject, policy = corrects, upgradeDue = false) {
  const known = { applied: desired(git), target: desired(git), appliedKnown: true };
  const pair = { id: resourceIdOf(live), live, desired: desired(git) };
  const change = compareLive({ pair, stored: git, ...known, policy, digest, upgradeDue });
  return change.fields.map(({ pointer, fate }) => `${pointer} ${fate ?? ''}`);
}

describe('what helm-controller corrects of a Secret', () => {
  const [said, moved] = [{ key: 'YQ==' }, { key: 'Yg==' }];
  it('is nothing where a value differs: it sends the values masked', () => {
    expect(fatesOf(object('Secret', moved, 'x'), object('Secret', said))).toEqual([
      '/metadata/labels/tier stays',
      '/data/key stays',
    ]);
    expect(fatesOf(object('Secret', {}), object('Secret', said))).toEqual(['/data/key stays']);
  });

  it('is what is no value', () => {
    const fates = fatesOf(object('Secret', said, 'x'), object('Secret', said));
    expect(fates).toEqual(['/metadata/labels/tier reverted']);
  });

  it('is all of an object that is none', () => {
    expect(fatesOf(object('ConfigMap', moved), object('ConfigMap', said))).toEqual([
      '/data/key reverted',
    ]);
  });

  it('is all of it with the upgrade that is due', () => {
    const fates = fatesOf(object('Secret', moved), object('Secret', said), corrects, true);
    expect(fates).toEqual(['/data/key reverted']);
  });
});
