import type { GitResult } from '../model/ports';
import type { GitContext } from './process';
import { readPushUrls } from './pushTarget';

export interface PushRequest {
  readonly remote: string;
  readonly branch: string;
  readonly login?: { readonly origin: string; readonly token: string };
}

/**
 * The token as a header for its own origin, through the environment: arguments are visible to others.
 * Git would carry the header along to where a server redirects to, so no redirect is followed.
 */
function loginVariables(
  urls: readonly string[],
  login: PushRequest['login'],
): Readonly<Record<string, string>> {
  if (login === undefined || !urls.some((url) => isFor(url, login.origin))) return {};
  const credentials = Buffer.from(`plumbline:${login.token}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: `http.${login.origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${credentials}`,
    GIT_CONFIG_KEY_1: 'http.followRedirects',
    GIT_CONFIG_VALUE_1: 'false',
  };
}

/** An address that brings a password of its own is the user's choice of login. */
function isFor(address: string, origin: string): boolean {
  if (!/^https?:/i.test(address) || !URL.canParse(address)) return false;
  const url = new URL(address);
  return url.password === '' && url.origin === origin;
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

/** Runs the repository's `pre-push` hook; one that fails stops the push. */
export async function pushBranch(
  context: GitContext,
  request: PushRequest,
): Promise<GitResult<void>> {
  const { remote, branch, login } = request;
  const urls = login === undefined ? undefined : await readPushUrls(context, remote);
  const known = urls?.kind === 'ok' ? urls.value : [remote];
  const ref = `refs/heads/${branch}`;
  const result = await context.run({
    ...context,
    hooks: true,
    args: ['push', '--no-follow-tags', remote, `${ref}:${ref}`],
    variables: loginVariables(known, login),
  });
  if (result.kind === 'ok') return { kind: 'ok', value: undefined };
  return { kind: 'failed', message: pushMessage(result.message, branch) };
}
