import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../src/model/ports';
import type { RenderSource } from '../../src/model/render';
import { createRenderer } from '../../src/render/renderer';
import { chart, overlay, writeFiles } from './inputs';
import type { Figures } from './measure';
import { sample, sampleCommand } from './measure';

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

function helmCase(root: string, tools: Tools, copies: number): Case {
  const path = `charts/bench-${copies}`;
  writeFiles(root, chart(path, copies));
  const source: RenderSource = {
    kind: 'helm',
    path,
    releaseName: 'bench',
    namespace: 'bench',
    valueFiles: [],
    includeCrds: true,
  };
  const args = ['template', 'bench', join(root, path), '--namespace', 'bench', '--include-crds'];
  return {
    input: `chart, ${copies} copies`,
    source,
    peer: 'helm template',
    command: tools.helm,
    args,
  };
}

function kustomizeCase(root: string, tools: Tools, units: number): Case {
  const path = `kustomize-${units}/overlay`;
  writeFiles(root, overlay(`kustomize-${units}`, units));
  return {
    input: `overlay, ${units} units`,
    source: { kind: 'kustomize', path },
    peer: 'kustomize build',
    command: tools.kustomize,
    args: ['build', join(root, path)],
  };
}

async function measure(root: string, one: Case, engine: string, runs: number): Promise<RenderRow> {
  const renderer = openRenderer(engine);
  const render = async (): Promise<number> => {
    const outcome = await renderer.render({ root, source: one.source }, signal);
    if (outcome.kind !== 'rendered') throw new Error(`${one.input}: ${JSON.stringify(outcome)}`);
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
      ...[1, 5, 25, 100].map((copies) => helmCase(root, tools, copies)),
      ...[5, 50, 100, 200].map((units) => kustomizeCase(root, tools, units)),
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
  const source: RenderSource = {
    kind: 'helm',
    path: 'chart',
    releaseName: 'bench',
    namespace: 'bench',
    valueFiles: [],
    includeCrds: true,
  };
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
