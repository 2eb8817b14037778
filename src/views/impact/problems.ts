import type { Problem } from '../../model/problem';

/** A problem as the editor draws it: 0-based. */
export interface Finding {
  readonly severity: Problem['severity'];
  readonly code: string;
  readonly message: string;
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  /** `undefined`: to the end of the line. */
  readonly endColumn: number | undefined;
}

export interface ProblemsScope {
  readonly kind: 'openAndChanged' | 'all';
  /** Absolute paths that are open or changed. */
  readonly paths: ReadonlySet<string>;
}

/** Findings by absolute path, of the files that are in scope. */
export function presentProblems(
  problems: ReadonlyMap<string, readonly Problem[]>,
  scope: ProblemsScope,
): ReadonlyMap<string, readonly Finding[]> {
  const inScope = [...problems].filter(
    ([path, list]) => list.length > 0 && (scope.kind === 'all' || scope.paths.has(path)),
  );
  return new Map(inScope.map(([path, list]) => [path, distinct(list.map(toFinding))]));
}

function toFinding(problem: Problem): Finding {
  const { line = 1, column, endLine, endColumn } = problem.location ?? {};
  const startLine = Math.max(0, line - 1);
  return {
    severity: problem.severity,
    code: problem.code,
    message: problem.message,
    startLine,
    startColumn: Math.max(0, (column ?? 1) - 1),
    endLine: Math.max(startLine, (endLine ?? line) - 1),
    endColumn: endColumn === undefined ? undefined : Math.max(0, endColumn - 1),
  };
}

/** Several apps that render the same file find the same thing: it is said once. */
function distinct(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
  return [...seen.values()].sort((a, b) => a.startLine - b.startLine);
}
