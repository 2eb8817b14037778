import { sharedDepth } from '../base/folders';
import type { App } from './app';
import { appLabel } from './app';

/** How apps hang together: who renders whom, who waits for whom. */
export interface AppGraph {
  /** The app whose objects hold this one's custom resource. */
  above(app: App): App | undefined;
  below(app: App): readonly App[];
  /** `spec.dependsOn` in its order; without `app` where none of the open folders defines it. */
  waitsFor(app: App): readonly Dependency[];
  waitedForBy(app: App): readonly App[];
}

export interface Dependency {
  readonly label: string;
  readonly app?: App;
}

export function appGraph(apps: readonly App[]): AppGraph {
  const byKey = new Map(apps.map((app) => [app.key, app]));
  const below = grouped(apps, ({ renderedBy }) =>
    renderedBy === undefined ? [] : [renderedBy.key],
  );
  const find = dependencyLookup(apps);
  const waitsFor = (app: App): readonly Dependency[] =>
    (app.dependsOn ?? []).map((label) => {
      const found = find(app, label);
      return found === undefined ? { label } : { label, app: found };
    });
  const waiting = grouped(apps, (app) => waitsFor(app).flatMap((one) => one.app?.key ?? []));
  return {
    above: ({ renderedBy }) => byKey.get(renderedBy?.key ?? ''),
    below: ({ key }) => below.get(key) ?? [],
    waitsFor,
    waitedForBy: ({ key }) => waiting.get(key) ?? [],
  };
}

/**
 * The app that an entry of `spec.dependsOn` means. Of several with one name, as clusters have them, it
 * is one of the same cluster, and of these the nearest.
 */
export function dependencyLookup(
  apps: readonly App[],
): (app: App, label: string) => App | undefined {
  const byName = grouped(apps, (app) => [`${app.kind} ${appLabel(app)}`]);
  return (app, label) => {
    const named = byName.get(`${app.kind} ${label}`) ?? [];
    const here = named.filter(({ controlCluster }) => controlCluster === app.controlCluster);
    return nearest(here.length === 0 ? named : here, app);
  };
}

function nearest(candidates: readonly App[], app: App): App | undefined {
  const from = app.definedIn?.path ?? '';
  const depth = ({ definedIn }: App): number => sharedDepth(definedIn?.path ?? '', from);
  return candidates.reduce<App | undefined>(
    (best, one) => (best === undefined || depth(one) > depth(best) ? one : best),
    undefined,
  );
}

function grouped(
  apps: readonly App[],
  keysOf: (app: App) => readonly string[],
): ReadonlyMap<string, readonly App[]> {
  const groups = new Map<string, App[]>();
  for (const app of apps) {
    for (const key of new Set(keysOf(app))) {
      const known = groups.get(key);
      if (known === undefined) groups.set(key, [app]);
      else known.push(app);
    }
  }
  return groups;
}
