import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOCK_POLL_MS = 300;

/** Folder for everything that is built or downloaded once and used by every clone. */
export function cacheRoot(env = process.env) {
  if (env.PLUMBLINE_CACHE) return env.PLUMBLINE_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'plumbline');
}

/** @param {...(string | Buffer)} inputs @returns 16 hex digits over the inputs and their lengths */
export function contentKey(...inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) {
    const bytes = Buffer.from(input);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * Empties a folder that an earlier run made, or makes it. Refuses any other folder with something in
 * it: the name may be a slip of the hand.
 *
 * @param {string} folder
 * @param {string} [mark]  path below the folder of the file that says who made it
 */
export async function claimFolder(folder, mark = '.plumbline-lab') {
  const names = await readdir(folder).catch((error) => {
    ignoreMissing(error);
    return [];
  });
  const file = join(folder, mark);
  if (names.length > 0 && !existsSync(file)) {
    throw new Error(`${folder} is not empty, and not from an earlier run: name another folder`);
  }
  await rm(folder, { recursive: true, force: true });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, '');
}

/**
 * Whether the process runs. One that has ended but was not collected by its parent does not: below
 * an init process that collects nothing (many containers) it would stay for ever.
 *
 * @param {number} pid
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
  return !isZombie(pid);
}

/** @param {number} pid */
function isZombie(pid) {
  try {
    return /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return false;
    throw error;
  }
}

/** @param {string} file @param {string} text */
export async function writeAtomically(file, text) {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}

/**
 * Runs `work` while no other process runs it for the same folder. The lock is a directory (its
 * creation is atomic everywhere) that names its owner, so that a killed owner blocks nobody.
 *
 * @template T
 * @param {string} target @param {() => Promise<T>} work @returns {Promise<T>}
 */
export async function withLock(target, work) {
  const lock = `${target}.lock`;
  while (!(await tryLock(lock))) await sleep(LOCK_POLL_MS);
  try {
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** @param {string} lock */
async function tryLock(lock) {
  try {
    await mkdir(lock);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    await breakStaleLock(lock);
    return false;
  }
  await writeFile(join(lock, 'owner'), String(process.pid));
  return true;
}

/** @param {string} lock */
async function breakStaleLock(lock) {
  const owner = await readFile(join(lock, 'owner'), 'utf8').catch(() => '');
  if (owner === '' || isAlive(Number(owner))) return;
  // Renamed first, so that only one of several waiting processes removes it.
  const grave = `${lock}.${process.pid}.stale`;
  await rename(lock, grave).catch(ignoreMissing);
  await rm(grave, { recursive: true, force: true });
}

/** @param {unknown} error */
function ignoreMissing(error) {
  if (!hasCode(error, 'ENOENT')) throw error;
}

/** @param {unknown} error @param {...string} codes @returns whether it is one of the system's errors */
export function hasCode(error, ...codes) {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
