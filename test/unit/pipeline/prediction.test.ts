import { describe, expect, it } from 'vitest';
import type { AppPolicy } from '../../../src/model/app';
import type { Access } from '../../../src/model/cluster';
import type { AppliedResult, AppliesRequest, Renderer } from '../../../src/model/ports';
import type { JsonObject, KubeObject } from '../../../src/model/resource';
import { resourceIdOf } from '../../../src/model/resource';
import { createClusterSession } from '../../../src/pipeline/clusterSession';
import type { ClusterSession } from '../../../src/pipeline/clusterSession';
import type { Core } from '../../../src/pipeline/core';
import { applyLocally } from '../../../src/pipeline/localApplies';
import { predict } from '../../../src/pipeline/prediction';
import { EngineError } from '../../../src/render/engineError';
import { desired, fieldsV1, fluxPolicy } from '../diff/builders';
import { never, silent } from '../render/engine';
import { forbidden, memoryCluster, object, servedKinds } from './memoryCluster';

type Managed = readonly (readonly [string, 'Apply' | 'Update', string])[];

function settings(data: JsonObject, managed: Managed = []): KubeObject {
  const managedFields = managed.map(([manager, operation, key]) => ({
    manager,
    operation,
    fieldsV1: fieldsV1([['data', key]]),
  }));
  const metadata = managed.length === 0 ? {} : { managedFields };
  return object('v1', 'ConfigMap', 'settings', { data, metadata });
}

const OWN = ['kustomize-controller', 'Apply', 'a'] as const;
const document: JsonObject = {
  components: {
    schemas: {
      ConfigMap: {
        'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'ConfigMap' }],
      },
    },
  },
};

interface World {
  readonly core: Core;
  readonly session: ClusterSession;
  readonly asked: AppliesRequest[];
  readonly patches: { readonly body: unknown; readonly type: string }[];
}

interface Given {
  readonly patch?: Access<KubeObject>;
  readonly answer?: AppliedResult | 'none' | 'broken';
  readonly openApi?: boolean;
}

/** A cluster and an engine that answer what the test says. */
function world({ patch, answer = 'none', openApi = true }: Given): World {
  const memory = memoryCluster({
    patched: () => patch ?? forbidden('patch', 'configmaps', 'shop'),
  });
  const session = createClusterSession('eu');
  session.cluster = {
    ...memory.cluster,
    openApi: () =>
      Promise.resolve(
        openApi ? { kind: 'ok', value: document } : { kind: 'not-found', message: 'none' },
      ),
  };
  session.kinds = servedKinds;
  const asked: AppliesRequest[] = [];
  const renderer = {
    threeWay: () => Promise.resolve({ patch: { x: 1 }, patchType: 'merge', predicted: merged }),
    applied: (request: AppliesRequest) => {
      asked.push(request);
      if (answer === 'broken') return Promise.reject(new EngineError('no answer'));
      return Promise.resolve(answer === 'none' ? [] : request.applies.map(() => answer));
    },
  } as unknown as Renderer;
  const core = { deps: { renderer, log: silent } } as unknown as Core;
  return { core, session, asked, patches: memory.patches };
}

const merged = settings({ a: 'three-way' });
const told = settings({ a: 'told' });

async function predicted(given: World, live: KubeObject, policy: AppPolicy = fluxPolicy) {
  const git = settings({ a: '1' });
  const pair = { id: resourceIdOf(git), desired: desired(git), live };
  const first = await predict(given.core, given.session, { pair, policy }, never);
  if (!('apply' in first)) return first;
  const [result] = await applyLocally(given.core, given.session, [first.apply], never);
  return await first.finish(result);
}

describe('what a sync would make of an object', () => {
  const drifted = settings({ a: '2' }, [OWN]);
  const refusal = forbidden('patch', 'configmaps', 'shop');

  it('is what the server says', async () => {
    const here = world({ patch: { kind: 'ok', value: told } });
    expect(await predicted(here, drifted)).toEqual({ predicted: told });
    expect(here.asked).toEqual([]);
  });

  it('is what the engine makes of it for those who may only read', async () => {
    const here = world({ answer: { predicted: told } });
    expect(await predicted(here, drifted)).toEqual({
      predicted: told,
      localOnly: true,
      refusal,
    });
    expect(here.asked).toMatchObject([
      {
        components: { ConfigMap: {} },
        applies: [{ live: drifted, manager: 'kustomize-controller', adopted: [] }],
      },
    ]);
  });

  it.each<[string, Given]>([
    ['the cluster tells no schema', { openApi: false }],
    ['the engine does not answer', { answer: 'broken' }],
  ])('is not known where %s', async (_name, given) => {
    expect(await predicted(world(given), drifted)).toEqual({ predicted: refusal });
  });

  it('is a refusal where the object does not fit its schema', async () => {
    const here = world({ answer: { refused: '.data.x: field not declared in schema' } });
    expect(await predicted(here, drifted)).toEqual({
      predicted: {
        kind: 'invalid',
        message: '.data.x: field not declared in schema',
        immutable: false,
      },
      localOnly: true,
    });
  });

  it('asks once for a right, however many objects are compared at once', async () => {
    const here = world({ answer: { predicted: told } });
    const all = await Promise.all(
      ['2', '3', '4'].map((a) => {
        const [live, git] = [settings({ a }, [OWN]), desired(settings({ a: '1' }))];
        const pair = { id: resourceIdOf(live), desired: git, live };
        return predict(here.core, here.session, { pair, policy: fluxPolicy }, never);
      }),
    );
    expect(all.every((one) => 'apply' in one)).toBe(true);
    expect(here.patches).toHaveLength(1);
    await predicted(here, drifted);
    expect(here.patches).toHaveLength(1);
    here.session.patchRights.clear();
    await predicted(here, drifted);
    expect(here.patches).toHaveLength(2);
  });

  it('asks for each object where the first was answered, or given up', async () => {
    const here = world({ patch: { kind: 'ok', value: told } });
    const all = [predicted(here, drifted), predicted(here, drifted)];
    await Promise.all(all);
    expect(here.patches).toHaveLength(2);
    const given = world({ patch: { kind: 'ok', value: told } });
    const gone = Promise.reject(new Error('given up'));
    const answers = [gone, Promise.resolve({ kind: 'ok', value: told } as const)];
    given.session.cluster = {
      ...(given.session.cluster as NonNullable<typeof given.session.cluster>),
      patch: () => answers.shift() ?? gone,
    };
    const [first, second] = await Promise.allSettled([
      predicted(given, drifted),
      predicted(given, drifted),
    ]);
    expect(first.status).toBe('rejected');
    expect(second).toMatchObject({ status: 'fulfilled', value: { predicted: told } });
    expect(given.session.patchRights.size).toBe(0);
  });

  describe('where Flux makes the fields of kubectl its own', () => {
    const taken = settings({ a: '2', b: '1' }, [OWN, ['kubectl-edit', 'Update', 'b']]);

    it('is the result of the engine, tried on the server', async () => {
      const here = world({ patch: { kind: 'ok', value: told }, answer: { predicted: merged } });
      expect(await predicted(here, taken)).toEqual({ predicted: told });
      expect(here.asked[0]?.applies[0]?.adopted).toContainEqual({
        prefix: 'kubectl',
        operation: 'Update',
      });
      expect(here.patches).toMatchObject([
        { type: 'merge', dryRun: true, body: { data: { a: 'three-way', b: null } } },
      ]);
    });

    it('is that result alone for those who may only read', async () => {
      const here = world({ answer: { predicted: told } });
      expect(await predicted(here, taken)).toEqual({ predicted: told, localOnly: true, refusal });
    });

    it('is the client-side merge where the engine has no answer', async () => {
      const here = world({ patch: { kind: 'ok', value: told }, openApi: false });
      expect(await predicted(here, taken)).toEqual({ predicted: told });
      expect(here.patches).toMatchObject([{ body: { x: 1 }, type: 'merge' }]);
    });
  });

  it('is the client-side merge alone where that may not be tried', async () => {
    const policy: AppPolicy = { ...fluxPolicy, comparison: 'three-way', asksServer: true };
    expect(await predicted(world({}), drifted, policy)).toEqual({
      predicted: merged,
      localOnly: true,
      refusal,
    });
  });

  it('asks one question a version', async () => {
    const here = world({ answer: { predicted: told } });
    const apply = (live: KubeObject) => ({ live, desired: live, manager: 'm', adopted: [] });
    const all = [drifted, told, merged].map(apply);
    const results = await applyLocally(here.core, here.session, all, never);
    expect(results).toEqual(all.map(() => ({ predicted: told })));
    expect(here.asked.map(({ applies }) => applies.length)).toEqual([3]);
    expect(await applyLocally(here.core, here.session, [], never)).toEqual([]);
  });
});
