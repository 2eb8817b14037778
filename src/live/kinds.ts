import { listAt, recordAt, textAt, textsAt } from '../model/fields';
import type { Access, AccessRefusal, ServedKind } from '../model/cluster';
import { groupVersionPath } from './paths';
import type { Rest, RestAnswer } from './rest';

export interface Discovery {
  readonly kinds: readonly ServedKind[];
  /** `metrics.k8s.io/v1beta1`: served by an aggregated API that did not answer. */
  readonly missingGroups: readonly string[];
}

export interface KindReader {
  read(signal: AbortSignal): Promise<Access<Discovery>>;
}

/** Aggregated discovery (kube-apiserver 1.26 and newer), else plain lists, in one `Accept` header. */
const accept = [
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
  'application/json',
].join(',');

interface Part {
  readonly etag: string;
  readonly discovery: Discovery;
}

/** Asks each time, by `If-None-Match`: an unchanged answer is two small responses and no parsing. */
export function createKindReader(rest: Rest): KindReader {
  const known = new Map<string, Part>();

  const readPart = async (
    path: '/api' | '/apis',
    signal: AbortSignal,
  ): Promise<Access<Discovery>> => {
    const part = known.get(path);
    const headers = { accept, ...(part === undefined ? {} : { 'if-none-match': part.etag }) };
    const answer = await get(rest, path, headers, signal);
    if (answer.kind !== 'ok') return answer;
    if (answer.value.status === 304 && part !== undefined)
      return { kind: 'ok', value: part.discovery };
    if (textAt(answer.value.value, 'kind') !== 'APIGroupDiscoveryList') {
      return { kind: 'ok', value: await readPlain(rest, path, answer.value.value, signal) };
    }
    const discovery = readAggregated(answer.value.value);
    const etag = answer.value.headers['etag'];
    if (etag !== undefined) known.set(path, { etag, discovery });
    return { kind: 'ok', value: discovery };
  };

  return {
    async read(signal) {
      const [core, groups] = await Promise.all([
        readPart('/api', signal),
        readPart('/apis', signal),
      ]);
      return unite(core, groups);
    },
  };
}

function unite(core: Access<Discovery>, groups: Access<Discovery>): Access<Discovery> {
  if (core.kind !== 'ok' && groups.kind !== 'ok') return groups;
  const parts = [core, groups].map((part, index) =>
    part.kind === 'ok'
      ? part.value
      : { kinds: [], missingGroups: [index === 0 ? 'v1' : 'all API groups'] },
  );
  return {
    kind: 'ok',
    value: {
      kinds: withPreference(parts.flatMap((part) => part.kinds)),
      missingGroups: parts.flatMap((part) => part.missingGroups),
    },
  };
}

function readAggregated(list: unknown): Discovery {
  const kinds: ServedKind[] = [];
  const missingGroups: string[] = [];
  for (const item of listAt(list, 'items')) {
    const group = textAt(item, 'metadata', 'name') ?? '';
    for (const served of listAt(item, 'versions')) {
      const version = textAt(served, 'version') ?? '';
      if (textAt(served, 'freshness') === 'Stale')
        missingGroups.push(groupVersionName(group, version));
      kinds.push(
        ...listAt(served, 'resources').flatMap((it) => aggregatedKind(group, version, it)),
      );
    }
  }
  return { kinds, missingGroups };
}

function aggregatedKind(group: string, version: string, resource: unknown): readonly ServedKind[] {
  const kind = textAt(resource, 'responseKind', 'kind') ?? '';
  const plural = textAt(resource, 'resource') ?? '';
  if (kind === '' || plural === '') return [];
  const namespaced = textAt(resource, 'scope') === 'Namespaced';
  const verbs = textsAt(resource, 'verbs');
  return [{ group, version, kind, resource: plural, namespaced, verbs, preferred: false }];
}

/** Discovery before 1.26: the group list, then one request for each group and version. */
async function readPlain(
  rest: Rest,
  path: '/api' | '/apis',
  list: unknown,
  signal: AbortSignal,
): Promise<Discovery> {
  const versions =
    path === '/api'
      ? textsAt(list, 'versions').map((version) => ({ group: '', version }))
      : listAt(list, 'groups').flatMap(groupVersions);
  const parts = await Promise.all(
    versions.map(async ({ group, version }) => {
      const headers = { accept: 'application/json' };
      const answer = await get(rest, groupVersionPath(group, version), headers, signal);
      return answer.kind === 'ok'
        ? { kinds: plainKinds(group, version, answer.value.value), missingGroups: [] }
        : { kinds: [], missingGroups: [groupVersionName(group, version)] };
    }),
  );
  return {
    kinds: parts.flatMap((part) => part.kinds),
    missingGroups: parts.flatMap((part) => part.missingGroups),
  };
}

/** The preferred version first, as aggregated discovery orders them. */
function groupVersions(
  item: unknown,
): readonly { readonly group: string; readonly version: string }[] {
  const group = textAt(item, 'name') ?? '';
  const preferred = textAt(item, 'preferredVersion', 'version');
  const versions = listAt(item, 'versions').map((it) => textAt(it, 'version') ?? '');
  const ordered = [...versions].sort((a, b) => Number(b === preferred) - Number(a === preferred));
  return ordered.filter((version) => version !== '').map((version) => ({ group, version }));
}

function plainKinds(group: string, version: string, list: unknown): readonly ServedKind[] {
  return listAt(list, 'resources').flatMap((item) => {
    const resource = textAt(item, 'name') ?? '';
    const kind = textAt(item, 'kind') ?? '';
    if (resource === '' || kind === '' || resource.includes('/')) return [];
    const namespaced = recordAt(item)?.['namespaced'] === true;
    return [
      {
        group,
        version,
        kind,
        resource,
        namespaced,
        verbs: textsAt(item, 'verbs'),
        preferred: false,
      },
    ];
  });
}

/** The first version that serves a resource is its preferred one (client-go `ServerPreferredResources`). */
function withPreference(kinds: readonly ServedKind[]): readonly ServedKind[] {
  const seen = new Set<string>();
  return kinds.map((kind) => {
    const key = `${kind.group}/${kind.resource}`;
    const preferred = !seen.has(key);
    seen.add(key);
    return { ...kind, preferred };
  });
}

function groupVersionName(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

function get(
  rest: Rest,
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Access<RestAnswer> | AccessRefusal> {
  const subject = { verb: 'get', resource: path, namespace: '', secret: false };
  return rest.send({ method: 'GET', path, headers, subject }, signal);
}
