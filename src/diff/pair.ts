import { resourceIdOf, resourceKey } from '../model/resource';
import type { KubeObject, ResourceId } from '../model/resource';
import type { DesiredObject } from './desired';

/** One object as Git wants it and as the cluster has it. */
export interface Pair {
  readonly id: ResourceId;
  readonly desired?: DesiredObject;
  readonly live?: KubeObject;
}

/**
 * Pairs by group, kind, namespace and name. `live` are the objects that the app may own: those that
 * Git names, and extras that the tool lists as its own. Order: as in Git, extras last.
 */
export function pairLive(
  desired: readonly DesiredObject[],
  live: readonly KubeObject[],
): readonly Pair[] {
  const byKey = new Map(live.map((object) => [resourceKey(resourceIdOf(object)), object]));
  const pairs = desired.map((object): Pair => {
    const key = resourceKey(object.id);
    const found = object.id.name === '' ? undefined : byKey.get(key);
    byKey.delete(key);
    return { id: object.id, desired: object, ...(found ? { live: found } : {}) };
  });
  const extras = [...byKey.values()].map((object) => ({ id: resourceIdOf(object), live: object }));
  return [...pairs, ...extras];
}
