import type { KubeContext } from '../model/cluster';
import type { WorkspaceState } from '../model/appState';

export type WelcomeState = 'noFolder' | 'virtual' | 'loading' | 'noApps' | 'ready';

/** Which welcome text an empty view shows. */
export function welcomeState(
  state: WorkspaceState,
  folders: { readonly count: number; readonly virtual: number },
): WelcomeState {
  if (folders.count === 0) return 'noFolder';
  if (folders.virtual === folders.count) return 'virtual';
  if (state.apps.length > 0) return 'ready';
  const isReading = state.roots.length === 0 || state.roots.some(({ indexing }) => indexing);
  return isReading ? 'loading' : 'noApps';
}

/** What there is to compare the working copy with. */
export type ChangesState = 'noGit' | 'noCommit' | 'unknown' | 'known';

/** Why *Changes* is empty: that nothing differs is said only where it is known. */
export function changesState({ roots }: WorkspaceState): ChangesState {
  if (roots.length === 0 || roots.some(({ indexing }) => indexing)) return 'unknown';
  const repositories = roots.flatMap(({ repository }) => (repository ? [repository] : []));
  if (repositories.length === 0) return 'noGit';
  if (repositories.every(({ headCommit }) => headCommit === undefined)) return 'noCommit';
  return roots.some(({ changedPaths }) => changedPaths !== undefined) ? 'known' : 'unknown';
}

export type KubeconfigState = 'missing' | 'unusable' | 'usable';

/** Whether there is a context to connect with. A file that is not there is listed with a problem. */
export function kubeconfigState(contexts: readonly KubeContext[]): KubeconfigState {
  if (contexts.some(({ problem }) => problem === undefined)) return 'usable';
  return contexts.every(({ problem }) => isMissingFile(problem)) ? 'missing' : 'unusable';
}

/** Whether the sentence on a kubeconfig says that the file is not there. */
export function isMissingFile(problem = ''): boolean {
  return problem.startsWith('There is no ');
}

export function isConnected({ clusters }: WorkspaceState): boolean {
  return clusters.some(({ connection }) => connection.kind === 'connected');
}
