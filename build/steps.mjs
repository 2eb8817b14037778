// Running the steps of a build, a test run or the demo as child processes.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const started = Date.now();
const LANE_WIDTH = 12;
const YIELDING_PRIORITY = 12;

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
 * @property {string} [lane] named before each line, where steps run beside each other
 * @property {boolean} [yields] leaves the processor to steps beside it that wait for answers in time
 */

/** Cuts a stream into whole lines. @param {(line: string) => void} tell */
function lineSplitter(tell) {
  let rest = '';
  return {
    /** @param {Buffer} chunk */
    take(chunk) {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(tell);
    },
    end() {
      if (rest !== '') tell(rest);
    },
  };
}

/** What to do with one output stream of a step. @param {NodeJS.WriteStream} to @param {StepOptions} options */
function sinkFor(to, { quiet, lane }) {
  if (quiet) return { take() {}, end() {} };
  if (lane === undefined)
    return { take: (/** @type {Buffer} */ chunk) => void to.write(chunk), end() {} };
  return lineSplitter((line) => void to.write(`${lane.padEnd(LANE_WIDTH)}│ ${line}\n`));
}

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
    if (options.yields && child.pid !== undefined) setPriority(child.pid, YIELDING_PRIORITY);
    const chunks = [];
    const sinks = [
      options.onLine ? lineSplitter(options.onLine) : sinkFor(process.stdout, options),
      sinkFor(process.stderr, options),
    ];
    [child.stdout, child.stderr].forEach((stream, index) =>
      stream.on('data', (chunk) => {
        chunks.push(chunk);
        sinks[index]?.take(chunk);
      }),
    );
    child.on('error', reject);
    child.on('close', (code) => {
      for (const sink of sinks) sink.end();
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
