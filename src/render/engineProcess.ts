import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type * as RpcModule from 'vscode-jsonrpc/node';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { messageOf } from '../base/userError';
import type { Log } from '../model/ports';
import type { EngineInfo, EngineMethod, ParamsOf, ResultOf } from './protocol';

/** Exit code of the engine's own memory watchdog. */
const MEMORY_EXIT_CODE = 70;
const START_LIMIT_MS = 20_000;

export interface EngineProcessOptions {
  readonly enginePath: string;
  readonly timeLimitMs: number;
  readonly memoryLimitBytes: number;
  /** Windows needs `SystemRoot` to start a program; everything else stays empty. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Log;
  /** Absolute folder of fetched charts. */
  readonly cacheRoot?: string;
}

/** One answer of the engine; `gone` when the process ended before it came. */
export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'gone'; readonly reason: string };

export interface EngineProcess {
  readonly info: EngineInfo;
  readonly pid: number;
  request<M extends EngineMethod>(
    method: M,
    params: ParamsOf<M>,
    signal?: AbortSignal,
  ): Promise<Answer<ResultOf<M>>>;
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<string>;
  alive(): boolean;
  kill(): void;
}

/** Starts the engine with an empty environment in its own folder; rejects when it cannot start. */
export async function startEngine(options: EngineProcessOptions): Promise<EngineProcess> {
  const child = spawn(options.enginePath, ['serve'], {
    cwd: dirname(options.enginePath),
    env: { ...options.environment, PATH: '' },
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const state = { ended: false };
  const ended = watchEnd(child, options.log).then((reason) => {
    state.ended = true;
    return reason;
  });
  // To start a process takes the thread some milliseconds, and so does the library.
  await nextTurn();
  const rpc = await import('vscode-jsonrpc/node');
  const connection = connect(rpc, child, options.log);
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  const request = requester(rpc, connection, ended);
  const info = await initialize({ request, kill, ended }, options);
  return { info, pid: child.pid ?? 0, request, ended, alive: () => !state.ended, kill };
}

type Rpc = typeof RpcModule;

function connect(rpc: Rpc, child: ChildProcessWithoutNullStreams, log: Log): MessageConnection {
  const connection = rpc.createMessageConnection(
    new rpc.StreamMessageReader(child.stdout),
    new rpc.StreamMessageWriter(child.stdin),
  );
  connection.onError(([error]) => log.debug(`engine connection: ${error.message}`));
  child.stdin.on('error', (error) => log.debug(`engine input: ${error.message}`));
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => log.debug(`engine: ${text.trimEnd()}`));
  connection.listen();
  return connection;
}

function watchEnd(child: ChildProcessWithoutNullStreams, log: Log): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      log.error(`engine: ${error.message}`);
      resolve('it cannot be started');
    });
    child.once('exit', (code, signal) => {
      log.debug(`engine ended: ${signal ?? String(code)}`);
      resolve(endReason(code));
    });
  });
}

function endReason(code: number | null): string {
  return code === MEMORY_EXIT_CODE ? 'it reached its memory limit' : 'it stopped';
}

type Request = EngineProcess['request'];

function requester(rpc: Rpc, connection: MessageConnection, ended: Promise<string>): Request {
  const refusal = refusalOf(rpc);
  const gone = ended.then((reason): Answer<never> => ({ kind: 'gone', reason }));
  return async <M extends EngineMethod>(
    method: M,
    params: ParamsOf<M>,
    signal?: AbortSignal,
  ): Promise<Answer<ResultOf<M>>> => {
    const source = new rpc.CancellationTokenSource();
    const cancel = (): void => source.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    // A closed connection throws at once instead of rejecting.
    const send = async (): Promise<ResultOf<M>> =>
      await connection.sendRequest<ResultOf<M>>(method, ...wireParams(rpc, params), source.token);
    const answered = send().then((value): Answer<ResultOf<M>> => ({ kind: 'ok', value }), refusal);
    try {
      return await Promise.race([answered, gone]);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  };
}

/** A list is sent as it is; by itself the library would wrap it into another one. */
function wireParams(rpc: Rpc, params: unknown): readonly unknown[] {
  return Array.isArray(params)
    ? [rpc.ParameterStructures.byPosition, ...(params as unknown[])]
    : [params];
}

/** An error answer is a panic or a malformed request; a broken pipe is followed by the end. */
function refusalOf(rpc: Rpc): (error: unknown) => Answer<never> {
  return (error) =>
    error instanceof rpc.ResponseError
      ? { kind: 'refused', message: error.message }
      : { kind: 'gone', reason: messageOf(error) };
}

async function initialize(
  process: Pick<EngineProcess, 'request' | 'kill' | 'ended'>,
  options: EngineProcessOptions,
): Promise<EngineInfo> {
  const { memoryLimitBytes, timeLimitMs, cacheRoot } = options;
  const cache = cacheRoot === undefined ? {} : { cacheRoot };
  const timer = setTimeout(process.kill, START_LIMIT_MS);
  try {
    const answer = await process.request('initialize', { memoryLimitBytes, timeLimitMs, ...cache });
    if (answer.kind === 'ok') return answer.value;
    process.kill();
    throw new Error(answer.kind === 'gone' ? answer.reason : answer.message);
  } finally {
    clearTimeout(timer);
  }
}
