import type { Disposable } from '../base/dispose';
import type { Event } from '../base/event';
import { createEmitter } from '../base/event';
import type { WorkspaceState } from '../model/appState';
import type { Workbench, WorkspaceChange } from '../model/workbench';

/** The core, made on first need, with a state to show before that. */
export interface WorkbenchSource extends Disposable {
  readonly onDidChange: Event<WorkspaceChange>;
  state(): WorkspaceState;
  peek(): Workbench | undefined;
  get(): Promise<Workbench>;
}

const NOTHING: WorkspaceChange = {
  apps: new Set(),
  clusters: new Set(),
  roots: new Set(),
  structure: true,
};

export function createWorkbenchSource(
  load: () => Promise<Workbench>,
  options: { readonly trusted: () => boolean; readonly onError: (error: unknown) => void },
): WorkbenchSource {
  const emitter = createEmitter<WorkspaceChange>(options.onError);
  const state: { loading?: Promise<Workbench>; workbench?: Workbench; disposed: boolean } = {
    disposed: false,
  };

  const start = async (): Promise<Workbench> => {
    const workbench = await load();
    if (state.disposed) workbench.dispose();
    state.workbench = workbench;
    workbench.onDidChange((change) => emitter.fire(change));
    emitter.fire(NOTHING);
    return workbench;
  };

  return {
    onDidChange: emitter.event,
    peek: () => state.workbench,
    state: () =>
      state.workbench?.state() ?? { trusted: options.trusted(), roots: [], apps: [], clusters: [] },
    get() {
      state.loading ??= start();
      return state.loading;
    },
    dispose() {
      state.disposed = true;
      state.workbench?.dispose();
      emitter.dispose();
    },
  };
}
