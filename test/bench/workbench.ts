import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { compose } from '../../src/compose';
import type { Settings } from '../../src/model/config';
import type { Workbench } from '../../src/model/workbench';
import { fleet, writeFiles } from './inputs';
import type { Figures } from './measure';
import { figuresOf, residentMb, timeMs } from './measure';

export interface FleetFigures {
  readonly apps: number;
  readonly objects: number;
  /** From opening the folder to every app rendered and compared with its target. */
  readonly firstIndexMs: number;
  /** One app's values file saved until its new result is there. */
  readonly saveOneApp: Figures;
  /** The shared chart's values saved until all its apps have their new result. */
  readonly saveSharedChart: Figures;
  readonly hostMb: number;
  readonly enginesMb: number;
  /** Longest stretch in which the host's event loop did not turn. */
  readonly longestBlockMs: number;
}

export interface FleetOptions {
  readonly engine: string;
  readonly schemas: string;
  readonly apps: number;
  readonly saves: number;
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
  return root;
}

function openWorkbench(options: FleetOptions, emptyFolder: string): Workbench {
  mkdirSync(emptyFolder, { recursive: true });
  return compose({
    enginePath: options.engine,
    schemasPath: options.schemas,
    emptyFolder,
    settings,
    environment: {},
    trusted: true,
    user: 'bench',
    log: { debug() {}, info() {}, warn() {}, error() {} },
    allowExec: () => false,
  });
}

function objectsOf(workbench: Workbench): number {
  return workbench.state().apps.reduce((sum, { working }) => {
    return sum + (working.kind === 'rendered' ? working.desired.objects.length : 0);
  }, 0);
}

function requireRendered(workbench: Workbench, apps: number): void {
  const rendered = workbench.state().apps.filter(({ working }) => working.kind === 'rendered');
  if (rendered.length < apps) throw new Error(`only ${rendered.length} of ${apps} apps rendered`);
}

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
  }
  return figuresOf(samples);
}

/** The whole core without an editor, on a generated repository of `apps` apps of 20 objects each. */
export async function benchFleet(options: FleetOptions): Promise<FleetFigures> {
  const root = createFleet(options.apps);
  const workbench = openWorkbench(options, join(root, '.git/plumbline-empty'));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  try {
    delay.enable();
    const firstIndexMs = await timeMs(async () => {
      workbench.setFolders([root]);
      await workbench.whenIdle();
    });
    requireRendered(workbench, options.apps);
    const raise = (text: string, run: number): string =>
      text.replace(/replicas: \d+/, `replicas: ${7 + run}`);
    const one = join(root, 'charts/shared/values-0.yaml');
    const saveOneApp = await saves(workbench, one, options.saves, raise);
    const shared = join(root, 'charts/shared/values.yaml');
    const saveSharedChart = await saves(workbench, shared, 5, (text, run) =>
      text.replace(/tag: "[^"]*"/, `tag: "2.0.${run}"`),
    );
    delay.disable();
    const { hostMb, childrenMb } = residentMb();
    return {
      apps: options.apps,
      objects: objectsOf(workbench),
      firstIndexMs: Math.round(firstIndexMs),
      saveOneApp,
      saveSharedChart,
      hostMb,
      enginesMb: childrenMb,
      longestBlockMs: Math.round(delay.max / 1e6),
    };
  } finally {
    workbench.dispose();
    rmSync(root, { recursive: true, force: true });
  }
}
