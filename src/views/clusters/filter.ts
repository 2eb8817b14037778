import type { App } from '../../model/app';
import { appLabel } from '../../model/app';
import type { AppState, LiveComparison } from '../../model/appState';
import { claimLabel } from '../../model/stray';
import type { Stray } from '../../model/stray';
import { liveComparison } from '../standing';
import { resourceLabel } from '../words';
import type { AppFacts } from './facts';
import type { AppStanding } from './summary';
import { APP_STANDINGS, summaryOf } from './summary';

/** One word of a filter: all of them have to hold. */
interface Term {
  readonly field: Field;
  /** Lower case. */
  readonly text: string;
  readonly negated: boolean;
}

const FIELDS = ['any', 'state', 'kind', 'namespace', 'project', 'cluster', 'team'] as const;

type Field = (typeof FIELDS)[number];

/** What users write for a field besides its name. */
const ALIASES: Readonly<Record<string, Field>> = { is: 'state', ns: 'namespace', owner: 'team' };

export interface Filter {
  /** As it was typed; shown and remembered. */
  readonly text: string;
  matches(state: AppState, facts: AppFacts): boolean;
  /** Of what is left behind in a cluster. */
  matchesStray(cluster: string, stray: Stray): boolean;
}

/**
 * `shop state:drifted -kind:HelmRelease`: words that all have to be somewhere in the app (its name,
 * kind, namespaces, project, cluster, team or objects), or in the field before the colon; a dash
 * turns a word around. Nothing for a text without words.
 */
export function parseFilter(text: string): Filter | undefined {
  const terms = text.trim().split(/\s+/).filter(isWord).map(termOf);
  if (terms.length === 0) return undefined;
  return {
    text: text.trim(),
    matches: (state, facts) => terms.every((term) => holds(term, state, facts) !== term.negated),
    matchesStray: (cluster, stray) =>
      terms.every(({ field, text, negated }) => {
        const values = STRAY_VALUES[field](stray, cluster);
        return values.some((value) => value.toLowerCase().includes(text)) !== negated;
      }),
  };
}

function isWord(word: string): boolean {
  return word !== '' && word !== '-';
}

function termOf(word: string): Term {
  const negated = word.startsWith('-');
  const plain = (negated ? word.slice(1) : word).toLowerCase();
  const colon = plain.indexOf(':');
  const name = plain.slice(0, Math.max(colon, 0));
  const field = ALIASES[name] ?? FIELDS.find((one) => one === name);
  return field === undefined || field === 'any'
    ? { field: 'any', text: plain, negated }
    : { field, text: plain.slice(colon + 1), negated };
}

function holds({ field, text }: Term, state: AppState, facts: AppFacts): boolean {
  if (field === 'state') return hasStanding(summaryOf(state).standing, text);
  if (field === 'any') return isAnywhere(state, facts, text);
  return VALUES[field](state.app, facts).some((value) => value.toLowerCase().includes(text));
}

const VALUES: Readonly<
  Record<Exclude<Field, 'any' | 'state'>, (app: App, facts: AppFacts) => readonly string[]>
> = {
  kind: ({ kind }) => [kind],
  namespace: ({ destination, namespace }) => [destination.namespace, namespace],
  cluster: ({ destinationCluster = 'no cluster' }) => [destinationCluster],
  project: (_, { project = '' }) => [project],
  team: (_, { teams }) => teams,
};

/** `in-sync`, `insync` and `sync` are one. */
function hasStanding(standing: AppStanding, text: string): boolean {
  const wanted = text.replace(/^in-?/, '');
  const found = APP_STANDINGS.find((one) => one.replace('in-', '').startsWith(wanted));
  return wanted !== '' && found === standing;
}

/** A maker that is gone has no project and no team. */
const STRAY_VALUES: Readonly<Record<Field, (stray: Stray, cluster: string) => readonly string[]>> =
  {
    any: (stray, cluster) => [cluster, strayText(stray)],
    state: () => ['left-behind'],
    kind: ({ claim: { kind } }) => (kind === 'release' ? ['HelmRelease', 'Helm release'] : [kind]),
    namespace: ({ claim, ids }) => [claim.namespace, ...ids.map(({ namespace }) => namespace)],
    cluster: (_, cluster) => [cluster],
    project: () => [],
    team: () => [],
  };

function strayText(stray: Stray): string {
  const known = strayTexts.get(stray);
  if (known !== undefined) return known;
  const names = stray.ids.map((id) => `${resourceLabel(id)}\n${id.namespace}`);
  const text = [claimLabel(stray.claim), 'left behind', ...new Set(names)].join('\n');
  strayTexts.set(stray, text);
  return text;
}

const strayTexts = new WeakMap<Stray, string>();

function isAnywhere(state: AppState, facts: AppFacts, text: string): boolean {
  const { app } = state;
  return factsOf(app, facts).includes(text) || objectsOf(liveComparison(state)).includes(text);
}

function factsOf(app: App, { project = '', teams }: AppFacts): string {
  return [
    appLabel(app),
    app.kind,
    app.destination.namespace,
    app.destinationCluster ?? '',
    project,
    ...teams,
  ]
    .join('\n')
    .toLowerCase();
}

/** All objects of an app as one text: it is looked through at each drawing. */
function objectsOf(comparison: LiveComparison | undefined): string {
  if (comparison === undefined) return '';
  const known = objectTexts.get(comparison);
  if (known !== undefined) return known;
  const text = comparison.changes
    .map(({ id }) => resourceLabel(id))
    .join('\n')
    .toLowerCase();
  objectTexts.set(comparison, text);
  return text;
}

const objectTexts = new WeakMap<LiveComparison, string>();
