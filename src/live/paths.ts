import type { ServedKind } from '../model/cluster';
import type { ResourceId } from '../model/resource';
import type { Subject } from './status';

/** `/api/v1` or `/apis/apps/v1`. */
export function groupVersionPath(group: string, version: string): string {
  return group === ''
    ? `/api/${encodeURIComponent(version)}`
    : `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`;
}

/** Names that the API machinery accepts as one segment of a path (`IsValidPathSegmentName`). */
export function isPathSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name);
}

export function collectionPath(kind: ServedKind, namespace: string | undefined): string {
  const scope =
    kind.namespaced && namespace !== undefined
      ? `/namespaces/${encodeURIComponent(namespace)}`
      : '';
  return `${groupVersionPath(kind.group, kind.version)}${scope}/${encodeURIComponent(kind.resource)}`;
}

export function objectPath(kind: ServedKind, id: ResourceId): string {
  return `${collectionPath(kind, kind.namespaced ? id.namespace : undefined)}/${encodeURIComponent(id.name)}`;
}

export function withQuery(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, value);
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

export function subjectOf(verb: string, kind: ServedKind, namespace: string): Subject {
  return {
    verb,
    resource: kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`,
    namespace: kind.namespaced ? namespace : '',
    secret: kind.group === '' && kind.resource === 'secrets',
  };
}
