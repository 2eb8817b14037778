import type { Json, KubeObject } from '../model/resource';
import { resourceIdOf, resourceKey } from '../model/resource';

/** The parts of a JSON pointer (RFC 6901), unescaped. */
export function pointerParts(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function childPointer(pointer: string, key: string): string {
  return `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** As the API server writes field paths: `spec.containers[0].env`, `metadata.labels[a.b/c]`. */
export function fieldPath(pointer: string): string {
  return pointerParts(pointer).reduce(appendPart, '');
}

function appendPart(path: string, part: string): string {
  if (/^\d+$/.test(part) || !/^[A-Za-z0-9_$-]+$/.test(part)) return `${path}[${part}]`;
  return path === '' ? part : `${path}.${part}`;
}

/** What stands at the pointer; `undefined` where nothing does. */
export function valueAt(object: unknown, pointer: string): unknown {
  return pointerParts(pointer).reduce<unknown>(
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
