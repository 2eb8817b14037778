import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchColdStart, benchRenders } from './engine';
import type { FleetFigures, IndexFigures, InterruptFigures } from './fleet';
import type { LiveFigures } from './live';
import { figuresOf } from './measure';
import type { MemoryFigures } from './memory';
import type { EditorFigures, FleetReport, Report } from './table';
import { toMarkdown } from './table';
import { benchTree } from './tree';

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function required(values: Record<string, string | undefined>, name: string): string {
  const value = values[name];
  if (value === undefined) throw new Error(`--${name} is missing`);
  return value;
}

interface EditorInputs {
  /** Raw samples as `test/editor/bench.mjs` prints them. */
  readonly samples: string;
  readonly vsix: string;
  readonly bundle: string;
}

function editorFigures({ samples, vsix, bundle }: EditorInputs): EditorFigures {
  const { activationMs, loadMs, activateMs, emptyMs, savesMs } = JSON.parse(samples) as Readonly<
    Record<'activationMs' | 'loadMs' | 'activateMs' | 'emptyMs' | 'savesMs', readonly number[]>
  >;
  return {
    activationMs: figuresOf(activationMs),
    loadMs: figuresOf(loadMs),
    activateMs: figuresOf(activateMs),
    emptyMs: figuresOf(emptyMs),
    saveToResult: figuresOf(savesMs),
    bundleKb: Math.round(statSync(bundle).size / 1024),
    packageMb: Math.round(statSync(vsix).size / 1024 / 102.4) / 10,
  };
}

interface FleetOptions {
  readonly root: string;
  readonly engine: string;
  readonly apps: number;
  readonly objectsPerApp: number;
  readonly saves: number;
}

/** Each in a process of its own: memory and pauses are then those of the core alone. */
function benchFleet(options: FleetOptions): FleetReport {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-fleet-'));
  const repository = join(folder, 'repository');
  const renders = join(folder, 'renders');
  try {
    const first = runFleet<FleetFigures>('index', { ...options, repository, renders });
    const reopened = runFleet<IndexFigures>('reopen', { ...options, repository, renders });
    const interrupted = runFleet<InterruptFigures>('interrupt', {
      ...options,
      repository,
      renders: '',
    });
    return { first, reopened, interrupted };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runFleet<T>(
  mode: string,
  options: FleetOptions & { readonly repository: string; readonly renders: string },
): T {
  const { root, engine, apps, objectsPerApp, saves } = options;
  const args = [join(root, 'out/fleet.js'), '--mode', mode, '--core', join(root, 'dist/core.js')];
  const inputs = ['--engine', engine, '--root', options.repository, '--renders', options.renders];
  const sizes = ['--apps', apps, '--objects', objectsPerApp, '--saves', saves].map(String);
  const output = execFileSync(process.execPath, [...args, ...inputs, ...sizes], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  return JSON.parse(output) as T;
}

/** In a process of its own, whose collector can be called. */
function benchMemory(root: string): MemoryFigures {
  const args = ['--expose-gc', join(root, 'out/memory.js')];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as MemoryFigures;
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      engine: text,
      helm: text,
      kustomize: text,
      root: text,
      samples: text,
      live: text,
      vsix: text,
      bundle: text,
    },
  });
  const engine = required(values, 'engine');
  const root = required(values, 'root');
  const tools = {
    engine,
    helm: required(values, 'helm'),
    kustomize: required(values, 'kustomize'),
  };
  // Before the rest leaves something behind for the collector of garbage.
  say('the tree of clusters');
  const tree = benchTree();
  say('renders against the command-line tools');
  const renders = await benchRenders(tools, 15);
  say('cold start');
  const coldStart = await benchColdStart(engine, 9);
  const fleets = [
    { apps: 100, objectsPerApp: 20, saves: 50 },
    { apps: 500, objectsPerApp: 20, saves: 20 },
    { apps: 2000, objectsPerApp: 25, saves: 10 },
  ].map((size) => {
    say(`a fleet of ${size.apps} apps`);
    return benchFleet({ root, engine, ...size });
  });
  say('what is followed of a cluster');
  const memory = benchMemory(root);
  const report: Report = {
    at: new Date().toISOString(),
    machine: {
      cores: cpus().length,
      model: cpus()[0]?.model ?? 'unknown',
      memoryGb: Math.round(totalmem() / 1024 ** 3),
      kernel: release(),
      node: process.version,
    },
    renders,
    coldStart,
    fleets,
    live: JSON.parse(required(values, 'live')) as LiveFigures,
    memory,
    tree,
    editor: editorFigures({
      samples: required(values, 'samples'),
      vsix: required(values, 'vsix'),
      bundle: required(values, 'bundle'),
    }),
  };
  mkdirSync(join(root, 'bench/results'), { recursive: true });
  writeFileSync(join(root, 'bench/results/latest.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(root, 'BENCHMARKS.md'), toMarkdown(report));
  process.stdout.write(toMarkdown(report));
}

main().catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
});
