import type { RowTreeView } from '../treeView';
import { createRowTreeView } from '../treeView';
import { createContextKeys } from '../../host/contextKeys';
import { CONTEXT_KEYS, VIEWS } from '../../host/ids';
import { createLooking } from '../../host/looking';
import type { Target } from '../../host/targets';
import type { WorkbenchSource } from '../../host/workbenchSource';
import { createClustersPresenter, presentBadge, presentClustersDescription } from './present';
import type { TreeShape } from './shape';
import { shapeOf, storedShape } from './shape';

/** Where the shape of the tree is kept for the workspace. */
export interface ShapeMemory {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

export interface ClustersView extends RowTreeView {
  shape(): TreeShape;
  reshape(shape: TreeShape): void;
}

const MEMORY_KEY = 'clusters.shape';

export function createClustersView(
  source: WorkbenchSource,
  memory: ShapeMemory,
  onExpand: (target: Target) => void,
): ClustersView {
  const presenter = createClustersPresenter(Date.now);
  const setKey = createContextKeys();
  const looking = createLooking(source);
  const held = { shape: shapeOf(memory.get(MEMORY_KEY)) };
  const view = createRowTreeView({
    id: VIEWS.clusters,
    rows: () => presenter.rows(source.state(), held.shape),
    description: () => presentClustersDescription(source.state(), Date.now()),
    message: () => presenter.message(source.state(), held.shape),
    badge: () => presentBadge(source.state()),
    onExpand: ({ target }) => {
      if (target !== undefined) onExpand(target);
    },
    onFold: ({ target }, isOpen) => looking.fold(target, isOpen),
    onSeen: (isVisible) => looking.see(isVisible),
  });
  const tellMenus = (): void => {
    setKey(CONTEXT_KEYS.filtered, held.shape.filter !== undefined);
  };
  tellMenus();
  return {
    ...view,
    shape: () => held.shape,
    reshape(shape) {
      held.shape = shape;
      tellMenus();
      void memory.update(MEMORY_KEY, storedShape(shape));
      view.reorder();
    },
    dispose() {
      looking.dispose();
      view.dispose();
    },
  };
}
