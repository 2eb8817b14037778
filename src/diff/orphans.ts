import { resourceIdOf } from '../model/resource';
import type { KubeObject } from '../model/resource';
import type { Claim } from '../model/stray';
import { instanceName } from './tracking';
import type { Tracking } from './tracking';

const TRACKING_ID = 'argocd.argoproj.io/tracking-id';
const FLUX = 'kustomize.toolkit.fluxcd.io';
const HOOKS = ['argocd.argoproj.io/hook', 'helm.sh/hook'];

/**
 * `undefined` for what nobody has marked, what another object owns, and hooks, which no list names.
 * Argo CD util/argo/resource_tracking.go, fluxcd/pkg ssa/manager.go, helm pkg/action/validate.go.
 */
export function claimOf(object: KubeObject, tracking: Tracking): Claim | undefined {
  const { annotations = {}, ownerReferences = [] } = object.metadata;
  if (listLength(ownerReferences) > 0) return undefined;
  if (HOOKS.some((hook) => annotations[hook] !== undefined)) return undefined;
  return argoClaim(object, tracking) ?? fluxClaim(object) ?? helmClaim(object);
}

function listLength(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function argoClaim(object: KubeObject, tracking: Tracking): Claim | undefined {
  const name =
    tracking.method === 'label'
      ? object.metadata.labels?.[tracking.labelKey]
      : trackedBy(object, tracking);
  if (name === undefined || name === '') return undefined;
  return { kind: 'Application', namespace: '', name };
}

function trackedBy(object: KubeObject, { installationId }: Tracking): string | undefined {
  const { annotations = {} } = object.metadata;
  const installed = annotations['argocd.argoproj.io/installation-id'];
  if (installed !== undefined && installed !== installationId) return undefined;
  const id = annotations[TRACKING_ID] ?? '';
  const at = id.indexOf(':');
  return at > 0 && isIdOf(id.slice(at + 1), object) ? id.slice(0, at) : undefined;
}

/** `group/Kind:namespace/name`; one that names another object was copied with the annotations. */
function isIdOf(rest: string, object: KubeObject): boolean {
  const { group, kind, namespace, name } = resourceIdOf(object);
  if (!rest.startsWith(`${group}/${kind}:`) || !rest.endsWith(`/${name}`)) return false;
  // Of cluster-scoped objects the id has the namespace of the app's destination.
  return namespace === '' || rest === `${group}/${kind}:${namespace}/${name}`;
}

function fluxClaim({ metadata: { labels = {} } }: KubeObject): Claim | undefined {
  const [name, namespace] = [labels[`${FLUX}/name`], labels[`${FLUX}/namespace`]];
  if (name === undefined || namespace === undefined) return undefined;
  return { kind: 'Kustomization', namespace, name };
}

function helmClaim({ metadata }: KubeObject): Claim | undefined {
  const { labels = {}, annotations = {} } = metadata;
  if (labels['app.kubernetes.io/managed-by'] !== 'Helm') return undefined;
  const name = annotations['meta.helm.sh/release-name'];
  const namespace = annotations['meta.helm.sh/release-namespace'];
  if (name === undefined || namespace === undefined) return undefined;
  return { kind: 'release', namespace, name };
}

/** The claim that an Application makes on its objects. */
export function applicationClaim(
  app: { readonly namespace: string; readonly name: string },
  { controllerNamespace }: Tracking,
): Claim {
  return { kind: 'Application', namespace: '', name: instanceName(app, controllerNamespace) };
}

/** Which list of a tool does not name an object that carries its marks. */
export const missingLists: Readonly<Record<Claim['kind'], string>> = {
  Application: 'its Application no longer lists it, so no sync prunes it.',
  Kustomization: 'the inventory of its Kustomization no longer has it, so nothing prunes it.',
  release: 'its Helm release no longer has it, so no upgrade deletes it.',
};

/** What a list of a kind is asked for to hold the objects of one tool; `undefined`: all of them. */
export function claimSelector(kind: Claim['kind'], tracking: Tracking): string | undefined {
  switch (kind) {
    case 'Application':
      return tracking.method === 'annotation' ? undefined : tracking.labelKey;
    case 'Kustomization':
      return `${FLUX}/name`;
    case 'release':
      return 'app.kubernetes.io/managed-by=Helm';
  }
}
