/**
 * Installs the editor of the tests (code-server with the Node it needs, and axe-core) into the cache,
 * keyed by this folder's package.json and lock, so that a fresh clone does not build it again:
 * `node test/editor/install.mjs`. Prints the paths as JSON.
 */
import { spawn } from 'node:child_process';
import { access, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { argv, env, execPath, stderr, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { cacheRoot, contentKey, withLock } from '../lab/cache.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const MANIFESTS = ['package.json', 'package-lock.json', '.npmrc'];
const BACKGROUND = constants.priority.PRIORITY_BELOW_NORMAL;

/**
 * @typedef {{ node: string, server: string, cli: string, axe: string }} Editor
 * `node` runs `server` (VS Code's own server) and `cli` (code-server, which installs extensions and
 * serves them to a person); `axe` is the accessibility checker's script.
 */

/**
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<Editor>}
 */
export async function ensureEditor({ log = () => {} } = {}) {
  const manifests = await Promise.all(MANIFESTS.map((name) => readFile(join(here, name))));
  const target = join(
    cacheRoot(),
    'editor',
    contentKey(process.platform, process.arch, ...manifests),
  );
  await mkdir(dirname(target), { recursive: true });
  await withLock(target, async () => {
    if (await exists(join(target, '.complete'))) return;
    log('installing the editor of the tests (code-server, about two minutes)');
    await install(target, log);
  });
  return pathsOf(target);
}

/** @param {string} target @returns {Editor} */
function pathsOf(target) {
  const modules = join(target, 'node_modules');
  return {
    node: join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node'),
    server: join(modules, 'code-server', 'lib', 'vscode', 'out', 'server-main.js'),
    cli: join(modules, 'code-server', 'out', 'node', 'entry.js'),
    axe: join(modules, 'axe-core', 'axe.min.js'),
  };
}

/** @param {string} target @param {(line: string) => void} log */
async function install(target, log) {
  const work = `${target}.part`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work);
  for (const name of MANIFESTS) await copyFile(join(here, name), join(work, name));

  await npm(work, ['ci', '--ignore-scripts'], {}, log);
  await npm(work, ['rebuild', 'node', '--foreground-scripts'], {}, log);
  // Native parts are compiled by, and for, the Node that will run the server.
  const node = pathsOf(work).node;
  const headers = join(work, 'node_modules', 'node', 'node_modules', `node-${platformName()}`);
  const building = {
    PATH: `${dirname(node)}${delimiter}${env.PATH ?? ''}`,
    npm_config_nodedir: headers,
  };
  await npm(work, ['rebuild', 'code-server', '--foreground-scripts'], building, log);
  await rm(target, { recursive: true, force: true });
  await rename(work, target);
  await writeFile(join(target, '.complete'), '');
}

function platformName() {
  return `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
}

/** Under `npm start` npm hands down which Node runs it, and code-server's install believes that. */
const HANDED_DOWN = new Set(['npm_config_user_agent', 'npm_node_execpath', 'NODE']);

function ownEnvironment() {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !HANDED_DOWN.has(name)));
}

/**
 * @param {string} cwd @param {string[]} args
 * @param {Record<string, string>} extra @param {(line: string) => void} log
 */
function npm(cwd, args, extra, log) {
  // npm of the Node that runs this script: its own PATH entry comes last where `extra` sets one.
  const child = spawn('npm', args, {
    cwd,
    env: { ...ownEnvironment(), ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) setPriority(child.pid, BACKGROUND);
  const tail = [];
  const keep = (chunk) => {
    tail.push(String(chunk));
    if (tail.length > 40) tail.shift();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) return resolve(undefined);
      log(tail.join(''));
      reject(
        new Error(`npm ${args.join(' ')} ended with code ${code} while installing the editor`),
      );
    });
  });
}

/** @param {string} path */
async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const editor = await ensureEditor({ log: (line) => stderr.write(`${line}\n`) });
  stdout.write(`${JSON.stringify({ ...editor, ranBy: execPath }, null, 2)}\n`);
}
