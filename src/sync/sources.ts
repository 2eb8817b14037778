import type { SourceState } from '../model/appState';
import { definedFields, textAt } from '../model/fields';
import type { KubeObject } from '../model/resource';
import { groupOf } from '../model/resource';
import { conditionOf, isObserved } from './conditions';

const SOURCE_GROUP = 'source.toolkit.fluxcd.io';

/** The Flux sources among objects just read. A HelmRepository of OCI charts has no status, and is well. */
export function sourceStates(objects: readonly KubeObject[]): readonly SourceState[] {
  return objects.filter(({ apiVersion }) => groupOf(apiVersion) === SOURCE_GROUP).map(sourceState);
}

function sourceState(object: KubeObject): SourceState {
  const ready = conditionOf(object, 'Ready');
  const isKnown = ready !== undefined && ready.status !== 'Unknown' && isObserved(object, ready);
  return {
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
    message: ready?.message ?? '',
    ...definedFields({
      url: textAt(object, 'spec', 'url'),
      ready: isKnown ? ready.status === 'True' : undefined,
    }),
  };
}
