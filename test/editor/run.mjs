/**
 * The editor tests: `node test/editor/run.mjs --vsix FILE --lab STATEFILE [--only NAME]`.
 * Mode A runs inside the extension host, mode B drives the screen of the installed package.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createSample } from '../lab/sample.mjs';
import { startBrowser } from './browser.mjs';
import { runHostTests } from './hostTests.mjs';
import { ensureEditor } from './install.mjs';
import { runScreenTests } from './screenTests.mjs';
import { unpackVsix } from './vsix.mjs';

const { values } = parseArgs({
  options: { vsix: { type: 'string' }, lab: { type: 'string' }, only: { type: 'string' } },
});
const log = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);

async function main() {
  if (values.vsix === undefined) throw new Error('--vsix FILE is needed');
  const vsix = resolve(values.vsix);
  const editor = await ensureEditor({ log });
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-editor-tests-'));
  const browser = await startBrowser();
  try {
    const lab =
      values.lab === undefined ? undefined : JSON.parse(await readFile(values.lab, 'utf8'));
    const results = [];
    if (values.only === undefined || values.only === 'host') {
      const { dir: workspace } = await createSample({ dir: join(folder, 'sample') });
      const extension = await unpackVsix(vsix, join(folder, 'package'));
      log('in the extension host');
      results.push(await runHostTests({ editor, browser, extension, workspace, log }));
    }
    if (values.only !== 'host') {
      log('on the screen');
      const only = values.only;
      results.push(await runScreenTests({ editor, browser, vsix, lab, folder, only, log }));
    }
    return results;
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {readonly { passed: number, failed: number }[]} results */
function report(results) {
  const passed = results.reduce((sum, one) => sum + one.passed, 0);
  const failed = results.reduce((sum, one) => sum + one.failed, 0);
  log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

try {
  process.exitCode = report(await main()) ? 0 : 1;
} catch (error) {
  log(`✗ ${error instanceof Error ? error.stack : String(error)}`);
  process.exitCode = report([{ passed: 0, failed: 1 }]) ? 0 : 1;
}
