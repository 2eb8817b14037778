import type { App, AppStatus } from '../../../src/model/app';
import type {
  AppState,
  ClusterState,
  ConnectionState,
  LiveComparison,
  LiveState,
  Rendered,
  RootState,
  WorkspaceState,
} from '../../../src/model/appState';
import type { FieldChange, ResourceChange, ResourceNote } from '../../../src/model/change';
import type { Problem } from '../../../src/model/problem';
import type { RenderInput } from '../../../src/model/render';
import type { KubeObject } from '../../../src/model/resource';
import type { FileImpact } from '../../../src/model/workbench';
import { plainPolicy } from '../policy';

export const ROOT = '/repo';
export const NOW_MS = new Date(2026, 10, 20, 12, 0).getTime();

export function app(name: string, parts: Partial<App> = {}): App {
  return {
    key: `${ROOT}#apps/${name}.yaml#Application/argocd/${name}`,
    kind: 'Application',
    tool: 'argocd',
    namespace: 'argocd',
    name,
    definedIn: { root: ROOT, path: `apps/${name}.yaml`, line: 1 },
    presence: 'git',
    source: {
      kind: 'local',
      root: ROOT,
      render: { kind: 'kustomize', path: `overlays/${name}` },
    },
    destination: { cluster: { kind: 'control' }, namespace: 'shop' },
    policy: plainPolicy,
    controlCluster: 'production',
    destinationCluster: 'production',
    problems: [],
    ...parts,
  };
}

export function status(parts: Partial<AppStatus> = {}): AppStatus {
  return { sync: 'Synced', health: 'Healthy', appliedRevisions: [], managed: [], ...parts };
}

export function rendered(inputs: readonly RenderInput[] = [], tookMs = 41): Rendered {
  return { objects: [], inputs, problems: [], missing: [], capabilitiesAssumed: false, tookMs };
}

export function file(path: string, found = true): RenderInput {
  return { kind: 'file', path, found };
}

/** What the engine says of a template that calls an unknown function. */
export const FAILURE: Problem = {
  severity: 'error',
  code: 'helm-template',
  message: 'function "inclde" not defined.',
  location: { path: 'charts/shop/templates/web.yaml', line: 12 },
};

export function state(name: string, parts: Partial<AppState> = {}): AppState {
  return {
    app: app(name),
    working: { kind: 'rendered', desired: rendered() },
    local: { kind: 'unknown' },
    live: { kind: 'unread' },
    problems: [],
    ...parts,
  };
}

export function comparison(
  changes: readonly ResourceChange[],
  parts: Partial<LiveComparison> = {},
): LiveComparison {
  return {
    cluster: 'production',
    changes,
    readAtMs: NOW_MS - 12_000,
    desiredRevision: { ref: 'origin/main', commit: '4f2c1d9aaaaa' },
    requests: 3,
    ...parts,
  };
}

export function compared(...changes: readonly ResourceChange[]): LiveState {
  return { kind: 'compared', comparison: comparison(changes) };
}

export function field(parts: Partial<FieldChange> = {}): FieldChange {
  return { pointer: '/spec/replicas', before: 5, after: 3, whose: 'drift', ...parts };
}

export function change(parts: Partial<ResourceChange> & { name?: string } = {}): ResourceChange {
  const { name = 'web', ...rest } = parts;
  return {
    id: { group: 'apps', kind: 'Deployment', namespace: 'shop', name },
    apiVersion: 'apps/v1',
    action: 'changed',
    fields: [],
    notes: [],
    before: object(name),
    after: object(name),
    origin: { path: 'charts/shop/templates/web.yaml', line: 3 },
    predicted: false,
    ...rest,
  };
}

export function same(name: string): ResourceChange {
  return change({ name, action: 'same' });
}

export function drifted(name = 'web'): ResourceChange {
  return change({ name, fields: [field()] });
}

export function note(kind: ResourceNote['kind'], message = `about ${kind}`): ResourceNote {
  return { kind, message };
}

function object(name: string): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } };
}

export function cluster(
  name: string,
  connection: ConnectionState = { kind: 'idle' },
  parts: Partial<ClusterState> = {},
): ClusterState {
  return {
    name,
    context: { file: '/home/sam/.kube/config', name },
    server: `https://${name}.example`,
    connection,
    limits: [],
    ...parts,
  };
}

export const CONNECTED: ConnectionState = {
  kind: 'connected',
  version: 'v1.36.3',
  readAtMs: NOW_MS - 12_000,
};

export function root(parts: Partial<RootState> = {}): RootState {
  return { root: ROOT, name: 'gitops', indexing: false, items: [], problems: [], ...parts };
}

export function workspace(parts: Partial<WorkspaceState> = {}): WorkspaceState {
  return { trusted: true, roots: [root()], apps: [], clusters: [], ...parts };
}

export function impact(parts: Partial<FileImpact> = {}): FileImpact {
  return {
    apps: [],
    objectCount: 0,
    refusedCount: 0,
    pinned: [],
    failedCount: 0,
    pendingCount: 0,
    hunks: [],
    ...parts,
  };
}

/** A copy without some fields, as an object that never had them. */
export function without<T extends object, K extends keyof T>(
  value: T,
  ...keys: readonly K[]
): Omit<T, K> {
  const entries = Object.entries(value).filter(
    ([key]) => !(keys as readonly string[]).includes(key),
  );
  return Object.fromEntries(entries) as Omit<T, K>;
}
