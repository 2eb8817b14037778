import type { AppState, WorkspaceState } from '../model/appState';
import { leftOut } from '../model/missing';
import type { Problem } from '../model/problem';
import { otherPlace } from './otherRoots';
import { joinPath } from './paths';
import { sharedObjects } from './sharedObjects';

type Findings = ReadonlyMap<string, readonly Problem[]>;

/** Collects again only when something moved that findings come from: a look at a cluster moves none. */
export function createProblems(): (state: WorkspaceState) => Findings {
  const held: { parts: readonly unknown[]; found?: Findings } = { parts: [] };
  return (state) => {
    const parts = [
      ...state.roots.map(({ problems }) => problems),
      ...state.apps.flatMap(({ app, working, local, problems }) => [app, working, local, problems]),
    ];
    const isSame =
      parts.length === held.parts.length && parts.every((part, at) => part === held.parts[at]);
    if (!isSame || held.found === undefined) held.found = collectProblems(state);
    held.parts = parts;
    return held.found;
  };
}

/** Every finding by the absolute path of its file, each once; those without a place stand at no file. */
export function collectProblems(state: WorkspaceState): Findings {
  const found = new Map<string, Map<string, Problem>>();
  const add = (root: string | undefined, problem: Problem): void => {
    if (root === undefined || problem.location === undefined) return;
    const path = joinPath(root, problem.location.path);
    const known = found.get(path) ?? new Map<string, Problem>();
    known.set(identityOf(problem), problem);
    found.set(path, known);
  };
  for (const root of state.roots) for (const problem of root.problems) add(root.root, problem);
  const shared = sharedObjects(state.apps);
  for (const app of state.apps) {
    const own = [...problemsOf(app), ...(shared.get(app.app.key) ?? [])];
    for (const problem of own) add(...inItsRoot(app, problem));
  }
  return new Map([...found].map(([path, problems]) => [path, [...problems.values()]]));
}

/** All problems of one app: of its definition, of its render and of its rendered objects. */
export function problemsOf(state: AppState): readonly Problem[] {
  const { working } = state;
  const render =
    working.kind === 'invalid'
      ? working.problems
      : working.kind === 'rendered'
        ? working.desired.problems
        : [];
  return [...state.app.problems, ...render, ...leftOut(state), ...state.problems];
}

/** A problem in another repository stands in the open folder that has it. */
function inItsRoot(app: AppState, problem: Problem): [string | undefined, Problem] {
  const { location } = problem;
  const at = location && otherPlace(app, location.path);
  if (at === undefined) return [rootFor(app), problem];
  if (at === 'elsewhere') return [app.app.definedIn?.root, atDefinition(app, problem)];
  return [at.root, { ...problem, location: { ...location, path: at.path } }];
}

/** What is wrong in a fetched repository stands where the app is defined. */
function atDefinition({ app: { definedIn } }: AppState, problem: Problem): Problem {
  const { path = '', line } = definedIn ?? {};
  return { ...problem, location: { path, ...(line === undefined ? {} : { line }) } };
}

function rootFor({ app }: AppState): string | undefined {
  return app.source.kind === 'local' ? app.source.root : app.definedIn?.root;
}

/** Two apps that read the same broken file have the same finding. */
function identityOf({ code, message, location }: Problem): string {
  return JSON.stringify([code, message, location?.line, location?.column]);
}
