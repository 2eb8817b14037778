/**
 * What the user waits for in a real extension host, on the packaged extension:
 * `node test/editor/bench.mjs --vsix FILE`. Prints one line of JSON with raw samples.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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
/** @typedef {{ activationMs: number[], emptyMs: number[], savesMs: number[] }} Samples */
/** @type {Samples} */
const samples = { activationMs: [], emptyMs: [], savesMs: [] };

/** @param {string} extension @param {string} workspace */
async function measure(extension, workspace) {
  const entry = /** @type {const} */ ('bench');
  const { lines } = await runInHost({ editor, browser, extension, workspace, log, entry });
  const line = lines.find((one) => one.startsWith('bench: '));
  if (line === undefined) throw new Error(`the extension host did not report: ${lines.join('\n')}`);
  /** @type {Samples} */
  const told = JSON.parse(line.slice('bench: '.length));
  samples.activationMs.push(...told.activationMs);
  samples.emptyMs.push(...told.emptyMs);
  samples.savesMs.push(...told.savesMs);
}

/** An extension that does nothing: what the editor itself takes to activate one. */
async function emptyExtension() {
  const path = join(folder, 'empty');
  await mkdir(path);
  const manifest = {
    name: 'empty',
    publisher: 'bench',
    version: '1.0.0',
    engines: { vscode: '^1.101.0' },
    main: 'main.js',
    activationEvents: [],
    contributes: { commands: [{ command: 'empty.none', title: 'None' }] },
  };
  await writeFile(join(path, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(path, 'main.js'), 'exports.activate = () => {};');
  return path;
}

try {
  const extension = await unpackVsix(resolve(values.vsix ?? ''), join(folder, 'package'));
  const empty = await emptyExtension();
  // In turn, so that both see the same machine.
  for (let start = 0; start < STARTS; start += 1) {
    const { dir: workspace } = await createSample({ dir: join(folder, `sample-${start}`) });
    for (const one of [empty, extension]) await measure(one, workspace);
  }
  process.stdout.write(`${JSON.stringify(samples)}\n`);
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}
