import type { GitResult, PushTarget } from '../model/ports';
import type { GitContext } from './process';
import { isSafe, unsafe } from './safety';

export interface PushQuestion {
  readonly branch: string;
  readonly current?: string;
  readonly fallback: string;
}

/**
 * The remote that git itself would push to (git-push(1), `remote.pushDefault` and
 * `branch.<name>.pushRemote` in git-config(1)). A branch that is made just now has no configuration
 * of its own, so that of the checked-out branch stands for it. `push.default` says nothing here: the
 * push names both sides of its refspec.
 */
export async function readPushTarget(
  context: GitContext,
  question: PushQuestion,
): Promise<GitResult<PushTarget>> {
  const listed = await context.run({ ...context, args: ['config', '--null', '--list'] });
  if (listed.kind === 'failed') return listed;
  const config = parseConfig(listed.value);
  const remotes = remotesOf(config);
  const remote = configuredRemote(config, question) ?? usualRemote(remotes, question.fallback);
  if (!isSafe(remote)) return unsafe(remote);
  if (!remotes.includes(remote)) return { kind: 'ok', value: { remote, urls: [remote] } };
  const urls = await readPushUrls(context, remote);
  return urls.kind === 'failed' ? urls : { kind: 'ok', value: { remote, urls: urls.value } };
}

/** Addresses with `pushurl`, `insteadOf` and `pushInsteadOf` applied by git. */
export async function readPushUrls(
  context: GitContext,
  remote: string,
): Promise<GitResult<readonly string[]>> {
  const args = ['remote', 'get-url', '--push', '--all', remote];
  const result = await context.run({ ...context, args });
  if (result.kind === 'failed') return result;
  return { kind: 'ok', value: result.value.split('\n').filter((line) => line !== '') };
}

type Config = ReadonlyMap<string, string>;

/** The last value of each key wins; git writes section and variable in lower case. */
function parseConfig(text: string): Config {
  return new Map(
    text.split('\0').map((entry) => {
      const end = entry.indexOf('\n');
      return end < 0 ? [entry, ''] : [entry.slice(0, end), entry.slice(end + 1)];
    }),
  );
}

function configuredRemote(config: Config, { branch, current }: PushQuestion): string | undefined {
  const keys = [
    `branch.${branch}.pushremote`,
    ...(current === undefined ? [] : [`branch.${current}.pushremote`]),
    'remote.pushdefault',
    ...(current === undefined ? [] : [`branch.${current}.remote`]),
  ];
  // `.` is the repository itself: a branch that tracks a local one.
  return keys
    .map((key) => config.get(key))
    .find((value) => value !== undefined && value !== '' && value !== '.');
}

function remotesOf(config: Config): readonly string[] {
  const names = [...config.keys()].flatMap(
    (key) => /^remote\.(.+)\.(?:url|pushurl)$/s.exec(key)?.[1] ?? [],
  );
  return [...new Set(names)];
}

/** Git's own order where nothing is configured: the only remote, else `origin`. */
function usualRemote(remotes: readonly string[], fallback: string): string {
  const [only] = remotes;
  if (only !== undefined && remotes.length === 1) return only;
  return remotes.includes('origin') ? 'origin' : fallback;
}
