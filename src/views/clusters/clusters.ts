import type { RowTreeView } from '../treeView';
import { createRowTreeView } from '../treeView';
import { VIEWS } from '../../host/ids';
import type { Target } from '../../host/targets';
import type { WorkbenchSource } from '../../host/workbenchSource';
import { presentBadge, presentClusters, presentClustersDescription } from './present';

export function createClustersView(
  source: WorkbenchSource,
  onExpand: (target: Target) => void,
): RowTreeView {
  return createRowTreeView({
    id: VIEWS.clusters,
    rows: () => presentClusters(source.state(), Date.now()),
    description: () => presentClustersDescription(source.state(), Date.now()),
    badge: () => presentBadge(source.state()),
    onExpand: ({ target }) => {
      if (target !== undefined) onExpand(target);
    },
  });
}
