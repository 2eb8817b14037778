import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../src/model/ports';
import type { HelmSource, RenderSource } from '../../src/model/render';
import { createRenderer } from '../../src/render/renderer';
import { chartInputs } from './charts';
import type { ChartInput } from './charts';
import { chart, writeFiles } from './inputs';
import type { Figures } from './measure';
import { sample, sampleCommand } from './measure';
import { overlayInputs } from './overlays';
import type { OverlayInput } from './overlays';

export interface Tools {
  readonly engine: string;
  readonly helm: string;
  readonly kustomize: string;
}

export interface RenderRow {
  readonly input: string;
  readonly objects: number;
  readonly engine: Figures;
  readonly peer: string;
  readonly command: Figures;
  /** Peer's median over the engine's median. */
  readonly ratio: number;
}

const signal = new AbortController().signal;
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

export function openRenderer(engine: string, maxEngines = 1) {
  return createRenderer({
    enginePath: engine,
    maxEngines,
    timeLimitMs: 60_000,
    memoryLimitBytes: 2 * 1024 * 1024 * 1024,
    log: silent,
  });
}

interface Case {
  readonly input: string;
  readonly source: RenderSource;
  readonly peer: string;
  readonly command: string;
  readonly args: readonly string[];
}

function helmCase(root: string, tools: Tools, one: ChartInput): Case {
  const { input, path, valueFiles = [] } = one;
  writeFiles(root, one.files);
  const values = valueFiles.flatMap((file) => ['--values', join(root, file)]);
  const args = ['template', 'bench', join(root, path), '--namespace', 'bench', '--include-crds'];
  return {
    input,
    source: { ...helmSource(path), valueFiles },
    peer: 'helm template',
    command: tools.helm,
    args: [...args, ...values],
  };
}

function helmSource(path: string): HelmSource {
  return {
    kind: 'helm',
    path,
    releaseName: 'bench',
    namespace: 'bench',
    valueFiles: [],
    includeCrds: true,
  };
}

function kustomizeCase(root: string, tools: Tools, one: OverlayInput): Case {
  const { input, path, withHelm } = one;
  writeFiles(root, one.files);
  const inflate = withHelm === true ? ['--enable-helm', '--helm-command', tools.helm] : [];
  return {
    input,
    source: { kind: 'kustomize', path },
    peer: 'kustomize build',
    command: tools.kustomize,
    args: ['build', join(root, path), ...inflate],
  };
}

async function measure(root: string, one: Case, engine: string, runs: number): Promise<RenderRow> {
  const renderer = openRenderer(engine);
  const render = async (): Promise<number> => {
    const outcome = await renderer.render({ root, source: one.source }, signal);
    if (outcome.kind !== 'rendered')
      throw new Error(`${one.input}: ${JSON.stringify(outcome).slice(0, 500)}`);
    return outcome.result.objects.length;
  };
  try {
    const objects = await render();
    await sample(3, render);
    const resident = await sample(runs, render);
    const command = sampleCommand(Math.max(5, Math.ceil(runs / 3)), one.command, one.args);
    const ratio = Math.round((command.p50Ms / resident.p50Ms) * 10) / 10;
    return { input: one.input, objects, engine: resident, peer: one.peer, command, ratio };
  } finally {
    renderer.dispose();
  }
}

/** Resident engine against the command-line tools, on the same files in the same run. */
export async function benchRenders(tools: Tools, runs: number): Promise<readonly RenderRow[]> {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  try {
    const cases = [
      ...chartInputs().map((one) => helmCase(root, tools, one)),
      ...overlayInputs().map((one) => kustomizeCase(root, tools, one)),
    ];
    const rows: RenderRow[] = [];
    for (const one of cases) rows.push(await measure(root, one, tools.engine, runs));
    return rows;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** From nothing running to the first rendered chart. */
export async function benchColdStart(engine: string, runs: number): Promise<Figures> {
  const root = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  writeFiles(root, chart('chart', 5));
  const source = helmSource('chart');
  try {
    return await sample(runs, async () => {
      const renderer = openRenderer(engine);
      try {
        await renderer.render({ root, source }, signal);
      } finally {
        renderer.dispose();
      }
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
