import type { Steps } from '../base/pacer';
import type { ResourceChange } from '../model/change';
import { resourceKey } from '../model/resource';
import { compareRendered } from '../diff/compareRendered';
import type { RenderedComparisonInput } from '../diff/compareRendered';
import type { DesiredObject } from '../diff/desired';

/** Objects compared between two pauses. */
const SLICE = 8;

/** `compareRendered` with places to pause: the same changes in the same order. */
export function* comparisonSteps(input: RenderedComparisonInput): Steps<readonly ResourceChange[]> {
  // Nameless objects are told apart by their place among all.
  if ([...input.before, ...input.after].some(({ id }) => id.name === '')) {
    return compareRendered(input);
  }
  const old = new Map(input.before.map((desired) => [resourceKey(desired.id), desired]));
  const changes: ResourceChange[] = [];
  for (const after of slices(input.after)) {
    changes.push(...compareRendered({ ...input, before: taken(old, after), after }));
    yield;
  }
  for (const before of slices([...old.values()])) {
    changes.push(...compareRendered({ ...input, before, after: [] }));
    yield;
  }
  return changes;
}

function* slices<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < items.length; at += SLICE) yield items.slice(at, at + SLICE);
}

/** The counterparts of some objects; each is taken by the first that asks for it. */
function taken(
  old: Map<string, DesiredObject>,
  objects: readonly DesiredObject[],
): readonly DesiredObject[] {
  return objects.flatMap((object) => {
    const key = resourceKey(object.id);
    const found = old.get(key);
    old.delete(key);
    return found === undefined ? [] : [found];
  });
}
