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
