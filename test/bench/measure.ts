import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

export interface Figures {
  readonly runs: number;
  readonly minMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

export function figuresOf(samplesMs: readonly number[]): Figures {
  const sorted = [...samplesMs].sort((a, b) => a - b);
  const at = (share: number): number => {
    const index = Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1);
    return Math.round((sorted[Math.max(0, index)] ?? NaN) * 10) / 10;
  };
  return { runs: sorted.length, minMs: at(0), p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) };
}

export async function timeMs(task: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await task();
  return performance.now() - started;
}

export async function sample(runs: number, task: () => Promise<unknown>): Promise<Figures> {
  const samples: number[] = [];
  for (let run = 0; run < runs; run += 1) samples.push(await timeMs(task));
  return figuresOf(samples);
}

/** Whole processes, as a user's shell would wait for them. */
export function sampleCommand(runs: number, command: string, args: readonly string[]): Figures {
  const samples: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const started = performance.now();
    const { status, stderr } = spawnSync(command, args, { maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(`${command} failed: ${stderr.toString('utf8')}`);
    samples.push(performance.now() - started);
  }
  return figuresOf(samples);
}

function statusField(pid: string, field: string): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

/** Resident memory of this process and of its children, in MB; Linux only. */
export function residentMb(): { readonly hostMb: number; readonly childrenMb: number } {
  const own = String(process.pid);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== own);
  const children = pids.filter((pid) => {
    try {
      return statusField(pid, 'PPid') === process.pid;
    } catch (error) {
      // The process ended between the listing and the look.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  });
  const kb = children.reduce((sum, pid) => sum + statusField(pid, 'VmRSS'), 0);
  return {
    hostMb: Math.round(statusField(own, 'VmRSS') / 1024),
    childrenMb: Math.round(kb / 1024),
  };
}
