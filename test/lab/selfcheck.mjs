/**
 * Starts the whole lab, checks each thing it promises, stops it and looks for what is left:
 * `node test/lab/selfcheck.mjs`. Prints one line a check and the times and memory measured.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './cache.mjs';
import { checkBuild } from './checks/build.mjs';
import { checkEnds } from './checks/ends.mjs';
import { checkClusters, checkUsers } from './checks/clusters.mjs';
import { checkArgoCd, checkFlux, checkGitea } from './checks/controllers.mjs';
import { checkDrift } from './checks/drift.mjs';
import { checkFaultProxy } from './checks/faultProxy.mjs';
import { checkRestart } from './checks/restart.mjs';
import { startLab } from './lab.mjs';

const print = (/** @type {string} */ line) => process.stdout.write(`${line}\n`);
/** @type {string[]} */
const failures = [];

/** @param {string} name @param {() => Promise<void>} check */
async function step(name, check) {
  const started = Date.now();
  try {
    await check();
    print(`ok    ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failures.push(name);
    print(`FAIL  ${name}: ${error instanceof Error ? error.message : error}`);
  }
}

const dir = await mkdtemp(join(tmpdir(), 'plumbline-selfcheck-'));
const started = Date.now();
const lab = await startLab({
  dir,
  log: print,
  onStage: ({ stage }) => {
    print(`${stage} after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  },
  onCrash: (name, reason) => {
    failures.push(name);
    print(`FAIL  ${name} ${reason}`);
  },
});
const { description } = lab;
print(`resident memory of all parts: ${await residentMegabytes(description.pids)} MB`);
try {
  await step('clusters run what they are given', () => checkClusters(description));
  await step('users may do what they should', () => checkUsers(description));
  await step('Gitea holds the sample', () => checkGitea(description));
  await step('Argo CD has delivered', () => checkArgoCd(description));
  await step('Flux has delivered', () => checkFlux(description));
  await step('drift is there, by whom', () => checkDrift(description));
  await step('the fault proxy breaks what it is told', () => checkFaultProxy(description));
  await step('parts can be killed and restarted', () => checkRestart(lab));
} finally {
  const pids = Object.values(lab.description.pids);
  const closing = Date.now();
  await lab.close();
  print(`closed in ${((Date.now() - closing) / 1000).toFixed(1)} s`);
  await step('nothing is left behind', async () => assert.deepEqual(pids.filter(isAlive), []));
  await rm(dir, { recursive: true, force: true });
}
await step('tools are built once', checkBuild);
await step('no way to end the command leaves anything', checkEnds);
print(failures.length === 0 ? 'all checks passed' : `failed: ${failures.join(', ')}`);
process.exitCode = failures.length === 0 ? 0 : 1;

/** @param {Record<string, number>} pids */
async function residentMegabytes(pids) {
  let kilobytes = 0;
  for (const pid of Object.values(pids)) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    kilobytes += Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  }
  return Math.round(kilobytes / 1024);
}
