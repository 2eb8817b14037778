import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../../../src/model/appState';
import type { KubeObject } from '../../../src/model/resource';
import { resourceIdOf, resourceKey } from '../../../src/model/resource';
import { createClusterSession } from '../../../src/pipeline/clusterSession';
import type { Core } from '../../../src/pipeline/core';
import { strayText } from '../../../src/pipeline/strayDocument';
import { digest } from '../diff/builders';
import { never } from '../render/engine';
import { CONNECTED } from '../views/states';
import type { MemoryClusterOptions } from './memoryCluster';
import { forbidden, memoryCluster, object, servedKinds } from './memoryCluster';

const VALUE = 'c2VjcmV0IG9mIHRoaXMgdGVzdA==';
const live = object('v1', 'ConfigMap', 'flags', {
  metadata: { uid: 'u', annotations: { 'argocd.argoproj.io/tracking-id': 'x' } },
  data: { mode: 'blue' },
  status: { seen: true },
});
const secret = object('v1', 'Secret', 'login', { data: { password: VALUE } });
const other = object('v1', 'ConfigMap', 'other', { data: { a: 'b' } });

async function textOf(
  one: KubeObject,
  options: MemoryClusterOptions & { readonly idle?: true } = {},
) {
  const memory = memoryCluster({ objects: [live, secret, other], ...options });
  const session = createClusterSession('eu');
  if (options.idle !== true) session.connection = CONNECTED;
  session.cluster = memory.cluster;
  session.kinds = servedKinds;
  const claim = { kind: 'Application', namespace: '', name: 'gone' } as const;
  const strays = [{ claim, ids: [live, secret].map(resourceIdOf) }];
  const clusters = [{ name: 'eu', strays }] as unknown as readonly ClusterState[];
  const core = {
    clusters: new Map([['eu', session]]),
    deps: { digest },
    store: { state: () => ({ clusters }) },
  } as unknown as Core;
  const request = {
    kind: 'stray',
    cluster: 'eu',
    resource: resourceKey(resourceIdOf(one)),
  } as const;
  return { answer: await strayText(core, request, never), requests: memory.requests };
}

describe('the document of an object that is left behind', () => {
  it('is read when it is opened, without what only the server writes', async () => {
    const { answer, requests } = await textOf(live);
    expect(answer).toMatchObject({ label: 'live · eu' });
    expect(answer).toHaveProperty('text', expect.stringContaining('mode: blue'));
    expect(JSON.stringify(answer)).not.toMatch(/uid|status/);
    expect(requests).toEqual(['get v1/ConfigMap shop/flags']);
  });

  it('never has a value of a Secret', async () => {
    const { answer } = await textOf(secret);
    expect(JSON.stringify(answer)).toContain('password');
    expect(JSON.stringify(answer)).not.toContain(VALUE);
    expect(JSON.stringify(answer)).not.toContain('secret of this test');
  });

  it('is empty once the object is gone', async () => {
    expect((await textOf(live, { objects: [] })).answer).toEqual({ text: '', label: 'live · eu' });
  });

  it('asks for nothing else, and nothing of a cluster that is not connected', async () => {
    const unknown = await textOf(other);
    expect(unknown.answer).toEqual({
      kind: 'refusal',
      reason: 'eu has nothing left behind of that name.',
    });
    const idle = await textOf(live, { idle: true });
    expect(idle.answer).toEqual({ kind: 'refusal', reason: 'eu is not connected.' });
    expect([...unknown.requests, ...idle.requests]).toEqual([]);
  });

  it('says why it may not be read', async () => {
    const { answer } = await textOf(live, { refuse: () => forbidden('get', 'configmaps', 'shop') });
    expect(answer).toEqual({
      kind: 'refusal',
      reason: 'You may not get configmaps in namespace shop.',
    });
  });
});
