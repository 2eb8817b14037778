import type { GitResult } from '../model/ports';
import { chunks } from './chunks';
import type { GitContext } from './process';

const mostCommits = 50;

/**
 * Commits whose changes to the paths are in `head` and not in `base`, newest first. One that `base`
 * has under another id (cherry-picked, rebased) is none of them.
 */
export async function localCommits(
  context: GitContext,
  request: { readonly base: string; readonly head: string; readonly paths: readonly string[] },
): Promise<GitResult<readonly string[]>> {
  const found = new Set<string>();
  for (const paths of chunks(request.paths)) {
    const result = await context.run({
      ...context,
      args: [
        '--literal-pathspecs',
        'log',
        '--cherry-pick',
        '--right-only',
        '--no-merges',
        '--format=%h %s',
        `--max-count=${mostCommits}`,
        `${request.base}...${request.head}`,
        '--',
        ...paths,
      ],
    });
    if (result.kind === 'failed') return result;
    for (const line of result.value.split('\n')) if (line !== '') found.add(line);
  }
  return { kind: 'ok', value: [...found] };
}
