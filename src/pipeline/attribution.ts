import type { AppState } from '../model/appState';
import type { ResourceChange } from '../model/change';
import type { HelmSource } from '../model/render';
import { affected } from '../repo/affected';
import { isWithin } from '../repo/paths';
import { entryOf, sourceRoot } from './core';
import type { Core, RootEntry } from './core';
import { editsSince, snapshotOf } from './discovery';
import { compareSides } from './localComparison';
import { requestFor } from './renderRequests';
import { wholeObjects } from './wholeObjects';

interface Place {
  readonly entry: RootEntry;
  readonly path: string;
}

/** Somebody looks at a hover or a CodeLens right now. */
const WAITED_FOR = 20;

/**
 * The part of an app's local changes that one file makes. With one changed file that is all of them;
 * with more, the app is rendered with this file taken back. `undefined` until that is known.
 */
export function attributed(
  core: Core,
  state: AppState,
  { entry, path }: Place,
): readonly ResourceChange[] | undefined {
  if (state.local.kind !== 'compared') return [];
  const { changes, against } = state.local.comparison;
  if (changes.length === 0 || isHeldBack(state, path)) return [];
  const others = affectingPaths(core, state, against.commit);
  if (!others.has(path)) return [];
  const alone = others.size === 1 || state.app.definedIn?.path === path;
  return alone ? changes : attributedAmongOthers(core, state, { entry, path });
}

/** Edits of a chart whose version stays are released by none of its apps that wait for a new one. */
function isHeldBack({ app, local }: AppState, path: string): boolean {
  if (local.kind !== 'compared' || app.source.kind !== 'local') return false;
  const { render } = app.source;
  const held = local.comparison.notes?.some(({ kind }) => kind === 'no-release') === true;
  return held && render.kind === 'helm' && isOfChart(path, render);
}

function isOfChart(path: string, { path: folder, chartValueFiles = [] }: HelmSource): boolean {
  return isWithin(path, folder) || chartValueFiles.includes(path);
}

/** Why edits of this file reach no cluster by this app. */
export function notesFor(core: Core, state: AppState, path: string): readonly string[] {
  if (state.local.kind !== 'compared') return [];
  const { notes = [], against } = state.local.comparison;
  if (notes.length === 0 || !affectingPaths(core, state, against.commit).has(path)) return [];
  return notes.map(({ message }) => message);
}

function attributedAmongOthers(
  core: Core,
  state: AppState,
  { entry, path }: Place,
): readonly ResourceChange[] | undefined {
  const { version, attribution } = entryOf(core, state.app.key);
  const known = attribution.get(path);
  if (known?.version === version) return known.changes;
  attribution.set(path, { version });
  attribute(core, state, { entry, path });
  return undefined;
}

/** Changed paths that reach the app: what it read, and where it is defined. */
export function affectingPaths(core: Core, state: AppState, commit: string): ReadonlySet<string> {
  const root = sourceRoot(core, state.app);
  const changed = root?.changedByCommit.get(commit);
  if (root === undefined || changed?.kind !== 'known') return new Set();
  const { inputs = [], targetInputs = [] } = entryOf(core, state.app.key);
  const definedIn = state.app.definedIn?.path;
  const query = { key: '', inputs: [...inputs, ...targetInputs], sourcePath: '' };
  const reaching = editsSince(root, changed).filter(
    (edit) => edit.path === definedIn || affected([edit], [query]).size > 0,
  );
  // Folders are among the edits, too; only files are somebody's text.
  return new Set(reaching.map(({ path }) => path).filter((path) => changed.paths.has(path)));
}

function attribute(core: Core, state: AppState, { entry, path }: Place): void {
  const { key } = state.app;
  const { version, attribution } = entryOf(core, key);
  core.activity.run(`attribute ${path}`, async () => {
    const { signal } = core.lifetime;
    const text = await targetText(core, state, { entry, path });
    const changes = await changesWithout(core, { state, path, text, signal });
    const all = state.local.kind === 'compared' ? state.local.comparison.changes : [];
    attribution.set(path, { version, changes: changes ?? all });
    core.store.touch({ apps: [key], roots: [entry.root] });
  });
}

/** The file's text at the target of the app; `null` where the target does not have the file. */
async function targetText(
  core: Core,
  state: AppState,
  { entry, path }: Place,
): Promise<string | null> {
  if (state.local.kind !== 'compared') return null;
  const revision = state.local.comparison.against.commit;
  const snapshot = { root: entry.root, revision };
  const read = await core.deps.renderer.read(snapshot, path, core.lifetime.signal);
  return read !== undefined && 'text' in read ? read.text : null;
}

interface Without {
  readonly state: AppState;
  readonly path: string;
  /** Stands in for the file's present text; `null` for no file. */
  readonly text: string | null;
  readonly signal: AbortSignal;
}

/** What changes between the app with `text` in the file and the app as it is; `undefined` when that cannot be rendered. */
export async function changesWithout(
  core: Core,
  { state, path, text, signal }: Without,
): Promise<readonly ResourceChange[] | undefined> {
  const root = sourceRoot(core, state.app);
  if (root === undefined || state.working.kind !== 'rendered') return undefined;
  const snapshot = snapshotOf(root);
  const overlay = { ...snapshot.overlay, [path]: text };
  const request = requestFor(core, state.app, { ...snapshot, overlay });
  if (request === undefined) return undefined;
  const outcome = await core.deps.renderer.render(request, signal, WAITED_FOR);
  if (outcome.kind !== 'rendered') return undefined;
  const known = { app: state.app, rendered: state.working.desired };
  const objects = await wholeObjects(core, known, signal);
  if (typeof objects === 'string') return undefined;
  const before = { app: state.app, objects: outcome.result.objects };
  const after = { app: state.app, objects };
  const changes = await compareSides(core, before, after);
  return changes.filter((change) => change.action !== 'same');
}
