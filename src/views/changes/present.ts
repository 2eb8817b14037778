import type { Opening } from '../../host/open';
import type { App } from '../../model/app';
import { appLabel } from '../../model/app';
import type { AppState, RootState, WorkspaceState } from '../../model/appState';
import type { ResourceChange } from '../../model/change';
import { resourceKey } from '../../model/resource';
import type { FileImpact } from '../../model/workbench';
import { COLORS } from '../../host/ids';
import { appsReading, fileNameOf, folderOf, joinRoot } from '../../host/places';
import type { Row, RowIcon, RowMark } from '../row';
import { fetchAbility, lackingLines, lackingWords } from '../lacking';
import { tooltipLines } from '../row';
import { ERROR_ICON, failureOf } from '../failure';
import { fieldParts } from '../fieldParts';
import {
  countWords,
  dotted,
  isRefused,
  namespaceWords,
  plural,
  present,
  resourceLabel,
  sentence,
  valueWords,
  when,
} from '../words';

export interface ChangesInput {
  readonly state: WorkspaceState;
  /** By absolute path. */
  readonly impactOf: (path: string) => FileImpact | undefined;
  /** The user's own tick; `undefined` where they left the proposal. */
  readonly ticked: (path: string) => boolean | undefined;
  readonly nowMs: number;
}

export interface ChangedFile {
  readonly root: string;
  /** Below the root. */
  readonly path: string;
  readonly absolutePath: string;
  readonly impact: FileImpact | undefined;
  readonly ticked: boolean;
}

/** Files that differ from what the controllers follow; those that change no object are not ticked. */
export function changedFiles(input: ChangesInput): readonly ChangedFile[] {
  return input.state.roots.flatMap((root) =>
    (root.changedPaths ?? []).map((path) => {
      const absolutePath = joinRoot(root.root, path);
      const impact = input.impactOf(absolutePath);
      const ticked = input.ticked(absolutePath) ?? matters(impact);
      return { root: root.root, path, absolutePath, impact, ticked };
    }),
  );
}

/** Local edits → apps → objects, with the files that change nothing folded away. */
export function presentChanges(
  input: ChangesInput,
  files: readonly ChangedFile[] = changedFiles(input),
): readonly Row[] {
  const several = input.state.roots.filter(({ changedPaths }) => changedPaths?.length).length > 1;
  if (!several) return rootRows(files, 'changes', input);
  return input.state.roots.flatMap((root) => {
    const own = files.filter((file) => file.root === root.root);
    return own.length === 0 ? [] : [rootRow(root, own, input)];
  });
}

export function presentChangesDescription(files: readonly ChangedFile[]): string | undefined {
  const { apps, objects } = totals(files);
  if (files.length === 0) return undefined;
  return apps === 0
    ? plural(files.length, 'file')
    : dotted(plural(apps, 'app'), plural(objects, 'object'));
}

function rootRow(root: RootState, files: readonly ChangedFile[], input: ChangesInput): Row {
  const id = `root/${root.root}`;
  const { apps, objects } = totals(files);
  const description = dotted(plural(apps, 'app'), plural(objects, 'object'));
  return {
    id,
    label: root.name,
    description,
    icon: { id: 'repo' },
    spoken: sentence(`Repository ${root.name}`, description),
    collapsible: 'expanded',
    children: () => rootRows(files, id, input),
    abilities: ['canPropose'],
    target: { kind: 'file', root: root.root, path: '' },
  };
}

function rootRows(
  files: readonly ChangedFile[],
  parentId: string,
  input: ChangesInput,
): readonly Row[] {
  const loud = files.filter(({ impact }) => matters(impact));
  const quiet = files.filter((file) => !loud.includes(file));
  const rows = loud.map((file) => fileRow(file, input));
  return [...rows, ...(quiet.length > 0 ? [quietRow(quiet, parentId, input)] : [])];
}

function quietRow(files: readonly ChangedFile[], parentId: string, input: ChangesInput): Row {
  const id = `${parentId}/quiet`;
  return {
    id,
    label: `Change no object (${files.length})`,
    icon: { id: 'files' },
    spoken: `${plural(files.length, 'changed file')} that change no object`,
    collapsible: 'collapsed',
    children: () => files.map((file) => fileRow(file, input)),
    abilities: [],
  };
}

function fileRow(file: ChangedFile, input: ChangesInput): Row {
  const id = `file/${file.absolutePath}`;
  const words = fileWords(file.impact);
  const refused = (file.impact?.refusedCount ?? 0) > 0;
  return {
    id,
    label: fileNameOf(file.path),
    description: dotted(words, folderOf(file.path)),
    icon: refused ? REFUSED_ICON : { id: 'file' },
    spoken: sentence(file.path, words),
    tooltip: () => fileTooltip(file),
    // Open from the start where apps may come: a row that was plain at first stays closed.
    collapsible: mayHaveApps(file.impact) ? 'expanded' : 'none',
    children: () => [
      ...(file.impact?.apps ?? []).map((one) => appRow(one, id, input)),
      ...failingRows(file, id, input),
    ],
    abilities: ['canPropose', 'canOpenSource'],
    target: { kind: 'file', root: file.root, path: file.path },
    open: { kind: 'file', root: file.root, path: file.path },
    checkbox: { checked: file.ticked, spoken: `Put ${file.path} into the pull request` },
    mark: FILE_MARK,
  };
}

function mayHaveApps(impact: FileImpact | undefined): boolean {
  return impact !== undefined && impact.apps.length + impact.pendingCount + impact.failedCount > 0;
}

const FILE_MARK: RowMark = {
  badge: 'M',
  color: COLORS.mine,
  tooltip: 'Differs from what the controllers follow',
};

function fileWords(impact: FileImpact | undefined): string {
  if (impact === undefined) return 'read by no app';
  const pinned = impact.pinned.map(
    ({ appCount, revision }) => `${plural(appCount, 'app')} at ${revision} not affected`,
  );
  return dotted(
    when(impact.refusedCount > 0, `${impact.refusedCount} will be refused ⚠`),
    when(impact.failedCount > 0, `${plural(impact.failedCount, 'app')} cannot be rendered`),
    when(impact.apps.length > 0, plural(impact.apps.length, 'app')),
    when(impact.objectCount > 0, plural(impact.objectCount, 'object')),
    when(impact.pendingCount > 0, 'rendering…'),
    ...pinned,
    ...(impact.notes ?? []),
    when(isSilent(impact), 'changes no object'),
  );
}

function isSilent(impact: FileImpact): boolean {
  const { apps, failedCount, pendingCount, pinned, notes = [] } = impact;
  return apps.length + failedCount + pendingCount + pinned.length + notes.length === 0;
}

function fileTooltip(file: ChangedFile): ReturnType<typeof tooltipLines> {
  const against = file.impact?.against;
  return tooltipLines(file.path, [
    fileWords(file.impact),
    against === undefined ? undefined : `Against ${against}`,
  ]);
}

/** Apps that read the file and cannot be rendered: why, and a way to the line. */
function failingRows(file: ChangedFile, parentId: string, input: ChangesInput): readonly Row[] {
  if ((file.impact?.failedCount ?? 0) === 0) return [];
  return present(
    appsReading(input.state, file.absolutePath).map((state) => failingRow(state, parentId, input)),
  );
}

function failingRow(state: AppState, parentId: string, input: ChangesInput): Row | undefined {
  const failure = failureOf(state);
  if (failure === undefined) return undefined;
  const { app, local } = state;
  const id = `${parentId}/${app.key}`;
  const last = local.kind === 'unavailable' ? (local.last?.changes ?? []) : [];
  const words = `cannot be rendered: ${failure.sentence}`;
  return {
    id,
    label: appWords(app),
    description: dotted(words, when(last.length > 0, `⟲ ${countWords(last)}`)),
    icon: ERROR_ICON,
    spoken: sentence(`App ${appLabel(app)}`, `cluster ${clusterOf(app)}`, words),
    tooltip: () =>
      tooltipLines(appLabel(app), [
        failure.sentence,
        ...lackingLines(state),
        when(last.length > 0, `⟲ The last good result: ${countWords(last)}`),
      ]),
    collapsible: last.length > 0 ? 'collapsed' : 'none',
    children: () =>
      last.map((change) => objectRow(change, { app, parentId: id, nowMs: input.nowMs })),
    abilities: [
      ...(app.definedIn === undefined ? [] : (['canOpenSource'] as const)),
      ...fetchAbility(state),
    ],
    target: { kind: 'app', appKey: app.key },
    ...(failure.open && { open: failure.open }),
  };
}

function clusterOf(app: App): string {
  return app.destinationCluster ?? 'no cluster';
}

function appWords(app: App): string {
  return `${clusterOf(app)} · ${app.name}`;
}

interface AppImpact {
  readonly app: App;
  readonly changes: readonly ResourceChange[];
}

function appRow(impact: AppImpact, parentId: string, input: ChangesInput): Row {
  const { app, changes } = impact;
  const id = `${parentId}/${app.key}`;
  const label = appWords(app);
  const state = input.state.apps.find((one) => one.app.key === app.key);
  const description = dotted(
    countWords(changes),
    appActionWords(state),
    state && lackingWords(state),
  );
  return {
    id,
    label,
    description,
    icon: changes.some(isRefused) ? REFUSED_ICON : { id: 'package', color: COLORS.mine },
    spoken: sentence(`App ${appLabel(app)}`, `cluster ${clusterOf(app)}`, description),
    collapsible: 'collapsed',
    children: () =>
      changes.map((change) => objectRow(change, { app, parentId: id, nowMs: input.nowMs })),
    abilities: [
      'canShowChange',
      ...(app.source.kind === 'local' ? (['canRender'] as const) : []),
      ...(state ? fetchAbility(state) : []),
    ],
    target: { kind: 'app', appKey: app.key },
  };
}

function appActionWords(state: AppState | undefined): string | undefined {
  if (state?.local.kind !== 'compared') return undefined;
  const { appAction } = state.local.comparison;
  return appAction === 'kept' ? undefined : `app ${appAction}`;
}

const OBJECT_MARKS: Readonly<Record<ResourceChange['action'], RowMark | undefined>> = {
  added: { badge: 'A', color: COLORS.healthy, tooltip: 'Added by this change' },
  changed: { badge: 'M', color: COLORS.mine, tooltip: 'Changed by this change' },
  removed: { badge: 'R', color: COLORS.missing, tooltip: 'Removed by this change' },
  same: undefined,
};

const REFUSED_ICON: RowIcon = { id: 'warning', color: COLORS.missing };

const OBJECT_ICONS: Readonly<Record<ResourceChange['action'], RowIcon>> = {
  added: { id: 'diff-added', color: COLORS.healthy },
  changed: { id: 'diff-modified', color: COLORS.mine },
  removed: { id: 'diff-removed', color: COLORS.missing },
  same: { id: 'circle-outline' },
};

function objectRow(
  change: ResourceChange,
  context: { readonly app: App; readonly parentId: string; readonly nowMs: number },
): Row {
  const label = resourceLabel(change.id);
  const mark = OBJECT_MARKS[change.action];
  const note = change.notes[0]?.message;
  const what = whatChanges(change);
  const resource = resourceKey(change.id);
  return {
    id: `${context.parentId}/${resource}`,
    label,
    description: isRefused(change) ? dotted(note, what) : dotted(what, note),
    icon: isRefused(change) ? REFUSED_ICON : OBJECT_ICONS[change.action],
    spoken: sentence(
      label,
      change.action,
      when(what !== change.action, what),
      note,
      namespaceWords(change.id),
    ),
    tooltip: () => [
      ...tooltipLines(label, [
        dotted(clusterOf(context.app), change.id.namespace, change.apiVersion),
        ...change.notes.map(({ message }) => message),
      ]),
      ...fieldParts(change, ['target', 'working copy'], context.nowMs),
    ],
    collapsible: 'none',
    abilities: [
      'canShowChange',
      ...(change.origin === undefined ? [] : (['canOpenSource'] as const)),
    ],
    target: { kind: 'resource', appKey: context.app.key, resource },
    open: changeDiff(change, context.app),
    ...(mark && { mark }),
  };
}

/** `memory 768Mi→896Mi · 1 more`, `added`, `removed`. */
function whatChanges({ action, fields }: ResourceChange): string {
  const [first] = fields;
  if (action !== 'changed' || first === undefined) return action;
  return dotted(
    valueWords(first.pointer, first.before, first.after),
    when(fields.length > 1, `${fields.length - 1} more`),
  );
}

/** `target ↔ working copy`, left to right. */
export function changeDiff(change: ResourceChange, app: App): Opening & { kind: 'diff' } {
  const label = resourceLabel(change.id);
  const request = { appKey: app.key, resource: resourceKey(change.id) };
  return {
    kind: 'diff',
    left: { kind: 'target', ...request },
    right: { kind: 'working', ...request },
    leftTitle: `${label} (target)`,
    rightTitle: `${label} (working copy)`,
    title: `${label}: target ↔ working copy (${app.destinationCluster ?? appLabel(app)})`,
  };
}

function matters(impact: FileImpact | undefined): boolean {
  return impact !== undefined && !isSilent(impact);
}

function totals(files: readonly ChangedFile[]): {
  readonly apps: number;
  readonly objects: number;
} {
  const apps = new Map<string, Set<string>>();
  for (const { app, changes } of files.flatMap(({ impact }) => impact?.apps ?? [])) {
    const objects = apps.get(app.key) ?? new Set();
    for (const change of changes) objects.add(resourceKey(change.id));
    apps.set(app.key, objects);
  }
  const objects = [...apps.values()].reduce((sum, set) => sum + set.size, 0);
  return { apps: apps.size, objects };
}
