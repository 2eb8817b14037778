import { sha256Hex } from '../base/sha256';
import type { App, AppSource } from '../model/app';
import type { HelmSource } from '../model/render';
import type { JsonObject } from '../model/resource';
import {
  createFindings,
  definedApp,
  type DefinitionContext,
  type Findings,
  type FluxGitSource,
  type Placement,
} from './definition';
import { flagAt, given, objectAt, objectsAt, textAt, textsAt } from './fields';
import { fluxAppSource, followsOf } from './flux';
import { type ReleaseChart, releaseChart } from './fluxCharts';
import { dependenciesOf } from './fluxDependencies';
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
  const chart = releaseChart(object, placement.namespace, context);
  const git: FluxGitSource =
    chart.kind === 'folder' ? context.gitSource(chart.reference) : { kind: 'unknown' };
  const release: HelmSource = {
    ...helmSource(object, placement.name, namespace),
    ...given(
      'valuesFrom',
      valuesReferences({ object, namespace: placement.namespace, context, findings }),
    ),
  };
  return definedApp(placement, object, {
    kind: 'HelmRelease',
    tool: 'flux',
    source: releaseSource({ chart, git, release, context, findings }),
    ...followsOf(git),
    ...given('dependsOn', dependenciesOf(object, placement.namespace)),
    destination: { cluster: fluxDestination(object), namespace },
    policy: helmReleasePolicy(object, placement.name, findings, chart),
    problems: findings.all,
  });
}

interface ReleaseSource {
  readonly chart: ReleaseChart;
  readonly git: FluxGitSource;
  readonly release: HelmSource;
  readonly context: DefinitionContext;
  readonly findings: Findings;
}

function releaseSource({ chart, git, release, context, findings }: ReleaseSource): AppSource {
  if (chart.kind === 'unsupported') return chart;
  if (chart.kind === 'remote') return remoteSource(chart, release, context);
  const path = resolvePath('', textAt(chart.spec, 'chart') ?? '');
  const files = valuesFiles(chart.spec).map((file) => resolvePath('', file));
  const render: HelmSource = {
    ...release,
    path,
    ...given(
      'ignoreMissingValueFiles',
      flagAt(chart.spec, 'ignoreMissingValuesFiles') || undefined,
    ),
    ...given('chartValueFiles', files),
  };
  const { reference } = chart;
  return fluxAppSource({ reference, git, path, context, findings, build: () => render });
}

/** A chart of a registry: its values files are in it, and no file of the repository changes it. */
function remoteSource(
  { chart, spec }: Extract<ReleaseChart, { kind: 'remote' }>,
  release: HelmSource,
  context: DefinitionContext,
): AppSource {
  const [own] = context.trees;
  if (own === undefined) return { kind: 'unsupported', reason: 'Its repository is not open.' };
  const files = valuesFiles(spec).map((file) => resolvePath('', file));
  const render: HelmSource = {
    ...release,
    chart,
    ...given('ignoreMissingValueFiles', flagAt(spec, 'ignoreMissingValuesFiles') || undefined),
    ...given('chartValueFiles', files),
  };
  return { kind: 'local', root: own.root, render };
}

/** `valuesFile` is the older spelling, merged before `valuesFiles`. Both are relative to the source. */
function valuesFiles(spec: JsonObject | undefined): readonly string[] {
  const older = textAt(spec, 'valuesFile');
  return [...(older === undefined ? [] : [older]), ...textsAt(spec, 'valuesFiles')];
}

/** The comparison leaves out what is not applied by the action at hand. */
const CRD_ACTIONS = ['install', 'upgrade'] as const;

function helmSource(object: JsonObject, name: string, namespace: string): HelmSource {
  return {
    kind: 'helm',
    path: '',
    releaseName: releaseName(object, name),
    namespace,
    valueFiles: [],
    ...given('values', objectAt(object, 'spec', 'values')),
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
