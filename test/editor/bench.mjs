/**
 * What the user waits for in a real extension host, on the packaged extension:
 * `node test/editor/bench.mjs --vsix FILE`. Prints one line of JSON with raw samples.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createSample } from '../lab/sample.mjs';
import { startBrowser } from './browser.mjs';
import { runInHost } from './hostTests.mjs';
import { ensureEditor } from './install.mjs';
import { unpackVsix } from './vsix.mjs';

const STARTS = 5;
const { values } = parseArgs({ options: { vsix: { type: 'string' } } });
const log = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

const editor = await ensureEditor({ log });
const folder = await mkdtemp(join(tmpdir(), 'plumbline-editor-bench-'));
const browser = await startBrowser();
/** @type {{ activationMs: number[], savesMs: number[] }} */
const samples = { activationMs: [], savesMs: [] };
try {
  const extension = await unpackVsix(resolve(values.vsix ?? ''), join(folder, 'package'));
  for (let start = 0; start < STARTS; start += 1) {
    const { dir: workspace } = await createSample({ dir: join(folder, `sample-${start}`) });
    const options = {
      editor,
      browser,
      extension,
      workspace,
      log,
      entry: /** @type {const} */ ('bench'),
    };
    const { lines } = await runInHost(options);
    const line = lines.find((one) => one.startsWith('bench: '));
    if (line === undefined)
      throw new Error(`the extension host did not report: ${lines.join('\n')}`);
    const { activationMs, savesMs } = JSON.parse(line.slice('bench: '.length));
    samples.activationMs.push(activationMs);
    samples.savesMs.push(...savesMs);
  }
  process.stdout.write(`${JSON.stringify(samples)}\n`);
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}
