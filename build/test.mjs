// `npm test`: sets everything up and runs every test; one argument picks a part:
// static, engine, unit, integration, editor or desktop.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

/** A check that is one test: it passes or it fails. */
async function check(name, command, args) {
  const { code } = await run(command, args, { quiet: true });
  say(`${name}: ${code === 0 ? 'passed' : 'failed'}`);
  return { ...none, [code === 0 ? 'passed' : 'failed']: 1 };
}

async function staticChecks() {
  const bin = (/** @type {string} */ name, /** @type {string} */ path) =>
    join(root, 'node_modules', name, path);
  results['static checks'] = sum([
    await check('types', node, [bin('typescript', 'bin/tsc'), '--noEmit', '-p', '.']),
    await check('lint', node, [bin('eslint', 'bin/eslint.js'), '.', '--max-warnings', '0']),
    await check('format', node, [bin('prettier', 'bin/prettier.cjs'), '--check', '.']),
    await check('go vet', 'go', ['-C', 'engine', 'vet', './...']),
    await check('gofmt', 'sh', ['-c', 'test -z "$(gofmt -l engine)"']),
  ]);
}

/** @param {Record<string, string>} tools */
async function engineTests(tools) {
  const counter = createGoCounter();
  const env = { PLUMBLINE_HELM: tools['helm'], PLUMBLINE_KUSTOMIZE: tools['kustomize'] };
  await run('go', ['-C', 'engine', 'test', '-json', './...'], {
    env,
    onLine: (line) => {
      const text = counter.line(line);
      if (text !== undefined) process.stdout.write(`${text}\n`);
    },
  });
  results['engine'] = counter.counts();
}

/** @param {string} project @param {Record<string, string | undefined>} env */
async function vitestProject(project, env) {
  const report = join(reports, `${project}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run(node, [vitest, 'run', '--project', project, ...reporters], { env });
  const counts = vitestCounts(report);
  results[project] = code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
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

/** @param {string} vsix @param {string} labState */
async function editorTests(vsix, labState) {
  const { output } = await run(node, ['test/editor/run.mjs', '--vsix', vsix, '--lab', labState]);
  results['editor'] = closingCounts(output);
}

async function desktopTests() {
  const { code, output } = await run(node, ['test/editor/desktop.mjs'], {});
  results['desktop editor'] = code === 0 ? closingCounts(output) : { ...none, failed: 1 };
}

const needsTools = ['engine', 'integration', 'editor'].some((part) => wanted.has(part));
const needsLab = ['integration', 'editor'].some((part) => wanted.has(part));

/** Everything slow that is built once a machine, while the quick tests already run. */
async function prepareTools() {
  const { ensureTools } = await import('../test/lab/build.mjs');
  const oracles = await ensureTools(['helm', 'kustomize'], { log: say });
  const rest = (async () => {
    if (!needsLab) return;
    const { code } = await run(node, ['build/tools.mjs'], { quiet: true });
    if (code !== 0) throw new Error('a part of the lab did not build');
    if (!wanted.has('editor')) return;
    say('preparing the editor of the tests');
    const editor = await run(node, ['test/editor/install.mjs'], { quiet: true });
    if (editor.code !== 0) throw new Error('the editor of the tests did not install');
  })();
  // Awaited later; a failure before that must not count as unhandled.
  rest.catch(() => {});
  return { oracles, rest };
}

/** @param {string} enginePath */
async function labTests(enginePath) {
  const { packageTarget, hostTarget } = await import('./package.mjs');
  const vsix = await packageTarget(hostTarget(), { log: say });
  const lab = await startLab();
  const env = {
    PLUMBLINE_LAB_STATE: lab.stateFile,
    PLUMBLINE_ENGINE: enginePath,
    PLUMBLINE_VSIX: vsix,
  };
  try {
    if (wanted.has('integration')) await vitestProject('integration', env);
    if (wanted.has('editor')) await editorTests(vsix, lab.stateFile);
  } finally {
    await lab.stop();
  }
}

async function main() {
  await ensureDependencies();
  mkdirSync(reports, { recursive: true });
  if (needsLab) ensureSystemPackages(say);
  const { buildAll } = await import('./build.mjs');
  const enginePath = await buildAll({ log: say });
  const tools = needsTools ? await prepareTools() : undefined;
  if (wanted.has('static')) await staticChecks();
  if (wanted.has('unit')) await vitestProject('unit', { PLUMBLINE_ENGINE: enginePath });
  if (wanted.has('engine') && tools !== undefined) await engineTests(tools.oracles);
  await tools?.rest;
  if (needsLab) await labTests(enginePath);
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
