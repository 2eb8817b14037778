import { describe, expect, it } from 'vitest';
import type { App, PipelineStep } from '../../../src/model/app';
import { pipelineLines } from '../../../src/views/pipelines';
import { find, presentClusters, tooltipText } from './rows';
import { app, cluster, NOW_MS, ROOT, state, workspace } from './states';

function step(job: string, line?: number): PipelineStep {
  const place = { root: ROOT, path: 'ci.yml', ...(line === undefined ? {} : { line }) };
  return { system: 'GitLab CI', job, place };
}

function pushed(pipeline: App['pipeline'], more: Partial<App> = {}): App {
  return app('web', {
    kind: 'Chart',
    tool: 'push',
    namespace: '',
    ...(pipeline === undefined ? {} : { pipeline }),
    ...more,
  });
}

function linesOf(one: App): readonly string[] {
  return pipelineLines(one).filter((line) => line !== undefined);
}

describe('the pipelines of an app', () => {
  it('are nothing for an app that none deploys', () => {
    expect(linesOf(pushed(undefined))).toEqual([]);
  });

  it('are named with their jobs and lines', () => {
    expect(linesOf(pushed({ steps: [step('deploy (prod)', 12), step('again')] }))).toEqual([
      'By GitLab CI, job deploy (prod), ci.yml:12',
      'By GitLab CI, job again, ci.yml',
    ]);
  });

  it('are counted where they are many', () => {
    const steps = ['a', 'b', 'c', 'd', 'e'].map((job) => step(job, 1));
    expect(linesOf(pushed({ steps })).at(-1)).toBe('and by 2 steps more');
  });

  it('say what only a run knows', () => {
    const unresolved = ['$A', '$B', '$C', '$D', '$E', '$F', '$G'];
    expect(linesOf(pushed({ steps: [], unresolved }))).toEqual([
      'Known only in a run: $A, $B, $C, $D, $E and 2 more',
    ]);
    expect(linesOf(pushed({ steps: [], unresolved: ['$A'] }))).toEqual(['Known only in a run: $A']);
  });

  it('say that they only render', () => {
    expect(linesOf(pushed({ steps: [], rendersOnly: true }))).toEqual([
      'Only rendered there: nothing in the repository applies it',
    ]);
  });

  it('give their own name of the cluster until it is mapped', () => {
    const mapped = pushed(
      { steps: [] },
      { destination: { cluster: { kind: 'context', name: 'prod-eks' }, namespace: '' } },
    );
    const open = Object.fromEntries(
      Object.entries(mapped).filter(([key]) => key !== 'destinationCluster'),
    ) as unknown as App;
    expect(linesOf(open)).toEqual(['The pipeline calls its cluster prod-eks']);
    expect(linesOf(mapped)).toEqual([]);
  });

  it('stand in the tooltip of the app', () => {
    const one = pushed({ steps: [step('deploy', 3)] });
    const all = workspace({
      apps: [state('web', { app: one })],
      clusters: [
        cluster('production', { kind: 'connected', version: 'v1.36.3', readAtMs: NOW_MS }),
      ],
    });
    const row = find(presentClusters(all, NOW_MS), 'web');
    expect(tooltipText(row)).toContain('By GitLab CI, job deploy, ci.yml:3');
  });
});
