import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join, relative } from 'node:path';
import type { SimpleGitOptions } from 'simple-git';
import { isCancellation, messageOf } from '../base/userError';
import type { GitResult, Log } from '../model/ports';

export interface GitProcessOptions {
  /** The user's environment: git finds its home, its agents and its proxies in it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** An empty folder that stands in for `core.hooksPath` where no hook may run. */
  readonly emptyFolder: string;
  readonly log: Log;
}

export interface GitCommand {
  readonly root: string;
  readonly args: readonly string[];
  readonly signal: AbortSignal;
  /** Hooks run only for a push that the user asked for. */
  readonly hooks?: boolean;
  /** `key=value` beside the fences, which they may narrow. */
  readonly config?: readonly string[];
  /** Beside the user's environment; `GIT_*` names must be among `allowedVariables`. */
  readonly variables?: Readonly<Record<string, string>>;
}

export type RunGit = (command: GitCommand) => Promise<GitResult<string>>;

/** Where the calls of one piece of work run. */
export interface GitContext extends Pick<GitCommand, 'root' | 'signal'> {
  readonly run: RunGit;
}

const allowedVariables = [
  'GIT_INDEX_FILE',
  'GIT_TERMINAL_PROMPT',
  'GIT_CONFIG_COUNT',
  'GIT_CONFIG_KEY_0',
  'GIT_CONFIG_VALUE_0',
  'GIT_CONFIG_KEY_1',
  'GIT_CONFIG_VALUE_1',
  'GIT_OPTIONAL_LOCKS',
] as const;

const names = ['git', 'git.exe'];

/**
 * The absolute path of git from `PATH`, leaving out relative entries and those inside `root`: a
 * program in a repository is never the one that is run.
 */
export function findGit(path: string | undefined, root: string): string | undefined {
  const folders = (path ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const outside = folders.filter((folder) => {
    const below = relative(root, folder);
    return below.startsWith('..') || isAbsolute(below);
  });
  return outside
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((candidate) => existsSync(candidate));
}

/**
 * What a repository's own configuration must not do: run a file-system monitor, a hook or the `ext`
 * transport (robustness of `git status` in a prepared folder).
 */
function fences(options: GitProcessOptions, hooks: boolean): string[] {
  const config = ['core.fsmonitor=false', 'protocol.ext.allow=never'];
  return hooks ? config : [...config, `core.hooksPath=${options.emptyFolder}`];
}

/** For values of our own, which name a folder of our own and take away prompts and templates. */
const OWN_REPOSITORY = {
  allowUnsafeConfigPaths: true,
  allowUnsafeAskPass: true,
  allowUnsafeSshCommand: true,
  allowUnsafeTemplateDir: true,
} as const;

function settings(options: GitProcessOptions, command: GitCommand, binary: string) {
  return {
    baseDir: command.root,
    binary,
    config: [...fences(options, command.hooks === true), ...(command.config ?? [])],
    allowEnvironment: [...allowedVariables],
    abort: command.signal,
    trimmed: false,
    unsafe: {
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeCustomBinary: true,
      ...(command.config === undefined ? {} : OWN_REPOSITORY),
    },
  } satisfies Partial<SimpleGitOptions>;
}

/** No editor, pager or password window is ever opened, and git's own variables are set here only. */
function isGuarded(name: string): boolean {
  return /^(GIT_.*|EDITOR|VISUAL|PAGER|SSH_ASKPASS|PREFIX)$/i.test(name);
}

function environmentOf(options: GitProcessOptions, command: GitCommand): Record<string, string> {
  const kept = Object.entries(options.environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !isGuarded(entry[0]),
  );
  return { ...Object.fromEntries(kept), GIT_TERMINAL_PROMPT: '0', ...command.variables };
}

/**
 * One sentence of what git printed: the reason of a rejected push, else its last `fatal:` or
 * `error:` line, else the last line.
 */
export function gitMessage(text: string): string {
  const printed = text.split('\n').map((line) => line.trim());
  const lines = printed
    .map((line) => line.replace(/^(remote: )+/, ''))
    .filter((line) => line !== '' && !line.startsWith('hint:'));
  const fault = transportFault(lines) ?? lines.findLast(isFault) ?? lines.at(-1) ?? '';
  const message = rejectionOf(printed) ?? fault.replace(/^(fatal|error): /, '');
  return message.replace(/\/\/[^/@\s]+@/g, '//');
}

function isFault(line: string): boolean {
  return /^(fatal|error|!)/.test(line);
}

/** Of a connection that ended, the reason is what ssh or the server said before git's own sentence. */
function transportFault(lines: readonly string[]): string | undefined {
  const at = lines.findIndex((line) => line.includes('Could not read from remote repository'));
  return at < 1 ? undefined : lines.slice(0, at).findLast((line) => !isFault(line));
}

/** `[rejected] Not allowed to push to protected branch x (pre-receive hook declined)`. */
function rejectionOf(lines: readonly string[]): string | undefined {
  const rejected = lines.find((line) => /^! \[(remote )?rejected\]/.test(line));
  if (rejected === undefined) return undefined;
  const reason = /\(([^()]*)\)$/.exec(rejected)?.[1] ?? 'no reason was given';
  const said = saidByRemote(lines);
  return `[rejected] ${said === undefined ? reason : `${said} (${reason})`}`;
}

const PROGRESS = /^(Enumerating|Counting|Compressing|Resolving|Processed|Total|Create a )/;

/** The first error that the remote names, else its last line that is no progress. */
function saidByRemote(lines: readonly string[]): string | undefined {
  const said = lines
    .flatMap((line) => /^remote: *(.*)$/.exec(line)?.[1] ?? [])
    .map((line) => line.replaceAll(/\p{Cc}/gu, ' ').trim());
  const errors = said.flatMap((line) => /^error: *(.+)$/i.exec(line)?.[1] ?? []);
  const others = said.filter((line) => line !== '' && !PROGRESS.test(line) && line !== 'error:');
  return errors[0] ?? others.at(-1);
}

/** Runs git with prompts off and the fences above; a failure is a value, an abort is thrown. */
export function createGitRunner(options: GitProcessOptions): RunGit {
  return async (command) => {
    command.signal.throwIfAborted();
    const binary = findGit(options.environment['PATH'], command.root);
    if (binary === undefined) return { kind: 'failed', message: 'git is not on the PATH.' };
    const { simpleGit } = await import('simple-git');
    const git = simpleGit(settings(options, command, binary)).env(environmentOf(options, command));
    try {
      return { kind: 'ok', value: await git.raw([...command.args]) };
    } catch (error) {
      command.signal.throwIfAborted();
      if (isCancellation(error)) throw error;
      options.log.warn(`git ${command.args[0] ?? ''} failed: ${gitMessage(messageOf(error))}`);
      return { kind: 'failed', message: gitMessage(messageOf(error)) };
    }
  };
}
