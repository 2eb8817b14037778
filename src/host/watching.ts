import { sep } from 'node:path';

const SKIPPED_FOLDERS = ['node_modules'];
/** Below a Git directory only these say that branches, remotes or the index moved. */
const GIT_FILES =
  /^(HEAD|FETCH_HEAD|ORIG_HEAD|MERGE_HEAD|packed-refs|index|config|shallow|refs\/.+)$/;

/**
 * Whether a change on disk can matter: not lock files, not what Git keeps for itself, not the folders
 * of package managers, whose events come by the thousand.
 */
export function isWatched(absolutePath: string): boolean {
  const parts = absolutePath.split(sep);
  if (parts.some((part) => SKIPPED_FOLDERS.includes(part))) return false;
  const git = parts.lastIndexOf('.git');
  if (git < 0 || git === parts.length - 1) return true;
  return isGitFile(parts.slice(git + 1));
}

function isGitFile(parts: readonly string[]): boolean {
  const last = parts.at(-1) ?? '';
  if (last.endsWith('.lock')) return false;
  // Linked worktrees and submodules have a directory of their own below `worktrees/` and `modules/`.
  const own = parts[0] === 'worktrees' ? parts.slice(2) : parts;
  return GIT_FILES.test(own.join('/'));
}

/** Below a Git directory that lies outside the working tree. */
export const OUTSIDE_GIT_PATTERN = '{HEAD,FETCH_HEAD,packed-refs,index,config,shallow,refs/**}';
