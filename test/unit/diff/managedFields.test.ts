import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../src/diff/kinds';
import { ownershipOf, ownersOf, projectOwned } from '../../../src/diff/managedFields';
import type { Path } from '../../../src/diff/path';
import type { JsonObject, KubeObject, ManagedFieldsEntry } from '../../../src/model/resource';
import { fieldsV1 } from './builders';

function entry(
  manager: string,
  paths: readonly (readonly string[])[],
  more: Partial<ManagedFieldsEntry> = {},
): ManagedFieldsEntry {
  return {
    manager,
    operation: 'Apply',
    apiVersion: 'apps/v1',
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsV1(paths) as JsonObject,
    ...more,
  };
}

const web = 'k:{"name":"web"}';
const template = ['spec', 'template', 'spec', 'containers'];
const live: JsonObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', finalizers: ['a/b', 'c'], labels: { app: 'web' } },
  spec: {
    replicas: 5,
    template: {
      spec: {
        containers: [
          { name: 'proxy', image: 'proxy:1' },
          {
            name: 'web',
            image: 'web:2',
            args: ['--one', '--two'],
            ports: [{ containerPort: 80, protocol: 'TCP' }],
          },
        ],
      },
    },
  },
};

const entries: readonly ManagedFieldsEntry[] = [
  entry(
    'kustomize-controller',
    [
      ['metadata', 'labels', 'app'],
      ['metadata', 'finalizers', 'v:"a/b"'],
      ['spec', 'replicas'],
      [...template, web, '.'],
      [...template, web, 'name'],
      [...template, web, 'image'],
      [...template, web, 'args'],
      [...template, web, 'ports', 'k:{"containerPort":80,"protocol":"TCP"}', '.'],
      [...template, web, 'ports', 'k:{"containerPort":80,"protocol":"TCP"}', 'containerPort'],
    ],
    { time: '2026-11-20T10:00:00Z' },
  ),
  entry(
    'kubectl-edit',
    [
      [...template, web, 'image'],
      ['spec', 'replicas'],
    ],
    {
      operation: 'Update',
      time: '2026-11-21T09:00:00Z',
    },
  ),
  entry('kubectl', [['spec', 'replicas']], { operation: 'Update', subresource: 'scale' }),
];
const ownership = ownershipOf(entries);

const container: Path = ['spec', 'template', 'spec', 'containers', { id: 'name=web', before: 1 }];

describe('ownership', () => {
  it.each<[string, Path, readonly string[]]>([
    ['a field of two', ['spec', 'replicas'], ['kubectl-edit', 'kustomize-controller', 'kubectl']],
    [
      'a field in a keyed element',
      [...container, 'image'],
      ['kubectl-edit', 'kustomize-controller'],
    ],
    ['an element itself', container, ['kustomize-controller']],
    [
      'below an atomic list',
      [...container, 'args', { id: '#1', before: 1 }],
      ['kustomize-controller'],
    ],
    [
      'a port by two keys',
      [...container, 'ports', { id: 'containerPort=80,protocol=TCP' }],
      ['kustomize-controller'],
    ],
    [
      'a finalizer by its value',
      ['metadata', 'finalizers', { id: '=a/b' }],
      ['kustomize-controller'],
    ],
    ['another finalizer', ['metadata', 'finalizers', { id: '=c' }], []],
    ['a field that nobody owns', ['spec', 'paused'], []],
    ['a map that only has owned parts', ['spec'], []],
    ['the object', [], []],
  ])('of %s', (_name, path, managers) => {
    expect(ownership.ownersAt(path).map((owner) => owner.manager)).toEqual(managers);
  });

  it('falls back to who owns something below', () => {
    expect(ownership.lastAt(['spec'])?.manager).toBe('kubectl-edit');
    expect(ownership.lastAt(['status'])).toBeUndefined();
  });

  it('tells operation, time and subresource', () => {
    const owners = ownership.ownersAt(['spec', 'replicas']);
    expect(owners[0]).toEqual({
      manager: 'kubectl-edit',
      operation: 'Update',
      time: '2026-11-21T09:00:00Z',
    });
    expect(owners[2]).toEqual({ manager: 'kubectl', operation: 'Update', subresource: 'scale' });
  });

  it('knows the merge keys that the API server uses', () => {
    expect(ownership.listKeys.get('spec.template.spec.containers')).toEqual(['name']);
    expect(ownership.listKeys.get('spec.template.spec.containers.*.ports')).toEqual([
      'containerPort',
      'protocol',
    ]);
  });

  it.each([
    ['/spec/template/spec/containers/1/image', 'kubectl-edit'],
    ['/spec/template/spec/containers/0/image', undefined],
    ['/spec/template/spec/containers/1/args/0', 'kustomize-controller'],
    ['/metadata/finalizers/0', 'kustomize-controller'],
    ['/metadata/finalizers/1', undefined],
    ['/spec/template/spec/containers/7/image', undefined],
    ['/metadata/labels/app', 'kustomize-controller'],
    ['/metadata/labels/nothing', undefined],
  ])('by pointer %s is %s', (pointer, manager) => {
    const find = ownersOf(entries);
    expect(find(pointer, live as unknown as KubeObject)?.manager).toBe(manager);
  });

  it('survives sets that make no sense', () => {
    const odd = ownershipOf([
      { manager: 'x', fieldsV1: { 'k:not json': {}, 'f:a': null, nonsense: {}, 'v:[': {} } },
      {},
    ] as ManagedFieldsEntry[]);
    expect(odd.ownersAt(['a']).map((owner) => owner.manager)).toEqual(['x']);
    expect(ownershipOf(undefined).ownersAt(['a'])).toEqual([]);
  });
});

describe('projection to what a manager owns', () => {
  it('keeps its fields and the keys of their elements', () => {
    const facts = factsOf({ apiVersion: 'apps/v1', kind: 'Deployment' }, ownership.listKeys);
    const owned = projectOwned(live, facts, (path) =>
      ownership.ownersAt(path).some((owner) => owner.manager === 'kubectl-edit'),
    );
    expect(owned).toEqual({
      spec: {
        replicas: 5,
        template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } },
      },
    });
  });

  it('keeps lists whole where they are owned whole, and sets by value', () => {
    const facts = factsOf({ apiVersion: 'apps/v1', kind: 'Deployment' }, ownership.listKeys);
    const owned = projectOwned(live, facts, (path) =>
      ownership.ownersAt(path).some((owner) => owner.manager === 'kustomize-controller'),
    );
    expect(owned).toMatchObject({
      metadata: { finalizers: ['a/b'], labels: { app: 'web' } },
      spec: { template: { spec: { containers: [{ name: 'web', args: ['--one', '--two'] }] } } },
    });
    expect(JSON.stringify(owned)).not.toContain('proxy');
  });

  it('is empty where nothing is owned', () => {
    expect(projectOwned(live, factsOf({ apiVersion: 'v1', kind: 'X' }), () => false)).toEqual({});
  });
});
