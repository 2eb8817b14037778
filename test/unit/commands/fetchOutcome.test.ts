import { describe, expect, it } from 'vitest';
import { fetchOutcome, progressWords } from '../../../src/commands/fetchOutcome';
import type { AppState } from '../../../src/model/appState';
import type { FetchFailureKind } from '../../../src/model/fetch';
import { coverReferences } from '../../../src/model/missing';
import type { ChartFailure, ChartsFetched } from '../../../src/model/workbench';
import { rendered, state } from '../views/states';

const fetched = (
  count: number,
  failures: readonly ChartFailure[] = [],
  lockOutOfSync = false,
): ChartsFetched => ({ kind: 'fetched', count, failures, lockOutOfSync });

const failure = (reference: string, kind: FetchFailureKind = 'notFound'): ChartFailure => ({
  reference,
  kind,
  message: `About ${reference}.`,
});

describe('what became of a fetch', () => {
  it.each([
    [[fetched(1)], 'done', '1 source of shop fetched.'],
    [[fetched(1), fetched(2)], 'done', '3 sources of shop fetched.'],
    [[fetched(1), { kind: 'nothing' }], 'done', '1 source of shop fetched.'],
    [[{ kind: 'nothing' }], 'done', 'shop lacks nothing any more.'],
    [[{ kind: 'refused', message: 'Switched off.' }], 'failed', 'Switched off.'],
    [[fetched(0, [failure('web 1')])], 'failed', 'web 1: not found. About web 1.'],
    [
      [fetched(1, [failure('web 1', 'tooLarge')])],
      'failed',
      '1 source of shop fetched. web 1: too large. About web 1.',
    ],
  ] as const)('of %j is %s: %s', (results, kind, message) => {
    expect(fetchOutcome(results, 'shop')).toMatchObject({ kind, message });
  });

  it('says how to log in where a login is needed', () => {
    const { message } = fetchOutcome([fetched(0, [failure('web 1', 'unauthorized')])], 'shop');
    expect(message).toContain('helm registry login');
  });

  it('says that a lock was not followed', () => {
    expect(fetchOutcome([fetched(2, [], true)], 'shop').message).toMatch(/fetched\. A Chart\.lock/);
  });

  it('names three failures each once, counts the rest, and has all for the log', () => {
    const failures = ['a', 'a', 'b', 'c', 'd', 'e'].map((name) => failure(name));
    const { message, detail } = fetchOutcome([fetched(0, failures)], 'shop');
    expect(message).toMatch(/^a: .* b: .* c: .* 2 more sources could not be had\.$/);
    expect(message).not.toContain('d: ');
    expect(detail).toContain('e: not found');
  });
});

describe('apps to fetch for', () => {
  const lacking = (name: string, ...references: readonly string[]): AppState =>
    state(name, {
      working: {
        kind: 'rendered',
        desired: {
          ...rendered(),
          missing: references.map((reference) => ({
            kind: 'chart',
            reference,
            path: 'k/kustomization.yaml',
            dependency: true,
          })),
        },
      },
    });

  it('are as few as lack everything together', () => {
    const states = [lacking('a', 'x'), lacking('b', 'x'), lacking('c', 'x', 'y'), lacking('d')];
    expect(coverReferences(states).map(({ app }) => app.name)).toEqual(['a', 'c']);
  });
});

describe('progress', () => {
  it.each([
    [{ index: 0, stage: 'index', bytes: 0 }, 'reading the list of charts'],
    [{ index: 0, stage: 'versions', bytes: 100 }, 'reading versions'],
    [{ index: 0, stage: 'chart', bytes: 319_488 }, 'downloading, 312 KB'],
  ] as const)('%j is told as %s', (progress, words) => {
    expect(progressWords(progress)).toBe(words);
  });
});
