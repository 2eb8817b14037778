import type { ArgoHealth, ArgoView } from '../../model/argo';
import { argoContext, IN_CLUSTER } from '../../model/argo';
import type {
  Access,
  AccessRefusal,
  ContextRef,
  PatchRequest,
  ServedKind,
} from '../../model/cluster';
import { listAt, recordAt } from '../../model/fields';
import type { Cluster } from '../../model/ports';
import type { Capabilities } from '../../model/render';
import type { JsonObject, KubeObject, ResourceId } from '../../model/resource';
import { resourceKey } from '../../model/resource';
import type { WatchRequest, WatchSink } from '../../model/watch';
import { writeApplication } from './actions';
import type { ArgoDestination } from './apps';
import { appKey } from './apps';
import type { ArgoInstance } from './instance';
import { goesTo } from './instance';
import type { ArgoItem } from './items';
import { carried, hiddenSecret, isSame, resourceOf, without } from './items';
import { kindsOf } from './kinds';
import { clusterSecrets, settingsMap } from './settings';
import { printable } from '../printable';

/** One destination of an Argo CD. */
interface Place {
  readonly instance: ArgoInstance;
  /** As it is known now; other looks may tell more of it. */
  readonly destination: () => ArgoDestination;
  /** Its own Argo CD runs there. */
  readonly isControl: boolean;
  /** Apps that were written to are asked for, and no longer taken from what was heard. */
  readonly written: Set<string>;
}

/**
 * A cluster as an Argo CD tells of it: Applications, the objects that they have as Argo CD saw them
 * last, and what Argo CD would make of them. Nothing else of the cluster is known, none of it by list.
 */
export function createArgoCluster(instance: ArgoInstance, name: string): Cluster {
  const place: Place = {
    instance,
    destination: () => instance.destinations.find((one) => one.name === name) ?? placeless(name),
    isControl: name === IN_CLUSTER.name,
    written: new Set(),
  };
  const context: ContextRef = argoContext(instance.server, name);
  return {
    context,
    get server() {
      return place.destination().server;
    },
    version: (signal) => readVersion(place, signal),
    kinds: (signal) => readKinds(place, signal),
    list: (request, signal) => listKind(place, request.kind, request.labelSelector, signal),
    get: (_kind, id, signal) => getObject(place, id, signal),
    patch: (request, signal) => patchObject(place, request, signal),
    openApi: () => Promise.resolve<Access<JsonObject>>(notAsked(place, 'the OpenAPI schemas')),
    capabilities: () => Promise.resolve(capabilitiesOf(place)),
    watch: (request, sink) => watchKind(place, request, sink),
    argo: viewOf(place),
    get requestCount() {
      return instance.requestCount;
    },
  };
}

function placeless(name: string): ArgoDestination {
  const isControl = name === IN_CLUSTER.name;
  return { name, server: isControl ? IN_CLUSTER.server : name, apiVersions: [] };
}

function viewOf(place: Place): ArgoView {
  const { instance } = place;
  return {
    server: instance.server,
    secret: async (id, signal) => {
      const item = await itemOf(place, id, signal);
      if (item.kind !== 'ok') return item;
      const value = hiddenSecret(item.value);
      return value === undefined ? absent(id) : { kind: 'ok', value };
    },
    health: (id, signal) => healthOf(place, id, signal),
    unknown: (id) => unknown(place, id),
    onMoved: (listener) => instance.onMoved(listener),
  };
}

/** The apps first: what they name is asked for by no other question. */
async function readVersion(
  { instance, destination }: Place,
  signal: AbortSignal,
): Promise<Access<string>> {
  const apps = await instance.list(signal);
  if (apps.kind !== 'ok') return apps;
  const destinations = await instance.readDestinations(signal);
  if (destinations.kind !== 'ok') return destinations;
  return { kind: 'ok', value: destination().version ?? '' };
}

async function readKinds(place: Place, signal: AbortSignal): ReturnType<Cluster['kinds']> {
  const apps = await place.instance.list(signal);
  if (apps.kind !== 'ok') return apps;
  const { apiVersions } = place.destination();
  const kinds = kindsOf(appsOf(place), apiVersions);
  return { kind: 'ok', value: { kinds, missingGroups: [] } };
}

/** Argo CD renders for a cluster by the same two facts. */
function capabilitiesOf(place: Place): Access<Capabilities> {
  const { version, apiVersions } = place.destination();
  const [, major, minor, patch = '0'] = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(version ?? '') ?? [];
  if (major === undefined || minor === undefined || apiVersions.length === 0) {
    return notAsked(place, 'what the cluster serves');
  }
  return { kind: 'ok', value: { kubeVersion: `v${major}.${minor}.${patch}`, apiVersions } };
}

function appsOf({ instance, destination }: Place): readonly KubeObject[] {
  const here = destination();
  return instance.applications.filter((app) => goesTo(here, app));
}

async function listKind(
  place: Place,
  kind: ServedKind,
  labelSelector: string | undefined,
  signal: AbortSignal,
): Promise<Access<readonly KubeObject[]>> {
  const { instance, isControl } = place;
  if (kind.kind === 'Application') return isControl ? await instance.list(signal) : none();
  if (isControl && kind.kind === 'Secret' && labelSelector !== undefined) {
    return { kind: 'ok', value: clusterSecrets(instance.destinations, labelSelector) };
  }
  // Of what no app of its Argo CD has, nothing is known: no list is one of them.
  return { kind: 'not-found', message: `Argo CD tells of no ${kind.kind} but those of its apps.` };
}

function none(): Access<readonly KubeObject[]> {
  return { kind: 'ok', value: [] };
}

async function getObject(
  place: Place,
  id: ResourceId,
  signal: AbortSignal,
): Promise<Access<KubeObject>> {
  const { instance, isControl } = place;
  if (id.kind === 'Application' && isControl) return await getApplication(place, id, signal);
  if (isSecret(id)) return notAsked(place, 'values of Secrets');
  return isControl && isSettings(id) && claimants(place, id).length === 0
    ? await settingsMap(instance, id.namespace, signal)
    : await liveObject(place, id, signal);
}

function isSecret({ group, kind }: ResourceId): boolean {
  return group === '' && kind === 'Secret';
}

function isSettings({ kind, name }: ResourceId): boolean {
  return kind === 'ConfigMap' && name === 'argocd-cm';
}

async function liveObject(
  place: Place,
  id: ResourceId,
  signal: AbortSignal,
): Promise<Access<KubeObject>> {
  const item = await itemOf(place, id, signal);
  if (item.kind !== 'ok') return item;
  return item.value.live === undefined ? absent(id) : { kind: 'ok', value: item.value.live };
}

/** As it was heard last, else asked for; one that may not be seen is known by the app that has it. */
async function getApplication(
  place: Place,
  id: ResourceId,
  signal: AbortSignal,
): Promise<Access<KubeObject>> {
  const { instance, written } = place;
  const key = `${id.namespace}/${id.name}`;
  const known = instance.applications.find((app) => appKey(app) === key);
  if (known !== undefined && instance.isFollowed && !written.has(key)) {
    return { kind: 'ok', value: known };
  }
  const asked = await instance.application(id, signal);
  if (asked.kind === 'ok' || claimants(place, id).length === 0) return asked;
  return await liveObject(place, id, signal);
}

/** The apps here whose status names the object. */
function claimants(place: Place, id: ResourceId): readonly KubeObject[] {
  return claimsIn(place).get(resourceKey(id)) ?? [];
}

type Claims = ReadonlyMap<string, readonly KubeObject[]>;
const claimsByApps = new WeakMap<readonly KubeObject[], Map<string, Claims>>();

function claimsIn(place: Place): Claims {
  const { applications } = place.instance;
  const { name } = place.destination();
  const known = claimsByApps.get(applications) ?? new Map<string, Claims>();
  claimsByApps.set(applications, known);
  const found = known.get(name) ?? claimsOf(appsOf(place));
  known.set(name, found);
  return found;
}

function claimsOf(apps: readonly KubeObject[]): Claims {
  const claims = new Map<string, KubeObject[]>();
  for (const app of apps) {
    for (const entry of listAt(app, 'status', 'resources')) {
      const id = resourceOf(entry);
      if (id === undefined) continue;
      const key = resourceKey(id);
      const same = claims.get(key);
      if (same === undefined) claims.set(key, [app]);
      else same.push(app);
    }
  }
  return claims;
}

/** An object that two apps have is the same one for both. */
async function itemOf(
  place: Place,
  id: ResourceId,
  signal: AbortSignal,
): Promise<Access<ArgoItem>> {
  const apps = claimants(place, id);
  const answers = await Promise.all(apps.map((app) => place.instance.managed(app, signal)));
  const key = resourceKey(id);
  for (const answer of answers) {
    const item = answer.kind === 'ok' ? answer.value.get(key) : undefined;
    if (item !== undefined) return { kind: 'ok', value: item };
  }
  return answers.find((answer) => answer.kind !== 'ok') ?? unknown(place, id);
}

async function healthOf(
  place: Place,
  id: ResourceId,
  signal: AbortSignal,
): Promise<ArgoHealth | undefined> {
  const key = resourceKey(id);
  const apps = claimants(place, id);
  const told = await Promise.all(apps.map((app) => place.instance.health(app, signal)));
  return told.flatMap((one) => one.get(key) ?? [])[0];
}

async function patchObject(
  place: Place,
  request: PatchRequest,
  signal: AbortSignal,
): Promise<Access<KubeObject>> {
  const { id } = request;
  if (request.dryRun) return await foreseen(place, request, signal);
  if (id.kind !== 'Application' || !place.isControl) return notAsked(place, 'writing objects');
  place.written.add(`${id.namespace}/${id.name}`);
  return await writeApplication(place.instance, request, signal);
}

/** What Argo CD itself foresees of just this apply; of any other question it knows nothing. */
async function foreseen(
  place: Place,
  { id, type, body }: PatchRequest,
  signal: AbortSignal,
): Promise<Access<KubeObject>> {
  if (type !== 'apply') return notAsked(place, 'dry runs');
  const access = await itemOf(place, id, signal);
  if (access.kind !== 'ok') return access;
  const { live, target, states } = access.value;
  const { now, predicted } = states();
  const isAsked = isSame(bare(target()), bare(body));
  if (live === undefined || now === undefined || predicted === undefined || !isAsked) {
    return notAsked(place, 'dry runs');
  }
  // What its rules hide it tells nothing of, and a sync may write it all the same.
  if (!isSame(written(live), written(now))) return notAsked(place, 'dry runs');
  return { kind: 'ok', value: carried(live, now, predicted) as KubeObject };
}

/** What every object has when it is read, and what nobody writes. */
function bare(object: unknown): unknown {
  const metadata = without(recordAt(object, 'metadata') ?? {}, 'creationTimestamp');
  return { ...without(recordAt(object) ?? {}, 'status'), metadata };
}

const WRITTEN = ['labels', 'annotations', 'finalizers', 'ownerReferences'];

/** Without what only the server writes, of which Argo CD takes some away. */
function written(object: unknown): unknown {
  const metadata = recordAt(object, 'metadata') ?? {};
  const kept = Object.fromEntries(WRITTEN.map((name) => [name, metadata[name]]));
  return { ...without(recordAt(object) ?? {}, 'status'), metadata: kept };
}

function watchKind(place: Place, request: WatchRequest, sink: WatchSink): ReturnType<Watch> {
  const { instance, isControl } = place;
  if (request.kind.kind === 'Application' && isControl) return instance.follow(sink);
  // Told later, as every state of a watch: whoever asks has not got it yet.
  queueMicrotask(() => {
    if (request.kind.kind !== 'Application') {
      return sink.moved({ kind: 'ended', refusal: notAsked(place, request.kind.resource) });
    }
    sink.replaced([]);
    sink.moved({ kind: 'current' });
  });
  return { dispose: () => undefined };
}

type Watch = NonNullable<Cluster['watch']>;

function notAsked({ instance }: Place, what: string): AccessRefusal & { kind: 'forbidden' } {
  const message = `The API of Argo CD at ${printable(instance.server)} does not give ${what}.`;
  const resource = `${what} through the API of Argo CD`;
  return {
    kind: 'forbidden',
    message,
    verb: 'get',
    resource,
    namespace: '',
    noRightHelps: true,
  };
}

function unknown({ instance }: Place, { kind, name }: ResourceId): AccessRefusal {
  const server = printable(instance.server);
  const object = printable(`${kind} ${name}`);
  const message = `Argo CD at ${server} has not compared ${object} yet, so whether the cluster has it is not known.`;
  return { kind: 'failed', status: 0, message };
}

function absent({ kind, name }: ResourceId): AccessRefusal {
  return { kind: 'not-found', message: `The cluster has no ${printable(`${kind} ${name}`)}.` };
}
