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
    willChange: ['Deployment web will change'],
    changes: [{ object: 'Deployment web will change', fields: ['spec.replicas: 5→3'] }],
    willPrune: ['Service gone'],
    notPruned: ['ConfigMap old'],
    notIncluded: ['Uncommitted: values.yaml'],
    warnings: ['Another sync failed just now.'],
    revision: 'origin/main · 4f2c1d9 · fetched just now',
  },
};
const nothing = { unsaved: [], protectedClusters: [] };

describe('the question before a cluster is written to', () => {
  it('names the Argo CD whose own cluster it is', () => {
    const context = { file: 'argocd:argocd.acme.example', name: 'in-cluster' };
    const server = 'https://kubernetes.default.svc';
    const { detail } = clusterQuestion({ ...plan, context, server }, nothing);
    expect(detail).toContain(`(${server} of the Argo CD at argocd.acme.example)`);
  });

  it('names cluster, server, context and object, and what is left out', () => {
    const question = clusterQuestion(plan, { ...nothing, unsaved: ['apps/a.yaml'] });
    expect(question.message).toBe('Sync argocd/shop');
    expect(question.yes).toBe('Sync');
    expect(question.show).toBe('Show Changes');
    expect(question.typed).toBeUndefined();
    expect(question.detail).toBe(
      [
        'Cluster: production (https://production.example)',
        'Context: prod-admin',
        'Object: Application argocd/shop',
        'Revision: origin/main · 4f2c1d9 · fetched just now',
        '',
        'Will change:',
        '  • Deployment web will change',
        '      spec.replicas: 5→3',
        '',
        'Will be deleted:',
        '  • Service gone',
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

  it.each([
    ['spec.replicas: 5→3', 'spec.replicas: 5→3'],
    [
      'spec.template.spec.containers[0].resources.limits.memory: 1Gi→2Gi',
      'spec…containers[0].resources.limits.memory: 1Gi→2Gi',
    ],
    [
      'metadata.annotations["a.very.long.prefix.example.com/and-name"]: a→b',
      'metadata.annotations["a.very.long.prefix.example.com/and-name"]: a→b',
    ],
    ['no path at all', 'no path at all'],
  ])('keeps the end of a long path: %s', (field, shown) => {
    const changes = [{ object: 'Deployment web will change', fields: [field] }];
    const { detail } = clusterQuestion(
      { ...plan, confirmation: { ...plan.confirmation, changes } },
      nothing,
    );
    expect(detail).toContain(`      ${shown}`);
  });

  it('says so when nothing differs, and leaves out empty sections', () => {
    const confirmation = {
      ...plan.confirmation,
      willChange: [],
      changes: [],
      willPrune: [],
      notPruned: [],
      notIncluded: [],
      warnings: [],
    };
    const { detail } = clusterQuestion({ ...plan, confirmation }, nothing);
    expect(detail).toContain('Will change: Nothing that differs was found.');
    expect(detail).not.toMatch(/pruned|deleted|included|Mind/);
  });

  it('keeps to one line an object where there is no room for every field', () => {
    const changes = [
      {
        object: 'Deployment a will change',
        fields: Array.from({ length: 20 }, (_, i) => `x${i}: 1→2`),
      },
      { object: 'Deployment b will change', fields: ['spec.replicas: 5→3'] },
      { object: 'Deployment c will be created', fields: [] },
    ];
    const { detail } = clusterQuestion(
      { ...plan, confirmation: { ...plan.confirmation, changes } },
      nothing,
    );
    expect(detail).toContain(
      [
        'Will change:',
        '  • Deployment a will change: 20 fields',
        '  • Deployment b will change: spec.replicas: 5→3',
        '  • Deployment c will be created',
        '',
      ].join('\n'),
    );
  });

  it('shortens long lists with the number that is left out', () => {
    const many = (name: string) => Array.from({ length: 30 }, (_, i) => `${name}-${i}`);
    const changes = many('Deployment web').map((object) => ({ object, fields: [] }));
    const lists = {
      changes,
      willPrune: many('gone'),
      notPruned: many('old'),
      notIncluded: many('f'),
    };
    const { detail } = clusterQuestion(
      { ...plan, confirmation: { ...plan.confirmation, ...lists } },
      nothing,
    );
    expect(detail.match(/Deployment web-/g)).toHaveLength(12);
    expect(detail).toContain('… and 18 more');
    expect(detail.match(/gone-/g)).toHaveLength(5);
    expect(detail.split('\n').length).toBeLessThan(50);
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
