import type { ResourceNote } from '../model/change';
import { groupOf, isSecret } from '../model/resource';
import type { JsonObject, KubeObject } from '../model/resource';
import { isServerDefault } from './defaults';
import { mapAt, toJson } from './json';
import { factsOf } from './kinds';
import type { KindFacts } from './kinds';
import { lessQuantity } from './quantity';
import { recreationOf } from './recreation';
import type { Applying } from './recreation';
import type { Difference } from './walk';

/**
 * Fields that the API server does not let change once an object exists, as its update validation
 * says (pkg/apis/<group>/validation of Kubernetes 1.36). `fixed` names what cannot change, `but`
 * what may change below it.
 */
interface Fixed {
  readonly fixed: readonly string[];
  readonly but?: readonly string[];
}

const fixedByKind: Readonly<Record<string, Fixed>> = {
  'apps/Deployment': { fixed: ['spec.selector'] },
  'apps/DaemonSet': { fixed: ['spec.selector'] },
  'apps/ReplicaSet': { fixed: ['spec.selector'] },
  'apps/StatefulSet': {
    fixed: ['spec'],
    but: [
      'spec.replicas',
      'spec.ordinals',
      'spec.template',
      'spec.updateStrategy',
      'spec.revisionHistoryLimit',
      'spec.persistentVolumeClaimRetentionPolicy',
      'spec.minReadySeconds',
    ],
  },
  'batch/Job': {
    fixed: [
      'spec.selector',
      'spec.template',
      'spec.completionMode',
      'spec.completions',
      'spec.podFailurePolicy',
      'spec.successPolicy',
      'spec.backoffLimitPerIndex',
      'spec.managedBy',
    ],
  },
  '/PersistentVolumeClaim': {
    fixed: ['spec'],
    but: ['spec.resources', 'spec.volumeAttributesClassName', 'spec.volumeName'],
  },
  '/PersistentVolume': {
    fixed: ['spec.volumeMode', 'spec.csi', 'spec.nfs', 'spec.hostPath', 'spec.local', 'spec.iscsi'],
  },
  'storage.k8s.io/StorageClass': {
    fixed: ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
  },
  'rbac.authorization.k8s.io/RoleBinding': { fixed: ['roleRef'] },
  'rbac.authorization.k8s.io/ClusterRoleBinding': { fixed: ['roleRef'] },
  'scheduling.k8s.io/PriorityClass': { fixed: ['value', 'preemptionPolicy'] },
  'node.k8s.io/RuntimeClass': { fixed: ['handler'] },
  'networking.k8s.io/IngressClass': { fixed: ['spec.controller'] },
  'apiextensions.k8s.io/CustomResourceDefinition': {
    fixed: ['spec.group', 'spec.scope', 'spec.names.kind', 'spec.names.plural'],
  },
  '/ResourceQuota': { fixed: ['spec.scopes', 'spec.scopeSelector'] },
  'discovery.k8s.io/EndpointSlice': { fixed: ['addressType'] },
  '/Secret': { fixed: ['type'] },
  '/Pod': {
    fixed: ['spec'],
    but: [
      'spec.containers.*.image',
      'spec.initContainers.*.image',
      'spec.activeDeadlineSeconds',
      'spec.tolerations',
      'spec.terminationGracePeriodSeconds',
      'spec.schedulingGates',
    ],
  },
};

function isBelow(field: string, ancestor: string): boolean {
  return field === ancestor || field.startsWith(`${ancestor}.`);
}

interface Sides {
  readonly before: KubeObject;
  readonly after: KubeObject;
}

/** Names of the immutable fields among the differences, shortest form, each once. */
export function immutableFields(sides: Sides, found: readonly Difference[]): readonly string[] {
  const names = new Set<string>();
  const facts = factsOf(sides.before);
  for (const difference of found) {
    if (isDefaultSpeltOut(difference, facts)) continue;
    const field = immutableField(sides, difference);
    if (field !== undefined) names.add(field);
  }
  return [...names];
}

/** Saying what the API server fills in anyway, or no longer saying it, changes nothing. */
function isDefaultSpeltOut(difference: Difference, facts: KindFacts): boolean {
  const { path, names, before, after } = difference;
  const value = before ?? after;
  if (value === undefined || (before !== undefined && after !== undefined)) return false;
  return isServerDefault({ path, names, value, live: {}, facts });
}

function immutableField(sides: Sides, difference: Difference): string | undefined {
  const field = difference.names.join('.');
  const special = specialField(sides, difference, field);
  if (special !== undefined) return special;
  const fixed = fixedAncestor(sides.before, field);
  if (fixed === undefined || isMutableJob(sides, difference, field)) return undefined;
  return fixed === 'spec' ? difference.names.slice(0, 2).join('.') : fixed;
}

function fixedAncestor(before: KubeObject, field: string): string | undefined {
  const rule = fixedByKind[`${groupOf(before.apiVersion)}/${before.kind}`];
  if (!rule || rule.but?.some((ancestor) => isBelow(field, ancestor))) return undefined;
  return rule.fixed.find((ancestor) => isBelow(field, ancestor));
}

function specialField(sides: Sides, difference: Difference, field: string): string | undefined {
  const { before } = sides;
  const isConfig = before.kind === 'ConfigMap' && groupOf(before.apiVersion) === '';
  if (isConfig || isSecret(before)) return frozenField(before, field);
  if (before.kind === 'Service') return serviceField(sides, difference, field);
  if (before.kind !== 'PersistentVolumeClaim') return undefined;
  return shrinks(difference, field) ? 'spec.resources.requests.storage' : undefined;
}

const payload = ['data', 'binaryData', 'stringData', 'immutable'];

function frozenField(before: KubeObject, field: string): string | undefined {
  if (before['immutable'] !== true) return undefined;
  return payload.find((name) => isBelow(field, name));
}

/** Addresses are kept unless the type changes to or from ExternalName. */
function serviceField(sides: Sides, difference: Difference, field: string): string | undefined {
  if (difference.before === undefined || difference.after === undefined) return undefined;
  if (field !== 'spec.clusterIP' && !isBelow(field, 'spec.clusterIPs')) return undefined;
  if (isExternalName(sides.before) || isExternalName(sides.after)) return undefined;
  return isBelow(field, 'spec.clusterIPs') ? 'spec.clusterIPs' : field;
}

function isExternalName(service: KubeObject): boolean {
  return mapAt(toJson(service), 'spec')['type'] === 'ExternalName';
}

/** A claim can grow, where its class allows it, and never shrink. */
function shrinks(difference: Difference, field: string): boolean {
  const { before, after } = difference;
  if (field !== 'spec.resources.requests.storage') return false;
  return before !== undefined && after !== undefined && lessQuantity(after, before);
}

/** Scheduling of a suspended Job may still change; completions of an indexed one with parallelism. */
function isMutableJob(sides: Sides, difference: Difference, field: string): boolean {
  if (sides.before.kind !== 'Job') return false;
  const spec: JsonObject = mapAt(toJson(sides.before), 'spec');
  if (field === 'spec.completions') return spec['completionMode'] === 'Indexed';
  if (spec['suspend'] !== true) return false;
  return schedulingFields.some((name) => isBelow(difference.names.join('.'), name));
}

const schedulingFields = [
  'spec.template.metadata.labels',
  'spec.template.metadata.annotations',
  'spec.template.spec.nodeSelector',
  'spec.template.spec.affinity',
  'spec.template.spec.tolerations',
  'spec.template.spec.schedulingGates',
];

/** One note for all immutable fields that change: refused, or recreated where the app says so. */
export function immutableNotes(
  sides: Sides,
  found: readonly Difference[],
  policy: Applying,
): readonly ResourceNote[] {
  const fields = immutableFields(sides, found);
  if (fields.length === 0) return [];
  const verb = fields.length === 1 ? 'is' : 'are';
  const what = `${fields.join(', ')} ${verb} immutable`;
  const { isRecreated, because } = recreationOf(policy, sides.after);
  const outcome = isRecreated
    ? ({ kind: 'recreated', words: 'Will be recreated' } as const)
    : ({ kind: 'immutable', words: 'Will be refused' } as const);
  const message = `${outcome.words}: ${what}.`;
  return [
    { kind: outcome.kind, message: because === undefined ? message : `${message} ${because}` },
  ];
}
