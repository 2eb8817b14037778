import type { GitResult } from '../model/ports';

/** A remote or revision that git cannot mistake for an option. */
export function isSafe(name: string): boolean {
  return name !== '' && !name.startsWith('-') && !/[\s\0]/.test(name);
}

export function unsafe<T>(name: string): GitResult<T> {
  return {
    kind: 'failed',
    message: `${JSON.stringify(name)} is not a name that git may be given.`,
  };
}
