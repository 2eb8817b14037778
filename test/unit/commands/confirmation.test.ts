import { describe, expect, it } from 'vitest';
import { clusterQuestion, pullRequestQuestion } from '../../../src/commands/confirmation';
import type { ClusterPlan, PullRequestPlan } from '../../../src/model/plan';

const plan: ClusterPlan = {
  kind: 'argo-sync',
  appKey: 'k',
  appLabel: 'argocd/shop',
  cluster: 'production',
  context: { file: '/k', name: 'prod-admin' },
  server: 'https://production.example',
  target: {
    group: 'argoproj.io',
    kind: 'Application',
    namespace: 'argocd',
    name: 'shop',
    uid: 'u1',
  },
  steps: [],
  confirmation: {
    title: 'Sync argocd/shop',
    willChange: ['Deployment web: replicas 5→3'],
    notPruned: ['ConfigMap old'],
    notIncluded: ['Uncommitted: values.yaml'],
    warnings: ['Another sync failed just now.'],
    revision: 'origin/main · 4f2c1d9 · fetched just now',
  },
};
const nothing = { unsaved: [], protectedClusters: [] };

describe('the question before a cluster is written to', () => {
  it('names cluster, server, context and object, and what is left out', () => {
    const question = clusterQuestion(plan, { ...nothing, unsaved: ['apps/a.yaml'] });
    expect(question.message).toBe('Sync argocd/shop');
    expect(question.yes).toBe('Sync');
    expect(question.typed).toBeUndefined();
    expect(question.detail).toBe(
      [
        'Cluster: production (https://production.example)',
        'Context: prod-admin',
        'Object: Application argocd/shop',
        'Revision: origin/main · 4f2c1d9 · fetched just now',
        '',
        'Will change:',
        '  • Deployment web: replicas 5→3',
        '',
        'Will not be pruned:',
        '  • ConfigMap old',
        '',
        'Not included:',
        '  • Uncommitted: values.yaml',
        '  • Unsaved: apps/a.yaml',
        '',
        'Mind:',
        '  • Another sync failed just now.',
      ].join('\n'),
    );
  });

  it('says so when nothing differs, and leaves out empty sections', () => {
    const confirmation = {
      ...plan.confirmation,
      willChange: [],
      notPruned: [],
      notIncluded: [],
      warnings: [],
    };
    const { detail } = clusterQuestion({ ...plan, confirmation }, nothing);
    expect(detail).toContain('Will change: Nothing that differs was found.');
    expect(detail).not.toMatch(/pruned|included|Mind/);
  });

  it('shortens long lists with the number that is left out', () => {
    const willChange = Array.from({ length: 30 }, (_, i) => `Deployment web-${i}`);
    const { detail } = clusterQuestion(
      { ...plan, confirmation: { ...plan.confirmation, willChange } },
      nothing,
    );
    expect(detail.match(/Deployment web-/g)).toHaveLength(12);
    expect(detail).toContain('… and 18 more');
  });

  it.each([
    [{ ...plan, protected: true }, []],
    [plan, ['production']],
    [plan, ['https://production.example']],
  ])('asks for the name of a protected cluster (%#)', (one, protectedClusters) => {
    expect(clusterQuestion(one, { unsaved: [], protectedClusters }).typed).toBe('production');
  });

  it('does not mistake another cluster for a protected one', () => {
    const names = ['prod', 'production-eu', 'https://production.example/x'];
    expect(clusterQuestion(plan, { unsaved: [], protectedClusters: names }).typed).toBeUndefined();
  });

  it('speaks of reconciling for Flux', () => {
    expect(clusterQuestion({ ...plan, kind: 'flux-reconcile' }, nothing).yes).toBe('Reconcile');
  });
});

describe('the question before a pull request', () => {
  const request: PullRequestPlan = {
    root: '/repo',
    paths: ['charts/shop/values.yaml'],
    baseRef: 'origin/main',
    baseCommit: '4f2c1d9aaaaaaa',
    baseBranch: 'main',
    branch: 'plumbline/raise-web',
    commitMessage: 'Raise web',
    title: 'Raise web',
    body: '',
    pushRemote: 'origin',
    targetUrl: 'https://git.example/acme/gitops.git',
    ridesAlong: [],
    warnings: [],
  };

  it('names repository, branch, base and every file', () => {
    expect(pullRequestQuestion(request, []).detail).toBe(
      [
        'Repository: https://git.example/acme/gitops.git',
        'Branch: plumbline/raise-web, pushed to origin',
        'From: origin/main · 4f2c1d9',
        'Title: Raise web',
        '',
        '1 file:',
        '  • charts/shop/values.yaml',
      ].join('\n'),
    );
  });

  it('names commits that ride along and text that is not saved', () => {
    const { detail } = pullRequestQuestion({ ...request, ridesAlong: ['Fix typo'] }, ['a.yaml']);
    expect(detail).toContain(
      'Local commits whose changes in these files ride along:\n  • Fix typo',
    );
    expect(detail).toContain('Not included:\n  • Unsaved: a.yaml');
  });
});
