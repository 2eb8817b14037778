import type { Disposable } from '../base/dispose';
import type { AccessRefusal, ListRequest } from '../model/cluster';
import { definedFields } from '../model/fields';
import type { Cluster } from '../model/ports';
import type { KubeObject } from '../model/resource';
import { resourceIdOf, resourceKey } from '../model/resource';
import type { WatchSink, WatchState } from '../model/watch';

/** Which objects of a collection are kept; `'all'` of them. */
export type Wanted = ReadonlySet<string> | 'all';

export interface CollectionRequest extends ListRequest {
  readonly fieldSelector?: string;
  readonly metadataOnly?: boolean;
}

export interface CollectionInput {
  readonly watch: NonNullable<Cluster['watch']>;
  readonly request: CollectionRequest;
  readonly wanted: Wanted;
  /** Where it is not watched. */
  readonly pollMs?: number;
  /** What an older one of the same request held: what differs from it has moved. */
  readonly before: ReadonlyMap<string, KubeObject> | undefined;
  readonly clock: () => number;
  /** Objects are others than before, were added or are gone. */
  readonly onMoved: (keys: readonly string[]) => void;
  readonly onState: (collection: Collection) => void;
  readonly onHeard: () => void;
}

/** One list of a cluster as it is now. */
export interface Collection extends Disposable {
  readonly request: CollectionRequest;
  readonly wanted: Wanted;
  readonly pollMs: number | undefined;
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** Absent before the first answer. */
  readonly state: WatchState | undefined;
  readonly listedMs: number;
  readonly heardMs: number;
  /** Resolves with the first answer, whatever it is. */
  readonly ready: Promise<void>;
  /** Why there is nothing to be had from it; `undefined` once it was listed. */
  readonly refusal: AccessRefusal | undefined;
}

export function createCollection(input: CollectionInput): Collection {
  const { request, wanted, pollMs, clock } = input;
  const held: Held = {
    objects: new Map(input.before),
    state: undefined,
    listedMs: Number.NEGATIVE_INFINITY,
    heardMs: clock(),
  };
  const ready: { settle?: () => void } = {};
  const answered = new Promise<void>((resolve) => (ready.settle = resolve));
  const collection: Collection = {
    request,
    wanted,
    pollMs,
    get objects() {
      return held.objects;
    },
    get state() {
      return held.state;
    },
    get listedMs() {
      return held.listedMs;
    },
    get heardMs() {
      return held.heardMs;
    },
    ready: answered,
    get refusal() {
      return refusalOf(held);
    },
    dispose() {
      following.dispose();
      ready.settle?.();
    },
  };
  const sink = sinkOf(input, held, (state) => {
    held.state = state;
    ready.settle?.();
    input.onState(collection);
  });
  const keeps = (namespace: string, name: string): boolean =>
    wanted === 'all' || wanted.has(keyOf(request, namespace, name));
  const following = input.watch({ ...request, keeps, ...definedFields({ pollMs }) }, sink);
  return collection;
}

interface Held {
  objects: Map<string, KubeObject>;
  state: WatchState | undefined;
  listedMs: number;
  heardMs: number;
}

function sinkOf(
  { clock, onMoved, onHeard, before }: CollectionInput,
  held: Held,
  moved: (state: WatchState) => void,
): WatchSink {
  return {
    replaced(objects) {
      const next = new Map(objects.map((object) => [resourceKey(resourceIdOf(object)), object]));
      const isFirst = held.listedMs === Number.NEGATIVE_INFINITY && before === undefined;
      const keys = isFirst ? [] : differing(held.objects, next);
      held.objects = next;
      held.listedMs = clock();
      if (keys.length > 0) onMoved(keys);
    },
    set(object) {
      const key = resourceKey(resourceIdOf(object));
      if (isSame(held.objects.get(key), object)) return;
      held.objects.set(key, object);
      onMoved([key]);
    },
    deleted(object) {
      const key = resourceKey(resourceIdOf(object));
      if (held.objects.delete(key)) onMoved([key]);
    },
    moved,
    heard() {
      held.heardMs = clock();
      onHeard();
    },
  };
}

function differing(
  before: ReadonlyMap<string, KubeObject>,
  after: ReadonlyMap<string, KubeObject>,
): readonly string[] {
  const changed = [...after].filter(([key, object]) => !isSame(before.get(key), object));
  const gone = [...before.keys()].filter((key) => !after.has(key));
  return [...changed.map(([key]) => key), ...gone];
}

/** A version of an object is one content: two of one version are one. */
function isSame(before: KubeObject | undefined, after: KubeObject): boolean {
  const version = before?.metadata.resourceVersion;
  return version !== undefined && version === after.metadata.resourceVersion;
}

function refusalOf({ state, listedMs }: Held): AccessRefusal | undefined {
  if (state === undefined || state.kind === 'current') return undefined;
  if (state.kind === 'ended') return state.refusal;
  return listedMs === Number.NEGATIVE_INFINITY ? state.refusal : undefined;
}

function keyOf({ kind }: CollectionRequest, namespace: string, name: string): string {
  return resourceKey({ group: kind.group, kind: kind.kind, namespace, name });
}
