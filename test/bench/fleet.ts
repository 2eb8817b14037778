import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type * as composition from '../../src/compose';
import type { Settings } from '../../src/model/config';
import type { RenderedObject } from '../../src/model/render';
import type { Workbench } from '../../src/model/workbench';
import { startProfile, watchBlocks } from './blocks';
import type { Block, NamedBlock } from './blocks';
import { fleet, writeFiles } from './inputs';
import type { Figures } from './measure';
import { figuresOf, residentMb, timeMs } from './measure';

/** What a process of its own, Node with the built core and nothing else, says of one fleet. */
export interface FleetFigures {
  readonly apps: number;
  readonly objects: number;
  /** From opening the folder to every app rendered, validated and compared with its target. */
  readonly firstIndexMs: number;
  /** One app's values file saved until everything that reads it has its new result. */
  readonly saveOneApp: Figures;
  /** An overlay that one app alone reads saved until its new result is there. */
  readonly saveOverlay: Figures;
  /** The shared chart's values saved until all its apps have their new result. */
  readonly saveSharedChart: Figures;
  /** All objects validated once more by a new thread, app after app. */
  readonly validateAllMs: number;
  /** Resident memory after all that, without what Node itself takes. */
  readonly hostMb: number;
  readonly emptyNodeMb: number;
  /** Live data of the host's heap. */
  readonly heapMb: number;
  readonly enginesMb: number;
  /** The longest stretch in which the event loop did not turn, and what of it was work of ours. */
  readonly longestBlock: Pick<Block, 'wallMs' | 'ownMs' | 'during'>;
  readonly blocks: readonly NamedBlock[];
}

const settings: Settings = {
  contexts: {},
  assignments: {},
  kubeconfigs: [],
  protectedClusters: [],
  maxEngines: 2,
  renderTimeoutMs: 60_000,
  renderMemoryLimitBytes: 2 * 1024 * 1024 * 1024,
  fetchAllowed: false,
};

const KUBECONFIG = `apiVersion: v1
kind: Config
contexts: [{name: bench, context: {cluster: bench, user: bench}}]
clusters: [{name: bench, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: bench, user: {token: none}}]
`;

function git(root: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@acme.example'];
  execFileSync('git', [...identity, ...args], { cwd: root, stdio: 'ignore' });
}

/** A committed fleet whose `origin/main` is its HEAD, as after a fresh clone. */
function createFleet(apps: number): string {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-fleet-'));
  writeFiles(root, fleet(apps));
  git(root, 'init', '-q', '-b', 'main');
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '-m', 'fleet');
  git(root, 'remote', 'add', 'origin', 'https://git.acme.example/acme/bench.git');
  git(root, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
  git(root, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
  mkdirSync(join(root, '.git/plumbline-empty'));
  writeFileSync(join(root, '.git/kubeconfig'), KUBECONFIG);
  return root;
}

interface Options {
  readonly core: string;
  readonly engine: string;
  readonly apps: number;
  readonly saves: number;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function openWorkbench(
  { compose }: typeof composition,
  { core, engine }: Options,
  root: string,
): Workbench {
  return compose({
    enginePath: engine,
    schemasPath: join(dirname(core), 'schemas'),
    emptyFolder: join(root, '.git/plumbline-empty'),
    settings: { ...settings, kubeconfigs: [join(root, '.git/kubeconfig')] },
    environment: {},
    trusted: true,
    user: 'bench',
    log: silent,
    allowExec: () => false,
  });
}

function objectsOf(workbench: Workbench): readonly (readonly RenderedObject[])[] {
  return workbench
    .state()
    .apps.flatMap(({ working }) => (working.kind === 'rendered' ? [working.desired.objects] : []));
}

/** Between two saves the editor is idle, as a user's is. */
const REST_MS = 20;

async function saves(
  workbench: Workbench,
  file: string,
  count: number,
  edit: (text: string, run: number) => string,
): Promise<Figures> {
  const original = readFileSync(file, 'utf8');
  const samples: number[] = [];
  for (let run = 0; run < count; run += 1) {
    writeFileSync(file, edit(original, run));
    samples.push(
      await timeMs(async () => {
        workbench.filesChanged([{ path: file, kind: 'changed' }]);
        await workbench.whenIdle();
      }),
    );
    await delay(REST_MS);
  }
  return figuresOf(samples);
}

async function validateAll(
  { composeValidator }: typeof composition,
  { core }: Options,
  apps: readonly (readonly RenderedObject[])[],
): Promise<number> {
  const { signal } = new AbortController();
  const validator = composeValidator({ schemasPath: join(dirname(core), 'schemas'), log: silent });
  try {
    return await timeMs(async () => {
      for (const objects of apps) await validator.validate({ objects }, signal);
    });
  } finally {
    validator.dispose();
  }
}

async function measure(options: Options): Promise<FleetFigures> {
  const root = createFleet(options.apps);
  const emptyNodeMb = residentMb().hostMb;
  const profile = await startProfile();
  const blocks = watchBlocks();
  blocks.during('loading the core');
  await delay(REST_MS);
  // In the turns in which the extension loads them.
  const load = createRequire(options.core);
  load(join(dirname(options.core), 'vendor/yaml.js'));
  await delay(REST_MS);
  const built = load(options.core) as typeof composition;
  await delay(REST_MS);
  blocks.during('first index');
  const workbench = openWorkbench(built, options, root);
  const raise = (text: string, run: number): string =>
    text.replace(/(replicas|count): \d+/, `$1: ${7 + run}`);
  try {
    const firstIndexMs = await timeMs(async () => {
      workbench.setFolders([root]);
      await workbench.whenIdle();
    });
    const rendered = objectsOf(workbench);
    if (rendered.length < options.apps) throw new Error(`only ${rendered.length} apps rendered`);
    blocks.during('a save');
    const values = join(root, 'charts/shared/values-0.yaml');
    const saveOneApp = await saves(workbench, values, options.saves, raise);
    const overlay = join(root, 'overlays/app-1/kustomization.yaml');
    const saveOverlay = await saves(workbench, overlay, options.saves, raise);
    blocks.during('a save of the shared chart');
    const shared = join(root, 'charts/shared/values.yaml');
    const saveSharedChart = await saves(workbench, shared, 5, (text, run) =>
      text.replace(/tag: "[^"]*"/, `tag: "2.0.${run}"`),
    );
    const found = blocks.stop();
    const { hostMb, childrenMb } = residentMb();
    const [longest] = found;
    return {
      apps: options.apps,
      objects: rendered.flat().length,
      firstIndexMs: Math.round(firstIndexMs),
      saveOneApp,
      saveOverlay,
      saveSharedChart,
      hostMb: hostMb - emptyNodeMb,
      emptyNodeMb,
      heapMb: Math.round(process.memoryUsage().heapUsed / 1024 ** 2),
      enginesMb: childrenMb,
      longestBlock: {
        wallMs: Math.round(longest?.wallMs ?? 0),
        ownMs: Math.round(longest?.ownMs ?? 0),
        during: longest?.during ?? '',
      },
      blocks: await profile.name(found),
      validateAllMs: Math.round(await validateAll(built, options, rendered)),
    };
  } finally {
    workbench.dispose();
    rmSync(root, { recursive: true, force: true });
  }
}

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { core: text, engine: text, apps: text, saves: text } });
const startedMs = performance.now();
measure({
  core: values.core ?? '',
  engine: values.engine ?? '',
  apps: Number(values.apps),
  saves: Number(values.saves),
}).then(
  (figures) => {
    process.stderr.write(`${Math.round((performance.now() - startedMs) / 1000)} s\n`);
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    process.exitCode = 0;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    process.exitCode = 1;
  },
);
