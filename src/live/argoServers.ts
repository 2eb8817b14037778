import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Disposable } from '../base/dispose';
import type { Access } from '../model/cluster';
import { listAt, textAt, valueAt } from '../model/fields';
import type { ArgoRequest, ArgoServers, Log } from '../model/ports';
import { printable } from './printable';
import { proxyFor } from './proxy';
import { createRest } from './rest';
import type { Rest } from './rest';
import { createTransport } from './transport';
import type { Transport } from './transport';

export interface ArgoServersOptions {
  /** Where the `argocd` command line keeps its logins; the first that can be read counts. */
  readonly configFiles: readonly string[];
  /** YAML text as data; `undefined` for what is none. */
  readonly parse: (text: string) => unknown;
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Log;
}

interface Login {
  /** `argocd.example.com` or with a port, as the command line writes it. */
  readonly server: string;
  readonly token: string;
  readonly plainText: boolean;
  readonly insecure: boolean;
  readonly rootPath: string;
}

const MAX_CONFIG_BYTES = 1 << 20;
const TIMEOUTS = { connectMs: 10_000, answerMs: 60_000 };

/**
 * Argo CD servers that the user's own `argocd` is logged in to (`util/localconfig`). The file is only
 * read, at each question, so that a new login counts at once; a token goes to its own server only.
 */
export function createArgoServers(options: ArgoServersOptions): ArgoServers & Disposable {
  const transports: Transport[] = [];
  const rests = new Map<string, Rest>();
  const restOf = (login: Login): Rest => {
    const key = JSON.stringify(login);
    const known = rests.get(key);
    if (known !== undefined) return known;
    const opened = open(login, options);
    transports.push(opened.transport);
    rests.set(key, opened.rest);
    return opened.rest;
  };
  return {
    async ask(server, request, signal) {
      const login = await loginTo(server, options);
      if (login === undefined) return noLogin(server);
      return await askServer(restOf(login), login, request, signal);
    },
    dispose() {
      for (const transport of transports.splice(0)) transport.dispose();
      rests.clear();
    },
  };
}

function noLogin(server: string): Access<never> {
  const message = `Your argocd is not logged in to ${printable(server)}: run "argocd login ${printable(server)}".`;
  return { kind: 'unauthorised', message };
}

async function askServer(
  rest: Rest,
  login: Login,
  { method, path, body }: ArgoRequest,
  signal: AbortSignal,
): Promise<Access<unknown>> {
  const subject = { verb: 'ask', resource: 'Argo CD', namespace: '', secret: false };
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await rest.send({ method, path, headers, subject, ...text }, signal);
  if (answer.kind === 'ok') return { kind: 'ok', value: answer.value.value };
  if (answer.kind === 'unauthorised') return noLogin(login.server);
  return answer;
}

function open(
  login: Login,
  options: ArgoServersOptions,
): { readonly rest: Rest; readonly transport: Transport } {
  const { server: host, plainText, insecure, rootPath, token } = login;
  const server = new URL(`${plainText ? 'http' : 'https'}://${host}${rootPath}`);
  const proxy = proxyFor(server, undefined, options.environment);
  const transport = createTransport({
    server,
    insecure,
    compression: true,
    connections: 4,
    timeouts: TIMEOUTS,
    ...(proxy === undefined ? {} : { proxy }),
  });
  const identity = { headers: { authorization: `Bearer ${token}` } };
  const rest = createRest({
    server,
    transport,
    credentials: {
      current: () => Promise.resolve({ kind: 'ok', value: identity }),
      renew: () => Promise.resolve(false),
    },
    log: options.log,
    maxParallel: 4,
    clock: Date.now,
    sleep: async (ms, signal) => {
      await delay(ms, undefined, { signal });
    },
  });
  return { rest, transport };
}

async function loginTo(server: string, options: ArgoServersOptions): Promise<Login | undefined> {
  const config = await readConfig(options);
  return loginsOf(config).find((login) => login.server === server);
}

async function readConfig({ configFiles, parse }: ArgoServersOptions): Promise<unknown> {
  for (const file of configFiles) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined && text.length <= MAX_CONFIG_BYTES) return parse(text);
  }
  return undefined;
}

/** Contexts of `core` mode talk to Kubernetes and have no server; the current one comes first. */
function loginsOf(config: unknown): readonly Login[] {
  const current = textAt(config, 'current-context');
  const contexts = [...listAt(config, 'contexts')].sort(
    (a, b) => Number(textAt(b, 'name') === current) - Number(textAt(a, 'name') === current),
  );
  return contexts.flatMap((context) => loginOf(config, context));
}

function loginOf(config: unknown, context: unknown): readonly Login[] {
  const server = textAt(context, 'server') ?? '';
  const user = textAt(context, 'user');
  const entry = listAt(config, 'servers').find((one) => textAt(one, 'server') === server);
  const known = listAt(config, 'users').find((one) => textAt(one, 'name') === user);
  const token = textAt(known, 'auth-token') ?? '';
  const plainText = valueAt(entry, 'plain-text') === true;
  const rootPath = rootPathOf(textAt(entry, 'grpc-web-root-path') ?? '');
  if (token === '' || valueAt(entry, 'core') === true || !isHost(server, rootPath)) return [];
  return [{ server, token, plainText, insecure: valueAt(entry, 'insecure') === true, rootPath }];
}

function rootPathOf(written: string): string {
  const bare = written.replace(/^\/+|\/+$/g, '');
  return bare === '' ? '' : `/${bare}`;
}

function isHost(server: string, rootPath: string): boolean {
  return /^[^\s/?#@]+$/.test(server) && URL.canParse(`https://${server}${rootPath}`);
}
