import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createLimiter } from '../base/limiter';
import { messageOf } from '../base/userError';
import type {
  FetchAnswer,
  FetchFailure,
  FetchProgress,
  FetchWant,
  FetchedChart,
  FetchedFile,
  FetchedRepository,
  Fetcher,
  GitFetcher,
} from '../model/fetch';
import type { Log } from '../model/ports';
import { failed } from './fetchFailure';
import { fetchRepository } from './fetchRepository';
import type { AskEngine, CommitParts, WireWant } from './fetchRepository';
import { loginState } from './loginFiles';

export interface FetcherOptions {
  readonly enginePath: string;
  /** Absolute folder of the cache, shared by all windows; made when it is first needed. */
  readonly cacheRoot: string;
  /** The user's own: logins, proxies, and the path of credential helpers. */
  readonly environment: Readonly<Record<string, string>>;
  /** What credential helpers find, where that is more than the environment. */
  readonly programs?: () => Promise<Readonly<Record<string, string>>>;
  /** Only a trusted workspace may have anything fetched. */
  readonly trusted: boolean;
  readonly log: Log;
  /** For commits of Git repositories; without it none is fetched. */
  readonly git?: GitFetcher;
  /** Of one run; the engine's usual limits where nothing is said. */
  readonly limits?: FetchLimits;
}

export interface FetchLimits {
  readonly timeLimitMs?: number;
  readonly idleLimitMs?: number;
  readonly maxIndexBytes?: number;
  readonly maxArchiveBytes?: number;
  readonly maxUnpackedBytes?: number;
  readonly maxFiles?: number;
  readonly maxFileBytes?: number;
  readonly maxRepositoryBytes?: number;
}

const PROCESSES = 2;
/** Exit code of the engine's memory watchdog. */
const MEMORY_EXIT_CODE = 70;
const GRACE_MS = 2_000;

/**
 * Charts and files by a process of the engine for each call: it ends with it, and closing its input
 * cancels it. What git fetches beside it is taken into the cache by such a process, too.
 */
export function createFetcher(options: FetcherOptions): Fetcher {
  const limiter = createLimiter(PROCESSES);
  const ask: AskEngine = (wanted, signal, progress) => {
    const request = { cacheRoot: options.cacheRoot, wanted };
    return limiter.run(() => run(options, { request, signal, progress }), { signal });
  };
  return {
    async fetch(wants, signal, progress) {
      if (wants.length === 0) return [];
      if (!options.trusted) return wants.map(() => failed('refused', UNTRUSTED));
      const unwritable = await makeFolder(options);
      if (unwritable !== undefined) return wants.map(() => unwritable);
      return await answers({ ...options, ask }, { wants, signal, progress });
    },
    logins: async () => loginState(await programsOf(options)),
    async trim(maxBytes, keep, signal) {
      if (!options.trusted || !existsSync(options.cacheRoot)) return;
      const { digests, repositories } = keep;
      const trim = { maxBytes, keep: digests, repositories };
      const request = { cacheRoot: options.cacheRoot, wanted: [], trim };
      await limiter.run(() => run(options, { request, signal }), { signal });
    },
  };
}

interface Asked {
  readonly wants: readonly FetchWant[];
  readonly signal: AbortSignal;
  readonly progress: ((progress: FetchProgress) => void) | undefined;
}

/** One process for all that the engine fetches, and git beside it; each by its place among the wishes. */
async function answers(
  parts: CommitParts & { readonly ask: AskEngine },
  { wants, signal, progress }: Asked,
): Promise<readonly FetchAnswer[]> {
  const others = wants.flatMap((want, index): readonly WireWant[] =>
    want.kind === 'git' ? [] : [{ ...want, id: String(index) }],
  );
  const byGit = wants.map(async (want, index) =>
    want.kind === 'git'
      ? await fetchRepository(parts, { want, index, signal, progress })
      : undefined,
  );
  const byEngine = others.length === 0 ? Promise.resolve([]) : parts.ask(others, signal, progress);
  const [engine, commits] = await Promise.all([byEngine, Promise.all(byGit)]);
  const byId = new Map(others.map(({ id }, at) => [Number(id), engine[at]]));
  return wants.map((_, index) => commits[index] ?? byId.get(index) ?? failed('refused', ENDED));
}

const ENDED = 'The fetch ended before it was done.';
const UNTRUSTED = 'Nothing is fetched for a workspace that is not trusted.';

interface Run {
  readonly request: { readonly wanted: readonly WireWant[] };
  readonly signal: AbortSignal;
  readonly progress?: ((progress: FetchProgress) => void) | undefined;
}

async function programsOf({
  environment,
  programs,
}: FetcherOptions): Promise<Readonly<Record<string, string>>> {
  return programs === undefined ? environment : await programs();
}

async function run(options: FetcherOptions, call: Run): Promise<readonly FetchAnswer[]> {
  call.signal.throwIfAborted();
  const environment = await programsOf(options);
  const answers = new Map<string, FetchAnswer>();
  // Nothing of a repository is where programs are looked for.
  const child = spawn(options.enginePath, ['fetch'], {
    cwd: options.cacheRoot,
    env: { ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const stop = stopOnAbort(child, call.signal);
  try {
    const ended = endOf(child, options.log);
    child.stdin.write(`${JSON.stringify({ ...call.request, limits: options.limits ?? {} })}\n`);
    await readMessages(child, answers, call.progress);
    const failure = await ended;
    call.signal.throwIfAborted();
    return call.request.wanted.map(({ id }) => answers.get(id) ?? failure);
  } finally {
    stop();
  }
}

async function makeFolder(options: FetcherOptions): Promise<FetchAnswer | undefined> {
  try {
    await mkdir(options.cacheRoot, { recursive: true, mode: 0o700 });
    return undefined;
  } catch (error) {
    options.log.warn(`chart cache: ${messageOf(error)}`);
    return failed('refused', 'The folder of the chart cache cannot be made.');
  }
}

/** Its end of input tells the process to give up; one that does not is killed. */
function stopOnAbort(child: ChildProcessWithoutNullStreams, signal: AbortSignal): () => void {
  const timers: NodeJS.Timeout[] = [];
  const cancel = (): void => {
    child.stdin.end();
    timers.push(setTimeout(() => child.kill('SIGKILL'), GRACE_MS));
  };
  signal.addEventListener('abort', cancel, { once: true });
  return () => {
    signal.removeEventListener('abort', cancel);
    timers.forEach(clearTimeout);
  };
}

/** Resolves once the process is gone, with what is the answer to whatever it left unanswered. */
function endOf(child: ChildProcessWithoutNullStreams, log: Log): Promise<FetchAnswer> {
  child.stdin.on('error', (error) => log.debug(`fetch input: ${error.message}`));
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => log.debug(`fetch: ${text.trimEnd()}`));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      log.error(`fetch: ${error.message}`);
      resolve(failed('refused', 'The engine cannot be started.'));
    });
    child.once('close', (code, signal) => {
      log.debug(`fetch ended: ${signal ?? String(code)}`);
      resolve(
        code === MEMORY_EXIT_CODE
          ? failed('tooLarge', 'What the server sent takes more memory than it may.')
          : failed('refused', ENDED),
      );
    });
  });
}

async function readMessages(
  child: ChildProcessWithoutNullStreams,
  answers: Map<string, FetchAnswer>,
  progress: Run['progress'],
): Promise<void> {
  for await (const line of createInterface({ input: child.stdout })) {
    const message = parse(line);
    if (message.event === 'result') answers.set(message.id, answerOf(message));
    if (message.event === 'progress') {
      progress?.({ index: Number(message.id), stage: message.stage, bytes: message.bytes });
    }
  }
}

interface WireResult {
  readonly event: 'result';
  readonly id: string;
  readonly charts: readonly FetchedChart[];
  readonly repositories?: readonly FetchedRepository[];
  readonly files?: readonly FetchedFile[];
  readonly tag?: string;
  /** `cancelled` besides those of the model: an abort throws before it is seen. */
  readonly failures: readonly FetchFailure[];
  readonly lockOutOfSync?: boolean;
}

type Message =
  | WireResult
  | {
      readonly event: 'progress';
      readonly id: string;
      readonly stage: FetchProgress['stage'];
      readonly bytes: number;
    }
  | { readonly event: 'end' | 'noise' };

/** The engine writes whole lines; the last one of a process that was killed may be half of one. */
function parse(line: string): Message {
  try {
    return JSON.parse(line) as Message;
  } catch {
    return { event: 'noise' };
  }
}

function answerOf({ charts, repositories, files, failures, ...rest }: WireResult): FetchAnswer {
  return {
    charts,
    ...(rest.tag === undefined ? {} : { tag: rest.tag }),
    ...(repositories === undefined ? {} : { repositories }),
    ...(files === undefined ? {} : { files }),
    failures,
    lockOutOfSync: rest.lockOutOfSync ?? false,
  };
}
