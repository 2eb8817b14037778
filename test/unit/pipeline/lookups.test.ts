import { describe, expect, it } from 'vitest';
import { createClusterSession } from '../../../src/pipeline/clusterSession';
import type { ClusterSession } from '../../../src/pipeline/clusterSession';
import { lookupKey, readLookups } from '../../../src/pipeline/lookups';
import { forbidden, memoryCluster, object, servedKinds } from './memoryCluster';
import type { MemoryClusterOptions } from './memoryCluster';

const never = new AbortController().signal;

function session(options: MemoryClusterOptions, missingGroups: readonly string[] = []) {
  const memory = memoryCluster(options);
  const made: ClusterSession = {
    ...createClusterSession('eu'),
    cluster: memory.cluster,
    kinds: servedKinds,
    served: { name: 'eu', served: servedKinds, missingGroups },
  };
  return { made, memory };
}

const lookup = (apiVersion: string, kind: string, namespace: string, name: string) => ({
  apiVersion,
  kind,
  namespace,
  name,
});

const creds = object('v1', 'Secret', 'creds', { data: { password: 'bGl2ZQ==' } });
const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };

describe("what a chart looks up, as Helm's own function would", () => {
  it.each([
    ['an object', lookup('v1', 'Secret', 'shop', 'creds'), { found: creds }],
    ['none', lookup('v1', 'Secret', 'shop', 'other'), {}],
    [
      'one of the cluster, whatever namespace is said',
      lookup('v1', 'Namespace', 'x', 'shop'),
      { found: space },
    ],
    ['one of a namespace, without any', lookup('v1', 'Secret', '', 'creds'), {}],
    [
      'a list of a namespace',
      lookup('v1', 'Secret', 'shop', ''),
      { found: { apiVersion: 'v1', kind: 'SecretList', metadata: {}, items: [creds] } },
    ],
    [
      'a list of the cluster',
      lookup('v1', 'Namespace', '', ''),
      { found: { apiVersion: 'v1', kind: 'NamespaceList', metadata: {}, items: [space] } },
    ],
    [
      'a kind that nobody serves',
      lookup('acme.example/v1', 'Thing', 'shop', 'x'),
      { unserved: 'eu does not serve acme.example/v1 Thing' },
    ],
    [
      'a version that nobody serves',
      lookup('apps/v1beta1', 'Deployment', 'shop', 'x'),
      { unserved: 'eu does not serve apps/v1beta1 Deployment' },
    ],
  ])('%s', async (_, wanted, answer) => {
    const { made } = session({ objects: [creds, space] });
    const read = await readLookups(made, [wanted], never);
    expect(read).toEqual({ answers: [{ ...wanted, ...answer }], limits: [] });
  });

  it('leaves open what may not be read, and says so', async () => {
    const { made } = session({ refuse: () => forbidden('get', 'secrets', 'shop') });
    const wanted = [lookup('v1', 'Secret', 'shop', 'creds'), lookup('v1', 'Secret', 'shop', '')];
    const message = 'You may not get secrets in namespace shop.';
    expect(await readLookups(made, wanted, never)).toEqual({
      answers: [],
      limits: [message, message],
    });
  });

  it('leaves open what an API group hides that does not answer', async () => {
    const { made } = session({}, ['acme.example/v1']);
    const read = await readLookups(made, [lookup('acme.example/v1', 'Thing', 'a', 'b')], never);
    expect(read.answers).toEqual([]);
    expect(read.limits[0]).toContain('acme.example does not answer');
  });

  it('carries no list of thousands into a render', async () => {
    const many = Array.from({ length: 2001 }, (_, index) => object('v1', 'ConfigMap', `c${index}`));
    const { made } = session({ objects: many });
    const read = await readLookups(made, [lookup('v1', 'ConfigMap', '', '')], never);
    expect(read.answers).toEqual([]);
    expect(read.limits[0]).toContain('2001 objects');
  });

  it('asks nobody while nothing is connected', async () => {
    const read = await readLookups(
      createClusterSession('eu'),
      [lookup('v1', 'Secret', 'shop', 'creds')],
      never,
    );
    expect(read).toEqual({ answers: [], limits: [] });
  });

  it('tells lookups apart by each of their parts', () => {
    const one = lookup('v1', 'Secret', 'a', 'b');
    const keys = [one, { ...one, name: 'c' }, { ...one, namespace: 'c' }, { ...one, kind: 'K' }];
    expect(new Set(keys.map(lookupKey)).size).toBe(4);
  });
});
