function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shareArray(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  const shared = after.map((item, index) => share(before[index], item));
  const same = before.length === shared.length && shared.every((item, i) => item === before[i]);
  return same ? before : shared;
}

function shareRecord(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const keys = Object.keys(after);
  const shared: Record<string, unknown> = {};
  for (const key of keys) shared[key] = share(before[key], after[key]);
  const same =
    keys.length === Object.keys(before).length &&
    keys.every((key) => key in before && shared[key] === before[key]);
  return same ? before : shared;
}

/**
 * `after`, with every part that equals its counterpart in `before` replaced by that counterpart, so
 * that unchanged parts keep their identity. For plain JSON-like data.
 */
export function share<T>(before: unknown, after: T): T;
export function share(before: unknown, after: unknown): unknown {
  // Most parts are equal, and finding that out makes nothing anew.
  if (sameData(before, after)) return before;
  if (Array.isArray(before) && Array.isArray(after)) return shareArray(before, after);
  if (isPlain(before) && isPlain(after)) return shareRecord(before, after);
  return after;
}

/** Deep equality of plain data; a key set to `undefined` differs from an absent one. */
export function sameData(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameData(item, b[index]));
  }
  if (!isPlain(a) || !isPlain(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameData(a[key], b[key]));
}
