import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf } from '../base/userError';
import { definedFields } from '../model/fields';
import type { Access, AccessRefusal } from '../model/cluster';
import type { OidcLogin } from './clientNode';
import { createOidcLogin } from './clientNode';
import type { Consent } from './consent';
import type { ExecCredential } from './execPlugin';
import { resolveCommand, runExecPlugin } from './execPlugin';
import type { ClusterEntry, ExecEntry, Impersonation, UserEntry } from './kubeconfig';
import type { NamedFile } from './loginFiles';
import { decidingFiles, namedFiles, readsOutside } from './loginFiles';
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
}

export interface CredentialsInput {
  readonly file: string;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
  readonly environment: Readonly<Record<string, string>>;
  readonly consent: Consent;
  readonly clock: () => number;
  readonly execTimeLimitMs: number;
}

/** Token files are rotated by whoever writes them; client-go reads them again each minute. */
const fileLifetimeMs = 60_000;
/** A token that ends within this time would end under way. */
const expirySkewMs = 10_000;

interface Held {
  readonly identity: Access<Identity>;
  readonly validUntilMs: number;
}

export function createCredentials(input: CredentialsInput): Credentials {
  const oidc = input.user.oidc === undefined ? undefined : createOidcLogin(input.user.oidc);
  const state: { held?: Held; loading?: Promise<Held> } = {};

  const load = (): Promise<Held> => {
    state.loading ??= loadIdentity(input, oidc).finally(() => {
      delete state.loading;
    });
    return state.loading;
  };
  const current = async (): Promise<Access<Identity>> => {
    const held = state.held;
    if (held !== undefined && held.validUntilMs > input.clock()) return held.identity;
    const loaded = await load();
    if (loaded.identity.kind === 'ok') state.held = loaded;
    return loaded.identity;
  };
  return {
    current,
    async renew(used) {
      const held = state.held?.identity;
      // Another request has renewed it already.
      if (held?.kind === 'ok' && held.value !== used) return true;
      delete state.held;
      const next = await current();
      return next.kind === 'ok' && JSON.stringify(next.value) !== JSON.stringify(used);
    },
  };
}

async function loadIdentity(input: CredentialsInput, oidc: OidcLogin | undefined): Promise<Held> {
  const files = await readFiles(input);
  if (files.kind !== 'ok') return { identity: files, validUntilMs: 0 };
  const login = await logIn(input, files.value, oidc);
  if (login.kind !== 'ok') return { identity: login, validUntilMs: 0 };
  const { ca, cert, key } = files.value;
  const identity: Identity = {
    headers: { ...login.value.headers, ...impersonationHeaders(input.user.impersonate) },
    ...definedFields({ ca, cert: login.value.cert ?? cert, key: login.value.key ?? key }),
  };
  return { identity: { kind: 'ok', value: identity }, validUntilMs: login.value.validUntilMs };
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
  oidc: OidcLogin | undefined,
): Promise<Access<Login>> {
  const { exec } = input.user;
  const validUntilMs = input.clock() + fileLifetimeMs;
  const written = writtenLogin(input.user, files, validUntilMs);
  if (written !== undefined) return written;
  if (exec !== undefined) return logInByPlugin(input, exec);
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

async function logInByPlugin(input: CredentialsInput, exec: ExecEntry): Promise<Access<Login>> {
  const name = printable(exec.command);
  const program = await resolveCommand(exec.command, input.file, input.environment);
  if (program === undefined) {
    const hint =
      exec.installHint === undefined ? '' : ` ${printable(exec.installHint).slice(0, 200)}`;
    return refused(`The login plugin "${name}" is not installed.${hint}`);
  }
  for (const file of await decidingFiles({ file: input.file, exec, program }, input.consent)) {
    if (!(await input.consent.isAllowed(file))) {
      return withoutConsent(
        `${basename(file)} lies in the workspace and would run "${name}" to log in; it needs your consent first.`,
      );
    }
  }
  const run = await runExecPlugin({
    exec,
    program,
    cluster: input.cluster,
    environment: input.environment,
    timeLimitMs: input.execTimeLimitMs,
  });
  return run.kind === 'ok' ? ok(loginOf(run.credential)) : refused(run.message);
}

function loginOf(credential: ExecCredential): Login {
  const { token, cert, key, expiresAtMs } = credential;
  return {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...definedFields({ cert, key }),
    validUntilMs: expiresAtMs === undefined ? Number.POSITIVE_INFINITY : expiresAtMs - expirySkewMs,
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

function refused(message: string): AccessRefusal {
  return { kind: 'unauthorised', message };
}
