import type { Log, Renderer, Unavailable, Withhold } from '../model/ports';
import type { RenderOutcome, RenderRequest } from '../model/render';
import { withAllValues } from '../model/withheld';
import type { KnownOutcome } from '../model/withheld';
import { createCache } from './cache';
import type { Cache } from './cache';
import { createDiskCache } from './diskCache';
import { EngineError } from './engineError';
import { startEngine } from './engineProcess';
import type { Answer } from './engineProcess';
import { createInputStates } from './inputStates';
import { createKeptRenders } from './keptRenders';
import type { FindCall, KeptRenders } from './keptRenders';
import { createPool } from './pool';
import type { Pool, PoolStats } from './pool';
import type { EngineMethod, ParamsOf, ResultOf, WireUnavailable } from './protocol';

export interface RendererOptions {
  readonly enginePath: string;
  readonly maxEngines: number;
  readonly timeLimitMs: number;
  readonly memoryLimitBytes: number;
  readonly log: Log;
  /** What the engine's process gets as environment; nothing by default. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Absolute folder of fetched charts. */
  readonly cacheRoot?: string;
  /** Renders that all processes share; without it they are kept in memory only. */
  readonly renders?: RendersOptions;
  readonly idleMs?: number;
  readonly graceMs?: number;
}

export interface RendersOptions {
  /** Absolute. */
  readonly folder: string;
  readonly withhold: Withhold;
}

export interface RendererStats extends PoolStats {
  readonly cacheHits: number;
  /** Of those, from the disk. */
  readonly diskHits: number;
}

/** Small requests go before renders, which wait by `RenderPriority`. */
const QUICK = 1000;
/** Nobody waits for it. */
const LAST = -1000;
const IDLE_MS = 300_000;
const GRACE_MS = 2_000;
/** Renders of commits that are kept, by the number of their objects. */
const CACHED_OBJECTS = 40_000;
/** Renders on disk: those of some twenty repositories of 500 apps. */
const DISK_BYTES = 256 * 1024 ** 2;
const FULL_COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** A renderer that may be told which render goes first. */
export interface PooledRenderer extends Renderer {
  render(request: RenderRequest, signal: AbortSignal, priority?: number): Promise<RenderOutcome>;
  /** As `render`, but where an earlier process rendered the same, values of Secrets may be withheld. */
  renderKnown(
    request: RenderRequest,
    signal: AbortSignal,
    priority?: number,
  ): Promise<KnownOutcome>;
  stats(): RendererStats;
  /** Resolves when what is to be kept on disk is there. */
  written(): Promise<void>;
}

/**
 * The engine behind a pool of processes. Renders of a commit are kept in memory, and on disk all that
 * can be known again by the state of their inputs.
 */
export function createRenderer(options: RendererOptions): PooledRenderer {
  const pool = createPool({
    start: () => startEngine({ ...options, environment: options.environment ?? {} }),
    maxEngines: Math.max(1, options.maxEngines),
    timeLimitMs: options.timeLimitMs,
    graceMs: options.graceMs ?? GRACE_MS,
    idleMs: options.idleMs ?? IDLE_MS,
    log: options.log,
  });
  const kept: Kept = {
    pool,
    commits: createCache<RenderOutcome>(CACHED_OBJECTS),
    disk: diskOf(options, pool),
    hits: { memory: 0, disk: 0 },
  };
  return {
    ...snapshotMethods(pool),
    ...objectMethods(pool),
    async render(request, signal, priority) {
      const call = { request, signal, priority };
      const known = inMemory(kept, call);
      if (known !== undefined) return known;
      const result = await kept.disk?.find(request, limitsOf(call));
      if (result === undefined) return await renderAnew(kept, call);
      kept.hits.disk += 1;
      return remembered(kept, request, { kind: 'rendered', result });
    },
    async renderKnown(request, signal, priority) {
      const call = { request, signal, priority };
      const known = inMemory(kept, call);
      if (known !== undefined) return known;
      const result = await kept.disk?.findKnown(request, limitsOf(call));
      if (result === undefined) return await renderAnew(kept, call);
      kept.hits.disk += 1;
      const objects = withAllValues(result.objects);
      if (objects === undefined) return { kind: 'rendered', result };
      return remembered(kept, request, { kind: 'rendered', result: { ...result, objects } });
    },
    stats() {
      const { memory, disk } = kept.hits;
      return { ...pool.stats(), cacheHits: memory + disk, diskHits: disk };
    },
    written: async () => await kept.disk?.written(),
    dispose() {
      pool.dispose();
      kept.commits.clear();
    },
  };
}

interface Kept {
  readonly pool: Pool;
  readonly commits: Cache<RenderOutcome>;
  readonly disk: KeptRenders | undefined;
  readonly hits: { memory: number; disk: number };
}

function inMemory({ commits, hits }: Kept, { request }: RenderCall): RenderOutcome | undefined {
  const key = cacheKey(request);
  const known = key === undefined ? undefined : commits.get(key);
  if (known !== undefined) hits.memory += 1;
  return known;
}

function diskOf({ renders, log }: RendererOptions, pool: Pool): KeptRenders | undefined {
  if (renders === undefined) return undefined;
  const ask = quick(pool);
  return createKeptRenders({
    disk: createDiskCache({ folder: renders.folder, maxBytes: DISK_BYTES, log }),
    withhold: renders.withhold,
    states: createInputStates(async (snapshot, lists) => {
      const value = await ask('digests', { ...snapshot, lists }, new AbortController().signal);
      return isUnavailable(value) ? unavailable(value) : value.digests;
    }),
    engineVersion: () => pool.engineVersion(),
  });
}

function cacheKey(request: RenderRequest): string | undefined {
  if (request.revision === undefined || !FULL_COMMIT.test(request.revision)) return undefined;
  if (request.overlay !== undefined && Object.keys(request.overlay).length > 0) return undefined;
  const { root, revision, source, capabilities, cluster } = request;
  return JSON.stringify([root, revision, source, capabilities, cluster]);
}

interface RenderCall {
  readonly request: RenderRequest;
  readonly signal: AbortSignal;
  readonly priority: number | undefined;
}

function limitsOf({ signal, priority }: RenderCall): FindCall {
  return { signal, ...(priority === undefined ? {} : { priority }) };
}

async function renderAnew(
  kept: Kept,
  { request, signal, priority }: RenderCall,
): Promise<RenderOutcome> {
  const digest = kept.disk?.wants(request) === true ? { digest: true } : {};
  const limits = { signal, priority: priority ?? 0 };
  const answer = await kept.pool.call('render', { ...request, ...digest }, limits);
  if (answer.kind !== 'ok') return { kind: 'unavailable', reason: renderFailure(request, answer) };
  const outcome = answer.value;
  if (outcome.kind === 'rendered') kept.disk?.keep(request, outcome.result);
  return remembered(kept, request, outcome);
}

function remembered(kept: Kept, request: RenderRequest, outcome: RenderOutcome): RenderOutcome {
  const key = cacheKey(request);
  if (key !== undefined && outcome.kind !== 'unavailable' && isLasting(outcome)) {
    const weight = outcome.kind === 'rendered' ? outcome.result.objects.length + 1 : 1;
    kept.commits.set(key, outcome, weight);
  }
  return outcome;
}

/** A fetch changes what a range, a branch or what is missing means, also at a commit. */
function isLasting(outcome: Exclude<RenderOutcome, { kind: 'unavailable' }>): boolean {
  const { missing } = outcome.kind === 'rendered' ? outcome.result : outcome;
  if (missing.some(({ kind }) => kind !== 'generator')) return false;
  if (outcome.kind !== 'rendered') return true;
  const { charts = [], repositories = [], files = [] } = outcome.result;
  return charts.length + repositories.length + files.length === 0;
}

function renderFailure(request: RenderRequest, answer: Answer<never>): string {
  const where = request.source.path === '' ? 'the top folder' : request.source.path;
  if (answer.kind === 'gone') return `The engine gave up on ${where}: ${answer.reason}.`;
  return `The engine failed on ${where}: ${answer.kind === 'refused' ? answer.message : ''}`;
}

type SnapshotMethods = Pick<Renderer, 'list' | 'parse' | 'read' | 'repository' | 'changed'>;

function snapshotMethods(pool: Pool): SnapshotMethods {
  const ask = quick(pool);
  return {
    async list(snapshot, signal) {
      const value = await ask('list', snapshot, signal);
      return isUnavailable(value) ? unavailable(value) : (value.paths ?? []);
    },
    async parse(snapshot, paths, signal) {
      const value = await ask('parse', { ...snapshot, paths }, signal);
      return isUnavailable(value) ? unavailable(value) : (value.files ?? []);
    },
    async read(snapshot, path, signal) {
      const value = await ask('read', { ...snapshot, path }, signal);
      if (isUnavailable(value)) return unavailable(value);
      return 'text' in value ? { text: value.text } : undefined;
    },
    async repository(path, signal) {
      const value = await ask('repository', { path }, signal);
      return 'topLevel' in value ? value : undefined;
    },
    async changed(snapshot, paths, signal) {
      const value = await ask('changed', { ...snapshot, paths: paths ?? null }, signal);
      return isUnavailable(value) ? unavailable(value) : (value.paths ?? []);
    },
  };
}

type ObjectMethods = Pick<
  Renderer,
  'health' | 'threeWay' | 'applied' | 'jqDelete' | 'expandApplicationSet' | 'origins' | 'lines'
>;

function objectMethods(pool: Pool): ObjectMethods {
  const ask = quick(pool);
  return {
    async health(objects, signal) {
      const entries = objects.map((object) => ({ object }));
      return (await ask('health', entries, signal)) ?? [];
    },
    threeWay: (request, signal) => ask('threeWay', request, signal),
    applied: (request, signal) => ask('apply', request, signal),
    jqDelete: (object, expressions, signal) => ask('jq', { object, expressions }, signal),
    expandApplicationSet: (request, signal) => ask('applicationSet', request, signal),
    async origins(request, signal) {
      const { places, why } = await ask('origin', request, signal);
      return { places: places ?? [], ...(why === undefined ? {} : { why }) };
    },
    async lines(request, signal) {
      const answer = await pool.call('lines', request, { signal, priority: LAST });
      return answer.kind === 'ok' ? (answer.value.lines ?? []) : [];
    },
  };
}

type Ask = <M extends EngineMethod>(
  method: M,
  params: ParamsOf<M>,
  signal: AbortSignal,
) => Promise<ResultOf<M>>;

function quick(pool: Pool): Ask {
  return async (method, params, signal) => {
    const answer = await pool.call(method, params, { signal, priority: QUICK });
    if (answer.kind === 'ok') return answer.value;
    const reason = answer.kind === 'gone' ? answer.reason : answer.message;
    throw new EngineError(`The engine could not answer ${method}: ${reason}.`);
  };
}

function isUnavailable(value: object): value is WireUnavailable {
  return 'unavailable' in value;
}

function unavailable(value: WireUnavailable): Unavailable {
  return { kind: 'unavailable', reason: value.unavailable };
}
