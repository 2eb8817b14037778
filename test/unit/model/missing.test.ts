import { describe, expect, it } from 'vitest';
import type { AppState } from '../../../src/model/appState';
import { leftOut, fetchableOf, missingOf } from '../../../src/model/missing';
import type { MissingReference } from '../../../src/model/render';
import { rendered, state } from '../views/states';

const chart: MissingReference = {
  kind: 'chart',
  reference: 'web ^1 https://charts.example.com',
  path: 'k/kustomization.yaml',
  line: 4,
  chart: { repository: 'https://charts.example.com', name: 'web', version: '^1' },
};
const dependency: MissingReference = {
  kind: 'chart',
  reference: 'db 2.x oci://registry.example.com/charts',
  path: 'c/Chart.yaml',
  dependency: true,
};
const local: MissingReference = {
  kind: 'chart',
  reference: 'own file://../own',
  path: 'c/Chart.yaml',
};
const base: MissingReference = { kind: 'base', reference: 'https://git.example.com/x', path: 'k' };
const all = [chart, dependency, local, base];

const renderedWith = (missing: readonly MissingReference[]): AppState['working'] => ({
  kind: 'rendered',
  desired: { ...rendered(), missing },
});
const invalidWith = (missing: readonly MissingReference[]): AppState['working'] => ({
  kind: 'invalid',
  problems: [],
  inputs: [],
  missing,
});

describe('what a render lacks', () => {
  it.each([
    ['a render', renderedWith(all)],
    ['a render that failed', invalidWith(all)],
  ])('is told by %s; charts are what a registry may have', (_of, working) => {
    expect(missingOf(state('a', { working }))).toEqual(all);
    expect(fetchableOf(state('a', { working }))).toEqual([chart, dependency]);
  });

  it.each([
    { kind: 'discovered' },
    { kind: 'rendering' },
    { kind: 'unavailable', reason: 'No engine.' },
  ] as const)('is not known of an app that is %o', (working) => {
    expect(missingOf(state('a', { working }))).toEqual([]);
  });

  it('is a problem at its line where the rest was rendered', () => {
    expect(leftOut(state('a', { working: renderedWith([chart, base]) }))).toEqual([
      {
        severity: 'warning',
        code: 'chart-not-fetched',
        message:
          'The chart web ^1 https://charts.example.com is not fetched: the result lacks what it makes.',
        location: { path: 'k/kustomization.yaml', line: 4 },
      },
      {
        severity: 'warning',
        code: 'base-not-fetched',
        message:
          'The base https://git.example.com/x is remote and is not fetched: the result lacks what it makes.',
        location: { path: 'k' },
      },
    ]);
  });

  it('is said by the problems of a render that failed, and not twice', () => {
    expect(leftOut(state('a', { working: invalidWith(all) }))).toEqual([]);
  });
});
