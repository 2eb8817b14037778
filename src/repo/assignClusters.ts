import type { Steps } from '../base/pacer';
import { complete } from '../base/pacer';
import type { App, DestinationCluster } from '../model/app';
import { appLabel } from '../model/app';
import type { LogicalCluster } from '../model/config';
import { sourceFolders } from '../model/render';
import {
  type AssignmentContext,
  declaredClusters,
  type LogicalClusterRow,
  logicalClusterRows,
  normaliseServer,
} from './clusterMap';
import { coversPath } from './glob';
import { ancestorsOf } from './paths';

/**
 * The logical clusters of the workspace: those that settings, `.plumbline.yaml` and kubeconfigs give,
 * and those that reported or assigned apps name besides.
 */
export function logicalClusters(
  apps: readonly App[],
  context: AssignmentContext,
): readonly LogicalClusterRow[] {
  const rows = logicalClusterRows(context);
  const known = new Set(rows.map(({ name }) => name));
  const named = apps.flatMap((app) => [app.controlCluster, app.destinationCluster]);
  const further = new Set(named.filter((name): name is string => name !== undefined));
  return [...rows, ...[...further].filter((name) => !known.has(name)).map((name) => ({ name }))];
}

/**
 * Gives each app its control and its destination cluster. Control: the cluster that reported it, the
 * user's pick, the folder of its file in `.plumbline.yaml`, or where the app that contains its file
 * sends its objects. Destination: mapping, equal server address, the control cluster's Argo CD
 * cluster secrets, in-cluster. What none of these tells stays open; names are never compared by
 * likeness.
 */
export function assignClusters(apps: readonly App[], context: AssignmentContext): readonly App[] {
  return complete(assignmentSteps(apps, context));
}

/** The same with places to pause. */
export function* assignmentSteps(
  apps: readonly App[],
  context: AssignmentContext,
): Steps<readonly App[]> {
  const rows = logicalClusterRows(context);
  const lookup: Lookup = { context, byServer: serverIndex(rows) };
  const first: App[] = [];
  for (const app of apps) {
    first.push(assigned(app, ownControl(app, context), lookup));
    yield;
  }
  return yield* inherited(first, lookup);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Lookup {
  readonly context: AssignmentContext;
  /** Normalised server address → logical name; mapped contexts before unmapped ones. */
  readonly byServer: ReadonlyMap<string, string>;
}

function serverIndex(rows: readonly LogicalClusterRow[]): ReadonlyMap<string, string> {
  const index = new Map<string, string>();
  for (const { name, server } of rows) {
    const key = server === undefined ? undefined : normaliseServer(server);
    if (key !== undefined && !index.has(key)) index.set(key, name);
  }
  return index;
}

function assigned(app: App, control: string | undefined, lookup: Lookup): App {
  const bare: Mutable<App> = { ...app };
  delete bare.controlCluster;
  delete bare.destinationCluster;
  const destination = destinationOf(app, control, lookup);
  return {
    ...bare,
    ...(control === undefined ? {} : { controlCluster: control }),
    ...(destination === undefined ? {} : { destinationCluster: destination }),
  };
}

function picked(app: App, { settings }: AssignmentContext): string | undefined {
  const { assignments } = settings;
  for (const name of [app.key, appLabel(app)]) {
    if (Object.hasOwn(assignments, name)) return assignments[name];
  }
  return undefined;
}

/**
 * A pick says in which cluster an app is: its control cluster, unless its objects go to another one
 * that is named in the definition. Then the pick is about that one.
 */
function ownControl(app: App, context: AssignmentContext): string | undefined {
  if (app.presence !== 'git' && app.controlCluster !== undefined) return app.controlCluster;
  const pick = isRemote(app.destination.cluster) ? undefined : picked(app, context);
  return pick ?? byFolder(app, context);
}

function isRemote(cluster: DestinationCluster): boolean {
  return cluster.kind !== 'control' && cluster.kind !== 'unknown';
}

/** The first declared cluster with a folder that holds the file, or for a push app its source. */
function byFolder(app: App, { configs }: AssignmentContext): string | undefined {
  const clusters = configs.get(app.definedIn?.root ?? '')?.clusters ?? [];
  const paths = placesOf(app);
  const found = clusters.find(({ folders }) =>
    folders.some((glob) => paths.some((path) => coversPath(glob, path))),
  );
  return found?.name;
}

/** A chart's values file counts as a place: it is what tells the environments of one chart apart. */
function placesOf(app: App): readonly string[] {
  const file = app.definedIn?.path;
  const own = file === undefined ? [] : [file];
  if (app.tool !== 'push' || app.source.kind !== 'local') return own;
  const { render } = app.source;
  return [...(render.kind === 'helm' ? render.valueFiles : []), ...own, render.path];
}

function destinationOf(app: App, control: string | undefined, lookup: Lookup): string | undefined {
  const { cluster } = app.destination;
  if (app.tool === 'push') return byContext(app, lookup) ?? control;
  if (cluster.kind === 'control') return control;
  return picked(app, lookup.context) ?? byDefinition(cluster, app, { control, lookup });
}

/**
 * A pipeline's name for the cluster is its own: only `destinations` say which one it is, and a pick
 * of the user goes over them.
 */
function byContext(app: App, lookup: Lookup): string | undefined {
  const { cluster } = app.destination;
  if (cluster.kind !== 'context') return undefined;
  return picked(app, lookup.context) ?? declared(app, lookup, (entry) => entry === cluster.name);
}

function byDefinition(cluster: DestinationCluster, app: App, seen: Seen): string | undefined {
  switch (cluster.kind) {
    case 'server':
      return byServer(cluster.server, app, seen);
    case 'name':
      return byName(cluster.name, app, seen);
    case 'kubeconfig-secret':
      return bySecret(cluster.secret, app, seen.lookup);
    default:
      return undefined;
  }
}

interface Seen {
  readonly control: string | undefined;
  readonly lookup: Lookup;
}

function byServer(server: string, app: App, { control, lookup }: Seen): string | undefined {
  const address = normaliseServer(server);
  const known = declared(app, lookup, (entry) => normaliseServer(entry) === address);
  if (known !== undefined) return known;
  const equal = lookup.byServer.get(address);
  if (equal !== undefined) return equal;
  const secret = lookup.context.argoClusters.find(
    (entry) => entry.control === control && normaliseServer(entry.server) === address,
  );
  return secret === undefined ? undefined : declared(app, lookup, (entry) => entry === secret.name);
}

function byName(name: string, app: App, { control, lookup }: Seen): string | undefined {
  const known = declared(app, lookup, (entry) => entry === name);
  if (known !== undefined) return known;
  const secret = lookup.context.argoClusters.find(
    (entry) => entry.control === control && entry.name === name,
  );
  if (secret === undefined) return undefined;
  const address = normaliseServer(secret.server);
  if (address === IN_CLUSTER) return control;
  return (
    declared(app, lookup, (entry) => normaliseServer(entry) === address) ??
    lookup.byServer.get(address)
  );
}

const IN_CLUSTER = 'https://kubernetes.default.svc';

/** A kubeconfig Secret says nothing that may be read; `destinations` can name it. */
function bySecret(secret: string, app: App, lookup: Lookup): string | undefined {
  return declared(
    app,
    lookup,
    (entry) => entry === secret || entry === `${app.namespace}/${secret}`,
  );
}

/** The app's own repository is asked first, then the other open ones. */
function declared(
  app: App,
  { context }: Lookup,
  fits: (destination: string) => boolean,
): string | undefined {
  const own = context.configs.get(app.definedIn?.root ?? '')?.clusters ?? [];
  const all: readonly LogicalCluster[] = [...own, ...declaredClusters(context)];
  return all.find(({ destinations }) => destinations.some(fits))?.name;
}

/**
 * A custom resource lives where the app that contains its file sends its objects (app of apps, a
 * Kustomization that holds others). Repeated until nothing new follows, from the nearest container.
 */
function* inherited(apps: readonly App[], lookup: Lookup): Steps<readonly App[]> {
  const holding = apps.map((app) => app.tool !== 'push' && app.source.kind === 'local');
  const byFolder = containersByFolder(apps.filter((_, index) => holding[index]));
  let current = apps;
  for (let round = 0; round < MAX_DEPTH; round += 1) {
    const destinations = new Map(current.map((app) => [app.key, app.destinationCluster]));
    const next = current.map((app) => withInherited(app, { byFolder, destinations, lookup }));
    if (next.every((app, index) => app === current[index])) return current;
    current = next;
    yield;
  }
  return current;
}

const MAX_DEPTH = 16;

interface Inheritance {
  /** `root#folder` → keys of the apps that are rendered from it. */
  readonly byFolder: ReadonlyMap<string, readonly string[]>;
  readonly destinations: ReadonlyMap<string, string | undefined>;
  readonly lookup: Lookup;
}

function containersByFolder(apps: readonly App[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { key, source } of apps) {
    if (source.kind !== 'local') continue;
    for (const folder of sourceFolders(source.render)) {
      const place = `${source.root}#${folder}`;
      found.set(place, [...(found.get(place) ?? []), key]);
    }
  }
  return found;
}

function withInherited(app: App, { byFolder, destinations, lookup }: Inheritance): App {
  const { definedIn } = app;
  if (app.controlCluster !== undefined || app.tool === 'push' || definedIn === undefined)
    return app;
  const holding =
    app.renderedBy === undefined ? holders(app, definedIn, byFolder) : [app.renderedBy.key];
  const clusters = new Set(holding?.map((key) => destinations.get(key)));
  const [first] = clusters;
  return clusters.size === 1 && first !== undefined ? assigned(app, first, lookup) : app;
}

/** The apps that are rendered from the nearest folder around the file. */
function holders(
  { key }: App,
  { root, path }: NonNullable<App['definedIn']>,
  byFolder: Inheritance['byFolder'],
): readonly string[] | undefined {
  return ancestorsOf(path)
    .map((folder) => byFolder.get(`${root}#${folder}`) ?? [])
    .map((keys) => keys.filter((one) => one !== key))
    .find((keys) => keys.length > 0);
}
