// The lab of a test run: its programs, its start and its end.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node, root, run, say } from './steps.mjs';

const POLL_MS = 500;

/** @typedef {{ stateFile: string, stop: () => Promise<void> }} Lab */

/** The oracles of the tests, built once a machine. @returns {Promise<Record<string, string>>} */
export async function prepareOracles() {
  const { ensureTools } = await import('../test/lab/build.mjs');
  const oracles = ['helm', 'helm3', 'kustomize', 'argocd-applicationset', 'registry', 'flux-diff'];
  return ensureTools(oracles, { log: say });
}

/** Everything else of the lab that is slow and built once a machine. */
export async function prepareLab() {
  const { code } = await run(node, ['build/tools.mjs'], { quiet: true });
  if (code !== 0) throw new Error('a part of the lab did not build');
}

/** Starts the lab; `stop` ends it and all its processes. @returns {Promise<Lab>} */
export async function startLab() {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-test-'));
  const stateFile = join(folder, 'lab.json');
  say('starting the lab: two API servers, Argo CD, Flux, Gitea');
  const args = ['test/lab/lab.mjs', '--state', stateFile, '--dir', join(folder, 'lab')];
  const lab = spawn(node, args, { cwd: root, stdio: ['pipe', 'inherit', 'inherit'] });
  const ended = new Promise((resolve) => lab.on('exit', resolve));
  const state = { over: false };
  void ended.then(() => (state.over = true));
  while (stageOf(stateFile) !== 'seeded' && !state.over) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
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

/** Where the tests find the real tools. @param {Record<string, string | undefined>} tools */
export function oracleVariables(tools) {
  return {
    PLUMBLINE_HELM: tools['helm'],
    PLUMBLINE_HELM3: tools['helm3'],
    PLUMBLINE_KUSTOMIZE: tools['kustomize'],
    PLUMBLINE_APPLICATIONSET: tools['argocd-applicationset'],
    PLUMBLINE_REGISTRY: tools['registry'],
    PLUMBLINE_FLUXDIFF: tools['flux-diff'],
  };
}
