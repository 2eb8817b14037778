import { groupOf, versionOf } from '../../model/resource';
import { crdKinds, isCrd } from '../crd';
import type { BatchRule, Destination, Finding } from './rule';
import type { RemovedApi } from './removedApis';
import { REMOVED_APIS } from './removedApis';

/** The group, version and kind of an object. */
interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Whether the destination serves the API version: certain where its served kinds are known, else by
 * the versions in which Kubernetes removed its own APIs.
 */
export const apiVersionRule: BatchRule = ({ objects, destination }) => {
  const crds = objects.map(({ object }) => object).filter(isCrd);
  const brought = new Set(crds.flatMap(crdKinds).map(({ group, kind }) => `${group}/${kind}`));
  return objects.flatMap(({ object }, index) => {
    if (brought.has(kindKey(object)) || object.kind.endsWith('List')) return [];
    const finding = servedFinding(object, destination) ?? removedFinding(object, destination);
    return finding === undefined ? [] : [{ index, finding }];
  });
};

function kindKey({ apiVersion, kind }: Kind): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

/** `undefined` when the served kinds are not known or hold this one. */
function servedFinding(object: Kind, destination: Destination): Finding | undefined {
  const { served, missingGroups = [] } = destination;
  const group = groupOf(object.apiVersion);
  if (served === undefined || missingGroups.includes(group)) return undefined;
  const same = served.filter((one) => one.group === group && one.kind === object.kind);
  if (same.some(({ version }) => version === versionOf(object.apiVersion))) return undefined;
  const cluster = destination.name ?? 'the destination cluster';
  if (same.length > 0) {
    const versions = same.map((one) => apiVersionOf(group, one.version)).join(', ');
    return removed(`${cluster} does not serve ${object.apiVersion}, it serves ${versions}`);
  }
  const known = removedApi(object);
  if (known !== undefined) return removed(`${cluster} does not serve it${advice(known)}`);
  return {
    severity: 'warning',
    code: 'kind-not-served',
    message: `${cluster} does not know ${object.kind} of ${object.apiVersion}, and this app has no definition of it`,
    pointer: '/kind',
  };
}

function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

function removedFinding(object: Kind, destination: Destination): Finding | undefined {
  if (destination.served !== undefined) return undefined;
  const known = removedApi(object);
  if (known === undefined) return undefined;
  const minor = minorOf(destination.version);
  const when = `${object.apiVersion} is not served since Kubernetes 1.${known.removedIn}`;
  const message = `${when}${advice(known)}`;
  if (minor === undefined) return { ...removed(message), severity: 'warning' };
  return minor >= known.removedIn
    ? removed(message)
    : { ...removed(message), severity: 'info', code: 'deprecated-api' };
}

function removedApi({ apiVersion, kind }: Kind): RemovedApi | undefined {
  return REMOVED_APIS.find(
    (api) =>
      api.group === groupOf(apiVersion) &&
      api.version === versionOf(apiVersion) &&
      api.kinds.includes(kind),
  );
}

function advice({ replacement }: RemovedApi): string {
  return replacement === undefined ? ', and nothing takes its place' : `, use ${replacement}`;
}

function removed(message: string): Finding {
  return { severity: 'error', code: 'removed-api', message, pointer: '/apiVersion' };
}

/** The minor of a version of Kubernetes 1: `36` of `v1.36.3+k3s1`. */
function minorOf(version: string | undefined): number | undefined {
  const match = /^v?1\.(\d+)/.exec(version ?? '');
  return match === null ? undefined : Number(match[1]);
}
