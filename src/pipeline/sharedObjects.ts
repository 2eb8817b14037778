import type { App } from '../model/app';
import { appLabel } from '../model/app';
import type { AppState } from '../model/appState';
import type { Problem } from '../model/problem';
import { resourceIdOf, resourceKey } from '../model/resource';
import type { KnownObject } from '../model/withheld';

interface Maker {
  readonly app: App;
  readonly made: KnownObject;
}

/** Several apps may well ask for the namespace that they go to. */
const COMMON_KINDS: ReadonlySet<string> = new Set(['Namespace']);

/**
 * Only where it is certain that both controllers write the same object: apps with a custom resource
 * and a known destination. Pushed apps are left out, their clusters are what a pipeline says.
 */
function isCertain({ tool, destinationCluster }: App): boolean {
  return tool !== 'push' && destinationCluster !== undefined;
}

function keyOf(app: App, { object }: KnownObject): string {
  const id = resourceIdOf(object);
  const namespace = id.namespace === '' ? app.destination.namespace : id.namespace;
  return `${app.destinationCluster ?? ''}\n${resourceKey({ ...id, namespace })}`;
}

/** The keys of what an app makes, in its order; read once for a render and a destination. */
function keysOf({ app, working }: AppState): readonly (string | undefined)[] {
  if (working.kind !== 'rendered' || !isCertain(app)) return [];
  const { objects } = working.desired;
  const place = `${app.destinationCluster ?? ''}\n${app.destination.namespace}`;
  const known = keysByRender.get(objects);
  if (known?.place === place) return known.keys;
  const keys = objects.map((made) =>
    COMMON_KINDS.has(made.object.kind) ? undefined : keyOf(app, made),
  );
  keysByRender.set(objects, { place, keys });
  return keys;
}

const keysByRender = new WeakMap<
  readonly KnownObject[],
  { readonly place: string; readonly keys: readonly (string | undefined)[] }
>();

/** Only what several apps make: of the many objects that one app alone makes no list is begun. */
function sharedMakers(apps: readonly AppState[]): ReadonlyMap<string, readonly Maker[]> {
  const firstBy = new Map<string, AppState>();
  const shared = new Set<string>();
  for (const state of apps) {
    for (const key of keysOf(state)) {
      if (key === undefined) continue;
      const first = firstBy.get(key);
      if (first === undefined) firstBy.set(key, state);
      else if (first !== state) shared.add(key);
    }
  }
  return shared.size === 0 ? new Map() : makersOf(apps, shared);
}

function makersOf(
  apps: readonly AppState[],
  shared: ReadonlySet<string>,
): ReadonlyMap<string, readonly Maker[]> {
  const makers = new Map<string, Maker[]>();
  for (const state of apps) {
    const { app, working } = state;
    if (working.kind !== 'rendered') continue;
    for (const [index, key] of keysOf(state).entries()) {
      const made = working.desired.objects[index];
      if (key === undefined || made === undefined || !shared.has(key)) continue;
      const list = makers.get(key) ?? [];
      list.push({ app, made });
      makers.set(key, list);
    }
  }
  return makers;
}

function problemOf({ made }: Maker, others: readonly App[]): Problem {
  const { kind, namespace, name } = resourceIdOf(made.object);
  const object = `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
  const names = others.map((app) => appLabel(app)).join(', ');
  return {
    severity: 'warning',
    code: 'shared-object',
    message: `${object} is made by ${names} as well: each sync overwrites the other's.`,
    location: made.origin,
    resource: resourceKey(resourceIdOf(made.object)),
  };
}

/** Objects that several apps make in the same cluster, as findings of each of these apps by its key. */
export function sharedObjects(apps: readonly AppState[]): ReadonlyMap<string, readonly Problem[]> {
  const found = new Map<string, Problem[]>();
  for (const makers of sharedMakers(apps).values()) {
    for (const maker of makers) {
      const { key } = maker.app;
      const others = makers.map(({ app }) => app).filter((app) => app.key !== key);
      if (others.length === 0) continue;
      found.set(key, [...(found.get(key) ?? []), problemOf(maker, [...new Set(others)])]);
    }
  }
  return found;
}
