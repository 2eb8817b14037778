/**
 * The editor tests: `node test/editor/run.mjs --vsix FILE [--lab STATEFILE] [--part PART]… [--only
 * NAME]`. The part `host` runs inside the extension host; `alone` and `lab` drive the screen of the
 * installed package, without and with the lab. All parts by default; NAME is part of a journey's
 * name, and picks journeys only.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createSample } from '../lab/sample.mjs';
import { startBrowser } from './browser.mjs';
import { runHostTests } from './hostTests.mjs';
import { ensureEditor } from './install.mjs';
import { alone, onLab } from './screen/journeys.mjs';
import { runScreenTests } from './screenTests.mjs';
import { unpackVsix } from './vsix.mjs';

const { values } = parseArgs({
  options: {
    vsix: { type: 'string' },
    lab: { type: 'string' },
    part: { type: 'string', multiple: true },
    only: { type: 'string' },
  },
});
const { only } = values;
const parts = new Set(
  values.part ?? (only === undefined ? ['host', 'alone', 'lab'] : ['alone', 'lab']),
);
const log = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);

async function main() {
  if (values.vsix === undefined) throw new Error('--vsix FILE is needed');
  const vsix = resolve(values.vsix);
  const editor = await ensureEditor({ log });
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-editor-tests-'));
  const browser = await startBrowser();
  try {
    const results = [];
    if (parts.has('host')) {
      const { dir: workspace } = await createSample({ dir: join(folder, 'sample') });
      const extension = await unpackVsix(vsix, join(folder, 'package'));
      results.push(await runHostTests({ editor, browser, extension, workspace, log }));
    }
    const lanes = journeysOf(parts);
    if (lanes.length > 0) {
      const lab = parts.has('lab') ? await readLab() : undefined;
      results.push(await runScreenTests({ editor, browser, vsix, lab, folder, lanes, log }));
    }
    return results;
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {ReadonlySet<string>} wanted */
function journeysOf(wanted) {
  const lanes = [...(wanted.has('alone') ? alone : []), ...(wanted.has('lab') ? onLab : [])];
  return lanes
    .map((lane) => lane.filter(({ name }) => only === undefined || name.includes(only)))
    .filter((lane) => lane.length > 0);
}

async function readLab() {
  if (values.lab === undefined) throw new Error('the part "lab" needs --lab STATEFILE');
  return JSON.parse(await readFile(values.lab, 'utf8'));
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
