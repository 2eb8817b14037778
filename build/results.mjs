// Counts of test runners, and what failed, read from what each prints.
import { existsSync, readFileSync } from 'node:fs';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {readonly string[]} failures what failed, each with the beginning of its error
 */

/** @type {Counts} */
export const none = { passed: 0, failed: 0, skipped: 0, failures: [] };

const MAX_ERROR_LINES = 12;

/** @param {string} name @param {readonly string[]} lines of its error @returns {string} */
function failure(name, lines) {
  const shown = lines.slice(0, MAX_ERROR_LINES).map((line) => `    ${line.trimEnd()}`);
  return [name, ...shown].join('\n');
}

/** @param {readonly Counts[]} all @returns {Counts} */
export function sum(all) {
  return all.reduce(
    (a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      skipped: a.skipped + b.skipped,
      failures: [...a.failures, ...b.failures],
    }),
    none,
  );
}

/**
 * @param {string} file of vitest's JSON reporter
 * @returns {Counts}
 */
export function vitestCounts(file) {
  if (!existsSync(file)) return { ...none, failed: 1, failures: [`no report: ${file}`] };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const brokenFiles = report.testResults.filter(
    (/** @type {any} */ one) => one.status === 'failed' && one.assertionResults.length === 0,
  );
  const failedTests = report.testResults.flatMap((/** @type {any} */ one) =>
    one.assertionResults
      .filter((/** @type {any} */ test) => test.status === 'failed')
      .map((/** @type {any} */ test) => ({ name: `${one.name}: ${test.fullName}`, test })),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
    failures: [
      ...brokenFiles.map((/** @type {any} */ one) => failure(one.name, one.message.split('\n'))),
      ...failedTests.map((/** @type {any} */ { name, test }) =>
        failure(name, test.failureMessages.join('\n').split('\n')),
      ),
    ],
  };
}

/** Counts `go test -json` events of leaf tests and failed packages. */
export function createGoCounter() {
  /** @type {Map<string, string>} */
  const tests = new Map();
  /** @type {Map<string, string[]>} */
  const printed = new Map();
  let brokenPackages = 0;
  const keep = (/** @type {any} */ event) => {
    const key = `${event.Package} ${event.Test}`;
    const text = event.Output.trimEnd();
    if (/^\s*(===|---)/.test(text)) return;
    printed.set(key, [...(printed.get(key) ?? []).slice(1 - MAX_ERROR_LINES), text]);
  };
  return {
    /** @param {string} line @returns {string | undefined} text to show */
    line(line) {
      if (!line.startsWith('{')) return line;
      const event = JSON.parse(line);
      const ended = ['pass', 'fail', 'skip'].includes(event.Action);
      if (ended && event.Test) tests.set(`${event.Package} ${event.Test}`, event.Action);
      if (event.Action === 'fail' && !event.Test) brokenPackages += 1;
      if (event.Action !== 'output') return undefined;
      if (event.Test) keep(event);
      return /^\s*(---? FAIL|FAIL|ok|panic|\S+_test\.go:\d+:)/.test(event.Output)
        ? event.Output.trimEnd()
        : undefined;
    },
    /** @returns {Counts} */
    counts() {
      const actions = [...tests.values()];
      const count = (/** @type {string} */ action) => actions.filter((a) => a === action).length;
      const failed = count('fail');
      return {
        passed: count('pass'),
        failed: failed === 0 ? brokenPackages : failed,
        skipped: count('skip'),
        failures: [...tests]
          .filter(([, action]) => action === 'fail')
          .map(([name]) => failure(name, printed.get(name) ?? [])),
      };
    },
  };
}

/**
 * @param {string} output its last line `N passed, N failed[, N skipped]`, and of what failed a line
 *   that begins with ✗ and its error on those below
 * @returns {Counts}
 */
export function closingCounts(output) {
  const lines = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)];
  const failures = [...output.matchAll(/^✗ (.*(?:\n(?!✓|✗|\n).*)*)/gm)].map(([, text]) => {
    const [name = '', ...error] = (text ?? '').split('\n');
    return failure(name, error);
  });
  const last = lines.at(-1);
  if (last === undefined) return { ...none, failed: 1, failures };
  const [passed, failed, skipped] = last.slice(1).map((count) => Number(count ?? 0));
  return { passed, failed, skipped, failures };
}
