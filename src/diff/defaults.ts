import type { Json, JsonObject } from '../model/resource';
import { deepEqual, isMap } from './json';
import type { KindFacts } from './kinds';
import { sameLeaf } from './kinds';
import { valueOn } from './path';
import type { Path } from './path';

/** A field of a live object that Git does not have. */
export interface LiveOnlyField {
  readonly path: Path;
  readonly names: readonly string[];
  readonly value: Json;
  readonly live: JsonObject;
  readonly facts: KindFacts;
}

/**
 * Values that the API server's defaulting writes (pkg/apis/<group>/<version>/defaults.go of
 * Kubernetes 1.36), by the end of the field's path.
 */
const defaults: readonly (readonly [string, ...Json[]])[] = [
  ['restartPolicy', 'Always'],
  ['dnsPolicy', 'ClusterFirst'],
  ['terminationGracePeriodSeconds', 30],
  ['schedulerName', 'default-scheduler'],
  ['securityContext', {}],
  ['enableServiceLinks', true],
  ['preemptionPolicy', 'PreemptLowerPriority'],
  ['priority', 0],
  ['serviceAccountName', 'default'],
  ['terminationMessagePath', '/dev/termination-log'],
  ['terminationMessagePolicy', 'File'],
  ['protocol', 'TCP'],
  ['livenessProbe.timeoutSeconds', 1],
  ['readinessProbe.timeoutSeconds', 1],
  ['startupProbe.timeoutSeconds', 1],
  ['periodSeconds', 10],
  ['successThreshold', 1],
  ['failureThreshold', 3],
  ['httpGet.scheme', 'HTTP'],
  ['httpGet.path', '/'],
  ['grpc.service', ''],
  ['fieldRef.apiVersion', 'v1'],
  ['defaultMode', 420],
  ['serviceAccountToken.expirationSeconds', 3600],
  ['emptyDir', {}],
  ['replicas', 1],
  ['revisionHistoryLimit', 10],
  ['progressDeadlineSeconds', 600],
  ['strategy.type', 'RollingUpdate'],
  ['updateStrategy.type', 'RollingUpdate'],
  ['rollingUpdate.maxSurge', '25%', 0],
  ['rollingUpdate.maxUnavailable', '25%', 1],
  ['rollingUpdate.partition', 0],
  ['podManagementPolicy', 'OrderedReady'],
  ['persistentVolumeClaimRetentionPolicy.whenDeleted', 'Retain'],
  ['persistentVolumeClaimRetentionPolicy.whenScaled', 'Retain'],
  ['volumeMode', 'Filesystem'],
  ['volumeClaimTemplates.*.apiVersion', 'v1'],
  ['volumeClaimTemplates.*.kind', 'PersistentVolumeClaim'],
  ['volumeClaimTemplates.*.status.phase', 'Pending'],
  ['backoffLimit', 6],
  ['completionMode', 'NonIndexed'],
  ['completions', 1],
  ['parallelism', 1],
  ['suspend', false],
  ['manualSelector', false],
  ['podReplacementPolicy', 'TerminatingOrFailed', 'Failed'],
  ['concurrencyPolicy', 'Allow'],
  ['successfulJobsHistoryLimit', 3],
  ['failedJobsHistoryLimit', 1],
  ['spec.type', 'ClusterIP'],
  ['sessionAffinity', 'None'],
  ['clientIP.timeoutSeconds', 10800],
  ['internalTrafficPolicy', 'Cluster'],
  ['externalTrafficPolicy', 'Cluster'],
  ['allocateLoadBalancerNodePorts', true],
  ['minReplicas', 1],
  ['selectPolicy', 'Max'],
  ['policyTypes', ['Ingress'], ['Ingress', 'Egress']],
  ['roleRef.apiGroup', 'rbac.authorization.k8s.io'],
  ['subjects.*.apiGroup', 'rbac.authorization.k8s.io'],
  ['persistentVolumeReclaimPolicy', 'Retain'],
  ['reclaimPolicy', 'Delete'],
  ['volumeBindingMode', 'Immediate'],
  ['failurePolicy', 'Fail'],
  ['matchPolicy', 'Equivalent'],
  ['namespaceSelector', {}],
  ['objectSelector', {}],
  ['reinvocationPolicy', 'Never'],
  ['webhooks.*.timeoutSeconds', 10],
  ['rules.*.scope', '*'],
  ['service.port', 443],
  ['conversion.strategy', 'None'],
  ['attachRequired', true],
  ['podInfoOnMount', false],
  ['storageCapacity', false],
  ['requiresRepublish', false],
  ['seLinuxMount', false],
  ['fsGroupPolicy', 'ReadWriteOnceWithFSType'],
  ['volumeLifecycleModes', ['Persistent']],
  ['type', 'Opaque'],
];

/**
 * Texts that are no pointers in the types of Kubernetes (k8s.io/api): empty, they are as if Git did not
 * have them, and get their default.
 */
const plainTexts: ReadonlySet<string> = new Set([
  'apiGroup',
  'apiVersion',
  'concurrencyPolicy',
  'dnsPolicy',
  'externalTrafficPolicy',
  'imagePullPolicy',
  'path',
  'persistentVolumeReclaimPolicy',
  'podManagementPolicy',
  'protocol',
  'restartPolicy',
  'schedulerName',
  'scheme',
  'sessionAffinity',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'type',
]);

/** Whether the API server writes the live value where Git has an empty text. */
export function fillsEmpty(field: LiveOnlyField, desired: Json | undefined): boolean {
  const name = field.names[field.names.length - 1] ?? '';
  if (desired !== '' || !field.facts.builtIn || !plainTexts.has(name)) return false;
  return isServerDefault(field);
}

interface DefaultRule {
  readonly suffix: string;
  readonly values: readonly Json[];
}

const rulesByName: ReadonlyMap<string, readonly DefaultRule[]> = groupByName();

function groupByName(): ReadonlyMap<string, readonly DefaultRule[]> {
  const rules = new Map<string, DefaultRule[]>();
  for (const [suffix, ...values] of defaults) {
    const name = suffix.slice(suffix.lastIndexOf('.') + 1);
    rules.set(name, [...(rules.get(name) ?? []), { suffix, values }]);
  }
  return rules;
}

/** Maps whose keys are whatever somebody named them: the API server fills in none. */
const freeMaps: ReadonlySet<string> = new Set([
  'annotations',
  'binaryData',
  'data',
  'labels',
  'matchLabels',
  'nodeSelector',
  'parameters',
  'selector',
  'stringData',
]);

function isOwnKey(names: readonly string[]): boolean {
  return freeMaps.has(names[names.length - 2] ?? '');
}

function isTableDefault(field: LiveOnlyField): boolean {
  const rules = rulesByName.get(field.names[field.names.length - 1] ?? '') ?? [];
  if (rules.length === 0) return false;
  const dotted = field.names.join('.');
  return rules.some(
    ({ suffix, values }) =>
      (dotted === suffix || dotted.endsWith(`.${suffix}`)) &&
      values.some((value) => deepEqual(value, field.value)),
  );
}

/** Filled in by the server or its controllers and not to be had from Git, whatever the value. */
const assigned: ReadonlySet<string> = new Set([
  'Service:spec.clusterIP',
  'Service:spec.clusterIPs',
  'Service:spec.ipFamilies',
  'Service:spec.ipFamilyPolicy',
  'Service:spec.healthCheckNodePort',
  'Service:spec.ports.*.nodePort',
  'PersistentVolumeClaim:spec.volumeName',
  'PersistentVolumeClaim:spec.storageClassName',
  'PersistentVolume:spec.claimRef',
  'ServiceAccount:secrets.*',
  'Namespace:spec.finalizers',
  'Namespace:metadata.labels.kubernetes.io/metadata.name',
  'CustomResourceDefinition:spec.names.listKind',
  'CustomResourceDefinition:spec.names.singular',
  'Pod:spec.nodeName',
]);
const assignedAnywhere: ReadonlySet<string> = new Set([
  'metadata.namespace',
  'metadata.ownerReferences.*',
]);
/** Labels that the API server gives the pods of a Job. */
const jobLabels: ReadonlySet<string> = new Set([
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
]);
const serverFinalizers: ReadonlySet<Json> = new Set([
  'kubernetes.io/pvc-protection',
  'kubernetes.io/pv-protection',
  'foregroundDeletion',
  'orphan',
  'service.kubernetes.io/load-balancer-cleanup',
  'customresourcecleanup.apiextensions.k8s.io',
]);

function isAssigned(field: LiveOnlyField): boolean {
  const dotted = field.names.join('.');
  if (assignedAnywhere.has(dotted) || dotted.startsWith('metadata.ownerReferences')) return true;
  if (dotted === 'metadata.finalizers.*') return serverFinalizers.has(field.value);
  if (assigned.has(`${field.facts.kind}:${dotted}`)) return true;
  return field.facts.kind === 'Job' && jobLabels.has(field.names[field.names.length - 1] ?? '');
}

function siblings(field: LiveOnlyField, levels: number): JsonObject {
  const parent = valueOn(field.live, field.path.slice(0, -levels), 'before');
  return isMap(parent) ? parent : {};
}

/** Defaults that follow from another field of the same object. */
function isDerived(field: LiveOnlyField): boolean {
  const name = field.names[field.names.length - 1] ?? '';
  const { value } = field;
  if (name === 'serviceAccount') return value === siblings(field, 1)['serviceAccountName'];
  if (name === 'targetPort') return value === siblings(field, 1)['port'];
  if (name === 'hostPort') return value === siblings(field, 1)['containerPort'];
  if (name === 'imagePullPolicy') return value === pullPolicy(siblings(field, 1)['image']);
  return field.names[field.names.length - 2] === 'requests' && isRequestOfLimit(field, name);
}

/** `Always` for `:latest` and no tag, unless a digest pins the image. */
function pullPolicy(image: Json | undefined): string {
  if (typeof image !== 'string') return 'IfNotPresent';
  if (image.includes('@')) return 'IfNotPresent';
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function isRequestOfLimit(field: LiveOnlyField, name: string): boolean {
  const limits = siblings(field, 2)['limits'];
  const limit = isMap(limits) ? limits[name] : undefined;
  if (limit === undefined) return false;
  return sameLeaf(field.facts, field.names, { before: limit, after: field.value });
}

/** Whether the API server itself wrote the field, in an object of one of its own kinds. */
export function isServerDefault(field: LiveOnlyField): boolean {
  if (isAssigned(field)) return true;
  if (!field.facts.podTyped || isOwnKey(field.names)) return false;
  return isTableDefault(field) || isDerived(field);
}
