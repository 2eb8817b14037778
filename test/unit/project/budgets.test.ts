import { describe, expect, it } from 'vitest';
import ts from 'typescript';
import type { SourceFile } from './sources';
import { readSources } from './sources';

const sources = readSources('src');
/** Everything under test/ that a person wrote: suites, the lab and the editor they run on. */
const tests = [...readSources('test'), ...readSources('test', '.mjs')].filter(
  (file) => !file.path.startsWith('fixtures/'),
);

function functionLengths(file: SourceFile): { name: string; lines: number }[] {
  const found: { name: string; lines: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const start = file.ast.getLineAndCharacterOfPosition(node.getStart()).line;
      const end = file.ast.getLineAndCharacterOfPosition(node.getEnd()).line;
      found.push({ name: `${file.path}:${start + 1}`, lines: end - start + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(file.ast);
  return found;
}

function emptyCatches(file: SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCatchClause(node) && node.block.statements.length === 0) {
      found.push(`${file.path}:${file.ast.getLineAndCharacterOfPosition(node.pos).line + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file.ast);
  return found;
}

describe('budgets', () => {
  it('files stay at or below 500 lines, extension.ts at or below 120', () => {
    const limit = (path: string): number => (path === 'extension.ts' ? 120 : 500);
    const over = sources.filter((file) => file.lineCount > limit(file.path));
    expect(over.map((file) => `${file.path} ${file.lineCount}`)).toEqual([]);
  });

  it('functions stay at or below 60 lines, nine in ten at or below 25', () => {
    const lengths = sources.flatMap(functionLengths);
    expect(lengths.filter((one) => one.lines > 60)).toEqual([]);
    const sorted = lengths.map((one) => one.lines).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length * 0.9)]).toBeLessThanOrEqual(25);
  });

  it('no catch is empty', () => {
    expect(sources.flatMap(emptyCatches)).toEqual([]);
  });

  it('no rule of the linter or the compiler is switched off in src', () => {
    const silenced = sources.filter((file) =>
      /eslint-disable|@ts-(ignore|expect-error|nocheck)/.test(file.text),
    );
    expect(silenced.map((file) => file.path)).toEqual([]);
  });

  it('there is at least one line of tests for each line of source', () => {
    const lines = (files: readonly SourceFile[]): number =>
      files.reduce((sum, file) => sum + file.lineCount, 0);
    expect(lines(tests) / lines(sources)).toBeGreaterThanOrEqual(1);
  });
});
