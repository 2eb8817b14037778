import { definedFields, listAt, numberAt, textAt } from '../model/fields';
import type { KubeObject } from '../model/resource';

/** A status condition as Flux and Kubernetes write it. */
export interface Condition {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const found = listAt(object, 'status', 'conditions').find((it) => textAt(it, 'type') === type);
  if (found === undefined) return undefined;
  const status = textAt(found, 'status');
  return {
    status: status === 'True' || status === 'False' ? status : 'Unknown',
    reason: textAt(found, 'reason') ?? '',
    message: textAt(found, 'message') ?? '',
    ...definedFields({ observedGeneration: numberAt(found, 'observedGeneration') }),
  };
}

/**
 * True when the condition describes the present spec. kustomize-controller raises the status's own
 * generation only on success, so the condition's counts first; without any it is taken at its word.
 */
export function isObserved(object: KubeObject, condition: Condition): boolean {
  const { generation } = object.metadata;
  const ofStatus = numberAt(object, 'status', 'observedGeneration');
  const observed = condition.observedGeneration ?? ofStatus;
  return generation === undefined || observed === undefined || observed >= generation;
}
