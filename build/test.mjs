// `npm test`: sets everything up and runs every test; arguments pick parts of it:
// static, engine, unit, integration, editor, desktop. What does not compete runs side by side.
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { oracleVariables, prepareLab, prepareOracles, startLab } from './labRun.mjs';
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

/** A part that was asked for, and how long it took. @param {string} part @param {string} name */
async function timed(part, name, /** @type {() => Promise<void>} */ work) {
  if (!wanted.has(part)) return;
  const startedMs = Date.now();
  await work();
  say(`${name}: ${Math.round((Date.now() - startedMs) / 1000)} s`);
}

/** A check is one test: it passes or it fails. */
async function staticChecks() {
  const { startChecks } = await import('./checks.mjs');
  const ofGo = { 'go vet': 'go -C engine vet ./...', gofmt: 'test -z "$(gofmt -l engine)"' };
  const checks = [
    ...startChecks(),
    ...Object.entries(ofGo).map(([name, line]) => ({
      name,
      passed: run('sh', ['-c', line], { quiet: true }).then(({ code }) => code === 0),
    })),
  ];
  const told = checks.map(async ({ name, passed }) => {
    const ok = await passed;
    say(`${name}: ${ok ? 'passed' : 'failed'}`);
    return ok ? { ...none, passed: 1 } : { ...none, failed: 1, failures: [name] };
  });
  add('static checks', sum(await Promise.all(told)));
}

/** Compiled like the engine itself, which every clone then shares, and checked by `go vet` before. */
const goTest = [
  'test',
  '-json',
  '-timeout=60m',
  '-trimpath',
  '-vet=off',
  '-ldflags=-s -w',
  './...',
];

/** @param {Record<string, string>} tools */
async function engineTests(tools) {
  const counter = createGoCounter();
  const env = { ...oracleVariables(tools), CGO_ENABLED: '0' };
  await run('go', ['-C', 'engine', ...goTest], {
    env,
    yields: true,
    onLine: (line) => {
      const text = counter.line(line);
      if (text !== undefined) process.stdout.write(`${text}\n`);
    },
  });
  add('engine', counter.counts());
}

/**
 * @param {string} project @param {Record<string, string | undefined>} env
 * @param {{ lane?: string, files?: readonly string[], yields?: boolean }} [options] all files of the
 *   project by default
 */
async function vitestProject(project, env, { lane = project, files = [], yields = true } = {}) {
  const report = join(reports, `${lane}.json`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [vitest, 'run', '--project', project, ...reporters, ...files];
  const { code } = await run(node, args, { env, lane, yields });
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

/** Ends with the editor tests that were begun last: four editors at once are slower than two and two. */
const editors = { turn: Promise.resolve() };

/** @param {string} vsix @param {readonly string[]} parts @param {string} [labState] */
function editorTests(vsix, parts, labState) {
  const mine = editors.turn.then(() => runEditors(vsix, parts, labState));
  // What failed is told to who asked for it; the next ones have their turn all the same.
  editors.turn = mine.catch(() => undefined);
  return mine;
}

/** @param {string} vsix @param {readonly string[]} parts @param {string} [labState] */
async function runEditors(vsix, parts, labState) {
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

async function prepareEditor() {
  const editor = await run(node, ['test/editor/install.mjs'], { quiet: true });
  if (editor.code !== 0) throw new Error('the editor of the tests did not install');
}

async function desktopTests() {
  const { code, output } = await run(node, ['test/editor/desktop.mjs'], {});
  add('desktop editor', code === 0 ? closingCounts(output) : { ...none, failed: 1 });
}

const needsLab = ['integration', 'editor'].some((part) => wanted.has(part));

/** @typedef {{ enginePath: string, vsix: string }} Built */

/**
 * What computes and needs no lab. The editor comes while the lab's tests wait for controllers.
 *
 * @param {Built} built
 * @param {{ oracles: Promise<Record<string, string>>, editorReady: Promise<void> }} prepared
 */
async function quickTests({ enginePath, vsix }, { oracles, editorReady }) {
  const env = { PLUMBLINE_ENGINE: enginePath, PLUMBLINE_VSIX: vsix };
  await timed('static', 'static checks', staticChecks);
  await timed('unit', 'unit tests', () => vitestProject('unit', env));
  await timed('editor', 'the editor without the lab', async () => {
    await editorReady;
    await editorTests(vsix, ['host', 'alone']);
  });
  await timed('integration', 'integration without the lab', async () => {
    const all = { ...env, ...oracleVariables(await oracles) };
    await vitestProject('integration', all, { lane: 'no lab', files: integrationFiles().alone });
  });
}

/**
 * The integration tests, then the screens, when nothing else writes to the clusters.
 *
 * @param {Built} built
 * @param {{ lab: Promise<import('./labRun.mjs').Lab | undefined>,
 *   oracles: Promise<Record<string, string>>, editorReady: Promise<void> }} prepared
 */
async function labTests({ enginePath, vsix }, { lab, oracles, editorReady }) {
  const started = await lab;
  if (started === undefined) return;
  const { stateFile } = started;
  await timed('integration', 'integration with the lab', async () => {
    const env = {
      ...oracleVariables(await oracles),
      PLUMBLINE_LAB_STATE: stateFile,
      PLUMBLINE_ENGINE: enginePath,
      PLUMBLINE_VSIX: vsix,
    };
    const files = integrationFiles().onLab;
    await vitestProject('integration', env, { lane: 'integration', files, yields: false });
  });
  await timed('editor', 'the editor with the lab', async () => {
    await editorReady;
    await editorTests(vsix, ['lab'], stateFile);
  });
}

/** Waits for all, also when one fails: nothing may run on behind the summary. */
async function allOf(/** @type {readonly Promise<unknown>[]} */ lanes) {
  const ended = await Promise.allSettled(lanes);
  const failure = ended.find(({ status }) => status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Starts what needs no npm packages, beside their installation. One thing is built at a time. */
function startPreparing() {
  const needsOracles = ['engine', 'integration'].some((part) => wanted.has(part));
  const oracles = needsOracles ? prepareOracles() : Promise.resolve({});
  const tools = needsLab ? oracles.then(prepareLab) : Promise.resolve();
  const lab = needsLab ? tools.then(startLab) : Promise.resolve(undefined);
  const editorReady = wanted.has('editor') ? tools.then(prepareEditor) : Promise.resolve();
  // All are awaited later; a failure before that must not count as unhandled.
  for (const one of [oracles, lab, editorReady]) one.catch(() => {});
  return { oracles, lab, editorReady };
}

async function build() {
  await ensureDependencies();
  const { buildAll } = await import('./build.mjs');
  const { packageTarget, hostTarget } = await import('./package.mjs');
  const enginePath = await buildAll({ log: say });
  const vsix = needsLab ? await packageTarget(hostTarget(), { log: say }) : '';
  return { enginePath, vsix };
}

async function main() {
  mkdirSync(reports, { recursive: true });
  if (needsLab) ensureSystemPackages(say);
  const prepared = startPreparing();
  try {
    const built = await build();
    // The engine's tests yield to all others, and have the cores while those wait.
    const engine = timed('engine', 'engine', async () => engineTests(await prepared.oracles));
    await allOf([quickTests(built, prepared), labTests(built, prepared), engine]);
  } finally {
    const lab = await prepared.lab.catch(() => undefined);
    await lab?.stop();
  }
  if (wanted.has('desktop')) await desktopTests();
}

/** What failed is said last, where it is read first. */
function report() {
  for (const failure of sum(Object.values(results)).failures) {
    process.stdout.write(`✗ ${failure}\n\n`);
  }
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
