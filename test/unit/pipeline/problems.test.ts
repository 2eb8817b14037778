import { describe, expect, it } from 'vitest';
import type { AppState, WorkspaceState } from '../../../src/model/appState';
import type { Problem } from '../../../src/model/problem';
import { createActivity } from '../../../src/pipeline/activity';
import { collectProblems, createProblems, problemsOf } from '../../../src/pipeline/problems';
import { rendered } from '../views/states';
import { app, state } from './states';

const problem = (code: string, path?: string, line?: number): Problem => ({
  severity: 'error',
  code,
  message: `${code} here.`,
  ...(path === undefined ? {} : { location: { path, ...(line === undefined ? {} : { line }) } }),
});

function workspace(apps: readonly AppState[], problems: readonly Problem[] = []): WorkspaceState {
  const root = { root: '/repo', name: 'repo', indexing: false, items: [], problems };
  return { trusted: true, roots: [root], apps, clusters: [] };
}

const failing = (...problems: readonly Problem[]): AppState['working'] => ({
  kind: 'invalid',
  problems,
  inputs: [],
});

describe('problems', () => {
  it('are collected again only when something moved that they come from', () => {
    const problems = createProblems();
    const one = state('a', { working: failing(problem('broken', 'a/x.yaml', 3)) });
    const found = problems(workspace([one]));
    const looked = { ...one, live: { kind: 'reading' } } as const;
    const { roots } = workspace([]);
    const first = { ...workspace([looked]), roots };
    const known = problems(first);
    expect(known).toEqual(found);
    expect(problems({ ...first, clusters: [], apps: [{ ...looked }] })).toBe(known);
    const mended = { ...one, working: failing() };
    expect(problems({ ...first, apps: [mended] }).size).toBe(0);
    expect(problems({ ...first, apps: [] }).size).toBe(0);
  });

  it('stand at the absolute path of their file', () => {
    const found = collectProblems(
      workspace(
        [state('a', { working: failing(problem('broken', 'a/x.yaml', 3)) })],
        [problem('config', '.plumbline.yaml')],
      ),
    );
    expect([...found.keys()].sort()).toEqual(['/repo/.plumbline.yaml', '/repo/a/x.yaml']);
    expect(found.get('/repo/a/x.yaml')?.[0]?.location?.line).toBe(3);
  });

  it('in another repository stand in its open folder, else where the app is defined', () => {
    const url = 'https://git.example.com/acme/base';
    const [open, fetched] = ['.plumbline-git/open', '.plumbline-git/fetched'];
    const lastGood = {
      ...rendered(),
      repositories: [
        { url, ref: 'main', mount: open, root: '/other' },
        { url, ref: 'v1', mount: fetched, commit: 'c', fetchedAt: '2026-01-02T03:04:05Z' },
      ],
    };
    const working = {
      ...failing(problem('a', `${open}/k/x.yaml`, 3), problem('b', `${fetched}/k/y.yaml`, 4)),
      lastGood,
    } as AppState['working'];
    const definedIn = { root: '/repo', path: 'apps/a.yaml', line: 9 };
    const found = collectProblems(
      workspace([state('a', { app: app('a', { definedIn }), working })]),
    );
    expect(found.get('/other/k/x.yaml')?.[0]).toMatchObject({ code: 'a', location: { line: 3 } });
    expect(found.get('/repo/apps/a.yaml')?.[0]).toMatchObject({ code: 'b', location: { line: 9 } });
    expect(found.size).toBe(2);
  });

  it('of a file that two apps read are there once; others at the same line are kept', () => {
    const shared = problem('broken', 'shared.yaml', 1);
    const found = collectProblems(
      workspace([
        state('a', { working: failing(shared) }),
        state('b', { working: failing(shared, problem('other', 'shared.yaml', 1)) }),
      ]),
    );
    expect(found.get('/repo/shared.yaml')?.map(({ code }) => code)).toEqual(['broken', 'other']);
  });

  it('without a place are no diagnostics of a file', () => {
    expect(collectProblems(workspace([], [problem('engine')])).size).toBe(0);
  });

  it('of an app are those of its definition, its render and its objects', () => {
    const whole = state('a', {
      app: app('a', { problems: [problem('definition')] }),
      working: {
        kind: 'rendered',
        desired: {
          objects: [],
          inputs: [],
          problems: [problem('render')],
          missing: [],
          capabilitiesAssumed: false,
          tookMs: 1,
        },
      },
      problems: [problem('schema')],
    });
    expect(problemsOf(whole).map(({ code }) => code)).toEqual(['definition', 'render', 'schema']);
    expect(problemsOf(state('b'))).toEqual([]);
  });
});

describe('activity', () => {
  it('is idle when the last task is done, also one that another task began', async () => {
    const activity = createActivity({ debug() {}, info() {}, warn() {}, error() {} });
    const done: string[] = [];
    activity.run('outer', async () => {
      await Promise.resolve();
      activity.run('inner', async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        done.push('inner');
      });
      done.push('outer');
    });
    expect(activity.busy()).toBe(true);
    await activity.idle();
    expect(done).toEqual(['outer', 'inner']);
    expect(activity.busy()).toBe(false);
  });

  it('logs a defect and is silent about a cancellation', async () => {
    const errors: string[] = [];
    const error = (message: string) => errors.push(message);
    const activity = createActivity({ debug() {}, info() {}, warn() {}, error });
    const abort = new AbortController();
    abort.abort();
    activity.run('cancelled', () => Promise.reject(abort.signal.reason as Error));
    activity.run('broken', () => Promise.reject(new Error('a defect')));
    await activity.idle();
    expect(errors).toEqual(['broken: a defect']);
  });
});
