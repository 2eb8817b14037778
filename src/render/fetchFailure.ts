import type { FetchAnswer, FetchFailureKind } from '../model/fetch';

export function failed(kind: FetchFailureKind, message: string): FetchAnswer {
  return { charts: [], failures: [{ kind, message }], lockOutOfSync: false };
}
