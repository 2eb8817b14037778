import type { App } from '../model/app';
import { groupOf } from '../model/resource';
import type { JsonObject, KubeObject } from '../model/resource';
import { isMap, mapAt, toJson, toKube } from './json';
import { withMetadata } from './metadata';

/** What Argo CD's `argocd-cm` says about tracking; defaults of Argo CD 3 where it is not readable. */
export interface Tracking {
  readonly method: 'annotation' | 'annotation+label' | 'label';
  /** `application.instanceLabelKey`. */
  readonly labelKey: string;
  readonly installationId?: string;
  /** Namespace of Argo CD itself: apps elsewhere are tracked as `<namespace>_<name>`. */
  readonly controllerNamespace: string;
}

export const defaultTracking: Tracking = {
  method: 'annotation',
  labelKey: 'app.kubernetes.io/instance',
  controllerNamespace: 'argocd',
};

export type TrackedApp = Pick<App, 'namespace' | 'name' | 'destination'>;

const labelLimit = 63;

function isCrd(object: KubeObject): boolean {
  return (
    object.kind === 'CustomResourceDefinition' &&
    groupOf(object.apiVersion) === 'apiextensions.k8s.io'
  );
}

/** Argo CD, util/argo/resource_tracking.go: CRDs are not tracked. */
export function withTracking(object: KubeObject, app: TrackedApp, tracking: Tracking): KubeObject {
  if (isCrd(object)) return object;
  const instance = instanceName(app, tracking.controllerNamespace);
  const byLabel = tracking.method !== 'annotation';
  const byAnnotation = tracking.method !== 'label';
  const label = tracking.method === 'label' ? instance : truncatedLabel(instance);
  const labelled = byLabel ? withInstanceLabel(object, tracking.labelKey, label) : object;
  if (!byAnnotation) return labelled;
  const { installationId } = tracking;
  return withMetadata(labelled, {
    annotations: {
      ...(installationId ? { 'argocd.argoproj.io/installation-id': installationId } : {}),
      'argocd.argoproj.io/tracking-id': trackingId(object, instance, app),
    },
  });
}

/** The name by which Argo CD tracks an app: with its namespace unless that is Argo CD's own. */
export function instanceName(
  app: { readonly namespace: string; readonly name: string },
  controllerNamespace: string,
): string {
  const own = app.namespace === '' || app.namespace === controllerNamespace;
  return own ? app.name : `${app.namespace}_${app.name}`;
}

/** Cluster-scoped objects carry the app's destination namespace. */
function trackingId(object: KubeObject, instance: string, app: TrackedApp): string {
  const namespace = object.metadata.namespace ?? app.destination.namespace;
  const group = groupOf(object.apiVersion);
  return `${instance}:${group}/${object.kind}:${namespace}/${object.metadata.name ?? ''}`;
}

function truncatedLabel(instance: string): string {
  return instance.slice(0, labelLimit).replace(/[^A-Za-z0-9]+$/, '');
}

/** With label tracking under the legacy key, Argo CD also labels selectors and templates. */
function withInstanceLabel(object: KubeObject, key: string, value: string): KubeObject {
  const labelled = withMetadata(object, { labels: { [key]: value } });
  if (key !== legacyInstanceKey) return labelled;
  const kinds = legacyTemplates[`${groupOf(object.apiVersion)}/${object.kind}`];
  return kinds ? withTemplateLabel(labelled, key, value) : labelled;
}

/** The instance label key of Argo CD before 1.0, still settable. */
const legacyInstanceKey = 'applications.argoproj.io/app-name';
const legacyTemplates: Readonly<Record<string, true>> = {
  'apps/Deployment': true,
  'apps/DaemonSet': true,
  'apps/ReplicaSet': true,
  'apps/StatefulSet': true,
  'batch/Job': true,
};

function withTemplateLabel(object: KubeObject, key: string, value: string): KubeObject {
  const spec = mapAt(toJson(object), 'spec');
  const template = spec['template'];
  if (!isMap(template)) return object;
  const metadata = mapAt(template, 'metadata');
  const labels: JsonObject = { ...mapAt(metadata, 'labels'), [key]: value };
  const labelledTemplate = { ...template, metadata: { ...metadata, labels } };
  return toKube({ ...toJson(object), spec: { ...spec, template: labelledTemplate } });
}
