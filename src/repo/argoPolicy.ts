import type { AppPolicy, IgnoreRule } from '../model/app';
import type { JsonObject } from '../model/resource';
import { fieldAt, flagAt, given, objectAt, objectsAt, textAt, textsAt } from './fields';

/** `ArgoCDSSAManager` in Argo CD's `common` package; client-side syncs use the same name. */
const FIELD_MANAGER = 'argocd-controller';
const COMPARE_OPTIONS = 'argocd.argoproj.io/compare-options';
const SKIP_RECONCILE = 'argocd.argoproj.io/skip-reconcile';

/** How Argo CD compares and applies what this Application defines. */
export function argoPolicy(application: JsonObject, name: string): AppPolicy {
  const policy = objectAt(application, 'spec', 'syncPolicy');
  const syncOptions = textsAt(policy, 'syncOptions');
  const compareOptions = optionList(
    textAt(application, 'metadata', 'annotations', COMPARE_OPTIONS),
  );
  // How it compares decides nothing of how it applies.
  const serverSide = syncOptions.includes('ServerSideApply=true');
  const asksServer = !serverSide && compareOptions.includes('ServerSideDiff=true');
  const automated = isAutomated(policy);
  return {
    comparison: serverSide ? 'server-side' : 'three-way',
    fieldManager: FIELD_MANAGER,
    ...(asksServer ? { asksServer } : {}),
    automated,
    selfHeal: automated && flagAt(policy, 'automated', 'selfHeal'),
    prune: automated && flagAt(policy, 'automated', 'prune'),
    suspended: textAt(application, 'metadata', 'annotations', SKIP_RECONCILE) === 'true',
    // Only an object can ask for force: `Force=true` of an app is not heard.
    recreates: false,
    ...(syncOptions.includes('Replace=true') ? { replaces: true } : {}),
    syncOptions,
    ...given('retry', objectAt(policy, 'retry')),
    compareOptions,
    ignoreRules: ignoreRules(application, name),
  };
}

/** An empty `automated` block is automated; `enabled: false` in it is not. */
function isAutomated(policy: JsonObject | undefined): boolean {
  return (
    objectAt(policy, 'automated') !== undefined && fieldAt(policy, 'automated', 'enabled') !== false
  );
}

function optionList(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((option) => option.trim())
    .filter((option) => option !== '');
}

function ignoreRules(application: JsonObject, name: string): readonly IgnoreRule[] {
  return objectsAt(application, 'spec', 'ignoreDifferences').map((rule, index) => ({
    label: `spec.ignoreDifferences[${index}] of Application ${name}`,
    ...given('group', textAt(rule, 'group')),
    ...given('kind', textAt(rule, 'kind')),
    ...given('name', textAt(rule, 'name')),
    ...given('namespace', textAt(rule, 'namespace')),
    jsonPointers: textsAt(rule, 'jsonPointers'),
    jqPathExpressions: textsAt(rule, 'jqPathExpressions'),
    managedFieldsManagers: textsAt(rule, 'managedFieldsManagers'),
  }));
}
