import type { AppPolicy, DestinationCluster, IgnoreRule } from '../model/app';
import type { JsonObject } from '../model/resource';
import type { Findings } from './definition';
import { flagAt, given, objectAt, objectsAt, textAt, textMapAt, textsAt } from './fields';

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

/** helm-controller compares with the manifest of the release; drift is reverted only on request. */
export function helmReleasePolicy(object: JsonObject, name: string, findings: Findings): AppPolicy {
  return {
    comparison: 'helm-manifest',
    fieldManager: 'helm-controller',
    automated: true,
    selfHeal: textAt(object, 'spec', 'driftDetection', 'mode') === 'enabled',
    prune: true,
    recreates: flagAt(object, 'spec', 'upgrade', 'force'),
    ignoreRules: ignoreRules({
      owner: `HelmRelease ${name}`,
      field: 'spec.driftDetection.ignore',
      rules: objectsAt(object, 'spec', 'driftDetection', 'ignore'),
      findings,
    }),
    ...common(object),
  };
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
 * Flux selects by anchored regular expressions and by labels. A rule that our exact names cannot
 * express is left out and said: a difference too many is better than one that is hidden.
 */
function ignoreRules({ owner, field, rules, findings }: IgnoreInput): readonly IgnoreRule[] {
  return rules.flatMap((rule, index) => {
    const target = objectAt(rule, 'target');
    const label = `${field}[${index}] of ${owner}`;
    if (!isExact(target)) {
      findings.add({
        severity: 'info',
        code: 'unsupported-field',
        message: `${label} selects by pattern or label, which is not applied yet; more differences can show.`,
        pointer: `/${field.replaceAll('.', '/')}/${index}/target`,
      });
      return [];
    }
    return [
      {
        label,
        ...given('group', textAt(target, 'group')),
        ...given('kind', textAt(target, 'kind')),
        ...given('name', textAt(target, 'name')),
        ...given('namespace', textAt(target, 'namespace')),
        jsonPointers: textsAt(rule, 'paths'),
        jqPathExpressions: [],
        managedFieldsManagers: [],
      },
    ];
  });
}

function isExact(target: JsonObject | undefined): boolean {
  const selectors = ['labelSelector', 'annotationSelector'];
  if (selectors.some((field) => textAt(target, field) !== undefined)) return false;
  return ['group', 'kind', 'name', 'namespace'].every((field) =>
    /^[\w./-]*$/.test((textAt(target, field) ?? '').replaceAll('.', '')),
  );
}

/** `spec.kubeConfig` sends the objects to another cluster, by a Secret or a ConfigMap that names it. */
export function fluxDestination(object: JsonObject): DestinationCluster {
  const block = objectAt(object, 'spec', 'kubeConfig');
  if (block === undefined) return { kind: 'control' };
  const secret = textAt(block, 'secretRef', 'name') ?? textAt(block, 'configMapRef', 'name') ?? '';
  return { kind: 'kubeconfig-secret', secret };
}
