import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';
import { performance } from 'node:perf_hooks';

/** A stretch in which the event loop did not turn. */
export interface Block {
  /** What the measured program was doing, in the bench's words. */
  readonly during: string;
  readonly atMs: number;
  readonly wallMs: number;
  /** What this thread itself computed of it: on a busy machine the rest is waiting for a core. */
  readonly ownMs: number;
}

export interface NamedBlock extends Block {
  /** Functions of the product that the time was spent in, callers before callees. */
  readonly culprits: readonly string[];
}

export interface Blocks {
  /** Names what follows. */
  during(what: string): void;
  /** Ends the watch; the longest first, by own time. */
  stop(): readonly Block[];
}

/** Shorter ones are no news. */
const WORTH_MS = 8;

/** Milliseconds that the main thread was on a core (Linux); exact, and free of other processes. */
export function ownTimeMs(): number {
  const text = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8');
  return Number(text.split(' ')[0]) / 1e6;
}

export function watchBlocks(): Blocks {
  const blocks: Block[] = [];
  const state = { during: 'start', last: performance.now(), own: ownTimeMs(), on: true };
  const tick = (): void => {
    const [now, own] = [performance.now(), ownTimeMs()];
    const [wallMs, ownMs] = [now - state.last, own - state.own];
    if (wallMs > WORTH_MS) {
      blocks.push({ during: state.during, atMs: state.last, wallMs, ownMs });
    }
    [state.last, state.own] = [now, own];
    if (state.on) setTimeout(tick, 1);
  };
  setTimeout(tick, 1);
  return {
    during(what) {
      state.during = what;
    },
    stop() {
      state.on = false;
      return blocks.sort((a, b) => b.ownMs - a.ownMs);
    },
  };
}

const SAMPLING_US = 250;
const NAMED = 5;

export interface Profile {
  /** The longest blocks with the functions that make them up. */
  name(blocks: readonly Block[]): Promise<readonly NamedBlock[]>;
}

export async function startProfile(): Promise<Profile> {
  const session = new Session();
  session.connect();
  const ask = <T>(method: string, params?: object): Promise<T> =>
    new Promise((resolve, reject) => {
      session.post(method, params, (error, result) =>
        error === null ? resolve(result as T) : reject(error),
      );
    });
  await ask('Profiler.enable');
  await ask('Profiler.setSamplingInterval', { interval: SAMPLING_US });
  await ask('Profiler.start');
  // The profile counts microseconds of the monotonic clock.
  const offsetUs = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;
  return {
    async name(blocks) {
      const { profile } = await ask<Profiler.StopReturnType>('Profiler.stop');
      const samples = stacksOf(profile);
      return blocks.slice(0, NAMED).map((block) => {
        const from = block.atMs * 1000 + offsetUs;
        const within = samples.filter(({ at }) => at >= from && at <= from + block.wallMs * 1000);
        return { ...block, culprits: culpritsOf(within) };
      });
    },
  };
}

interface Stack {
  readonly at: number;
  readonly tookUs: number;
  /** Outermost first. */
  readonly names: readonly string[];
}

function stacksOf({ nodes, samples = [], timeDeltas = [], startTime }: Profiler.Profile): Stack[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((c) => [c, node.id])));
  const namesById = new Map<number, readonly string[]>();
  const namesOf = (id: number | undefined): readonly string[] => {
    const node = id === undefined ? undefined : byId.get(id);
    if (id === undefined || node === undefined) return [];
    const known = namesById.get(id) ?? [...namesOf(parents.get(id)), nameOf(node.callFrame)];
    namesById.set(id, known);
    return known;
  };
  const state = { at: startTime };
  return samples.map((id, index) => {
    const tookUs = timeDeltas[index] ?? 0;
    state.at += tookUs;
    return { at: state.at, tookUs, names: namesOf(id).filter((name) => name !== '') };
  });
}

/** Functions of the product, and what the machine does by itself; the rest of Node says little. */
function nameOf({ functionName, url }: Profiler.ProfileNode['callFrame'] | CallFrame): string {
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (functionName === '' || /^\(/.test(functionName) || url.startsWith('node:')) return '';
  const file = url.slice(url.lastIndexOf('/') + 1);
  return file === 'core.js' ? functionName : `${functionName} (${file})`;
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

/** Names in at least a quarter of the samples, in the order in which they call each other. */
function culpritsOf(stacks: readonly Stack[]): readonly string[] {
  const found = new Map<string, { us: number; depth: number }>();
  for (const { names, tookUs } of stacks) {
    for (const [depth, name] of [...new Set(names)].entries()) {
      const known = found.get(name) ?? { us: 0, depth };
      found.set(name, { us: known.us + tookUs, depth: Math.min(known.depth, depth) });
    }
  }
  const total = stacks.reduce((sum, { tookUs }) => sum + tookUs, 0);
  return [...found]
    .filter(([, { us }]) => us > total / 4)
    .sort(([, a], [, b]) => a.depth - b.depth)
    .map(([name, { us }]) => `${name} ${Math.round(us / 1000)} ms`);
}
