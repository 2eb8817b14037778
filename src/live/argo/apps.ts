import type { Access } from '../../model/cluster';
import { listAt } from '../../model/fields';
import type { ArgoServers, Log } from '../../model/ports';
import type { KubeObject, ResourceId } from '../../model/resource';
import { resourceIdOf, resourceKey } from '../../model/resource';
import type { HealthByKey } from './health';
import type { ArgoItem } from './items';
import { asObject, resourceOf } from './items';
import type { Sleep } from '../rest';

export const APPLICATION = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' } as const;

/** A cluster that an Argo CD sends objects to, as its API names it. */
export interface ArgoDestination {
  readonly name: string;
  readonly server: string;
  /** `1.36`; absent where the user may not ask for it. */
  readonly version?: string;
  /** `apps/v1/Deployment`; empty where the user may not ask. */
  readonly apiVersions: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

export interface InstanceOptions {
  readonly servers: ArgoServers;
  readonly server: string;
  readonly log: Log;
  readonly clock: () => number;
  readonly sleep: Sleep;
  /** In [0, 1). */
  readonly random: () => number;
}

/** What all parts of one instance work on. */
export interface InstanceState {
  applications: readonly KubeObject[];
  destinations: readonly ArgoDestination[];
  listed: { readonly atMs: number; readonly access: Promise<Access<readonly KubeObject[]>> };
  readonly managed: Map<string, Promise<Access<ReadonlyMap<string, ArgoItem>>>>;
  readonly health: Map<string, Promise<HealthByKey>>;
  /** Apps whose tree is followed. */
  readonly trees: Set<string>;
  /** Set while it is followed: objects of the app have been asked for. */
  onRead: ((app: KubeObject) => void) | undefined;
  /** A stream of Applications is open. */
  isCurrent: boolean;
  requestCount: number;
}

export function appKey({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}

/** The keys of the app and of the objects that it has. */
export function keysOf(app: KubeObject): readonly string[] {
  const own = listAt(app, 'status', 'resources').flatMap((entry) => resourceOf(entry) ?? []);
  return [resourceIdOf(app), ...own].map(resourceKey);
}

/** Path below the root; `part` is a sub-resource of the app, or empty. */
export function appPath(
  { namespace, name }: Pick<ResourceId, 'namespace' | 'name'>,
  part = '',
  query: Readonly<Record<string, string>> = {},
): string {
  const search = new URLSearchParams({ ...query, appNamespace: namespace });
  return `/api/v1/applications/${encodeURIComponent(name)}${part}?${search.toString()}`;
}

export function asApplication(access: Access<unknown>): Access<KubeObject> {
  if (access.kind !== 'ok') return access;
  const value = asObject(access.value, APPLICATION);
  if (value !== undefined) return { kind: 'ok', value };
  return {
    kind: 'failed',
    status: 0,
    message: 'Argo CD answered with something else than an app.',
  };
}
