import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Disposable } from '../../base/dispose';
import type { Access, AccessRefusal } from '../../model/cluster';
import { listAt, textAt, valueAt } from '../../model/fields';
import type { ArgoRequest, ArgoServers, ArgoToken, Log } from '../../model/ports';
import { streamed } from './stream';
import { printable } from '../printable';
import { proxyFor } from '../proxy';
import { createRest } from '../rest';
import type { Rest } from '../rest';
import { createTransport } from '../transport';
import type { Transport } from '../transport';

export interface ArgoServersOptions {
  /** Where the `argocd` command line keeps its logins; the first that can be read counts. */
  readonly configFiles: readonly string[];
  /** YAML text as data; `undefined` for what is none. */
  readonly parse: (text: string) => unknown;
  readonly environment: Readonly<Record<string, string>>;
  /** Tokens that the user stored here, which go before other logins; absent where none can be. */
  readonly stored?: () => Promise<readonly ArgoToken[]>;
  readonly log: Log;
  readonly clock?: () => number;
}

interface Login {
  /** `argocd.example.com` or with a port, as the command line writes it. */
  readonly server: string;
  readonly token: string;
  readonly plainText: boolean;
  readonly insecure: boolean;
  readonly rootPath: string;
  /** An `sso` login came of a browser, and comes of one again. */
  readonly from: 'argocd' | 'sso' | 'stored';
}

const MAX_CONFIG_BYTES = 1 << 20;
const TIMEOUTS = { connectMs: 10_000, answerMs: 60_000 };

/**
 * Argo CD servers that the user has stored a token for, or the user's own `argocd` is logged in to
 * (`util/localconfig`). Both are only read, at each question, so that a new login counts at once; a
 * token goes to its own server only.
 */
export function createArgoServers(given: ArgoServersOptions): ArgoServers & Disposable {
  const options = { ...given, parse: parsedOnce(given.parse) };
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
    async known() {
      return [...new Set((await loginsOf(options)).map(({ server }) => server))];
    },
    async ask(server, request, signal) {
      const login = await loginTo(server, options);
      if ('kind' in login) return login;
      return await askServer(restOf(login), login, request, signal);
    },
    async stream(server, request, signal) {
      const login = await loginTo(server, options);
      if ('kind' in login) return login;
      return await openStream(restOf(login), login, request, signal);
    },
    async fingerprint() {
      const logins = JSON.stringify(await loginsOf(options));
      return createHash('sha256').update(logins).digest('hex');
    },
    dispose() {
      for (const transport of transports.splice(0)) transport.dispose();
      rests.clear();
    },
  };
}

/** The file is looked at every moment, and is nearly always the same. */
function parsedOnce(parse: ArgoServersOptions['parse']): ArgoServersOptions['parse'] {
  const last: { text?: string; value?: unknown } = {};
  return (text) => {
    if (last.text !== text) Object.assign(last, { value: parse(text), text });
    return last.value;
  };
}

/** A login that can still be one. */
async function loginTo(
  server: string,
  options: ArgoServersOptions,
): Promise<Login | AccessRefusal> {
  const logins = await loginsOf(options);
  const login = logins.find((one) => sameServer(one, server));
  if (login === undefined) return noLogin(server, options);
  const nowMs = (options.clock ?? Date.now)();
  return hasExpired(login.token, nowMs) ? again(login, 'has expired') : login;
}

const STORE = '"Plumbline: Store Argo CD Token…"';

function noLogin(server: string, { stored }: ArgoServersOptions): AccessRefusal {
  const more = stored === undefined ? '' : ` or ${STORE}`;
  const message = `Your argocd is not logged in to ${printable(server)}: run "argocd login ${printable(server)}"${more}.`;
  return { kind: 'unauthorised', message };
}

/**
 * Only the command line itself may renew the login of a browser (`pkg/apiclient`, `refreshAuthToken`):
 * a refresh token is good for one use, and the next one would have to be written into the user's file.
 */
function again(login: Login, why: string): AccessRefusal {
  const server = printable(login.server);
  if (login.from === 'stored') {
    const message = `Your stored token for the Argo CD at ${server} ${why}: run ${STORE}.`;
    return { kind: 'unauthorised', message };
  }
  const words = ['argocd', 'login', server, ...loginOptions(login)].join(' ');
  const message = `Your login of argocd to ${server} ${why}: run "${words}".`;
  const command = isTypeable(words) ? { command: words, canSignIn: true as const } : {};
  return { kind: 'unauthorised', message, ...command };
}

/** As the server was logged in to before. */
function loginOptions({ from, plainText, insecure, rootPath }: Login): readonly string[] {
  return [
    ...(from === 'sso' ? ['--sso'] : []),
    ...(plainText ? ['--plaintext'] : []),
    ...(insecure ? ['--insecure'] : []),
    ...(rootPath === '' ? [] : ['--grpc-web-root-path', rootPath.slice(1)]),
  ];
}

/** Nothing in it means anything to a shell. */
function isTypeable(words: string): boolean {
  return /^[\w .:/@[\]-]+$/.test(words);
}

/** `exp` of a JSON Web Token; what is none is left to the server to judge. */
function hasExpired(token: string, nowMs: number): boolean {
  const [, claims = ''] = token.split('.');
  try {
    const read = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as unknown;
    const seconds = valueAt(read, 'exp');
    return typeof seconds === 'number' && seconds * 1000 <= nowMs;
  } catch {
    return false;
  }
}

/** The port that the protocol has anyway may be written or not. */
function sameServer({ server, plainText }: Login, other: string): boolean {
  const bare = (host: string): string =>
    host.toLowerCase().replace(plainText ? /:80$/ : /:443$/, '');
  return bare(server) === bare(other);
}

async function askServer(
  rest: Rest,
  login: Login,
  { method, path, body, resource }: ArgoRequest,
  signal: AbortSignal,
): Promise<Access<unknown>> {
  const verb = resource === undefined ? 'ask' : method === 'GET' ? 'get' : 'sync';
  const subject = { verb, resource: resource ?? 'Argo CD', namespace: '', secret: false };
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await rest.send({ method, path, headers, subject, ...text }, signal);
  if (answer.kind === 'ok') return { kind: 'ok', value: answer.value.value };
  return refusedBy(login, answer);
}

async function openStream(
  rest: Rest,
  login: Login,
  { path }: Pick<ArgoRequest, 'path'>,
  signal: AbortSignal,
): Promise<Access<AsyncIterable<unknown>>> {
  const subject = { verb: 'watch', resource: 'applications', namespace: '', secret: false };
  const headers = { accept: 'application/json' };
  const answer = await rest.stream({ method: 'GET', path, headers, subject }, signal);
  if (answer.kind === 'refused') return refusedBy(login, answer.refusal);
  return { kind: 'ok', value: streamed(answer.body) };
}

function refusedBy(login: Login, refusal: AccessRefusal): AccessRefusal {
  if (refusal.kind === 'unauthorised') return again(login, 'is not accepted');
  return { ...refusal, message: refusal.message.replaceAll(login.token, '<token>') };
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

/**
 * What the user stored; the login that the environment gives, as for the command line itself, but for
 * its own server only; then those of the file.
 */
async function loginsOf(options: ArgoServersOptions): Promise<readonly Login[]> {
  return [
    ...((await options.stored?.()) ?? []).flatMap(storedLogin),
    ...environmentLogin(options.environment),
    ...loginsIn(await readConfig(options)),
  ];
}

function storedLogin(stored: ArgoToken): readonly Login[] {
  const isUsable = stored.token !== '' && isHost(stored.server, stored.rootPath);
  return isUsable ? [{ ...stored, insecure: false, from: 'stored' }] : [];
}

function environmentLogin(environment: ArgoServersOptions['environment']): readonly Login[] {
  const { ARGOCD_SERVER: server = '', ARGOCD_AUTH_TOKEN: token = '' } = environment;
  const words = (environment['ARGOCD_OPTS'] ?? '').split(/\s+/);
  const rootPath = rootPathOf(optionOf(words, '--grpc-web-root-path'));
  if (token === '' || !isHost(server, rootPath)) return [];
  const [plainText, insecure] = ['--plaintext', '--insecure'].map((name) => isOn(words, name));
  const how = { plainText: plainText === true, insecure: insecure === true };
  return [{ server, token, ...how, rootPath, from: 'argocd' }];
}

function isOn(words: readonly string[], name: string): boolean {
  return words.includes(name) || words.includes(`${name}=true`);
}

function optionOf(words: readonly string[], name: string): string {
  const at = words.findIndex((word) => word === name || word.startsWith(`${name}=`));
  return words[at]?.slice(name.length + 1) || (at < 0 ? '' : (words[at + 1] ?? ''));
}

async function readConfig({ configFiles, parse }: ArgoServersOptions): Promise<unknown> {
  for (const file of configFiles) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined && text.length <= MAX_CONFIG_BYTES) return parse(text);
  }
  return undefined;
}

/** Contexts of `core` mode talk to Kubernetes and have no server; the current one comes first. */
function loginsIn(config: unknown): readonly Login[] {
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
  const insecure = valueAt(entry, 'insecure') === true;
  return [{ server, token, plainText, insecure, rootPath, from: kindOf(known) }];
}

function kindOf(user: unknown): 'argocd' | 'sso' {
  return (textAt(user, 'refresh-token') ?? '') === '' ? 'argocd' : 'sso';
}

function rootPathOf(written: string): string {
  const bare = written.replace(/^\/+|\/+$/g, '');
  return bare === '' ? '' : `/${bare}`;
}

function isHost(server: string, rootPath: string): boolean {
  return /^[^\s/?#@]+$/.test(server) && URL.canParse(`https://${server}${rootPath}`);
}
