import type { AppStatus, ManagedResource } from '../model/app';
import { definedFields, listAt, textAt, textsAt, valueAt } from '../model/fields';
import type { KubeObject } from '../model/resource';

/** `.status.operationState` of an Application. */
export interface OperationState {
  readonly phase: string;
  readonly message: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

/** What an Argo CD Application says of itself; fields as in its `types.go`. */
export function argoStatus(application: KubeObject): AppStatus {
  const state = operationStateOf(application);
  return {
    sync: textAt(application, 'status', 'sync', 'status') ?? 'Unknown',
    appliedRevisions: appliedRevisions(application),
    managed: listAt(application, 'status', 'resources').flatMap(managedResource),
    ...definedFields({
      health: textAt(application, 'status', 'health', 'status'),
      message: statusMessage(application, state),
      operation: state === undefined ? undefined : operationOf(state),
    }),
  };
}

export function operationStateOf(application: KubeObject): OperationState | undefined {
  const phase = textAt(application, 'status', 'operationState', 'phase');
  if (phase === undefined) return undefined;
  return {
    phase,
    message: textAt(application, 'status', 'operationState', 'message') ?? '',
    ...definedFields({
      startedAt: textAt(application, 'status', 'operationState', 'startedAt'),
      finishedAt: textAt(application, 'status', 'operationState', 'finishedAt'),
    }),
  };
}

/** True while an operation is asked for or under way, by whomever. */
export function hasRunningOperation(application: KubeObject): boolean {
  const phase = operationStateOf(application)?.phase;
  return (
    valueAt(application, 'operation') !== undefined ||
    phase === 'Running' ||
    phase === 'Terminating'
  );
}

/** The first condition that says why Argo CD cannot compare or sync the app. */
export function errorCondition(application: KubeObject): string | undefined {
  const found = listAt(application, 'status', 'conditions').find((condition) =>
    (textAt(condition, 'type') ?? '').endsWith('Error'),
  );
  return textAt(found, 'message');
}

function operationOf(state: OperationState): AppStatus['operation'] {
  const at = state.finishedAt ?? state.startedAt;
  return { phase: state.phase, message: state.message, ...definedFields({ at }) };
}

function statusMessage(
  application: KubeObject,
  state: OperationState | undefined,
): string | undefined {
  const failed = state?.phase === 'Failed' || state?.phase === 'Error';
  return (
    errorCondition(application) ??
    (failed ? state.message : undefined) ??
    textAt(application, 'status', 'health', 'message')
  );
}

/**
 * The revisions that the live objects were last written from. A whole sync that succeeded tells them
 * itself. After one that ended early or took only some resources the history is right unless that one
 * wrote objects of another revision: then nobody can know, and the answer is empty.
 */
function appliedRevisions(application: KubeObject): readonly string[] {
  const operation = valueAt(application, 'status', 'operationState');
  const result = valueAt(operation, 'syncResult');
  const attempted = revisionsOf(result);
  const isSelective = listAt(operation, 'operation', 'sync', 'resources').length > 0;
  if (textAt(operation, 'phase') === 'Succeeded' && !isSelective && attempted.length > 0) {
    return attempted;
  }
  const recorded = revisionsOf(listAt(application, 'status', 'history').at(-1));
  const wroteSome = listAt(result, 'resources').some((it) => textAt(it, 'status') === 'Synced');
  return wroteSome && attempted.join() !== recorded.join() ? [] : recorded;
}

function revisionsOf(value: unknown): readonly string[] {
  const several = textsAt(value, 'revisions').filter((revision) => revision !== '');
  const one = textAt(value, 'revision') ?? '';
  if (several.length > 0) return several;
  return one === '' ? [] : [one];
}

function managedResource(resource: unknown): readonly ManagedResource[] {
  const kind = textAt(resource, 'kind');
  const name = textAt(resource, 'name');
  if (kind === undefined || name === undefined) return [];
  return [
    {
      group: textAt(resource, 'group') ?? '',
      version: textAt(resource, 'version') ?? '',
      kind,
      namespace: textAt(resource, 'namespace') ?? '',
      name,
      ...definedFields({
        status: textAt(resource, 'status'),
        health: textAt(resource, 'health', 'status'),
        hook: flag(resource, 'hook'),
        requiresPruning: flag(resource, 'requiresPruning'),
      }),
    },
  ];
}

function flag(resource: unknown, field: string): true | undefined {
  return valueAt(resource, field) === true ? true : undefined;
}
