import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf } from '../base/userError';
import { definedFields } from '../model/fields';
import type { Access, AccessRefusal } from '../model/cluster';
import type { OidcLogin } from './clientNode';
import { createOidcLogin } from './clientNode';
import type { Consent } from './consent';
import type { ExecCredential } from './execPlugin';
import { notFound, resolveCommand, runExecPlugin } from './execPlugin';
import type { ClusterEntry, ExecEntry, Impersonation, UserEntry } from './kubeconfig';
import type { PluginPolicies } from './kuberc';
import type { LoginEnvironment } from './loginEnvironment';
import type { NamedFile } from './loginFiles';
import { decidingFiles, namedFiles, readsOutside } from './loginFiles';
import type { Logins, RunLogin, SharedLogin } from './logins';
import { EXPIRY_SKEW_MS } from './logins';
import { printable } from './printable';

/** What a request carries to say who asks. PEM texts; headers are complete. */
export interface Identity {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface Credentials {
  /** Reads files or runs the plugin when what is known is missing or expired; shared by all callers. */
  current(): Promise<Access<Identity>>;
  /** After a 401 of `used`: forgets it. True when another identity can be had. */
  renew(used: Identity): Promise<boolean>;
  /** A program gives the login, and can be run again by hand. */
  readonly byProgram: boolean;
  /** The server's certificate does not fit what was read: the next request reads the files anew. */
  outdate(): void;
  /** Why there is no other one than the server refused; `undefined` where that is not known. */
  failure: () => AccessRefusal | undefined;
  /** Runs the login program, with time for a person to answer it. */
  signIn(signal: AbortSignal): Promise<Access<Identity>>;
}

export interface CredentialsInput {
  readonly file: string;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
  /** What a login program is started with. */
  readonly programs: LoginEnvironment;
  readonly policies: PluginPolicies;
  readonly consent: Consent;
  readonly clock: () => number;
  /** Those of all contexts: contexts with the same login share it. */
  readonly logins: Logins;
}

/** Token files are rotated by whoever writes them; client-go reads them again each minute. */
const fileLifetimeMs = 60_000;

interface Held {
  readonly identity: Access<Identity>;
  readonly validUntilMs: number;
  /** The program's answer and where it came from, to be forgotten when the server refuses it. */
  readonly plugin?: PluginLogin;
}

interface PluginLogin {
  readonly shared: SharedLogin;
  readonly credential: ExecCredential;
}

export function createCredentials(input: CredentialsInput): Credentials {
  const oidc = input.user.oidc === undefined ? undefined : createOidcLogin(input.user.oidc);
  const state: { held?: Held; loading?: Promise<Held>; failure?: AccessRefusal | undefined } = {};

  const load = (signIn?: AbortSignal): Promise<Held> => {
    if (signIn !== undefined) return loadIdentity(input, { oidc, signIn });
    state.loading ??= loadIdentity(input, { oidc }).finally(() => {
      delete state.loading;
    });
    return state.loading;
  };
  const keep = (loaded: Held): Access<Identity> => {
    if (loaded.identity.kind === 'ok') state.held = loaded;
    else delete state.held;
    return loaded.identity;
  };
  const current = async (): Promise<Access<Identity>> => {
    const held = state.held;
    if (held !== undefined && held.validUntilMs > input.clock()) return held.identity;
    return keep(await load());
  };
  const forget = (): void => {
    const plugin = state.held?.plugin;
    plugin?.shared.forget(plugin.credential);
    delete state.held;
  };
  return {
    byProgram: input.user.exec !== undefined,
    current,
    async renew(used) {
      const held = state.held?.identity;
      // Another request has renewed it already.
      if (held?.kind === 'ok' && held.value !== used) return true;
      forget();
      const next = await current();
      state.failure = next.kind === 'ok' ? expired(next.value, input.clock()) : next;
      return next.kind === 'ok' && JSON.stringify(next.value) !== JSON.stringify(used);
    },
    outdate() {
      if (state.held?.plugin === undefined) delete state.held;
    },
    failure: () => state.failure,
    signIn: async (signal) => keep(await load(signal)),
  };
}

/** API servers answer 401 to a client whose certificate is no longer valid, and do not say why. */
function expired({ cert }: Identity, nowMs: number): AccessRefusal | undefined {
  const until = cert === undefined ? undefined : validUntil(cert);
  if (until === undefined || until.getTime() > nowMs) return undefined;
  const day = until.toISOString().slice(0, 10);
  return refused(`The client certificate of the kubeconfig expired on ${day}.`);
}

function validUntil(pem: string): Date | undefined {
  try {
    return new Date(new X509Certificate(pem).validTo);
  } catch {
    // No certificate: the connection has told so already.
    return undefined;
  }
}

interface How {
  readonly oidc: OidcLogin | undefined;
  /** Of a person who asked for it: the program is run. */
  readonly signIn?: AbortSignal;
}

async function loadIdentity(input: CredentialsInput, how: How): Promise<Held> {
  const files = await readFiles(input);
  if (files.kind !== 'ok') return { identity: files, validUntilMs: 0 };
  const login = await logIn(input, files.value, how);
  if (login.kind !== 'ok') return { identity: login, validUntilMs: 0 };
  const { ca, cert, key } = files.value;
  const identity: Identity = {
    headers: { ...login.value.headers, ...impersonationHeaders(input.user.impersonate) },
    ...definedFields({ ca, cert: login.value.cert ?? cert, key: login.value.key ?? key }),
  };
  const { validUntilMs, plugin } = login.value;
  return { identity: { kind: 'ok', value: identity }, validUntilMs, ...definedFields({ plugin }) };
}

interface FileTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

interface Login {
  readonly headers: Readonly<Record<string, string>>;
  readonly cert?: string;
  readonly key?: string;
  readonly validUntilMs: number;
  readonly plugin?: PluginLogin;
}

/**
 * A kubeconfig inside the workspace may be somebody else's: a file it names outside would be read and
 * sent to a server of its choice, so that needs the same consent as running its plugin.
 */
async function readFiles(input: CredentialsInput): Promise<Access<FileTexts>> {
  const found: Partial<Record<NamedFile['field'], string>> = {};
  const outside = await readsOutside(input, input.consent);
  if (outside.length > 0 && !(await input.consent.isAllowed(input.file))) {
    return withoutConsent(
      `The kubeconfig ${basename(input.file)} lies in the workspace and names files outside; it needs your consent first.`,
    );
  }
  for (const { field, data, path } of namedFiles(input)) {
    if (data !== undefined) {
      found[field] = Buffer.from(data, 'base64').toString('utf8');
    } else if (path !== undefined) {
      const text = await readFile(path, 'utf8').catch(() => undefined);
      if (text === undefined)
        return refused(`The kubeconfig names ${basename(path)}, which cannot be read.`);
      found[field] = text;
    }
  }
  return { kind: 'ok', value: found };
}

async function logIn(
  input: CredentialsInput,
  files: FileTexts,
  { oidc, signIn }: How,
): Promise<Access<Login>> {
  const { exec } = input.user;
  const validUntilMs = input.clock() + fileLifetimeMs;
  const written = writtenLogin(input.user, files, validUntilMs);
  if (written !== undefined) return written;
  if (exec !== undefined) return logInByPlugin(input, exec, signIn);
  if (oidc !== undefined) return logInByOidc(oidc, validUntilMs);
  return ok({ headers: {}, validUntilMs });
}

/** A token or a password in the kubeconfig or in a file that it names; a file wins, as in client-go. */
function writtenLogin(
  user: UserEntry,
  files: FileTexts,
  validUntilMs: number,
): Access<Login> | undefined {
  const token = files.token?.trim() ?? user.token ?? '';
  if (token !== '') return bearer(token, validUntilMs);
  if (user.username === undefined) return undefined;
  const pair = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
  return ok({ headers: { authorization: `Basic ${pair}` }, validUntilMs });
}

async function logInByPlugin(
  input: CredentialsInput,
  exec: ExecEntry,
  signIn: AbortSignal | undefined,
): Promise<Access<Login>> {
  const name = printable(exec.command);
  const environment = await input.programs.whole();
  const program = await resolveCommand(exec.command, input.file, environment);
  if (program === undefined)
    return refused(notFound(exec, input.file, { ...input.programs, environment }));
  const denied = await input.policies.refusal({ command: exec.command, program }, environment);
  if (denied !== undefined) return refused(denied);
  for (const file of await decidingFiles({ file: input.file, exec, program }, input.consent)) {
    if (!(await input.consent.isAllowed(file))) {
      return withoutConsent(
        `${basename(file)} lies in the workspace and would run "${name}" to log in; it needs your consent first.`,
      );
    }
  }
  const run: RunLogin = (timeLimitMs, signal) =>
    runExecPlugin({
      exec,
      program,
      cluster: input.cluster,
      environment,
      timeLimitMs,
      ...definedFields({ signal }),
    });
  const shared = input.logins.of(loginKey(input.file, input.cluster, exec), program);
  const outcome =
    signIn === undefined ? await shared.credential(run) : await shared.signIn(run, signIn);
  if (outcome.kind === 'ok') return ok(loginOf({ shared, credential: outcome.credential }));
  // Without a terminal such a program is never run.
  const canSignIn = exec.interactiveMode !== 'Always';
  return { ...refused(outcome.message), ...(canSignIn && { canSignIn }) };
}

/** What decides the answer of a program (client-go `plugin/pkg/client/auth/exec`, `cacheKey`), and its file. */
export function loginKey(file: string, cluster: ClusterEntry, exec: ExecEntry): string {
  return JSON.stringify([file, exec, exec.provideClusterInfo ? cluster : '']);
}

function loginOf(plugin: PluginLogin): Login {
  const { token, cert, key, expiresAtMs } = plugin.credential;
  return {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...definedFields({ cert, key }),
    validUntilMs:
      expiresAtMs === undefined ? Number.POSITIVE_INFINITY : expiresAtMs - EXPIRY_SKEW_MS,
    plugin,
  };
}

async function logInByOidc(oidc: OidcLogin, validUntilMs: number): Promise<Access<Login>> {
  try {
    const authorization = await oidc();
    if (authorization !== undefined) return ok({ headers: { authorization }, validUntilMs });
  } catch (error) {
    return refused(
      `The OpenID Connect login failed: ${printable(messageOf(error)).slice(0, 200)}.`,
    );
  }
  return refused(
    'The OpenID Connect token has expired and cannot be renewed; log in again in a terminal.',
  );
}

function bearer(token: string, validUntilMs: number): Access<Login> {
  // A header with a line break would be another header.
  if (/[^\x21-\x7e]/.test(token))
    return refused('The token of the kubeconfig is not a valid bearer token.');
  return ok({ headers: { authorization: `Bearer ${token}` }, validUntilMs });
}

function impersonationHeaders(
  impersonate: Impersonation | undefined,
): Record<string, string | string[]> {
  if (impersonate === undefined) return {};
  const extra = Object.entries(impersonate.extra).map(([key, values]) => [
    `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`,
    [...values],
  ]);
  return {
    ...(impersonate.user === undefined ? {} : { 'impersonate-user': impersonate.user }),
    ...(impersonate.uid === undefined ? {} : { 'impersonate-uid': impersonate.uid }),
    ...(impersonate.groups.length === 0 ? {} : { 'impersonate-group': [...impersonate.groups] }),
    ...(Object.fromEntries(extra) as Record<string, string[]>),
  };
}

function ok<T>(value: T): Access<T> {
  return { kind: 'ok', value };
}

function withoutConsent(message: string): AccessRefusal {
  return { kind: 'unauthorised', message, needsConsent: true };
}

function refused(message: string): Extract<AccessRefusal, { kind: 'unauthorised' }> {
  return { kind: 'unauthorised', message };
}
