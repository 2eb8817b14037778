import type { AppState } from '../model/appState';
import { countChanges } from '../model/change';
import type { ResourceChange } from '../model/change';
import type { FileImpact, Hunk } from '../model/workbench';
import { lineHunks, takeBackHunk } from '../diff/text';
import { attributed, changesWithout, notesFor } from './attribution';
import type { Core, RootEntry } from './core';
import { lookAtFile, NOTHING_YET } from './fileFacts';
import { marksOf } from './lineMarks';
import type { Asked, FileChanges } from './lineMarks';
import { pathBelow, rootOf } from './paths';
import { readsFile } from './reads';

interface Place {
  readonly entry: RootEntry;
  readonly path: string;
}

function placeOf(core: Core, absolutePath: string): Place | undefined {
  const root = rootOf(core.roots.keys(), absolutePath);
  const entry = root === undefined ? undefined : core.roots.get(root);
  const path = root === undefined ? undefined : pathBelow(root, absolutePath);
  return entry === undefined || path === undefined ? undefined : { entry, path };
}

function readersOf(core: Core, absolutePath: string): readonly AppState[] {
  return core.store.state().apps.filter(({ app }) => readsFile(core, app, absolutePath));
}

/** What the present text of a file changes; `undefined` for a file that no app reads. */
export function impactOf(core: Core, absolutePath: string, marked = false): FileImpact | undefined {
  const place = placeOf(core, absolutePath);
  if (place === undefined) return undefined;
  const readers = readersOf(core, absolutePath);
  if (readers.length === 0) return undefined;
  lookAtFile(core, place.entry, place.path);
  const facts = place.entry.files.get(place.path) ?? NOTHING_YET;
  const parts = readers.map((state) => partOf(core, state, place));
  const apps = parts.flatMap((part) => (part.kind === 'changes' ? [part] : []));
  const changes = apps.flatMap((part) => part.changes);
  const hunks = lineHunks(facts.before, facts.after);
  const looked = { ...place, facts, hunks };
  const marks = marked ? marksFor(core, looked, { readers, parts }) : {};
  const notes = [...new Set(readers.flatMap((state) => notesFor(core, state, place.path)))];
  return {
    apps: apps
      .filter((part) => part.changes.length > 0)
      .map(({ app, changes }) => ({ app, changes })),
    objectCount: changes.length,
    refusedCount: countChanges(changes).refused,
    pinned: pinnedCounts(parts),
    failedCount: parts.filter((part) => part.kind === 'failed').length,
    pendingCount: parts.filter((part) => part.kind === 'pending').length,
    hunks,
    ...marks,
    ...(facts.against === '' ? {} : { against: facts.against }),
    ...(notes.length > 0 && { notes }),
  };
}

interface Readers {
  readonly readers: readonly AppState[];
  readonly parts: readonly Part[];
}

function marksFor(
  core: Core,
  looked: Omit<Asked, 'parts'>,
  { readers, parts }: Readers,
): Pick<FileImpact, 'marks'> {
  if (parts.some(({ kind }) => kind === 'pending')) return {};
  const marks = marksOf(core, { ...looked, parts: changing(readers, parts) });
  return marks === undefined ? {} : { marks };
}

function changing(readers: readonly AppState[], parts: readonly Part[]): readonly FileChanges[] {
  return readers.flatMap((state, index) => {
    const part = parts[index];
    const changes = part?.kind === 'changes' ? part.changes : [];
    return changes.length === 0 ? [] : [{ state, changes }];
  });
}

type Part =
  | {
      readonly kind: 'changes';
      readonly app: AppState['app'];
      readonly changes: readonly ResourceChange[];
    }
  | { readonly kind: 'pinned'; readonly revision: string }
  | { readonly kind: 'failed' }
  | { readonly kind: 'pending' };

function partOf(core: Core, state: AppState, place: Place): Part {
  if (state.local.kind === 'pinned') return state.local;
  if (isPending(state)) return { kind: 'pending' };
  if (state.local.kind !== 'compared') return { kind: 'failed' };
  const changes = attributed(core, state, place);
  return changes === undefined ? { kind: 'pending' } : { kind: 'changes', app: state.app, changes };
}

/** Not yet computed for the present text; `unknown` stays so outside Git, where there is no target. */
function isPending({ working, local }: AppState): boolean {
  if (working.kind === 'rendering' || working.kind === 'discovered') return true;
  return working.kind === 'rendered' && local.kind === 'unknown';
}

function pinnedCounts(parts: readonly Part[]): FileImpact['pinned'] {
  const counts = new Map<string, number>();
  for (const part of parts) {
    if (part.kind === 'pinned') counts.set(part.revision, (counts.get(part.revision) ?? 0) + 1);
  }
  return [...counts].map(([revision, appCount]) => ({ revision, appCount }));
}

/** What one hunk alone changes: the working copy against itself with that hunk taken back. */
export async function hunkImpact(
  core: Core,
  request: { readonly path: string; readonly hunk: Hunk },
  signal: AbortSignal,
): Promise<FileImpact['apps']> {
  const place = placeOf(core, request.path);
  const facts = place?.entry.files.get(place.path);
  if (place === undefined || facts === undefined) return [];
  const text = takeBackHunk(facts.before, facts.after, request.hunk);
  const readers = readersOf(core, request.path).filter(
    (state) => state.working.kind === 'rendered' && state.local.kind !== 'pinned',
  );
  const impacts = await Promise.all(
    readers.map(async (state) => ({
      app: state.app,
      changes: await changesWithout(core, { state, path: place.path, text, signal }),
    })),
  );
  return impacts.flatMap(({ app, changes }) =>
    changes === undefined || changes.length === 0 ? [] : [{ app, changes }],
  );
}
