import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { LoginConsent } from '../model/cluster';
import type { Consent } from './consent';
import { resolveCommand } from './execPlugin';
import type { ClusterEntry, ExecEntry, UserEntry } from './kubeconfig';

export interface Login {
  /** The kubeconfig. */
  readonly file: string;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
  readonly environment: Readonly<Record<string, string>>;
}

export interface NamedFile {
  readonly field: 'ca' | 'cert' | 'key' | 'token';
  /** Base64; wins over the file, as in client-go. */
  readonly data: string | undefined;
  /** Absolute. */
  readonly path: string | undefined;
}

/** What a context gives in the kubeconfig itself or in files beside it. */
export function namedFiles({ file, cluster, user }: Omit<Login, 'environment'>): NamedFile[] {
  const folder = dirname(resolve(file));
  const named = (
    field: NamedFile['field'],
    data: string | undefined,
    path: string | undefined,
  ): NamedFile => ({ field, data, path: path === undefined ? undefined : resolve(folder, path) });
  return [
    named('ca', cluster.caData, cluster.caFile),
    named('cert', user.certData, user.certFile),
    named('key', user.keyData, user.keyFile),
    named('token', undefined, user.tokenFile),
  ];
}

/**
 * The files of the workspace that decide what a program does: the kubeconfig by its arguments, the
 * program by its content, and scripts that are given to an interpreter.
 */
export async function decidingFiles(
  { file, exec, program }: Run,
  consent: Consent,
): Promise<readonly string[]> {
  const scripts = await keep(
    exec.args.map((arg) => resolve(arg)),
    isFile,
  );
  return keep([...new Set([file, program, ...scripts])], (one) => consent.isInsideWorkspace(one));
}

/** Files outside that a kubeconfig of the workspace names: a server of its choice would get them. */
export async function readsOutside(
  login: Omit<Login, 'environment'>,
  consent: Consent,
): Promise<readonly string[]> {
  if (!(await consent.isInsideWorkspace(login.file))) return [];
  const paths = namedFiles(login).flatMap(({ data, path }) =>
    data === undefined && path !== undefined ? [path] : [],
  );
  return keep(paths, async (path) => !(await consent.isInsideWorkspace(path)));
}

/** What has to be asked before this login; `undefined` where the workspace has no part in it. */
export async function consentNeeded(
  login: Login,
  consent: Consent,
): Promise<LoginConsent | undefined> {
  const reads = await readsOutside(login, consent);
  const run = await programOf(login);
  const deciding = run === undefined ? [] : await decidingFiles(run, consent);
  const files = new Set([...(reads.length > 0 ? [login.file] : []), ...deciding]);
  if (files.size === 0) return undefined;
  const isAsked = run !== undefined && deciding.length > 0;
  return {
    files: [...files],
    args: run?.exec.args ?? [],
    reads,
    ...(isAsked && { program: run.program }),
  };
}

interface Run {
  /** The kubeconfig. */
  readonly file: string;
  readonly exec: ExecEntry;
  /** Absolute. */
  readonly program: string;
}

async function programOf({ file, user, environment }: Login): Promise<Run | undefined> {
  const { exec } = user;
  const program = exec && (await resolveCommand(exec.command, file, environment));
  return exec === undefined || program === undefined ? undefined : { file, exec, program };
}

async function keep(
  items: readonly string[],
  test: (item: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const kept = await Promise.all(items.map(test));
  return items.filter((_, index) => kept[index]);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
