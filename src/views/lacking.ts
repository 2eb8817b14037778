import type { AppState } from '../model/appState';
import { fetchableOf, missingOf } from '../model/missing';
import type { Ability } from './row';
import { counted, dotted, shorten } from './words';

const LONGEST_REFERENCE = 80;

/** `lacks web ^1 https://charts.example.com · 2 more`: what the rest was rendered without. */
export function lackingWords(state: AppState): string | undefined {
  const references = referencesOf(state);
  const [first] = references;
  if (first === undefined) return undefined;
  return dotted(
    `lacks ${shorten(first, LONGEST_REFERENCE)}`,
    counted(references.length - 1, 'more'),
  );
}

/** Every reference that the app lacks, for a tooltip. */
export function lackingLines(state: AppState): readonly string[] {
  const kinds = missingOf(state).map(({ kind, reference }) => `Lacks the ${kind} ${reference}`);
  return [...new Set(kinds)];
}

/** Whether a registry may have what the app lacks. */
export function fetchAbility(state: AppState): readonly Ability[] {
  return fetchableOf(state).length > 0 ? ['canFetch'] : [];
}

function referencesOf(state: AppState): readonly string[] {
  return [...new Set(missingOf(state).map(({ reference }) => reference))];
}
