import { describe, expect, it } from 'vitest';
import { recordAt } from '../../../src/model/fields';
import type { JsonObject, KubeObject } from '../../../src/model/resource';
import { createSchemas } from '../../../src/validate/schemas';
import { committedSchemas, deployment, readCommittedBundle } from './bundle';

function crd(version: string, schema: unknown, more: object = {}): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.example.com' },
    spec: {
      group: 'example.com',
      names: { kind: 'Gadget' },
      scope: 'Namespaced',
      versions: [{ name: version, schema: { openAPIV3Schema: schema } }],
      ...more,
    },
  };
}

function gadget(spec: object): KubeObject {
  return { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'g' }, spec };
}

function specOf(properties: object): object {
  return { type: 'object', properties: { spec: { type: 'object', properties } } };
}

const withSize = specOf({ size: { type: 'integer' } });
const withColour = specOf({ colour: { type: 'string' } });

/** A document as an API server publishes it for one definition of a CRD. */
function openApi(schema: object): JsonObject {
  return {
    components: {
      schemas: {
        'com.example.v1.Gadget': {
          ...schema,
          'x-kubernetes-group-version-kind': [
            { group: 'example.com', version: 'v1', kind: 'Gadget' },
          ],
        },
      },
    },
  };
}

describe('the bundled schemas', () => {
  it('hold the kinds of Kubernetes, Argo CD and Flux', async () => {
    const schemas = committedSchemas();
    const kinds = [
      ['v1', 'Pod'],
      ['apps/v1', 'Deployment'],
      ['batch/v1', 'CronJob'],
      ['networking.k8s.io/v1', 'Ingress'],
      ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
      ['argoproj.io/v1alpha1', 'Application'],
      ['argoproj.io/v1alpha1', 'ApplicationSet'],
      ['kustomize.toolkit.fluxcd.io/v1', 'Kustomization'],
      ['helm.toolkit.fluxcd.io/v2', 'HelmRelease'],
      ['source.toolkit.fluxcd.io/v1', 'GitRepository'],
    ] as const;
    for (const [apiVersion, kind] of kinds) {
      expect(await schemas.find(apiVersion, kind), kind).toMatchObject({ source: 'bundled' });
    }
    expect(await schemas.bundledVersion()).toMatch(/^v1\.\d+\.\d+$/);
  });

  it('tell how lists are merged, as an API server publishes it', async () => {
    const schemas = committedSchemas();
    const apps = await schemas.document('apps/v1');
    const all = recordAt(apps, 'components', 'schemas') ?? {};
    expect(all['io.k8s.api.apps.v1.Deployment']).toMatchObject({
      'x-kubernetes-group-version-kind': [{ group: 'apps', version: 'v1', kind: 'Deployment' }],
    });
    expect(recordAt(all['io.k8s.api.core.v1.PodSpec'], 'properties', 'containers')).toMatchObject({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
    });
    // Part of the key of a port that does not name its protocol.
    const port = recordAt(all['io.k8s.api.core.v1.ContainerPort'], 'properties', 'protocol');
    expect(port?.['default']).toBe('TCP');
    const core = await schemas.document('v1');
    expect(recordAt(core, 'components', 'schemas')?.['io.k8s.api.core.v1.Service']).toMatchObject({
      'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Service' }],
    });
    expect(await schemas.document('apps/v9')).toBeUndefined();
    expect(await schemas.document('argoproj.io/v1alpha1')).toBeUndefined();
  });

  it('can each be compiled', async () => {
    const bundle = JSON.parse(new TextDecoder().decode(await readCommittedBundle())) as {
      kinds: object;
      customResources: object;
    };
    const schemas = committedSchemas();
    const keys = [...Object.keys(bundle.kinds), ...Object.keys(bundle.customResources)];
    expect(keys.length).toBeGreaterThan(90);
    for (const key of keys) {
      const slash = key.lastIndexOf('/');
      const found = await schemas.find(key.slice(0, slash), key.slice(slash + 1));
      expect(found, key).toBeDefined();
    }
  });

  it.each([
    ['', 'ConfigMap', true],
    ['', 'Namespace', false],
    ['apps', 'Deployment', true],
    ['rbac.authorization.k8s.io', 'ClusterRole', false],
    ['apiextensions.k8s.io', 'CustomResourceDefinition', false],
    ['argoproj.io', 'Application', true],
    ['example.com', 'Deployment', undefined],
    ['', 'Nothing', undefined],
  ])('know the scope of %s/%s', async (group, kind, namespaced) => {
    expect(await committedSchemas().namespaced(group, kind)).toBe(namespaced);
  });

  it('are read once, and not before they are asked for', async () => {
    const reads: number[] = [];
    const schemas = createSchemas({
      bundle: () => {
        reads.push(reads.length);
        return readCommittedBundle();
      },
    });
    const derived = schemas.withCrds([crd('v1', withSize)]);
    expect(reads).toEqual([]);
    await Promise.all([
      schemas.find('v1', 'Pod'),
      schemas.namespaced('', 'Pod'),
      derived.find('v1', 'Service'),
    ]);
    expect(reads).toEqual([0]);
  });

  it('know nothing of another version of a kind', async () => {
    expect(await committedSchemas().find('apps/v1beta1', 'Deployment')).toBeUndefined();
    expect(await committedSchemas().find('apps/v1', 'Deploymnet')).toBeUndefined();
    expect(await committedSchemas().find('__proto__', 'constructor')).toBeUndefined();
  });
});

describe('the order of the sources', () => {
  const object = gadget({ size: 1, colour: 'red' });

  async function judge(find: ReturnType<typeof committedSchemas>) {
    const schema = await find.find('example.com/v1', 'Gadget');
    const unknown = schema?.check(object).map(({ pointer }) => pointer);
    return [schema?.source, unknown];
  }

  it('takes a CRD of the repository where no cluster is connected', async () => {
    const schemas = committedSchemas().withCrds([crd('v1', withSize)]);
    expect(await judge(schemas)).toEqual(['repository', ['/spec/colour']]);
  });

  it('takes the cluster before a CRD elsewhere in the repository', async () => {
    const schemas = committedSchemas()
      .withCrds([crd('v1', withSize)])
      .withCluster(new Map([['example.com/v1', openApi(withColour)]]));
    expect(await judge(schemas)).toEqual(['cluster', ['/spec/size']]);
  });

  it('takes the CRD that the app itself brings before both', async () => {
    const schemas = committedSchemas()
      .withCluster(new Map([['example.com/v1', openApi(withColour)]]))
      .withCrds([crd('v1', withColour)])
      .withCrds([crd('v1', withSize)], 'app');
    expect(await judge(schemas)).toEqual(['repository', ['/spec/colour']]);
  });

  it('leaves the given schemas as they were', async () => {
    const schemas = committedSchemas();
    schemas.withCrds([crd('v1', withSize)]);
    expect(await schemas.find('example.com/v1', 'Gadget')).toBeUndefined();
    expect(await schemas.namespaced('example.com', 'Gadget')).toBeUndefined();
    const known = schemas.withCrds([crd('v1', withSize)]);
    expect(await known.namespaced('example.com', 'Gadget')).toBe(true);
  });

  it('falls back to what is bundled for kinds that a document lacks', async () => {
    const schemas = committedSchemas().withCluster(new Map([['apps/v1', {}]]));
    expect(await schemas.find('apps/v1', 'Deployment')).toMatchObject({ source: 'bundled' });
  });
});

describe('a broken CRD', () => {
  it.each([
    ['no spec', { spec: undefined }],
    ['a spec that is a text', { spec: 'x' }],
    [
      'versions that are no list',
      { spec: { group: 'example.com', names: { kind: 'Gadget' }, versions: 'v1' } },
    ],
    [
      'a version that is null',
      { spec: { group: 'example.com', names: { kind: 'Gadget' }, versions: [null] } },
    ],
    [
      'no schema',
      { spec: { group: 'example.com', names: { kind: 'Gadget' }, versions: [{ name: 'v1' }] } },
    ],
  ])('with %s is no schema', async (_, broken) => {
    const schemas = committedSchemas().withCrds([{ ...crd('v1', withSize), ...broken }]);
    expect(await schemas.find('example.com/v1', 'Gadget')).toBeUndefined();
  });

  it.each([
    ['required is a text', { type: 'object', required: 'spec' }],
    ['a type that does not exist', { type: 'thing' }],
    ['properties is a list', { type: 'object', properties: [1] }],
    ['a child that is null', { type: 'object', properties: { spec: null } }],
    ['anyOf holds null', { type: 'object', anyOf: [null] }],
  ])('where %s never throws', async (_, schema) => {
    const schemas = committedSchemas().withCrds([crd('v1', schema)]);
    const found = await schemas.find('example.com/v1', 'Gadget');
    expect(() => found?.check(gadget({ size: 1 }))).not.toThrow();
  });

  it('nested too deep to compile is no schema', async () => {
    const deep = Array.from({ length: 20_000 }).reduce<object>(
      (inner) => ({ type: 'object', properties: { a: inner } }),
      { type: 'string' },
    );
    const schemas = committedSchemas().withCrds([crd('v1', deep)]);
    expect(await schemas.find('example.com/v1', 'Gadget')).toBeUndefined();
  });
});

describe('the definitions of a cluster', () => {
  it('are told apart as Go types and custom resources', async () => {
    const document = {
      components: {
        schemas: {
          'io.k8s.api.demo.v1.Thing': {
            type: 'object',
            properties: { spec: { type: 'object' }, metadata: { $ref: '#/components/schemas/M' } },
            'x-kubernetes-group-version-kind': [{ group: 'demo', version: 'v1', kind: 'Thing' }],
          },
          'demo.v1.Custom': {
            type: 'object',
            properties: { spec: { type: 'object' } },
            'x-kubernetes-group-version-kind': [{ group: 'demo', version: 'v1', kind: 'Custom' }],
          },
          M: { type: 'object', properties: { name: { type: 'string' } } },
        },
      },
    } as unknown as JsonObject;
    const schemas = committedSchemas().withCluster(new Map([['demo/v1', document]]));
    const object = { apiVersion: 'demo/v1', kind: 'X', metadata: { name: 'x' }, spec: { a: 1 } };
    const thing = await schemas.find('demo/v1', 'Thing');
    const custom = await schemas.find('demo/v1', 'Custom');
    expect(thing?.check(object).map(({ pointer }) => pointer)).toEqual(['/apiVersion', '/kind']);
    expect(custom?.check(object)).toMatchObject([{ kind: 'unknown-field', pointer: '/spec/a' }]);
  });

  it('are compiled once for kinds that share them', async () => {
    const schemas = committedSchemas();
    const first = await schemas.find('apps/v1', 'Deployment');
    const again = await schemas.find('apps/v1', 'Deployment');
    expect(again?.check).toBe(first?.check);
    expect(first?.check(deployment())).toEqual([]);
  });
});
