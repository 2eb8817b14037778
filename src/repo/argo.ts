import type { App, AppSource, DestinationCluster, FollowedRef } from '../model/app';
import type { JsonObject } from '../model/resource';
import { argoPolicy } from './argoPolicy';
import { chartOf } from './argoHelm';
import { type ArgoEntry, severalSources } from './argoSeveral';
import { argoRenderSource, type ArgoSourceInput } from './argoSource';
import {
  createFindings,
  definedApp,
  type DefinitionContext,
  type Findings,
  locateSource,
  type Placement,
  treeOf,
} from './definition';
import { objectAt, objectsAt, textAt } from './fields';
import { argoManner } from './mounts';
import { withoutUser } from './gitUrl';
import { resolvePath } from './paths';

/** The addresses by which Argo CD names the cluster that it runs in. */
const IN_CLUSTER_SERVER = 'https://kubernetes.default.svc';
const IN_CLUSTER_NAME = 'in-cluster';

/** The app that an Argo CD Application defines. */
export function argoApp(object: JsonObject, placement: Placement, context: DefinitionContext): App {
  const findings = createFindings(placement.definedIn);
  const destination = {
    cluster: argoDestination(object),
    namespace: textAt(object, 'spec', 'destination', 'namespace') ?? '',
  };
  const read: SourceReading = {
    object,
    placement,
    context,
    findings,
    namespace: destination.namespace,
  };
  const source = argoSource(read);
  const follows = argoFollows(followedSource(argoSources(object)));
  return definedApp(placement, object, {
    kind: 'Application',
    tool: 'argocd',
    source,
    ...(follows === undefined ? {} : { follows }),
    destination,
    policy: argoPolicy(object, placement.name),
    problems: findings.all,
  });
}

interface SourceReading {
  readonly object: JsonObject;
  readonly placement: Placement;
  readonly context: DefinitionContext;
  readonly findings: Findings;
  readonly namespace: string;
}

/** `sources` wins over `source` when it has entries. */
export function argoSources(object: JsonObject): readonly ArgoEntry[] {
  const many = objectsAt(object, 'spec', 'sources');
  if (many.length > 0) {
    return many.map((source, index) => ({ source, pointer: `/spec/sources/${index}` }));
  }
  const one = objectAt(object, 'spec', 'source');
  return one === undefined ? [] : [{ source: one, pointer: '/spec/source' }];
}

/** The first in Git that makes objects, else the first in Git; charts follow no ref. */
function followedSource(sources: readonly ArgoEntry[]): JsonObject | undefined {
  const inGit = sources.map(({ source }) => source).filter((source) => !chartOf(source));
  return inGit.find((source) => textAt(source, 'path') !== undefined) ?? inGit[0];
}

function argoSource(read: SourceReading): AppSource {
  const sources = argoSources(read.object);
  const [first] = sources;
  if (objectAt(read.object, 'spec', 'sourceHydrator') !== undefined) {
    const reason = 'The source hydrator of Argo CD is not supported yet.';
    return { kind: 'unsupported', reason };
  }
  if (first === undefined) {
    return { kind: 'unsupported', reason: 'The Application has no source.' };
  }
  if (sources.some(({ source }) => textAt(source, 'repoURL') === undefined)) {
    return { kind: 'unsupported', reason: 'The source names no repository.' };
  }
  const several = sources.length > 1 || chartOf(first.source) !== undefined;
  return several ? severalOf(read, sources) : singleOf(read, first);
}

function severalOf(read: SourceReading, entries: readonly ArgoEntry[]): AppSource {
  const { placement, context } = read;
  const ownRoot = placement.definedIn?.root;
  return severalSources({
    entries,
    placement,
    shared: sharedOf(read),
    treeOf: ({ repoUrl, revision }, path) =>
      treeOf(repoUrl, resolvePath('', path), context, revision),
    ...(ownRoot === undefined ? {} : { ownRoot }),
  });
}

function singleOf(read: SourceReading, entry: ArgoEntry): AppSource {
  const follows = argoFollows(entry.source);
  if (follows === undefined) {
    return { kind: 'unsupported', reason: 'The source names no repository.' };
  }
  const isEntryOfSources = entry.pointer !== '/spec/source';
  return locateSource({
    follows,
    manner: argoManner(follows),
    path: resolvePath('', textAt(entry.source, 'path') ?? ''),
    context: read.context,
    findings: read.findings,
    build: (tree) => {
      const refs = isEntryOfSources ? { refs: new Map() } : {};
      return argoRenderSource({ ...entry, ...sharedOf(read), ...refs }, tree);
    },
  });
}

function sharedOf(read: SourceReading): Omit<ArgoSourceInput, 'source' | 'pointer' | 'refs'> {
  return {
    appName: read.placement.name,
    appNamespace: read.placement.namespace,
    project: textAt(read.object, 'spec', 'project') ?? 'default',
    destinationNamespace: read.namespace,
    findings: read.findings,
  };
}

function argoFollows(source: JsonObject | undefined): FollowedRef | undefined {
  const repoUrl = textAt(source, 'repoURL');
  if (repoUrl === undefined) return undefined;
  return { repoUrl: withoutUser(repoUrl), revision: textAt(source, 'targetRevision') ?? 'HEAD' };
}

function argoDestination(object: JsonObject): DestinationCluster {
  const server = textAt(object, 'spec', 'destination', 'server');
  const name = textAt(object, 'spec', 'destination', 'name');
  if (server !== undefined) {
    const own = server.replace(/\/+$/, '') === IN_CLUSTER_SERVER;
    return own ? { kind: 'control' } : { kind: 'server', server };
  }
  if (name === undefined) return { kind: 'unknown' };
  return name === IN_CLUSTER_NAME ? { kind: 'control' } : { kind: 'name', name };
}
