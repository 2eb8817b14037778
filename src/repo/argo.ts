import type { App, AppSource, DestinationCluster, FollowedRef } from '../model/app';
import type { JsonObject } from '../model/resource';
import { argoPolicy } from './argoPolicy';
import { argoRenderSource } from './argoSource';
import {
  createFindings,
  definedApp,
  type DefinitionContext,
  type Findings,
  locateSource,
  type Placement,
  withoutUser,
} from './definition';
import { objectAt, objectsAt, textAt } from './fields';
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
  const follows = argoFollows(argoSources(object)[0]?.source);
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
export function argoSources(
  object: JsonObject,
): readonly { readonly source: JsonObject; readonly pointer: string }[] {
  const many = objectsAt(object, 'spec', 'sources');
  if (many.length > 0) {
    return many.map((source, index) => ({ source, pointer: `/spec/sources/${index}` }));
  }
  const one = objectAt(object, 'spec', 'source');
  return one === undefined ? [] : [{ source: one, pointer: '/spec/source' }];
}

function argoSource(read: SourceReading): AppSource {
  const sources = argoSources(read.object);
  const [first] = sources;
  const refusal = sourceRefusal(read.object, sources.length, first?.source);
  const follows = argoFollows(first?.source);
  if (first === undefined || follows === undefined || refusal !== undefined) {
    return { kind: 'unsupported', reason: refusal ?? 'The source names no repository.' };
  }
  return locateSource({
    follows,
    path: resolvePath('', textAt(first.source, 'path') ?? ''),
    context: read.context,
    findings: read.findings,
    build: (tree) =>
      argoRenderSource(
        {
          ...first,
          appName: read.placement.name,
          appNamespace: read.placement.namespace,
          project: textAt(read.object, 'spec', 'project') ?? 'default',
          destinationNamespace: read.namespace,
          findings: read.findings,
        },
        tree,
      ),
  });
}

function sourceRefusal(
  object: JsonObject,
  count: number,
  source: JsonObject | undefined,
): string | undefined {
  if (objectAt(object, 'spec', 'sourceHydrator') !== undefined) {
    return 'The source hydrator of Argo CD is not supported yet.';
  }
  if (source === undefined) return 'The Application has no source.';
  if (count > 1) return `The Application has ${count} sources; more than one is not supported yet.`;
  if (textAt(source, 'chart') !== undefined) {
    return 'Its chart comes from a chart repository; fetching charts is not supported yet.';
  }
  return undefined;
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
