import { listAt, numberAt, textAt } from '../model/fields';
import type { KubeObject } from '../model/resource';

/** A status condition as Flux and Kubernetes write it. */
export interface Condition {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const found = listAt(object, 'status', 'conditions').find((it) => textAt(it, 'type') === type);
  if (found === undefined) return undefined;
  const status = textAt(found, 'status');
  return {
    status: status === 'True' || status === 'False' ? status : 'Unknown',
    reason: textAt(found, 'reason') ?? '',
    message: textAt(found, 'message') ?? '',
  };
}

/** True when the status describes the present spec; a status without a generation is taken at its word. */
export function isObserved(object: KubeObject): boolean {
  const generation = object.metadata.generation;
  const observed = numberAt(object, 'status', 'observedGeneration');
  return generation === undefined || observed === undefined || observed >= generation;
}
