import type { Access, AccessRefusal, PatchRequest, ServedKind } from '../../../src/model/cluster';
import type { ActionProgress, ClusterPlan } from '../../../src/model/plan';
import type { Cluster } from '../../../src/model/ports';
import type { JsonObject, KubeObject, ResourceId } from '../../../src/model/resource';
import { groupOf, resourceIdOf, resourceKey } from '../../../src/model/resource';
import { runClusterPlan } from '../../../src/sync/runPlan';
import { withMergePatch } from '../jsonMergePatch';

/** What a controller does at one look; each act is played once, the last one stays. */
export type Act = (object: KubeObject) => KubeObject | AccessRefusal;

/**
 * A cluster in memory whose controller acts at each read after a patch. It has the API server's merge
 * patch, uid and resourceVersion rules, so that a run is judged by what it writes. Time is its own.
 */
export interface PlayCluster {
  readonly cluster: Cluster;
  readonly patches: readonly PatchRequest[];
  readonly progress: readonly ActionProgress[];
  object(id: ResourceId): KubeObject | undefined;
  run(plan: ClusterPlan, signal?: AbortSignal): Promise<ActionProgress>;
}

export function createPlayCluster(input: {
  readonly objects: readonly KubeObject[];
  readonly acts?: Readonly<Record<string, readonly Act[]>>;
  /** Answers of the patches, by their number; `undefined` lets it through. */
  readonly onPatch?: (request: PatchRequest, index: number) => AccessRefusal | undefined;
  readonly server?: string;
}): PlayCluster {
  const store = new Map(input.objects.map((it) => [resourceKey(resourceIdOf(it)), it]));
  const acts = new Map(Object.entries(input.acts ?? {}).map(([kind, list]) => [kind, [...list]]));
  const patches: PatchRequest[] = [];
  const progress: ActionProgress[] = [];
  const time = { nowMs: 0, version: 100 };

  const get = (id: ResourceId): Access<KubeObject> => {
    const key = resourceKey(id);
    const isPatched = patches.some((it) => resourceKey(it.id) === key);
    const queue = isPatched ? (acts.get(id.kind) ?? []) : [];
    const act = queue.length > 1 ? queue.shift() : queue[0];
    const current = store.get(key);
    if (current === undefined) return { kind: 'not-found', message: `${id.name} not found` };
    const next = act === undefined ? current : act(current);
    if (!isObject(next)) return next;
    if (next !== current) time.version += 1;
    store.set(key, {
      ...next,
      metadata: { ...next.metadata, resourceVersion: String(time.version) },
    });
    return { kind: 'ok', value: next };
  };

  const patch = (request: PatchRequest): Access<KubeObject> => {
    patches.push(request);
    const refused = input.onPatch?.(request, patches.length - 1);
    if (refused !== undefined) return refused;
    const current = store.get(resourceKey(request.id));
    if (current === undefined) return { kind: 'not-found', message: 'not found' };
    const body = request.body as JsonObject;
    const { uid } = body['metadata'] as { readonly uid?: string };
    if (uid !== undefined && uid !== current.metadata.uid) {
      return { kind: 'invalid', message: 'metadata.uid: field is immutable', immutable: true };
    }
    const next = withMergePatch(current, body) as KubeObject;
    store.set(resourceKey(request.id), next);
    return { kind: 'ok', value: next };
  };

  const server = input.server ?? 'https://127.0.0.1:6443';
  const cluster: Cluster = {
    context: { file: 'kubeconfig', name: 'production' },
    server,
    version: () => Promise.reject(new Error('not played')),
    kinds: () => Promise.reject(new Error('not played')),
    list: () => Promise.reject(new Error('not played')),
    openApi: () => Promise.reject(new Error('not played')),
    capabilities: () => Promise.reject(new Error('not played')),
    get: (_, id, signal) => afterAbortCheck(signal, () => get(id)),
    patch: (request, signal) => afterAbortCheck(signal, () => patch(request)),
    requestCount: 0,
  };
  return {
    cluster,
    patches,
    progress,
    object: (id) => store.get(resourceKey(id)),
    run: (plan, signal = new AbortController().signal) =>
      runClusterPlan({
        plan,
        cluster,
        kinds: input.objects.map(servedAs),
        onProgress: (it) => progress.push(it),
        signal,
        clock: () => time.nowMs,
        sleep: (ms, until) => {
          time.nowMs += ms;
          return afterAbortCheck(until, () => undefined);
        },
      }),
  };
}

export function withStatus(object: KubeObject, status: object): KubeObject {
  return { ...object, status: { ...(object['status'] as object | undefined), ...status } };
}

function isObject(value: KubeObject | AccessRefusal): value is KubeObject {
  return 'metadata' in value;
}

function afterAbortCheck<T>(signal: AbortSignal, answer: () => T): Promise<T> {
  return new Promise((resolve) => {
    signal.throwIfAborted();
    resolve(answer());
  });
}

function servedAs(object: KubeObject): ServedKind {
  return {
    group: groupOf(object.apiVersion),
    version: 'v1',
    kind: object.kind,
    resource: `${object.kind.toLowerCase()}s`,
    namespaced: true,
    verbs: ['get', 'patch'],
    preferred: true,
  };
}
