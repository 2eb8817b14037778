import { isMap } from '../../src/diff/json';

/** A JSON merge patch applied (RFC 7386, section 2), as the API server does. */
export function withMergePatch(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: Record<string, unknown> = { ...(isMap(target) ? target : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = withMergePatch(result[key], value);
  }
  return result;
}
