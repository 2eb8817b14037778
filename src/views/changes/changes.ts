import type { RowTreeView } from '../treeView';
import { createRowTreeView } from '../treeView';
import { VIEWS } from '../../host/ids';
import { joinRoot } from '../../host/places';
import type { WorkbenchSource } from '../../host/workbenchSource';
import type { ChangedFile, ChangesInput } from './present';
import { changedFiles, presentChanges, presentChangesDescription } from './present';

export interface ChangesView extends RowTreeView {
  /** All that differs, with what is ticked for the pull request. */
  files(): readonly ChangedFile[];
}

export function createChangesView(source: WorkbenchSource): ChangesView {
  const ticks = new Map<string, boolean>();
  const input = (): ChangesInput => ({
    state: source.state(),
    impactOf: (path) => source.peek()?.impactOf(path),
    ticked: (path) => ticks.get(path),
    nowMs: Date.now(),
  });
  const held: { files?: readonly ChangedFile[] } = {};
  const files = (): readonly ChangedFile[] => (held.files ??= changedFiles(input()));
  const view = createRowTreeView({
    id: VIEWS.changes,
    rows: () => presentChanges(input(), files()),
    description: () => presentChangesDescription(files()),
    onTick: ({ target }, ticked) => {
      if (target?.kind === 'file') ticks.set(joinRoot(target.root, target.path), ticked);
      delete held.files;
    },
  });
  return {
    ...view,
    files,
    refresh() {
      delete held.files;
      view.refresh();
    },
  };
}
