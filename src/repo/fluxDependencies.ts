import type { App } from '../model/app';
import { appLabel } from '../model/app';
import { dependencyLookup } from '../model/appGraph';
import type { JsonObject } from '../model/resource';
import { objectsAt, textAt } from './fields';

/** `spec.dependsOn`: objects of the same kind, in the same namespace where none is written. */
export function dependenciesOf(object: JsonObject, namespace: string): readonly string[] {
  return objectsAt(object, 'spec', 'dependsOn').flatMap((entry) => {
    const name = textAt(entry, 'name');
    return name === undefined ? [] : [`${textAt(entry, 'namespace') ?? namespace}/${name}`];
  });
}

/** Apps that wait for each other in a circle get a problem: none of them is ever applied. */
export function withCircles(apps: readonly App[]): readonly App[] {
  if (apps.every(({ dependsOn }) => dependsOn === undefined)) return apps;
  const next = nextOf(apps);
  return apps.map((app) => {
    const circle = app.dependsOn === undefined ? undefined : circleFrom(app, next);
    return circle === undefined ? app : withCircle(app, circle);
  });
}

type Next = (app: App) => readonly App[];

function nextOf(apps: readonly App[]): Next {
  const find = dependencyLookup(apps);
  return (app) =>
    (app.dependsOn ?? []).flatMap((label) => {
      const found = find(app, label);
      return found === undefined ? [] : [found];
    });
}

/** The apps from one back to itself; `undefined` where no way leads there. */
function circleFrom(start: App, next: Next): readonly App[] | undefined {
  const cameFrom = new Map<App, App>();
  const waiting = [start];
  for (let app = waiting.shift(); app !== undefined; app = waiting.shift()) {
    for (const one of next(app)) {
      if (one === start) return wayTo(app, cameFrom);
      if (cameFrom.has(one)) continue;
      cameFrom.set(one, app);
      waiting.push(one);
    }
  }
  return undefined;
}

function wayTo(end: App, cameFrom: ReadonlyMap<App, App>): readonly App[] {
  const way: App[] = [];
  for (let app: App | undefined = end; app !== undefined; app = cameFrom.get(app)) way.unshift(app);
  return way;
}

function withCircle(app: App, circle: readonly App[]): App {
  const names = [...circle, app].map(appLabel).join(' → ');
  const { path, line } = app.definedIn ?? { path: '' };
  const problem = {
    severity: 'error',
    code: 'dependency-cycle',
    message: `spec.dependsOn goes in a circle, so that Flux never applies it: ${names}.`,
    location: { path, ...(line === undefined ? {} : { line }) },
    pointer: '/spec/dependsOn',
  } as const;
  return { ...app, problems: [...app.problems, problem] };
}
