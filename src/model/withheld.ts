import type { RenderedObject, RenderOutcome, RenderResult } from './render';
import type { KubeObject, ObjectHead } from './resource';

/**
 * An object of a render that was kept on disk: a salted digest stands in place of each value of a
 * Secret. It is no `KubeObject`, so that nothing which sends or compares values takes it.
 */
export interface WithheldObject extends Omit<RenderedObject, 'object' | 'withheld'> {
  readonly object: ObjectHead;
  /** JSON pointers of the digests. */
  readonly withheld: readonly string[];
}

/** An object with its values, or one that was kept without them. */
export type KnownObject = RenderedObject | WithheldObject;

export type KnownResult = Omit<RenderResult, 'objects'> & {
  readonly objects: readonly KnownObject[];
};

export type KnownOutcome =
  | Exclude<RenderOutcome, { kind: 'rendered' }>
  | { readonly kind: 'rendered'; readonly result: KnownResult };

/**
 * Stands before a digest. It is base64 like what it stands for, so that checks of the form of a Secret
 * say the same of both.
 */
const MARK = 'plumbline/withheld/0';

export function withheldText(digest: string): string {
  return MARK + digest;
}

export function isWithheldText(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith(MARK);
}

/** The objects, where all values are there; `undefined` where some are withheld. */
export function withAllValues(
  objects: readonly KnownObject[],
): readonly RenderedObject[] | undefined {
  const all = objects.filter(hasValues);
  return all.length === objects.length ? all : undefined;
}

export function hasValues(known: KnownObject): known is RenderedObject {
  return known.withheld === undefined;
}

/** For checks of the form of objects and for what only looks at names: digests are among the values. */
export function formOf(objects: readonly KnownObject[]): readonly RenderedObject[] {
  return withAllValues(objects) ?? objects.map(asRendered);
}

function asRendered(known: KnownObject): RenderedObject {
  if (hasValues(known)) return known;
  return { ...known, object: known.object as KubeObject, withheld: undefined };
}
