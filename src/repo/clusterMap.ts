import type { ContextRef, KubeContext } from '../model/cluster';
import type { LogicalCluster, RepositoryConfig, Settings } from '../model/config';

/** A cluster as Argo CD's cluster secrets name it; nothing else of a secret is ever read. */
export interface ArgoCluster {
  /** Logical name of the cluster that the secret was read from. */
  readonly control: string;
  readonly name: string;
  readonly server: string;
}

export interface AssignmentContext {
  /** `.plumbline.yaml` by root. */
  readonly configs: ReadonlyMap<string, RepositoryConfig>;
  readonly settings: Settings;
  readonly contexts: readonly KubeContext[];
  readonly argoClusters: readonly ArgoCluster[];
}

/** A row of *Clusters*. */
export interface LogicalClusterRow {
  readonly name: string;
  readonly context?: ContextRef;
  readonly server?: string;
  /**
   * Why this context: a setting; an address in `.plumbline.yaml` that only one context has; the very
   * name of the only context called so (shown, to be confirmed before it is relied on); or the row is
   * that context itself, which nothing maps.
   */
  readonly mappedBy?: 'setting' | 'address' | 'name' | 'itself';
}

/**
 * The logical clusters that settings, `.plumbline.yaml` and kubeconfigs give, in that order. A
 * context that nothing maps is a logical cluster of its own name; one declared under the same name,
 * letter by letter, is that row. A similar name never is.
 */
export function logicalClusterRows(context: AssignmentContext): readonly LogicalClusterRow[] {
  const rows = new Map<string, LogicalClusterRow>();
  for (const row of settingRows(context)) rows.set(row.name, row);
  for (const cluster of declaredClusters(context)) {
    if (rows.has(cluster.name)) continue;
    const found = byAddress(cluster, context);
    const row = found === undefined ? undefined : mappedRow(cluster.name, found, 'address');
    rows.set(cluster.name, row ?? { name: cluster.name });
  }
  const used = new Set([...rows.values()].map(({ context: ref }) => (ref ? refKey(ref) : '')));
  for (const entry of context.contexts.filter(({ ref }) => !used.has(refKey(ref)))) {
    const row = ownRow(entry, rows, context);
    rows.set(row.name, row);
  }
  return [...rows.values()];
}

function settingRows({ settings, contexts }: AssignmentContext): readonly LogicalClusterRow[] {
  return Object.entries(settings.contexts).map(([name, ref]) => {
    const known = contexts.find((entry) => refKey(entry.ref) === refKey(ref));
    return known === undefined
      ? { name, context: ref, mappedBy: 'setting' }
      : mappedRow(name, known, 'setting');
  });
}

function ownRow(
  entry: KubeContext,
  rows: ReadonlyMap<string, LogicalClusterRow>,
  context: AssignmentContext,
): LogicalClusterRow {
  const open = rows.get(entry.ref.name);
  const isSame = open !== undefined && open.context === undefined && isOnly(entry, context);
  return isSame
    ? mappedRow(open.name, entry, 'name')
    : mappedRow(freeName(entry.ref, rows), entry, 'itself');
}

function isOnly({ ref }: KubeContext, { contexts }: AssignmentContext): boolean {
  return contexts.filter((entry) => entry.ref.name === ref.name).length === 1;
}

function mappedRow(
  name: string,
  { ref, server }: KubeContext,
  by: NonNullable<LogicalClusterRow['mappedBy']>,
): LogicalClusterRow {
  return {
    name,
    context: ref,
    ...(server === '' ? {} : { server }),
    mappedBy: by,
  };
}

export function refKey({ file, name }: ContextRef): string {
  return `${file}\n${name}`;
}

export function declaredClusters({ configs }: AssignmentContext): readonly LogicalCluster[] {
  return [...configs.values()].flatMap(({ clusters }) => clusters);
}

/** The only context whose server a declared cluster lists; of several the user has to choose. */
function byAddress(
  cluster: LogicalCluster,
  { contexts }: AssignmentContext,
): KubeContext | undefined {
  const addresses = new Set(cluster.destinations.map(normaliseServer));
  const found = contexts.filter(
    ({ server }) => server !== '' && addresses.has(normaliseServer(server)),
  );
  return found.length === 1 ? found[0] : undefined;
}

/** The context's name, with its file where the name is taken. */
function freeName(ref: ContextRef, rows: ReadonlyMap<string, LogicalClusterRow>): string {
  if (!rows.has(ref.name)) return ref.name;
  const base = ref.file.slice(Math.max(ref.file.lastIndexOf('/'), ref.file.lastIndexOf('\\')) + 1);
  let name = `${ref.name} (${base})`;
  for (let count = 2; rows.has(name); count += 1) name = `${ref.name} (${base} ${count})`;
  return name;
}

/** Scheme and host in lower case, no default port, no trailing slash. */
export function normaliseServer(server: string): string {
  const parts = /^([a-z]+):\/\/([^/]+)(\/.*)?$/i.exec(server.trim());
  if (parts === null) return server.trim();
  const [, scheme = '', host = '', path = ''] = parts;
  const port = { https: ':443', http: ':80' }[scheme.toLowerCase()] ?? ':';
  const bare = host.toLowerCase();
  const short = bare.endsWith(port) ? bare.slice(0, -port.length) : bare;
  return `${scheme.toLowerCase()}://${short}${path.replace(/\/+$/, '')}`;
}
