import type { ClusterState } from '../model/appState';
import { argoServerOf } from '../model/argo';
import type { ContextRef, KubeContext } from '../model/cluster';

/** A line of the picker: a context, or the title of those that follow. */
export type ContextItem =
  | { readonly kind: 'title'; readonly label: string }
  | {
      readonly kind: 'context';
      readonly label: string;
      readonly description: string;
      readonly detail: string;
      readonly context: KubeContext;
    };

/**
 * The contexts for a logical cluster, likely ones first: the chosen one, those of the same server, those
 * whose name has the cluster's. The others by file, which can be hundreds; what cannot be used comes last.
 */
export function contextItems(
  contexts: readonly KubeContext[],
  cluster: ClusterState | undefined,
): readonly ContextItem[] {
  const usable = contexts.filter(({ problem }) => problem === undefined);
  const broken = contexts.filter(({ problem }) => problem !== undefined);
  const ranked = usable.map((context) => ({ context, rank: rankOf(context, cluster) }));
  const likely = ranked.filter(({ rank }) => rank > 0).sort((a, b) => b.rank - a.rank);
  const others = ranked.filter(({ rank }) => rank === 0).map(({ context }) => context);
  const files = [...new Set(others.map(({ ref }) => ref.file))];
  return [
    ...titled(
      'Likely',
      likely.map(({ context }) => itemOf(context, cluster)),
    ),
    ...files.flatMap((file) => {
      const own = others.filter(({ ref }) => ref.file === file);
      return titled(
        placeOf(file),
        own.map((context) => itemOf(context, cluster)),
      );
    }),
    ...titled(
      'Not usable',
      broken.map((context) => itemOf(context, cluster)),
    ),
  ];
}

function placeOf(file: string): string {
  const server = argoServerOf({ file, name: '' });
  return server === undefined ? file : `by the API of Argo CD at ${server}`;
}

function titled(label: string, items: readonly ContextItem[]): readonly ContextItem[] {
  return items.length === 0 ? [] : [{ kind: 'title', label }, ...items];
}

const CHOSEN = 4;
const SAME_SERVER = 2;
const SAME_NAME = 1;

function rankOf({ ref, server }: KubeContext, cluster: ClusterState | undefined): number {
  if (cluster === undefined) return 0;
  const chosen = isSame(ref, cluster.context) ? CHOSEN : 0;
  const same = server !== '' && server === cluster.server ? SAME_SERVER : 0;
  const named = ref.name.toLowerCase().includes(cluster.name.toLowerCase()) ? SAME_NAME : 0;
  return chosen + same + named;
}

function itemOf(context: KubeContext, cluster: ClusterState | undefined): ContextItem {
  const { ref, server, problem } = context;
  const isChosen = cluster !== undefined && isSame(ref, cluster.context);
  return {
    kind: 'context',
    label: ref.name,
    description: problem ?? (isChosen ? `${server} · chosen` : server),
    detail: placeOf(ref.file),
    context,
  };
}

function isSame(ref: ContextRef, other: ContextRef | undefined): boolean {
  return ref.file === other?.file && ref.name === other.name;
}
