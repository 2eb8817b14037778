import type { AppState } from '../../model/appState';
import type { Row } from '../row';
import { liveComparison } from '../standing';
import { counted, dotted, plural, sentence } from '../words';
import type { Presentation } from './appList';
import { appRows, foldApps } from './appList';
import { factsOf } from './facts';
import type { Grouping } from './shape';
import { isAnswered, summaryOf } from './summary';

type ByOther = Exclude<Grouping, 'cluster'>;

const TITLES: Readonly<Record<ByOther, string>> = {
  project: 'Project',
  namespace: 'Namespace',
  team: 'Team',
};

const ICONS: Readonly<Record<ByOther, string>> = {
  project: 'project',
  namespace: 'symbol-namespace',
  team: 'organization',
};

/**
 * Apps of all clusters by project, namespace or team; the clusters themselves, where logins and
 * refusals are, come after them.
 */
export function groupRows(
  apps: readonly AppState[],
  shown: Presentation,
  { groupBy, clusters }: { readonly groupBy: ByOther; readonly clusters: readonly Row[] },
): readonly Row[] {
  const groups = grouped(apps, (state) => namesOf(state, groupBy));
  const names = [...groups.keys()].sort(nothingLast);
  return [
    ...names.map((name) => groupRow({ name, groupBy, apps: groups.get(name) ?? [] }, shown)),
    clustersRow(clusters),
  ];
}

/** Apps by each of their names. */
export function grouped(
  apps: readonly AppState[],
  namesOf: (state: AppState) => readonly string[],
): ReadonlyMap<string, readonly AppState[]> {
  const groups = new Map<string, AppState[]>();
  for (const state of apps) {
    for (const name of namesOf(state)) {
      const group = groups.get(name) ?? [];
      group.push(state);
      groups.set(name, group);
    }
  }
  return groups;
}

/** An app that two teams own is below both. */
function namesOf(state: AppState, groupBy: ByOther): readonly string[] {
  const { project, teams } = factsOf(state.app);
  switch (groupBy) {
    case 'project':
      return [project ?? ''];
    case 'namespace':
      return namespacesOf(state);
    case 'team':
      return teams.length === 0 ? [''] : teams;
  }
}

/** Where the objects of an app go that names no namespace itself; nowhere where these are too many. */
const MOST_NAMESPACES = 3;

function namespacesOf(state: AppState): readonly string[] {
  const { namespace } = state.app.destination;
  if (namespace !== '') return [namespace];
  const found = objectNamespaces(state);
  return found.length === 0 || found.length > MOST_NAMESPACES ? [''] : found;
}

function objectNamespaces(state: AppState): readonly string[] {
  const compared = liveComparison(state)?.changes.map(({ id }) => id.namespace);
  const rendered =
    state.working.kind === 'rendered'
      ? state.working.desired.objects.map(({ object }) => object.metadata.namespace ?? '')
      : [];
  return [...new Set(compared ?? rendered)].filter((namespace) => namespace !== '').sort();
}

function nothingLast(a: string, b: string): number {
  if ((a === '') !== (b === '')) return a === '' ? 1 : -1;
  return a.localeCompare(b);
}

interface Group {
  readonly name: string;
  readonly groupBy: ByOther;
  readonly apps: readonly AppState[];
}

function groupRow({ name, groupBy, apps }: Group, shown: Presentation): Row {
  const id = `${groupBy}/${name}`;
  const title = TITLES[groupBy];
  const label = name === '' ? `No ${title.toLowerCase()}` : name;
  const foldQuiet = foldApps(apps, shown, id);
  const description = groupWords(apps);
  const settled = apps.every(isAnswered);
  return {
    id,
    label,
    description,
    icon: { id: ICONS[groupBy] },
    spoken: sentence(name === '' ? label : `${title} ${name}`, description),
    collapsible: 'collapsed',
    children: () => appRows(apps, shown, { parentId: id, settled, showsCluster: true }),
    ...(foldQuiet && { foldQuiet }),
    abilities: [],
    settled,
  };
}

function groupWords(apps: readonly AppState[]): string {
  const standings = apps.map((state) => summaryOf(state).standing);
  return dotted(
    counted(standings.filter((one) => one === 'drifted').length, 'drifted'),
    counted(standings.filter((one) => one === 'failing').length, 'failing'),
    counted(apps.filter((state) => !isAnswered(state)).length, 'not compared'),
    plural(apps.length, 'app'),
  );
}

function clustersRow(clusters: readonly Row[]): Row {
  const description = dotted(...clusters.map(({ label }) => label));
  return {
    id: 'clusters',
    label: 'Clusters',
    description,
    icon: { id: 'server-environment' },
    spoken: sentence('Clusters', description),
    collapsible: 'collapsed',
    last: true,
    children: () => clusters,
    abilities: [],
  };
}
