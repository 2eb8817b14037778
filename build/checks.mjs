/**
 * Types, lint and format, of what has changed: `node build/checks.mjs`. What passed once is known
 * again, in every clone, by all that decides the answer: the file, what it imports, however far, the
 * configuration and the locked packages.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { cacheRoot } from '../test/lab/cache.mjs';
import { filesBelow } from './files.mjs';
import { node, root, run } from './steps.mjs';

/** As many passed keys are remembered; the oldest go. */
const KEPT = 50_000;
const FILES_PER_RUN = 2_000;

const bin = (/** @type {string} */ name, /** @type {string} */ path) =>
  join(root, 'node_modules', name, path);

/** @param {...(string | Buffer)} parts */
function digest(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 32);
}

/** @param {string} check name of a list of keys in the cache */
function passedBefore(check) {
  const file = join(cacheRoot(), 'checks', check);
  const known = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []);
  const keys = new Set(known());
  return {
    has: (/** @type {string} */ key) => keys.has(key),
    /** @param {readonly string[]} passed */
    add(passed) {
      mkdirSync(dirname(file), { recursive: true });
      const all = [...new Set([...known(), ...passed])].slice(-KEPT);
      const temporary = `${file}.${process.pid}`;
      writeFileSync(temporary, all.join('\n'));
      renameSync(temporary, file);
    },
  };
}

const skippedFolders = new Set(['node_modules', '.git', 'dist', 'out', 'coverage', 'test-results']);
const skippedPaths = ['engine', 'test/fixtures', 'test/lab/parts', 'schemas', 'bench/results'];

function candidates() {
  const skipped = new Set(skippedPaths.map((path) => join(root, path)));
  return filesBelow(root, (name) => skippedFolders.has(name)).filter(
    (file) => ![...skipped].some((folder) => file.startsWith(`${folder}/`)),
  );
}

const importPattern = /(?:from|import|import\()\s*['"](\.[^'"]+)['"]/g;

/** Digest of each file together with all that it reaches by imports. @param {readonly string[]} files */
function reachDigests(files) {
  const contents = new Map(files.map((file) => [file, readFileSync(file)]));
  const own = new Map([...contents].map(([file, content]) => [file, digest(content)]));
  const edges = new Map([...contents].map(([file, text]) => [file, importsOf(file, text, own)]));
  return (/** @type {string} */ file) => {
    const reached = new Set([file]);
    for (const one of reached) for (const next of edges.get(one) ?? []) reached.add(next);
    return digest(...[...reached].map((one) => `${relative(root, one)} ${own.get(one)}`).sort());
  };
}

/** @param {string} file @param {Buffer} text @param {ReadonlyMap<string, unknown>} known */
function importsOf(file, text, known) {
  const named = [...text.toString('utf8').matchAll(importPattern)].map(([, path = '']) =>
    resolve(dirname(file), path),
  );
  // `./x.mjs` has its types in `x.d.mts`, which counts as well.
  return named.flatMap((path) =>
    [path, `${path}.ts`, `${path}/index.ts`, path.replace(/\.mjs$/, '.d.mts')].filter((one) =>
      known.has(one),
    ),
  );
}

const configuration = ['package-lock.json', 'tsconfig.json', 'eslint.config.mjs'];
const formatting = ['package-lock.json', '.prettierrc.json', '.prettierignore'];

/** @param {readonly string[]} paths */
const textsOf = (paths) => digest(...paths.map((path) => readFileSync(join(root, path))));

/**
 * Runs a check of single files over those that never passed as they are.
 *
 * @param {string} name
 * @param {readonly string[]} files
 * @param {{ keyOf: (file: string) => string, command: readonly string[] }} how
 * @returns {Promise<boolean>}
 */
async function checkFiles(name, files, { keyOf, command }) {
  const passed = passedBefore(name);
  const left = files.filter((file) => !passed.has(keyOf(file)));
  for (let at = 0; at < left.length; at += FILES_PER_RUN) {
    const some = left.slice(at, at + FILES_PER_RUN);
    const { code } = await run(node, [...command, ...some], { quiet: true });
    if (code !== 0) return false;
    passed.add(some.map(keyOf));
  }
  return true;
}

/** Types are of the whole program: one key. @param {readonly string[]} files */
async function checkTypes(files) {
  const sources = files.filter((file) => /\.(ts|mts|json)$/.test(file));
  const own = sources.map((file) => `${relative(root, file)} ${digest(readFileSync(file))}`);
  const key = digest(textsOf(configuration), ...own);
  const passed = passedBefore('types');
  if (passed.has(key)) return true;
  const tsc = [bin('typescript', 'bin/tsc'), '--noEmit', '-p', '.'];
  const { code } = await run(node, tsc, { quiet: true });
  if (code === 0) passed.add([key]);
  return code === 0;
}

/** @returns {readonly { name: string, passed: Promise<boolean> }[]} all of them under way */
export function startChecks() {
  const files = candidates();
  const configured = textsOf(configuration);
  const reach = reachDigests(files.filter((file) => /\.[cm]?[jt]s$/.test(file)));
  const linted = files.filter((file) => /\.(ts|[cm]?js)$/.test(file));
  const formatted = textsOf(formatting);
  const eslint = [bin('eslint', 'bin/eslint.js'), '--max-warnings', '0', '--no-warn-ignored'];
  const prettier = [bin('prettier', 'bin/prettier.cjs'), '--check', '--ignore-unknown'];
  return [
    { name: 'types', passed: checkTypes(files) },
    {
      name: 'lint',
      passed: checkFiles('lint', linted, {
        keyOf: (file) => digest(configured, reach(file)),
        command: eslint,
      }),
    },
    {
      name: 'format',
      passed: checkFiles('format', files, {
        keyOf: (file) => digest(formatted, relative(root, file), readFileSync(file)),
        command: prettier,
      }),
    },
  ];
}
