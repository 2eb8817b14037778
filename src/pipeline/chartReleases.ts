import type { App, CrdPolicy } from '../model/app';
import type { ComparisonNote, LocalComparison } from '../model/appState';
import type { ResourceChange } from '../model/change';
import type { HelmSource, HelmValuesReference, RenderedObject, Snapshot } from '../model/render';
import { groupOf } from '../model/resource';
import { fieldAt, textAt } from '../repo/fields';
import type { Core, RootEntry } from './core';
import { snapshotOf } from './discovery';
import { priorityOf, requestFor } from './renderRequests';
import { sameData } from './share';

/** An app with its objects at one snapshot. */
export interface Side {
  readonly app: App;
  readonly objects: readonly RenderedObject[];
}

export interface Release {
  readonly before: Side;
  readonly working: Side;
  readonly root: RootEntry;
  /** The commit of `before`. */
  readonly revision: string;
  readonly signal: AbortSignal;
}

/** What helm-controller would release instead of the working copy. */
export interface HeldBack {
  readonly side: Side;
  readonly version: string;
}

/**
 * The working definition over the chart as the target has it, where the chart's own edits make no
 * release: with `reconcileStrategy: ChartVersion` source-controller keeps the chart that it packed
 * while name and version in Chart.yaml stay (source-controller internal/helm/chart/builder_local.go).
 * An edit of `spec.chart.spec` packs anew.
 */
export async function heldBack(core: Core, release: Release): Promise<HeldBack | undefined> {
  const { before, working, root, revision, signal } = release;
  const render = chartFolder(working.app);
  if (render === undefined || !sameData(chartSpec(before.app), chartSpec(working.app))) {
    return undefined;
  }
  const [old, now] = await Promise.all([
    chartAt(core, { root: root.root, revision }, render.path, signal),
    chartAt(core, snapshotOf(root), render.path, signal),
  ]);
  if (old === undefined || now === undefined || !sameData(old, now)) return undefined;
  const objects = await objectsOfOldChart(core, release, render);
  if (objects === undefined) return undefined;
  return { side: { app: working.app, objects }, version: now.version };
}

/** The source of a release that only a new version of its chart changes. */
function chartFolder({ policy, source }: App): HelmSource | undefined {
  if (policy.release?.chartBy !== 'version' || source.kind !== 'local') return undefined;
  const { render } = source;
  return render.kind === 'helm' && render.chart === undefined ? render : undefined;
}

function chartSpec({ definition, reported }: App) {
  return fieldAt(definition ?? reported, 'spec', 'chart', 'spec');
}

interface ChartVersion {
  readonly name: string;
  readonly version: string;
}

async function chartAt(
  core: Core,
  snapshot: Snapshot,
  folder: string,
  signal: AbortSignal,
): Promise<ChartVersion | undefined> {
  const path = folder === '' ? 'Chart.yaml' : `${folder}/Chart.yaml`;
  const files = await core.deps.renderer.parse(snapshot, [path], signal);
  const chart = 'kind' in files ? undefined : files[0]?.documents[0]?.value;
  const name = textAt(chart, 'name');
  const version = textAt(chart, 'version');
  return name === undefined || version === undefined ? undefined : { name, version };
}

async function objectsOfOldChart(
  core: Core,
  { before, working, root, revision, signal }: Release,
  render: HelmSource,
): Promise<readonly RenderedObject[] | undefined> {
  const references = render.valuesFrom ?? [];
  const hasFiles = references.some(({ file }) => file !== undefined);
  if (!hasFiles && sameData(before.app.source, working.app.source)) return before.objects;
  // Values that generators take from files are no part of the chart: they count as they are now.
  const read = references.map((entry) => withText(core, entry, snapshotOf(root), signal));
  const valuesFrom = await Promise.all(read);
  const source = { ...render, ...(valuesFrom.length > 0 && { valuesFrom }) };
  const app: App = { ...working.app, source: { kind: 'local', root: root.root, render: source } };
  const request = requestFor(core, app, { root: root.root, revision });
  if (request === undefined) return undefined;
  const outcome = await core.deps.renderer.render(request, signal, priorityOf(core, app) + 1);
  return outcome.kind === 'rendered' ? outcome.result.objects : undefined;
}

async function withText(
  core: Core,
  { file, ...entry }: HelmValuesReference,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<HelmValuesReference> {
  if (file === undefined) return entry;
  const read = await core.deps.renderer.read(snapshot, file, signal);
  return read !== undefined && 'text' in read ? { ...entry, text: read.text } : { ...entry, file };
}

export function noReleaseNote(version: string, count: number): ComparisonNote {
  const objects = count === 1 ? '1 object' : `${count} objects`;
  return {
    kind: 'no-release',
    message: `No release: bump the version. Chart.yaml still says ${version}, so the chart's edits, which change ${objects}, are not released (reconcileStrategy ChartVersion).`,
  };
}

type Compared = Pick<LocalComparison, 'appAction' | 'changes'>;

/**
 * Takes out what is in `crds/` and not applied: `Skip` applies none, `Create` only new ones, and
 * nothing ever deletes one (helm-controller internal/action/crds.go).
 */
export function withoutUnappliedCrds(
  { appAction, changes }: Compared,
  before: Side,
  working: Side,
): { readonly changes: readonly ResourceChange[]; readonly notes: readonly ComparisonNote[] } {
  const { release } = working.app.policy;
  if (release === undefined || appAction === 'removed') return { changes, notes: [] };
  const field = appAction === 'added' ? 'install' : 'upgrade';
  const policy = release.crds[field];
  const crds = crdKeys([...before.objects, ...working.objects]);
  const unapplied = changes.filter(
    ({ id, action }) => crds.has(keyOf(id.group, id.kind, id.name)) && !applies(policy, action),
  );
  if (unapplied.length === 0) return { changes, notes: [] };
  const names = unapplied.map(({ id }) => id.name).join(', ');
  const message = `Not applied: ${names} in crds/, since spec.${field}.crds is ${policy}.`;
  return {
    changes: changes.filter((change) => !unapplied.includes(change)),
    notes: [{ kind: 'crds-not-applied', message }],
  };
}

function applies(policy: CrdPolicy, action: ResourceChange['action']): boolean {
  if (action === 'removed') return false;
  return policy === 'CreateReplace' || (policy === 'Create' && action === 'added');
}

function crdKeys(objects: readonly RenderedObject[]): ReadonlySet<string> {
  return new Set(
    objects.flatMap(({ role, object }) =>
      role === 'crd'
        ? [keyOf(groupOf(object.apiVersion), object.kind, object.metadata.name ?? '')]
        : [],
    ),
  );
}

function keyOf(group: string, kind: string, name: string): string {
  return `${group}/${kind}/${name}`;
}
