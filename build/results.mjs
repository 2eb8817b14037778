// Counts of test runners, read from what each prints.
import { existsSync, readFileSync } from 'node:fs';

/** @typedef {{passed: number, failed: number, skipped: number}} Counts */

export const none = { passed: 0, failed: 0, skipped: 0 };

/** @param {readonly Counts[]} all @returns {Counts} */
export function sum(all) {
  return all.reduce(
    (a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      skipped: a.skipped + b.skipped,
    }),
    none,
  );
}

/**
 * @param {string} file of vitest's JSON reporter
 * @returns {Counts}
 */
export function vitestCounts(file) {
  if (!existsSync(file)) return { ...none, failed: 1 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const brokenFiles = report.testResults.filter(
    (/** @type {any} */ one) => one.status === 'failed' && one.assertionResults.length === 0,
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

/** Counts `go test -json` events of leaf tests and failed packages. */
export function createGoCounter() {
  /** @type {Map<string, string>} */
  const tests = new Map();
  let brokenPackages = 0;
  return {
    /** @param {string} line @returns {string | undefined} text to show */
    line(line) {
      if (!line.startsWith('{')) return line;
      const event = JSON.parse(line);
      const ended = ['pass', 'fail', 'skip'].includes(event.Action);
      if (ended && event.Test) tests.set(`${event.Package} ${event.Test}`, event.Action);
      if (event.Action === 'fail' && !event.Test) brokenPackages += 1;
      if (event.Action !== 'output') return undefined;
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
      };
    },
  };
}

/** @param {string} output @returns {Counts} from the last line `N passed, N failed[, N skipped]` */
export function closingCounts(output) {
  const lines = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)];
  const last = lines.at(-1);
  if (last === undefined) return { ...none, failed: 1 };
  return { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3] ?? 0) };
}
