import type { Opening } from '../../host/open';
import type { App } from '../../model/app';
import { appLabel } from '../../model/app';
import type { AppState, RepositoryItem, RootState, WorkspaceState } from '../../model/appState';
import type { Problem } from '../../model/problem';
import { COLORS } from '../../host/ids';
import type { Ability, Row, RowIcon, RowMark } from '../row';
import type { Failure } from '../failure';
import { ERROR_ICON, failureOf, unrenderedWords } from '../failure';
import { generatedLines } from '../generated';
import { pipelineLines } from '../pipelines';
import { fetchAbility, lackingLines, lackingWords } from '../lacking';
import { renderedWords } from '../relations';
import { tooltipLines } from '../row';
import { dotted, plural, present, sentence, shorten, when } from '../words';

const GROUPS: readonly {
  readonly kind: RepositoryItem['kind'];
  readonly label: string;
  readonly icon: string;
}[] = [
  { kind: 'application', label: 'Applications', icon: 'rocket' },
  { kind: 'application-set', label: 'ApplicationSets', icon: 'type-hierarchy-sub' },
  { kind: 'flux-kustomization', label: 'Flux Kustomizations', icon: 'rocket' },
  { kind: 'helm-release', label: 'HelmReleases', icon: 'rocket' },
  { kind: 'chart', label: 'Charts', icon: 'package' },
  { kind: 'kustomization', label: 'Kustomizations', icon: 'layers' },
  { kind: 'folder', label: 'Folders of manifests', icon: 'folder' },
  { kind: 'crd', label: 'Custom resource definitions', icon: 'symbol-structure' },
];

/** What was found in the open folders, by kind; a level for the folder only where there are several. */
export function presentRepository(state: WorkspaceState): readonly Row[] {
  const apps = new Map(state.apps.map((one) => [one.app.key, one]));
  const found = state.roots.filter(({ items, problems }) => items.length + problems.length > 0);
  if (found.length === 1) return found.flatMap((root) => groupRows(root, 'repository', apps));
  return found.map((root) => rootRow(root, apps));
}

export function presentRepositoryDescription(state: WorkspaceState): string | undefined {
  if (state.roots.some(({ indexing }) => indexing)) return 'reading…';
  return state.apps.length === 0 ? undefined : plural(state.apps.length, 'app');
}

function rootRow(root: RootState, apps: ReadonlyMap<string, AppState>): Row {
  const id = `root/${root.root}`;
  const branch = root.repository?.headRef?.replace('refs/heads/', '');
  return {
    id,
    label: root.name,
    ...(branch !== undefined && { description: branch }),
    icon: { id: 'repo' },
    spoken: sentence(`Repository ${root.name}`, branch && `branch ${branch}`),
    tooltip: () => tooltipLines(root.name, [root.root, branch]),
    collapsible: 'expanded',
    children: () => groupRows(root, id, apps),
    abilities: [],
  };
}

function groupRows(
  root: RootState,
  parentId: string,
  apps: ReadonlyMap<string, AppState>,
): readonly Row[] {
  const groups = GROUPS.flatMap((group) => {
    const items = root.items.filter(({ kind }) => kind === group.kind);
    return items.length === 0 ? [] : [groupRow(group, items, { parentId, apps })];
  });
  return root.problems.length === 0
    ? groups
    : [...groups, problemsRow(root.problems, root.root, parentId)];
}

function groupRow(
  group: (typeof GROUPS)[number],
  items: readonly RepositoryItem[],
  context: { readonly parentId: string; readonly apps: ReadonlyMap<string, AppState> },
): Row {
  const id = `${context.parentId}/${group.kind}`;
  return {
    id,
    label: group.label,
    description: String(items.length),
    icon: { id: group.icon },
    spoken: `${group.label}, ${items.length}`,
    collapsible: 'collapsed',
    children: () =>
      items.map((item) => itemRow(item, { parentId: id, icon: group.icon, apps: context.apps })),
    abilities: [],
  };
}

function itemRow(
  item: RepositoryItem,
  context: {
    readonly parentId: string;
    readonly icon: string;
    readonly apps: ReadonlyMap<string, AppState>;
  },
): Row {
  const users = present(item.apps.map((key) => context.apps.get(key)));
  const only = onlyUser(item, users);
  const id = `${context.parentId}/${item.path}#${item.name}`;
  const failures = present(users.map(failureOf));
  const failing = failures.length > 0;
  const description = dotted(
    inWords(item, only),
    when(item.path !== item.name, item.path),
    noteWords(item),
    failingWords(failures, users.length) ?? (only && stateWords(only)),
  );
  return {
    id,
    label: item.name,
    description,
    icon: failing ? ERROR_ICON : { id: context.icon },
    spoken: sentence(item.name, description, plural(users.length, 'app')),
    tooltip: () =>
      tooltipLines(item.name, [
        item.path,
        ...(item.notes ?? []),
        `${isSet(item) ? 'Makes' : 'Used by'} ${plural(users.length, 'app')}`,
        ...users.slice(0, 8).map(({ app }) => appWords(app)),
        definitionWords(item, only),
        ...new Set(users.flatMap(lackingLines)),
        ...new Set(users.map(reasonOf)),
      ]),
    collapsible: users.length > 1 || (isSet(item) && users.length > 0) ? 'collapsed' : 'none',
    children: () => users.map((one) => userRow(one, id)),
    ...useOf(item, only),
    open: itemOpening(item, only),
    ...(failing && { mark: FAILING }),
  };
}

/** What is rendered of it only in part, or not at all. */
function stateWords(state: AppState): string | undefined {
  return unrenderedWords(state) ?? lackingWords(state);
}

function reasonOf({ app: { source } }: AppState): string | undefined {
  return source.kind === 'unsupported' ? source.reason : undefined;
}

/** Of a definition, the app that renders it. */
function inWords({ kind }: RepositoryItem, only: AppState | undefined): string | undefined {
  const by = DEFINITIONS.has(kind) ? only?.app.renderedBy : undefined;
  return by && `in ${appLabel(by)}`;
}

function definitionWords({ kind }: RepositoryItem, only: AppState | undefined): string | undefined {
  return only && DEFINITIONS.has(kind) ? renderedWords(only.app) : undefined;
}

const DEFINITIONS: ReadonlySet<RepositoryItem['kind']> = new Set([
  'application',
  'flux-kustomization',
  'helm-release',
]);

/** A set is never the one app that it happens to make. */
function onlyUser(item: RepositoryItem, users: readonly AppState[]): AppState | undefined {
  return users.length === 1 && !isSet(item) ? users[0] : undefined;
}

function isSet({ kind }: RepositoryItem): boolean {
  return kind === 'application-set';
}

function noteWords({ notes }: RepositoryItem): string | undefined {
  const [first] = notes ?? [];
  return first && shorten(first, 160);
}

function failingWords(failures: readonly Failure[], users: number): string | undefined {
  const [first] = failures;
  if (first === undefined) return undefined;
  return users === 1
    ? `cannot be rendered: ${first.sentence}`
    : `${plural(failures.length, 'app')} cannot be rendered`;
}

/** Of what cannot be rendered the line that says why, where just one app uses the item. */
function itemOpening(item: RepositoryItem, only: AppState | undefined): Opening {
  const line = only && failureOf(only)?.open;
  if (line !== undefined) return line;
  return { kind: 'file', root: item.root, path: item.path, ...lineOf(item) };
}

/** Commands act on the app where the item has just one, else on the file. */
function useOf(
  item: RepositoryItem,
  only: AppState | undefined,
): Pick<Row, 'abilities' | 'target'> {
  if (only === undefined) {
    const target = { kind: 'file', root: item.root, path: item.path, ...lineOf(item) } as const;
    return { abilities: ['canOpenSource'], target };
  }
  return { abilities: renderAbilities(only), target: { kind: 'app', appKey: only.app.key } };
}

function renderAbilities(state: AppState): readonly Ability[] {
  return state.app.source.kind === 'local'
    ? ['canOpenSource', 'canRender', ...fetchAbility(state)]
    : ['canOpenSource'];
}

const FAILING: RowMark = {
  badge: '!',
  color: COLORS.missing,
  tooltip: 'Cannot be rendered',
};

function userRow(state: AppState, parentId: string): Row {
  const { app } = state;
  const label = appLabel(app);
  const failure = failureOf(state);
  const description = dotted(
    app.destinationCluster ?? 'no cluster',
    failure ? `cannot be rendered: ${failure.sentence}` : stateWords(state),
  );
  const icon: RowIcon = failure ? ERROR_ICON : { id: 'rocket' };
  const open: Opening | undefined =
    failure?.open ??
    (app.source.kind === 'local'
      ? {
          kind: 'document',
          request: { kind: 'rendered', appKey: app.key },
          title: `${label} (rendered)`,
        }
      : undefined);
  return {
    id: `${parentId}/${app.key}`,
    label,
    description,
    icon,
    spoken: sentence(`App ${label}`, description),
    tooltip: () =>
      tooltipLines(label, [
        ...generatedLines(app),
        ...pipelineLines(app),
        renderedWords(app),
        reasonOf(state),
      ]),
    collapsible: 'none',
    abilities: renderAbilities(state),
    target: { kind: 'app', appKey: app.key },
    ...(open && { open }),
  };
}

function problemsRow(problems: readonly Problem[], root: string, parentId: string): Row {
  const id = `${parentId}/problems`;
  return {
    id,
    label: 'Not understood',
    description: String(problems.length),
    icon: { id: 'warning' },
    spoken: `Not understood, ${plural(problems.length, 'problem')}`,
    collapsible: 'collapsed',
    children: () => problems.map((problem, index) => problemRow(problem, root, `${id}/${index}`)),
    abilities: [],
  };
}

function problemRow(problem: Problem, root: string, id: string): Row {
  const path = problem.location?.path;
  const label = path === undefined ? problem.code : `${path}${lineWords(problem)}`;
  const description = shorten(problem.message, 160);
  return {
    id,
    label,
    description,
    icon: { id: problem.severity === 'error' ? 'error' : problem.severity },
    spoken: sentence(label, description),
    tooltip: () => tooltipLines(label, [problem.message]),
    collapsible: 'none',
    abilities: [],
    ...(path !== undefined && {
      open: { kind: 'file' as const, root, path, ...lineOf(problem.location ?? {}) },
    }),
  };
}

function lineWords({ location }: Problem): string {
  return location?.line === undefined ? '' : `:${location.line}`;
}

function lineOf({ line }: { readonly line?: number }): { readonly line?: number } {
  return line === undefined ? {} : { line };
}

function appWords(app: App): string {
  return `${appLabel(app)} → ${app.destinationCluster ?? 'no cluster'}`;
}
