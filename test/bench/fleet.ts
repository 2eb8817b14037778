import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type * as composition from '../../src/compose';
import type { Settings } from '../../src/model/config';
import type { RenderedObject } from '../../src/model/render';
import type { Workbench } from '../../src/model/workbench';
import { formOf } from '../../src/model/withheld';
import { startProfile, watchBlocks } from './blocks';
import type { Block, Blocks, NamedBlock } from './blocks';
import { fleet, overlayOf, sharedChart, valuesOf } from './fleetInputs';
import { writeFiles } from './inputs';
import type { Figures } from './measure';
import { figuresOf, residentMb, timeMs } from './measure';

/** What a process of its own, Node with the built core and nothing else, says of one fleet. */
export interface FleetFigures extends IndexFigures {
  /** One app's values file saved until everything that reads it has its new result. */
  readonly saveOneApp: Figures;
  /** An overlay that one app alone reads saved until its new result is there. */
  readonly saveOverlay: Figures;
  /** A shared chart's values saved until all its apps have their new result. */
  readonly saveSharedChart: Figures;
  readonly sharedBy: number;
  /** All objects validated once more by a new thread, app after app. */
  readonly validateAllMs: number;
}

/** One opening of the folder: anew, or by a second process from what the first one kept. */
export interface IndexFigures {
  readonly apps: number;
  readonly objects: number;
  /** From opening the folder to every app rendered, validated and compared with its target. */
  readonly indexMs: number;
  /** Resident memory at the end, without what Node itself takes. */
  readonly hostMb: number;
  readonly emptyNodeMb: number;
  /** Live data of the host's heap. */
  readonly heapMb: number;
  readonly enginesMb: number;
  /** The longest stretch in which the event loop did not turn, and what of it was work of ours. */
  readonly longestBlock: Pick<Block, 'wallMs' | 'ownMs' | 'during'>;
  readonly blocks: readonly NamedBlock[];
}

/** The active file saved while most other apps wait for their first render. */
export interface InterruptFigures {
  /** Until its app has its new result. */
  readonly saveWhileIndexingMs: number;
  /** Apps that were rendered at the save and at the result. */
  readonly before: number;
  readonly after: number;
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
function createFleet({ root, apps, objectsPerApp, secrets }: Options): void {
  writeFiles(root, fleet({ apps, objectsPerApp, secrets }));
  git(root, 'init', '-q', '-b', 'main');
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '-m', 'fleet');
  git(root, 'remote', 'add', 'origin', 'https://git.acme.example/acme/bench.git');
  git(root, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
  git(root, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
  mkdirSync(join(root, '.git/plumbline-empty'));
  writeFileSync(join(root, '.git/kubeconfig'), KUBECONFIG);
}

interface Options {
  readonly core: string;
  readonly engine: string;
  readonly root: string;
  /** Nothing is kept where it is empty. */
  readonly renders: string;
  readonly apps: number;
  readonly objectsPerApp: number;
  readonly saves: number;
  /** Each app has a Secret. */
  readonly secrets: boolean;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function openWorkbench(
  { compose }: typeof composition,
  { core, engine, root, renders }: Options,
): Workbench {
  return compose({
    enginePath: engine,
    schemasPath: join(dirname(core), 'schemas'),
    emptyFolder: join(root, '.git/plumbline-empty'),
    ...(renders === '' ? {} : { rendersFolder: renders }),
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
    .apps.flatMap(({ working }) =>
      working.kind === 'rendered' ? [formOf(working.desired.objects)] : [],
    );
}

/** Between two saves the editor is idle, as a user's is. */
const REST_MS = 20;

interface SaveRequest {
  readonly file: string;
  readonly count: number;
  readonly edit: (text: string, run: number) => string;
}

async function saves(workbench: Workbench, { file, count, edit }: SaveRequest): Promise<Figures> {
  const original = readFileSync(file, 'utf8');
  const samples: number[] = [];
  const save = async (text: string): Promise<number> => {
    writeFileSync(file, text);
    return await timeMs(async () => {
      workbench.filesChanged([{ path: file, kind: 'changed' }]);
      await workbench.whenIdle();
    });
  };
  for (let run = 0; run < count; run += 1) {
    samples.push(await save(edit(original, run)));
    await delay(REST_MS);
  }
  await save(original);
  return figuresOf(samples);
}

/** Kept apart from what was rendered before: no replicas of the fleet are as many. */
const raise = (text: string, run: number): string =>
  text.replace(/(replicas|count): \d+/, `$1: ${70 + run}`);

/** The last app of all is the one that the user looks at, and saves while the others are made. */
async function interrupted(
  workbench: Workbench,
  { root, apps }: Options,
): Promise<InterruptFigures> {
  const app = apps - 2;
  const file = join(root, valuesOf(app));
  const original = readFileSync(file, 'utf8');
  const count = (): number => objectsOf(workbench).length;
  workbench.setFolders([root]);
  while (count() < apps / 50) await delay(1);
  workbench.setActiveFile(file);
  try {
    writeFileSync(file, raise(original, 0));
    const before = count();
    const saveWhileIndexingMs = await timeMs(async () => {
      workbench.filesChanged([{ path: file, kind: 'changed' }]);
      while (!replicasOf(workbench, `helm-${app}`).includes(70)) await delay(1);
    });
    return { saveWhileIndexingMs: Math.round(saveWhileIndexingMs), before, after: count() };
  } finally {
    writeFileSync(file, original);
  }
}

function replicasOf(workbench: Workbench, name: string): readonly unknown[] {
  const state = workbench.state().apps.find(({ app }) => app.name === name);
  if (state?.working.kind !== 'rendered') return [];
  return formOf(state.working.desired.objects).map(
    ({ object }) => (object['spec'] as { readonly replicas?: number } | undefined)?.replicas,
  );
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

/** What every extension host has loaded long before any extension. */
const OF_THE_HOST = ['crypto', 'https', 'readline', 'stream', 'timers/promises', 'worker_threads'];

const CORE_PARTS = ['vendor/yaml', 'coreRepository', 'coreComparison', 'coreAdapters', 'coreLooks'];

/** In the turns in which the extension loads it. */
async function loadCore(options: Options, blocks: Blocks): Promise<typeof composition> {
  const load = createRequire(options.core);
  for (const name of OF_THE_HOST) load(`node:${name}`);
  await delay(REST_MS);
  blocks.during('loading the core');
  await delay(REST_MS);
  for (const bundle of CORE_PARTS) {
    load(join(dirname(options.core), `${bundle}.js`));
    await delay(REST_MS);
  }
  const built = load(options.core) as typeof composition;
  await delay(REST_MS);
  return built;
}

type Saves = Pick<FleetFigures, 'saveOneApp' | 'saveOverlay' | 'saveSharedChart' | 'sharedBy'>;

async function measureSaves(
  workbench: Workbench,
  { root, apps, saves: count }: Options,
  blocks: Blocks,
): Promise<Saves> {
  blocks.during('a save');
  const saveOneApp = await saves(workbench, { file: join(root, valuesOf(0)), count, edit: raise });
  const saveOverlay = await saves(workbench, {
    file: join(root, overlayOf(1)),
    count,
    edit: raise,
  });
  blocks.during('a save of a shared chart');
  const saveSharedChart = await saves(workbench, {
    file: join(root, sharedChart(0), 'values.yaml'),
    count: 5,
    edit: (text, run) => text.replace(/tag: "[^"]*"/, `tag: "2.0.${run}"`),
  });
  const sharing = Array.from({ length: apps / 2 }, (_, i) => sharedChart(2 * i));
  const sharedBy = sharing.filter((chart) => chart === sharedChart(0)).length;
  return { saveOneApp, saveOverlay, saveSharedChart, sharedBy };
}

type Mode = 'index' | 'reopen' | 'interrupt';

const PHASES: Readonly<Record<Mode, string>> = {
  index: 'first index',
  reopen: 'reopening',
  interrupt: 'an index with a save',
};

async function measure(
  mode: Mode,
  options: Options,
): Promise<FleetFigures | IndexFigures | InterruptFigures> {
  if (mode === 'index') createFleet(options);
  const emptyNodeMb = residentMb().hostMb;
  const profile = await startProfile();
  const blocks = watchBlocks();
  const built = await loadCore(options, blocks);
  blocks.during(PHASES[mode]);
  const workbench = openWorkbench(built, options);
  try {
    if (mode === 'interrupt') return await interrupted(workbench, options);
    const index = await indexed(workbench, options);
    const saved = mode === 'index' ? await measureSaves(workbench, options, blocks) : undefined;
    const found = blocks.stop();
    const figures = { ...index, ...stateOf(found, emptyNodeMb), blocks: await profile.name(found) };
    if (saved === undefined) return figures;
    const validateAllMs = Math.round(await validateAll(built, options, objectsOf(workbench)));
    return { ...figures, ...saved, validateAllMs };
  } finally {
    blocks.stop();
    workbench.dispose();
  }
}

async function indexed(
  workbench: Workbench,
  { root, apps }: Options,
): Promise<Pick<IndexFigures, 'apps' | 'objects' | 'indexMs'>> {
  const indexMs = await timeMs(async () => {
    workbench.setFolders([root]);
    await workbench.whenIdle();
  });
  const rendered = objectsOf(workbench);
  if (rendered.length < apps) throw new Error(`only ${rendered.length} apps rendered`);
  return { apps, objects: rendered.flat().length, indexMs: Math.round(indexMs) };
}

function stateOf(
  found: readonly Block[],
  emptyNodeMb: number,
): Omit<IndexFigures, 'apps' | 'objects' | 'indexMs' | 'blocks'> {
  const { hostMb, childrenMb } = residentMb();
  const [longest] = found;
  return {
    hostMb: hostMb - emptyNodeMb,
    emptyNodeMb,
    heapMb: Math.round(process.memoryUsage().heapUsed / 1024 ** 2),
    enginesMb: childrenMb,
    longestBlock: {
      wallMs: Math.round(longest?.wallMs ?? 0),
      ownMs: Math.round(longest?.ownMs ?? 0),
      during: longest?.during ?? '',
    },
  };
}

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    mode: text,
    core: text,
    engine: text,
    root: text,
    renders: text,
    apps: text,
    objects: text,
    saves: text,
    secrets: { type: 'boolean' },
  },
});
measure((values.mode ?? 'index') as Mode, {
  core: values.core ?? '',
  engine: values.engine ?? '',
  root: values.root ?? '',
  renders: values.renders ?? '',
  apps: Number(values.apps),
  objectsPerApp: Number(values.objects),
  saves: Number(values.saves),
  secrets: values.secrets ?? false,
}).then(
  // The process ends by itself once all renders are on disk.
  (figures) => process.stdout.write(`${JSON.stringify(figures)}\n`),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    process.exitCode = 1;
  },
);
