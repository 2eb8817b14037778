import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { appendFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cacheRoot, hasCode, isAlive } from './cache.mjs';

const REAPER = join(dirname(fileURLToPath(import.meta.url)), 'reaper.sh');
const STOP_GRACE_MS = 8_000;
const POLL_MS = 50;
const LOG_TAIL_CHARACTERS = 2_000;

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string} command
 * @property {readonly string[]} args
 * @property {Record<string, string>} [env]  added to a small base environment
 * @property {string} [cwd]
 */

/** In the environment of each part, so that a process id given to somebody else is never stopped. */
const MARKER = 'PLUMBLINE_LAB_PART';

/**
 * The processes of one lab. Each is the leader of its own process group; its id is in a file that a
 * watching shell (`reaper.sh`) works off when this process ends in any way, `SIGKILL` included.
 */
export class Processes {
  /** @type {Map<string, import('node:child_process').ChildProcess>} */
  #running = new Map();
  /** @type {Map<string, Part>} */
  #known = new Map();
  /** @type {Set<string>} */
  #expectedToEnd = new Set();
  #closed = false;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #reaper;

  /**
   * @param {object} options
   * @param {string} options.logDir
   * @param {(name: string, reason: string) => void} options.onCrash called for an end nobody asked for
   */
  constructor({ logDir, onCrash }) {
    this.logDir = logDir;
    this.onCrash = onCrash;
    this.pidFile = join(registryFolder(), `${process.pid}-${Date.now().toString(36)}.pids`);
  }

  /** Clears the remains of killed labs and starts the watching shell. */
  async open() {
    await mkdir(this.logDir, { recursive: true });
    await mkdir(registryFolder(), { recursive: true });
    await stopStaleLabs();
    await writeFile(this.pidFile, '');
    this.#reaper = spawn('sh', [REAPER, this.pidFile], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#reaper.stdin?.on('error', () => this.#reaper?.unref());
  }

  /** @param {Part} part */
  async start(part) {
    if (this.#closed) throw new Error(`the lab stops: ${part.name} is not started`);
    const log = createWriteStream(this.logFile(part.name), { flags: 'a' });
    const child = spawn(part.command, part.args, {
      cwd: part.cwd ?? this.logDir,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: this.logDir,
        TZ: 'UTC',
        [MARKER]: part.name,
        ...part.env,
      },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#known.set(part.name, part);
    this.#expectedToEnd.delete(part.name);
    this.#running.set(part.name, child);
    child.on('error', (error) => void this.#ended(part.name, child, error.message));
    child.on('close', () => log.end());
    child.on('exit', (code, signal) => {
      void this.#ended(part.name, child, `ended with ${signal ?? `code ${code}`}`);
    });
    if (child.pid !== undefined) await appendFile(this.pidFile, `${child.pid}\n`);
  }

  /** @param {string} name */
  logFile(name) {
    return join(this.logDir, `${name}.log`);
  }

  /** @param {string} name */
  async logTail(name) {
    const text = await readFile(this.logFile(name), 'utf8').catch(() => '');
    return text.slice(-LOG_TAIL_CHARACTERS);
  }

  /** @returns {Record<string, number>} process id of each running part */
  pids() {
    return Object.fromEntries([...this.#running].map(([name, child]) => [name, child.pid ?? 0]));
  }

  /** @param {string} name @param {NodeJS.Signals} [signal] the first signal; `SIGKILL` follows */
  async stop(name, signal = 'SIGTERM') {
    const child = this.#running.get(name);
    if (child === undefined) return;
    this.#expectedToEnd.add(name);
    await endGroup(child.pid ?? 0, signal);
    this.#running.delete(name);
  }

  /** Starts a part again as it was started before. @param {string} name */
  async restart(name) {
    const part = this.#known.get(name);
    if (part === undefined) throw new Error(`the lab has no part ${name}`);
    await this.stop(name);
    await this.start(part);
  }

  /** Stops every part in the reverse order of their start, groups of independent ones at once. */
  async close() {
    this.#closed = true;
    const names = [...this.#running.keys()].reverse();
    for (const name of names) this.#expectedToEnd.add(name);
    const storage = names.filter((name) => name === 'etcd');
    await Promise.all(names.filter((name) => name !== 'etcd').map((name) => this.stop(name)));
    await Promise.all(storage.map((name) => this.stop(name, 'SIGKILL')));
    await rm(this.pidFile, { force: true });
    this.#reaper?.stdin?.end();
    this.#reaper?.unref();
  }

  /**
   * @param {string} name @param {import('node:child_process').ChildProcess} child
   * @param {string} reason
   */
  async #ended(name, child, reason) {
    if (this.#running.get(name) !== child || this.#expectedToEnd.has(name)) return;
    this.#running.delete(name);
    this.onCrash(name, `${reason}\n${await this.logTail(name)}`);
  }
}

/** Stops what a lab left behind whose own process and watching shell were both killed. */
export async function stopStaleLabs() {
  const files = await readdir(registryFolder()).catch(() => []);
  for (const file of files.filter((name) => name.endsWith('.pids'))) {
    if (isAlive(Number.parseInt(file, 10))) continue;
    const path = join(registryFolder(), file);
    const groups = (await readFile(path, 'utf8')).split('\n').filter(Boolean).map(Number);
    const ours = await Promise.all(groups.map(isLabProcess));
    await Promise.all(groups.filter((_, index) => ours[index]).map((pid) => endGroup(pid)));
    await rm(path, { force: true });
  }
}

function registryFolder() {
  return join(cacheRoot(), 'lab', 'running');
}

/** @param {number} pid */
async function isLabProcess(pid) {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.includes(`${MARKER}=`);
}

/** @param {number} group @param {NodeJS.Signals} [signal] */
async function endGroup(group, signal = 'SIGTERM') {
  if (group <= 0) return;
  signalGroup(group, signal);
  const deadline = Date.now() + STOP_GRACE_MS;
  while (isAlive(group)) {
    if (Date.now() > deadline) signalGroup(group, 'SIGKILL');
    await sleep(POLL_MS);
  }
  signalGroup(group, 'SIGKILL');
}

/** @param {number} group @param {NodeJS.Signals} signal */
function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}
