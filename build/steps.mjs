// Running the steps of a build, a test run or the demo as child processes.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const started = Date.now();

/** @param {string} line */
export function say(line) {
  const seconds = Math.round((Date.now() - started) / 1000);
  process.stderr.write(`[${String(seconds).padStart(4)} s] ${line}\n`);
}

/**
 * @typedef {object} StepOptions
 * @property {string} [cwd]
 * @property {Record<string, string | undefined>} [env]
 * @property {boolean} [quiet] output is kept and shown only on failure
 * @property {(line: string) => void} [onLine] each line of standard output
 */

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {StepOptions} options
 * @returns {Promise<{code: number, output: string}>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks = [];
    let rest = '';
    child.stdout.on('data', (chunk) => {
      chunks.push(chunk);
      if (!options.quiet && !options.onLine) process.stdout.write(chunk);
      if (!options.onLine) return;
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(options.onLine);
    });
    child.stderr.on('data', (chunk) => {
      chunks.push(chunk);
      if (!options.quiet) process.stderr.write(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const output = Buffer.concat(chunks).toString('utf8');
      if (code !== 0 && options.quiet) process.stderr.write(output);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Node's own path for scripts, so that a step runs on the Node that runs this. */
export const node = process.execPath;

/** Installs the locked npm packages unless this checkout has exactly them. */
export async function ensureDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules/.plumbline-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('installing npm packages');
  const { code } = await run('npm', ['ci', '--no-audit', '--no-fund'], { quiet: true });
  if (code !== 0) throw new Error('npm ci failed');
  writeFileSync(stamp, lock);
}
