import { describe, expect, it } from 'vitest';
import type { App } from '../../../src/model/app';
import type { Problem } from '../../../src/model/problem';
import type { FileImpact, Hunk } from '../../../src/model/workbench';
import {
  hunkAt,
  impactWords,
  presentFileStatus,
  presentHover,
  presentLens,
  presentLensLinks,
  presentMarks,
} from '../../../src/views/impact/present';
import { presentProblems } from '../../../src/views/impact/problems';
import {
  app,
  change,
  FAILURE,
  field,
  file,
  impact,
  note,
  NOW_MS,
  rendered,
  ROOT,
  state,
  workspace,
} from './states';

const one: FileImpact['apps'] = [{ app: app('shop'), changes: [change({})] }];
const two: FileImpact['apps'] = [...one, { app: app('b'), changes: [change({}), change({})] }];

describe('the links beside the lens', () => {
  const path = `${ROOT}/charts/shop/values.yaml`;
  const broken = state('shop', {
    working: { kind: 'invalid', problems: [FAILURE], inputs: [file('charts/shop/values.yaml')] },
  });
  const changing = impact({ apps: [{ app: app('shop'), changes: [change()] }], objectCount: 1 });

  it.each([
    [undefined, workspace(), []],
    [impact(), workspace(), []],
    [changing, workspace(), ['Open changes', 'Create pull request…']],
    [changing, workspace({ trusted: false }), ['Open changes']],
    [impact({ failedCount: 1 }), workspace({ apps: [broken] }), ['Go to error']],
  ])('%#: offer only what does something', (value, workspaceState, titles) => {
    const links = presentLensLinks(value, workspaceState, path);
    expect(links.map(({ title }) => title)).toEqual(titles);
  });

  it('lead to the line that fails', () => {
    const state_ = workspace({ apps: [broken] });
    expect(presentLensLinks(impact({ failedCount: 1 }), state_, path)).toEqual([
      {
        kind: 'failure',
        title: 'Go to error',
        open: { kind: 'file', root: ROOT, path: 'charts/shop/templates/web.yaml', line: 12 },
      },
    ]);
  });
});

describe('the words of an impact', () => {
  it.each([
    [impact(), 'No object changes'],
    [impact({ apps: one, objectCount: 1 }), '1 app · 1 object changes'],
    [
      impact({ apps: two, objectCount: 3, refusedCount: 1 }),
      '2 apps · 3 objects change · 1 will be refused ⚠',
    ],
    [impact({ failedCount: 1 }), '1 app cannot be rendered ⚠'],
    [
      impact({ notes: ['No release: bump the version. Chart.yaml still says 1.0.0.'] }),
      'No release: bump the version ⚠',
    ],
    [
      impact({ apps: one, objectCount: 1, notes: ['Not applied: a.b in crds/.'] }),
      '1 app · 1 object changes · Not applied: a.b in crds/ ⚠',
    ],
    [
      impact({ apps: one, objectCount: 1, pendingCount: 2 }),
      '1 app · 1 object changes · rendering 2 apps…',
    ],
    [
      impact({ pinned: [{ revision: 'v1.4.2', appCount: 3 }] }),
      'No object changes · 3 apps read this file at v1.4.2',
    ],
    [
      impact({ pinned: [{ revision: 'v2', appCount: 1 }] }),
      'No object changes · 1 app reads this file at v2',
    ],
  ])('%#: %s', (value, words) => {
    expect(impactWords(value)).toBe(words);
  });
});

describe('the lens', () => {
  const at = { reserved: false, indexing: false, stale: false };

  it('reserves its line while it is not known whether an app reads the file', () => {
    expect(presentLens(undefined, { ...at, reserved: true, indexing: true })).toBe(
      'Reading the repository…',
    );
    expect(presentLens(undefined, { ...at, reserved: true })).toBe('No app reads this file');
    expect(presentLens(undefined, at)).toBeUndefined();
  });

  it('says when it is about the saved text only', () => {
    expect(presentLens(impact(), { ...at, stale: true })).toBe('No object changes · as last saved');
  });
});

describe('marks', () => {
  const hunks: readonly Hunk[] = [
    { startLine: 3, endLine: 4, kind: 'changed' },
    { startLine: 9, endLine: 8, kind: 'removed' },
    { startLine: 99, endLine: 120, kind: 'added' },
  ];

  it('are at the hunks, within the text', () => {
    const marks = presentMarks(impact({ apps: one, objectCount: 1, hunks }), 10);
    expect(marks).toEqual([
      { kind: 'change', start: 2, end: 3 },
      { kind: 'removal', start: 8, end: 8 },
      { kind: 'change', start: 9, end: 9 },
    ]);
  });

  it('are those of the lines that decide, once they are known', () => {
    const decides = { startLine: 4, endLine: 4, kind: 'changed', fields: 2 } as const;
    const known = impact({ apps: one, objectCount: 1, hunks, marks: [decides] });
    expect(presentMarks(known, 10)).toEqual([{ kind: 'change', start: 3, end: 3 }]);
    expect(presentMarks({ ...known, marks: [] }, 10)).toEqual([]);
  });

  it('are absent where no object changes: Git marks mere edits', () => {
    expect(presentMarks(impact({ hunks }), 10)).toEqual([]);
    expect(presentMarks(undefined, 10)).toEqual([]);
  });

  it.each([
    [1, undefined],
    [2, hunks[0]],
    [3, hunks[0]],
    [4, undefined],
    [8, hunks[1]],
  ])('line %i belongs to the right hunk', (line, hunk) => {
    expect(hunkAt(impact({ hunks }), line)).toBe(hunk);
  });
});

describe('the hover', () => {
  it('names object, cluster and app, with the fields', () => {
    const parts = presentHover(
      [
        {
          app: app('shop'),
          changes: [
            change({
              fields: [field({ before: 3, after: 4, whose: 'mine' })],
              notes: [note('immutable', 'spec.selector is immutable.')],
            }),
          ],
        },
      ],
      NOW_MS,
    );
    expect(parts).toEqual([
      { kind: 'heading', text: 'Deployment web' },
      {
        kind: 'line',
        text: 'production · argocd/shop · will be refused ⚠ · spec.selector is immutable.',
      },
      {
        kind: 'diff',
        lines: ['--- target', '+++ working copy', '- spec.replicas: 3', '+ spec.replicas: 4'],
      },
    ]);
  });

  it('says so when the lines change nothing, and counts what it leaves out', () => {
    expect(presentHover([], NOW_MS)).toEqual([
      { kind: 'line', text: 'These lines alone change no object.' },
    ]);
    const many = Array.from({ length: 9 }, (_, i) => change({ name: `web-${i}` }));
    const parts = presentHover([{ app: app('shop'), changes: many }], NOW_MS);
    expect(parts.filter(({ kind }) => kind === 'heading')).toHaveLength(6);
    expect(parts.at(-1)).toEqual({ kind: 'line', text: 'and 3 objects more' });
  });
});

describe('the status of a file', () => {
  const inputs = [file('charts/shop/values.yaml')];
  const path = `${ROOT}/charts/shop/values.yaml`;
  const helm = app('shop', {
    source: {
      kind: 'local',
      root: ROOT,
      render: {
        kind: 'helm',
        path: 'charts/shop',
        releaseName: 'shop',
        namespace: 'shop',
        valueFiles: [],
        includeCrds: true,
      },
    },
  });

  it('says how its apps were rendered and how long the slowest took', () => {
    const apps = [
      state('shop', { app: helm, working: { kind: 'rendered', desired: rendered(inputs, 41.4) } }),
      state('b', { working: { kind: 'rendered', desired: rendered(inputs, 12) } }),
    ];
    expect(presentFileStatus(workspace({ apps }), path)).toEqual({
      text: 'Rendered with Helm 4, Kustomize · 41 ms',
      detail: 'Read by argocd/shop, argocd/b',
      severity: 'information',
      busy: false,
    });
  });

  it('names the Helm that the controller of the app calls', () => {
    const { source } = helm;
    const render = { ...(source.kind === 'local' ? source.render : {}), helm: 3 };
    const argo = { ...helm, source: { ...source, render } as App['source'] };
    const working = { kind: 'rendered', desired: rendered(inputs, 41) } as const;
    expect(
      presentFileStatus(workspace({ apps: [state('shop', { app: argo, working })] }), path)?.text,
    ).toBe('Rendered with Helm 3 · 41 ms');
  });

  it('is absent for a file that no app reads', () => {
    const apps = [state('shop', { working: { kind: 'rendered', desired: rendered(inputs) } })];
    expect(presentFileStatus(workspace({ apps }), `${ROOT}/README.md`)).toBeUndefined();
    expect(presentFileStatus(workspace({ apps }), '/elsewhere/values.yaml')).toBeUndefined();
  });

  it('tells of apps that cannot be rendered, and of what is under way', () => {
    const problem = { severity: 'error', code: 'helm-template', message: 'nil pointer' } as const;
    const invalid = state('shop', { working: { kind: 'invalid', problems: [problem], inputs } });
    const busy = state('b', { working: { kind: 'rendering', lastGood: rendered(inputs) } });
    expect(presentFileStatus(workspace({ apps: [invalid, busy] }), path)).toEqual({
      text: '1 app cannot be rendered',
      detail: 'nil pointer',
      severity: 'error',
      busy: true,
    });
  });

  it('says why nothing could be rendered', () => {
    const working = {
      kind: 'unavailable',
      reason: 'The engine stopped.',
      lastGood: rendered(inputs),
    } as const;
    expect(
      presentFileStatus(workspace({ apps: [state('shop', { working })] }), path),
    ).toMatchObject({ text: 'Not rendered', detail: 'The engine stopped.', severity: 'warning' });
  });

  it('says where the version of the cluster was a guess', () => {
    const desired = { ...rendered(inputs), capabilitiesAssumed: true };
    const apps = [state('shop', { working: { kind: 'rendered', desired } })];
    expect(presentFileStatus(workspace({ apps }), path)?.detail).toContain(
      'cluster version assumed',
    );
  });
});

describe('problems', () => {
  const problem = (parts: Partial<Problem> = {}): Problem => ({
    severity: 'error',
    code: 'unknown-field',
    message: 'Unknown field.',
    ...parts,
  });

  it('are shown of open and changed files, or of all', () => {
    const found = new Map([
      ['/repo/a.yaml', [problem()]],
      ['/repo/b.yaml', [problem()]],
      ['/repo/c.yaml', []],
    ]);
    const paths = new Set(['/repo/a.yaml', '/repo/c.yaml']);
    expect([...presentProblems(found, { kind: 'openAndChanged', paths }).keys()]).toEqual([
      '/repo/a.yaml',
    ]);
    expect([...presentProblems(found, { kind: 'all', paths }).keys()]).toEqual([
      '/repo/a.yaml',
      '/repo/b.yaml',
    ]);
  });

  it.each([
    [{}, { startLine: 0, startColumn: 0, endLine: 0, endColumn: undefined }],
    [{ line: 7 }, { startLine: 6, startColumn: 0, endLine: 6, endColumn: undefined }],
    [
      { line: 7, column: 3, endLine: 8, endColumn: 5 },
      { startLine: 6, startColumn: 2, endLine: 7, endColumn: 4 },
    ],
    [
      { line: 7, endLine: 2 },
      { startLine: 6, startColumn: 0, endLine: 6, endColumn: undefined },
    ],
  ])('at %o are drawn at %o', (place, drawn) => {
    const list = [problem({ location: { path: 'a.yaml', ...place } })];
    const found = presentProblems(new Map([['/a', list]]), { kind: 'all', paths: new Set() });
    expect(found.get('/a')?.[0]).toMatchObject(drawn);
  });

  it('that several apps find in the same place are said once, in the order of the text', () => {
    const list = [
      problem({ location: { path: 'a', line: 9 } }),
      problem({ location: { path: 'a', line: 2 } }),
      problem({ location: { path: 'a', line: 9 }, resource: 'other' }),
    ];
    const found = presentProblems(new Map([['/a', list]]), { kind: 'all', paths: new Set() });
    expect(found.get('/a')?.map(({ startLine }) => startLine)).toEqual([1, 8]);
  });
});
