import type { ServedKind } from '../../model/cluster';
import type { Severity } from '../../model/problem';
import type { RenderedObject } from '../../model/render';
import type { KubeObject } from '../../model/resource';
import type { KindSchema } from '../schemas';

/** What is known of the cluster to which the objects go; each part may be unknown. */
export interface Destination {
  /** The logical name, for messages. */
  readonly name?: string;
  /** `v1.36.3`. */
  readonly version?: string;
  /** Everything that the cluster serves. */
  readonly served?: readonly ServedKind[];
  /** Groups that a broken aggregated API hides: nothing is said of their kinds. */
  readonly missingGroups?: readonly string[];
}

export interface Finding {
  readonly severity: Severity;
  /** Stable and kebab-case. */
  readonly code: string;
  /** Continues "Deployment shop/web: ". Never holds a value of a field that could be secret. */
  readonly message: string;
  /** JSON pointer of the field; absent when the object as a whole is meant. */
  readonly pointer?: string;
}

export interface ObjectContext {
  readonly object: KubeObject;
  readonly schema: KindSchema | undefined;
  readonly destination: Destination;
}

export interface BatchContext {
  readonly objects: readonly RenderedObject[];
  readonly destination: Destination;
  /** Whether any source of schemas knows the kind of the object at this index. */
  readonly hasSchema: (index: number) => boolean;
}

/** A rule about one object alone. */
export type ObjectRule = (context: ObjectContext) => readonly Finding[];

/** A rule about the objects of one app together; each finding belongs to one of them. */
export type BatchRule = (
  context: BatchContext,
) => readonly { readonly index: number; readonly finding: Finding }[];

export const NO_FINDINGS: readonly Finding[] = [];
