import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { homedir, userInfo } from 'node:os';
import { basename, isAbsolute } from 'node:path';
import { messageOf } from '../base/userError';
import { recordAt } from '../model/fields';
import type { Log } from '../model/ports';

export type Environment = Readonly<Record<string, string>>;

/** What login programs, credential helpers among them, are started with. */
export interface LoginEnvironment {
  /** As far as it is known without asking anybody. */
  known(): Environment;
  /** With what the login shell exports, where this process has nothing of a shell; asked once. */
  whole(): Promise<Environment>;
  /** How a folder comes to PATH. */
  readonly advice?: string;
}

export interface LoginEnvironmentOptions {
  /** That of this process. */
  readonly environment: Environment;
  /** The user's own, added last; `null` takes one away, `${env:NAME}` stands for what was there before. */
  readonly variables: () => Readonly<Record<string, string | null>>;
  readonly log: Log;
  /** Absolute; by default that of the account. */
  readonly shell?: string;
  readonly timeLimitMs?: number;
}

/** As VS Code gives a shell that it asks the same of. */
const TIME_LIMIT_MS = 10_000;
const MOST_BYTES = 4 * 1024 * 1024;
/** Of the shell that was asked, and no matter of the programs. */
const OF_THE_SHELL = [
  'SHLVL',
  '_',
  'PWD',
  'OLDPWD',
  'ELECTRON_RUN_AS_NODE',
  'VSCODE_RESOLVING_ENVIRONMENT',
];

/**
 * VS Code starts extensions with the environment of the login shell, also on remote servers, but for
 * `--force-disable-user-env` (dev containers) and a shell that did not answer it (`shellEnv.ts`).
 */
export function createLoginEnvironment(options: LoginEnvironmentOptions): LoginEnvironment {
  const { environment, variables } = options;
  const state: { shell?: Environment; asking?: Promise<Environment> } = {};
  const known = (): Environment => added({ ...environment, ...state.shell }, variables());
  return {
    known,
    advice: 'the setting plumbline.environment can add to it',
    async whole() {
      if (isOfShell(environment)) return known();
      state.asking ??= askShell(options);
      state.shell = await state.asking;
      return known();
    },
  };
}

/** One that never changes. */
export function fixedEnvironment(environment: Environment): LoginEnvironment {
  return { known: () => environment, whole: () => Promise.resolve(environment) };
}

/** Every shell counts how deep it is; Windows has no login shell. */
function isOfShell(environment: Environment): boolean {
  return process.platform === 'win32' || environment['SHLVL'] !== undefined;
}

function added(
  environment: Environment,
  variables: Readonly<Record<string, string | null>>,
): Environment {
  const all: Record<string, string> = { ...environment };
  for (const [name, value] of Object.entries(variables)) {
    const before = nameIn(all, name);
    if (value === null) delete all[before];
    else
      all[before] = value.replaceAll(/\$\{env:([^}]+)\}/g, (_, other: string) =>
        valueOf(all, other),
      );
  }
  return all;
}

/** Windows takes `Path` and `PATH` for one. */
function nameIn(environment: Environment, name: string): string {
  if (process.platform !== 'win32') return name;
  return Object.keys(environment).find((one) => one.toUpperCase() === name.toUpperCase()) ?? name;
}

function valueOf(environment: Environment, name: string): string {
  return environment[nameIn(environment, name)] ?? '';
}

async function askShell(options: LoginEnvironmentOptions): Promise<Environment> {
  const shell = options.shell ?? shellOf(options.environment);
  const mark = randomUUID();
  const args = shellArguments(shell, `'${process.execPath}' -p '${printing(mark)}'`);
  if (args === undefined) return {};
  try {
    return exported(await outputOf({ ...options, shell, args }), mark);
  } catch (error) {
    // Programs then run with what this process has.
    options.log.warn(`the environment of ${basename(shell)}: ${messageOf(error)}`);
    return {};
  }
}

function shellOf(environment: Environment): string {
  const { SHELL = '' } = environment;
  return isAbsolute(SHELL) ? SHELL : (userInfo().shell ?? '');
}

const LOGIN = ['-i', '-l', '-c'];
/** Shells that take a command in single quotes; of others nothing is asked. */
const SHELLS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(['sh', 'bash', 'zsh', 'dash', 'ksh', 'fish'].map((one) => [one, LOGIN])),
  csh: ['-ic'],
  tcsh: ['-ic'],
};

function shellArguments(shell: string, command: string): readonly string[] | undefined {
  const flags = SHELLS[basename(shell)];
  return flags === undefined || process.execPath.includes("'") ? undefined : [...flags, command];
}

/** Whatever else a profile prints stays outside the marks. */
function printing(mark: string): string {
  return `"${mark}" + JSON.stringify(process.env) + "${mark}"`;
}

interface Question extends LoginEnvironmentOptions {
  readonly shell: string;
  readonly args: readonly string[];
}

function outputOf(question: Question): Promise<string> {
  const { environment, shell, args, timeLimitMs = TIME_LIMIT_MS } = question;
  return new Promise((resolve, reject) => {
    // Out of every workspace, and with no terminal to wait at. The variable is VS Code's, for profiles.
    const child = spawn(shell, [...args], {
      cwd: homedir(),
      env: { ...environment, ELECTRON_RUN_AS_NODE: '1', VSCODE_RESOLVING_ENVIRONMENT: '1' },
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    const out = { text: '' };
    const stop = (why: string): void => {
      endGroup(child.pid);
      reject(new Error(why));
    };
    const limit = setTimeout(
      () => stop(`no answer within ${Math.round(timeLimitMs / 1000)} s`),
      timeLimitMs,
    );
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out.text += text;
      if (out.text.length > MOST_BYTES) stop('it prints without an end');
    });
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(limit);
      resolve(out.text);
    });
  });
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: it ended by itself just now.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function exported(output: string, mark: string): Environment {
  const [, text] = output.split(mark);
  if (text === undefined) throw new Error('it did not answer');
  const entries = Object.entries(recordAt(JSON.parse(text)) ?? {});
  return Object.fromEntries(
    entries.filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === 'string' && !OF_THE_SHELL.includes(entry[0]),
    ),
  );
}
