import type { ManagedResource } from '../model/app';
import { listAt, textAt } from '../model/fields';
import type { KubeObject } from '../model/resource';

/** `.status.inventory.entries` of a Kustomization or HelmRelease. */
export function inventoryOf(object: KubeObject): readonly ManagedResource[] {
  return listAt(object, 'status', 'inventory', 'entries').flatMap((entry) => {
    const parsed = parseInventoryId(textAt(entry, 'id') ?? '');
    return parsed === undefined ? [] : [{ ...parsed, version: textAt(entry, 'v') ?? '' }];
  });
}

/**
 * `<namespace>_<name>_<group>_<kind>` as fluxcd/cli-utils writes it (`object/objmetadata.go`): the
 * namespace ends at the first underscore, kind and group are the last two parts, and `__` in what is
 * left stands for the `:` of RBAC names.
 */
export function parseInventoryId(id: string): Omit<ManagedResource, 'version'> | undefined {
  const first = id.indexOf('_');
  const last = id.lastIndexOf('_');
  const beforeGroup = id.lastIndexOf('_', last - 1);
  if (first < 0 || beforeGroup <= first) return undefined;
  return {
    namespace: id.slice(0, first),
    name: id.slice(first + 1, beforeGroup).replaceAll('__', ':'),
    group: id.slice(beforeGroup + 1, last),
    kind: id.slice(last + 1),
  };
}
