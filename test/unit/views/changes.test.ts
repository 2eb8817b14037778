import { describe, expect, it } from 'vitest';
import type { FileImpact } from '../../../src/model/workbench';
import type { ChangesInput } from '../../../src/views/changes/present';
import {
  changedFiles,
  presentChanges,
  presentChangesDescription,
} from '../../../src/views/changes/present';
import { find, flat, outline, tooltipText } from './rows';
import {
  app,
  change,
  FAILURE,
  field,
  file,
  impact,
  note,
  NOW_MS,
  root,
  ROOT,
  state,
  workspace,
} from './states';

function input(
  impacts: Readonly<Record<string, FileImpact | undefined>>,
  parts: Partial<ChangesInput> = {},
): ChangesInput {
  return {
    state: workspace({ roots: [root({ changedPaths: Object.keys(impacts) })] }),
    impactOf: (path) => impacts[path.slice(ROOT.length + 1)],
    ticked: () => undefined,
    nowMs: NOW_MS,
    ...parts,
  };
}

const mine = change({ fields: [field({ before: 3, after: 4, whose: 'mine' })] });
const shop = impact({
  apps: [
    {
      app: app('shop'),
      changes: [
        mine,
        change({
          name: 'cache',
          action: 'changed',
          fields: [field()],
          notes: [note('immutable', 'spec.selector is immutable.')],
        }),
      ],
    },
    {
      app: app('shop-staging', { destinationCluster: 'staging' }),
      changes: [change({ name: 'web', action: 'added', before: undefined } as never)],
    },
  ],
  objectCount: 3,
  refusedCount: 1,
  against: 'origin/main · 4f2c1d9',
});

describe('the rows of local changes', () => {
  it('lead from file to app to object', () => {
    const rows = presentChanges(input({ 'charts/shop/values.yaml': shop }));
    expect(outline(rows)).toBe(
      [
        '☑ values.yaml  1 will be refused ⚠ · 2 apps · 3 objects · charts/shop [M]',
        '  production · shop  2 changed, 1 will be refused ⚠',
        '    Deployment web  replicas 3→4 [M]',
        '    Deployment cache  spec.selector is immutable. · replicas 5→3 [M]',
        '  staging · shop-staging  1 added',
        '    Deployment web  added [A]',
      ].join('\n'),
    );
    expect(find(rows, 'Deployment web').spoken).toBe(
      'Deployment web, changed, replicas 3→4, namespace shop',
    );
  });

  it('fold files that change no object, unticked', () => {
    const rows = presentChanges(
      input({ 'README.md': undefined, 'values.yaml': impact(), 'a.yaml': shop }),
    );
    expect(rows.map((row) => row.label)).toEqual(['a.yaml', 'Change no object (2)']);
    expect(outline(rows[1]?.children?.() ?? [])).toBe(
      '☐ README.md  read by no app [M]\n☐ values.yaml  changes no object [M]',
    );
  });

  it.each([
    [{ pendingCount: 2 }, 'rendering…'],
    [{ failedCount: 1 }, '1 app cannot be rendered'],
    [{ pinned: [{ revision: 'v1.4.2', appCount: 3 }] }, '3 apps at v1.4.2 not affected'],
  ])('say of %o: %s', (parts, words) => {
    const rows = presentChanges(input({ 'a.yaml': impact(parts) }));
    expect(rows[0]?.description).toBe(words);
  });

  it('tell below a file why an app cannot be rendered, and go to the line', () => {
    const last = {
      against: { ref: 'origin/main', commit: 'abc' },
      appAction: 'kept' as const,
      changes: [mine],
      unchangedCount: 3,
    };
    const broken = state('shop', {
      working: {
        kind: 'invalid',
        problems: [FAILURE],
        inputs: [file('charts/shop/values.yaml')],
      },
      local: { kind: 'unavailable', reason: 'It cannot be rendered as it is.', last },
    });
    const path = 'charts/shop/values.yaml';
    const rows = presentChanges(
      input(
        { [path]: impact({ failedCount: 1 }) },
        {
          state: workspace({
            roots: [root({ changedPaths: [path] })],
            apps: [broken, state('calm')],
          }),
        },
      ),
    );
    expect(outline(rows)).toBe(
      [
        '☑ values.yaml  1 app cannot be rendered · charts/shop [M]',
        '  production · shop  cannot be rendered: function "inclde" not defined. · ⟲ 1 changed',
        '    Deployment web  replicas 3→4 [M]',
      ].join('\n'),
    );
    expect(find(rows, 'production · shop')).toMatchObject({
      icon: { id: 'error' },
      open: { kind: 'file', root: ROOT, path: 'charts/shop/templates/web.yaml', line: 12 },
      spoken:
        'App argocd/shop, cluster production, cannot be rendered: function "inclde" not defined.',
    });
  });

  it('keep the ticks of the user over what is proposed', () => {
    const files = changedFiles(
      input(
        { 'a.yaml': shop, 'README.md': undefined },
        { ticked: (path) => (path.endsWith('README.md') ? true : false) },
      ),
    );
    expect(files.map(({ path, ticked }) => [path, ticked])).toEqual([
      ['a.yaml', false],
      ['README.md', true],
    ]);
  });

  it('open target ↔ working copy, with the cluster in the title', () => {
    const rows = presentChanges(input({ 'a.yaml': shop }));
    expect(find(rows, 'Deployment cache').open).toMatchObject({
      kind: 'diff',
      title: 'Deployment cache: target ↔ working copy (production)',
      left: { kind: 'target' },
      right: { kind: 'working' },
    });
    expect(find(rows, 'a.yaml').open).toEqual({ kind: 'file', root: ROOT, path: 'a.yaml' });
  });

  it('show the fields in a tooltip without words that say the same for all', () => {
    const rows = presentChanges(input({ 'a.yaml': shop }));
    expect(tooltipText(find(rows, 'Deployment web'))).toBe(
      'Deployment web\nproduction · shop · apps/v1\n--- target\n+++ working copy\n- spec.replicas: 3\n+ spec.replicas: 4',
    );
    expect(tooltipText(find(rows, 'a.yaml'))).toContain('Against origin/main · 4f2c1d9');
  });

  it('say that an edit adds or removes the app itself', () => {
    const state_ = state('shop', {
      local: {
        kind: 'compared',
        comparison: {
          against: { ref: 'origin/main', commit: 'abc' },
          appAction: 'added',
          changes: [],
          unchangedCount: 0,
        },
      },
    });
    const rows = presentChanges(
      input(
        { 'a.yaml': shop },
        {
          state: workspace({ roots: [root({ changedPaths: ['a.yaml'] })], apps: [state_] }),
        },
      ),
    );
    expect(find(rows, 'production · shop').description).toContain('app added');
  });

  it('have a level for the repository only where several changed', () => {
    const roots = [
      root({ changedPaths: ['a.yaml'] }),
      root({ root: '/other', name: 'other', changedPaths: ['b.yaml'] }),
      root({ root: '/quiet', name: 'quiet', changedPaths: [] }),
    ];
    const rows = presentChanges(input({}, { state: workspace({ roots }), impactOf: () => shop }));
    expect(rows.map((row) => row.label)).toEqual(['gitops', 'other']);
    expect(new Set(flat(rows).map((row) => row.id)).size).toBe(flat(rows).length);
  });
});

describe('the description of the view', () => {
  it('counts each app and object once, however many files change it', () => {
    const both = input({ 'a.yaml': shop, 'b.yaml': shop });
    expect(presentChangesDescription(changedFiles(both))).toBe('2 apps · 3 objects');
    expect(presentChangesDescription(changedFiles(input({ 'README.md': undefined })))).toBe(
      '1 file',
    );
    expect(presentChangesDescription(changedFiles(input({})))).toBeUndefined();
  });
});
