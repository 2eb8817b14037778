import type { ArgoHealth } from '../../model/argo';
import type { Access } from '../../model/cluster';
import { listAt, textAt } from '../../model/fields';
import type { ArgoRequest } from '../../model/ports';
import type { KubeObject } from '../../model/resource';
import { resourceIdOf, resourceKey } from '../../model/resource';
import { appPath } from './apps';
import { resourceOf } from './items';

/** By `resourceKey`; objects of kinds that Argo CD has no check for are not in it. */
export type HealthByKey = ReadonlyMap<string, ArgoHealth>;

/** Of a `resource-tree`: objects of the app, and what these have made. */
export function healthInTree(tree: unknown): HealthByKey {
  return healthIn(listAt(tree, 'nodes'));
}

/**
 * What the app itself tells: controllers of Argo CD 2 write it there, servers of Argo CD 3 add it to
 * what their stream says and not to a list (`inferResourcesStatusHealth`). `undefined` for nothing.
 */
export function healthInApp(app: KubeObject): HealthByKey | undefined {
  const found = healthIn(listAt(app, 'status', 'resources'));
  return found.size === 0 ? undefined : found;
}

function healthIn(entries: readonly unknown[]): HealthByKey {
  return new Map(
    entries.flatMap((entry) => {
      const id = resourceOf(entry);
      const status = textAt(entry, 'health', 'status') ?? '';
      if (id === undefined || status === '') return [];
      return [[resourceKey(id), { status, message: textAt(entry, 'health', 'message') ?? '' }]];
    }),
  );
}

/** Asks for the tree of an app; where it may not be seen, nothing is told. */
export async function readHealth(
  ask: (request: ArgoRequest, signal: AbortSignal) => Promise<Access<unknown>>,
  app: KubeObject,
  signal: AbortSignal,
): Promise<HealthByKey> {
  const path = appPath(resourceIdOf(app), '/resource-tree');
  const access = await ask({ method: 'GET', path, resource: 'applications' }, signal);
  return access.kind === 'ok' ? healthInTree(access.value) : new Map();
}

/** Of some objects alone: the others come and go. */
export function isSameHealth(a: HealthByKey, b: HealthByKey, keys: readonly string[]): boolean {
  return keys.every((key) => {
    const [one, other] = [a.get(key), b.get(key)];
    return one?.status === other?.status && one?.message === other?.message;
  });
}
