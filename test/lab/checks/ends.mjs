import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive } from '../cache.mjs';
import { waitFor } from '../net.mjs';

const LAB = join(dirname(fileURLToPath(import.meta.url)), '..', 'lab.mjs');

/** Each way the command can end, the last one without a chance to clean up. */
/** @type {Record<string, (child: import('node:child_process').ChildProcess) => void>} */
const WAYS = {
  'standard input closes': (child) => child.stdin?.end(),
  SIGTERM: (child) => child.kill('SIGTERM'),
  SIGKILL: (child) => child.kill('SIGKILL'),
};

export async function checkEnds() {
  for (const [way, end] of Object.entries(WAYS)) await checkEnd(way, end);
}

/** @param {string} way @param {(child: import('node:child_process').ChildProcess) => void} end */
async function checkEnd(way, end) {
  const dir = await mkdtemp(join(tmpdir(), 'plumbline-ends-'));
  const state = join(dir, 'state.json');
  const args = [LAB, '--state', state, '--parts', 'core', '--dir', join(dir, 'lab')];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    const description = await waitFor(`the lab that ends by ${way}`, async () =>
      JSON.parse(await readFile(state, 'utf8')),
    );
    const pids = Object.values(description.pids);
    assert.equal(pids.length, 9);
    assert.ok(pids.every(isAlive));
    end(child);
    await waitFor(`the end of all parts after ${way}`, async () => !pids.some(isAlive), {
      timeoutMs: 20_000,
    });
  } finally {
    child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  }
}
