import type { KubeObject } from '../../model/resource';
import { keyOf } from '../fieldPath';
import type { BatchRule } from './rule';

/**
 * The same object twice in one app: kubectl and Argo CD let the last one win, Kustomize refuses.
 * Hooks and tests may repeat a name, as each phase deletes its own.
 */
export const duplicateObjectRule: BatchRule = ({ objects }) => {
  const firstAt = new Map<string, number>();
  return objects.flatMap(({ object, role, origin }, index) => {
    if (!isNamed(object) || role === 'hook' || role === 'test') return [];
    const key = keyOf(object);
    const first = firstAt.get(key);
    if (first === undefined) {
      firstAt.set(key, index);
      return [];
    }
    const other = objects[first]?.origin.path;
    const place = other === origin.path ? 'twice in this file' : `also in ${other}`;
    const message = `the app has this object ${place}, only one of them will be applied`;
    return [
      { index, finding: { severity: 'warning', code: 'duplicate-object', message } as const },
    ];
  });
};

function isNamed(object: KubeObject): boolean {
  return typeof object.metadata?.name === 'string';
}
