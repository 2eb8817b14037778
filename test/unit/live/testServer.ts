import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Cluster, Log } from '../../../src/model/ports';
import type { ServedKind } from '../../../src/model/cluster';
import type { ClustersOptions } from '../../../src/live/clusters';
import { createClusters } from '../../../src/live/clusters';

/** A request as a test server saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface TestServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  readonly connectionCount: () => number;
  close(): Promise<void>;
}

export type Answer = (request: Seen, response: ServerResponse, index: number) => void;

/** A real HTTP(S) server on loopback that answers by `answer` and keeps what it was asked. */
export async function startServer(answer: Answer, tls?: ServerOptions): Promise<TestServer> {
  const seen: Seen[] = [];
  const listener: RequestListener = (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const entry: Seen = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(pieces).toString('utf8'),
      };
      seen.push(entry);
      answer(entry, response, seen.length - 1);
    });
  };
  const server: Server =
    tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const sockets = new Set<Socket>();
  const count = { connections: 0 };
  server.on('connection', (socket: Socket) => {
    count.connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    seen,
    connectionCount: () => count.connections,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

export function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** A `Status` as kube-apiserver writes it. */
export function failure(
  status: number,
  reason: string,
  message: string,
  details: object = {},
): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code: status,
    reason,
    message,
    details,
  };
}

export function certificate(name: string): string {
  return readFileSync(join(import.meta.dirname, 'certificates', `${name}.pem`), 'utf8');
}

export function certificatePath(name: string): string {
  return join(import.meta.dirname, 'certificates', `${name}.pem`);
}

export interface TempFolder {
  readonly path: string;
  write(name: string, text: string, mode?: number): Promise<string>;
  remove(): Promise<void>;
}

export async function tempFolder(): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), 'plumbline-live-'));
  return {
    path,
    async write(name, text, mode) {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, mode === undefined ? {} : { mode });
      return file;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** A kubeconfig with one context `test`; JSON is YAML. */
export function kubeconfig(cluster: object, user: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
  });
}

export interface LogLines extends Log {
  readonly lines: readonly string[];
}

export function collectLog(): LogLines {
  const lines: string[] = [];
  const add = (message: string): void => void lines.push(message);
  return { lines, debug: add, info: add, warn: add, error: add };
}

export const never = new AbortController().signal;

/** Clusters over the given kubeconfig files with short limits and sleeps that are only recorded. */
export function clustersOf(
  files: readonly string[],
  options: Partial<ClustersOptions> = {},
): {
  readonly clusters: ReturnType<typeof createClusters>;
  readonly slept: number[];
  readonly log: LogLines;
} {
  const slept: number[] = [];
  const log = collectLog();
  const clusters = createClusters({
    kubeconfigFiles: files,
    workspaceFolders: [],
    environment: { PATH: process.env['PATH'] ?? '' },
    log,
    allowExec: () => false,
    timeouts: { connectMs: 20_000, answerMs: 20_000, execMs: 20_000 },
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
    ...options,
  });
  return { clusters, slept, log };
}

export async function connected(
  clusters: ReturnType<typeof createClusters>,
  file: string,
): Promise<Cluster> {
  const access = await clusters.connect({ file, name: 'test' });
  if (access.kind !== 'ok') throw new Error(access.message);
  return access.value;
}

export function servedKind(change: Partial<ServedKind> = {}): ServedKind {
  return {
    group: 'apps',
    version: 'v1',
    kind: 'Deployment',
    resource: 'deployments',
    namespaced: true,
    verbs: ['get', 'list', 'patch'],
    preferred: true,
    ...change,
  };
}

export const configMaps = servedKind({ group: '', kind: 'ConfigMap', resource: 'configmaps' });
export const secrets = servedKind({ group: '', kind: 'Secret', resource: 'secrets' });
export const deployments = servedKind();
