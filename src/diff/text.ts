import { diffLines, structuredPatch } from 'diff';
import type { Hunk } from '../model/workbench';

/** Past this many edits the exact answer is not worth its time: one hunk stands for all. */
const maxEdits = 800;

interface LineChange {
  /** 0-based first line and number of lines on each side. */
  readonly beforeStart: number;
  readonly beforeCount: number;
  readonly afterStart: number;
  readonly afterCount: number;
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/(?<=\n)/);
  return text === '' ? [] : lines;
}

function lineChanges(before: string, after: string): readonly LineChange[] {
  const parts = diffLines(before, after, { maxEditLength: maxEdits });
  if (!parts) return [wholeChange(before, after)];
  const changes: LineChange[] = [];
  let beforeStart = 0;
  let afterStart = 0;
  let beforeCount = 0;
  let afterCount = 0;
  const close = (): void => {
    if (beforeCount + afterCount > 0) {
      changes.push({ beforeStart, beforeCount, afterStart, afterCount });
    }
    beforeStart += beforeCount;
    afterStart += afterCount;
    beforeCount = 0;
    afterCount = 0;
  };
  for (const part of parts) {
    if (part.removed) beforeCount += part.count;
    else if (part.added) afterCount += part.count;
    else {
      close();
      beforeStart += part.count;
      afterStart += part.count;
    }
  }
  close();
  return changes;
}

function wholeChange(before: string, after: string): LineChange {
  return {
    beforeStart: 0,
    beforeCount: linesOf(before).length,
    afterStart: 0,
    afterCount: linesOf(after).length,
  };
}

function toHunk(change: LineChange): Hunk {
  const { beforeCount, afterStart, afterCount } = change;
  const startLine = afterStart + 1;
  if (afterCount === 0) return { startLine, endLine: startLine - 1, kind: 'removed' };
  const kind = beforeCount === 0 ? 'added' : 'changed';
  return { startLine, endLine: afterStart + afterCount, kind };
}

/** Lines of `after` that differ from `before`; removed lines stand before their `startLine`. */
export function lineHunks(before: string, after: string): readonly Hunk[] {
  return lineChanges(before, after).map(toHunk);
}

/** `after` with one hunk of `lineHunks(before, after)` undone; unchanged when there is no such hunk. */
export function takeBackHunk(before: string, after: string, hunk: Hunk): string {
  const change = lineChanges(before, after).find((candidate) => {
    const found = toHunk(candidate);
    return found.startLine === hunk.startLine && found.endLine === hunk.endLine;
  });
  if (!change) return after;
  const { beforeStart, beforeCount, afterStart, afterCount } = change;
  const lines = [...linesOf(after)];
  const old = linesOf(before).slice(beforeStart, beforeStart + beforeCount);
  lines.splice(afterStart, afterCount, ...old);
  return joinLines(lines);
}

/** A last line without its end gets one where it is no longer the last. */
function joinLines(lines: readonly string[]): string {
  const last = lines.length - 1;
  return lines
    .map((line, index) => (index < last && !line.endsWith('\n') ? `${line}\n` : line))
    .join('');
}

export interface UnifiedDiffInput {
  readonly before: string;
  readonly after: string;
  readonly beforeLabel: string;
  readonly afterLabel: string;
  /** Unchanged lines around a change; 3 where nothing is said. */
  readonly context?: number;
}

/** The unified format of `diff -u`, without times; empty when the texts are equal. */
export function unifiedDiff(input: UnifiedDiffInput): string {
  if (input.before === input.after) return '';
  const { beforeLabel, afterLabel } = input;
  const options = { context: input.context ?? 3, maxEditLength: maxEdits };
  const patch = structuredPatch(
    beforeLabel,
    afterLabel,
    input.before,
    input.after,
    '',
    '',
    options,
  );
  const head = [`--- ${beforeLabel}`, `+++ ${afterLabel}`];
  const body = patch ? patch.hunks.flatMap(hunkLines) : replacedLines(input);
  return `${[...head, ...body].join('\n')}\n`;
}

interface PatchHunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  readonly lines: readonly string[];
}

function hunkLines(hunk: PatchHunk): readonly string[] {
  const { oldStart, oldLines, newStart, newLines } = hunk;
  return [hunkHead([oldStart, oldLines], [newStart, newLines]), ...hunk.lines];
}

/** A side without lines starts before its first one, as `diff -u` writes it: `+0,0`. */
function hunkHead(before: readonly [number, number], after: readonly [number, number]): string {
  const range = ([start, count]: readonly [number, number]): string =>
    `${count === 0 ? Math.max(0, start - 1) : start},${count}`;
  return `@@ -${range(before)} +${range(after)} @@`;
}

function replacedLines(input: UnifiedDiffInput): readonly string[] {
  const old = linesOf(input.before).map((line) => `-${line.replace(/\n$/, '')}`);
  const now = linesOf(input.after).map((line) => `+${line.replace(/\n$/, '')}`);
  return [hunkHead([1, old.length], [1, now.length]), ...old, ...now];
}
