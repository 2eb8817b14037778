import { messageOf } from '../base/userError';
import type { Problem } from '../model/problem';
import type { RevisionLabel } from '../model/appState';
import type { ParsedFile, Repository, Snapshot } from '../model/render';
import type { JsonObject } from '../model/resource';
import type { PathChange } from '../repo/affected';
import { isValuesFile, parseCandidates } from '../repo/candidates';
import { isPipeline } from '../repo/ciFiles';
import { discoverySteps, surveySteps } from '../repo/discover';
import type { Discovery } from '../repo/discover';
import { keepLastGood } from '../repo/lastGood';
import { baseNameOf } from '../repo/paths';
import { adoptTargetSets, expandSets, hasOutdatedSets, setsDiffer } from './applicationSets';
import type { SetsInput } from './applicationSets';
import { withFolders } from './folderEdits';
import type { ChangedPaths, Core, RootEntry, TargetView } from './core';
import { defaultTarget } from './revisions';
import { definitionsAtTarget, definitionsDiffer, definitionsIn } from './renderedApps';
import { sameData } from './share';
import { readTexts, refreshTexts } from './texts';

export function snapshotOf(entry: RootEntry): Snapshot {
  return { root: entry.root, overlay: entry.overlay };
}

/** Reads a root from nothing: repository, listing, parsed definitions, apps. */
export async function loadRoot(core: Core, entry: RootEntry): Promise<void> {
  const { renderer } = core.deps;
  const { signal } = core.lifetime;
  entry.repository = await renderer.repository(entry.root, signal);
  const paths = await renderer.list(snapshotOf(entry), signal);
  setPaths(entry, 'kind' in paths ? [] : paths);
  entry.parsed = await parseFiles(core, snapshotOf(entry), [...entry.candidates]);
  entry.texts = await readTexts(core, snapshotOf(entry), entry.paths);
  entry.changedByCommit.clear();
  await rediscover(core, entry);
  await loadTarget(core, entry);
  entry.loaded = true;
}

function setPaths(entry: RootEntry, paths: readonly string[]): void {
  entry.paths = paths;
  entry.candidates = new Set(parseCandidates(paths));
}

export async function rediscover(core: Core, entry: RootEntry): Promise<void> {
  const { paths, parsed, texts } = entry;
  entry.discovery = await discoverIn(core, entry, { paths, parsed, texts });
}

/** The files that define apps: of the working copy, or of a commit from which it differs by `edits`. */
type Definitions = Pick<RootEntry, 'paths' | 'parsed' | 'texts'> &
  Pick<SetsInput, 'commit' | 'edits'>;

/** What the files define, and the Applications that their ApplicationSets make. */
async function discoverIn(
  core: Core,
  entry: RootEntry,
  { paths, parsed, texts, ...at }: Definitions,
): Promise<Discovery> {
  const { root, repository, folders } = entry;
  const { signal } = core.lifetime;
  const input = {
    root,
    paths,
    files: parsed,
    texts,
    rendered:
      at.commit === undefined ? definitionsIn(core, root) : definitionsAtTarget(core, entry, paths),
    ...(repository === undefined ? {} : { repository }),
    ...(folders.includes('') ? {} : { folders }),
  };
  const survey = await core.pacer.run(surveySteps(input), signal);
  const expansions = await expandSets(core, entry, {
    sets: survey.sets,
    files: parsed,
    ...at,
  });
  return await core.pacer.run(discoverySteps({ ...input, expansions }, survey), signal);
}

async function parseFiles(
  core: Core,
  snapshot: Snapshot,
  paths: readonly string[],
): Promise<ReadonlyMap<string, ParsedFile>> {
  if (paths.length === 0) return new Map();
  const files = await core.deps.renderer.parse(snapshot, paths, core.lifetime.signal);
  if ('kind' in files) return new Map();
  return new Map(files.map((file) => [file.path, file]));
}

/** Which paths differ between a commit and the working copy; computed once and kept up to date. */
export async function changedSince(
  core: Core,
  entry: RootEntry,
  commit: string,
): Promise<ChangedPaths> {
  const known = entry.changedByCommit.get(commit);
  if (known !== undefined) return known;
  const snapshot = { ...snapshotOf(entry), revision: commit };
  const paths = await core.deps.renderer.changed(snapshot, undefined, core.lifetime.signal);
  const changed: ChangedPaths =
    'kind' in paths
      ? { kind: 'unavailable', reason: paths.reason }
      : await withListing(core, entry, commit, { paths: new Set(paths), atCommit: undefined });
  entry.changedByCommit.set(commit, changed);
  return changed;
}

type Known = Extract<ChangedPaths, { kind: 'known' }>;

/** The listing of the commit tells new files from changed ones; nobody needs it while nothing differs. */
async function withListing(
  core: Core,
  entry: RootEntry,
  commit: string,
  known: Omit<Known, 'kind'>,
): Promise<ChangedPaths> {
  if (known.paths.size === 0 || known.atCommit !== undefined) return { kind: 'known', ...known };
  const snapshot = { root: entry.root, revision: commit };
  const listing = await core.deps.renderer.list(snapshot, core.lifetime.signal);
  if ('kind' in listing) return { kind: 'unavailable', reason: listing.reason };
  return { kind: 'known', paths: known.paths, atCommit: new Set(listing) };
}

/** The differences to a commit as edits: what is new, what is gone, and what has other text. */
export function editsSince(entry: RootEntry, changed: Known): readonly PathChange[] {
  const known = editsByDifference.get(changed);
  if (known?.paths === entry.paths) return known.edits;
  const edits = editsBetween(entry, changed);
  editsByDifference.set(changed, { paths: entry.paths, edits });
  return edits;
}

/** Every app asks for the same ones, and the listing is long. */
const editsByDifference = new WeakMap<
  Known,
  { readonly paths: readonly string[]; readonly edits: readonly PathChange[] }
>();

function editsBetween(entry: RootEntry, changed: Known): readonly PathChange[] {
  if (changed.paths.size === 0) return [];
  const present = new Set(entry.paths);
  const edits = [...changed.paths].map((path): PathChange => {
    if (!present.has(path)) return { path, kind: 'deleted' };
    return { path, kind: changed.atCommit?.has(path) === false ? 'created' : 'changed' };
  });
  return withFolders(edits, changed.atCommit ?? present, present);
}

/** Brings the sets of changed paths up to date after edits of the given paths. */
export async function refreshChanged(
  core: Core,
  entry: RootEntry,
  paths: readonly string[],
): Promise<void> {
  const { renderer } = core.deps;
  for (const [commit, changed] of [...entry.changedByCommit]) {
    if (changed.kind === 'unavailable') continue;
    const snapshot = { ...snapshotOf(entry), revision: commit };
    const now = await renderer.changed(snapshot, paths, core.lifetime.signal);
    const next: ChangedPaths =
      'kind' in now
        ? now
        : await withListing(core, entry, commit, {
            paths: merged(changed, paths, now),
            atCommit: changed.atCommit,
          });
    entry.changedByCommit.set(commit, next);
  }
}

function merged(
  changed: Known,
  asked: readonly string[],
  differing: readonly string[],
): ReadonlySet<string> {
  const next = new Set(changed.paths);
  for (const path of asked) next.delete(path);
  for (const path of differing) next.add(path);
  return next;
}

/** The definitions at the target: only files that differ are read from the commit. */
export async function loadTarget(core: Core, entry: RootEntry): Promise<void> {
  entry.target = await targetView(core, entry);
  if (adoptTargetSets(entry)) await rediscover(core, entry);
}

/** Expands ApplicationSets again that read from another root, another revision or a cluster. */
export async function refreshSets(core: Core): Promise<boolean> {
  const outdated = [...core.roots.values()].filter((entry) => hasOutdatedSets(core, entry));
  for (const entry of outdated) {
    await rediscover(core, entry);
    await loadTarget(core, entry);
  }
  return outdated.length > 0;
}

function definitionsAt(core: Core, repository: Repository): RevisionLabel | undefined {
  const { against } = core;
  return against === undefined ? defaultTarget(repository) : { ref: against, commit: against };
}

async function targetView(core: Core, entry: RootEntry): Promise<TargetView> {
  const { repository } = entry;
  const label = repository && definitionsAt(core, repository);
  if (label === undefined) return { kind: 'none' };
  const changed = await changedSince(core, entry, label.commit);
  if (changed.kind === 'unavailable') return changed;
  const discovery = await discoverAt(core, entry, label.commit, changed);
  if ('reason' in discovery) return discovery;
  return { kind: 'known', label, apps: new Map(discovery.apps.map((app) => [app.key, app])) };
}

async function discoverAt(
  core: Core,
  entry: RootEntry,
  commit: string,
  changed: Known,
): Promise<Discovery | Extract<TargetView, { kind: 'unavailable' }>> {
  const isSame = definesTheSame(entry, changed) && !definitionsDiffer(core, entry.root);
  if (isSame && entry.discovery !== undefined) {
    entry.targetSets = new Map();
    return entry.discovery;
  }
  const snapshot: Snapshot = { root: entry.root, revision: commit };
  const paths = await core.deps.renderer.list(snapshot, core.lifetime.signal);
  if ('kind' in paths) return { kind: 'unavailable', reason: paths.reason };
  const files = await filesAt(core, entry, { snapshot, paths, changed });
  const edits = editsSince(entry, changed);
  const same = [...entry.texts].filter(([path]) => !changed.paths.has(path));
  const texts = await readTexts(core, snapshot, paths, new Map(same));
  return await discoverIn(core, entry, { paths, parsed: files, texts, commit, edits });
}

/** What differs is read from the commit, the rest is as it is parsed already. */
async function filesAt(
  core: Core,
  entry: RootEntry,
  at: { readonly snapshot: Snapshot; readonly paths: readonly string[]; readonly changed: Known },
): Promise<ReadonlyMap<string, ParsedFile>> {
  const candidates = parseCandidates(at.paths);
  const files = new Map<string, ParsedFile>();
  for (const path of candidates) {
    const same = at.changed.paths.has(path) ? undefined : entry.parsed.get(path);
    if (same !== undefined) files.set(path, same);
  }
  const missing = candidates.filter((path) => !files.has(path));
  for (const [path, file] of await parseFiles(core, at.snapshot, missing)) files.set(path, file);
  return files;
}

function definesTheSame(entry: RootEntry, changed: Known): boolean {
  if (mattersToDiscovery(entry, changed.paths) || mattersToPipelines(entry, changed)) return false;
  return !setsDiffer(entry, editsSince(entry, changed));
}

function mattersToDiscovery(entry: RootEntry, changed: ReadonlySet<string>): boolean {
  if (changed.size === 0) return false;
  const present = new Set(entry.paths);
  const gone = [...changed].filter((path) => !present.has(path));
  return gone.length > 0 || [...changed].some((path) => entry.candidates.has(path));
}

/** Their own texts, and any file that is new: a command may name it. */
function mattersToPipelines({ texts }: RootEntry, { paths, atCommit }: Known): boolean {
  const hasPipelines = [...texts.keys()].some(isPipeline);
  return [...paths].some(
    (path) => texts.has(path) || (hasPipelines && atCommit?.has(path) === false),
  );
}

/** Takes edits into the listing and the parsed files; true when the apps may be others now. */
export async function readChanges(
  core: Core,
  entry: RootEntry,
  changes: readonly PathChange[],
  gitMoved = false,
): Promise<boolean> {
  const moved = await relist(core, entry, gitMoved ? undefined : changes);
  const paths = changes.map((change) => change.path);
  const wanted = paths.filter((path) => entry.candidates.has(path));
  const files = await parseFiles(core, snapshotOf(entry), wanted);
  const parsed = new Map(entry.parsed);
  const replaced = paths.map((path) => replaceFile(parsed, path, files.get(path)));
  entry.parsed = parsed;
  const told = await refreshTexts(core, entry, { edited: paths, moved });
  return moved || told || replaced.includes(true);
}

/** Lists again only when a name can have come or gone. */
async function relist(
  core: Core,
  entry: RootEntry,
  changes: readonly PathChange[] | undefined,
): Promise<boolean> {
  const present = new Set(entry.paths);
  const quiet = changes?.every((one) => one.kind === 'changed' && present.has(one.path));
  if (quiet === true) return false;
  const listing = await core.deps.renderer.list(snapshotOf(entry), core.lifetime.signal);
  if ('kind' in listing || sameData(entry.paths, listing)) return false;
  setPaths(entry, listing);
  // A folder that went takes its files along without an event for each.
  const now = new Set(listing);
  entry.parsed = new Map([...entry.parsed].filter(([path]) => now.has(path)));
  return true;
}

function replaceFile(
  parsed: Map<string, ParsedFile>,
  path: string,
  file: ParsedFile | undefined,
): boolean {
  const before = parsed.get(path);
  const now = file === undefined ? undefined : keepLastGood(before, file);
  if (now === undefined) parsed.delete(path);
  else parsed.set(path, now);
  if (isPlainValues(before) && isPlainValues(now)) return false;
  return !sameData(before, now);
}

/** Values in a folder of their own look like manifests by their names, and define nothing. */
function isPlainValues(file: ParsedFile | undefined): boolean {
  if (file === undefined || !isValuesFile(baseNameOf(file.path))) return false;
  const { documents, problems } = file;
  return problems.length === 0 && documents.every(({ value }) => !isObject(value));
}

function isObject(value: JsonObject): boolean {
  return 'apiVersion' in value || 'kind' in value;
}

/** A sentence for a root that could not be read at all. */
export function rootProblem(error: unknown): Problem {
  return { severity: 'error', code: 'engine', message: messageOf(error) };
}
