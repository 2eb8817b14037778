import { execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheRoot, contentKey, hasCode, withLock } from './cache.mjs';
import { ASSETS, TOOLS } from './parts.mjs';

const run = promisify(execFile);
const PARTS_DIR = join(dirname(fileURLToPath(import.meta.url)), 'parts');
const BUILD_PRIORITY = 10;

/** @typedef {{ log?: (line: string) => void, signal?: AbortSignal }} BuildOptions */

/**
 * Builds what is not in the cache yet, one tool at a time, in the order asked for.
 *
 * @param {readonly string[]} names keys of `TOOLS`
 * @param {BuildOptions} [options]
 * @returns {Promise<Record<string, string>>} absolute path of each binary
 */
export async function ensureTools(names, options = {}) {
  const go = await goEnvironment();
  /** @type {Record<string, string>} */
  const paths = {};
  for (const name of names) paths[name] = await ensureTool(name, go, options);
  return paths;
}

/**
 * Copies files that the running lab needs out of the Go modules.
 *
 * @param {readonly string[]} names keys of `ASSETS`
 * @param {BuildOptions} [options]
 * @returns {Promise<Record<string, string>>} absolute folder of each
 */
export async function ensureAssets(names, options = {}) {
  const go = await goEnvironment();
  /** @type {Record<string, string>} */
  const folders = {};
  for (const name of names) folders[name] = await ensureAsset(name, go, options);
  return folders;
}

/** @typedef {{ version: string, os: string, arch: string }} GoEnvironment */

/** @returns {Promise<GoEnvironment>} */
async function goEnvironment() {
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION', 'GOHOSTOS', 'GOHOSTARCH']);
    const [version = '', os = '', arch = ''] = stdout.trim().split('\n');
    return { version, os, arch };
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new Error('Go 1.26 or newer is needed to build the lab: install it and put `go` on PATH');
  }
}

/** @param {string} name @param {GoEnvironment} go @param {BuildOptions} options */
async function ensureTool(name, go, options) {
  const tool = TOOLS[name];
  if (tool === undefined) throw new Error(`unknown lab tool ${name}`);
  const args = goBuildArguments(tool);
  const key = await partKey(tool.part, go, ...args, tool.cgo ? 'cgo' : '');
  const folder = join(cacheRoot(), 'lab', 'tools', `${name}-${key}`);
  const binary = join(folder, name);
  await publishOnce(folder, async (temporary) => {
    const started = Date.now();
    options.log?.(`building ${name} …`);
    await goBuild(tool, [...args, '-o', join(temporary, name), tool.package], options);
    await chmod(join(temporary, name), 0o755);
    options.log?.(`built ${name} in ${seconds(started)} s`);
  });
  return binary;
}

/** @param {string} name @param {GoEnvironment} go @param {BuildOptions} options */
async function ensureAsset(name, go, options) {
  const asset = ASSETS[name];
  if (asset === undefined) throw new Error(`unknown lab files ${name}`);
  const key = await partKey(asset.part, go, JSON.stringify(asset));
  const folder = join(cacheRoot(), 'lab', 'assets', `${name}-${key}`);
  await publishOnce(folder, async (temporary) => {
    const source = await moduleFolder(asset.part, asset.module);
    for (const [to, from] of Object.entries(asset.copy)) {
      await cp(join(source, from), join(temporary, to), { recursive: true });
    }
    await makeWritable(temporary);
    options.log?.(`copied files of ${asset.module}`);
  });
  return folder;
}

/** @param {import('./parts.mjs').Tool} tool */
function goBuildArguments(tool) {
  const args = ['build', '-mod=readonly', '-trimpath', '-buildvcs=false'];
  args.push('-ldflags', `-s -w ${tool.ldflags ?? ''}`.trim());
  if (tool.tags) args.push('-tags', tool.tags);
  return args;
}

/** @param {string} part @param {GoEnvironment} go @param {...string} more */
async function partKey(part, go, ...more) {
  const folder = join(PARTS_DIR, part);
  const own = (await readdir(folder)).filter((name) => name.endsWith('.go')).sort();
  const files = ['go.mod', 'go.sum', ...own].map((name) => readFile(join(folder, name)));
  return contentKey(...(await Promise.all(files)), go.version, go.os, go.arch, ...more);
}

/**
 * Fills `folder` exactly once, whichever process comes first: the content appears by one rename.
 *
 * @param {string} folder @param {(temporary: string) => Promise<void>} fill
 */
async function publishOnce(folder, fill) {
  if (await exists(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  await withLock(folder, async () => {
    if (await exists(folder)) return;
    const temporary = `${folder}.${process.pid}.tmp`;
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    try {
      await fill(temporary);
      await rename(temporary, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  });
}

/** @param {import('./parts.mjs').Tool} tool @param {string[]} args @param {BuildOptions} options */
function goBuild(tool, args, { signal }) {
  const env = { ...process.env, GOFLAGS: '', CGO_ENABLED: tool.cgo ? '1' : '0' };
  return new Promise((resolve, reject) => {
    const cwd = join(PARTS_DIR, tool.part);
    const child = spawn('go', args, { cwd, env, signal, stdio: ['ignore', 'ignore', 'pipe'] });
    if (child.pid !== undefined) setPriority(child.pid, BUILD_PRIORITY);
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-8000)));
    child.on('error', reject);
    child.on('exit', (code, ended) => {
      if (code === 0) resolve(undefined);
      else reject(new Error(`building ${tool.package} failed (${code ?? ended}):\n${stderr}`));
    });
  });
}

/** @param {string} part @param {string} module */
async function moduleFolder(part, module) {
  const cwd = join(PARTS_DIR, part);
  const env = { ...process.env, GOFLAGS: '' };
  const { stdout } = await run('go', ['mod', 'download', '-json', module], { cwd, env });
  return JSON.parse(stdout).Dir;
}

/**
 * The module cache is read-only, and copies keep that: they could not be removed again.
 *
 * @param {string} folder
 */
async function makeWritable(folder) {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makeWritable(path);
    else await chmod(path, 0o644);
  }
}

/** @param {string} path */
async function exists(path) {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** @param {number} startedMs */
function seconds(startedMs) {
  return ((Date.now() - startedMs) / 1000).toFixed(1);
}
