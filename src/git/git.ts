import type { Git, GitResult } from '../model/ports';
import { commitPaths } from './commit';
import type { GitProcessOptions, RunGit } from './process';
import { createGitRunner } from './process';

/** A remote or revision that git cannot mistake for an option. */
function isSafe(name: string): boolean {
  return name !== '' && !name.startsWith('-') && !/[\s\0]/.test(name);
}

function unsafe<T>(name: string): GitResult<T> {
  return {
    kind: 'failed',
    message: `${JSON.stringify(name)} is not a name that git may be given.`,
  };
}

/** Sent only to the remote's own host, through the environment: arguments are visible to others. */
function tokenVariables(url: string, token: string): Readonly<Record<string, string>> {
  const origin = /^https?:\/\/(?:[^/@]*@)?([^/]+)/.exec(url);
  if (origin === null) return {};
  const scheme = url.slice(0, url.indexOf(':'));
  const credentials = Buffer.from(`plumbline:${token}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${scheme}://${origin[1] ?? ''}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${credentials}`,
  };
}

function pushMessage(message: string, branch: string): string {
  const rejected = /^\[rejected\] (.*)$/s.exec(message)?.[1];
  if (rejected !== undefined) return `The remote rejected ${branch}: ${rejected}`;
  // An address may hold any number, a port that reads like a status among them.
  const words = message.replaceAll(/\b[a-z]+:\/\/[^\s']+/gi, '');
  if (/authentication|\b40[13]\b|could not read Username|permission denied/i.test(words)) {
    return `The remote refused the login for the push: ${message}`;
  }
  return message;
}

async function push(
  run: RunGit,
  root: string,
  request: { readonly remote: string; readonly branch: string; readonly token?: string },
  signal: AbortSignal,
): Promise<GitResult<void>> {
  const url = await run({ root, signal, args: ['remote', 'get-url', '--push', request.remote] });
  if (url.kind === 'failed') return url;
  const ref = `refs/heads/${request.branch}`;
  const result = await run({
    root,
    signal,
    hooks: true,
    args: ['push', '--no-follow-tags', request.remote, `${ref}:${ref}`],
    variables: request.token === undefined ? {} : tokenVariables(url.value.trim(), request.token),
  });
  if (result.kind === 'ok') return { kind: 'ok', value: undefined };
  return { kind: 'failed', message: pushMessage(result.message, request.branch) };
}

/**
 * Git through the user's own `git`, for a trusted workspace only. Reads run with file-system
 * monitors, hooks and the `ext` transport off; a push runs the repository's `pre-push` hook, and a
 * hook that fails stops it.
 */
export function createGit(options: GitProcessOptions): Git {
  const run = createGitRunner(options);
  return {
    async fetch(root, remote, signal) {
      if (!isSafe(remote)) return unsafe(remote);
      const args = [
        'fetch',
        '--no-tags',
        '--no-recurse-submodules',
        '--no-write-commit-graph',
        remote,
      ];
      const result = await run({ root, signal, args });
      return result.kind === 'ok' ? { kind: 'ok', value: undefined } : result;
    },
    commitPaths: (root, request, signal) => commitPaths({ run, root, signal }, request),
    async push(root, request, signal) {
      if (!isSafe(request.remote)) return unsafe(request.remote);
      return push(run, root, request, signal);
    },
    async commitsBetween(root, base, head, signal) {
      if (!isSafe(base) || !isSafe(head)) return unsafe(isSafe(base) ? head : base);
      const args = ['log', '--format=%h %s', '--max-count=50', `${base}..${head}`, '--'];
      const result = await run({ root, signal, args });
      if (result.kind === 'failed') return result;
      return { kind: 'ok', value: result.value.split('\n').filter((line) => line !== '') };
    },
    async readAt(root, revision, path, signal) {
      if (!isSafe(revision)) return unsafe(revision);
      const spec = `${revision}:${path}`;
      const exists = await run({ root, signal, args: ['cat-file', '-e', spec] });
      if (exists.kind === 'failed') {
        const absent = /does not exist|exists on disk, but not in/.test(exists.message);
        return absent ? { kind: 'ok', value: undefined } : exists;
      }
      return run({ root, signal, args: ['cat-file', 'blob', spec] });
    },
  };
}
