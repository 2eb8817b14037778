/**
 * The engine's binary for one platform: `node build/engine.mjs [--target linux-x64]`. A binary is kept
 * in the cache by what it is made of, so that it is built once for every clone.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cacheRoot } from '../test/lab/cache.mjs';
import { filesBelow } from './files.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, 'engine');

/** An alpine package carries the linux binary, which is linked statically and needs no libc. */
const systems = { linux: 'linux', alpine: 'linux', darwin: 'darwin', win32: 'windows' };
const architectures = { x64: 'amd64', arm64: 'arm64' };

/** The platform of this machine in the names of packages. */
export function hostTarget() {
  return `${process.platform}-${process.arch}`;
}

/**
 * @param {{target?: string, outDir?: string, log?: (line: string) => void}} [options]
 *   outDir: the folder of the binary, `dist/engine/<target>` unless given
 * @returns {Promise<string>} absolute path of the binary
 */
export async function buildEngine({ target = hostTarget(), outDir, log = console.log } = {}) {
  const [system, architecture] = target.split('-');
  const goos = systems[system];
  const goarch = architectures[architecture];
  if (goos === undefined || goarch === undefined) throw new Error(`unknown platform ${target}`);
  const name = goos === 'windows' ? 'plumbline-engine.exe' : 'plumbline-engine';
  const digest = digestOfSources(goos, goarch);
  const cached = join(cacheRoot(), 'engine', `${goos}-${goarch}-${digest}`, name);
  if (!existsSync(cached)) await compile({ goos, goarch, digest, cached, log });
  return install(cached, join(outDir ?? join(root, 'dist', 'engine', target), name), digest);
}

/** Tests and their data do not change the binary. */
function digestOfSources(goos, goarch) {
  const hash = createHash('sha256');
  const skipped = (entry) => entry === 'testdata' || entry.endsWith('_test.go');
  for (const file of filesBelow(sources, skipped)) {
    hash
      .update(`${relative(sources, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  hash.update(`${kustomizeVersion}\0${goVersion()}\0${productVersion()}\0${goos}\0${goarch}`);
  return hash.digest('hex').slice(0, 20);
}

function goVersion() {
  const asked = spawnSync('go', ['env', 'GOVERSION'], { cwd: sources, encoding: 'utf8' });
  if (asked.error !== undefined || asked.status !== 0) {
    throw new Error(
      'Go 1.26 or newer is needed to build the engine: install it and put `go` on PATH',
    );
  }
  return asked.stdout.trim();
}

function productVersion() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

/** What `buildMetadata: [managedByLabel]` writes: the release of Kustomize that its libraries are of. */
const kustomizeVersion = 'sigs.k8s.io/kustomize/api/provenance.version=kustomize/v5.8.1';

/** The version that `initialize` tells is part of the key of caches, so it names the sources too. */
async function compile({ goos, goarch, digest, cached, log }) {
  const started = Date.now();
  log(`building the engine for ${goos}/${goarch} …`);
  mkdirSync(dirname(cached), { recursive: true });
  const temporary = `${cached}.${process.pid}`;
  const flags = `-s -w -X main.version=${productVersion()}+${digest} -X ${kustomizeVersion}`;
  const args = ['build', '-trimpath', '-ldflags', flags, '-o', temporary, '.'];
  const env = { ...process.env, CGO_ENABLED: '0', GOOS: goos, GOARCH: goarch };
  const code = await new Promise((resolve, reject) => {
    const child = spawn('go', args, { cwd: sources, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`the engine could not be built for ${goos}/${goarch}`);
  renameSync(temporary, cached);
  log(`engine built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** A running engine keeps its file: the new one takes its place by a rename. */
function install(cached, binary, digest) {
  mkdirSync(dirname(binary), { recursive: true });
  if (sameBytes(cached, binary)) return binary;
  const temporary = `${binary}.${process.pid}.${digest}`;
  copyFileSync(cached, temporary);
  chmodSync(temporary, 0o755);
  renameSync(temporary, binary);
  return binary;
}

/** @param {string} a @param {string} b */
function sameBytes(a, b) {
  return existsSync(b) && readFileSync(a).equals(readFileSync(b));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const at = process.argv.indexOf('--target');
  console.log(await buildEngine(at > 0 ? { target: process.argv[at + 1] } : {}));
}
