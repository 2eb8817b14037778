import type { LiveComparison } from '../model/appState';
import type { ResourceChange } from '../model/change';

/** Argo CD's words from bad to good, as `sync/health` gives them; what is not listed needs no word. */
const ILL = ['Degraded', 'Missing', 'Progressing', 'Suspended'] as const;

export type Illness = (typeof ILL)[number];

/** The health of an object where it is worth a word; of what is not in the cluster the standing says it. */
export function illnessOf({ health }: ResourceChange): Illness | undefined {
  const found = ILL.find((word) => word === health?.status);
  return found === 'Missing' ? undefined : found;
}

/** The worst of the objects of an app that count; nothing where all are well. */
export function worstIllness(comparison: LiveComparison | undefined): Illness | undefined {
  if (comparison === undefined) return undefined;
  if (!known.has(comparison)) {
    const found = new Set(comparison.changes.filter(counts).map(illnessOf));
    known.set(
      comparison,
      ILL.find((word) => found.has(word)),
    );
  }
  return known.get(comparison);
}

/** Argo CD leaves such an object out of the health of its app (`setApplicationHealth`). */
const IGNORED = 'argocd.argoproj.io/ignore-healthcheck';

function counts({ before }: ResourceChange): boolean {
  return before?.metadata.annotations?.[IGNORED] !== 'true';
}

const known = new WeakMap<LiveComparison, Illness | undefined>();
