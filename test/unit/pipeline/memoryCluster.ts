import type {
  Access,
  AccessRefusal,
  KubeContext,
  ListRequest,
  PatchRequest,
  ServedKind,
} from '../../../src/model/cluster';
import type { Cluster, Clusters } from '../../../src/model/ports';
import type { KubeObject, ResourceId } from '../../../src/model/resource';
import { groupOf, resourceIdOf, resourceKey } from '../../../src/model/resource';
import { withMergePatch } from '../jsonMergePatch';

/** Every request that was made, as `list v1/ConfigMap shop`. */
export type Requests = string[];

export interface MemoryClusterOptions {
  readonly objects?: readonly KubeObject[];
  /** The answer to a request in place of the objects; `undefined` for the usual one. */
  readonly refuse?: (request: string) => AccessRefusal | undefined;
  /** What a patch leads to; by default the object with it merged in, lists replaced. */
  readonly patched?: (request: PatchRequest) => Access<KubeObject>;
  readonly version?: () => Access<string>;
  /** Lists heed label selectors: without, they give all of a kind. */
  readonly selects?: true;
}

export interface MemoryCluster {
  readonly cluster: Cluster;
  readonly requests: Requests;
  readonly patches: PatchRequest[];
  objects: KubeObject[];
}

const kinds: readonly (readonly [string, string, string, boolean])[] = [
  ['', 'v1', 'ConfigMap', true],
  ['', 'v1', 'Secret', true],
  ['', 'v1', 'Service', true],
  ['', 'v1', 'Namespace', false],
  ['apps', 'v1', 'Deployment', true],
  ['argoproj.io', 'v1alpha1', 'Application', true],
  ['kustomize.toolkit.fluxcd.io', 'v1', 'Kustomization', true],
];

export function served(
  group: string,
  version: string,
  kind: string,
  namespaced = true,
): ServedKind {
  const resource = `${kind.toLowerCase()}s`;
  const verbs = ['get', 'list', 'patch'];
  return { group, version, kind, resource, namespaced, verbs, preferred: true };
}

export const servedKinds = kinds.map(([group, version, kind, namespaced]) =>
  served(group, version, kind, namespaced),
);

function nameOf({ group, version, kind }: ServedKind): string {
  return `${group === '' ? '' : `${group}/`}${version}/${kind}`;
}

/** `a=b,c!=d,e`: all of it. */
function isSelected({ metadata: { labels = {} } }: KubeObject, selector = ''): boolean {
  return selector.split(',').every((part) => {
    const [, key = '', sign, value] = /^([^!=]*)(!?=)?(.*)$/.exec(part) ?? [];
    if (key === '') return true;
    if (sign === undefined) return labels[key] !== undefined;
    return (labels[key] === value) === (sign === '=');
  });
}

/** An API server of objects in memory: for answers that no real one gives on demand. */
export function memoryCluster(options: MemoryClusterOptions = {}): MemoryCluster {
  const requests: Requests = [];
  const patches: PatchRequest[] = [];
  const held: { objects: KubeObject[] } = { objects: [...(options.objects ?? [])] };
  const answer = <T>(request: string, value: () => Access<T>): Promise<Access<T>> => {
    requests.push(request);
    return Promise.resolve(options.refuse?.(request) ?? value());
  };
  const ok = <T>(value: T): Access<T> => ({ kind: 'ok', value });
  const find = (id: ResourceId) =>
    held.objects.find((object) => resourceKey(resourceIdOf(object)) === resourceKey(id));
  const ofKind = ({ group, kind }: ServedKind) =>
    held.objects.filter((one) => one.kind === kind && groupOf(one.apiVersion) === group);
  const cluster: Cluster = {
    context: { file: '/home/kubeconfig', name: 'eu' },
    server: 'https://eu.acme.example',
    version: () => answer('version', options.version ?? (() => ok('v1.36.3'))),
    kinds: () => answer('kinds', () => ok({ kinds: servedKinds, missingGroups: [] })),
    capabilities: () =>
      answer('capabilities', () => ok({ kubeVersion: 'v1.36.3', apiVersions: [] })),
    openApi: (groupVersion) =>
      answer(`openapi ${groupVersion}`, () => ({ kind: 'not-found', message: 'none' })),
    list: ({ kind, namespace, labelSelector }: ListRequest) =>
      answer(
        ['list', nameOf(kind), namespace, labelSelector]
          .filter((part) => part !== undefined)
          .join(' '),
        () =>
          ok(
            ofKind(kind).filter(
              (one) =>
                (namespace === undefined || one.metadata.namespace === namespace) &&
                (options.selects !== true || isSelected(one, labelSelector)),
            ),
          ),
      ),
    get: (kind, id) =>
      answer(`get ${nameOf(kind)} ${id.namespace}/${id.name}`, () => {
        const found = find(id);
        return found === undefined ? { kind: 'not-found', message: 'not found' } : ok(found);
      }),
    patch: (request) => {
      patches.push(request);
      return answer(
        `patch ${nameOf(request.kind)} ${request.id.namespace}/${request.id.name}`,
        () => {
          const found = find(request.id);
          if (options.patched !== undefined) return options.patched(request);
          if (found === undefined) return { kind: 'not-found', message: 'not found' };
          return ok(withMergePatch(found, request.body) as KubeObject);
        },
      );
    },
    get requestCount() {
      return requests.length;
    },
  };
  return {
    cluster,
    requests,
    patches,
    get objects() {
      return held.objects;
    },
    set objects(objects) {
      held.objects = objects;
    },
  };
}

/** One kubeconfig with one context `eu`, which leads to the cluster or to a refusal. */
export function memoryClusters(
  connected: Cluster | AccessRefusal,
  contexts: readonly KubeContext[] = [EU],
): Clusters & { dispose(): void } {
  return {
    contexts: () => Promise.resolve(contexts),
    connect: () =>
      Promise.resolve('kind' in connected ? connected : { kind: 'ok', value: connected }),
    dispose: () => undefined,
  };
}

export const EU: KubeContext = {
  ref: { file: '/home/kubeconfig', name: 'eu' },
  server: 'https://eu.acme.example',
};

export function forbidden(verb: string, resource: string, namespace = ''): AccessRefusal {
  const where = namespace === '' ? '' : ` in namespace ${namespace}`;
  const message = `You may not ${verb} ${resource}${where}.`;
  return { kind: 'forbidden', message, verb, resource, namespace };
}

export function object(
  apiVersion: string,
  kind: string,
  name: string,
  part: Readonly<Record<string, unknown>> = {},
): KubeObject {
  const { metadata, ...rest } = part as { readonly metadata?: object };
  return { apiVersion, kind, metadata: { name, namespace: 'shop', ...metadata }, ...rest };
}

export function idOf(kind: string, name: string, namespace = 'shop', group = ''): ResourceId {
  return { group, kind, namespace, name };
}
