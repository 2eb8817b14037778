/**
 * The host tests in a desktop VS Code, the oldest supported and the newest, on machines that can
 * download one: `node test/editor/desktop.mjs`. Skipped, and said so, where the download is impossible.
 */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { createSample } from '../lab/sample.mjs';
import { buildHostTests } from './hostTests.mjs';
import { QUIET_SETTINGS, writeSettings } from './editor.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const log = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);

async function main() {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const versions = [manifest.engines.vscode.replace('^', ''), 'stable'];
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const version of versions) counts[await runIn(version)] += 1;
  log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0;
}

/** @param {string} version @returns {Promise<'passed' | 'failed' | 'skipped'>} */
async function runIn(version) {
  const executable = await download(version);
  if (executable === undefined) return 'skipped';
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-desktop-'));
  try {
    const { dir } = await createSample({ dir: join(folder, 'sample') });
    const tests = await buildHostTests(join(folder, 'tests'));
    for (const part of ['package.json', 'package.nls.json', 'dist', 'media', 'syntaxes']) {
      await cp(join(root, part), join(folder, 'extension', part), { recursive: true });
    }
    await writeSettings(join(folder, 'data'), QUIET_SETTINGS);
    const code = await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: join(folder, 'extension'),
      extensionTestsPath: tests,
      extensionTestsEnv: { KUBECONFIG: join(folder, 'no-kubeconfig') },
      launchArgs: [dir, '--user-data-dir', join(folder, 'data'), '--disable-workspace-trust'],
    });
    log(`VS Code ${version}: ${code === 0 ? 'passed' : 'failed'}`);
    return code === 0 ? 'passed' : 'failed';
  } catch (error) {
    log(`VS Code ${version}: ${error instanceof Error ? error.message : String(error)}`);
    return 'failed';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string} version @returns {Promise<string | undefined>} */
async function download(version) {
  try {
    return await downloadAndUnzipVSCode({ version, timeout: 20_000 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log(`VS Code ${version}: skipped, it cannot be downloaded here (${reason})`);
    return undefined;
  }
}

process.exitCode = (await main()) ? 0 : 1;
