import { orAborted } from '../../base/abort';
import type { Disposable } from '../../base/dispose';
import { createEmitter } from '../../base/event';
import { messageOf } from '../../base/userError';
import { IN_CLUSTER } from '../../model/argo';
import type { Access } from '../../model/cluster';
import { listAt, recordAt, textAt, textsAt, valueAt } from '../../model/fields';
import type { ArgoRequest } from '../../model/ports';
import type { KubeObject, ResourceId } from '../../model/resource';
import { resourceIdOf } from '../../model/resource';
import type { WatchSink } from '../../model/watch';
import type { ArgoDestination, InstanceOptions, InstanceState } from './apps';
import { appKey, APPLICATION, appPath, asApplication } from './apps';
import { followInstance } from './follow';
import type { HealthByKey } from './health';
import { healthInApp, readHealth } from './health';
import type { ArgoItem } from './items';
import { asObject, itemsOf } from './items';

/** One Argo CD by its API: what it says of its apps and their objects is kept until it says more. */
export interface ArgoInstance extends Disposable {
  readonly server: string;
  /** All that the user may see, as they were listed last. */
  readonly applications: readonly KubeObject[];
  readonly destinations: readonly ArgoDestination[];
  /** Lists the apps, but not twice for one look; what is known of their objects is forgotten. */
  list(signal: AbortSignal): Promise<Access<readonly KubeObject[]>>;
  /** Asks which clusters it has, where the user may. */
  readDestinations(signal: AbortSignal): Promise<Access<readonly ArgoDestination[]>>;
  application(id: ResourceId, signal: AbortSignal): Promise<Access<KubeObject>>;
  /** What Argo CD found when it compared the app last, by `resourceKey`. */
  managed(app: KubeObject, signal: AbortSignal): Promise<Access<ReadonlyMap<string, ArgoItem>>>;
  /** What Argo CD's checks say of the app's objects and of what these have made. */
  health(app: KubeObject, signal: AbortSignal): Promise<HealthByKey>;
  ask(request: ArgoRequest, signal: AbortSignal): Promise<Access<unknown>>;
  /** Keys of objects whose state in Argo CD moved, while it is followed. */
  onMoved(listener: (keys: readonly string[]) => void): Disposable;
  follow(sink: WatchSink): Disposable;
  /** Its apps are as they are there, not as they were listed. */
  readonly isFollowed: boolean;
  readonly requestCount: number;
}

/** A list that was made for the same look, by another destination of it. */
const SAME_LOOK_MS = 2_000;

export function createArgoInstance(options: InstanceOptions): ArgoInstance {
  const { servers, server, clock, log } = options;
  const lifetime = new AbortController();
  const moved = createEmitter<readonly string[]>((error) => log.error(messageOf(error)));
  const state = nothingRead();
  const ask: ArgoInstance['ask'] = (request, signal) => {
    state.requestCount += 1;
    return servers.ask(server, request, signal);
  };
  const list: ArgoInstance['list'] = async (signal) => {
    if (clock() - state.listed.atMs > SAME_LOOK_MS) {
      state.listed = { atMs: clock(), access: readApplications(ask, lifetime.signal) };
      state.managed.clear();
      // What a stream tells is as it is now.
      if (!state.isCurrent) state.health.clear();
    }
    const access = await orAborted(state.listed.access, signal);
    if (access.kind === 'ok') state.applications = access.value;
    else state.listed = { ...state.listed, atMs: Number.NEGATIVE_INFINITY };
    return access;
  };
  return {
    server,
    get applications() {
      return state.applications;
    },
    get destinations() {
      return state.destinations;
    },
    list,
    async readDestinations(signal) {
      const access = await readDestinations(ask, state.applications, signal);
      if (access.kind === 'ok') state.destinations = access.value;
      return access;
    },
    application: (id, signal) => readApplication(ask, id, signal),
    managed: (app, signal) => readOnce(state, app, { ask, lifetime, signal }),
    health: (app, signal) => orAborted(knownHealth(state, app, { ask, lifetime }), signal),
    ask,
    onMoved: (listener) => moved.event(listener),
    follow: (sink) =>
      followInstance({ ...options, state, sink, list, onMoved: (keys) => moved.fire(keys) }),
    get isFollowed() {
      return state.isCurrent;
    },
    get requestCount() {
      return state.requestCount;
    },
    dispose() {
      lifetime.abort();
      moved.dispose();
      state.managed.clear();
      state.health.clear();
    },
  };
}

interface Asking {
  readonly ask: Ask;
  readonly lifetime: AbortController;
}

async function readOnce(
  state: InstanceState,
  app: KubeObject,
  { ask, lifetime, signal }: Asking & { readonly signal: AbortSignal },
): Promise<Access<ReadonlyMap<string, ArgoItem>>> {
  const key = appKey(app);
  const known = state.managed.get(key) ?? readManaged(ask, app, lifetime.signal);
  state.managed.set(key, known);
  state.onRead?.(app);
  const access = await orAborted(known, signal);
  if (access.kind !== 'ok' && state.managed.get(key) === known) state.managed.delete(key);
  return access;
}

/** What was heard or asked for; else what the app tells of itself; else its tree is asked for. */
function knownHealth(
  { applications, health }: InstanceState,
  app: KubeObject,
  { ask, lifetime }: Asking,
): Promise<HealthByKey> {
  const key = appKey(app);
  const known = health.get(key);
  if (known !== undefined) return known;
  const told = healthInApp(applications.find((one) => appKey(one) === key) ?? app);
  const read = told === undefined ? readHealth(ask, app, lifetime.signal) : Promise.resolve(told);
  health.set(key, read);
  return read;
}

function nothingRead(): InstanceState {
  return {
    applications: [],
    destinations: [],
    listed: { atMs: Number.NEGATIVE_INFINITY, access: Promise.resolve({ kind: 'ok', value: [] }) },
    managed: new Map(),
    health: new Map(),
    trees: new Set(),
    onRead: undefined,
    isCurrent: false,
    requestCount: 0,
  };
}

type Ask = ArgoInstance['ask'];

async function readApplications(
  ask: Ask,
  signal: AbortSignal,
): Promise<Access<readonly KubeObject[]>> {
  const request = {
    method: 'GET',
    path: '/api/v1/applications',
    resource: 'applications',
  } as const;
  const access = await ask(request, signal);
  if (access.kind !== 'ok') return access;
  const items = listAt(access.value, 'items');
  return { kind: 'ok', value: items.flatMap((item) => asObject(item, APPLICATION) ?? []) };
}

async function readApplication(
  ask: Ask,
  id: ResourceId,
  signal: AbortSignal,
): Promise<Access<KubeObject>> {
  const path = appPath(id);
  return asApplication(await ask({ method: 'GET', path, resource: 'applications' }, signal));
}

async function readManaged(
  ask: Ask,
  app: KubeObject,
  signal: AbortSignal,
): Promise<Access<ReadonlyMap<string, ArgoItem>>> {
  const path = appPath(resourceIdOf(app), '/managed-resources');
  const access = await ask({ method: 'GET', path, resource: 'applications' }, signal);
  return access.kind === 'ok' ? { kind: 'ok', value: itemsOf(access.value) } : access;
}

/** Those that the user may list; else those that the apps name. */
async function readDestinations(
  ask: Ask,
  applications: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Access<readonly ArgoDestination[]>> {
  const access = await ask({ method: 'GET', path: '/api/v1/clusters' }, signal);
  if (access.kind === 'unauthorised' || access.kind === 'unreachable') return access;
  const told = access.kind === 'ok' ? listAt(access.value, 'items').flatMap(destinationOf) : [];
  const named = [{ ...IN_CLUSTER, apiVersions: [] }, ...applications.flatMap(namedBy)];
  const all = [...told];
  for (const one of named) {
    const isKnown = all.some(({ name, server }) => name === one.name || server === one.server);
    if (!isKnown) all.push(one);
  }
  return { kind: 'ok', value: all };
}

function destinationOf(cluster: unknown): readonly ArgoDestination[] {
  const server = textAt(cluster, 'server') ?? '';
  const name = textAt(cluster, 'name') ?? '';
  if (server === '') return [];
  const version = textAt(cluster, 'info', 'serverVersion') ?? '';
  const labels = recordAt(cluster, 'labels') as ArgoDestination['labels'];
  return [
    {
      name: name === '' ? server : name,
      server,
      apiVersions: textsAt(cluster, 'info', 'apiVersions'),
      ...(version === '' ? {} : { version }),
      ...(labels === undefined ? {} : { labels }),
    },
  ];
}

/** Of a cluster that only has a name here, nobody says the address. */
function namedBy(app: KubeObject): readonly ArgoDestination[] {
  const destination = valueAt(app, 'spec', 'destination');
  const server = textAt(destination, 'server') ?? '';
  const name = textAt(destination, 'name') ?? '';
  if (server === '' && name === '') return [];
  const label = name === '' ? server : name;
  return [{ name: label, server: server === '' ? label : server, apiVersions: [] }];
}

/** Whether the app sends its objects there. */
export function goesTo({ name, server }: ArgoDestination, app: KubeObject): boolean {
  const destination = valueAt(app, 'spec', 'destination');
  const wanted = (textAt(destination, 'server') ?? '').replace(/\/+$/, '');
  return wanted === '' ? textAt(destination, 'name') === name : wanted === server;
}
