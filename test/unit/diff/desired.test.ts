import { describe, expect, it } from 'vitest';
import { desiredObjects } from '../../../src/diff/desired';
import type { DesiredInput } from '../../../src/diff/desired';
import { defaultTracking, instanceName } from '../../../src/diff/tracking';
import type { Tracking } from '../../../src/diff/tracking';
import type { RenderedObject, RenderSource } from '../../../src/model/render';
import type { KubeObject } from '../../../src/model/resource';
import { argoPolicy, fluxPolicy, helmPolicy } from './builders';

type TestApp = DesiredInput['app'];

const directory: RenderSource = { kind: 'directory', path: 'apps', recurse: false };
const chart: RenderSource = {
  kind: 'helm',
  path: 'charts/web',
  releaseName: 'web-release',
  namespace: 'shop',
  valueFiles: [],
  includeCrds: true,
};

function app(more: Partial<TestApp> = {}): TestApp {
  return {
    tool: 'argocd',
    kind: 'Application',
    namespace: 'argocd',
    name: 'shop-web',
    source: { kind: 'local', root: '/repo', render: directory },
    destination: { cluster: { kind: 'control' }, namespace: 'shop' },
    policy: argoPolicy,
    ...more,
  };
}

const fluxApp = app({
  tool: 'flux',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'infra',
  destination: { cluster: { kind: 'control' }, namespace: '' },
  policy: { ...fluxPolicy, commonMetadata: { labels: { team: 'platform' } } },
});

function rendered(object: object, role: RenderedObject['role'] = 'resource'): RenderedObject {
  return { object: object as KubeObject, origin: { path: 'a.yaml' }, role, generated: [] };
}

const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } };
const role = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name: 'web', namespace: 'wrong' },
};
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: { group: 'example.com', scope: 'Cluster', names: { kind: 'Widget' } },
};
const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'one' } };

function metadataOf(
  object: object,
  options: { app?: TestApp; tracking?: Tracking; role?: RenderedObject['role'] } = {},
): KubeObject['metadata'] | undefined {
  const result = desiredObjects({
    app: options.app ?? app(),
    objects: [rendered(object, options.role)],
    isNamespaced: () => undefined,
    tracking: options.tracking,
  });
  return result[0]?.object.metadata;
}

describe('desired objects of Argo CD', () => {
  it('get the destination namespace and the tracking id', () => {
    expect(metadataOf(service)).toEqual({
      name: 'web',
      namespace: 'shop',
      annotations: { 'argocd.argoproj.io/tracking-id': 'shop-web:/Service:shop/web' },
    });
  });

  it('keep a namespace of their own', () => {
    const own = { ...service, metadata: { name: 'web', namespace: 'other' } };
    expect(metadataOf(own)?.annotations).toEqual({
      'argocd.argoproj.io/tracking-id': 'shop-web:/Service:other/web',
    });
  });

  it('lose the namespace where the kind is cluster-scoped, which is tracked by the destination', () => {
    expect(metadataOf(role)).toEqual({
      name: 'web',
      annotations: {
        'argocd.argoproj.io/tracking-id': 'shop-web:rbac.authorization.k8s.io/ClusterRole:shop/web',
      },
    });
  });

  it('do not track custom resource definitions', () => {
    expect(metadataOf(crd)).toEqual({ name: 'widgets.example.com' });
  });

  it.each<[string, Partial<Tracking>, Record<string, unknown>]>([
    [
      'label',
      { method: 'label' },
      { labels: { 'app.kubernetes.io/instance': 'shop-web' }, annotations: undefined },
    ],
    [
      'annotation+label',
      { method: 'annotation+label', labelKey: 'example.com/app' },
      {
        labels: { 'example.com/app': 'shop-web' },
        annotations: { 'argocd.argoproj.io/tracking-id': 'shop-web:/Service:shop/web' },
      },
    ],
    [
      'annotation with an installation id',
      { installationId: 'blue' },
      {
        labels: undefined,
        annotations: {
          'argocd.argoproj.io/installation-id': 'blue',
          'argocd.argoproj.io/tracking-id': 'shop-web:/Service:shop/web',
        },
      },
    ],
  ])('track by %s', (_name, tracking, expected) => {
    const metadata = metadataOf(service, { tracking: { ...defaultTracking, ...tracking } });
    expect({ labels: metadata?.labels, annotations: metadata?.annotations }).toEqual({
      labels: undefined,
      annotations: undefined,
      ...expected,
    });
  });

  it('carry the namespace of apps outside the one of Argo CD', () => {
    expect(instanceName({ namespace: 'team', name: 'web' }, 'argocd')).toBe('team_web');
    const elsewhere = app({ namespace: 'team' });
    expect(metadataOf(service, { app: elsewhere })?.annotations).toEqual({
      'argocd.argoproj.io/tracking-id': 'team_shop-web:/Service:shop/web',
    });
  });

  it('cut the label to 63 characters that end well, never the annotation', () => {
    const long = app({ name: `${'a'.repeat(61)}--tail` });
    const tracking: Tracking = { ...defaultTracking, method: 'annotation+label' };
    const metadata = metadataOf(service, { app: long, tracking });
    expect(metadata?.labels?.['app.kubernetes.io/instance']).toBe('a'.repeat(61));
    expect(metadata?.annotations?.['argocd.argoproj.io/tracking-id']).toContain('--tail:/Service');
  });

  it('label pod templates only under the legacy key', () => {
    const object = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { template: { metadata: { labels: { app: 'web' } } } },
    };
    const labels = (labelKey: string): unknown => {
      const [result] = desiredObjects({
        app: app(),
        objects: [rendered(object)],
        isNamespaced: () => true,
        tracking: { ...defaultTracking, method: 'label', labelKey },
      });
      return result?.object['spec'];
    };
    expect(labels('app.kubernetes.io/instance')).toEqual(object.spec);
    expect(labels('applications.argoproj.io/app-name')).toEqual({
      template: {
        metadata: { labels: { app: 'web', 'applications.argoproj.io/app-name': 'shop-web' } },
      },
    });
  });

  it('do not get release metadata from a chart', () => {
    const fromChart = app({ source: { kind: 'local', root: '/repo', render: chart } });
    expect(metadataOf(service, { app: fromChart })?.labels).toBeUndefined();
  });
});

describe('desired objects of Flux and Helm', () => {
  it('carry owner labels and common metadata, and no namespace of their own making', () => {
    expect(metadataOf(service, { app: fluxApp })).toEqual({
      name: 'web',
      labels: {
        'kustomize.toolkit.fluxcd.io/name': 'infra',
        'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
        team: 'platform',
      },
    });
    expect(metadataOf(crd, { app: fluxApp })?.labels).toMatchObject({ team: 'platform' });
  });

  const release = app({
    tool: 'flux',
    kind: 'HelmRelease',
    namespace: 'apps',
    name: 'web',
    source: { kind: 'local', root: '/repo', render: chart },
    destination: { cluster: { kind: 'control' }, namespace: '' },
    policy: { ...helmPolicy, commonMetadata: { annotations: { team: 'platform' } } },
  });
  const owner = {
    'helm.toolkit.fluxcd.io/name': 'web',
    'helm.toolkit.fluxcd.io/namespace': 'apps',
  };

  it('carry the release where helm-controller applies them', () => {
    expect(metadataOf(service, { app: release })).toEqual({
      name: 'web',
      namespace: 'shop',
      labels: { ...owner, 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: {
        team: 'platform',
        'meta.helm.sh/release-name': 'web-release',
        'meta.helm.sh/release-namespace': 'shop',
      },
    });
  });

  it('carry no release metadata as hook, and only owner labels from crds/', () => {
    expect(metadataOf(service, { app: release, role: 'hook' })).toEqual({
      name: 'web',
      namespace: 'shop',
      labels: owner,
      annotations: { team: 'platform' },
    });
    expect(metadataOf(crd, { app: release, role: 'crd' })).toEqual({
      name: 'widgets.example.com',
      labels: owner,
    });
  });

  it('carry the release of a chart that a pipeline installs, without labels of Flux', () => {
    const pushed = app({
      tool: 'push',
      kind: 'Chart',
      namespace: '',
      source: { kind: 'local', root: '/repo', render: chart },
      policy: helmPolicy,
    });
    expect(metadataOf(service, { app: pushed })?.labels).toEqual({
      'app.kubernetes.io/managed-by': 'Helm',
    });
    const folder = app({ tool: 'push', kind: 'Folder', namespace: '' });
    expect(metadataOf(service, { app: folder })).toEqual({ name: 'web', namespace: 'shop' });
  });
});

describe('scope', () => {
  const ids = (isNamespaced: DesiredInput['isNamespaced']): readonly string[] =>
    desiredObjects({
      app: app(),
      objects: [crd, widget, role].map((o) => rendered(o)),
      isNamespaced,
    }).map((object) => `${object.id.kind}:${object.id.namespace}`);

  it('is what the cluster says', () => {
    expect(ids(() => true)).toEqual([
      'CustomResourceDefinition:shop',
      'Widget:shop',
      'ClusterRole:wrong',
    ]);
  });

  it('else what a definition among the objects says, else what Kubernetes has', () => {
    expect(ids(() => undefined)).toEqual(['CustomResourceDefinition:', 'Widget:', 'ClusterRole:']);
  });
});

describe('duplicates', () => {
  it('keep the last and say so, also when only one names the namespace', () => {
    const [first, second] = [
      { ...service, spec: { type: 'ClusterIP' } },
      { ...service, metadata: { name: 'web', namespace: 'shop' }, spec: { type: 'NodePort' } },
    ];
    const result = desiredObjects({
      app: app(),
      objects: [first, role, second].map((object) => rendered(object)),
      isNamespaced: () => undefined,
    });
    expect(result.map((object) => object.id.kind)).toEqual(['ClusterRole', 'Service']);
    expect(result[1]?.object['spec']).toEqual({ type: 'NodePort' });
    expect(result[1]?.notes.map((note) => note.kind)).toEqual(['duplicate']);
    expect(result[0]?.notes).toEqual([]);
  });

  it('are never objects that get their name from the server', () => {
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { generateName: 'migrate-' } };
    const result = desiredObjects({
      app: app(),
      objects: [rendered(job), rendered(job)],
      isNamespaced: () => undefined,
    });
    expect(result).toHaveLength(2);
  });
});
