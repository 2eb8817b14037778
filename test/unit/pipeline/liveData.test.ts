import { describe, expect, it } from 'vitest';
import type { FluxSource, HelmSource } from '../../../src/model/render';
import type { LiveData } from '../../../src/pipeline/clusterSession';
import { unresolvedOf, withLiveData } from '../../../src/pipeline/liveData';

const reference = (kind: 'ConfigMap' | 'Secret', name: string, index = 0) => ({
  kind,
  namespace: 'shop',
  name,
  pointer: `/spec/x/${index}`,
});

const data = (entries: Readonly<Record<string, LiveData>>) => new Map(Object.entries(entries));
const found = (values: Readonly<Record<string, string>>): LiveData => ({ kind: 'found', values });

const helm = (
  ...valuesFrom: readonly NonNullable<HelmSource['valuesFrom']>[number][]
): HelmSource => ({
  kind: 'helm',
  path: 'chart',
  releaseName: 'web',
  namespace: 'shop',
  valueFiles: [],
  includeCrds: true,
  valuesFrom,
});

describe('values that only the cluster has', () => {
  const open = reference('Secret', 'creds');
  const source = helm(
    { kind: 'ConfigMap', name: 'base', text: 'a: 1\n' },
    { kind: 'Secret', name: 'creds', targetPath: 'db.password', valuesKey: 'pw', unresolved: open },
  );

  it('take the place that their entry has', () => {
    const filled = withLiveData(
      source,
      data({ 'Secret shop/creds': found({ pw: 'x', other: 'y' }) }),
    );
    expect(filled).toEqual({
      ...source,
      valuesFrom: [
        source.valuesFrom?.[0],
        { kind: 'Secret', name: 'creds', targetPath: 'db.password', valuesKey: 'pw', text: 'x' },
      ],
    });
    expect(unresolvedOf(filled)).toEqual([]);
  });

  it('stay open where the object, or its key, is not there or may not be read', () => {
    for (const answer of [
      found({ other: 'y' }),
      { kind: 'absent' } as const,
      { kind: 'unread', reason: 'No.' } as const,
    ]) {
      expect(unresolvedOf(withLiveData(source, data({ 'Secret shop/creds': answer })))).toEqual([
        open,
      ]);
    }
    expect(withLiveData(source, new Map())).toBe(source);
  });

  it('are under values.yaml unless a key is named', () => {
    const plain = helm({ kind: 'Secret', name: 'creds', unresolved: open });
    const filled = withLiveData(
      plain,
      data({ 'Secret shop/creds': found({ 'values.yaml': 'a: 2' }) }),
    );
    expect(filled).toEqual(helm({ kind: 'Secret', name: 'creds', text: 'a: 2' }));
  });

  it('of another cluster, or kind of source, change nothing', () => {
    const folder = { kind: 'directory', path: 'web', recurse: false } as const;
    expect(withLiveData(folder, data({ 'Secret shop/creds': found({}) }))).toBe(folder);
  });
});

describe('variables that only the cluster has', () => {
  const source = (part: Partial<FluxSource>): FluxSource => ({
    kind: 'flux',
    path: 'apps',
    kustomization: {},
    ...part,
  });

  it('win over earlier entries and lose to later ones of Git', () => {
    const open = { ...reference('ConfigMap', 'region', 1), losesTo: ['c'] };
    const filled = withLiveData(
      source({ variables: { a: 'git', b: 'git', c: 'git' }, unresolvedVariables: [open] }),
      data({ 'ConfigMap shop/region': found({ b: 'live', c: 'live', d: 'live' }) }),
    );
    expect(filled).toMatchObject({
      variables: { a: 'git', b: 'live', c: 'git', d: 'live' },
      secretVariables: [],
      unresolvedVariables: [],
    });
  });

  it('follow each other in their order, and are secret by the one that won', () => {
    const first = { ...reference('Secret', 'one', 0), losesTo: [] };
    const second = { ...reference('ConfigMap', 'two', 1), losesTo: [] };
    const third = { ...reference('Secret', 'three', 2), losesTo: [] };
    const filled = withLiveData(
      source({
        secretVariables: ['z'],
        variables: { z: 'g' },
        unresolvedVariables: [first, second, third],
      }),
      data({
        'Secret shop/one': found({ a: '1', b: '1' }),
        'ConfigMap shop/two': found({ a: '2' }),
        'Secret shop/three': { kind: 'absent' },
      }),
    );
    expect(filled).toMatchObject({
      variables: { z: 'g', a: '2', b: '1' },
      unresolvedVariables: [third],
    });
    expect(new Set((filled as FluxSource).secretVariables)).toEqual(new Set(['z', 'b']));
  });
});
