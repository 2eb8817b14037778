import { createHash } from 'node:crypto';
import { createLimiter } from '../base/limiter';
import type { RenderRequest, RenderResult } from '../model/render';
import { MAX_RENDERS } from './diskCache';
import type { DiskCache, KeptRender, RenderHead } from './diskCache';
import type { InputStates } from './inputStates';
import { isRecognisable, isStorable } from './storable';

export interface KeptRenders {
  /** The result of an earlier render of the same request whose inputs were just what they are now. */
  find(request: RenderRequest, call: FindCall): Promise<RenderResult | undefined>;
  /** Keeps what was rendered, where it can be known again and holds no value of a Secret. */
  keep(request: RenderRequest, result: RenderResult): void;
  /** Whether `keep` can keep the result of this request. */
  wants(request: RenderRequest): boolean;
  written(): Promise<void>;
}

export interface FindCall {
  readonly signal: AbortSignal;
  readonly priority?: number;
}

export interface KeptRendersOptions {
  readonly disk: DiskCache;
  readonly states: InputStates;
  /** Of the engine; `undefined` while it is not known. */
  readonly engineVersion: () => string | undefined;
}

const LOOKUPS = 12;

interface Held extends KeptRendersOptions {
  /** By key: what is on disk, as far as this process knows. */
  readonly heads: Map<string, readonly RenderHead[]>;
}

export function createKeptRenders(options: KeptRendersOptions): KeptRenders {
  const held: Held = { ...options, heads: new Map() };
  const limiter = createLimiter(LOOKUPS);
  return {
    async find(request, { signal, priority }) {
      const key = keyOf(held, request);
      if (key === undefined) return undefined;
      const limits = { signal, ...(priority === undefined ? {} : { priority }) };
      const found = await limiter.run(() => lookUp(held, key, request), limits);
      signal.throwIfAborted();
      return found;
    },
    keep(request, result) {
      const key = keyOf(held, request);
      const { inputs, inputsDigest: digest, cacheInputs: cached = [], ...stored } = result;
      if (key === undefined || digest === undefined || !isStorable(request, result)) return;
      const head = { digest, inputs, ...(cached.length === 0 ? {} : { cached }) };
      remember(held, key, head);
      held.disk.put(key, { head, result: stored });
    },
    wants: (request) => keyOf(held, request) !== undefined,
    written: () => held.disk.written(),
  };
}

/** Nothing in it says where the root is: another clone of the same files renders the same. */
function keyOf({ engineVersion }: Held, request: RenderRequest): string | undefined {
  const version = engineVersion();
  if (version === undefined || !isRecognisable(request)) return undefined;
  const { source, capabilities, revision, cluster } = request;
  const at = revision === undefined ? 'working tree' : 'commit';
  const released = cluster !== undefined;
  const text = JSON.stringify([version, at, released, source, capabilities]);
  return createHash('sha256').update(text).digest('hex');
}

async function lookUp(
  held: Held,
  key: string,
  request: RenderRequest,
): Promise<RenderResult | undefined> {
  const known = held.heads.get(key);
  if (known === undefined) return await resultOf(held, request, await opened(held, key));
  const states = await Promise.all(known.map((head) => isNow(held, request, head)));
  return states.includes(true) ? await resultOf(held, request, await opened(held, key)) : undefined;
}

async function opened(held: Held, key: string): Promise<readonly KeptRender[]> {
  const kept = await held.disk.open(key);
  held.heads.set(
    key,
    kept.map(({ head }) => head),
  );
  return kept;
}

async function resultOf(
  held: Held,
  request: RenderRequest,
  kept: readonly KeptRender[],
): Promise<RenderResult | undefined> {
  for (const render of kept) {
    if (!(await isNow(held, request, render.head))) continue;
    const stored = await render.read();
    if (stored === undefined) return undefined;
    const { revision } = request;
    const commit = revision === undefined ? {} : { commit: revision };
    return { ...stored, inputs: render.head.inputs, ...commit };
  }
  return undefined;
}

async function isNow(
  { states }: Held,
  { root, revision, overlay }: RenderRequest,
  { digest, ...list }: RenderHead,
): Promise<boolean> {
  const snapshot = {
    root,
    ...(revision === undefined ? {} : { revision }),
    ...(overlay === undefined ? {} : { overlay }),
  };
  return (await states(snapshot, list)) === digest;
}

/** Another window may have kept more of it, which is found in the next session. */
function remember({ heads }: Held, key: string, head: RenderHead): void {
  const others = (heads.get(key) ?? []).filter(({ digest }) => digest !== head.digest);
  heads.set(key, [head, ...others].slice(0, MAX_RENDERS));
}
