import type { Log, Renderer, Unavailable } from '../model/ports';
import type { RenderOutcome, RenderRequest } from '../model/render';
import { createCache } from './cache';
import type { Cache } from './cache';
import { EngineError } from './engineError';
import { startEngine } from './engineProcess';
import type { Answer } from './engineProcess';
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
  readonly idleMs?: number;
  readonly graceMs?: number;
}

export interface RendererStats extends PoolStats {
  readonly cacheHits: number;
}

/** Small requests go before renders, which wait by `RenderPriority`. */
const QUICK = 1000;
const IDLE_MS = 300_000;
const GRACE_MS = 2_000;
/** Renders of commits that are kept, by the number of their objects. */
const CACHED_OBJECTS = 40_000;
const FULL_COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/** A renderer that may be told which render goes first. */
export interface PooledRenderer extends Renderer {
  render(request: RenderRequest, signal: AbortSignal, priority?: number): Promise<RenderOutcome>;
  stats(): RendererStats;
}

/**
 * The engine behind a pool of processes. Renders of a commit are kept; nothing of a working tree is.
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
  const cache = createCache<RenderOutcome>(CACHED_OBJECTS);
  const hits = { count: 0 };
  return {
    ...snapshotMethods(pool),
    ...objectMethods(pool),
    async render(request, signal, priority) {
      const key = cacheKey(request);
      const kept = key === undefined ? undefined : cache.get(key);
      if (kept === undefined) return await renderAnew(pool, cache, { request, signal, priority });
      hits.count += 1;
      return kept;
    },
    stats: () => ({ ...pool.stats(), cacheHits: hits.count }),
    dispose() {
      pool.dispose();
      cache.clear();
    },
  };
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

async function renderAnew(
  pool: Pool,
  cache: Cache<RenderOutcome>,
  { request, signal, priority }: RenderCall,
): Promise<RenderOutcome> {
  const answer = await pool.call('render', request, { signal, priority: priority ?? 0 });
  if (answer.kind !== 'ok') return { kind: 'unavailable', reason: renderFailure(request, answer) };
  const outcome = answer.value;
  const key = cacheKey(request);
  if (key !== undefined && outcome.kind !== 'unavailable' && isLasting(outcome)) {
    cache.set(key, outcome, outcome.kind === 'rendered' ? outcome.result.objects.length + 1 : 1);
  }
  return outcome;
}

/** A fetch changes what a range or a chart that is missing means, also at a commit. */
function isLasting(outcome: Exclude<RenderOutcome, { kind: 'unavailable' }>): boolean {
  const { missing } = outcome.kind === 'rendered' ? outcome.result : outcome;
  const used = outcome.kind === 'rendered' ? (outcome.result.charts ?? []) : [];
  return used.length === 0 && missing.every(({ kind }) => kind !== 'chart');
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
  'health' | 'threeWay' | 'jqDelete' | 'expandApplicationSet' | 'origins'
>;

function objectMethods(pool: Pool): ObjectMethods {
  const ask = quick(pool);
  return {
    async health(objects, signal) {
      const entries = objects.map((object) => ({ object }));
      return (await ask('health', entries, signal)) ?? [];
    },
    threeWay: (request, signal) => ask('threeWay', request, signal),
    jqDelete: (object, expressions, signal) => ask('jq', { object, expressions }, signal),
    expandApplicationSet: (request, signal) => ask('applicationSet', request, signal),
    async origins(request, signal) {
      return (await ask('origin', request, signal)).places ?? [];
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
