import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { VIEWPORT } from './browser.mjs';
import { startEditor } from './editor.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const RUN_TIMEOUT_MS = 2_400_000;

/**
 * Runs test/editor/host inside a real extension host, against the unpacked package.
 *
 * @param {Options} options
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runHostTests(options) {
  const { log } = options;
  const { lines, code } = await runInHost({ ...options, entry: 'index' });
  const counts = /host: (\d+) passed, (\d+) failed/.exec(lines.join('\n'));
  if (counts !== null) return { passed: Number(counts[1]), failed: Number(counts[2]) };
  log(`✗ the extension host did not report (ended with ${String(code)})`);
  log(lines.slice(-20).join('\n'));
  return { passed: 0, failed: 1 };
}

/**
 * Runs one entry of test/editor/host in a real extension host and returns what it printed.
 *
 * @typedef {object} Options
 * @property {import('./install.mjs').Editor} editor
 * @property {import('playwright-core').Browser} browser
 * @property {string} extension  folder of the unpacked package
 * @property {string} workspace  a repository that the tests may change
 * @property {(line: string) => void} log
 *
 * @param {Options & { entry: 'index' | 'bench' }} options
 * @returns {Promise<{ lines: readonly string[], code: unknown }>}
 */
export async function runInHost({ editor, browser, extension, workspace, log, entry }) {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-host-tests-'));
  const tests = await buildHostTests(join(folder, 'tests'), entry);
  await cp(extension, join(folder, 'extension'), { recursive: true });
  const server = await startEditor({
    editor,
    tests: true,
    settings: { 'security.workspace.trust.enabled': false },
    env: { KUBECONFIG: join(folder, 'no-kubeconfig') },
  });
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  try {
    return await drive({
      page,
      server,
      tests,
      extension: join(folder, 'extension'),
      workspace,
      log,
    });
  } finally {
    await context.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Bundles test/editor/host into one file, as the editor wants it.
 *
 * @param {string} folder @param {string} [entry] @returns {Promise<string>} the file
 */
export async function buildHostTests(folder, entry = 'index') {
  await mkdir(folder, { recursive: true });
  const outfile = join(folder, 'index.js');
  await build({
    entryPoints: [join(here, 'host', `${entry}.ts`)],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: ['vscode'],
    logLevel: 'warning',
  });
  return outfile;
}

async function drive({ page, server, tests, extension, workspace, log }) {
  const lines = [];
  await page.exposeFunction('codeAutomationLog', (_type, args) => {
    const line = [args].flat().map(String).join(' ');
    lines.push(line);
    if (/^(✓|✗| {2}|host:)/.test(line)) log(line);
  });
  const over = new Promise((resolve) => {
    void page.exposeFunction('codeAutomationExit', (code) => resolve(code));
  });
  const remote = (path) => `vscode-remote://${server.authority}${path}`;
  await page.goto(
    server.url(workspace, [
      ['extensionDevelopmentPath', remote(extension)],
      ['extensionTestsPath', remote(tests)],
    ]),
  );
  const late = new Promise((resolve) => setTimeout(() => resolve('late'), RUN_TIMEOUT_MS).unref());
  const code = await Promise.race([over, late]);
  return { lines, code };
}
