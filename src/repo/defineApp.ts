import type { App } from '../model/app';
import { groupOf } from '../model/resource';
import type { JsonObject } from '../model/resource';
import { argoApp } from './argo';
import type { DefinitionContext, Placement } from './definition';
import { textAt } from './fields';
import { fluxKustomizationApp } from './flux';
import { helmReleaseApp } from './helmRelease';

type DefinedKind = 'Application' | 'Kustomization' | 'HelmRelease';

const DEFINING_KINDS: Readonly<Record<string, DefinedKind>> = {
  'argoproj.io/Application': 'Application',
  'kustomize.toolkit.fluxcd.io/Kustomization': 'Kustomization',
  'helm.toolkit.fluxcd.io/HelmRelease': 'HelmRelease',
};

const BUILDERS: Readonly<
  Record<DefinedKind, (object: JsonObject, at: Placement, context: DefinitionContext) => App>
> = {
  Application: argoApp,
  Kustomization: fluxKustomizationApp,
  HelmRelease: helmReleaseApp,
};

/** Which kind of app an object defines; `undefined` for every other object. */
export function definedKind(object: { readonly [key: string]: unknown }): DefinedKind | undefined {
  const group = groupOf(textAt(object as JsonObject, 'apiVersion') ?? '');
  return DEFINING_KINDS[`${group}/${textAt(object as JsonObject, 'kind') ?? ''}`];
}

/** The app that a custom resource of Argo CD or Flux defines. */
export function defineApp(
  object: JsonObject,
  placement: Placement,
  context: DefinitionContext,
): App | undefined {
  const kind = definedKind(object);
  return kind === undefined ? undefined : BUILDERS[kind](object, placement, context);
}

/** Groups whose objects steer a controller; a folder of nothing else is no app of its own. */
export function isControllerGroup(apiVersion: string): boolean {
  const group = groupOf(apiVersion);
  return group === 'argoproj.io' || group.endsWith('.toolkit.fluxcd.io');
}
