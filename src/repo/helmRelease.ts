import { sha256Hex } from '../base/sha256';
import type { App, AppSource } from '../model/app';
import type { HelmSource } from '../model/render';
import type { JsonObject } from '../model/resource';
import {
  createFindings,
  definedApp,
  type DefinitionContext,
  type FluxGitSource,
  type Placement,
} from './definition';
import { flagAt, given, objectAt, objectsAt, textAt, textsAt } from './fields';
import { fluxAppSource, followsOf, sourceReference } from './flux';
import { crdPolicy, fluxDestination, helmReleasePolicy } from './fluxPolicy';
import { valuesReferences } from './fluxValues';
import { resolvePath } from './paths';

/** The app that a Flux HelmRelease defines. */
export function helmReleaseApp(
  object: JsonObject,
  placement: Placement,
  context: DefinitionContext,
): App {
  const findings = createFindings(placement.definedIn);
  const namespace = textAt(object, 'spec', 'targetNamespace') ?? placement.namespace;
  const chart = chartOf(object);
  const reference = sourceReference(objectAt(chart, 'sourceRef'), placement.namespace);
  const git: FluxGitSource =
    chart === undefined ? { kind: 'unknown' } : context.gitSource(reference);
  const render: HelmSource = {
    ...helmSource(object, placement.name, namespace),
    ...given(
      'valuesFrom',
      valuesReferences({ object, namespace: placement.namespace, context, findings }),
    ),
  };
  const source: AppSource =
    chart === undefined
      ? { kind: 'unsupported', reason: chartRefSentence(object) }
      : fluxAppSource({
          reference,
          git,
          path: render.path,
          context,
          findings,
          build: () => render,
        });
  return definedApp(placement, object, {
    kind: 'HelmRelease',
    tool: 'flux',
    source,
    ...followsOf(git),
    destination: { cluster: fluxDestination(object), namespace },
    policy: helmReleasePolicy(object, placement.name, findings),
    problems: findings.all,
  });
}

export function chartOf(object: JsonObject): JsonObject | undefined {
  return objectAt(object, 'spec', 'chart', 'spec');
}

function chartRefSentence(object: JsonObject): string {
  const kind = textAt(object, 'spec', 'chartRef', 'kind');
  const name = textAt(object, 'spec', 'chartRef', 'name');
  return kind === undefined
    ? 'The HelmRelease names no chart.'
    : `Its chart is ${kind} ${name ?? ''}; only charts in a Git repository are supported yet.`;
}

/** The comparison leaves out what is not applied by the action at hand. */
const CRD_ACTIONS = ['install', 'upgrade'] as const;

function helmSource(object: JsonObject, name: string, namespace: string): HelmSource {
  const chart = chartOf(object);
  // `valuesFile` is the older spelling, merged before `valuesFiles`. Both are relative to the source.
  const older = textAt(chart, 'valuesFile');
  const files = [...(older === undefined ? [] : [older]), ...textsAt(chart, 'valuesFiles')];
  const missing = flagAt(chart, 'ignoreMissingValuesFiles');
  return {
    kind: 'helm',
    path: resolvePath('', textAt(chart, 'chart') ?? ''),
    releaseName: releaseName(object, name),
    namespace,
    valueFiles: [],
    ...given('ignoreMissingValueFiles', missing || undefined),
    ...given('values', objectAt(object, 'spec', 'values')),
    ...given(
      'chartValueFiles',
      files.map((file) => resolvePath('', file)),
    ),
    includeCrds: CRD_ACTIONS.some((action) => crdPolicy(object, action) !== 'Skip'),
    ...given('postRenderers', objectsAt(object, 'spec', 'postRenderers')),
    ...given('postRenderStrategy', postRenderStrategy(object)),
  };
}

function postRenderStrategy(object: JsonObject): HelmSource['postRenderStrategy'] {
  const strategy = textAt(object, 'spec', 'postRenderStrategy');
  return strategy === 'nohooks' || strategy === 'separate' ? strategy : undefined;
}

/**
 * The release name as helm-controller makes it: `spec.releaseName`, else the name with the target
 * namespace before it; past 53 characters (Helm's limit) 40 of them and a hash.
 */
export function releaseName(object: JsonObject, name: string): string {
  const target = textAt(object, 'spec', 'targetNamespace');
  const composed = target === undefined ? name : `${target}-${name}`;
  const full = textAt(object, 'spec', 'releaseName') ?? composed;
  return full.length <= 53 ? full : `${full.slice(0, 40)}-${sha256Hex(full).slice(0, 12)}`;
}
