import type { AppPolicy } from '../model/app';
import type { KubeObject } from '../model/resource';

export const syncOptionsAnnotation = 'argocd.argoproj.io/sync-options';

/** The words of a comma-separated annotation. */
export function annotationWords(object: KubeObject, name: string): readonly string[] {
  const text = object.metadata.annotations?.[name] ?? '';
  return text.split(',').map((word) => word.trim());
}

/**
 * How one object is applied: sync options on it overrule those of its Application (gitops-engine
 * pkg/sync/sync_context.go, `shouldUseServerSideApply`).
 */
export function policyOf<P extends Partial<AppPolicy>>(
  policy: P,
  desired: KubeObject | undefined,
): P {
  if (desired === undefined || policy.fieldManager !== 'argocd-controller') return policy;
  const words = annotationWords(desired, syncOptionsAnnotation);
  const own = words.includes('Replace=true') ? { ...policy, replaces: true as const } : policy;
  if (words.includes('ServerSideApply=false')) return { ...own, comparison: 'three-way' };
  return words.includes('ServerSideApply=true') ? { ...own, comparison: 'server-side' } : own;
}
