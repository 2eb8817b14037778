import type { AppState } from './appState';
import type { Problem } from './problem';
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

/** What of it a chart registry may have. */
export function missingCharts(state: AppState): readonly MissingReference[] {
  return missingOf(state).filter(
    ({ chart, dependency }) => chart !== undefined || dependency === true,
  );
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

/** What a render had to leave out. Where nothing could be rendered, its own problems say why. */
export function leftOut(state: AppState): readonly Problem[] {
  if (state.working.kind !== 'rendered') return [];
  return missingOf(state).map(({ kind, reference, path, line }) => {
    const [code, what] = LEFT_OUT[kind];
    return {
      severity: 'warning',
      code,
      message: `The ${kind} ${reference} ${what}: the result lacks what it makes.`,
      location: { path, ...(line === undefined ? {} : { line }) },
    };
  });
}
