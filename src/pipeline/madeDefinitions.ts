import type { RenderedObject, RenderInput } from '../model/render';
import type { RenderedDefinition } from '../repo/renderedApps';

/** What an app renders that defines other apps, in the working copy and at the target. */
export interface MadeDefinitions {
  readonly working: MadeSide;
  /** `same`: nothing that the app reads differs, or nobody can say. */
  readonly target: MadeSide | 'same';
}

export interface MadeSide {
  readonly definitions: readonly RenderedDefinition[];
  readonly bases: readonly string[];
}

/** What became of an app at its target: the objects, or that they are those of the working copy. */
export type AtTarget =
  'same' | { readonly objects: readonly RenderedObject[]; readonly inputs: readonly RenderInput[] };
