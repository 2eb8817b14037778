import { describe, expect, it } from 'vitest';
import type { ResourceId } from '../../../src/model/resource';
import type { Claim } from '../../../src/model/stray';
import {
  claimKey,
  claimLabel,
  countObjects,
  strayReason,
  straySentence,
} from '../../../src/model/stray';

const app: Claim = { kind: 'Application', namespace: '', name: 'shop' };
const release: Claim = { kind: 'release', namespace: 'web', name: 'redis' };

const id = (name: string, namespace = 'shop'): ResourceId => ({
  group: '',
  kind: 'ConfigMap',
  namespace,
  name,
});

describe('who made what is left behind', () => {
  it.each<[Claim, string, string]>([
    [app, 'Application shop', 'Application /shop'],
    [release, 'Helm release web/redis', 'release web/redis'],
    [
      { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' },
      'Kustomization flux-system/apps',
      'Kustomization flux-system/apps',
    ],
  ])('%j is named %s', (claim, label, key) => {
    expect(claimLabel(claim)).toBe(label);
    expect(claimKey(claim)).toBe(key);
  });

  it('is why nothing prunes it', () => {
    expect(strayReason(release)).toBe(
      'It belongs to the Helm release web/redis, which this cluster does not have: nothing here prunes it.',
    );
  });
});

describe('the sentence of what is left behind', () => {
  const gone = 'which this cluster does not have: nothing here prunes';
  it.each<[readonly ResourceId[], string]>([
    [[id('a')], `ConfigMap shop/a belongs to the Application shop, ${gone} it.`],
    [[id('a', '')], `ConfigMap a belongs to the Application shop, ${gone} it.`],
    [
      [id('a'), id('b'), id('c')],
      `ConfigMap shop/a, ConfigMap shop/b, ConfigMap shop/c belong to the Application shop, ${gone} them.`,
    ],
    [
      ['a', 'b', 'c', 'd', 'e'].map((name) => id(name)),
      `ConfigMap shop/a, ConfigMap shop/b, ConfigMap shop/c and 2 more belong to the Application shop, ${gone} them.`,
    ],
  ])('%#', (ids, sentence) => {
    expect(straySentence({ claim: app, ids })).toBe(sentence);
  });

  it('counts all objects', () => {
    expect(countObjects([])).toBe(0);
    expect(
      countObjects([
        { claim: app, ids: [id('a'), id('b')] },
        { claim: release, ids: [id('c')] },
      ]),
    ).toBe(3);
  });
});
