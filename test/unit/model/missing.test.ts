import { describe, expect, it } from 'vitest';
import type { AppState } from '../../../src/model/appState';
import {
  askableOf,
  coverReferences,
  fetchableOf,
  fetchKey,
  leftOut,
  missingOf,
  missingRepository,
  movableOf,
} from '../../../src/model/missing';
import type { MissingReference } from '../../../src/model/render';
import { app, rendered, state } from '../views/states';

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

describe('what a fetch gets', () => {
  const git = { url: 'https://git.example.com/acme/base', ref: 'v1' };
  const one = missingRepository({ ...git, path: 'a' }, { path: 'k/kustomization.yaml', line: 2 });
  const two = missingRepository({ ...git, path: 'b' }, { path: 'k/kustomization.yaml' });

  it('is one thing for folders of one repository at one ref', () => {
    expect(one.reference).toBe('https://git.example.com/acme/base//a?ref=v1');
    expect(fetchKey(one)).toBe(fetchKey(two));
    expect(fetchKey(one)).not.toBe(fetchKey(missingRepository({ ...git, ref: '' }, { path: '' })));
    const states = [one, two].map((missing, index) =>
      state(`a${index}`, { working: renderedWith([missing]) }),
    );
    expect(coverReferences(states)).toEqual([states[0]]);
  });

  it('is the repository of an app that is in no open folder, at the line that defines it', () => {
    const away = app('shop', {
      source: { kind: 'elsewhere', repoUrl: git.url, path: 'x', git },
      definedIn: { root: '/r', path: 'apps/a.yaml', line: 7 },
    });
    const lacking = state('shop', { app: away, working: { kind: 'unavailable', reason: '' } });
    expect(fetchableOf(lacking)).toEqual([
      {
        kind: 'base',
        reference: `${git.url}//x?ref=v1`,
        path: 'apps/a.yaml',
        line: 7,
        git: { ...git, path: 'x' },
      },
    ]);
    expect(leftOut(lacking)).toEqual([
      {
        severity: 'info',
        code: 'source-not-fetched',
        message: `The source ${git.url}//x?ref=v1 is in no open folder and not fetched: the app is not rendered.`,
        location: { path: 'apps/a.yaml', line: 7 },
      },
    ]);
  });
});

describe('what may have moved since it was fetched', () => {
  const fetchedAt = '2026-01-02T03:04:05Z';
  const url = 'https://git.example.com/acme/base';
  const used = { url, mount: 'm', commit: 'c', fetchedAt };
  const commit = 'a'.repeat(40);
  const desired = {
    ...rendered(),
    repositories: [
      { ...used, ref: 'main' },
      { ...used, ref: '' },
      { ...used, ref: commit },
      { url, ref: 'main', mount: 'n', root: '/open' },
    ],
    files: [{ url: 'https://example.com/a.yaml', digest: 'sha256:d', fetchedAt }],
  };

  it('is a branch, a file of a server, a range; no commit and nothing of an open folder', () => {
    const working = { kind: 'rendered', desired } as const;
    expect(movableOf(state('a', { working })).map(({ reference }) => reference)).toEqual([
      `${url}?ref=main`,
      url,
      'https://example.com/a.yaml',
    ]);
    expect(askableOf(state('a', { working }))).toHaveLength(3);
  });

  it.each([
    ['^1', 1],
    ['*', 1],
    ['1.2', 1],
    ['1.2.3', 0],
    ['v1.2.3-rc.1+build', 0],
    ['sha256:abc', 0],
  ])('is a chart of the version %s: %i', (version, count) => {
    const source = {
      kind: 'local',
      root: '/r',
      render: {
        kind: 'helm',
        path: '',
        releaseName: 'r',
        namespace: 'n',
        valueFiles: [],
        includeCrds: true,
        chart: { repository: 'https://charts.example.com', name: 'web', version },
      },
    } as const;
    expect(movableOf(state('a', { app: app('a', { source }) }))).toHaveLength(count);
  });
});
