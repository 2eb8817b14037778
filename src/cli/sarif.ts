import type { Problem, Severity } from '../model/problem';

const LEVELS: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};

/** SARIF 2.1.0 (OASIS), as code scanning of forges reads it; paths are relative to the root. */
export function toSarif(problems: readonly Problem[], version: string): unknown {
  const rules = [...new Set(problems.map(({ code }) => code))].sort().map((id) => ({ id }));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'plumbline', version, rules } },
        results: problems.map(result),
      },
    ],
  };
}

function result({ code, severity, message, location }: Problem): unknown {
  const { path, line, column, endLine, endColumn } = location ?? {};
  const region = {
    startLine: line ?? 1,
    ...(column === undefined ? {} : { startColumn: column }),
    ...(endLine === undefined ? {} : { endLine }),
    ...(endColumn === undefined ? {} : { endColumn }),
  };
  return {
    ruleId: code,
    level: LEVELS[severity],
    message: { text: message },
    locations:
      path === undefined
        ? []
        : [{ physicalLocation: { artifactLocation: { uri: encodeURI(path) }, region } }],
  };
}
