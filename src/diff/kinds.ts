import { groupOf } from '../model/resource';
import type { Json } from '../model/resource';
import { isList, isMap } from './json';
import { sameQuantity } from './quantity';

/**
 * What is known of the type of an object: which lists merge by which keys and which of its leaves
 * are quantities. `listKeys` comes from the live object's managedFields, where the API server shows
 * the keys it uses, so that custom resources need no schema here.
 */
export interface KindFacts {
  readonly group: string;
  readonly kind: string;
  /** The API server drops zero values of its own typed kinds and keeps those of custom resources. */
  readonly builtIn: boolean;
  /** `spec.template` is a pod template of the built-in type. */
  readonly podTyped: boolean;
  readonly listKeys?: ReadonlyMap<string, readonly string[]>;
}

const builtInGroups: ReadonlySet<string> = new Set([
  '',
  'apps',
  'batch',
  'autoscaling',
  'policy',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

export function isBuiltInGroup(group: string): boolean {
  return builtInGroups.has(group);
}

export function factsOf(
  object: { readonly apiVersion: string; readonly kind: string },
  listKeys?: ReadonlyMap<string, readonly string[]>,
): KindFacts {
  const group = groupOf(object.apiVersion);
  const builtIn = isBuiltInGroup(group);
  const rollout = group === 'argoproj.io' && object.kind === 'Rollout';
  return { group, kind: object.kind, builtIn, podTyped: builtIn || rollout, listKeys };
}

/** `x-kubernetes-list-map-keys` and patch merge keys of the built-in kinds, by field name. */
const keysByName: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  hostAliases: ['ip'],
  imagePullSecrets: ['name'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
  resourceClaims: ['name'],
  schedulingGates: ['name'],
  env: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  claims: ['name'],
  secrets: ['name'],
  webhooks: ['name'],
  matchConditions: ['name'],
  variables: ['name'],
  ownerReferences: ['uid'],
};
const containerLists: ReadonlySet<string> = new Set([
  'containers',
  'initContainers',
  'ephemeralContainers',
]);

/** Keys by which the elements of the list at `names` are told apart; none for an atomic list. */
export function mergeKeysAt(
  facts: KindFacts,
  names: readonly string[],
): readonly string[] | undefined {
  const known = facts.listKeys?.get(names.join('.')) ?? [];
  return known.length > 0 ? known : builtInKeys(facts, names);
}

function builtInKeys(facts: KindFacts, names: readonly string[]): readonly string[] | undefined {
  const name = names[names.length - 1] ?? '';
  if (name === 'ports') return portKeys(facts, names);
  if (!facts.podTyped && names[0] !== 'metadata') return undefined;
  return Object.hasOwn(keysByName, name) ? keysByName[name] : undefined;
}

function portKeys(facts: KindFacts, names: readonly string[]): readonly string[] | undefined {
  if (facts.podTyped && containerLists.has(names[names.length - 3] ?? '')) {
    return ['containerPort', 'protocol'];
  }
  const ofService = facts.group === '' && facts.kind === 'Service' && names.length === 2;
  return ofService ? ['port', 'protocol'] : undefined;
}

/** Lists whose elements are plain values in no order. */
export function isSetAt(facts: KindFacts, names: readonly string[]): boolean {
  if (facts.listKeys?.get(names.join('.'))?.length === 0) return true;
  return names.length === 2 && names[0] === 'metadata' && names[1] === 'finalizers';
}

/** Defaults that are part of a merge key and may be left out in Git. */
export function keyDefault(key: string): Json | undefined {
  return key === 'protocol' ? 'TCP' : undefined;
}

const quantityMaps: ReadonlySet<string> = new Set([
  'limits',
  'requests',
  'hard',
  'capacity',
  'overhead',
  'podFixed',
  'default',
  'defaultRequest',
  'max',
  'min',
  'maxLimitRequestRatio',
]);
const quantityLeaves: ReadonlySet<string> = new Set([
  'sizeLimit',
  'divisor',
  'averageValue',
  'value',
]);

/** Leaves that the Go types declare as `resource.Quantity`. */
export function isQuantityAt(facts: KindFacts, names: readonly string[]): boolean {
  if (!facts.podTyped) return false;
  const last = names[names.length - 1] ?? '';
  const parent = names[names.length - 2] ?? '';
  if (quantityLeaves.has(last)) return isQuantityLeaf(facts, last, parent);
  return quantityMaps.has(parent) && isQuantityMap(facts, names, parent);
}

function isQuantityLeaf(facts: KindFacts, last: string, parent: string): boolean {
  if (last === 'sizeLimit') return parent === 'emptyDir';
  if (last === 'divisor') return parent === 'resourceFieldRef';
  return facts.kind === 'HorizontalPodAutoscaler' && parent === 'target';
}

const kindOfQuantityMap: Readonly<Record<string, string>> = {
  hard: 'ResourceQuota',
  capacity: 'PersistentVolume',
  podFixed: 'RuntimeClass',
};

function isQuantityMap(facts: KindFacts, names: readonly string[], parent: string): boolean {
  const above = names[names.length - 3] ?? '';
  if (parent === 'limits' || parent === 'requests') return above === 'resources';
  if (parent === 'overhead') return above === 'spec';
  const kind = kindOfQuantityMap[parent];
  return kind === undefined ? facts.kind === 'LimitRange' && above === '*' : facts.kind === kind;
}

export function sameLeaf(
  facts: KindFacts,
  names: readonly string[],
  sides: { readonly before: Json; readonly after: Json },
): boolean {
  if (sides.before === sides.after) return true;
  if (!isQuantityAt(facts, names)) return false;
  return sameQuantity(sides.before, sides.after) === true;
}

/** Maps from free keys to values: an empty one is dropped by the API server, an empty value is not. */
const freeMaps: ReadonlySet<string> = new Set([
  'labels',
  'annotations',
  'matchLabels',
  'nodeSelector',
  'selector',
  'data',
  'stringData',
  'binaryData',
  'limits',
  'requests',
  'parameters',
  'volumeAttributes',
  'hard',
]);
/** Structs that Go writes as `{}` also when nothing is set. */
const plainStructs: ReadonlySet<string> = new Set([
  'resources',
  'status',
  'strategy',
  'updateStrategy',
]);
/** Strings behind a pointer, which keep an empty value. */
const pointerStrings: ReadonlySet<string> = new Set([
  'storageClassName',
  'ingressClassName',
  'runtimeClassName',
  'loadBalancerClass',
  'volumeAttributesClassName',
  'apiGroup',
  'hostnameOverride',
]);
const plainBooleans: ReadonlySet<string> = new Set([
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'stdin',
  'stdinOnce',
  'tty',
  'readOnly',
  'paused',
  'publishNotReadyAddresses',
  'preserveUnknownFields',
  'deprecated',
  'globalDefault',
]);
const plainNumbers: ReadonlySet<string> = new Set([
  'minReadySeconds',
  'initialDelaySeconds',
  'hostPort',
  'nodePort',
  'healthCheckNodePort',
]);

/**
 * True when having this value and having nothing are one for the API server: `null` always; zero
 * values of plain (`omitempty`, not pointer) fields of the built-in Go types.
 */
export function equalsAbsent(facts: KindFacts, names: readonly string[], value: Json): boolean {
  if (value === null) return true;
  if (!facts.builtIn) return false;
  if (freeMaps.has(names[names.length - 2] ?? '')) return false;
  return isDroppedZero(facts, names[names.length - 1] ?? '', value);
}

function isDroppedZero(facts: KindFacts, name: string, value: Json): boolean {
  if (value === '') return !pointerStrings.has(name);
  if (value === false) return plainBooleans.has(name);
  if (value === 0) return plainNumbers.has(name);
  if (isList(value)) return value.length === 0;
  return isMap(value) && Object.keys(value).length === 0 && isDroppedMap(facts, name);
}

function isDroppedMap(facts: KindFacts, name: string): boolean {
  if (name === 'selector') return facts.kind === 'Service';
  return freeMaps.has(name) || plainStructs.has(name);
}
