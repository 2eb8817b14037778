/**
 * What the user waits for in a real extension host, on the packaged extension:
 * `node test/editor/bench.mjs --vsix FILE`. Prints one line of JSON with raw samples.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
/**
 * @typedef {{ activationMs: number[], loadMs: number[], activateMs: number[], emptyMs: number[],
 *   savesMs: number[] }} Samples
 */
/** @type {Samples} */
const samples = { activationMs: [], loadMs: [], activateMs: [], emptyMs: [], savesMs: [] };

/** @param {string} extension @param {string} workspace */
async function measure(extension, workspace) {
  const entry = /** @type {const} */ ('bench');
  const { lines } = await runInHost({ editor, browser, extension, workspace, log, entry });
  const line = lines.find((one) => one.startsWith('bench: '));
  if (line === undefined) throw new Error(`the extension host did not report: ${lines.join('\n')}`);
  /** @type {Samples} */
  const told = JSON.parse(line.slice('bench: '.length));
  for (const [name, values] of Object.entries(samples)) values.push(...told[name]);
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

/** What stands before the entry of a package, and tells the clock's times to the test in its host. */
const TIMED = `const startedMs = performance.now();
const entry = require('./extension.js');
const loadedMs = performance.now();
exports.activate = (context) => {
  const calledMs = performance.now();
  entry.activate(context);
  globalThis.activationParts = {
    loadMs: loadedMs - startedMs,
    activateMs: performance.now() - calledMs,
  };
};
`;

/** The rest of an activation is the editor's own. @param {string} extension  an unpacked package */
async function timeParts(extension) {
  const file = join(extension, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(join(extension, 'dist/timed.js'), TIMED);
  await writeFile(file, JSON.stringify({ ...manifest, main: './dist/timed.js' }));
}

try {
  const extension = await unpackVsix(resolve(values.vsix ?? ''), join(folder, 'package'));
  await timeParts(extension);
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
