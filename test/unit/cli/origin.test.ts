import { describe, expect, it } from 'vitest';
import { matchesObject, pointerOf } from '../../../src/cli/origin';
import { definitionPointers } from '../../../src/pipeline/definitionOrigins';

describe('a field as people write it', () => {
  it.each([
    ['spec.replicas', '/spec/replicas'],
    ['/spec/replicas', '/spec/replicas'],
    ['spec.template.spec.containers[0].image', '/spec/template/spec/containers/0/image'],
    ['metadata.labels[app.kubernetes.io/name]', '/metadata/labels/app.kubernetes.io~1name'],
    [`metadata.labels["a.b"].c`, '/metadata/labels/a.b/c'],
    ['data.a~b', '/data/a~0b'],
    ['', ''],
  ])('%s is %s', (field, pointer) => {
    expect(pointerOf(field)).toBe(pointer);
  });
});

describe('an object as people write it', () => {
  const id = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
  it.each([
    ['Deployment/web', true],
    ['deployment/web', true],
    ['Deployment/shop/web', true],
    ['apps/Deployment/shop/web', true],
    ['Deployment/other/web', false],
    ['Deployment/other', false],
    ['Service/web', false],
    ['Deployment', false],
    ['x/Deployment/shop/web', false],
  ])('%s: %s', (given, matches) => {
    expect(matchesObject(id, given)).toBe(matches);
  });

  it('takes any namespace for an object that has none of its own', () => {
    expect(matchesObject({ ...id, namespace: '' }, 'Deployment/shop/web')).toBe(true);
  });
});

describe('the fields of a definition that a source is made of', () => {
  it.each([
    ['HelmRelease', '/values/a/b', ['/spec/values/a/b']],
    ['HelmRelease', '/releaseName', ['/spec/releaseName', '/metadata/name']],
    ['Application', '/valuesText', ['/spec/source/helm/values']],
    ['Application', '/parameters/1/value', ['/spec/source/helm/parameters/1/value']],
    ['Application', '/overrides/images/0', ['/spec/source/kustomize/images/0']],
    [
      'Application',
      '/parts/2/source/parameters/1/value',
      ['/spec/sources/2/helm/parameters/1/value'],
    ],
    ['Application', '/namespace', ['/spec/source/helm/namespace', '/spec/destination/namespace']],
    ['Kustomization', '/kustomization/spec/patches/0/patch', ['/spec/patches/0/patch']],
    ['Kustomization', '/variables/x', []],
    ['Chart', '/values/a', []],
  ] as const)('%s %s', (kind, pointer, expected) => {
    expect(definitionPointers({ kind }, pointer)).toEqual(expected);
  });
});
