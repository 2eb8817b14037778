import { createLimiter } from '../base/limiter';
import type { Steps } from '../base/pacer';
import type { Withhold } from '../model/ports';
import type { RenderRequest, RenderResult } from '../model/render';
import { withAllValues } from '../model/withheld';
import type { KnownResult } from '../model/withheld';
import { MAX_RENDERS } from './diskCache';
import type { DiskCache, KeptRender, RenderHead, StoredResult } from './diskCache';
import type { InputStates } from './inputStates';
import type { Salted } from './salt';
import { isRecognisable, isStorable } from './storable';

export interface KeptRenders {
  /**
   * The result of an earlier render of the same request whose inputs were just what they are now, with
   * all its values.
   */
  find(request: RenderRequest, call: FindCall): Promise<RenderResult | undefined>;
  /** The same, values of Secrets withheld. */
  findKnown(request: RenderRequest, call: FindCall): Promise<KnownResult | undefined>;
  /** Keeps what was rendered, where it can be known again, without values of Secrets. */
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
  readonly withhold: Withhold;
  /** Of the engine; `undefined` while it is not known. */
  readonly engineVersion: () => string | undefined;
}

const LOOKUPS = 12;

interface Held extends KeptRendersOptions {
  /** By key: what is on disk, as far as this process knows. */
  readonly heads: Map<string, readonly RenderHead[]>;
  /** What is on its way to the disk. */
  keeping: Promise<void>;
}

export function createKeptRenders(options: KeptRendersOptions): KeptRenders {
  const held: Held = { ...options, heads: new Map(), keeping: Promise.resolve() };
  const limiter = createLimiter(LOOKUPS);
  const find = async (
    request: RenderRequest,
    { signal, priority }: FindCall,
    whole: boolean,
  ): Promise<KnownResult | undefined> => {
    if (textOf(held, request) === undefined) return undefined;
    const limits = { signal, ...(priority === undefined ? {} : { priority }) };
    const found = await limiter.run(() => lookUp(held, request, whole), limits);
    signal.throwIfAborted();
    return found;
  };
  return {
    findKnown: (request, call) => find(request, call, false),
    async find(request, call) {
      const found = await find(request, call, true);
      const objects = found && withAllValues(found.objects);
      return objects && { ...found, objects };
    },
    keep(request, result) {
      const text = textOf(held, request);
      if (text === undefined || result.inputsDigest === undefined) return;
      if (!isStorable(request, result)) return;
      held.keeping = held.keeping.then(() => put(held, text, result));
    },
    wants: (request) => textOf(held, request) !== undefined,
    async written() {
      await held.keeping;
      await held.disk.written();
    },
  };
}

async function put(held: Held, text: string, result: RenderResult): Promise<void> {
  const salted = await held.disk.salted(true);
  const { inputs, inputsDigest = '', cacheInputs: cached = [], ...stored } = result;
  if (salted === undefined) return;
  const digest = salted.name(inputsDigest);
  const head = { digest, inputs, ...(cached.length === 0 ? {} : { cached }) };
  const key = salted.name(text);
  // It was found, and made once more by somebody who needs its values.
  if (held.heads.get(key)?.some((one) => one.digest === digest) === true) return;
  remember(held, key, head);
  held.disk.put(key, { head, result: withheldSteps(held, salted, { result, stored }) });
}

/** What is kept of a result: `undefined` where its values cannot be told from the rest. */
function* withheldSteps(
  { withhold }: Held,
  salted: Salted,
  { result, stored }: { readonly result: RenderResult; readonly stored: StoredResult },
): Steps<StoredResult | undefined> {
  const objects = yield* withhold(result, (value) => salted.value(value));
  return objects && { ...stored, objects };
}

/** Nothing in it says where the root is: another clone of the same files renders the same. */
function textOf(
  { engineVersion }: Held,
  request: RenderRequest,
  at: Place = placeOf(request),
): string | undefined {
  const version = engineVersion();
  if (version === undefined || !isRecognisable(request)) return undefined;
  const { source, capabilities, cluster } = request;
  const released = cluster !== undefined;
  return JSON.stringify([version, at, released, source, capabilities]);
}

type Place = 'working tree' | 'commit';

function placeOf({ revision }: RenderRequest): Place {
  return revision === undefined ? 'working tree' : 'commit';
}

/**
 * A commit with the files of a working tree renders as it did. Not the other way round: what is
 * rendered of a commit asks for no ignore files, which an edit in the working tree may change.
 */
async function lookUp(
  held: Held,
  request: RenderRequest,
  whole: boolean,
): Promise<KnownResult | undefined> {
  const found = await lookUpAt(held, { request, whole, at: placeOf(request) });
  if (found !== undefined || request.revision === undefined) return found;
  return await lookUpAt(held, { request, whole, at: 'working tree' });
}

async function lookUpAt(
  held: Held,
  { request, whole, at }: { request: RenderRequest; whole: boolean; at: Place },
): Promise<KnownResult | undefined> {
  const salted = await held.disk.salted(false);
  const text = textOf(held, request, at);
  if (salted === undefined || text === undefined) return undefined;
  const key = salted.name(text);
  const known = held.heads.get(key);
  const asked = { request, salted, whole };
  if (known === undefined) return await resultOf(held, asked, await opened(held, key));
  const states = await Promise.all(known.map((head) => isNow(held, asked, head)));
  return states.includes(true) ? await resultOf(held, asked, await opened(held, key)) : undefined;
}

interface Asked {
  readonly request: RenderRequest;
  readonly salted: Salted;
  /** Results without values are none. */
  readonly whole: boolean;
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
  asked: Asked,
  kept: readonly KeptRender[],
): Promise<KnownResult | undefined> {
  for (const render of kept) {
    if (!(await isNow(held, asked, render.head))) continue;
    const stored = asked.whole && render.withheld ? undefined : await render.read();
    if (stored === undefined) return undefined;
    const { revision } = asked.request;
    const commit = revision === undefined ? {} : { commit: revision };
    return { ...stored, inputs: render.head.inputs, ...commit };
  }
  return undefined;
}

async function isNow(
  { states }: Held,
  { request: { root, revision, overlay }, salted }: Asked,
  { digest, ...list }: RenderHead,
): Promise<boolean> {
  const snapshot = {
    root,
    ...(revision === undefined ? {} : { revision }),
    ...(overlay === undefined ? {} : { overlay }),
  };
  const state = await states(snapshot, list);
  return state !== '' && salted.name(state) === digest;
}

/** Another window may have kept more of it, which is found in the next session. */
function remember({ heads }: Held, key: string, head: RenderHead): void {
  const others = (heads.get(key) ?? []).filter(({ digest }) => digest !== head.digest);
  heads.set(key, [head, ...others].slice(0, MAX_RENDERS));
}
