import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  FetchFailure,
  FetchFailureKind,
  GitCheckout,
  GitFetchAnswer,
  GitFetcher,
} from '../model/fetch';
import type { GitResult } from '../model/ports';
import type { GitProcessOptions, RunGit } from './process';
import { createGitRunner } from './process';
import { isCommit, isRange, isRef, remoteProtocol } from './remoteUrl';
import type { RemoteProtocol } from './remoteUrl';

const TIME_LIMIT_MS = 300_000;
const WATCH_MS = 200;
const MEGABYTE = 1024 ** 2;

/**
 * Fetches single commits with the user's own git: its credential helpers, its agents, its proxies.
 * Nothing asks for a password, no submodule and no hook comes along, no file is checked out.
 */
export function createGitFetcher(options: GitProcessOptions): GitFetcher {
  const run = createGitRunner(options);
  return {
    async fetch(request, signal) {
      const protocol = remoteProtocol(request.url);
      if (protocol === undefined) return failed('refused', REFUSED_ADDRESS(request.url));
      if (request.ref !== '' && !isRef(request.ref) && !isRange(request.ref)) {
        return failed(
          'refused',
          `${JSON.stringify(request.ref)} is not a ref that git may be given.`,
        );
      }
      const limit = AbortSignal.timeout(request.timeLimitMs ?? TIME_LIMIT_MS);
      const work = { run, request, protocol, signal: AbortSignal.any([signal, limit]) };
      try {
        return await fetchInto(work);
      } catch (error) {
        signal.throwIfAborted();
        if (!limit.aborted) throw error;
        return failed('timedOut', `${request.url} did not answer in time.`);
      }
    },
  };
}

const REFUSED_ADDRESS = (url: string): string =>
  `${JSON.stringify(url)} is not an address that is fetched from: only https and ssh are.`;

function failed(kind: FetchFailureKind, message: string): GitFetchAnswer {
  return { kind: 'failed', failure: { kind, message } };
}

interface Work {
  readonly run: RunGit;
  readonly request: GitCheckout;
  readonly protocol: RemoteProtocol;
  readonly signal: AbortSignal;
}

/** A repository of our own, so that nobody's configuration but the user's counts. */
async function fetchInto(work: Work): Promise<GitFetchAnswer> {
  const { folder } = work.request;
  const made = await work.run({
    root: folder,
    signal: work.signal,
    config: [],
    args: ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', folder],
  });
  if (made.kind === 'failed') return failed('refused', made.message);
  const config = await configOf(work);
  const ref = await refOf(work, config);
  return typeof ref === 'string' ? await fetchRef(work, config, ref) : ref;
}

async function fetchRef(
  work: Work,
  config: readonly string[],
  ref: string,
): Promise<GitFetchAnswer> {
  const { url } = work.request;
  const found = await resolve(work, config, ref);
  if (typeof found !== 'string') return found;
  if (await work.request.isKnown(found)) return { kind: 'ok', commit: found, fetched: false };
  const args = ['fetch', ...FLAGS, '--depth=1', '--', url, asked(ref, found)];
  const fetched = await fetchBounded(work, (bounded) => git(bounded, config, args));
  if (fetched.kind !== 'ok') return fetchFault(work, fetched);
  const commit = await git(work, config, ['rev-parse', '--verify', 'FETCH_HEAD^{commit}']);
  return commit.kind === 'ok'
    ? { kind: 'ok', commit: commit.value.trim(), fetched: true }
    : failed('refused', `${url} gave an answer that cannot be used.`);
}

/** By its name where it has one, which every server answers; digits are the start of a commit. */
function asked(ref: string, found: string): string {
  if (ref === '') return 'HEAD';
  return found.startsWith(ref.toLowerCase()) ? found : ref;
}

function fetchFault(
  { request: { url, maxBytes } }: Work,
  fault: Exclude<Fetched, { kind: 'ok' }>,
): GitFetchAnswer {
  if (fault.kind === 'failed') return { kind: 'failed', failure: failureOf(url, fault.message) };
  const limit = Math.round(maxBytes / MEGABYTE);
  return failed('tooLarge', `${url} is larger than ${limit} MB.`);
}

/** Only one way to speak, and nothing that asks, follows or tidies up. */
async function configOf(work: Work): Promise<readonly string[]> {
  const ssh = await git(work, [], ['config', '--get', 'core.sshCommand']);
  return [
    'protocol.allow=never',
    `protocol.${work.protocol}.allow=always`,
    'core.askPass=',
    'credential.interactive=false',
    'fetch.recurseSubmodules=false',
    'submodule.recurse=false',
    'transfer.unpackLimit=1',
    'transfer.bundleURI=false',
    'gc.auto=0',
    'maintenance.auto=false',
    'http.lowSpeedLimit=1000',
    'http.lowSpeedTime=30',
    ...(ssh.kind === 'ok' ? [] : ['core.sshCommand=ssh -oBatchMode=yes']),
  ];
}

/** Messages are read below, so they come in one language. */
const VARIABLES = { LC_ALL: 'C', LANGUAGE: 'C', GCM_INTERACTIVE: 'never' };

function git(
  { run, request, signal }: Work,
  config: readonly string[],
  args: readonly string[],
): Promise<GitResult<string>> {
  // Named, because a bare repository is not looked for where the user's configuration says so.
  const named = [`--git-dir=${request.folder}`, ...args];
  return run({ root: request.folder, signal, config, args: named, variables: VARIABLES });
}

/** The ref itself, or of a range the highest tag in it. */
async function refOf(work: Work, config: readonly string[]): Promise<string | GitFetchAnswer> {
  const { url, ref, chooseTag } = work.request;
  if (!isRange(ref)) return ref;
  const listed = await git(work, config, ['ls-remote', '--quiet', '--tags', '--refs', '--', url]);
  if (listed.kind === 'failed') return { kind: 'failed', failure: failureOf(url, listed.message) };
  const tags = listed.value
    .split('\n')
    .flatMap((line) => /\trefs\/tags\/(.+)$/.exec(line)?.[1] ?? [])
    .filter(isRef);
  const tag = await chooseTag(tags.slice(0, MOST_TAGS));
  return tag === undefined || !isRef(tag)
    ? failed('versionNotFound', `${url} has no tag that matches ${ref}.`)
    : `refs/tags/${tag}`;
}

const MOST_TAGS = 20_000;

/** The commit that the server has for the ref; a full commit id needs no question. */
async function resolve(
  work: Work,
  config: readonly string[],
  ref: string,
): Promise<string | GitFetchAnswer> {
  const { url } = work.request;
  if (isCommit(ref)) return ref;
  const names = ref === '' ? ['HEAD'] : [ref, `${ref}^{}`];
  const listed = await git(work, config, ['ls-remote', '--quiet', '--', url, ...names]);
  if (listed.kind === 'failed') return { kind: 'failed', failure: failureOf(url, listed.message) };
  const commit = commitAmong(listed.value, ref);
  if (commit !== undefined) return commit;
  const isStart = work.request.abbreviated === true && /^[0-9a-f]{7,39}$/i.test(ref);
  if (isStart) return await commitThatBegins(work, config, ref);
  return failed('versionNotFound', `${url} has no ${ref === '' ? 'HEAD' : ref}.`);
}

/**
 * The one commit of all branches and tags that begins with these digits. No server answers that, so
 * its commits come, without their files where it can leave them out.
 */
async function commitThatBegins(
  work: Work,
  config: readonly string[],
  digits: string,
): Promise<string | GitFetchAnswer> {
  const { url } = work.request;
  const folder = join(work.request.folder, HISTORY);
  const inside = { ...work, request: { ...work.request, folder } };
  try {
    const made = await git(work, config, ['init', '--quiet', '--bare', '--template=', folder]);
    if (made.kind === 'failed') return failed('refused', made.message);
    const args = ['fetch', ...FLAGS, '--filter=tree:0', '--', url, ...ALL_COMMITS];
    const fetched = await fetchBounded(work, (bounded) =>
      git({ ...bounded, request: inside.request }, config, args),
    );
    if (fetched.kind !== 'ok') return fetchFault(work, fetched);
    const found = await git(inside, config, ['rev-parse', '--verify', `${digits}^{commit}`]);
    const commit = found.kind === 'ok' ? found.value.trim() : '';
    if (isCommit(commit)) return commit;
    return failed('versionNotFound', `${url} has no single commit that begins with ${digits}.`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const HISTORY = 'plumbline-history';
const ALL_COMMITS = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'];
const FLAGS = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-auto-maintenance'];

/** In the order of git-fetch(1): a tag before a branch of the same name; a tag's commit, not itself. */
function commitAmong(listing: string, ref: string): string | undefined {
  const refs = new Map(
    listing.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
      const [id, name] = line.split('\t');
      return id !== undefined && name !== undefined && isCommit(id) ? [[name, id]] : [];
    }),
  );
  const names =
    ref === '' ? ['HEAD'] : [ref, `refs/${ref}`, `refs/tags/${ref}`, `refs/heads/${ref}`];
  return names.flatMap((name) => refs.get(`${name}^{}`) ?? refs.get(name) ?? [])[0];
}

type Fetched = GitResult<string> | { readonly kind: 'tooLarge' };

/** What grows too large is given up. */
async function fetchBounded(
  work: Work,
  run: (work: Work) => Promise<GitResult<string>>,
): Promise<Fetched> {
  const { folder, maxBytes, onProgress } = work.request;
  const over = new AbortController();
  const timer = setInterval(() => {
    void sizeOf(folder).then((bytes) => {
      onProgress?.(bytes);
      if (bytes > maxBytes) over.abort();
    });
  }, WATCH_MS);
  const bounded = { ...work, signal: AbortSignal.any([work.signal, over.signal]) };
  try {
    const fetched = await run(bounded);
    return (await sizeOf(folder)) > maxBytes ? { kind: 'tooLarge' } : fetched;
  } catch (error) {
    work.signal.throwIfAborted();
    if (over.signal.aborted) return { kind: 'tooLarge' };
    throw error;
  } finally {
    clearInterval(timer);
  }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}

const FAILURES: readonly (readonly [RegExp, FetchFailureKind, string])[] = [
  [
    /couldn't find remote ref|not our ref|no such remote ref|unadvertised object/i,
    'versionNotFound',
    'does not have that ref',
  ],
  [
    /could not read (Username|Password)|terminal prompts disabled|Authentication failed|Permission denied|\b40[13]\b|HTTP Basic: Access denied/i,
    'unauthorized',
    'refuses the login',
  ],
  [
    /Host key verification failed/i,
    'unauthorized',
    'has a host key that is not known here: connect once with ssh',
  ],
  [
    /not found|does not exist|\b404\b|does not appear to be a git repository/i,
    'notFound',
    'does not exist or needs a login',
  ],
  [/timed out|timeout|Operation too slow/i, 'timedOut', 'did not answer in time'],
  [
    /Could not resolve|Couldn't connect|Failed to connect|Connection (refused|reset|closed)|No route|unreachable|\b50[0234]\b|Temporary failure/i,
    'offline',
    'cannot be reached',
  ],
  [/transport '?\w+'? not allowed|certificate/i, 'refused', 'may not be read that way'],
];

/** What a message of git means; its addresses, whose ports read like statuses, left out. */
function failureOf(url: string, message: string): FetchFailure {
  const words = message.replaceAll(/\b[a-z]+:\/\/[^\s']+/gi, '');
  const known = FAILURES.find(([pattern]) => pattern.test(words));
  if (known === undefined) return { kind: 'refused', message: `${url}: ${message}` };
  return { kind: known[1], message: `${url} ${known[2]}.` };
}
