import type { App } from '../model/app';
import type { ResourceNote } from '../model/change';
import type { RenderedObject } from '../model/render';
import { groupOf, resourceKey } from '../model/resource';
import type { KubeObject, ResourceId } from '../model/resource';
import { mapAt, textAt, toJson, toKube, without } from './json';
import { isBuiltInGroup } from './kinds';
import { withMetadata } from './metadata';
import { defaultTracking, withTracking } from './tracking';
import type { Tracking } from './tracking';

/** A rendered object as the controller would send it. */
export interface DesiredObject extends RenderedObject {
  readonly id: ResourceId;
  readonly notes: readonly ResourceNote[];
}

export interface DesiredInput {
  readonly app: Pick<
    App,
    'tool' | 'kind' | 'namespace' | 'name' | 'source' | 'destination' | 'policy'
  >;
  readonly objects: readonly RenderedObject[];
  /** From discovery of the destination; `undefined` where the kind is not known there. */
  readonly isNamespaced: (group: string, kind: string) => boolean | undefined;
  readonly tracking?: Tracking;
}

/**
 * The objects with what the app's controller adds before it applies them: destination namespace and
 * tracking (Argo CD), owner labels and common metadata (Flux), release metadata (Helm). Of objects
 * with one identity the last wins, as in Argo CD, and says so.
 */
export function desiredObjects(input: DesiredInput): readonly DesiredObject[] {
  const isNamespaced = scopeOf(input);
  const add = additionsOf(input);
  const byKey = new Map<string, DesiredObject>();
  input.objects.forEach((rendered, index) => {
    const desired = toDesired(rendered, { input, isNamespaced, add });
    const key = keyOf(desired, index);
    const earlier = byKey.get(key);
    byKey.delete(key);
    byKey.set(key, earlier ? withDuplicateNote(desired) : desired);
  });
  return [...byKey.values()];
}

function keyOf(desired: DesiredObject, index: number): string {
  const key = resourceKey(desired.id);
  return desired.id.name === '' ? `${key}#${index}` : key;
}

function withDuplicateNote(desired: DesiredObject): DesiredObject {
  const message = `${desired.id.kind} ${desired.id.name} is defined more than once in this app: the last definition wins.`;
  return { ...desired, notes: [...desired.notes, { kind: 'duplicate', message }] };
}

interface Additions {
  readonly input: DesiredInput;
  readonly isNamespaced: (object: KubeObject) => boolean;
  readonly add: (rendered: RenderedObject, object: KubeObject) => KubeObject;
}

function toDesired(rendered: RenderedObject, additions: Additions): DesiredObject {
  const namespaced = additions.isNamespaced(rendered.object);
  const placed = withNamespace(rendered.object, namespaced, additions.input);
  const object = additions.add(rendered, placed);
  const id: ResourceId = {
    group: groupOf(object.apiVersion),
    kind: object.kind,
    namespace: namespaced ? (object.metadata.namespace ?? '') : '',
    name: object.metadata.name ?? '',
  };
  return { ...rendered, object, id, notes: [] };
}

function withNamespace(object: KubeObject, namespaced: boolean, input: DesiredInput): KubeObject {
  const namespace = object.metadata.namespace ?? '';
  if (!namespaced) {
    if (namespace === '') return object;
    return toKube({
      ...toJson(object),
      metadata: without(mapAt(toJson(object), 'metadata'), 'namespace'),
    });
  }
  const wanted = namespace === '' ? defaultNamespace(input.app) : namespace;
  if (wanted === namespace) return object;
  return { ...object, metadata: { ...object.metadata, namespace: wanted } };
}

function defaultNamespace(app: DesiredInput['app']): string {
  if (app.destination.namespace !== '') return app.destination.namespace;
  return releaseOf(app)?.namespace ?? '';
}

const clusterScoped: ReadonlySet<string> = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'APIService',
  'StorageClass',
  'VolumeAttachment',
  'VolumeAttributesClass',
  'CSIDriver',
  'CSINode',
  'PriorityClass',
  'RuntimeClass',
  'IngressClass',
  'IPAddress',
  'ServiceCIDR',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'FlowSchema',
  'PriorityLevelConfiguration',
  'CertificateSigningRequest',
  'DeviceClass',
  'ResourceSlice',
]);

/** The cluster's word first, then CRDs among the objects, then the built-in kinds, then namespaced. */
function scopeOf(input: DesiredInput): (object: KubeObject) => boolean {
  const scopes = new Map<string, boolean>();
  for (const { object } of input.objects) {
    if (object.kind !== 'CustomResourceDefinition') continue;
    const spec = mapAt(toJson(object), 'spec');
    const kind = textAt(mapAt(spec, 'names'), 'kind') ?? '';
    scopes.set(`${textAt(spec, 'group') ?? ''}/${kind}`, textAt(spec, 'scope') !== 'Cluster');
  }
  return (object) => {
    const group = groupOf(object.apiVersion);
    const known = input.isNamespaced(group, object.kind) ?? scopes.get(`${group}/${object.kind}`);
    return known ?? !(isBuiltInGroup(group) && clusterScoped.has(object.kind));
  };
}

function additionsOf(input: DesiredInput): Additions['add'] {
  const { app } = input;
  if (app.tool === 'argocd')
    return (_rendered, object) => withTracking(object, app, input.tracking ?? defaultTracking);
  if (app.kind === 'Kustomization') return (_rendered, object) => withFluxOwner(object, app);
  const release = releaseOf(app);
  if (!release) return (_rendered, object) => withCommonMetadata(object, app);
  return (rendered, object) => withRelease(object, { app, release, role: rendered.role });
}

interface Release {
  readonly name: string;
  readonly namespace: string;
}

function releaseOf(app: DesiredInput['app']): Release | undefined {
  if (app.source.kind !== 'local' || app.source.render.kind !== 'helm') return undefined;
  if (app.tool === 'argocd') return undefined;
  return { name: app.source.render.releaseName, namespace: app.source.render.namespace };
}

function withCommonMetadata(object: KubeObject, app: DesiredInput['app']): KubeObject {
  return app.policy.commonMetadata ? withMetadata(object, app.policy.commonMetadata) : object;
}

/** kustomize-controller: owner labels win over what Git says, commonMetadata over both. */
function withFluxOwner(object: KubeObject, app: DesiredInput['app']): KubeObject {
  const owned = withMetadata(object, {
    labels: {
      'kustomize.toolkit.fluxcd.io/name': app.name,
      'kustomize.toolkit.fluxcd.io/namespace': app.namespace,
    },
  });
  return withCommonMetadata(owned, app);
}

/**
 * Helm's own metadata (helm pkg/action/validate.go) is set on resources of the release, not on
 * `crds/` nor hooks; helm-controller's labels come from its post-renderer, before that, and on
 * `crds/` from its origin visitor (helm-controller internal/action/crds.go).
 */
function withRelease(
  object: KubeObject,
  context: {
    readonly app: DesiredInput['app'];
    readonly release: Release;
    readonly role: RenderedObject['role'];
  },
): KubeObject {
  const { app, release, role } = context;
  const common = role === 'crd' ? object : withCommonMetadata(object, app);
  const labelled = app.kind === 'HelmRelease' ? withHelmOwner(common, app) : common;
  if (role !== 'resource') return labelled;
  return withMetadata(labelled, {
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: {
      'meta.helm.sh/release-name': release.name,
      'meta.helm.sh/release-namespace': release.namespace,
    },
  });
}

function withHelmOwner(object: KubeObject, app: DesiredInput['app']): KubeObject {
  return withMetadata(object, {
    labels: {
      'helm.toolkit.fluxcd.io/name': app.name,
      'helm.toolkit.fluxcd.io/namespace': app.namespace,
    },
  });
}
