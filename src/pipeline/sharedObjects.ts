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

function makersByObject(apps: readonly AppState[]): ReadonlyMap<string, readonly Maker[]> {
  const makers = new Map<string, Maker[]>();
  for (const { app, working } of apps) {
    if (working.kind !== 'rendered' || !isCertain(app)) continue;
    for (const made of working.desired.objects) {
      if (COMMON_KINDS.has(made.object.kind)) continue;
      const key = keyOf(app, made);
      makers.set(key, [...(makers.get(key) ?? []), { app, made }]);
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
  for (const makers of makersByObject(apps).values()) {
    for (const maker of makers) {
      const { key } = maker.app;
      const others = makers.map(({ app }) => app).filter((app) => app.key !== key);
      if (others.length === 0) continue;
      found.set(key, [...(found.get(key) ?? []), problemOf(maker, [...new Set(others)])]);
    }
  }
  return found;
}
