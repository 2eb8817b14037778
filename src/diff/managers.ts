import type { AppPolicy } from '../model/app';
import type { FieldOwner } from '../model/change';
import type { AdoptedManagers } from '../model/ports';
import type { KubeObject } from '../model/resource';

/** How one object is applied; `takesOver` is false where the object itself forbids that. */
export type ManagerPolicy = Pick<AppPolicy, 'comparison' | 'fieldManager'> & {
  readonly takesOver?: boolean;
};

const fluxMode = 'kustomize.toolkit.fluxcd.io/ssa';

/** `ssa: Merge` keeps what others added, so kustomize-controller takes nothing over. */
export function takesOver(object: KubeObject): boolean {
  const { annotations, labels } = object.metadata;
  return (annotations?.[fluxMode] ?? labels?.[fluxMode] ?? '').toLowerCase() !== 'merge';
}

/** Names under which client-side applies of Argo CD and kubectl are recorded. */
const clientSideManagers: ReadonlySet<string> = new Set([
  'kubectl-client-side-apply',
  'argocd-controller',
  'argocd-application-controller',
]);

/** The app's own controller or pipeline wrote the field. */
export function isOwnManager(owner: FieldOwner, policy: ManagerPolicy): boolean {
  if (owner.manager === policy.fieldManager) return true;
  return policy.comparison === 'three-way' && clientSideManagers.has(owner.manager);
}

/**
 * Entries that kustomize-controller makes its own before it applies, so that what they hold and Git
 * does not is removed (internal/controller/kustomization_controller.go, names are prefixes;
 * fluxcd/pkg ssa/patch.go leaves subresources out).
 */
const takenOver: readonly { readonly prefix: string; readonly apply: boolean }[] = [
  { prefix: 'kubectl', apply: true },
  { prefix: 'before-first-apply', apply: false },
  { prefix: 'kustomize-controller', apply: false },
];

/** The same entries, as a question to the engine's field manager names them. */
export function adoptedBy(policy: ManagerPolicy): readonly AdoptedManagers[] {
  if (policy.fieldManager !== 'kustomize-controller' || policy.takesOver === false) return [];
  return takenOver.flatMap(({ prefix, apply }) => [
    { prefix, operation: 'Update' as const },
    ...(apply ? [{ prefix, operation: 'Apply' as const }] : []),
  ]);
}

export function isTakenOver(owner: FieldOwner, policy: ManagerPolicy): boolean {
  if (policy.fieldManager !== 'kustomize-controller' || policy.takesOver === false) return false;
  if (owner.subresource) return false;
  return takenOver.some(
    ({ prefix, apply }) =>
      owner.manager.startsWith(prefix) && (apply || owner.operation === 'Update'),
  );
}

/** Argo CD moves client-side applied fields under its own name before a server-side apply. */
function isMigrated(owner: FieldOwner, policy: ManagerPolicy): boolean {
  if (policy.fieldManager !== 'argocd-controller' || policy.comparison !== 'server-side') {
    return false;
  }
  return owner.operation === 'Update' && clientSideManagers.has(owner.manager);
}

/** Fields of this owner go with the next server-side apply when Git does not have them. */
export function isAppliedByOwn(owner: FieldOwner, policy: ManagerPolicy): boolean {
  const own = owner.operation === 'Apply' && owner.manager === policy.fieldManager;
  return own || isTakenOver(owner, policy) || isMigrated(owner, policy);
}

/** Programs that people and pipelines write with; everything else counts as the cluster's own. */
const peoplesTools =
  /^(kubectl|helm$|k9s|lens|openlens|freelens|headlamp|node-fetch|mozilla|okhttp|axios|curl|postman|python|ansible|terraform|hashicorp|pulumi|oc\b|rancher|dashboard|openapi-generator|argocd-server|flux\b)/i;

/** True where a person or a pipeline stands behind the change, not a controller of the cluster. */
export function isPerson(owner: FieldOwner): boolean {
  return peoplesTools.test(owner.manager);
}
