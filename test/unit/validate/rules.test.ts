import { describe, expect, it } from 'vitest';
import type { ServedKind } from '../../../src/model/cluster';
import type { KubeObject } from '../../../src/model/resource';
import { apiVersionRule } from '../../../src/validate/rules/apiVersion';
import { duplicateObjectRule } from '../../../src/validate/rules/duplicateObject';
import { labelsRule } from '../../../src/validate/rules/labels';
import { metadataNameRule } from '../../../src/validate/rules/metadataName';
import { noSchemaRule } from '../../../src/validate/rules/noSchema';
import { REMOVED_APIS } from '../../../src/validate/rules/removedApis';
import type { BatchRule, Destination, ObjectRule } from '../../../src/validate/rules/rule';
import { selectorMismatchRule } from '../../../src/validate/rules/selectorMismatch';
import type { RenderedObject } from '../../../src/model/render';
import { deployment, rendered } from './bundle';

const anySchema = { source: 'bundled', check: () => [] } as const;

function about(rule: ObjectRule, object: unknown, known = true) {
  const schema = known ? anySchema : undefined;
  return rule({ object: object as KubeObject, schema, destination: {} });
}

function aboutAll(
  rule: BatchRule,
  objects: readonly RenderedObject[],
  destination: Destination = {},
) {
  return rule({ objects, destination, hasSchema: () => true });
}

function named(kind: string, name: string, apiVersion = 'v1'): unknown {
  return { apiVersion, kind, metadata: { name } };
}

describe('names', () => {
  it.each([
    ['ConfigMap', 'a', 'v1'],
    ['ConfigMap', 'a.b-c.1', 'v1'],
    ['ConfigMap', 'kube-root-ca.crt', 'v1'],
    ['ConfigMap', 'x'.repeat(253), 'v1'],
    ['Service', 'a'.repeat(63), 'v1'],
    ['Service', '1st', 'v1'],
    ['Role', 'system:controller:a', 'rbac.authorization.k8s.io/v1'],
    ['ClusterRole', 'Upper_Case', 'rbac.authorization.k8s.io/v1'],
    ['CronJob', 'c'.repeat(52), 'batch/v1'],
    ['APIService', 'v1.apps', 'apiregistration.k8s.io/v1'],
    ['ClusterTrustBundle', 'example.com:s:n', 'certificates.k8s.io/v1beta1'],
    ['IPAddress', '2001:db8::1', 'networking.k8s.io/v1'],
  ])('accepts the %s %s', (kind, name, apiVersion) => {
    expect(about(metadataNameRule, named(kind, name, apiVersion))).toEqual([]);
  });

  it.each([
    ['ConfigMap', 'A', 'v1', 'lower case'],
    ['ConfigMap', 'a_b', 'v1', 'lower case'],
    ['ConfigMap', '-a', 'v1', 'lower case'],
    ['ConfigMap', 'a-', 'v1', 'lower case'],
    ['ConfigMap', 'a..b', 'v1', 'lower case'],
    ['ConfigMap', 'a b', 'v1', 'lower case'],
    ['ConfigMap', 'a\n', 'v1', 'lower case'],
    ['ConfigMap', 'x'.repeat(254), 'v1', 'at most 253'],
    ['Service', 'a.b', 'v1', 'lower case'],
    ['Service', 'a'.repeat(64), 'v1', 'at most 63'],
    ['Namespace', 'a.b', 'v1', 'lower case'],
    ['Role', '..', 'rbac.authorization.k8s.io/v1', 'nor contain'],
    ['Role', 'a/b', 'rbac.authorization.k8s.io/v1', 'nor contain'],
    ['CronJob', 'c'.repeat(53), 'batch/v1', 'at most 52'],
  ])('refuses the %s %s', (kind, name, apiVersion, text) => {
    const found = about(metadataNameRule, named(kind, name, apiVersion));
    expect(found).toMatchObject([
      { severity: 'error', code: 'invalid-name', pointer: '/metadata/name' },
    ]);
    expect(found[0]?.message).toContain(text);
  });

  it('are needed, unless the server makes them', () => {
    const nameless = { apiVersion: 'batch/v1', kind: 'Job', metadata: {} };
    expect(about(metadataNameRule, nameless)).toMatchObject([{ code: 'missing-name' }]);
    const generated = { ...nameless, metadata: { generateName: 'load-' } };
    expect(about(metadataNameRule, generated)).toEqual([]);
  });

  it('of unknown kinds are not judged, and neither are placeholders', () => {
    expect(about(metadataNameRule, named('Thing', 'A_B', 'x/v1'), false)).toEqual([]);
    expect(about(metadataNameRule, named('ConfigMap', '<path:a#b>'))).toEqual([]);
    expect(about(metadataNameRule, named('ConfigMap', 'web-<pipeline:REF>'))).toEqual([]);
  });

  it('of namespaces are judged too', () => {
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'A.b' } };
    expect(about(metadataNameRule, object)).toMatchObject([
      { code: 'invalid-name', pointer: '/metadata/namespace' },
    ]);
  });
});

describe('labels and annotations', () => {
  const withLabels = (labels: unknown, annotations?: unknown) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', labels, annotations },
  });

  it.each([
    [{ app: 'web', 'app.kubernetes.io/name': 'Shop_1.2-x' }, {}],
    [{ empty: '' }, { 'Example.COM/Any_Key': 'any value at all ☃' }],
    [{ ['k'.repeat(63)]: 'v'.repeat(63) }, {}],
    [undefined, undefined],
    ['not a map', null],
    [{ number: 7 }, {}],
  ])('accepts %j and %j', (labels, annotations) => {
    expect(about(labelsRule, withLabels(labels, annotations))).toEqual([]);
  });

  it.each([
    [{ version: '1.0+build' }, '/metadata/labels/version'],
    [{ version: '-1' }, '/metadata/labels/version'],
    [{ a: 'x'.repeat(64) }, '/metadata/labels/a'],
    [{ a: 'two words' }, '/metadata/labels/a'],
    [{ 'a/b/c': 'd' }, '/metadata/labels/a~1b~1c'],
    [{ '/a': 'd' }, '/metadata/labels/~1a'],
    [{ 'Example.com/a': 'd' }, '/metadata/labels/Example.com~1a'],
    [{ ['k'.repeat(64)]: 'd' }, `/metadata/labels/${'k'.repeat(64)}`],
    [{ '': 'd' }, '/metadata/labels/'],
  ])('refuses the labels %j', (labels, pointer) => {
    expect(about(labelsRule, withLabels(labels))).toMatchObject([
      { code: 'invalid-label', pointer },
    ]);
  });

  it('names the field as the server does', () => {
    const [found] = about(labelsRule, withLabels({ 'app.kubernetes.io/version': '1+1' }));
    expect(found?.message).toMatch(/^metadata\.labels\[app\.kubernetes\.io\/version\] must be/);
  });
});

describe('a selector', () => {
  const pods = { metadata: { labels: { app: 'web', tier: 'front' } }, spec: { containers: [] } };
  const select = (selector: unknown, kind = 'Deployment', apiVersion = 'apps/v1') => ({
    ...deployment({ selector, template: pods }),
    kind,
    apiVersion,
  });

  it.each([
    { matchLabels: { app: 'web' } },
    { matchLabels: { app: 'web', tier: 'front' } },
    { matchExpressions: [{ key: 'app', operator: 'In', values: ['x', 'web'] }] },
    { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['x'] }] },
    { matchExpressions: [{ key: 'other', operator: 'NotIn', values: ['x'] }] },
    { matchExpressions: [{ key: 'app', operator: 'Exists' }] },
    { matchExpressions: [{ key: 'other', operator: 'DoesNotExist' }] },
    { matchExpressions: [{ key: 'app', operator: 'Weird' }] },
    undefined,
    'text',
    null,
  ])('that fits or cannot be read is left alone: %j', (selector) => {
    expect(about(selectorMismatchRule, select(selector))).toEqual([]);
  });

  it.each([
    [{ matchLabels: { app: 'shop' } }, 'app=shop, but the pods of spec.template have app=web'],
    [{ matchLabels: { role: 'x' } }, 'role=x, but the pods of spec.template lack it'],
    [{}, 'is empty'],
    [{ matchLabels: {}, matchExpressions: [] }, 'is empty'],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['x'] }] }, 'app In'],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, 'app NotIn'],
    [{ matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, 'app DoesNotExist'],
    [{ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, 'zone Exists'],
  ])('that selects other pods is refused: %j', (selector, text) => {
    for (const kind of ['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet']) {
      const found = about(selectorMismatchRule, select(selector, kind));
      expect(found).toMatchObject([{ severity: 'error', code: 'selector-mismatch' }]);
      expect(found[0]?.message).toContain(text);
    }
  });

  it('of other kinds means something else', () => {
    const selector = { matchLabels: { app: 'x' } };
    expect(about(selectorMismatchRule, select(selector, 'Job', 'batch/v1'))).toEqual([]);
    expect(about(selectorMismatchRule, select(selector, 'Deployment', 'x/v1'))).toEqual([]);
  });
});

describe('the same object twice', () => {
  const object = deployment();

  it('is told at the second one, with the file of the first', () => {
    const found = aboutAll(duplicateObjectRule, [
      rendered(object, { origin: { path: 'a.yaml' } }),
      rendered(deployment({}, { name: 'other' })),
      rendered({ ...object, apiVersion: 'apps/v2' }, { origin: { path: 'b.yaml' } }),
    ]);
    expect(found).toMatchObject([
      { index: 2, finding: { severity: 'warning', code: 'duplicate-object' } },
    ]);
    expect(found[0]?.finding.message).toContain('also in a.yaml');
  });

  it('in one file says so', () => {
    const [found] = aboutAll(duplicateObjectRule, [rendered(object), rendered(object)]);
    expect(found?.finding.message).toContain('twice in this file');
  });

  it.each([
    ['another namespace', deployment({}, { namespace: 'other' }), 'resource'],
    ['another group', { ...object, apiVersion: 'x/v1' }, 'resource'],
    ['a hook', object, 'hook'],
    ['a test', object, 'test'],
    ['no name', { ...object, metadata: { generateName: 'a-' } }, 'resource'],
  ] as const)('is not meant with %s', (_, second, role) => {
    const objects = [rendered(object), rendered(second, { role }), rendered(second, { role })];
    const found = aboutAll(duplicateObjectRule, objects);
    expect(found.filter(({ index }) => index === 1)).toEqual([]);
  });
});

describe('API versions', () => {
  const served = (apiVersion: string, kind: string): ServedKind => {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    const rest = { resource: '', namespaced: true, verbs: [], preferred: true };
    return { group, version, kind, ...rest };
  };
  const serves = [
    served('v1', 'Service'),
    served('apps/v1', 'Deployment'),
    served('networking.k8s.io/v1', 'Ingress'),
    served('x.example/v1', 'Thing'),
    served('x.example/v1beta1', 'Thing'),
  ];
  const check = (object: unknown, destination: Destination) =>
    aboutAll(apiVersionRule, [rendered(object)], destination).map(({ finding }) => finding);

  it.each([
    ['apps/v1', 'Deployment'],
    ['v1', 'Service'],
    ['x.example/v1beta1', 'Thing'],
    ['v1', 'ConfigMapList'],
  ])('that the cluster serves are fine: %s %s', (apiVersion, kind) => {
    expect(check(named(kind, 'a', apiVersion), { served: serves })).toEqual([]);
  });

  it('that the cluster serves no more are errors, with what it serves', () => {
    expect(
      check(named('Thing', 'a', 'x.example/v1alpha1'), { name: 'prod', served: serves }),
    ).toMatchObject([
      {
        severity: 'error',
        code: 'removed-api',
        message:
          'prod does not serve x.example/v1alpha1, it serves x.example/v1, x.example/v1beta1',
      },
    ]);
  });

  it('of a moved kind name its new home', () => {
    const [found] = check(named('Ingress', 'a', 'extensions/v1beta1'), { served: serves });
    expect(found?.message).toBe(
      'the destination cluster does not serve it, use networking.k8s.io/v1',
    );
  });

  it('of kinds that the cluster does not know are warnings: their CRD may come from elsewhere', () => {
    const thing = named('Gadget', 'a', 'new.example/v1');
    expect(check(thing, { name: 'prod', served: serves })).toMatchObject([
      { severity: 'warning', code: 'kind-not-served' },
    ]);
  });

  it('that a CRD of the same app brings are fine', () => {
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'gadgets.new.example' },
      spec: { group: 'new.example', names: { kind: 'Gadget' } },
    };
    const objects = [rendered(named('Gadget', 'a', 'new.example/v1')), rendered(crd)];
    const destination = {
      served: [...serves, served('apiextensions.k8s.io/v1', 'CustomResourceDefinition')],
    };
    expect(aboutAll(apiVersionRule, objects, destination)).toEqual([]);
  });

  it('of a group that discovery could not read are not judged', () => {
    const thing = named('PodMetrics', 'a', 'metrics.k8s.io/v1beta1');
    const destination = { served: serves, missingGroups: ['metrics.k8s.io'] };
    expect(check(thing, destination)).toEqual([]);
  });

  it.each([
    [undefined, 'warning', 'removed-api'],
    ['v1.22.0', 'error', 'removed-api'],
    ['v1.36.3+k3s1', 'error', 'removed-api'],
    ['v1.21.14', 'info', 'deprecated-api'],
  ] as const)('without served kinds go by the version: %s', (version, severity, code) => {
    const ingress = named('Ingress', 'a', 'networking.k8s.io/v1beta1');
    const destination = version === undefined ? {} : { version };
    const found = check(ingress, destination);
    expect(found).toMatchObject([{ severity, code, pointer: '/apiVersion' }]);
    expect(found[0]?.message).toContain('since Kubernetes 1.22, use networking.k8s.io/v1');
  });

  it('with nothing in their place say so', () => {
    const [found] = check(named('PodSecurityPolicy', 'a', 'policy/v1beta1'), {});
    expect(found?.message).toContain('nothing takes its place');
  });

  it('are in the table once each', () => {
    const keys = REMOVED_APIS.flatMap(({ group, version, kinds }) =>
      kinds.map((kind) => `${group}/${version}/${kind}`),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('a kind without a schema', () => {
  it('is told once, and a list of objects not at all', () => {
    const objects = ['A', 'A', 'B', 'AList'].map((kind) => rendered(named(kind, 'a', 'x/v1')));
    const found = noSchemaRule({ objects, destination: {}, hasSchema: (index) => index === 2 });
    expect(found.map(({ index }) => index)).toEqual([0]);
  });
});
