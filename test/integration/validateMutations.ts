import type { KubeObject } from '../../src/model/resource';
import { childPointer, fieldPath } from '../../src/validate/fieldPath';

export interface Mutation {
  readonly label: string;
  readonly object: KubeObject;
}

type Bend = (parent: Record<string, unknown>, key: string) => void;

const BENDS: Readonly<Record<string, Bend>> = {
  'without it': (parent, key) => {
    delete parent[key];
  },
  'as null': (parent, key) => {
    parent[key] = null;
  },
  'of another type': (parent, key) => {
    parent[key] = otherType(parent[key]);
  },
  'with an unknown neighbour': (parent, key) => {
    parent[`${key}Zz`] = parent[key];
  },
  'with another text': (parent, key) => {
    parent[key] = typeof parent[key] === 'string' ? 'Bent' : -7;
  },
};

function otherType(value: unknown): unknown {
  if (typeof value === 'string') return 7;
  if (typeof value === 'number') return `${value}`;
  if (typeof value === 'boolean') return 'yes';
  return Array.isArray(value) ? { a: 'b' } : ['a'];
}

/** Every field of the object (but its kind and name) bent in every way, one at a time. */
export function mutationsOf(object: KubeObject): readonly Mutation[] {
  return pointersOf(object, '').flatMap((pointer) =>
    Object.entries(BENDS).flatMap(([name, bend]) => mutation(object, pointer, name, bend)),
  );
}

function pointersOf(value: unknown, at: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .map(([key, child]) => ({ pointer: childPointer(at, key), child: child as unknown }))
    .filter(({ pointer }) => !['/apiVersion', '/kind', '/metadata/name'].includes(pointer))
    .flatMap(({ pointer, child }) => [pointer, ...pointersOf(child, pointer)]);
}

function mutation(
  object: KubeObject,
  pointer: string,
  name: string,
  bend: Bend,
): readonly Mutation[] {
  const copy = structuredClone(object) as unknown as Record<string, unknown>;
  const keys = pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/'));
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>(
    (value, key) => (value as Record<string, unknown>)[key],
    copy,
  );
  const value = (parent as Record<string, unknown>)[last];
  if (Array.isArray(parent) && name !== 'of another type' && name !== 'as null') return [];
  if (name === 'with another text' && typeof value === 'object') return [];
  bend(parent as Record<string, unknown>, last);
  return [
    {
      label: `${object.kind} ${fieldPath(pointer)} ${name}`,
      object: copy as unknown as KubeObject,
    },
  ];
}
