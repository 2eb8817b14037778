import { afterAll, describe, expect, it } from 'vitest';
import type { AppPolicy } from '../../../src/model/app';
import type { ArgoView } from '../../../src/model/argo';
import type { Access, AccessRefusal, PatchRequest } from '../../../src/model/cluster';
import type { JsonObject, KubeObject } from '../../../src/model/resource';
import { resourceIdOf } from '../../../src/model/resource';
import { createClusterSession } from '../../../src/pipeline/clusterSession';
import type { Core } from '../../../src/pipeline/core';
import { applyLocally } from '../../../src/pipeline/localApplies';
import { predict } from '../../../src/pipeline/prediction';
import type { Predicted } from '../../../src/pipeline/prediction';
import { argoPolicy, desired } from '../diff/builders';
import { never, realRenderer, silent } from '../render/engine';
import { committedSchemas } from '../validate/bundle';
import { memoryCluster, served } from './memoryCluster';

const renderer = realRenderer({ maxEngines: 1 });
afterAll(() => renderer.dispose());

const FIELD = 'argocd-controller';
const forbidden: AccessRefusal = {
  kind: 'forbidden',
  message: 'The API of Argo CD does not give it.',
  verb: 'get',
  resource: 'dry runs',
  namespace: '',
  noRightHelps: true,
};
const onServer: AppPolicy = { ...argoPolicy, comparison: 'server-side', fieldManager: FIELD };
const diffOnServer: AppPolicy = { ...argoPolicy, comparison: 'three-way', asksServer: true };

const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'web:1', ports: [{ containerPort: 80 }] }] },
};
const spec: JsonObject = { selector: { matchLabels: { app: 'web' } }, template };

function web(more: JsonObject, metadata: JsonObject = {}, apiVersion = 'apps/v1'): KubeObject {
  const known = { name: 'web', namespace: 'shop', ...metadata };
  return { apiVersion, kind: 'Deployment', metadata: known, spec: { ...spec, ...more } };
}

const owns = (manager: string, fields: JsonObject): JsonObject => ({
  manager,
  operation: 'Apply',
  apiVersion: 'apps/v1',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:spec': fields },
});

interface Given {
  readonly git: KubeObject;
  readonly live: KubeObject;
  readonly policy: AppPolicy;
  /** What Argo CD foresees of an apply of what Git says. */
  readonly foreseen?: KubeObject;
  readonly byArgo?: boolean;
}

async function predicted({ git, live, policy, foreseen, byArgo = true }: Given) {
  const asked: PatchRequest[] = [];
  const session = createClusterSession('in-cluster');
  const patched = (request: PatchRequest): Access<KubeObject> => {
    asked.push(request);
    const isTold = request.type === 'apply' && foreseen !== undefined;
    return isTold ? { kind: 'ok', value: foreseen } : forbidden;
  };
  session.cluster = {
    ...memoryCluster({ patched }).cluster,
    openApi: () => Promise.resolve(forbidden),
    ...(byArgo ? { argo: {} as ArgoView } : {}),
  };
  session.kinds = [served('apps', 'v1', 'Deployment')];
  const deps = { renderer, log: silent, schemas: committedSchemas() };
  const core = { deps } as unknown as Core;
  const pair = { id: resourceIdOf(git), desired: desired(git), live };
  const first = await predict(core, session, { pair, policy }, never);
  if (!('apply' in first)) return { result: first, asked };
  const [made] = await applyLocally(core, session, [first.apply], never);
  return { result: await first.finish(made), asked };
}

function specOf({ predicted: object }: Predicted): JsonObject | undefined {
  return object && 'apiVersion' in object ? (object['spec'] as JsonObject) : undefined;
}

describe('what a sync would make of an object, where only Argo CD tells of the cluster', () => {
  const both = {
    managedFields: [owns(FIELD, { 'f:replicas': {} }), owns('other', { 'f:replicas': {} })],
  };
  const image = (name: string) => ({
    template: { ...template, spec: { containers: [{ name: 'main', image: name }] } },
  });

  it('is what the field manager of the API server makes, by the schemas of built-in kinds', async () => {
    const given = { git: web({}), live: web({ replicas: 3 }, both), policy: onServer };
    const { result } = await predicted(given);
    expect(result.localOnly).toBe(true);
    // Somebody else applies it as well: it stays.
    expect(specOf(result)?.['replicas']).toBe(3);
    const without = await predicted({ ...given, byArgo: false });
    expect(without.result).toEqual({ predicted: forbidden });
  });

  it('is not refused for what those schemas do not know', async () => {
    const git = web({ soonToCome: true });
    const { result } = await predicted({ git, live: web({ replicas: 3 }, both), policy: onServer });
    expect(result).toEqual({ predicted: forbidden });
  });

  it('is the merge that its own dry run of the same text bears out', async () => {
    const live = web({ replicas: 3 });
    const { result, asked } = await predicted({
      git: web({ replicas: 2 }),
      live,
      policy: diffOnServer,
      foreseen: web({ replicas: 2, paused: false }),
    });
    expect(result.localOnly).toBeUndefined();
    expect(specOf(result)).toEqual(web({ replicas: 2 })['spec']);
    expect(asked.map(({ type }) => type)).toEqual(['strategic', 'apply']);
  });

  it.each<[string, KubeObject | undefined]>([
    ['foresees something else', web({ ...image('web:1'), replicas: 2 })],
    ['foresees nothing', undefined],
  ])('is that merge alone where it %s', async (_name, foreseen) => {
    const git = web({ ...image('web:2'), replicas: 2 });
    const live = web({ ...image('web:1'), replicas: 3 });
    const { result } = await predicted({
      git,
      live,
      policy: diffOnServer,
      ...(foreseen === undefined ? {} : { foreseen }),
    });
    expect(result).toMatchObject({ localOnly: true, refusal: forbidden });
    expect(specOf(result)).toEqual(git['spec']);
  });
});
