import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestRepository } from './repository';
import { openRepository } from './repository';

/** Git's own server (git-http-backend) on loopback. */
export interface GitServer {
  readonly url: string;
  /** What was asked of it, as `GET /acme/base.git/info/refs`. */
  readonly asked: string[];
  /** A repository that is served at `/<name>`, with `main` at a first commit of these texts. */
  repository(name: string, texts: Readonly<Record<string, string>>): TestRepository;
  close(): void;
}

export interface GitServerOptions {
  /** Basic credentials that it asks for. */
  readonly login?: string;
  /** Answers before git does; true where it did. */
  readonly instead?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export async function serveGit(options: GitServerOptions = {}): Promise<GitServer> {
  const projects = mkdtempSync(join(tmpdir(), 'plumbline-projects-'));
  const backend = join(
    execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(),
    'git-http-backend',
  );
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${(request.url ?? '').split('?')[0] ?? ''}`);
    if (options.instead?.(request, response) === true) return;
    if (options.login !== undefined && !isLogin(request, options.login)) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
      return;
    }
    answer({ backend, projects, request, response });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    repository(name, texts) {
      const root = join(projects, name);
      execFileSync('git', ['init', '-q', '-b', 'main', root]);
      const repository = openRepository(root);
      for (const [path, text] of Object.entries(texts)) repository.write(path, text);
      repository.commit('first');
      return repository;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function isLogin({ headers }: IncomingMessage, login: string): boolean {
  return headers.authorization === `Basic ${Buffer.from(login).toString('base64')}`;
}

interface Call {
  readonly backend: string;
  readonly projects: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function answer({ backend, projects, request, response }: Call): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const child = spawn(backend, [], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: projects,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REQUEST_METHOD: request.method ?? 'GET',
      QUERY_STRING: query,
      PATH_INFO: decodeURIComponent(path),
      REMOTE_ADDR: '127.0.0.1',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => request.unpipe());
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => respond(Buffer.concat(chunks), response));
}

/** The headers of a CGI program, of which `Status` is the status. */
function respond(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf('\r\n\r\n');
  const headers = output
    .subarray(0, Math.max(end, 0))
    .toString()
    .split('\r\n')
    .map((line) => line.split(/: (.*)/s))
    .filter(([name]) => name !== undefined && name !== '');
  const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
  response.statusCode = Number.parseInt(status, 10);
  for (const [name = '', value = ''] of headers) {
    if (name !== 'Status') response.setHeader(name, value);
  }
  response.end(output.subarray(end + 4));
}
