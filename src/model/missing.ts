import type { AppState, TargetLacking } from './appState';
import type { Problem, SourceLocation } from './problem';
import type { MissingReference } from './render';

/** What the last render of the app could not have: it is not in the repository, and not fetched. */
export function missingOf({ working }: AppState): readonly MissingReference[] {
  switch (working.kind) {
    case 'rendered':
      return working.desired.missing;
    case 'invalid':
      return working.missing ?? [];
    case 'discovered':
    case 'rendering':
    case 'unavailable':
      return [];
  }
}

/** Charts that a registry may have, and that the working copy or the target lacks. */
export function missingCharts(state: AppState): readonly MissingReference[] {
  return [...missingOf(state), ...(targetLacking(state)?.missing ?? [])].filter(isChart);
}

/** What the target, which the working copy is compared with, could not be rendered with. */
export function targetLacking({ local }: AppState): TargetLacking | undefined {
  return local.kind === 'unavailable' ? local.lacking : undefined;
}

/** Whether a fetch of charts may get it. */
export function isChart({ chart, dependency }: MissingReference): boolean {
  return chart !== undefined || dependency === true;
}

/** The fewest of these apps that together lack what all of them lack. */
export function coverReferences(states: readonly AppState[]): readonly AppState[] {
  const covered = new Set<string>();
  return states.filter((state) => {
    const references = missingCharts(state).map(({ reference }) => reference);
    const isNew = references.some((reference) => !covered.has(reference));
    for (const reference of references) covered.add(reference);
    return isNew;
  });
}

/** Codes of problems that a fetch of charts may mend: those of the engine, and ours. */
export const CHART_PROBLEMS: readonly string[] = ['chart-not-fetched', 'helm-dependency-missing'];

const LEFT_OUT: Readonly<Record<MissingReference['kind'], readonly [code: string, what: string]>> =
  {
    chart: ['chart-not-fetched', 'is not fetched'],
    base: ['base-not-fetched', 'is remote and is not fetched'],
    file: ['file-not-fetched', 'is remote and is not fetched'],
    generator: ['generator-not-run', 'is a program and is not run'],
  };

/** A chart of a registry is in no file but the one that defines the app. */
function placeOf({ app: { definedIn } }: AppState, written: SourceLocation): SourceLocation {
  if (written.path !== '' || definedIn === undefined) return written;
  const { path, line } = definedIn;
  return { path, ...(line === undefined ? {} : { line }) };
}

/** What a render had to leave out. Where nothing could be rendered, its own problems say why. */
export function leftOut(state: AppState): readonly Problem[] {
  if (state.working.kind !== 'rendered') return [];
  return missingOf(state).map(({ kind, reference, path, line }) => {
    const [code, what] = LEFT_OUT[kind];
    return {
      severity: 'warning',
      code,
      message: `The ${kind} ${reference} ${what}: the result lacks what it makes.`,
      location: placeOf(state, { path, ...(line === undefined ? {} : { line }) }),
    };
  });
}
