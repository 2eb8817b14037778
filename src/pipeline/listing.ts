import type { ListRequest } from '../model/cluster';
import type { Cluster } from '../model/ports';
import type { KubeObject } from '../model/resource';

export interface Listing {
  readonly objects: readonly KubeObject[];
  /** One sentence for each kind or namespace that could not be read. */
  readonly limits: readonly string[];
}

/** All objects of a kind; where only some namespaces may be read, those of the given ones. */
export async function listWhereAllowed(
  cluster: Pick<Cluster, 'list'>,
  request: Pick<ListRequest, 'kind' | 'labelSelector'> & { readonly namespaces: readonly string[] },
  signal: AbortSignal,
): Promise<Listing> {
  const { namespaces, ...wanted } = request;
  const { kind } = wanted;
  const all = await cluster.list(wanted, signal);
  if (all.kind === 'ok') return { objects: all.value, limits: [] };
  if (all.kind === 'not-found') return { objects: [], limits: [] };
  if (all.kind !== 'forbidden' || !kind.namespaced || namespaces.length === 0) {
    return { objects: [], limits: [all.message] };
  }
  const lists = await Promise.all(
    namespaces.map((namespace) => cluster.list({ ...wanted, namespace }, signal)),
  );
  return {
    objects: lists.flatMap((list) => (list.kind === 'ok' ? list.value : [])),
    limits: lists.flatMap((list) => (list.kind === 'ok' ? [] : [list.message])),
  };
}
