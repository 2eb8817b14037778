import { isCancellation, messageOf } from '../base/userError';
import type { AppState } from '../model/appState';
import type { ResourceChange } from '../model/change';
import type { ChangedField } from '../model/origin';
import type { Hunk, LineMark } from '../model/workbench';
import { takeBackHunk } from '../diff/text';
import { changesWithout } from './attribution';
import { entryOf } from './core';
import type { Core, FileFacts, RootEntry } from './core';
import { workingRequest } from './renderRequests';

/** What one file changes in one app. */
export interface FileChanges {
  readonly state: AppState;
  readonly changes: readonly ResourceChange[];
}

/** A file with an edit, and what that changes. */
export interface Asked {
  readonly entry: RootEntry;
  readonly path: string;
  readonly facts: FileFacts;
  readonly hunks: readonly Hunk[];
  readonly parts: readonly FileChanges[];
}

interface Held {
  readonly key: string;
  readonly facts: FileFacts;
  readonly abort: AbortController;
  /** Absent while they are looked for. */
  marks?: readonly LineMark[];
}

const heldOf = new WeakMap<Core, Map<string, Held>>();

/**
 * The lines of a file whose text decides what it changes, each confirmed by a render; `undefined` until
 * they are known. What is looked for is given up once the file or its apps are others.
 */
export function marksOf(core: Core, asked: Asked): readonly LineMark[] | undefined {
  if (asked.parts.length === 0) return undefined;
  const held = heldOf.get(core) ?? new Map<string, Held>();
  heldOf.set(core, held);
  const file = `${asked.entry.root}\n${asked.path}`;
  const key = asked.parts
    .map(({ state: { app } }) => `${app.key} ${entryOf(core, app.key).version}`)
    .join('\n');
  const known = held.get(file);
  if (known?.key === key && known.facts === asked.facts) return known.marks;
  known?.abort.abort();
  const next: Held = { key, facts: asked.facts, abort: new AbortController() };
  held.set(file, next);
  look(core, asked, next);
  return undefined;
}

function look(core: Core, asked: Asked, held: Held): void {
  const { signal } = held.abort;
  const either = AbortSignal.any([signal, core.lifetime.signal]);
  core.activity.run(`mark ${asked.path}`, async () => {
    try {
      const marks = await found(core, asked, either);
      if (either.aborted) return;
      held.marks = marks;
      core.store.touch({ roots: [asked.entry.root] });
    } catch (error) {
      if (!isCancellation(error)) core.deps.log.warn(`mark ${asked.path}: ${messageOf(error)}`);
    }
  });
}

/** Of many apps that a file changes, most change by the same lines. */
const MOST_APPS = 3;

async function found(core: Core, asked: Asked, signal: AbortSignal): Promise<readonly LineMark[]> {
  const parts = [...asked.parts].sort((a, b) => b.changes.length - a.changes.length);
  const some = parts.slice(0, MOST_APPS);
  const lines: LineMark[] = [];
  for (const part of some) lines.push(...(await decidingLines(core, asked, part, signal)));
  for (const hunk of asked.hunks.filter((one) => !lines.some((line) => isIn(line, one)))) {
    if (await changesAlone(core, asked, { hunk, some }, signal)) lines.push(wholeOf(hunk));
  }
  return united(lines);
}

function isIn({ startLine, endLine }: LineMark, hunk: Hunk): boolean {
  return hunk.startLine <= startLine && endLine <= hunk.endLine;
}

function wholeOf({ startLine, endLine, kind }: Hunk): LineMark {
  return { startLine, endLine: Math.max(startLine, endLine), kind };
}

async function decidingLines(
  core: Core,
  { path, entry, hunks }: Asked,
  { state, changes }: FileChanges,
  signal: AbortSignal,
): Promise<readonly LineMark[]> {
  const { app } = state;
  const request = workingRequest(core, app);
  const ranges = hunks.flatMap(({ startLine, endLine, kind }) =>
    kind === 'removed' ? [] : [[startLine, endLine] as const],
  );
  const isOwn = app.source.kind === 'local' && app.source.root === entry.root;
  const fields = fieldsOf(changes);
  if (request === undefined || !isOwn || ranges.length === 0 || fields.length === 0) return [];
  const lines = await core.deps.renderer.lines?.({ ...request, path, ranges, fields }, signal);
  return (lines ?? []).map(({ line, fields: count }) => ({
    startLine: line,
    endLine: line,
    kind: 'changed' as const,
    fields: count,
  }));
}

const MOST_FIELDS = 400;

function fieldsOf(changes: readonly ResourceChange[]): readonly ChangedField[] {
  return changes
    .filter(({ action }) => action !== 'removed')
    .flatMap(({ id, fields }) => fields.map(({ pointer }) => ({ object: id, pointer })))
    .slice(0, MOST_FIELDS);
}

/** Whether the lines change anything by themselves: a remark does not. */
async function changesAlone(
  core: Core,
  { path, facts }: Asked,
  { hunk, some }: { readonly hunk: Hunk; readonly some: readonly FileChanges[] },
  signal: AbortSignal,
): Promise<boolean> {
  const text = takeBackHunk(facts.before, facts.after, hunk);
  for (const { state } of some) {
    const changes = await changesWithout(core, { state, path, text, signal });
    // What cannot be rendered without them is changed by them.
    if (changes === undefined || changes.length > 0) return true;
  }
  return false;
}

/** A line that several apps change by counts for all of them. */
function united(lines: readonly LineMark[]): readonly LineMark[] {
  const byLine = new Map<number, LineMark>();
  for (const line of lines) {
    const known = byLine.get(line.startLine);
    const fields = (known?.fields ?? 0) + (line.fields ?? 0);
    byLine.set(line.startLine, { ...line, ...(fields === 0 ? {} : { fields }) });
  }
  return [...byLine.values()].sort((a, b) => a.startLine - b.startLine);
}
