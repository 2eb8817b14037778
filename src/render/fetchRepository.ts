import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type {
  FetchAnswer,
  FetchFailure,
  FetchProgress,
  FetchWant,
  GitCheckout,
  GitFetcher,
} from '../model/fetch';
import type { FetchLimits } from './fetch';
import { failed } from './fetchFailure';
import { fetchSubmodules } from './fetchSubmodules';

/** A wish as the engine reads it. What git fetched is told with the name of its folder. */
export type WireWant = { readonly id: string } & (
  Exclude<FetchWant, { kind: 'git' }> | { readonly git: WireGit }
);

interface WireGit {
  readonly url: string;
  readonly ref: string;
  readonly commit?: string;
  readonly pending?: string;
  readonly tags?: readonly string[];
  readonly submodules?: boolean;
}

/** Asks one process of the engine; answers in the order of the wishes. */
export type AskEngine = (
  wanted: readonly WireWant[],
  signal: AbortSignal,
  progress?: (progress: FetchProgress) => void,
) => Promise<readonly FetchAnswer[]>;

export interface CommitParts {
  readonly cacheRoot: string;
  readonly git?: GitFetcher;
  readonly limits?: FetchLimits;
}

export interface CommitCall {
  readonly want: Extract<FetchWant, { kind: 'git' }>;
  readonly index: number;
  readonly signal: AbortSignal;
  readonly progress: ((progress: FetchProgress) => void) | undefined;
}

const MAX_REPOSITORY_BYTES = 512 * 1024 ** 2;

type Parts = CommitParts & { readonly ask: AskEngine };

/** A commit, and with it the submodules that are wanted. */
export async function fetchRepository(parts: Parts, call: CommitCall): Promise<FetchAnswer> {
  const answer = await fetchCommit(parts, call);
  const { want } = call;
  if (want.submodules !== true || answer.failures.length > 0) return answer;
  const fetch = (url: string, ref: string): Promise<FetchAnswer> =>
    fetchCommit(parts, { ...call, want: { kind: 'git', url, ref, submodules: true } });
  return await fetchSubmodules({ url: want.url, answer, fetch });
}

/**
 * Lets git fetch a commit into a folder of its own among what is pending, which the engine then looks
 * at and moves to its place. A server that does not answer leaves what the ref meant before.
 */
async function fetchCommit(parts: Parts, call: CommitCall): Promise<FetchAnswer> {
  const { git, cacheRoot, ask } = parts;
  if (git === undefined) return failed('refused', 'No git is at hand to fetch it with.');
  const { want, index, signal } = call;
  const folder = await pendingFolder(cacheRoot);
  const tell: Tell = async (more) => {
    const { url, ref, submodules } = want;
    const git = { url, ref, ...(submodules === undefined ? {} : { submodules }), ...more };
    const [answer] = await ask([{ id: String(index), git }], signal);
    return answer ?? failed('refused', 'The engine did not answer.');
  };
  try {
    return await fetchInto(folder, { git, limits: parts.limits ?? {}, call, tell });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Tell = (more: Partial<WireGit>) => Promise<FetchAnswer>;

interface Fetching {
  readonly git: GitFetcher;
  readonly limits: FetchLimits;
  readonly call: CommitCall;
  readonly tell: Tell;
}

async function fetchInto(
  folder: string,
  { git, limits, call, tell }: Fetching,
): Promise<FetchAnswer> {
  const { want, index, signal, progress } = call;
  const { maxRepositoryBytes: maxBytes = MAX_REPOSITORY_BYTES, timeLimitMs } = limits;
  const known: FetchAnswer[] = [];
  const request: GitCheckout = {
    ...want,
    folder,
    maxBytes,
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    chooseTag: async (tags) => (await tell({ tags })).tag,
    isKnown: async (commit) => {
      const answer = await tell({ commit });
      if (answer.failures.length === 0) known.push(answer);
      return known.length > 0;
    },
    onProgress: (bytes) => progress?.({ index, stage: 'repository', bytes }),
  };
  const got = await git.fetch(request, signal);
  if (got.kind === 'failed') return await orOlder(got.failure, tell);
  return known[0] ?? (await tell({ commit: got.commit, pending: basename(folder) }));
}

async function pendingFolder(cacheRoot: string): Promise<string> {
  const pending = join(cacheRoot, 'pending');
  await mkdir(pending, { recursive: true, mode: 0o700 });
  return await mkdtemp(join(pending, 'git-'));
}

/** Where nobody said that it is not there any more, what the ref meant last is better than nothing. */
async function orOlder(failure: FetchFailure, tell: Tell): Promise<FetchAnswer> {
  const isSilence = failure.kind === 'offline' || failure.kind === 'timedOut';
  const older = isSilence ? await tell({}) : undefined;
  if (older?.repositories === undefined) return failed(failure.kind, failure.message);
  return { ...older, repositories: older.repositories.map((one) => ({ ...one, stale: true })) };
}
