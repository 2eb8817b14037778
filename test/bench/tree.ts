import type { App } from '../../src/model/app';
import type { AppState, LiveComparison, WorkspaceState } from '../../src/model/appState';
import type { ResourceChange } from '../../src/model/change';
import { createClustersPresenter } from '../../src/views/clusters/present';
import type { TreeShape } from '../../src/views/clusters/shape';
import { PLAIN, shapeOf } from '../../src/views/clusters/shape';
import type { RowNode, RowTree } from '../../src/views/rowTree';
import { createRowTree } from '../../src/views/rowTree';
import { ownTimeMs } from './blocks';
import { figuresOf } from './measure';
import type { Figures } from './measure';
import { plainPolicy } from '../unit/policy';

/** What one drawing of the tree of clusters computes on the host: time on a core, not of waiting for one. */
export interface TreeFigures {
  readonly apps: number;
  readonly objects: number;
  readonly steps: readonly {
    readonly step: string;
    readonly ms: Figures;
    readonly drawn: number;
  }[];
}

const CLUSTERS = ['production', 'staging', 'edge', 'lab'];
const ROUNDS = 25;
const NOW_MS = Date.UTC(2026, 10, 21);

/** 500 apps with 20,000 objects: a tenth of the apps drifted, some failing. */
export function benchTree({ apps: appCount = 500, objectsPerApp = 40 } = {}): TreeFigures {
  const states = Array.from({ length: appCount }, (_, index) => appState(index, objectsPerApp));
  const state = workspace(states);
  const steps: { step: string; ms: Figures; drawn: number }[] = [];
  const measure = (step: string, prepare: (round: number) => () => number): void => {
    const times: number[] = [];
    const drawn: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const run = prepare(round);
      const from = ownTimeMs();
      drawn.push(run());
      times.push(ownTimeMs() - from);
    }
    steps.push({ step, ms: figuresOf(times), drawn: Math.max(...drawn) });
  };

  const fresh = (round: number): WorkspaceState =>
    workspace(states.map((one) => ({ ...one, live: copyOf(one, round) })));
  measure('first drawing', (round) => {
    const never = fresh(round);
    return () => openTree(never, PLAIN).tree.roots().length;
  });
  measure('a cluster is expanded', (round) => {
    const { tree } = openTree(fresh(round), PLAIN);
    return () => expand(tree, tree.roots().slice(0, 1), 1);
  });
  const view = openTree(state, PLAIN);
  expand(view.tree, view.tree.roots(), 1);
  measure('one app is compared anew, clusters expanded', (round) => {
    const moved = withOneMoved(state, round);
    return () => view.draw(moved);
  });
  expand(view.tree, view.tree.roots(), 4);
  measure('the same with every row expanded', (round) => {
    const moved = withOneMoved(state, round);
    return () => view.draw(moved);
  });
  measure('nothing moved, every row expanded', () => () => view.draw(state));
  const switching = (step: string, stored: object): void =>
    measure(step, (round) => {
      const shape = round % 2 === 0 ? shapeOf(stored) : PLAIN;
      return () => view.draw(state, shape);
    });
  switching('a filter for drifted apps, and back', { filter: 'state:drifted' });
  switching('a word in any object, and back', { filter: 'web-7' });
  switching('grouped by team, and back', { groupBy: 'team' });
  return { apps: appCount, objects: appCount * objectsPerApp, steps };
}

interface OpenTree {
  readonly tree: RowTree;
  draw(state: WorkspaceState, shape?: TreeShape): number;
}

function openTree(state: WorkspaceState, shape: TreeShape): OpenTree {
  const tree = createRowTree();
  const presenter = createClustersPresenter(() => NOW_MS);
  const draw = (now: WorkspaceState, as: TreeShape = PLAIN): number => {
    const dirty = tree.update(presenter.rows(now, as), { keepOrder: false });
    return dirty === 'all' ? tree.roots().length : dirty.length;
  };
  draw(state, shape);
  return { tree, draw };
}

/** How many rows there are so far down. */
function expand(tree: RowTree, nodes: readonly RowNode[], depth: number): number {
  return nodes.reduce(
    (sum, node) => sum + 1 + (depth > 0 ? expand(tree, tree.childrenOf(node), depth - 1) : 0),
    0,
  );
}

function workspace(apps: readonly AppState[]): WorkspaceState {
  const connection = { kind: 'connected', version: 'v1.36.3', readAtMs: NOW_MS } as const;
  return {
    trusted: true,
    roots: [],
    apps,
    clusters: CLUSTERS.map((name) => ({ name, connection, limits: [] })),
  };
}

function withOneMoved(state: WorkspaceState, round: number): WorkspaceState {
  const index = (round * 37) % state.apps.length;
  const moved = state.apps[index];
  if (moved === undefined) return state;
  return { ...state, apps: state.apps.with(index, { ...moved, live: copyOf(moved, round) }) };
}

/** The same objects read again, in which nothing is the same by identity, and one drifts anew. */
function copyOf(state: AppState, round: number): AppState['live'] {
  if (state.live.kind !== 'compared') return state.live;
  const { comparison } = state.live;
  const changes = comparison.changes.map((change, at) =>
    at === round % comparison.changes.length ? drifted(change) : { ...change },
  );
  return { kind: 'compared', comparison: { ...comparison, changes } };
}

function drifted(change: ResourceChange): ResourceChange {
  const field = { pointer: '/spec/replicas', before: 5, after: 3, whose: 'drift' } as const;
  return { ...change, action: 'changed', fields: [field] };
}

function appState(index: number, objects: number): AppState {
  const name = `app-${String(index).padStart(4, '0')}`;
  return {
    app: appOf(name, index),
    working: { kind: 'discovered' },
    local: { kind: 'unknown' },
    live: { kind: 'compared', comparison: comparisonOf(name, index, objects) },
    problems: [],
  };
}

function appOf(name: string, index: number): App {
  const cluster = CLUSTERS[index % CLUSTERS.length] ?? 'production';
  const health = index % 50 === 0 ? 'Degraded' : 'Healthy';
  return {
    key: `/repo#apps/${name}.yaml#Application/argocd/${name}`,
    kind: 'Application',
    tool: 'argocd',
    namespace: 'argocd',
    name,
    presence: 'both',
    source: { kind: 'local', root: '/repo', render: { kind: 'kustomize', path: `apps/${name}` } },
    destination: { cluster: { kind: 'control' }, namespace: `team-${index % 40}` },
    policy: { ...plainPolicy, automated: true, prune: true },
    definition: { metadata: { labels: { team: `team-${index % 40}` } }, spec: { project: 'p' } },
    reported: { metadata: { uid: name } },
    status: { sync: 'Synced', health, appliedRevisions: [], managed: [] },
    controlCluster: cluster,
    destinationCluster: cluster,
    problems: [],
  };
}

function comparisonOf(name: string, index: number, objects: number): LiveComparison {
  const changes = Array.from({ length: objects }, (_, at): ResourceChange => {
    const change: ResourceChange = {
      id: { group: 'apps', kind: 'Deployment', namespace: `team-${index % 40}`, name: `web-${at}` },
      apiVersion: 'apps/v1',
      action: 'same',
      fields: [],
      notes: [],
      origin: { path: `apps/${name}/web-${at}.yaml`, line: 1 },
      predicted: false,
      health: { status: 'Healthy', message: '' },
    };
    return index % 10 === 0 && at < 3 ? drifted(change) : change;
  });
  return {
    cluster: CLUSTERS[index % CLUSTERS.length] ?? 'production',
    changes,
    readAtMs: NOW_MS,
    desiredRevision: { ref: 'origin/main', commit: '4f2c1d9' },
    requests: 3,
  };
}
