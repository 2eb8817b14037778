import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TOOLS = fileURLToPath(new URL('../../../build/tools.mjs', import.meta.url));

/** Two processes that need the same tool at once build it once, and a third one not at all. */
export async function checkBuild() {
  const cache = await mkdtemp(join(tmpdir(), 'plumbline-cache-'));
  const env = { ...process.env, PLUMBLINE_CACHE: cache };
  const build = () => run(process.execPath, [TOOLS, 'kustomize'], { env });
  try {
    const both = await Promise.all([build(), build()]);
    const built = both.map(({ stderr }) => stderr).join('');
    assert.equal(built.match(/^built kustomize in [\d.]+ s$/gm)?.length, 1, built);
    const [first = '', second = ''] = both.map(({ stdout }) => JSON.parse(stdout).tools.kustomize);
    assert.equal(first, second);
    const { stdout } = await run(first, ['version']);
    assert.match(stdout, /v5\.8\.1/);
    assert.equal((await build()).stderr, '');
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}
