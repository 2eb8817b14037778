import type { Json, KubeObject } from '../model/resource';
import { deepEqual, isList, isMap } from './json';
import { normalize } from './normalize';
import { sameQuantity } from './quantity';

/**
 * Whether a server that applied the same text its own way came to what was made here. It may add what
 * neither the live object nor the text has, and write a quantity in its own form.
 */
export function bearsOut(live: KubeObject, made: KubeObject, foreseen: KubeObject): boolean {
  return isSame([normalize(live)], normalize(made), normalize(foreseen));
}

/** `before`: what it was; of an item of a list that nothing tells apart, what any of them was. */
function isSame(before: readonly Json[], made: Json | undefined, foreseen: Json): boolean {
  if (made === undefined) return before.length === 0;
  if (isMap(made)) {
    if (!isMap(foreseen)) return false;
    const isKept = Object.keys(made).every((key) => Object.hasOwn(foreseen, key));
    return (
      isKept &&
      Object.entries(foreseen).every(([key, it]) => isSame(at(before, key), made[key], it))
    );
  }
  if (isList(made)) return isList(foreseen) && isSameList(before, made, foreseen);
  return deepEqual(made, foreseen) || sameQuantity(made, foreseen) === true;
}

function at(before: readonly Json[], key: string): readonly Json[] {
  return before.flatMap((one) => {
    const value = isMap(one) ? one[key] : undefined;
    return value === undefined ? [] : [value];
  });
}

function isSameList(
  before: readonly Json[],
  made: readonly Json[],
  foreseen: readonly Json[],
): boolean {
  if (made.length !== foreseen.length) return false;
  const old = before.flatMap((one) => (isList(one) ? one : []));
  return foreseen.every((item, index) => {
    const name = nameOf(item);
    if (name === undefined) return isSame(old, made[index], item);
    const own = (one: Json): boolean => nameOf(one) === name;
    const same = made.find(own);
    return same !== undefined && isSame(old.filter(own), same, item);
  });
}

function nameOf(item: Json): Json | undefined {
  return isMap(item) ? item['name'] : undefined;
}
