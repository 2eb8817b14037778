import type {
  AppPolicy,
  ChartReleasePolicy,
  CrdPolicy,
  DestinationCluster,
  IgnoreRule,
} from '../model/app';
import { parseLabelSelector } from '../model/labelSelector';
import { anchoredPattern } from '../model/pattern';
import type { JsonObject } from '../model/resource';
import type { Findings } from './definition';
import type { ReleaseChart } from './fluxCharts';
import { fieldAt, flagAt, given, objectAt, objectsAt, textAt, textMapAt, textsAt } from './fields';

/** kustomize-controller applies server-side, always, and reverts what others changed. */
export function kustomizationPolicy(
  object: JsonObject,
  name: string,
  findings: Findings,
): AppPolicy {
  return {
    comparison: 'server-side',
    fieldManager: 'kustomize-controller',
    automated: true,
    selfHeal: true,
    prune: flagAt(object, 'spec', 'prune'),
    recreates: flagAt(object, 'spec', 'force'),
    ignoreRules: ignoreRules({
      owner: `Kustomization ${name}`,
      field: 'spec.ignore',
      rules: objectsAt(object, 'spec', 'ignore'),
      findings,
    }),
    ...common(object),
  };
}

const driftModes: ReadonlyMap<string, AppPolicy['driftDetection']> = new Map([
  ['enabled', 'enabled'],
  ['warn', 'warn'],
]);

/**
 * helm-controller compares with the manifest of the release, and only where drift detection is on;
 * it reverts drift only with `enabled` (its docs, `spec.driftDetection`; absent is `disabled`).
 */
export function helmReleasePolicy(
  object: JsonObject,
  name: string,
  findings: Findings,
  chart: ReleaseChart,
): AppPolicy {
  const mode = textAt(object, 'spec', 'driftDetection', 'mode') ?? '';
  return {
    comparison: 'helm-manifest',
    fieldManager: 'helm-controller',
    automated: true,
    selfHeal: mode === 'enabled',
    driftDetection: driftModes.get(mode) ?? 'disabled',
    prune: true,
    recreates: flagAt(object, 'spec', 'upgrade', 'force'),
    ignoreRules: ignoreRules({
      owner: `HelmRelease ${name}`,
      field: 'spec.driftDetection.ignore',
      rules: objectsAt(object, 'spec', 'driftDetection', 'ignore'),
      findings,
    }),
    release: {
      chartBy: chartBy(chart),
      crds: { install: crdPolicy(object, 'install'), upgrade: crdPolicy(object, 'upgrade') },
    },
    ...common(object),
  };
}

/** Only a chart in a folder can be released by revision. */
function chartBy(chart: ReleaseChart): ChartReleasePolicy['chartBy'] {
  const spec = chart.kind === 'folder' ? chart.spec : undefined;
  return textAt(spec, 'reconcileStrategy') === 'Revision' ? 'revision' : 'version';
}

/**
 * What becomes of `crds/`, which is not always what is written: `Create`, the default of both actions
 * (helm-controller internal/action/crds.go), is a server-side apply where the release uses that, and
 * so it updates what is there as well.
 */
export function crdPolicy(object: JsonObject, action: 'install' | 'upgrade'): CrdPolicy {
  const written = textAt(object, 'spec', action, 'crds');
  if (written === 'Skip' || written === 'CreateReplace') return written;
  return appliesOnServer(object, action) ? 'CreateReplace' : 'Create';
}

/** An upgrade applies as the install did unless it is told; an install applies on the server. */
function appliesOnServer(object: JsonObject, action: 'install' | 'upgrade'): boolean {
  const told = textAt(object, 'spec', 'upgrade', 'serverSideApply');
  if (action === 'upgrade' && (told === 'enabled' || told === 'disabled'))
    return told === 'enabled';
  return fieldAt(object, 'spec', 'install', 'serverSideApply') !== false;
}

function common(
  object: JsonObject,
): Pick<AppPolicy, 'suspended' | 'syncOptions' | 'compareOptions' | 'commonMetadata'> {
  const metadata = objectAt(object, 'spec', 'commonMetadata');
  return {
    suspended: flagAt(object, 'spec', 'suspend'),
    syncOptions: [],
    compareOptions: [],
    ...given('commonMetadata', {
      ...given('labels', textMapAt(metadata, 'labels')),
      ...given('annotations', textMapAt(metadata, 'annotations')),
    }),
  };
}

interface IgnoreInput {
  readonly owner: string;
  readonly field: string;
  readonly rules: readonly JsonObject[];
  readonly findings: Findings;
}

/**
 * Flux selects by anchored regular expressions and by selectors of labels and annotations
 * (fluxcd/pkg ssa/jsondiff/selector.go). A rule whose selector cannot be read is left out and said:
 * a difference too many is better than one that is hidden.
 */
function ignoreRules({ owner, field, rules, findings }: IgnoreInput): readonly IgnoreRule[] {
  return rules.flatMap((rule, index) => {
    const target = objectAt(rule, 'target');
    const label = `${field}[${index}] of ${owner}`;
    if (!isReadable(target)) {
      findings.add({
        severity: 'info',
        code: 'unsupported-field',
        message: `${label} has a selector that cannot be read here, so it is not applied; more differences can show.`,
        pointer: `/${field.replaceAll('.', '/')}/${index}/target`,
      });
      return [];
    }
    return [
      {
        label,
        ...Object.fromEntries(
          SELECTORS.flatMap((name) => {
            const text = textAt(target, name);
            return text === undefined || text === '' ? [] : [[name, text]];
          }),
        ),
        matching: 'pattern',
        jsonPointers: textsAt(rule, 'paths'),
        jqPathExpressions: [],
        managedFieldsManagers: [],
      } satisfies IgnoreRule,
    ];
  });
}

const PATTERNS = ['group', 'version', 'kind', 'name', 'namespace'] as const;
const SELECTORS = [...PATTERNS, 'labelSelector', 'annotationSelector'] as const;

function isReadable(target: JsonObject | undefined): boolean {
  return (
    PATTERNS.every((name) => anchoredPattern(textAt(target, name) ?? '') !== undefined) &&
    ['labelSelector', 'annotationSelector'].every(
      (name) => parseLabelSelector(textAt(target, name) ?? '') !== undefined,
    )
  );
}

/** `spec.kubeConfig` sends the objects to another cluster, by a Secret or a ConfigMap that names it. */
export function fluxDestination(object: JsonObject): DestinationCluster {
  const block = objectAt(object, 'spec', 'kubeConfig');
  if (block === undefined) return { kind: 'control' };
  const secret = textAt(block, 'secretRef', 'name') ?? textAt(block, 'configMapRef', 'name') ?? '';
  return { kind: 'kubeconfig-secret', secret };
}
