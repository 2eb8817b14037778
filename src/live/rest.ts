import { setMaxListeners } from 'node:events';
import { orAborted } from '../base/abort';
import { createLimiter } from '../base/limiter';
import type { Access, AccessRefusal } from '../model/cluster';
import type { Log } from '../model/ports';
import type { Credentials } from './credentials';
import { brokenRefusal, isAboutCertificates, isLostConnection } from './failure';
import { createRateLimit } from './rateLimit';
import type { Subject } from './status';
import { statusRefusal } from './status';
import type { Transport, WireAnswer, WireRequest, WireStream } from './transport';

export interface RestRequest extends WireRequest {
  readonly subject: Subject;
}

export interface RestAnswer {
  /** 2xx or 304. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; `undefined` for an empty body. */
  readonly value: unknown;
}

export interface Rest {
  /** Rejects only with the signal's reason. */
  send(request: RestRequest, signal: AbortSignal): Promise<Access<RestAnswer>>;
  /**
   * An answer that goes on. Logs in anew after a 401, once; tries nothing else again. Rejects only
   * with the signal's reason, but reading the body throws when the connection breaks.
   */
  stream(request: RestRequest, signal: AbortSignal): Promise<StreamAnswer>;
  requestCount(): number;
}

export type StreamAnswer =
  | { readonly kind: 'open'; readonly body: AsyncIterable<Uint8Array> }
  | {
      readonly kind: 'refused';
      readonly refusal: AccessRefusal;
      /** What the server asks to wait. */
      readonly afterMs?: number;
    };

export interface RestInput {
  readonly server: URL;
  readonly transport: Transport;
  readonly credentials: Pick<Credentials, 'current' | 'renew'> &
    Partial<Pick<Credentials, 'failure' | 'byProgram' | 'outdate'>>;
  readonly log: Log;
  readonly maxParallel: number;
  readonly clock: () => number;
  readonly sleep: Sleep;
}

/** Rejects with the signal's reason when it is aborted before `ms` have passed. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** Attempts after the first one, and the longest wait that a server may ask for. */
const maxRetries = 4;
const maxRetryAfterMs = 10_000;

interface Attempts {
  retries: number;
  reconnected: boolean;
  renewed: boolean;
}

type Verdict =
  | { readonly kind: 'done'; readonly access: Access<RestAnswer> }
  | { readonly kind: 'again'; readonly afterMs: number }
  | { readonly kind: 'renew' };

/** JSON over kept connections, with the retries of client-go: each bounded, none hidden from the count. */
export function createRest(input: RestInput): Rest {
  const limiter = createLimiter(input.maxParallel);
  const rate = createRateLimit(input.clock, input.sleep);
  const state = { requestCount: 0 };

  const counted: Counted = async (request, ask) => {
    const startedMs = input.clock();
    state.requestCount += 1;
    const answer = await ask();
    if (answer.kind === 'broken' && isAboutCertificates(answer.error))
      input.credentials.outdate?.();
    const took = Math.round(input.clock() - startedMs);
    input.log.debug(
      `${request.method} ${input.server.host}${request.path} → ${outcomeOf(answer)}, ${took} ms`,
    );
    return answer;
  };

  const run = async (request: RestRequest, signal: AbortSignal): Promise<Access<RestAnswer>> => {
    const attempts: Attempts = { retries: 0, reconnected: false, renewed: false };
    await rate.pass(signal);
    for (;;) {
      const identity = await orAborted(input.credentials.current(), signal);
      if (identity.kind !== 'ok') return identity;
      const answer = await counted(request, () =>
        input.transport.send(request, identity.value, signal),
      );
      const verdict = judge({ request, answer, attempts, server: input.server });
      if (verdict.kind === 'done') return signable(verdict.access, input);
      if (verdict.kind === 'again') {
        if (verdict.afterMs > 0) rate.pause(verdict.afterMs);
        await input.sleep(verdict.afterMs, signal);
      } else if (!(await orAborted(input.credentials.renew(identity.value), signal))) {
        return refusedLogin(request, input);
      }
    }
  };

  return {
    send: (request, signal) => {
      // One signal ends hundreds of requests at once: no leak that Node should warn of.
      setMaxListeners(0, signal);
      return limiter.run(() => run(request, signal), { signal });
    },
    stream: async (request, signal) => {
      await rate.pass(signal);
      return openStream({ ...input, counted }, request, signal);
    },
    requestCount: () => state.requestCount,
  };
}

function outcomeOf(answer: WireStream): string {
  if (answer.kind === 'streaming') return 'watching';
  return answer.kind === 'answered' ? String(answer.status) : 'no complete answer';
}

type Counted = <T extends WireStream>(request: RestRequest, ask: () => Promise<T>) => Promise<T>;

async function openStream(
  input: RestInput & { readonly counted: Counted },
  request: RestRequest,
  signal: AbortSignal,
): Promise<StreamAnswer> {
  const { credentials, transport, counted } = input;
  for (let renewed = false; ; renewed = true) {
    const identity = await orAborted(credentials.current(), signal);
    if (identity.kind !== 'ok') return { kind: 'refused', refusal: identity };
    const answer = await counted(request, () => transport.open(request, identity.value, signal));
    if (answer.kind === 'streaming') return { kind: 'open', body: answer.body };
    const isRefusedLogin = answer.kind === 'answered' && answer.status === 401 && !renewed;
    if (!isRefusedLogin) return refusedStream(request, answer, input);
    if (!(await orAborted(credentials.renew(identity.value), signal)))
      return { kind: 'refused', refusal: refusedLogin(request, input) };
  }
}

/** The server takes no login that can be had. */
function refusedLogin(
  { subject }: RestRequest,
  { credentials }: Pick<RestInput, 'credentials'>,
): AccessRefusal {
  const refusal = credentials.failure?.() ?? statusRefusal(401, undefined, subject);
  return signable(refusal, { credentials });
}

/** Where a program gives the login, running it again may help. */
function signable<T extends Access<unknown>>(
  access: T,
  { credentials }: Pick<RestInput, 'credentials'>,
): T {
  const isRefused = access.kind === 'unauthorised' && access.needsConsent !== true;
  return isRefused && credentials.byProgram === true ? { ...access, canSignIn: true } : access;
}

function refusedStream(
  request: RestRequest,
  answer: WireAnswer,
  { server, credentials }: RestInput,
): StreamAnswer {
  if (answer.kind === 'broken') {
    return { kind: 'refused', refusal: brokenRefusal(answer.error, server, answer.status) };
  }
  const refusal = statusRefusal(answer.status, parseJson(answer.text)?.value, request.subject);
  const afterMs = retryAfterMs(answer.status, answer.headers['retry-after']);
  return {
    kind: 'refused',
    refusal: signable(refusal, { credentials }),
    ...(afterMs !== undefined && { afterMs }),
  };
}

function judge(input: {
  readonly request: RestRequest;
  readonly answer: WireAnswer;
  readonly attempts: Attempts;
  readonly server: URL;
}): Verdict {
  const { request, answer, attempts, server } = input;
  if (answer.kind === 'broken') {
    const refusal = brokenRefusal(answer.error, server, answer.status);
    return mayReconnect(request, answer.error, attempts)
      ? { kind: 'again', afterMs: 0 }
      : done(refusal);
  }
  if (answer.status === 401 && !attempts.renewed) {
    attempts.renewed = true;
    return { kind: 'renew' };
  }
  const afterMs = retryAfterMs(answer.status, answer.headers['retry-after']);
  if (afterMs !== undefined && afterMs <= maxRetryAfterMs && attempts.retries < maxRetries) {
    attempts.retries += 1;
    return { kind: 'again', afterMs };
  }
  return done(readAnswer(request, answer, server));
}

function done(access: Access<RestAnswer>): Verdict {
  return { kind: 'done', access };
}

/** A kept connection may be closed by the server just then; only a read is asked again. */
function mayReconnect(request: RestRequest, error: unknown, attempts: Attempts): boolean {
  if (request.method !== 'GET' || attempts.reconnected || !isLostConnection(error)) return false;
  attempts.reconnected = true;
  return true;
}

/** As client-go: 429 and 5xx are tried again where the server names a time; it then did nothing yet. */
function retryAfterMs(status: number, header: string | undefined): number | undefined {
  if (status !== 429 && status < 500) return undefined;
  const seconds = Number(header ?? Number.NaN);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  return status === 429 ? 1000 : undefined;
}

function readAnswer(
  request: RestRequest,
  answer: WireAnswer & { readonly kind: 'answered' },
  server: URL,
): Access<RestAnswer> {
  const { status, headers } = answer;
  const parsed = parseJson(answer.text);
  const isSuccess = (status >= 200 && status < 300) || status === 304;
  if (!isSuccess) return statusRefusal(status, parsed?.value, request.subject);
  if (parsed === undefined) return notJson(status, server);
  return { kind: 'ok', value: { status, headers, value: parsed.value } };
}

function notJson(status: number, server: URL): AccessRefusal {
  return {
    kind: 'failed',
    status,
    message: `${server.host} did not answer as a Kubernetes API server.`,
  };
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  if (text === '') return { value: undefined };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
