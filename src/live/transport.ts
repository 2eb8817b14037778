import { createHash } from 'node:crypto';
import * as tls from 'node:tls';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Agent, Dispatcher } from 'undici';
import type { Disposable } from '../base/dispose';
import type { Identity } from './credentials';
import { isLoopback } from './proxy';

export interface TransportOptions {
  readonly server: URL;
  readonly insecure: boolean;
  readonly tlsServerName?: string;
  readonly proxy?: string;
  readonly compression: boolean;
  readonly connections: number;
  readonly timeouts: Timeouts;
}

export interface Timeouts {
  readonly connectMs: number;
  /** Until the answer begins, and between two pieces of it. */
  readonly answerMs: number;
}

export interface WireRequest {
  readonly method: 'GET' | 'PATCH' | 'POST';
  /** Below the server's own path, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type WireAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly text: string;
    }
  /** `status` is set when the answer had begun. */
  | { readonly kind: 'broken'; readonly error: unknown; readonly status?: number };

/** An answer that goes on: reading it throws when the connection breaks, and once the signal is aborted. */
export type WireStream =
  { readonly kind: 'streaming'; readonly body: AsyncIterable<Uint8Array> } | WireAnswer;

export interface Transport extends Disposable {
  /** Rejects only with the signal's reason. */
  send(request: WireRequest, identity: Identity, signal: AbortSignal): Promise<WireAnswer>;
  /** As `send`, but gives a successful answer while it comes; over connections of its own. */
  open(request: WireRequest, identity: Identity, signal: AbortSignal): Promise<WireStream>;
}

const maxAnswerBytes = 256 * 1024 * 1024;
const unzip = promisify(gunzip);

/** Kept connections to one server; a new identity by certificate gets connections of its own. */
export function createTransport(options: TransportOptions): Transport {
  const requests = createPool(options);
  // A watch holds its connection for minutes: none of those that requests wait for.
  const streams = createPool({ ...options, connections: null, compression: false });

  return {
    async send(request, identity, signal) {
      const progress: { status?: number } = {};
      try {
        const answer = await requests.ask(request, identity, signal);
        progress.status = answer.statusCode;
        return await wholeAnswer(answer);
      } catch (error) {
        signal.throwIfAborted();
        return { kind: 'broken', error, ...progress };
      }
    },
    async open(request, identity, signal) {
      const progress: { status?: number } = {};
      try {
        const answer = await streams.ask(request, identity, signal);
        progress.status = answer.statusCode;
        if (answer.statusCode !== 200) return await wholeAnswer(answer);
        return { kind: 'streaming', body: answer.body };
      } catch (error) {
        signal.throwIfAborted();
        return { kind: 'broken', error, ...progress };
      }
    },
    dispose() {
      requests.dispose();
      streams.dispose();
    },
  };
}

interface PoolOptions extends Omit<TransportOptions, 'connections'> {
  /** `null`: as many as are asked for. Such a pool also waits for as long as a body takes. */
  readonly connections: number | null;
}

interface Pool extends Disposable {
  ask(
    request: WireRequest,
    identity: Identity,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData>;
}

function createPool(options: PoolOptions): Pool {
  const state: { key?: string; dispatcher?: Promise<Dispatcher> } = {};
  const basePath = options.server.pathname.replace(/\/+$/, '');

  const dispatcherFor = (identity: Identity): Promise<Dispatcher> => {
    const key = tlsKey(identity);
    if (state.dispatcher === undefined || state.key !== key) {
      release(state.dispatcher, 'close');
      state.key = key;
      state.dispatcher = createDispatcher(options, identity);
    }
    return state.dispatcher;
  };

  return {
    async ask(request, identity, signal) {
      const dispatcher = await dispatcherFor(identity);
      return await dispatcher.request({
        origin: options.server.origin,
        path: basePath + request.path,
        method: request.method,
        headers: requestHeaders(request, identity, options),
        body: request.body ?? null,
        signal,
      });
    },
    dispose() {
      release(state.dispatcher, 'destroy');
      delete state.dispatcher;
    },
  };
}

async function wholeAnswer(answer: Dispatcher.ResponseData): Promise<WireAnswer> {
  const bytes = await readBody(answer.body);
  const headers = plainHeaders(answer.headers);
  const zipped = headers['content-encoding'] === 'gzip';
  const text = (zipped ? await unzip(bytes) : bytes).toString('utf8');
  return { kind: 'answered', status: answer.statusCode, headers, text };
}

async function createDispatcher(options: PoolOptions, identity: Identity): Promise<Dispatcher> {
  const { Agent: AgentClass, ProxyAgent } = await import('undici');
  const connect = {
    ca: authorities(identity.ca),
    cert: identity.cert,
    key: identity.key,
    rejectUnauthorized: !options.insecure,
    timeout: options.timeouts.connectMs,
    ...(options.tlsServerName === undefined ? {} : { servername: options.tlsServerName }),
  };
  const shared: Agent.Options = {
    connections: options.connections,
    pipelining: 1,
    headersTimeout: options.timeouts.answerMs,
    // Of a stream, who reads it knows how long its silence may be.
    bodyTimeout: options.connections === null ? 0 : options.timeouts.answerMs,
    keepAliveTimeout: 60_000,
  };
  if (options.proxy === undefined) return new AgentClass({ ...shared, connect });
  return new ProxyAgent({
    ...shared,
    uri: options.proxy,
    requestTls: connect,
    proxyTls: { timeout: options.timeouts.connectMs },
    proxyTunnel: options.server.protocol === 'https:',
  });
}

/** Without a CA of its own a cluster is trusted as the system trusts it, as kubectl does. */
function authorities(ca: string | undefined): string | string[] | undefined {
  if (ca !== undefined) return ca;
  const load = (tls as { getCACertificates?: (kind: string) => string[] }).getCACertificates;
  return load === undefined ? undefined : [...load('default'), ...load('system')];
}

function requestHeaders(
  request: WireRequest,
  identity: Identity,
  options: Pick<PoolOptions, 'compression' | 'server'>,
): Record<string, string | string[]> {
  const zip = options.compression && !isLoopback(options.server.hostname);
  return {
    ...identity.headers,
    ...request.headers,
    'user-agent': 'plumbline',
    ...(zip ? { 'accept-encoding': 'gzip' } : {}),
  };
}

async function readBody(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const size = { bytes: 0 };
  for await (const piece of body) {
    size.bytes += piece.length;
    if (size.bytes > maxAnswerBytes) throw new Error('The answer is larger than 256 MB');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function plainHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function tlsKey(identity: Identity): string {
  const parts = [identity.ca ?? '', identity.cert ?? '', identity.key ?? ''];
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}

function release(dispatcher: Promise<Dispatcher> | undefined, how: 'close' | 'destroy'): void {
  const ended = dispatcher?.then((it) => (how === 'close' ? it.close() : it.destroy()));
  // Its requests have their own outcome; nobody waits for the sockets.
  ended?.catch(() => undefined);
}
