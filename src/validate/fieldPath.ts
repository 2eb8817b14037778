import { pointerTokens, toPointer } from '../base/pointer';
import type { Json, KubeObject } from '../model/resource';
import { resourceIdOf, resourceKey } from '../model/resource';

export function childPointer(pointer: string, key: string): string {
  return `${pointer}${toPointer([key])}`;
}

/** As the API server writes field paths: `spec.containers[0].env`, `metadata.labels[a.b/c]`. */
export function fieldPath(pointer: string): string {
  return pointerTokens(pointer).reduce(appendPart, '');
}

function appendPart(path: string, part: string): string {
  if (/^\d+$/.test(part) || !/^[A-Za-z0-9_$-]+$/.test(part)) return `${path}[${part}]`;
  return path === '' ? part : `${path}.${part}`;
}

/** What stands at the pointer; `undefined` where nothing does. */
export function valueAt(object: unknown, pointer: string): unknown {
  return pointerTokens(pointer).reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string, unknown>)[part]
        : undefined,
    object,
  );
}

/** `resourceKey` of an object that may lack its metadata. */
export function keyOf(object: KubeObject): string {
  return resourceKey(resourceIdOf({ ...object, metadata: object.metadata ?? {} }));
}

/** `Deployment shop/web`: how every finding names its object. */
export function objectLabel(object: KubeObject): string {
  const { name, generateName, namespace } = object.metadata ?? {};
  const shown = name ?? (generateName === undefined ? '(no name)' : `${generateName}*`);
  return `${object.kind} ${namespace === undefined || namespace === '' ? '' : `${namespace}/`}${shown}`;
}

/** The JSON type of a value, in the words of the messages. */
export function typeName(value: Json | undefined): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return 'a string';
  return typeof value === 'boolean' ? 'a boolean' : 'a number';
}
