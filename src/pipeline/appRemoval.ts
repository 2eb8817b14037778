import { textAt, textsAt } from '../model/fields';
import { appLabel } from '../model/app';
import type { App } from '../model/app';
import type { ComparisonNote } from '../model/appState';
import type { PruneForecast, ResourceChange } from '../model/change';
import { removalForecast } from '../diff/pruneForecast';
import type { Core } from './core';

/** What becomes of the objects of an app whose custom resource goes; `why` ends a sentence. */
export interface Cascade {
  readonly takesObjects: boolean;
  readonly why: string;
}

const FINALIZER = 'resources-finalizer.argocd.argoproj.io';

/**
 * Argo CD `CascadedDeletion` (pkg/apis/application/v1alpha1/types.go); kustomize-controller
 * `finalizerShouldDeleteResources`; helm-controller `reconcileDelete`.
 */
export function cascadeOf(app: App): Cascade {
  const object = app.reported ?? app.definition;
  if (app.kind === 'Application') return argoCascade(object);
  if (app.policy.suspended) return { takesObjects: false, why: 'it is suspended' };
  if (app.kind === 'Kustomization') return fluxCascade(object, app.policy.prune);
  return app.kind === 'HelmRelease'
    ? { takesObjects: true, why: 'helm-controller uninstalls its release' }
    : { takesObjects: false, why: 'no pipeline deletes what it once applied' };
}

function argoCascade(object: unknown): Cascade {
  const takesObjects = textsAt(object, 'metadata', 'finalizers').some(
    (name) => name === FINALIZER || name.startsWith(`${FINALIZER}/`),
  );
  return { takesObjects, why: `it has ${takesObjects ? 'the' : 'no'} finalizer ${FINALIZER}` };
}

function fluxCascade(object: unknown, prune: boolean): Cascade {
  const policy = textAt(object, 'spec', 'deletionPolicy') ?? 'MirrorPrune';
  if (policy === 'MirrorPrune') {
    return { takesObjects: prune, why: prune ? 'it prunes' : 'it does not prune' };
  }
  return { takesObjects: policy !== 'Orphan', why: `its deletionPolicy is ${policy}` };
}

/** What goes with an app that the working copy has no more. */
export function removalOf(
  core: Core,
  app: App,
  changes: readonly ResourceChange[],
): { readonly changes: readonly ResourceChange[]; readonly notes: readonly ComparisonNote[] } {
  const cascade = cascadeOf(app);
  const message = [maker(core, app), sentence(app, cascade)]
    .filter((part) => part !== '')
    .join(' ');
  return {
    changes: changes.map((change) => withRemoval(change, app, cascade)),
    notes: [{ kind: 'app-removed', message }],
  };
}

function sentence(app: App, { takesObjects, why }: Cascade): string {
  const name = app.definition === undefined ? appLabel(app) : `${app.kind} ${appLabel(app)}`;
  return takesObjects
    ? `When ${name} is deleted in the cluster, its objects are deleted as well: ${why}.`
    : `When ${name} goes, its objects stay in the cluster: ${why}.`;
}

const CUSTOM: ReadonlySet<App['kind']> = new Set(['Application', 'Kustomization', 'HelmRelease']);

/** Who deletes the custom resource: that it has left Git is for what makes it to see. */
function maker(core: Core, { renderedBy, generatedBy, kind }: App): string {
  if (generatedBy !== undefined) {
    return `The ApplicationSet ${generatedBy.set.name} deletes it, unless its applicationsSync says otherwise.`;
  }
  const above = renderedBy && core.store.app(renderedBy.key)?.app;
  if (above !== undefined) return `${appLabel(above)}, which renders it, ${doesOf(above)}.`;
  return CUSTOM.has(kind) ? 'No app here renders it, so nothing deletes it by itself.' : '';
}

function doesOf({ policy }: App): string {
  return policy.prune ? 'prunes it' : 'does not prune: it stays until somebody deletes it';
}

function withRemoval(change: ResourceChange, app: App, cascade: Cascade): ResourceChange {
  if (change.before === undefined) return change;
  const owner = { namespace: app.namespace, name: app.name };
  const prune: PruneForecast = cascade.takesObjects
    ? removalForecast(change.before, app.policy, owner)
    : { fate: 'kept', protectedBy: [`${cascade.why}.`], waitsFor: [] };
  const [reason] = prune.protectedBy;
  const isTold = prune.fate === 'deleted' || !cascade.takesObjects || reason === undefined;
  const note = {
    kind: 'not-pruned',
    message: `Not deleted with its app: ${reason ?? ''}`,
  } as const;
  return { ...change, prune, ...(isTold ? {} : { notes: [...change.notes, note] }) };
}
