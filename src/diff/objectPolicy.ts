import type { AppPolicy } from '../model/app';
import type { KubeObject } from '../model/resource';

const syncOptions = 'argocd.argoproj.io/sync-options';

/** The words of a comma-separated annotation. */
export function annotationWords(object: KubeObject, name: string): readonly string[] {
  const text = object.metadata.annotations?.[name] ?? '';
  return text.split(',').map((word) => word.trim());
}

/**
 * How one object is applied: sync options on it overrule those of its Application (gitops-engine
 * pkg/sync/sync_context.go, `shouldUseServerSideApply`).
 */
export function policyOf(policy: AppPolicy, desired: KubeObject | undefined): AppPolicy {
  if (desired === undefined || policy.fieldManager !== 'argocd-controller') return policy;
  const words = annotationWords(desired, syncOptions);
  const own = words.includes('Replace=true') ? { ...policy, replaces: true as const } : policy;
  if (words.includes('ServerSideApply=false')) return { ...own, comparison: 'three-way' };
  return words.includes('ServerSideApply=true') ? { ...own, comparison: 'server-side' } : own;
}
