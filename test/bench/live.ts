import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type * as composition from '../../src/compose';
import type { LiveComparison } from '../../src/model/appState';
import type { CoreWorkbench } from '../../src/pipeline/workbench';
import { figuresOf, timeMs } from './measure';
import type { Figures } from './measure';

/** One app of many objects behind a slow network, by Plumbline and by `kubectl diff`. */
export interface LiveFigures {
  readonly objects: number;
  readonly roundTripMs: number;
  /** From nothing known of the cluster to the app compared. */
  readonly firstOpenMs: number;
  readonly equal: LiveRun;
  readonly dryRuns: LiveRun;
  /** As before, and nothing moved since: what the server said is remembered. */
  readonly remembered: LiveRun;
  readonly kubectl: readonly KubectlRun[];
  /** An app of many more. */
  readonly large: {
    readonly objects: number;
    readonly equal: LiveRun;
    /** Every tenth object has another text in Git. */
    readonly tenth: LiveRun;
  };
}

export interface LiveRun {
  readonly figures: Figures;
  readonly requests: number;
  readonly differing: number;
}

export interface KubectlRun {
  readonly command: string;
  readonly tookMs: number;
  /** Of what Plumbline takes when every object needs a dry run. */
  readonly ratio: number;
}

interface Options {
  readonly core: string;
  readonly engine: string;
  readonly kubectl: string;
  /** Straight to the API server, to set it up. */
  readonly kubeconfig: string;
  /** Through the slow proxy. */
  readonly slow: string;
  readonly context: string;
  readonly roundTripMs: number;
  readonly objects: number;
  readonly largeObjects: number;
  readonly runs: number;
}

const NAMESPACE = 'plumbline-bench';
const MANAGER = 'kustomize-controller';

/** A third each of ConfigMaps, Services and Deployments that start no Pod. */
function objectAt(index: number, note: string): object {
  const name = `bench-${String(index).padStart(4, '0')}`;
  const metadata = { name, namespace: NAMESPACE, labels: { app: name }, annotations: { note } };
  const pod = { metadata: { labels: { app: name } } };
  const container = { name: 'main', image: 'registry.acme.example/main:1', args: ['--verbose'] };
  const kinds = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { level: 'info', size: '10' } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: name } },
        template: { ...pod, spec: { containers: [container] } },
      },
    },
  ];
  return kinds[index % kinds.length] ?? {};
}

const KUSTOMIZATION = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'bench', namespace: 'flux-system' },
  spec: {
    interval: '1h',
    prune: true,
    path: './bench',
    sourceRef: { kind: 'GitRepository', name: 'bench' },
  },
};
const SOURCE = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { name: 'bench', namespace: 'flux-system' },
  spec: { interval: '1h', url: 'https://git.acme.example/acme/bench.git', ref: { branch: 'main' } },
};

function git(root: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@acme.example'];
  execFileSync('git', [...identity, ...args], { cwd: root, stdio: 'ignore' });
}

/** @param every  of how many objects one has the note; the others are as they were applied. */
function writeObjects(root: string, count: number, note: string, every = 1): void {
  const list = Array.from({ length: count }, (_, index) =>
    objectAt(index, index % every === 0 ? note : 'first'),
  );
  const text = list.map((object) => JSON.stringify(object)).join('\n---\n');
  writeFileSync(join(root, 'bench/objects.yaml'), `${text}\n`);
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '-m', note);
  git(root, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
}

function createRepository(count: number): string {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-live-'));
  mkdirSync(join(root, 'bench'));
  writeFileSync(
    join(root, 'flux.yaml'),
    [KUSTOMIZATION, SOURCE].map((one) => JSON.stringify(one)).join('\n---\n'),
  );
  git(root, 'init', '-q', '-b', 'main');
  git(root, 'remote', 'add', 'origin', SOURCE.spec.url);
  writeObjects(root, count, 'first');
  git(root, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
  mkdirSync(join(root, '.git/plumbline-empty'));
  return root;
}

/** What kustomize-controller would have applied, by its field manager and with its labels. */
function applyAll({ kubectl, kubeconfig, context }: Options, objects: number): void {
  const run = (args: readonly string[], input?: string): void => {
    execFileSync(kubectl, ['--kubeconfig', kubeconfig, '--context', context, ...args], {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'inherit'],
      ...(input === undefined ? {} : { input }),
    });
  };
  run(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait']);
  run(['create', 'namespace', NAMESPACE]);
  const items = Array.from({ length: objects }, (_, index) => {
    const object = objectAt(index, 'first') as { readonly metadata: { readonly labels: object } };
    const labels = {
      ...object.metadata.labels,
      'kustomize.toolkit.fluxcd.io/name': KUSTOMIZATION.metadata.name,
      'kustomize.toolkit.fluxcd.io/namespace': KUSTOMIZATION.metadata.namespace,
    };
    return { ...object, metadata: { ...object.metadata, labels } };
  });
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  run(['apply', '--server-side', `--field-manager=${MANAGER}`, '-f', '-'], list);
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function openWorkbench(options: Options, root: string): CoreWorkbench {
  const { compose } = createRequire(__filename)(options.core) as typeof composition;
  const workbench = compose({
    enginePath: options.engine,
    schemasPath: join(dirname(options.core), 'schemas'),
    emptyFolder: join(root, '.git/plumbline-empty'),
    rendersFolder: join(root, '.git/plumbline-renders'),
    settings: {
      contexts: { bench: { file: options.slow, name: options.context } },
      assignments: { 'flux-system/bench': 'bench' },
      kubeconfigs: [options.slow],
      protectedClusters: [],
      maxEngines: 2,
      renderTimeoutMs: 60_000,
      renderMemoryLimitBytes: 2 * 1024 ** 3,
      fetchAllowed: false,
    },
    environment: {},
    trusted: true,
    user: 'bench',
    log: silent,
    allowExec: () => false,
  });
  workbench.setFolders([root]);
  return workbench;
}

const never = new AbortController().signal;

async function settled(workbench: CoreWorkbench): Promise<void> {
  await workbench.whenIdle();
}

function comparisonOf(workbench: CoreWorkbench): LiveComparison {
  const app = workbench.state().apps.find(({ app: one }) => one.name === 'bench');
  if (app?.live.kind !== 'compared') throw new Error(`not compared: ${JSON.stringify(app?.live)}`);
  return app.live.comparison;
}

/** Before each run: something new to look at, and the client's rate of requests as after a rest. */
type Prepare = (run: number) => Promise<void>;

async function measure(
  workbench: CoreWorkbench,
  runs: number,
  prepare: Prepare = () => Promise.resolve(),
): Promise<LiveRun> {
  const key = workbench.state().apps.find(({ app }) => app.name === 'bench')?.app.key ?? '';
  await prepare(0);
  await workbench.compareLive(key, never);
  const samples: number[] = [];
  for (let run = 1; run <= runs; run += 1) {
    await prepare(run);
    samples.push(await timeMs(() => workbench.compareLive(key, never)));
  }
  const { changes, requests } = comparisonOf(workbench);
  const differing = changes.filter(({ action }) => action !== 'same').length;
  return { figures: figuresOf(samples), requests, differing };
}

/** The client fills its allowance of 300 requests with 50 in a second. */
const REST_MS = 6_000;

/** Another text in Git for objects, of which no dry run was made before. */
function edit(
  workbench: CoreWorkbench,
  root: string,
  { objects, every = 1 }: { readonly objects: number; readonly every?: number },
): Prepare {
  return async (run) => {
    writeObjects(root, objects, `edit ${run}`, every);
    workbench.filesChanged([
      { path: join(root, '.git/refs/remotes/origin/main'), kind: 'changed' },
      { path: join(root, 'bench/objects.yaml'), kind: 'changed' },
    ]);
    await settled(workbench);
    await setTimeout(REST_MS);
  };
}

const PEERS: readonly (readonly string[])[] = [
  ['diff'],
  ['diff', '--concurrency=16'],
  ['diff', '--server-side', '--force-conflicts', `--field-manager=${MANAGER}`],
  ['diff', '--server-side', '--force-conflicts', `--field-manager=${MANAGER}`, '--concurrency=16'],
];

function timeKubectl(options: Options, root: string, ownMs: number): readonly KubectlRun[] {
  const { kubectl, slow, context } = options;
  return PEERS.map((args) => {
    const started = performance.now();
    const { status, stderr } = spawnSync(
      kubectl,
      ['--kubeconfig', slow, '--context', context, ...args, '-f', join(root, 'bench')],
      { maxBuffer: 1 << 28 },
    );
    // One: it found differences, as it must.
    if (status !== 1)
      throw new Error(`kubectl diff ended with ${status}: ${stderr.toString('utf8')}`);
    const tookMs = Math.round(performance.now() - started);
    return {
      command: `kubectl ${args.join(' ')}`,
      tookMs,
      ratio: Math.round((tookMs / ownMs) * 10) / 10,
    };
  });
}

async function measureLarge(
  workbench: CoreWorkbench,
  root: string,
  options: Options,
): Promise<LiveFigures['large']> {
  const objects = options.largeObjects;
  applyAll(options, objects);
  await edit(workbench, root, { objects, every: objects })(0);
  const equal = await measure(workbench, options.runs);
  const tenth = await measure(
    workbench,
    options.runs,
    edit(workbench, root, { objects, every: 10 }),
  );
  if (tenth.requests < objects / 10) throw new Error('no dry run of every tenth object was made');
  return { objects, equal, tenth };
}

async function benchLive(options: Options): Promise<LiveFigures> {
  const root = createRepository(options.objects);
  applyAll(options, options.objects);
  const workbench = openWorkbench(options, root);
  try {
    await settled(workbench);
    const firstOpenMs = Math.round(await timeMs(() => workbench.openCluster('bench', never)));
    const equal = await measure(workbench, options.runs);
    const dryRuns = await measure(workbench, options.runs, edit(workbench, root, options));
    if (dryRuns.requests < options.objects) throw new Error('no dry run of every object was made');
    const remembered = await measure(workbench, options.runs);
    const kubectl = timeKubectl(options, root, dryRuns.figures.p50Ms);
    const large = await measureLarge(workbench, root, options);
    const { objects, roundTripMs } = options;
    return { objects, roundTripMs, firstOpenMs, equal, dryRuns, remembered, kubectl, large };
  } finally {
    workbench.dispose();
    rmSync(root, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const names = ['core', 'engine', 'kubectl', 'kubeconfig', 'slow', 'context'] as const;
  const numbers = ['roundTripMs', 'objects', 'largeObjects', 'runs'] as const;
  const { values } = parseArgs({
    options: Object.fromEntries([...names, ...numbers].map((name) => [name, text])),
  });
  const given = (name: string): string => {
    const value = values[name];
    if (typeof value !== 'string') throw new Error(`--${name} is missing`);
    return value;
  };
  const figures = await benchLive({
    ...(Object.fromEntries(names.map((name) => [name, given(name)])) as Pick<
      Options,
      (typeof names)[number]
    >),
    roundTripMs: Number(given('roundTripMs')),
    objects: Number(given('objects')),
    largeObjects: Number(given('largeObjects')),
    runs: Number(given('runs')),
  });
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
