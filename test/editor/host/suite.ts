/** A test runner of a few lines: the extension host loads one file and wants one promise. */
export interface Test {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** A busy machine is no failure: what hangs is named by the wait it hangs in, long before. */
const TEST_TIMEOUT_MS = 600_000;

/** Prints a line a test, and the numbers as the last line; rejects when one failed. */
export async function runTests(tests: readonly Test[]): Promise<void> {
  const counts = { passed: 0, failed: 0 };
  for (const test of tests) {
    const startedMs = Date.now();
    const error = await failureOf(test);
    const took = `${Date.now() - startedMs} ms`;
    if (error === undefined) {
      counts.passed += 1;
      print(`✓ ${test.name} (${took})`);
    } else {
      counts.failed += 1;
      print(`✗ ${test.name} (${took})\n${error}`);
    }
  }
  print(`host: ${counts.passed} passed, ${counts.failed} failed`);
  if (counts.failed > 0) throw new Error(`${counts.failed} failed`);
}

async function failureOf(test: Test): Promise<string | undefined> {
  const timer: { id?: NodeJS.Timeout } = {};
  const timeout = new Promise<never>((_, reject) => {
    timer.id = setTimeout(() => reject(new Error('took too long')), TEST_TIMEOUT_MS);
  });
  try {
    await Promise.race([test.run(), timeout]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    clearTimeout(timer.id);
  }
}

function print(line: string): void {
  console.log(line);
}

/** Asks until the answer is there; the last answer is in the error. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 240_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
