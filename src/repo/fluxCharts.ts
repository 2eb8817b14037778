import type { ChartReference } from '../model/render';
import type { JsonObject } from '../model/resource';
import { groupOf } from '../model/resource';
import type { DefinitionContext, SourceReference } from './definition';
import { flagAt, given, objectAt, textAt } from './fields';
import { namedObjects, type NamedObjects } from './fluxSources';
import type { Manifest } from './manifests';

const CHART_KINDS = ['HelmRepository', 'OCIRepository', 'HelmChart'] as const;

/** Flux's sources of charts that Git defines. */
export function chartSources(
  manifests: readonly Manifest[],
  namespaceGiven: (path: string) => string | undefined,
): ReadonlyMap<string, NamedObjects> {
  const group = 'source.toolkit.fluxcd.io';
  return new Map(
    CHART_KINDS.map((kind) => {
      const own = manifests.filter((one) => one.kind === kind && groupOf(one.apiVersion) === group);
      return [kind, namedObjects(own, namespaceGiven)];
    }),
  );
}

/** Where the chart of a HelmRelease comes from. */
export type ReleaseChart =
  /** A folder of a Git repository; `spec` is that of a HelmChart. */
  | { readonly kind: 'folder'; readonly spec: JsonObject; readonly reference: SourceReference }
  | {
      readonly kind: 'remote';
      readonly chart: ChartReference;
      /** Of a HelmChart, where one is made; its values files are below the chart. */
      readonly spec?: JsonObject;
    }
  | { readonly kind: 'unsupported'; readonly reason: string };

/** Reads `spec.chart` and `spec.chartRef`, of which a HelmRelease has one. */
export function releaseChart(
  object: JsonObject,
  namespace: string,
  context: DefinitionContext,
): ReleaseChart {
  const spec = objectAt(object, 'spec', 'chart', 'spec');
  if (spec !== undefined) return chartOfSpec(spec, namespace, context);
  const reference = referenceAt(objectAt(object, 'spec', 'chartRef'), namespace);
  if (reference.kind === '') return unsupported('The HelmRelease names no chart.');
  const source = context.object?.(reference);
  if (reference.kind === 'OCIRepository') {
    return source === undefined ? notDefined(reference) : ociChart(source);
  }
  if (reference.kind !== 'HelmChart') {
    return unsupported(`Its chart is ${labelOf(reference)}; such charts are not supported yet.`);
  }
  const chart = objectAt(source, 'spec');
  // The source of a HelmChart is in its own namespace.
  return chart === undefined
    ? notDefined(reference)
    : chartOfSpec(chart, reference.namespace, context);
}

function chartOfSpec(
  spec: JsonObject,
  namespace: string,
  context: DefinitionContext,
): ReleaseChart {
  const reference = referenceAt(objectAt(spec, 'sourceRef'), namespace);
  if (reference.kind !== 'HelmRepository') return { kind: 'folder', spec, reference };
  const repository = objectAt(context.object?.(reference), 'spec');
  const url = textAt(repository, 'url');
  if (url === undefined) return notDefined(reference);
  const chart: ChartReference = {
    repository: url,
    name: textAt(spec, 'chart') ?? '',
    version: textAt(spec, 'version') ?? '*',
    ...insecure(repository),
  };
  return { kind: 'remote', chart, spec };
}

/** Precedence as source-controller pulls: digest, semver, tag; `latest` where nothing is written. */
function ociChart(source: JsonObject): ReleaseChart {
  const url = textAt(source, 'spec', 'url');
  if (url === undefined) return unsupported('Its OCIRepository has no URL.');
  if (textAt(source, 'spec', 'ref', 'semverFilter') !== undefined) {
    return unsupported('Its OCIRepository has a semverFilter, which is not supported yet.');
  }
  const written = ['digest', 'semver', 'tag']
    .map((field) => textAt(source, 'spec', 'ref', field))
    .find((value) => value !== undefined);
  const version = written ?? 'latest';
  const chart = { repository: url, name: '', version, ...insecure(objectAt(source, 'spec')) };
  return { kind: 'remote', chart };
}

function insecure(spec: JsonObject | undefined): Pick<ChartReference, 'insecure'> {
  return given('insecure', flagAt(spec, 'insecure') || undefined);
}

function referenceAt(block: JsonObject | undefined, namespace: string): SourceReference {
  return {
    kind: textAt(block, 'kind') ?? '',
    namespace: textAt(block, 'namespace') ?? namespace,
    name: textAt(block, 'name') ?? '',
  };
}

function labelOf({ kind, namespace, name }: SourceReference): string {
  return `${kind} ${namespace}/${name}`;
}

function notDefined(reference: SourceReference): ReleaseChart {
  return unsupported(`Its chart comes from ${labelOf(reference)}, which is not defined here.`);
}

function unsupported(reason: string): ReleaseChart {
  return { kind: 'unsupported', reason };
}
