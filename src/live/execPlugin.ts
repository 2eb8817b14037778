import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, dirname, extname, isAbsolute, resolve } from 'node:path';
import { messageOf } from '../base/userError';
import { definedFields, listAt, textAt, valueAt } from '../model/fields';
import type { ClusterEntry, ExecEntry } from './kubeconfig';
import type { Environment } from './loginEnvironment';
import { printable } from './printable';

const maxOutputBytes = 1024 * 1024;

export interface ExecCredential {
  readonly token?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Absent: valid until the server refuses it. */
  readonly expiresAtMs?: number;
}

export type ExecOutcome =
  | { readonly kind: 'ok'; readonly credential: ExecCredential }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * The absolute path of a plugin's program, by the rules of client-go: a command with a separator is
 * relative to the kubeconfig's folder, a bare name is looked up on PATH, never in the current folder.
 */
export async function resolveCommand(
  command: string,
  kubeconfigFile: string,
  environment: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  for (const path of candidatePaths(command, kubeconfigFile, environment)) {
    if (await isProgram(path)) return path;
  }
  return undefined;
}

/** One sentence: where a plugin was looked for. */
export function notFound(
  { command, installHint }: Pick<ExecEntry, 'command' | 'installHint'>,
  kubeconfigFile: string,
  { environment, advice }: { readonly environment: Environment; readonly advice?: string },
): string {
  const name = printable(command);
  const hint = installHint === undefined ? '' : ` ${printable(installHint).slice(0, 200)}`;
  if (hasSeparator(command)) {
    const path = resolve(dirname(resolve(kubeconfigFile)), command);
    return `The login plugin "${name}" is no program at ${printable(path)}.${hint}`;
  }
  const folders = printable(searchPath(environment).filter(isAbsolute).join(delimiter));
  const searched = folders === '' ? 'PATH is empty' : `PATH is ${folders}`;
  const more = advice === undefined ? '' : `; ${advice}`;
  return `The login plugin "${name}" was not found (${searched})${more}.${hint}`;
}

function hasSeparator(command: string): boolean {
  return command.includes('/') || (process.platform === 'win32' && command.includes('\\'));
}

function candidatePaths(
  command: string,
  kubeconfigFile: string,
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  if (command === '' || command.includes('\0')) return [];
  const folders = hasSeparator(command)
    ? [dirname(resolve(kubeconfigFile))]
    : searchPath(environment).filter(isAbsolute);
  return folders.flatMap((folder) => programNames(command).map((name) => resolve(folder, name)));
}

/** Runs the plugin without a terminal and without a shell. Never rejects. */
export async function runExecPlugin(input: {
  readonly exec: ExecEntry;
  readonly program: string;
  readonly cluster: ClusterEntry;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
  /** Ends the program and what it has started. */
  readonly signal?: AbortSignal;
}): Promise<ExecOutcome> {
  const { exec } = input;
  const name = printable(exec.command);
  if (exec.interactiveMode === 'Always') {
    return failed(`The login plugin "${name}" needs a terminal; log in there first.`);
  }
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(exec.provideClusterInfo ? { cluster: clusterInfo(input.cluster) } : {}),
    },
  };
  const run = await runProgram({
    program: input.program,
    args: exec.args,
    environment: { ...input.environment, ...exec.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    timeLimitMs: input.timeLimitMs,
    ...definedFields({ signal: input.signal }),
  });
  if (run.kind === 'failed') return failed(`The login plugin "${name}" ${run.reason}.`);
  return readCredential(run.stdout, exec, name);
}

function failed(message: string): ExecOutcome {
  return { kind: 'failed', message };
}

function readCredential(stdout: string, exec: ExecEntry, name: string): ExecOutcome {
  const answer = parseJson(stdout);
  if (textAt(answer, 'kind') !== 'ExecCredential') {
    return failed(`The login plugin "${name}" did not answer with an ExecCredential.`);
  }
  if (textAt(answer, 'apiVersion') !== exec.apiVersion) {
    return failed(
      `The login plugin "${name}" answered in another API version than the kubeconfig names.`,
    );
  }
  const credential = credentialOf(answer);
  return credential.token === undefined && credential.cert === undefined
    ? failed(`The login plugin "${name}" answered without a token or a certificate.`)
    : { kind: 'ok', credential };
}

function credentialOf(answer: unknown): ExecCredential {
  const cert = textAt(answer, 'status', 'clientCertificateData');
  const key = textAt(answer, 'status', 'clientKeyData');
  const expiresAtMs = Date.parse(textAt(answer, 'status', 'expirationTimestamp') ?? '');
  return {
    ...definedFields({ token: textAt(answer, 'status', 'token') }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
  };
}

/** `ExecCredential.spec.cluster`, client.authentication.k8s.io. */
function clusterInfo(cluster: ClusterEntry): Record<string, unknown> {
  const extension = listAt(cluster.raw, 'extensions').find(
    (item) => textAt(item, 'name') === 'client.authentication.k8s.io/exec',
  );
  return {
    server: cluster.server,
    'insecure-skip-tls-verify': cluster.insecure,
    ...definedFields({
      'tls-server-name': cluster.tlsServerName,
      'certificate-authority-data': cluster.caData,
      'proxy-url': cluster.proxyUrl,
      config: valueAt(extension, 'extension'),
    }),
  };
}

interface ProgramRequest {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
  readonly signal?: AbortSignal;
}

type ProgramRun =
  | { readonly kind: 'ok'; readonly stdout: string }
  | { readonly kind: 'failed'; readonly reason: string };

function runProgram(request: ProgramRequest): Promise<ProgramRun> {
  return new Promise((settle) => {
    const isWindows = process.platform === 'win32';
    // A group of its own, so that the time limit also ends what the plugin has started.
    const child = spawn(request.program, [...request.args], {
      env: { ...request.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: false,
      windowsHide: true,
      detached: !isWindows,
    });
    const out = { stdout: '', stderr: '', reason: '' };
    const stop = (reason: string): void => {
      out.reason ||= reason;
      killGroup(child.pid, isWindows);
    };
    const limit = setTimeout(
      () =>
        stop(
          `did not answer within ${Math.round(request.timeLimitMs / 1000)} s; log in with it in a terminal first`,
        ),
      request.timeLimitMs,
    );
    const onAbort = (): void => stop('was stopped');
    request.signal?.addEventListener('abort', onAbort, { once: true });
    if (request.signal?.aborted === true) onAbort();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out.stdout += text;
      if (out.stdout.length > maxOutputBytes) stop('wrote more than a credential');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      out.stderr = (out.stderr + text).slice(-4096);
    });
    child.once('error', (error) => {
      out.reason ||= `could not be started (${messageOf(error)})`;
    });
    child.once('close', (code) => {
      clearTimeout(limit);
      request.signal?.removeEventListener('abort', onAbort);
      const reason =
        out.reason !== '' ? out.reason : code === 0 ? '' : exitReason(code, out.stderr);
      settle(reason === '' ? { kind: 'ok', stdout: out.stdout } : { kind: 'failed', reason });
    });
  });
}

function killGroup(pid: number | undefined, isWindows: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill(isWindows ? pid : -pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: it ended by itself between the limit and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function exitReason(code: number | null, stderr: string): string {
  const lines = stderr.split('\n').map((line) => printable(line).trim());
  const last = lines.filter((line) => line !== '').at(-1);
  return last === undefined
    ? `ended with code ${code ?? 'none'}`
    : `failed: ${withoutTokens(last)}`;
}

/** Long unbroken runs are tokens or digests: nothing a user reads, and maybe a credential. */
function withoutTokens(text: string): string {
  return text
    .replace(/[A-Za-z0-9_\-.=+/]{40,}/g, '…')
    .slice(0, 300)
    .replace(/\.$/, '');
}

function searchPath(environment: Readonly<Record<string, string>>): readonly string[] {
  const key = Object.keys(environment).find((name) => name.toUpperCase() === 'PATH');
  return key === undefined ? [] : (environment[key] ?? '').split(delimiter);
}

/** On Windows only real programs: a `.cmd` or `.bat` would need a shell. */
function programNames(command: string): readonly string[] {
  if (process.platform !== 'win32' || extname(command) !== '') return [command];
  return [`${command}.exe`, `${command}.com`];
}

async function isProgram(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) return false;
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
