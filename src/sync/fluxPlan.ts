import type { ClusterPlan, ClusterStep } from '../model/plan';
import { textAt } from '../model/fields';
import type { KubeObject, ResourceId } from '../model/resource';
import type { Refusal } from '../model/workbench';
import { isSuspended } from './fluxStatus';
import type { PlanInput } from './planInput';
import { confirmationFor, idOf, mismatch, refusal, targetOf } from './planInput';

/** fluxcd/pkg/apis/meta `ReconcileRequestAnnotation`. */
export const requestedAtAnnotation = 'reconcile.fluxcd.io/requestedAt';
const sourceGroup = 'source.toolkit.fluxcd.io';

/**
 * The source objects to reconcile before a Kustomization or HelmRelease, first to last. A HelmRelease
 * with a chart template has a HelmChart between the repository and itself.
 */
export function sourceChain(object: KubeObject): readonly ResourceId[] {
  const namespace = object.metadata.namespace ?? '';
  if (object.kind === 'Kustomization') return refAt(object, namespace, 'spec', 'sourceRef');
  const chartRef = refAt(object, namespace, 'spec', 'chartRef');
  if (chartRef.length > 0) return chartRef;
  const repository = refAt(object, namespace, 'spec', 'chart', 'spec', 'sourceRef');
  const [source] = repository;
  return source === undefined ? [] : [source, helmChartId(object, source.namespace)];
}

/** The sources first, then the object: `flux reconcile … --with-source`. */
export function planFluxReconcile(input: PlanInput): ClusterPlan | Refusal {
  const { app, object } = input;
  const sources = input.sources ?? [];
  const reason = mismatch(input) ?? reconcileObstacle(object, sources);
  if (reason !== undefined) return refusal(reason);
  const id = idOf(object);
  const steps = [...sources.filter(isReconciled), object].map((it) => annotate(it, input.nowIso));
  return {
    kind: 'flux-reconcile',
    appKey: app.key,
    appLabel: `${id.namespace}/${id.name}`,
    cluster: input.cluster,
    context: input.context,
    server: input.server,
    target: targetOf(object),
    steps,
    confirmation: confirmationFor(input),
  };
}

function reconcileObstacle(object: KubeObject, sources: readonly KubeObject[]): string | undefined {
  const suspended = [object, ...sources].find(isSuspended);
  if (suspended !== undefined) {
    return `${nameOf(idOf(suspended))} is suspended; Flux does not reconcile it until it is resumed.`;
  }
  const [first] = sourceChain(object);
  if (first === undefined || first.kind === 'ExternalArtifact') return undefined;
  const isThere = sources.some((it) => it.kind === first.kind && it.metadata.name === first.name);
  return isThere ? undefined : `Its source ${nameOf(first)} is not in the cluster.`;
}

/** source-controller does not reconcile OCI Helm repositories; other controllers make artifacts. */
function isReconciled(source: KubeObject): boolean {
  const isOci = source.kind === 'HelmRepository' && textAt(source, 'spec', 'type') === 'oci';
  return !isOci && source.kind !== 'ExternalArtifact';
}

function annotate(object: KubeObject, token: string): ClusterStep {
  return {
    kind: 'annotate',
    id: idOf(object),
    annotations: { [requestedAtAnnotation]: token },
    awaits: 'handled',
  };
}

function refAt(object: KubeObject, namespace: string, ...path: string[]): readonly ResourceId[] {
  const kind = textAt(object, ...path, 'kind') ?? '';
  const name = textAt(object, ...path, 'name') ?? '';
  if (kind === '' || name === '') return [];
  return [
    {
      group: sourceGroup,
      kind,
      name,
      namespace: textAt(object, ...path, 'namespace') ?? namespace,
    },
  ];
}

/** helm-controller writes `namespace/name` of its chart; before the first time it is named after both. */
function helmChartId(release: KubeObject, sourceNamespace: string): ResourceId {
  const written = (textAt(release, 'status', 'helmChart') ?? '').split('/');
  const [namespace = '', name = ''] = written;
  const { namespace: own = '', name: ownName = '' } = release.metadata;
  return written.length === 2
    ? { group: sourceGroup, kind: 'HelmChart', namespace, name }
    : {
        group: sourceGroup,
        kind: 'HelmChart',
        namespace: sourceNamespace,
        name: `${own}-${ownName}`,
      };
}

export function nameOf(id: ResourceId): string {
  return `${id.kind} ${id.namespace}/${id.name}`;
}
