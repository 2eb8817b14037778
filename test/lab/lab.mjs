import { fstatSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { ensureAssets, ensureTools } from './build.mjs';
import { claimFolder, writeAtomically } from './cache.mjs';
import { NAMESPACE_OF_NAMESPACED_USER, TOOLS_OF_CLUSTERS, startClusters } from './clusters.mjs';
import { writeKubeconfig } from './kubeconfig.mjs';
import { Processes } from './processes.mjs';

/** @typedef {'core' | 'argocd' | 'flux' | 'gitea'} PartName */
/** @typedef {'starting' | 'clusters' | 'controllers' | 'seeded'} Stage */

/**
 * What a test or the demo needs to know; the state file holds exactly this.
 *
 * @typedef {object} Description
 * @property {string} dir
 * @property {Stage} stage  the last one that is complete
 * @property {Record<string, import('./kubeconfig.mjs').Cluster>} clusters
 * @property {string} kubeconfig
 * @property {string} kubeconfigViewer
 * @property {string} kubeconfigNamespaced
 * @property {string} namespacedNamespace  the namespace that the `namespaced` user may read
 * @property {Record<string, string>} tools
 * @property {import('./gitea.mjs').Gitea} [gitea]
 * @property {{ url: string, token?: string, username: string, password: string }} [argocd]
 * @property {string} [sampleDir]
 * @property {Record<string, number>} pids
 */

/**
 * @typedef {object} Options
 * @property {string} dir  made when absent, emptied when an earlier lab made it
 * @property {readonly PartName[]} [parts]  all by default; `core` is always there
 * @property {string} [sampleDir]  where the sample repository is made (`<dir>/sample` by default)
 * @property {boolean} [keepSample]  use the sample that is in `sampleDir` already, edits and all
 * @property {Record<string, number>} [ports]  of `production`, `staging` and `gitea`, where a
 *   sample made before the lab names them already; free ones by default
 * @property {(line: string) => void} [log]
 * @property {(description: Description) => Promise<void> | void} [onStage]
 * @property {(name: string, reason: string) => void} [onCrash]  a part ended by itself (while the
 *   lab starts, that also fails the start)
 * @property {AbortSignal} [signal]
 */

/** @type {readonly PartName[]} */
const ALL_PARTS = ['core', 'gitea', 'argocd', 'flux'];
const CLUSTER_NAMES = ['production', 'staging'];

/** A running lab. `close` stops every process; nothing else does, short of this process's end. */
export class Lab {
  /** @type {Description} */
  description;
  #options;
  #processes;

  /** @param {Options} options @param {Processes} processes */
  constructor(options, processes) {
    const { dir } = options;
    this.#options = options;
    this.#processes = processes;
    this.description = {
      dir,
      stage: 'starting',
      clusters: {},
      kubeconfig: join(dir, 'kubeconfig'),
      kubeconfigViewer: join(dir, 'kubeconfig-viewer'),
      kubeconfigNamespaced: join(dir, 'kubeconfig-namespaced'),
      namespacedNamespace: NAMESPACE_OF_NAMESPACED_USER,
      tools: {},
      pids: {},
    };
  }

  /** @param {Stage} stage @param {Partial<Description>} [news] */
  async reached(stage, news = {}) {
    this.description = { ...this.description, ...news, stage, pids: this.#processes.pids() };
    await this.#options.onStage?.(this.description);
  }

  /** @param {string} part a key of `description.pids`; ends it the hard way */
  async kill(part) {
    await this.#processes.stop(part, 'SIGKILL');
  }

  /** @param {string} part a key of `description.pids` */
  async restart(part) {
    await this.#processes.restart(part);
    this.description = { ...this.description, pids: this.#processes.pids() };
  }

  async close() {
    await this.#processes.close();
  }
}

/**
 * Starts the asked parts and, with Gitea, the sample repository applied by the controllers.
 *
 * @param {Options} options @returns {Promise<Lab>} when the last stage is reached
 */
export async function startLab(options) {
  const dir = resolve(options.dir);
  await claimFolder(dir);
  const crash = new AbortController();
  const onCrash = (/** @type {string} */ name, /** @type {string} */ reason) => {
    crash.abort(new Error(`${name} ${reason}`));
    options.onCrash?.(name, reason);
  };
  const processes = new Processes({ logDir: join(dir, 'logs'), onCrash });
  await processes.open();
  const lab = new Lab({ ...options, dir }, processes);
  const signal = AbortSignal.any([crash.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    await startStages(lab, { ...options, dir, signal }, processes);
    return lab;
  } catch (error) {
    await lab.close();
    throw signal.aborted ? signal.reason : error;
  }
}

/** @param {Lab} lab @param {Options} options @param {Processes} processes */
async function startStages(lab, options, processes) {
  const { dir, log, signal } = options;
  const parts = new Set(options.parts ?? ALL_PARTS);
  const tools = await ensureTools(TOOLS_OF_CLUSTERS, { log, signal });
  const assets = await ensureAssets(['kwok'], { log, signal });
  const { ports } = options;
  const context = { dir, tools, assets, processes, log, signal, ports };
  const clusters = await startClusters(context, CLUSTER_NAMES);
  await writeKubeconfigs(lab.description, clusters);
  const byName = Object.fromEntries(clusters.map((cluster) => [cluster.name, cluster]));
  await lab.reached('clusters', { clusters: byName, tools });
  if (parts.size > 1 || !parts.has('core')) {
    const { startControllers } = await import('./controllers.mjs');
    const { sampleDir, keepSample } = options;
    await startControllers(lab, { ...context, parts, sampleDir, keepSample });
  }
}

/** @param {Description} description @param {import('./kubeconfig.mjs').Cluster[]} clusters */
async function writeKubeconfigs(description, clusters) {
  await writeKubeconfig(description.kubeconfig, clusters, { user: 'admin' });
  await writeKubeconfig(description.kubeconfigViewer, clusters, {
    user: 'viewer',
    suffix: '-viewer',
  });
  await writeKubeconfig(description.kubeconfigNamespaced, clusters, {
    user: 'namespaced',
    suffix: '-namespaced',
    namespace: NAMESPACE_OF_NAMESPACED_USER,
  });
}

/** The command: runs until it is told to stop, its standard input closes, or a part crashes. */
async function main() {
  const { values } = parseArgs({
    options: {
      state: { type: 'string' },
      parts: { type: 'string' },
      dir: { type: 'string' },
      sample: { type: 'string' },
      ports: { type: 'string' },
      'keep-sample': { type: 'boolean' },
    },
  });
  const stateFile = values.state;
  if (stateFile === undefined)
    throw new Error(
      'usage: lab.mjs --state FILE [--parts core,argocd,flux,gitea] [--sample DIR] [--dir DIR]',
    );
  const dir = values.dir ?? (await mkdtemp(join(tmpdir(), 'plumbline-lab-')));
  const stopping = new AbortController();
  const stopped = untilToldToStop(stopping);
  const log = (/** @type {string} */ line) => process.stderr.write(`lab: ${line}\n`);
  const starting = startLab({
    dir,
    parts: /** @type {PartName[] | undefined} */ (values.parts?.split(',')),
    sampleDir: values.sample,
    keepSample: values['keep-sample'],
    ports: values.ports === undefined ? undefined : JSON.parse(values.ports),
    log,
    signal: stopping.signal,
    onStage: (description) => {
      log(`${description.stage} ready`);
      return writeAtomically(stateFile, `${JSON.stringify(description, null, 2)}\n`);
    },
    onCrash: (name, reason) => {
      log(`${name} ${reason}`);
      process.exitCode = 1;
      stopping.abort();
    },
  });
  const lab = await starting.catch((error) => {
    if (stopping.signal.aborted) return undefined;
    log(`failed: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
    stopping.abort();
    return undefined;
  });
  await stopped;
  await lab?.close();
  await rm(stateFile, { force: true });
  if (values.dir === undefined) await rm(dir, { recursive: true, force: true });
  process.exit();
}

/** @param {AbortController} stopping @returns {Promise<void>} */
function untilToldToStop(stopping) {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => stopping.abort());
  // Only a pipe says something about its other end; /dev/null would end the lab at once.
  const input = fstatSync(0);
  if (input.isFIFO() || input.isSocket()) {
    process.stdin.on('end', () => stopping.abort()).on('error', () => stopping.abort());
    process.stdin.resume();
  }
  return new Promise((done) => stopping.signal.addEventListener('abort', () => done()));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
