import { describe, expect, it } from 'vitest';
import type { ClusterPlan } from '../../../src/model/plan';
import type { JsonObject } from '../../../src/model/resource';
import type { Refusal } from '../../../src/model/workbench';
import { planArgoSync } from '../../../src/sync/argoPlan';
import { planFluxReconcile, sourceChain } from '../../../src/sync/fluxPlan';
import {
  appOf,
  application,
  commitA,
  gitRepository,
  helmRelease,
  kustomization,
  planInput,
} from './objects';

function planned(plan: ClusterPlan | Refusal): ClusterPlan {
  if (plan.kind === 'refusal') throw new Error(plan.reason);
  return plan;
}

function operationOf(plan: ClusterPlan | Refusal): JsonObject {
  const step = planned(plan).steps.find((it) => it.kind === 'operation');
  if (step === undefined) throw new Error('no operation');
  return step.operation;
}

describe('planArgoSync', () => {
  it('refreshes first, then writes one operation, to the object just read', () => {
    const plan = planned(planArgoSync(planInput(application(), { revision: commitA })));
    const id = { group: 'argoproj.io', kind: 'Application', namespace: 'argocd', name: 'shop' };
    expect(plan.target).toEqual({ ...id, uid: 'u1' });
    expect(plan.appLabel).toBe('argocd/shop');
    expect(plan.steps).toEqual([
      {
        kind: 'annotate',
        id,
        annotations: {
          'argocd.argoproj.io/refresh': 'normal',
          'argocd.argoproj.io/refresh-timestamp': '2026-11-21T09:00:00.000Z',
        },
        awaits: 'removed',
      },
      {
        kind: 'operation',
        id,
        operation: {
          initiatedBy: { username: 'ann@acme.example' },
          info: [{ name: 'Reason', value: 'Synced from Plumbline' }],
          sync: { prune: false, revision: commitA },
        },
      },
    ]);
  });

  it('copies what the controller reads only from the operation', () => {
    const retry = { limit: 3, backoff: { duration: '5s', factor: 2, maxDuration: '3m' } };
    const syncOptions = ['CreateNamespace=true', 'ServerSideApply=true'];
    const object = application({ spec: { source: {}, syncPolicy: { retry, syncOptions } } });
    expect(operationOf(planArgoSync(planInput(object)))).toMatchObject({
      retry,
      sync: { syncOptions, prune: false },
    });
  });

  it.each([
    [{ automated: { prune: true } }, true],
    [{ automated: { prune: false } }, false],
    [{ automated: {} }, false],
    [{ automated: { prune: true, enabled: false } }, false],
    [undefined, false],
  ])('prunes only where the app prunes by itself: %j', (syncPolicy, prune) => {
    const object = application({ spec: { source: {}, syncPolicy } });
    expect(operationOf(planArgoSync(planInput(object)))['sync']).toMatchObject({ prune });
  });

  it.each([
    ['an app that syncs by itself', { source: {}, syncPolicy: { automated: {} } }],
    [
      'an app of several sources',
      { source: undefined, sources: [{ repoURL: 'a' }, { repoURL: 'b' }] },
    ],
  ])('pins no revision for %s', (_, spec) => {
    const object = application({ spec });
    expect(operationOf(planArgoSync(planInput(object, { revision: commitA })))['sync']).toEqual({
      prune: false,
    });
  });

  it.each([
    [
      'an operation is asked for',
      application({ operation: { sync: {} } }),
      'Another operation of this app is in progress.',
    ],
    [
      'an operation is running',
      application({
        status: { operationState: { phase: 'Running', message: 'waiting for hook' } },
      }),
      'Another operation of this app is in progress: waiting for hook',
    ],
    [
      'an operation is terminating',
      application({ status: { operationState: { phase: 'Terminating' } } }),
      'Another operation of this app is in progress.',
    ],
    [
      'it is being deleted',
      application({ metadata: { deletionTimestamp: 'now' } }),
      'is being deleted',
    ],
    ['it has no uid', application({ metadata: { uid: undefined } }), 'has no uid'],
    [
      'Argo CD skips it',
      application({ metadata: { annotations: { 'argocd.argoproj.io/skip-reconcile': 'true' } } }),
      'skip-reconcile',
    ],
  ])('refuses when %s', (_, object, reason) => {
    const plan = planArgoSync(planInput(object));
    expect(plan.kind === 'refusal' && plan.reason).toContain(reason);
  });

  it('plans again after an operation that ended', () => {
    const object = application({ status: { operationState: { phase: 'Failed', message: 'x' } } });
    expect(planArgoSync(planInput(object)).kind).toBe('argo-sync');
  });
});

describe('the object must be the app that was shown', () => {
  const object = application();
  const source = { repoURL: 'https://git.acme.example/acme/gitops.git', path: 'charts/shop' };
  const definition = {
    spec: {
      source: {
        repoURL: 'git@git.acme.example:acme/gitops',
        path: './charts/shop/',
        targetRevision: 'main',
      },
    },
  };

  it.each([
    ['another name', { app: appOf(object, { name: 'web' }) }, 'is not the object of'],
    ['another namespace', { app: appOf(object, { namespace: 'team' }) }, 'is not the object of'],
    ['another kind', { app: appOf(object, { kind: 'Kustomization' }) }, 'is not the object of'],
    [
      'another cluster',
      { cluster: 'staging' },
      'belongs to the cluster production, not to staging',
    ],
    [
      'another uid',
      { app: appOf(object, { reported: { metadata: { uid: 'old' } } }) },
      'deleted and made again',
    ],
    [
      'another path',
      {
        app: appOf(object, {
          definition: { spec: { source: { repoURL: 'x', path: 'charts/other' } } },
        }),
      },
      'follows another source',
    ],
    [
      'another revision',
      {
        app: appOf(object, {
          definition: { spec: { source: { ...source, targetRevision: 'v2' } } },
        }),
      },
      'follows another source',
    ],
    ['another repository', { app: appOf(object, { definition }) }, 'follows another source'],
    [
      'several sources instead of one',
      {
        app: appOf(object, {
          definition: { spec: { sources: [{ repoURL: 'a' }, { repoURL: 'b' }] } },
        }),
      },
      'follows another source',
    ],
  ])('not of %s', (_, change, reason) => {
    const plan = planArgoSync(planInput(object, change));
    expect(plan.kind === 'refusal' && plan.reason).toContain(reason);
  });

  it('warns when the cluster has other settings than the repository, not of another order of keys', () => {
    const source = {
      targetRevision: 'main',
      path: 'charts/shop',
      repoURL: 'https://git.acme.example/acme/gitops.git',
    };
    const warningsOf = (spec: JsonObject): readonly string[] =>
      planned(planArgoSync(planInput(object, { app: appOf(object, { definition: { spec } }) })))
        .confirmation.warnings;
    expect(warningsOf({ source, project: 'default' })).toEqual([]);
    const helm = { valuesObject: { replicas: 3 } };
    expect(warningsOf({ source: { ...source, helm }, project: 'default' })).toEqual([
      'The Application in the cluster has other settings than the repository; this action goes by those in the cluster.',
    ]);
  });

  it('does not warn of defaults of the cluster nor of what Flux substitutes', () => {
    const live = kustomization({
      spec: { force: false, timeout: '5m', postBuild: { substitute: { env: 'prod' } } },
    });
    const sourceRef = { kind: 'GitRepository', name: 'acme' };
    const warningsOf = (spec: JsonObject): readonly string[] => {
      const app = appOf(live, { definition: { spec: { path: './apps', sourceRef, ...spec } } });
      return planned(planFluxReconcile(planInput(live, { app, sources: [gitRepository()] })))
        .confirmation.warnings;
    };
    expect(warningsOf({})).toEqual([]);
    expect(
      warningsOf({ path: './${folder}', postBuild: { substitute: { env: '${env}' } } }),
    ).toEqual([]);
    expect(warningsOf({ timeout: '10m' })).toHaveLength(1);
    expect(warningsOf({ dependsOn: [{ name: 'a' }] })).toHaveLength(1);
  });

  it('takes two forms of one repository URL for the same', () => {
    const app = appOf(object, { definition });
    expect(planArgoSync(planInput(object, { app, sameRepository: () => true })).kind).toBe(
      'argo-sync',
    );
  });

  it('compares what a Flux object follows', () => {
    const live = kustomization();
    const sources = [gitRepository()];
    const inGit = (path: string) =>
      appOf(live, { definition: { spec: { ...(live['spec'] as object), path } } });
    expect(planFluxReconcile(planInput(live, { app: inGit('apps/'), sources })).kind).toBe(
      'flux-reconcile',
    );
    const other = planFluxReconcile(planInput(live, { app: inGit('./infrastructure'), sources }));
    expect(other.kind).toBe('refusal');
  });
});

describe('planFluxReconcile', () => {
  it('requests the source, then the object, by one token', () => {
    const plan = planned(
      planFluxReconcile(planInput(kustomization(), { sources: [gitRepository()] })),
    );
    expect(plan.kind).toBe('flux-reconcile');
    expect(plan.target.uid).toBe('k1');
    expect(
      plan.steps.map((step) => [step.id.kind, step.kind === 'annotate' && step.awaits]),
    ).toEqual([
      ['GitRepository', 'handled'],
      ['Kustomization', 'handled'],
    ]);
    for (const step of plan.steps) {
      expect(step).toMatchObject({
        annotations: { 'reconcile.fluxcd.io/requestedAt': '2026-11-21T09:00:00.000Z' },
      });
    }
  });

  it.each([
    [
      'the object',
      kustomization({ spec: { suspend: true } }),
      gitRepository(),
      'Kustomization flux-system/apps is suspended',
    ],
    [
      'its source',
      kustomization(),
      gitRepository({ spec: { suspend: true } }),
      'GitRepository flux-system/acme is suspended',
    ],
  ])('refuses when %s is suspended', (_, object, source, reason) => {
    const plan = planFluxReconcile(planInput(object, { sources: [source] }));
    expect(plan.kind === 'refusal' && plan.reason).toContain(reason);
  });

  it('refuses without the source', () => {
    const plan = planFluxReconcile(planInput(kustomization()));
    expect(plan).toEqual({
      kind: 'refusal',
      reason: 'Its source GitRepository flux-system/acme is not in the cluster.',
    });
  });

  it('leaves out what source-controller does not reconcile', () => {
    const repository = {
      ...gitRepository({ spec: { type: 'oci' } }),
      kind: 'HelmRepository',
    };
    const release = helmRelease({
      spec: {
        chart: {
          spec: {
            chart: 'x',
            sourceRef: { kind: 'HelmRepository', name: 'acme', namespace: 'flux-system' },
          },
        },
      },
    });
    const plan = planned(planFluxReconcile(planInput(release, { sources: [repository] })));
    expect(plan.steps.map((step) => step.id.kind)).toEqual(['HelmRelease']);
  });
});

describe('sourceChain', () => {
  const source = { group: 'source.toolkit.fluxcd.io', namespace: 'flux-system' };
  it.each([
    ['a Kustomization', kustomization(), [{ ...source, kind: 'GitRepository', name: 'acme' }]],
    [
      'a Kustomization with a source elsewhere',
      kustomization({
        spec: { sourceRef: { kind: 'OCIRepository', name: 'o', namespace: 'other' } },
      }),
      [{ ...source, kind: 'OCIRepository', name: 'o', namespace: 'other' }],
    ],
    [
      'a HelmRelease before its first time',
      helmRelease(),
      [
        { ...source, kind: 'GitRepository', name: 'acme' },
        { ...source, kind: 'HelmChart', name: 'mail-mailer' },
      ],
    ],
    [
      'a HelmRelease with its chart',
      helmRelease({ status: { helmChart: 'charts/mine' } }),
      [
        { ...source, kind: 'GitRepository', name: 'acme' },
        { ...source, kind: 'HelmChart', namespace: 'charts', name: 'mine' },
      ],
    ],
    [
      'a HelmRelease of a chartRef',
      helmRelease({
        spec: { chart: undefined, chartRef: { kind: 'OCIRepository', name: 'mailer' } },
      }),
      [{ ...source, kind: 'OCIRepository', namespace: 'mail', name: 'mailer' }],
    ],
    ['nothing usable', kustomization({ spec: { sourceRef: {} } }), []],
  ])('of %s', (_, object, expected) => {
    expect(sourceChain(object)).toEqual(expected);
  });
});
