import type { App } from './app';
import { appLabel } from './app';
import type { AppState, SourceState } from './appState';
import { listAt, recordAt, textAt } from './fields';

/** One thing that went wrong, and every app that only waits for it to be mended. */
export interface RootCause {
  /** The same for as long as the cause is, whichever apps it has. */
  readonly id: string;
  readonly kind: 'source' | 'dependency' | 'namespace' | 'kind' | 'message';
  /** `GitRepository flux-system/shop`, `Namespace shop`; for a message only what it is about. */
  readonly label: string;
  /** Of the controller, without the wrappers around it. */
  readonly message: string;
  /** Keys. */
  readonly apps: readonly string[];
}

export interface CausesInput {
  readonly apps: readonly AppState[];
  /** By the name of their cluster. */
  readonly sources: ReadonlyMap<string, readonly SourceState[]>;
}

/** Root causes by the key of the app that waits for it; one that a single app has explains itself. */
export function causesByApp({ apps, sources }: CausesInput): ReadonlyMap<string, RootCause> {
  const findSource = sourceLookup(sources);
  const named = new Map(apps.map((state) => [nameKey(state.app), state.app]));
  const groups = new Map<string, Found & { keys: string[] }>();
  for (const { app } of apps) {
    const found = causeOf(app, { findSource, named });
    if (found === undefined) continue;
    const group = groups.get(found.id) ?? { ...found, keys: [] };
    group.keys.push(app.key);
    groups.set(found.id, group);
  }
  return new Map(
    [...groups.values()].flatMap(({ keys, ...found }) => {
      if (keys.length < 2) return [];
      const cause: RootCause = { ...found, apps: keys };
      return keys.map((key) => [key, cause] as const);
    }),
  );
}

type Found = Omit<RootCause, 'apps'>;

interface Surroundings {
  readonly findSource: (cluster: string, reference: Reference) => SourceState | undefined;
  readonly named: ReadonlyMap<string, App>;
}

/** Longer chains of dependencies are no chains but circles. */
const MOST_STEPS = 32;

function causeOf(app: App, around: Surroundings, steps = 0): Found | undefined {
  const { reported } = app;
  if (reported === undefined || app.tool === 'push') return undefined;
  if (app.tool === 'argocd') return argoCause(app);
  return sourceCause(app, around) ?? dependencyCause(app, around, steps) ?? messageCause(app);
}

interface Reference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Flux: `spec.sourceRef` of a Kustomization, `spec.chart.spec.sourceRef` or `spec.chartRef` of a HelmRelease. */
function sourceReference({ reported, namespace }: App): Reference | undefined {
  const written =
    recordAt(reported, 'spec', 'sourceRef') ??
    recordAt(reported, 'spec', 'chart', 'spec', 'sourceRef') ??
    recordAt(reported, 'spec', 'chartRef');
  const kind = textAt(written, 'kind');
  const name = textAt(written, 'name');
  if (kind === undefined || name === undefined) return undefined;
  return { kind, name, namespace: textAt(written, 'namespace') ?? namespace };
}

/** A source that failed holds back every app of it, also those that still run what it gave before. */
function sourceCause(app: App, { findSource }: Surroundings): Found | undefined {
  const reference = sourceReference(app);
  const source = reference && findSource(app.controlCluster ?? '', reference);
  if (reference === undefined || source?.ready !== false) return undefined;
  const label = `${reference.kind} ${reference.namespace}/${reference.name}`;
  return { id: `source/${label}`, kind: 'source', label, message: plainMessage(source.message) };
}

function sourceLookup(
  sources: CausesInput['sources'],
): (cluster: string, reference: Reference) => SourceState | undefined {
  const keyOf = (cluster: string, { kind, namespace, name }: Reference): string =>
    `${cluster}\n${kind}\n${namespace}\n${name}`;
  const byKey = new Map(
    [...sources].flatMap(([cluster, all]) =>
      all.map((source) => [keyOf(cluster, source), source] as const),
    ),
  );
  return (cluster, reference) => byKey.get(keyOf(cluster, reference));
}

function nameKey({ controlCluster = '', kind, namespace, name }: App): string {
  return `${controlCluster}\n${kind}\n${namespace}/${name}`;
}

/**
 * Flux's controllers say `DependencyNotReady` and name the first dependency that is not ready
 * (kustomize-controller and helm-controller, `checkDependencies`): followed to the app that none of
 * the others has to wait for.
 */
function dependencyCause(app: App, around: Surroundings, steps: number): Found | undefined {
  const ready = readyCondition(app);
  if (ready.reason !== 'DependencyNotReady' || steps > MOST_STEPS) return undefined;
  const other = around.named.get(dependencyKey(app, ready.message));
  if (other === undefined) return undefined;
  const deeper = causeOf(other, around, steps + 1);
  if (deeper !== undefined && deeper.kind !== 'message') return deeper;
  const label = `${other.kind} ${appLabel(other)}`;
  const message = plainMessage(readyCondition(other).message);
  const id = `dependency/${label}`;
  return { id, kind: 'dependency', label, message: message === '' ? 'not ready' : message };
}

function dependencyKey({ controlCluster = '', kind, namespace }: App, message: string): string {
  const label = /dependency '([^']+)'/.exec(message)?.[1] ?? '';
  return `${controlCluster}\n${kind}\n${label.includes('/') ? label : `${namespace}/${label}`}`;
}

function readyCondition({ reported }: App): {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
} {
  const found = listAt(reported, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type') === 'Ready',
  );
  return {
    status: textAt(found, 'status') ?? 'Unknown',
    reason: textAt(found, 'reason') ?? '',
    message: textAt(found, 'message') ?? '',
  };
}

function messageCause(app: App): Found | undefined {
  const { status, message } = readyCondition(app);
  return status === 'False' ? knownCause(message) : undefined;
}

/**
 * Argo CD: an `…Error` condition says why it cannot compare; apps of one repository have the same one
 * for the same reason. A failed sync says what was not there.
 */
function argoCause(app: App): Found | undefined {
  const conditions = listAt(app.reported, 'status', 'conditions');
  const condition = conditions.find((one) => (textAt(one, 'type') ?? '').endsWith('Error'));
  return condition === undefined ? syncCause(app) : conditionCause(app, condition);
}

function conditionCause(app: App, condition: unknown): Found {
  const message = plainMessage(textAt(condition, 'message') ?? '');
  const label = aboutSource(message) ? repositoryOf(app) : 'Argo CD';
  const id = `message/${textAt(condition, 'type') ?? ''}/${label}/${message}`;
  return knownCause(message) ?? { id, kind: 'message', label, message };
}

function syncCause({ reported }: App): Found | undefined {
  const phase = textAt(reported, 'status', 'operationState', 'phase') ?? '';
  const message = textAt(reported, 'status', 'operationState', 'message') ?? '';
  return ['Failed', 'Error'].includes(phase) ? knownCause(message) : undefined;
}

function aboutSource(message: string): boolean {
  return /repositor|authenticat|remote|revision|manifest|git|chart/i.test(message);
}

function repositoryOf({ reported }: App): string {
  const url =
    textAt(reported, 'spec', 'source', 'repoURL') ??
    textAt(listAt(reported, 'spec', 'sources')[0], 'repoURL');
  return url === undefined ? 'Argo CD' : `Repository ${url.replace(/\/\/[^/@]*@/, '//')}`;
}

/** What the API server says of a namespace or a kind that is not there (apimachinery, `errors`, `meta`). */
const KNOWN: readonly {
  readonly kind: 'namespace' | 'kind';
  readonly pattern: RegExp;
  readonly label: (match: RegExpExecArray) => string;
  readonly message: string;
}[] = [
  {
    kind: 'namespace',
    pattern: /namespaces? "([^"]+)" not found/,
    label: (match) => `Namespace ${match[1] ?? ''}`,
    message: 'not in the cluster',
  },
  {
    kind: 'namespace',
    pattern: /in namespace (\S+) because it is being terminated/,
    label: (match) => `Namespace ${match[1] ?? ''}`,
    message: 'being deleted',
  },
  {
    kind: 'kind',
    pattern: /no matches for kind "([^"]+)" in version "([^"]+)"/,
    label: (match) => `Kind ${match[1] ?? ''} (${match[2] ?? ''})`,
    message: 'not served by the cluster: its CRD is missing',
  },
  {
    // gitops-engine, `sync_context.go`.
    kind: 'kind',
    pattern: /could not find (\S+?)\/(\w+) for requested resource/,
    label: (match) => `Kind ${match[2] ?? ''} (${match[1] ?? ''})`,
    message: 'not served by the cluster: its CRD is missing',
  },
];

function knownCause(text: string): Found | undefined {
  for (const { kind, pattern, label, message } of KNOWN) {
    const match = pattern.exec(text);
    if (match !== null) {
      const title = label(match);
      return { id: `${kind}/${title}/${message}`, kind, label: title, message };
    }
  }
  return undefined;
}

/** Words that controllers put around what went wrong, which say where in them it did. */
const WRAPPERS =
  /^(failed to load (target|live) state|failed to generate manifests? for source \d+ of \d+|rpc error|code = \w+ desc = ?|failed to checkout and determine revision|failed to fetch .{0,200}?repository|error|failed to list refs|unable to clone(?: '[^']*')?)[:;]?\s*/i;

/** `failed to load target state: … desc = failed to list refs: authentication required` to its end. */
export function plainMessage(message: string): string {
  const plain = message.trim().replace(WRAPPERS, '');
  return plain === message.trim() || plain === '' ? message.trim() : plainMessage(plain);
}
