import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/userError';
import { isBelowChart } from '../../../src/host/charts';
import { withoutCredentials } from '../../../src/host/credentials';
import { enginePath } from '../../../src/host/enginePath';
import { failureOf } from '../../../src/host/failure';
import { appsReading, firstExisting, folderOf, joinRoot, placeOf } from '../../../src/host/places';
import { targetOf } from '../../../src/host/targets';
import { isWatched } from '../../../src/host/watching';
import type { KubeContext } from '../../../src/model/cluster';
import {
  changesState,
  isConnected,
  kubeconfigState,
  welcomeState,
} from '../../../src/host/welcome';
import {
  app,
  cluster,
  CONNECTED,
  file,
  rendered,
  root,
  ROOT,
  state,
  workspace,
} from '../views/states';

const made: string[] = [];

function folder(...paths: readonly string[]): string {
  const top = mkdtempSync(join(tmpdir(), 'plumbline-host-'));
  made.push(top);
  for (const path of paths) {
    mkdirSync(join(top, path, '..'), { recursive: true });
    writeFileSync(join(top, path), '');
  }
  return top;
}

afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

describe('a failure', () => {
  it('that was a cancellation is silent', () => {
    expect(failureOf(new DOMException('x', 'AbortError'))).toEqual({ kind: 'cancelled' });
    const cancelled = new Error('x');
    cancelled.name = 'Canceled';
    expect(failureOf(cancelled)).toEqual({ kind: 'cancelled' });
  });

  it('with a sentence for the user shows it and keeps the detail for the log', () => {
    expect(failureOf(new UserError('No.', 'stderr: refused'))).toEqual({
      kind: 'expected',
      message: 'No.',
      detail: 'stderr: refused',
    });
    expect(failureOf(new UserError('No.'))).toMatchObject({ detail: 'No.' });
  });

  it('of another kind tells the user nothing of its inside', () => {
    const failure = failureOf(new TypeError('token abc is undefined'));
    expect(failure).toMatchObject({ kind: 'defect' });
    expect(failure.kind === 'defect' && failure.message).not.toContain('abc');
    expect(failure.kind === 'defect' && failure.detail).toContain('abc');
    expect(failureOf('text')).toMatchObject({ kind: 'defect', detail: 'text' });
  });
});

describe('the target of a command', () => {
  it.each([
    [{ kind: 'app', appKey: 'a' }],
    [{ kind: 'resource', appKey: 'a', resource: 'r' }],
    [{ kind: 'cluster', cluster: 'production' }],
    [{ kind: 'file', root: '/r', path: 'a.yaml' }],
  ])('%o is taken, also from a row', (target) => {
    expect(targetOf(target)).toEqual(target);
    expect(targetOf({ label: 'x', target })).toEqual(target);
  });

  it.each([
    [undefined],
    [null],
    ['app'],
    [[]],
    [{}],
    [{ kind: 'app' }],
    [{ kind: 'app', appKey: 3 }],
    [{ kind: 'constructor', appKey: 'a' }],
    [{ target: { kind: 'resource', appKey: 'a' } }],
  ])('%o is none', (argument) => {
    expect(targetOf(argument)).toBeUndefined();
  });
});

describe('places', () => {
  it('belong to the innermost root', () => {
    const roots = [{ root: '/a' }, { root: '/a/b' }, { root: '/ab' }];
    expect(placeOf('/a/b/c/d.yaml', roots)).toEqual({ root: '/a/b', path: 'c/d.yaml' });
    expect(placeOf('/abc/d.yaml', roots)).toBeUndefined();
    expect(placeOf('/a', roots)).toEqual({ root: '/a', path: '' });
    expect(placeOf('/x.yaml', [{ root: '/' }])).toEqual({ root: '/', path: 'x.yaml' });
  });

  it('survive the way there and back', () => {
    const name = fc.stringMatching(/^[a-z]{1,6}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (parts) => {
        const path = parts.join('/');
        expect(placeOf(joinRoot('/repo', path), [{ root: '/repo' }])).toEqual({
          root: '/repo',
          path,
        });
      }),
    );
  });

  it('name folders and the first file that is there', () => {
    expect([folderOf('a/b.yaml'), folderOf('b.yaml')]).toEqual(['a', '']);
    const top = folder('charts/shop/Chart.yaml', 'kustomization.yml');
    const names = ['kustomization.yaml', 'kustomization.yml', 'Chart.yaml'];
    expect(firstExisting(top, 'charts/shop', names)).toBe('charts/shop/Chart.yaml');
    expect(firstExisting(top, '', names)).toBe('kustomization.yml');
    expect(firstExisting(top, 'nowhere', names)).toBeUndefined();
  });
});

describe('the apps that read a file', () => {
  const inputs = [file('base/web.yaml'), file('base/absent.yaml', false)];
  const apps = [
    state('shop', { working: { kind: 'rendered', desired: rendered(inputs) } }),
    state('stale', { working: { kind: 'rendering', lastGood: rendered(inputs) } }),
    state('broken', { working: { kind: 'invalid', problems: [], inputs } }),
    state('new', { working: { kind: 'discovered' } }),
    state('other', {
      app: app('other', { source: { kind: 'unsupported', reason: '' } }),
      working: { kind: 'rendered', desired: rendered(inputs) },
    }),
  ];
  const names = (path: string): readonly string[] =>
    appsReading(workspace({ apps, roots: [root()] }), `${ROOT}/${path}`).map((one) => one.app.name);

  it('are those whose last render found it, and the one that it defines', () => {
    expect(names('base/web.yaml')).toEqual(['shop', 'stale', 'broken']);
    expect(names('base/absent.yaml')).toEqual([]);
    expect(names('apps/new.yaml')).toEqual(['new']);
  });
});

describe('watching', () => {
  const path = (text: string): string => text.split('/').join(sep);

  it.each([
    '/repo/charts/shop/values.yaml',
    '/repo/.git/HEAD',
    '/repo/.git/refs/heads/main',
    '/repo/.git/packed-refs',
    '/repo/.git/FETCH_HEAD',
    '/repo/.git/index',
    '/repo/.git/worktrees/other/HEAD',
    '/repo/.git',
  ])('takes %s', (one) => {
    expect(isWatched(path(one))).toBe(true);
  });

  it.each([
    '/repo/.git/index.lock',
    '/repo/.git/refs/heads/main.lock',
    '/repo/.git/objects/ab/cdef',
    '/repo/.git/logs/HEAD',
    '/repo/.git/COMMIT_EDITMSG',
    '/repo/node_modules/a/index.yaml',
  ])('leaves %s', (one) => {
    expect(isWatched(path(one))).toBe(false);
  });
});

describe('a template file', () => {
  const charts = new Set(['/repo/charts/shop']);
  const below = (one: string, top?: string): boolean =>
    isBelowChart(one, top, (path) => charts.has(path));

  it('is Helm only where a folder above it holds a chart', () => {
    expect(below('/repo/charts/shop/templates')).toBe(true);
    expect(below('/repo/charts/shop/templates/deep/er', '/repo')).toBe(true);
    expect(below('/repo/roles/web/templates', '/repo')).toBe(false);
    expect(below('/templates')).toBe(false);
  });

  it('is not looked for above the folder of the workspace', () => {
    expect(below('/repo/charts/shop/templates', '/repo/charts/shop/templates')).toBe(false);
  });
});

describe('the welcome text', () => {
  const folders = { count: 1, virtual: 0 };

  it.each([
    [workspace({ roots: [] }), { count: 0, virtual: 0 }, 'noFolder'],
    [workspace({ roots: [] }), { count: 2, virtual: 2 }, 'virtual'],
    [workspace({ roots: [] }), folders, 'loading'],
    [workspace({ roots: [root({ indexing: true })] }), folders, 'loading'],
    [workspace(), folders, 'noApps'],
    [workspace({ apps: [state('a')] }), folders, 'ready'],
  ] as const)('%#: %o', (value, counts, expected) => {
    expect(welcomeState(value, counts)).toBe(expected);
  });
});

describe('what the working copy can be compared with', () => {
  const born = { headCommit: 'abc' } as never;
  const unborn = {} as never;

  it.each([
    [[], 'unknown'],
    [[root({ indexing: true })], 'unknown'],
    [[root()], 'noGit'],
    [[root({ repository: unborn })], 'noCommit'],
    [[root({ repository: born })], 'unknown'],
    [[root({ repository: born, changedPaths: [] })], 'known'],
    [[root(), root({ repository: born, changedPaths: ['a'] })], 'known'],
  ] as const)('%#: %o', (roots, expected) => {
    expect(changesState(workspace({ roots }))).toBe(expected);
  });
});

describe('being connected', () => {
  it('means that any one cluster answered', () => {
    expect(isConnected(workspace({ clusters: [cluster('a')] }))).toBe(false);
    expect(isConnected(workspace({ clusters: [cluster('a'), cluster('b', CONNECTED)] }))).toBe(
      true,
    );
  });
});

describe('the kubeconfigs', () => {
  const context = (problem?: string): KubeContext => ({
    ref: { file: '/home/config', name: 'x' },
    server: '',
    ...(problem !== undefined && { problem }),
  });

  it.each([
    [[], 'missing'],
    [[context('There is no kubeconfig file config.')], 'missing'],
    [[context('config is not a kubeconfig.')], 'unusable'],
    [[context('There is no kubeconfig file a.'), context('b is broken.')], 'unusable'],
    [[context('config is not a kubeconfig.'), context()], 'usable'],
  ])('%#: %o', (contexts, expected) => {
    expect(kubeconfigState(contexts)).toBe(expected);
  });
});

describe('the engine', () => {
  it('is the one of this platform, or the one of an Alpine package', () => {
    const name = 'plumbline-engine';
    const linux = folder(`dist/engine/linux-x64/${name}`, `dist/engine/alpine-x64/${name}`);
    const machine = { platform: 'linux', arch: 'x64' };
    expect(enginePath(linux, machine)).toBe(join(linux, 'dist/engine/linux-x64', name));
    const alpine = folder(`dist/engine/alpine-x64/${name}`);
    expect(enginePath(alpine, machine)).toBe(join(alpine, 'dist/engine/alpine-x64', name));
  });

  it('is named where it should be when it is not there', () => {
    const empty = folder();
    expect(enginePath(empty, { platform: 'win32', arch: 'arm64' })).toBe(
      join(empty, 'dist/engine/win32-arm64/plumbline-engine.exe'),
    );
  });
});

describe('what git prints', () => {
  it('is shown without the login in a URL', () => {
    expect(withoutCredentials('to https://sam:s3cret@git.example/a/b.git failed')).toBe(
      'to https://git.example/a/b.git failed',
    );
    expect(withoutCredentials('ssh://git@git.example/a')).toBe('ssh://git.example/a');
    expect(withoutCredentials('mail sam@example.com')).toBe('mail sam@example.com');
  });
});
