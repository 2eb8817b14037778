// `npm test`: sets everything up and runs every test; arguments pick parts of it:
// static, engine, unit, integration, editor, desktop. What does not compete runs side by side.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closingCounts, createGoCounter, none, sum, vitestCounts } from './results.mjs';
import { ensureDependencies, node, root, run, say } from './steps.mjs';
import { ensureSystemPackages } from './system.mjs';

const parts = ['static', 'engine', 'unit', 'integration', 'editor', 'desktop'];
const asked = process.argv.slice(2).filter((argument) => parts.includes(argument));
const wanted = new Set(asked.length > 0 ? asked : parts);

/** @type {Record<string, import('./results.mjs').Counts>} */
const results = {};
const reports = join(root, 'test-results');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

/** @param {string} name @param {import('./results.mjs').Counts} counts */
function add(name, counts) {
  results[name] = sum([results[name] ?? none, counts]);
}

/** A check that is one test: it passes or it fails. */
async function check(name, command, args) {
  const { code } = await run(command, args, { quiet: true });
  say(`${name}: ${code === 0 ? 'passed' : 'failed'}`);
  return { ...none, [code === 0 ? 'passed' : 'failed']: 1 };
}

async function staticChecks() {
  const bin = (/** @type {string} */ name, /** @type {string} */ path) =>
    join(root, 'node_modules', name, path);
  const checks = [
    check('types', node, [bin('typescript', 'bin/tsc'), '--noEmit', '-p', '.']),
    check('lint', node, [bin('eslint', 'bin/eslint.js'), '.', '--max-warnings', '0']),
    check('format', node, [bin('prettier', 'bin/prettier.cjs'), '--check', '.']),
    check('go vet', 'go', ['-C', 'engine', 'vet', './...']),
    check('gofmt', 'sh', ['-c', 'test -z "$(gofmt -l engine)"']),
  ];
  add('static checks', sum(await Promise.all(checks)));
}

/** Where the tests find the real tools. @param {Record<string, string | undefined>} tools */
function oracleVariables(tools) {
  return {
    PLUMBLINE_HELM: tools['helm'],
    PLUMBLINE_HELM3: tools['helm3'],
    PLUMBLINE_KUSTOMIZE: tools['kustomize'],
    PLUMBLINE_APPLICATIONSET: tools['argocd-applicationset'],
    PLUMBLINE_REGISTRY: tools['registry'],
  };
}

/** @param {Record<string, string>} tools */
async function engineTests(tools) {
  const counter = createGoCounter();
  const env = oracleVariables(tools);
  await run('go', ['-C', 'engine', 'test', '-json', './...'], {
    env,
    onLine: (line) => {
      const text = counter.line(line);
      if (text !== undefined) process.stdout.write(`${text}\n`);
    },
  });
  add('engine', counter.counts());
}

/**
 * @param {string} project @param {Record<string, string | undefined>} env
 * @param {{ lane?: string, files?: readonly string[] }} [options] all files of the project by default
 */
async function vitestProject(project, env, { lane = project, files = [] } = {}) {
  const report = join(reports, `${lane}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [vitest, 'run', '--project', project, ...reporters, ...files];
  const { code } = await run(node, args, { env, lane });
  const counts = vitestCounts(report);
  add(project, code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts);
}

/** The files of the integration tests, by whether they, or what they import, ask for the lab. */
function integrationFiles() {
  const folder = join(root, 'test/integration');
  const read = (/** @type {string} */ name) => readFileSync(join(folder, name), 'utf8');
  const asksForLab = (/** @type {string} */ name) => {
    const text = read(name);
    const imported = [...text.matchAll(/from '\.\/(\w+)'/g)].map(([, found]) =>
      read(`${found}.ts`),
    );
    return [text, ...imported].some((one) => one.includes('PLUMBLINE_LAB_STATE'));
  };
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  const path = (/** @type {string} */ name) => `test/integration/${name}`;
  return {
    onLab: files.filter(asksForLab).map(path),
    alone: files.filter((name) => !asksForLab(name)).map(path),
  };
}

/** Starts the lab; `stop` ends it and all its processes. */
async function startLab() {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-test-'));
  const stateFile = join(folder, 'lab.json');
  say('starting the lab: two API servers, Argo CD, Flux, Gitea');
  const args = ['test/lab/lab.mjs', '--state', stateFile, '--dir', join(folder, 'lab')];
  const lab = spawn(node, args, { cwd: root, stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = new Promise((resolve) => lab.on('exit', resolve));
  const state = { over: false };
  void ended.then(() => (state.over = true));
  while (stageOf(stateFile) !== 'seeded' && !state.over) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const stop = async () => {
    lab.stdin.end();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  if (state.over) throw new Error('the lab did not start');
  say('the lab is ready');
  return { stateFile, stop };
}

/** @param {string} file */
function stageOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).stage : undefined;
}

/** @param {string} vsix @param {readonly string[]} parts @param {string} [labState] */
async function editorTests(vsix, parts, labState) {
  const args = [
    'test/editor/run.mjs',
    '--vsix',
    vsix,
    ...parts.flatMap((part) => ['--part', part]),
  ];
  if (labState !== undefined) args.push('--lab', labState);
  const { output } = await run(node, args, { lane: 'editor' });
  add('editor', closingCounts(output));
}

async function desktopTests() {
  const { code, output } = await run(node, ['test/editor/desktop.mjs'], {});
  add('desktop editor', code === 0 ? closingCounts(output) : { ...none, failed: 1 });
}

const needsLab = ['integration', 'editor'].some((part) => wanted.has(part));

/** The oracles of the engine's tests, built once a machine. */
async function prepareOracles() {
  const { ensureTools } = await import('../test/lab/build.mjs');
  return ensureTools(['helm', 'helm3', 'kustomize', 'argocd-applicationset', 'registry'], {
    log: say,
  });
}

/** Everything else that is slow and built once a machine, while the quick tests already run. */
async function prepareLab() {
  const { code } = await run(node, ['build/tools.mjs'], { quiet: true });
  if (code !== 0) throw new Error('a part of the lab did not build');
  if (!wanted.has('editor')) return;
  say('preparing the editor of the tests');
  const editor = await run(node, ['test/editor/install.mjs'], { quiet: true });
  if (editor.code !== 0) throw new Error('the editor of the tests did not install');
}

/** @typedef {{ enginePath: string, vsix?: string }} Built */

/**
 * What needs no lab, one after the other.
 *
 * @param {Built} built @param {Promise<Record<string, string>>} oracles
 */
async function quickTests({ enginePath, vsix }, oracles) {
  const env = { PLUMBLINE_ENGINE: enginePath, PLUMBLINE_VSIX: vsix };
  if (wanted.has('static')) await staticChecks();
  if (wanted.has('unit')) await vitestProject('unit', env);
  if (wanted.has('integration')) {
    const all = { ...env, ...oracleVariables(await oracles) };
    await vitestProject('integration', all, { lane: 'no lab', files: integrationFiles().alone });
  }
  if (wanted.has('engine')) await engineTests(await oracles);
}

/**
 * What needs the lab: the integration tests, and beside them, when the quick tests leave room, the
 * editor's that need none; then the screens, when nothing else writes to the clusters.
 *
 * @param {Built} built @param {{ quick: Promise<void>, tools: Record<string, string> }} beside
 */
async function labTests({ enginePath, vsix = '' }, { quick, tools }) {
  const lab = await startLab();
  const env = {
    ...oracleVariables(tools),
    PLUMBLINE_LAB_STATE: lab.stateFile,
    PLUMBLINE_ENGINE: enginePath,
    PLUMBLINE_VSIX: vsix,
  };
  const integration = async () => {
    if (!wanted.has('integration')) return;
    await vitestProject('integration', env, {
      lane: 'integration',
      files: integrationFiles().onLab,
    });
  };
  const editorAlone = async () => {
    await quick;
    if (wanted.has('editor')) await editorTests(vsix, ['host', 'alone']);
  };
  try {
    await allOf([integration(), editorAlone()]);
    if (wanted.has('editor')) await editorTests(vsix, ['lab'], lab.stateFile);
  } finally {
    await lab.stop();
  }
}

/** Waits for all, also when one fails: nothing may run on behind the summary. */
async function allOf(/** @type {readonly Promise<unknown>[]} */ lanes) {
  const ended = await Promise.allSettled(lanes);
  const failure = ended.find(({ status }) => status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

async function main() {
  await ensureDependencies();
  mkdirSync(reports, { recursive: true });
  if (needsLab) ensureSystemPackages(say);
  const { buildAll } = await import('./build.mjs');
  const { packageTarget, hostTarget } = await import('./package.mjs');
  const enginePath = await buildAll({ log: say });
  const vsix = needsLab ? await packageTarget(hostTarget(), { log: say }) : undefined;
  const needsOracles = ['engine', 'integration'].some((part) => wanted.has(part));
  const oracles = needsOracles ? prepareOracles() : Promise.resolve({});
  // Both are awaited later; a failure before that must not count as unhandled.
  oracles.catch(() => {});
  const quick = quickTests({ enginePath, vsix }, oracles);
  quick.catch(() => {});
  const lab = async () => {
    if (!needsLab) return;
    // One build at a time, and the oracles' first: the quick tests wait for them.
    const tools = await oracles;
    await prepareLab();
    await labTests({ enginePath, vsix }, { quick, tools });
  };
  await allOf([quick, lab()]);
  if (wanted.has('desktop')) await desktopTests();
}

function report() {
  for (const [name, { passed, failed, skipped }] of Object.entries(results)) {
    process.stdout.write(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
  const { passed, failed, skipped } = sum(Object.values(results));
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed === 0 && passed > 0;
}

try {
  await main();
} catch (error) {
  say(`stopped: ${error instanceof Error ? error.message : String(error)}`);
  results['set-up'] = { ...none, failed: 1 };
}
process.exit(report() ? 0 : 1);
