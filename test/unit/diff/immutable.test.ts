import { describe, expect, it } from 'vitest';
import { immutableNotes } from '../../../src/diff/immutable';
import { factsOf } from '../../../src/diff/kinds';
import type { ResourceNote } from '../../../src/model/change';
import { willBeRefused } from '../../../src/model/change';
import { differences } from '../../../src/diff/walk';
import type { JsonObject, KubeObject } from '../../../src/model/resource';

function object(kind: string, body: object): KubeObject {
  const [apiVersion = '', name = ''] = kind.split(' ');
  return { apiVersion, kind: name, metadata: { name: 'x' }, ...body };
}

function note(kind: string, before: object, after: object, recreates = false): string | undefined {
  return noteOf(kind, [before, after], recreates)?.message;
}

function noteOf(
  kind: string,
  [before, after]: readonly [object, object],
  recreates: boolean,
): ResourceNote | undefined {
  const sides = { before: object(kind, before), after: object(kind, after) };
  const trees = sides as unknown as { before: JsonObject; after: JsonObject };
  const found = differences(trees.before, trees.after, factsOf(sides.after));
  return immutableNotes(sides, found, { recreates })[0];
}

const refused = (fields: string, verb = 'is'): string =>
  `Will be refused: ${fields} ${verb} immutable.`;

describe('immutable fields', () => {
  it.each<[string, object, object, string | undefined]>([
    [
      'apps/v1 Deployment',
      { spec: { selector: { matchLabels: { app: 'a' } } } },
      { spec: { selector: { matchLabels: { app: 'b' } } } },
      refused('spec.selector'),
    ],
    ['apps/v1 Deployment', { spec: { replicas: 1 } }, { spec: { replicas: 2 } }, undefined],
    [
      'apps/v1 StatefulSet',
      { spec: { serviceName: 'a', volumeClaimTemplates: [{ spec: { a: 1 } }] } },
      { spec: { serviceName: 'b', volumeClaimTemplates: [{ spec: { a: 2 } }] } },
      refused('spec.serviceName, spec.volumeClaimTemplates', 'are'),
    ],
    [
      'apps/v1 StatefulSet',
      { spec: { replicas: 1, template: { spec: { a: 1 } } } },
      { spec: { replicas: 2, template: { spec: { a: 2 } } } },
      undefined,
    ],
    [
      'batch/v1 Job',
      { spec: { template: { spec: { a: 1 } } } },
      { spec: { template: { spec: { a: 2 } } } },
      refused('spec.template'),
    ],
    [
      'batch/v1 Job',
      { spec: { suspend: true, template: { spec: { nodeSelector: { a: '1' } } } } },
      { spec: { suspend: true, template: { spec: { nodeSelector: { a: '2' } } } } },
      undefined,
    ],
    [
      'batch/v1 Job',
      { spec: { completionMode: 'Indexed', completions: 2 } },
      { spec: { completionMode: 'Indexed', completions: 3 } },
      undefined,
    ],
    [
      'batch/v1 Job',
      { spec: { completions: 2 } },
      { spec: { completions: 3 } },
      refused('spec.completions'),
    ],
    ['batch/v1 Job', { spec: { parallelism: 2 } }, { spec: { parallelism: 3 } }, undefined],
    [
      'v1 Service',
      { spec: { clusterIP: '10.0.0.1' } },
      { spec: { clusterIP: '10.0.0.2' } },
      refused('spec.clusterIP'),
    ],
    ['v1 Service', { spec: { clusterIP: '10.0.0.1' } }, { spec: {} }, undefined],
    [
      'v1 Service',
      { spec: { clusterIP: '10.0.0.1' } },
      { spec: { type: 'ExternalName', clusterIP: '' } },
      undefined,
    ],
    [
      'v1 PersistentVolumeClaim',
      { spec: { storageClassName: 'a', resources: { requests: { storage: '1Gi' } } } },
      { spec: { storageClassName: 'b', resources: { requests: { storage: '2Gi' } } } },
      refused('spec.storageClassName'),
    ],
    [
      'v1 PersistentVolumeClaim',
      { spec: { resources: { requests: { storage: '2Gi' } } } },
      { spec: { resources: { requests: { storage: '1Gi' } } } },
      refused('spec.resources.requests.storage'),
    ],
    [
      'v1 PersistentVolumeClaim',
      { spec: { accessModes: ['ReadWriteOnce'] } },
      { spec: { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem' } },
      undefined,
    ],
    [
      'v1 PersistentVolumeClaim',
      { spec: { accessModes: ['ReadWriteOnce'] } },
      { spec: { accessModes: ['ReadWriteOnce'], volumeMode: 'Block' } },
      refused('spec.volumeMode'),
    ],
    [
      'storage.k8s.io/v1 StorageClass',
      { provisioner: 'a' },
      { provisioner: 'b' },
      refused('provisioner'),
    ],
    [
      'rbac.authorization.k8s.io/v1 RoleBinding',
      { roleRef: { name: 'a' }, subjects: [] },
      { roleRef: { name: 'b' }, subjects: [{ name: 'c' }] },
      refused('roleRef'),
    ],
    ['v1 Secret', { type: 'Opaque' }, { type: 'kubernetes.io/tls' }, refused('type')],
    ['v1 Secret', { data: { a: 'YQ==' } }, { data: { a: 'Yg==' } }, undefined],
    [
      'v1 Secret',
      { immutable: true, data: { a: 'YQ==' } },
      { immutable: true, data: { a: 'Yg==' } },
      refused('data'),
    ],
    [
      'v1 ConfigMap',
      { immutable: true, data: { a: '1' } },
      { data: { a: '2' } },
      refused('data, immutable', 'are'),
    ],
    ['v1 ConfigMap', { data: { a: '1' } }, { immutable: true, data: { a: '2' } }, undefined],
    [
      'v1 Pod',
      { spec: { containers: [{ name: 'a', image: '1', command: ['x'] }] } },
      { spec: { containers: [{ name: 'a', image: '2', command: ['y'] }] } },
      refused('spec.containers'),
    ],
    [
      'v1 Pod',
      { spec: { containers: [{ name: 'a', image: '1' }] } },
      { spec: { containers: [{ name: 'a', image: '2' }] } },
      undefined,
    ],
    [
      'example.com/v1 Deployment',
      { spec: { selector: 'a' } },
      { spec: { selector: 'b' } },
      undefined,
    ],
  ])('of %s: %j → %j', (kind, before, after, expected) => {
    expect(note(kind, before, after)).toBe(expected);
  });

  const selector = (app: string): object => ({ spec: { selector: { matchLabels: { app } } } });

  it('are recreated only where the app says so', () => {
    expect(note('apps/v1 Deployment', selector('a'), selector('b'), true)).toBe(
      'Will be recreated: spec.selector is immutable.',
    );
  });

  it.each([
    ['kustomize.toolkit.fluxcd.io/force', 'enabled', 'recreated'],
    ['kustomize.toolkit.fluxcd.io/force', 'disabled', 'refused'],
  ])('with the annotation %s: %s are %s', (name, value, outcome) => {
    const annotated = { ...selector('b'), metadata: { name: 'x', annotations: { [name]: value } } };
    expect(note('apps/v1 Deployment', selector('a'), annotated)).toContain(outcome);
  });

  it('count as refused unless recreated', () => {
    const isRefused = (recreates: boolean): boolean => {
      const found = noteOf('apps/v1 Deployment', [selector('a'), selector('b')], recreates);
      return found !== undefined && willBeRefused(found);
    };
    expect(isRefused(false)).toBe(true);
    expect(isRefused(true)).toBe(false);
    expect(willBeRefused({ kind: 'refused', message: 'denied' })).toBe(true);
    expect(willBeRefused({ kind: 'hook', message: 'x' })).toBe(false);
  });
});
