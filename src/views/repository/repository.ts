import type { RowTreeView } from '../treeView';
import { createRowTreeView } from '../treeView';
import { VIEWS } from '../../host/ids';
import type { WorkbenchSource } from '../../host/workbenchSource';
import { presentRepository, presentRepositoryDescription } from './present';

export function createRepositoryView(source: WorkbenchSource): RowTreeView {
  return createRowTreeView({
    id: VIEWS.repository,
    rows: () => presentRepository(source.state()),
    description: () => presentRepositoryDescription(source.state()),
  });
}
