import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../src/model/problem';
import type { RenderedObject } from '../../../src/model/render';
import type { Destination } from '../../../src/validate/rules/rule';
import { validateObjects } from '../../../src/validate/validateObjects';
import { committedSchemas, deployment, rendered } from './bundle';

const schemas = committedSchemas();

function validate(
  objects: readonly (object | RenderedObject)[],
  destination: Destination = {},
): Promise<readonly Problem[]> {
  const all = objects.map((one) => ('origin' in one && 'role' in one ? one : rendered(one)));
  return validateObjects({
    objects: all,
    schemas,
    destination,
    signal: new AbortController().signal,
  });
}

async function messages(objects: readonly object[], destination?: Destination) {
  return (await validate(objects, destination)).map(({ message }) => message);
}

const configMap = (metadata: object, rest: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
  ...rest,
});

describe('a finding', () => {
  it('names object, field and the likely meaning, and stands at the file that made the object', async () => {
    const { replicas, ...spec } = deployment()['spec'] as Record<string, unknown>;
    const misspelt = { ...deployment(), spec: { ...spec, replica: replicas } };
    const object = rendered(misspelt, {
      origin: { path: 'base/web.yaml', line: 7 },
    });
    expect(await validate([object])).toEqual([
      {
        severity: 'error',
        code: 'unknown-field',
        message: 'Deployment shop/web: unknown field spec.replica, did you mean replicas?',
        location: { path: 'base/web.yaml', line: 7 },
        resource: 'apps/Deployment/shop/web',
        pointer: '/spec/replica',
      },
    ]);
  });

  it('has no line where none is known', async () => {
    const [problem] = await validate([rendered(configMap({}), { origin: { path: 't.yaml' } })]);
    expect(problem?.location).toEqual({ path: 't.yaml' });
  });

  it.each([
    [{ replicas: '2' }, 'spec.replicas must be an integer, not a string'],
    [{ paused: 'no' }, 'spec.paused must be a boolean, not a string'],
    [{ template: [] }, 'spec.template must be an object, not a list'],
    [{ selector: undefined }, 'required field spec.selector is missing'],
    [
      { strategy: { type: 'Rolling' } },
      'spec.strategy.type must be one of Recreate, RollingUpdate',
    ],
    [
      {
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'a', enf: [] }] },
        },
      },
      'unknown field spec.template.spec.containers[0].enf, did you mean env?',
    ],
    [{ revisionHistoryLimit: 2 ** 40 }, 'spec.revisionHistoryLimit must fit into 32 bits'],
    [{ zzz: 1 }, 'unknown field spec.zzz'],
  ])('about %j says: %s', async (spec, text) => {
    expect(await messages([deployment(spec)])).toEqual([`Deployment shop/web: ${text}`]);
  });

  it('keeps the order of the objects', async () => {
    const found = await validate([deployment({ a: 1 }), configMap({ name: 'B' }), deployment()]);
    expect(found.map(({ resource }) => resource)).toEqual([
      'apps/Deployment/shop/web',
      '/ConfigMap//B',
      'apps/Deployment/shop/web',
    ]);
  });

  it('is not made of nulls, which mean absence', async () => {
    const nothing = { replicas: null, strategy: null, minReadySeconds: null };
    expect(await messages([deployment(nothing, { annotations: null })])).toEqual([]);
  });
});

describe('objects that are hardly objects', () => {
  it.each([
    ['no metadata', { apiVersion: 'v1', kind: 'ConfigMap' }, ['missing-name']],
    [
      'metadata that is null',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: null },
      ['missing-name'],
    ],
    ['a name that is empty', configMap({ name: '' }), ['missing-name']],
    ['a name that is a number', configMap({ name: 7 }), ['missing-name']],
    ['labels that are a list', configMap({ name: 'a', labels: ['x'] }), ['wrong-type']],
    ['a spec that is a text', { ...deployment(), spec: 'x' }, ['wrong-type']],
    [
      'a field that is called like a method',
      configMap({ name: 'a' }, { constructor: 1, toString: 2 }),
      ['unknown-field', 'unknown-field'],
    ],
  ])('with %s are told of, and nothing throws', async (_, object, codes) => {
    const found = (await validate([object])).map(({ code }) => code);
    expect(found).toEqual(expect.arrayContaining([...new Set(codes)]));
  });

  it.each([
    {},
    { kind: 'Pod' },
    { apiVersion: 'v1' },
    { apiVersion: 1, kind: [] },
    { apiVersion: '', kind: 'a' },
  ])('without a type are told of: %j', async (object) => {
    expect(await validate([rendered(object, { origin: { path: 'a.yaml', line: 3 } })])).toEqual([
      {
        severity: 'error',
        code: 'missing-kind',
        message: 'An object has no apiVersion or no kind.',
        location: { path: 'a.yaml', line: 3 },
      },
    ]);
  });

  it('of any shape are judged without a throw', async () => {
    const kinds = fc.constantFrom('v1/ConfigMap', 'apps/v1/Deployment', 'v1/Secret', 'x/v1/Y');
    const run = fc.asyncProperty(
      kinds,
      fc.dictionary(fc.string(), fc.jsonValue()),
      async (key, rest) => {
        const slash = key.lastIndexOf('/');
        const object = { ...rest, apiVersion: key.slice(0, slash), kind: key.slice(slash + 1) };
        for (const problem of await validate([object])) expect(problem.message).not.toBe('');
      },
    );
    await fc.assert(run, { numRuns: 150 });
  });
});

describe('secrets', () => {
  const canary = 'CANARY-8f3c';

  it('are never in a message, whatever is wrong around them', async () => {
    const place = fc.constantFrom('data', 'stringData', 'type', 'immutable', 'dta');
    const value = fc.constantFrom<unknown>(
      canary,
      [canary],
      { deep: canary },
      { [`k`]: canary, n: 1 },
      { k: `${canary}!` },
    );
    await fc.assert(
      fc.asyncProperty(place, value, async (field, given) => {
        const secret = {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 's' },
          [field]: given,
        };
        const text = JSON.stringify(await validate([secret]));
        expect(text).not.toContain(canary);
      }),
      { numRuns: 60 },
    );
  });

  it('that are not base64 are told of by their key', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { pin: canary },
    };
    expect(await messages([secret])).toEqual(['Secret s: data.pin must be base64']);
  });
});

describe('what is replaced before the cluster sees it', () => {
  const sops = { mac: 'ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]', version: '3.9.0' };
  const encrypted = 'ENC[AES256_GCM,data:CwE4=,iv:a=,tag:b==,type:int]';

  it('is not judged: values and metadata of SOPS', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { password: encrypted },
      sops,
    };
    expect(await messages([secret])).toEqual([]);
    expect(await messages([{ ...deployment({ replicas: encrypted }), sops }])).toEqual([]);
  });

  it('is judged where it is not: a field named sops that is not its metadata', async () => {
    expect(await messages([configMap({ name: 'a' }, { sops: { a: 'b' } })])).toEqual([
      'ConfigMap a: unknown field sops',
    ]);
  });

  it('is not judged: placeholders of a vault', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { password: '<path:secret/data/shop#password>' },
    };
    expect(await messages([secret])).toEqual([]);
    const annotated = { name: 's', annotations: { 'avp.kubernetes.io/path': 'secret/data/shop' } };
    expect(await messages([{ ...secret, metadata: annotated, data: { p: '<password>' } }])).toEqual(
      [],
    );
    expect(await messages([{ ...secret, data: { p: '<password>' } }])).toHaveLength(1);
  });

  it('hides no unknown field', async () => {
    expect(await messages([deployment({ replica: encrypted })])).toEqual([
      'Deployment shop/web: unknown field spec.replica',
    ]);
  });
});

describe('custom resources', () => {
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gadgets.example.com' },
    spec: {
      group: 'example.com',
      names: { kind: 'Gadget', plural: 'gadgets' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
            },
          },
        },
      ],
    },
  };
  const gadget = (spec: object) => ({
    apiVersion: 'example.com/v1',
    kind: 'Gadget',
    metadata: { name: 'g' },
    spec,
  });

  it('are checked by the CRD beside them, before or after them', async () => {
    const expected = ['Gadget g: unknown field spec.sise, did you mean size?'];
    expect(await messages([crd, gadget({ sise: 1 })])).toEqual(expected);
    expect(await messages([gadget({ sise: 1 }), rendered(crd, { role: 'crd' })])).toEqual(expected);
  });

  it('without any schema are told of once a kind, as information only', async () => {
    const found = await validate(
      [gadget({ a: 1 }), gadget({ b: 2 })].map((one, index) => ({
        ...one,
        metadata: { name: `g${index}` },
      })),
    );
    expect(found).toMatchObject([{ severity: 'info', code: 'no-schema' }]);
  });

  it('of Argo CD and Flux are known without a cluster', async () => {
    const application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'web' },
      spec: {
        project: 'default',
        source: {
          repoURL: 'https://git.example/shop.git',
          path: 'charts/web',
          helm: { valueFile: ['a'] },
        },
        destination: { server: 'https://kubernetes.default.svc' },
      },
    };
    expect(await messages([application])).toEqual([
      expect.stringMatching(
        /^Application web: unknown field spec\.source\.helm\.valueFile, did you mean valueFiles\? \(by the schema of Argo CD v[\d.]+\)$/,
      ),
    ]);
  });

  it('of another release may have fields that the bundled one has not', async () => {
    const application = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'web' },
      spec: { project: 'default', destination: { name: 7 }, brandNew: {} },
    };
    expect(
      (await validate([application])).map(({ severity, pointer }) => [severity, pointer]),
    ).toEqual([
      ['warning', '/spec/brandNew'],
      ['error', '/spec/destination/name'],
    ]);
  });
});

describe('a run', () => {
  it('stops when its signal says so', async () => {
    const abort = new AbortController();
    abort.abort(new DOMException('enough', 'AbortError'));
    const run = validateObjects({
      objects: [rendered(deployment())],
      schemas,
      signal: abort.signal,
    });
    await expect(run).rejects.toThrow('enough');
  });

  it('gives way to other work, and can be stopped there', async () => {
    const abort = new AbortController();
    const objects = Array.from({ length: 20_000 }, (_, index) =>
      rendered(deployment({}, { name: `web-${index}` })),
    );
    await schemas.find('apps/v1', 'Deployment');
    const run = validateObjects({ objects, schemas, signal: abort.signal });
    setTimeout(() => abort.abort(new DOMException('enough', 'AbortError')), 0);
    await expect(run).rejects.toThrow('enough');
  });

  it('of nothing finds nothing', async () => {
    expect(await validate([])).toEqual([]);
  });
});
