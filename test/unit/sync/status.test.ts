import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { commitOfRevision } from '../../../src/sync/fluxStatus';
import { healthOf } from '../../../src/sync/health';
import { inventoryOf, parseInventoryId } from '../../../src/sync/inventory';
import { statusOf } from '../../../src/sync/statusOf';
import { application, commitA, commitB, condition, helmRelease, kustomization } from './objects';

describe('statusOf an Application', () => {
  it('is unknown before the controller has looked', () => {
    expect(statusOf('argocd', application())).toEqual({
      sync: 'Unknown',
      appliedRevisions: [],
      managed: [],
    });
  });

  it('reads sync, health, operation and resources', () => {
    const status = statusOf(
      'argocd',
      application({
        status: {
          sync: { status: 'OutOfSync', revision: commitB },
          health: { status: 'Healthy' },
          operationState: {
            phase: 'Succeeded',
            message: 'successfully synced',
            startedAt: '2026-11-21T09:00:00Z',
            finishedAt: '2026-11-21T09:00:05Z',
            syncResult: { revision: commitA },
          },
          resources: [
            {
              version: 'v1',
              kind: 'Service',
              namespace: 'shop',
              name: 'web',
              status: 'OutOfSync',
              requiresPruning: true,
            },
            {
              group: 'apps',
              version: 'v1',
              kind: 'Deployment',
              namespace: 'shop',
              name: 'web',
              status: 'Synced',
              health: { status: 'Healthy' },
            },
            {
              group: 'batch',
              version: 'v1',
              kind: 'Job',
              namespace: 'shop',
              name: 'migrate',
              hook: true,
            },
            'not a resource',
          ],
        },
      }),
    );
    expect(status).toEqual({
      sync: 'OutOfSync',
      health: 'Healthy',
      appliedRevisions: [commitA],
      operation: { phase: 'Succeeded', message: 'successfully synced', at: '2026-11-21T09:00:05Z' },
      managed: [
        {
          group: '',
          version: 'v1',
          kind: 'Service',
          namespace: 'shop',
          name: 'web',
          status: 'OutOfSync',
          requiresPruning: true,
        },
        {
          group: 'apps',
          version: 'v1',
          kind: 'Deployment',
          namespace: 'shop',
          name: 'web',
          status: 'Synced',
          health: 'Healthy',
        },
        {
          group: 'batch',
          version: 'v1',
          kind: 'Job',
          namespace: 'shop',
          name: 'migrate',
          hook: true,
        },
      ],
    });
  });

  it.each([
    [
      'a comparison that failed',
      { conditions: [{ type: 'ComparisonError', message: 'no such path' }] },
      'no such path',
    ],
    [
      'an operation that failed',
      { operationState: { phase: 'Failed', message: 'denied' } },
      'denied',
    ],
    ['bad health', { health: { status: 'Degraded', message: 'crash loop' } }, 'crash loop'],
    [
      'a warning only',
      { conditions: [{ type: 'OrphanedResourceWarning', message: 'x' }] },
      undefined,
    ],
  ])('says why: %s', (_, status, message) => {
    expect(statusOf('argocd', application({ status })).message).toBe(message);
  });

  const history = [{ revision: 'c'.repeat(40) }, { revision: commitA }];
  const synced = { resources: [{ status: 'Synced' }] };
  it.each([
    [
      'the last whole sync',
      { history, operationState: { phase: 'Succeeded', syncResult: { revision: commitB } } },
      [commitB],
    ],
    [
      'several sources',
      { operationState: { phase: 'Succeeded', syncResult: { revisions: [commitA, commitB] } } },
      [commitA, commitB],
    ],
    ['history alone', { history }, [commitA]],
    [
      'a failure before anything was written',
      {
        history,
        operationState: {
          phase: 'Failed',
          syncResult: { revision: commitB, resources: [{ status: 'SyncFailed' }] },
        },
      },
      [commitA],
    ],
    [
      'a failure half way through another revision',
      {
        history,
        operationState: { phase: 'Failed', syncResult: { revision: commitB, ...synced } },
      },
      [],
    ],
    [
      'a failure half way through the same revision',
      {
        history,
        operationState: { phase: 'Failed', syncResult: { revision: commitA, ...synced } },
      },
      [commitA],
    ],
    [
      'a selective sync of another revision',
      {
        history,
        operationState: {
          phase: 'Succeeded',
          operation: { sync: { resources: [{ kind: 'Service', name: 'web' }] } },
          syncResult: { revision: commitB, ...synced },
        },
      },
      [],
    ],
    ['never synced', {}, []],
  ])('knows the applied revision by %s', (_, status, expected) => {
    expect(statusOf('argocd', application({ status })).appliedRevisions).toEqual(expected);
  });
});

describe('statusOf a Flux object', () => {
  const applied = `main@sha1:${commitA}`;
  const attempted = `main@sha1:${commitB}`;

  it.each([
    ['Ready', kustomization({ status: { conditions: [condition('Ready', 'True')] } })],
    [
      'Not Ready',
      kustomization({ status: { conditions: [condition('Ready', 'False', 'broken')] } }),
    ],
    ['Unknown', kustomization({ status: { conditions: [condition('Ready', 'Unknown')] } })],
    [
      'Unknown',
      kustomization({
        status: { observedGeneration: 2, conditions: [condition('Ready', 'True')] },
      }),
    ],
    ['Unknown', kustomization()],
    [
      'Suspended',
      kustomization({
        spec: { suspend: true },
        status: { conditions: [condition('Ready', 'True')] },
      }),
    ],
    ['Ready', helmRelease({ status: { conditions: [condition('Ready', 'True')] } })],
  ])('is %s', (sync, object) => {
    expect(statusOf('flux', object).sync).toBe(sync);
  });

  it.each([
    ['it is ready', [condition('Ready', 'True')], {}, [commitA]],
    [
      'the build failed',
      [condition('Ready', 'False', '', 'BuildFailed')],
      { lastAttemptedRevision: attempted },
      [commitA],
    ],
    [
      'a dependency is not ready',
      [condition('Ready', 'False', '', 'DependencyNotReady')],
      { lastAttemptedRevision: attempted },
      [commitA],
    ],
    [
      'health checks failed',
      [condition('Ready', 'False', '', 'HealthCheckFailed')],
      { lastAttemptedRevision: attempted },
      [commitB],
    ],
    [
      'applying failed',
      [condition('Ready', 'False', '', 'ReconciliationFailed')],
      { lastAttemptedRevision: attempted },
      [],
    ],
    [
      'pruning failed',
      [condition('Ready', 'False', '', 'PruneFailed')],
      { lastAttemptedRevision: attempted },
      [],
    ],
    [
      'it is under way',
      [condition('Ready', 'Unknown', '', 'Progressing')],
      { lastAttemptedRevision: attempted },
      [],
    ],
  ])('knows the applied revision when %s', (_, conditions, status, expected) => {
    const object = kustomization({
      status: {
        lastAppliedRevision: applied,
        lastAttemptedRevision: applied,
        conditions,
        ...status,
      },
    });
    expect(statusOf('flux', object).appliedRevisions).toEqual(expected);
  });

  it('says why it is not ready, that it is at work, and what its health checks say', () => {
    const conditions = [
      condition('Ready', 'False', 'kustomize build failed'),
      condition('Reconciling', 'True', 'trying again'),
      condition('Healthy', 'False'),
    ];
    expect(statusOf('flux', kustomization({ status: { conditions } }))).toMatchObject({
      sync: 'Not Ready',
      message: 'kustomize build failed',
      health: 'Degraded',
      operation: { phase: 'Reconciling', message: 'trying again' },
    });
  });

  it('reads the deployed chart and drift of a HelmRelease', () => {
    const conditions = [
      condition('Ready', 'True'),
      condition('Drifted', 'True', 'Deployment/mail/mailer changed'),
    ];
    const status = statusOf(
      'flux',
      helmRelease({
        status: { conditions, history: [{ chartVersion: '1.2.0', status: 'deployed' }] },
      }),
    );
    expect(status).toMatchObject({
      appliedRevisions: ['1.2.0'],
      message: 'Deployment/mail/mailer changed',
    });
    const failed = helmRelease({
      status: { history: [{ chartVersion: '1.3.0', status: 'failed' }] },
    });
    expect(statusOf('flux', failed).appliedRevisions).toEqual([]);
  });
});

describe('a push app', () => {
  it('has no status of its own', () => {
    expect(statusOf('push', application()).sync).toBe('Unknown');
  });
});

describe('commitOfRevision', () => {
  it.each([
    [`main@sha1:${commitA}`, commitA],
    [`sha1:${commitA}`, commitA],
    [`refs/heads/feature/x@sha1:${commitA}`, commitA],
    [`main/${commitA}`, commitA],
    [`latest@sha256:${'d'.repeat(64)}`, 'd'.repeat(64)],
    ['1.2.3', undefined],
    ['', undefined],
  ])('of %s', (revision, commit) => {
    expect(commitOfRevision(revision)).toBe(commit);
  });
});

describe('inventory', () => {
  it.each([
    [
      'shop_web_apps_Deployment',
      { namespace: 'shop', name: 'web', group: 'apps', kind: 'Deployment' },
    ],
    ['shop_web__Service', { namespace: 'shop', name: 'web', group: '', kind: 'Service' }],
    ['_shop__Namespace', { namespace: '', name: 'shop', group: '', kind: 'Namespace' }],
    [
      '_system__node_rbac.authorization.k8s.io_ClusterRole',
      {
        namespace: '',
        name: 'system:node',
        group: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
      },
    ],
    ['nonsense', undefined],
    ['', undefined],
  ])('reads %s', (id, expected) => {
    expect(parseInventoryId(id)).toEqual(expected);
  });

  it('reads back every id that Flux can write', () => {
    const segment = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,8}[a-z0-9])?$/);
    const name = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(':'));
    fc.assert(
      fc.property(
        fc.option(segment, { nil: '' }),
        name,
        fc.option(segment, { nil: '' }),
        (namespace, full, group) => {
          const id = `${namespace}_${full.replaceAll(':', '__')}_${group}_Role`;
          expect(parseInventoryId(id)).toEqual({ namespace, name: full, group, kind: 'Role' });
        },
      ),
    );
  });

  it('leaves out entries that it cannot read', () => {
    const entries = [{ id: 'shop_web_apps_Deployment', v: 'v1' }, { id: 'x' }, 'y'];
    expect(inventoryOf(kustomization({ status: { inventory: { entries } } }))).toEqual([
      { namespace: 'shop', name: 'web', group: 'apps', kind: 'Deployment', version: 'v1' },
    ]);
  });
});

describe('health', () => {
  const deployment = (spec: object) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {},
    spec,
  });
  it.each([
    ['Healthy', deployment({}), 'Current'],
    ['Progressing', deployment({}), 'InProgress'],
    ['Progressing', deployment({}), 'Terminating'],
    ['Degraded', deployment({}), 'Failed'],
    ['Degraded', deployment({ paused: true }), 'Failed'],
    ['Suspended', deployment({ paused: true }), 'InProgress'],
    ['Suspended', { ...deployment({ suspend: true }), kind: 'CronJob' }, 'Current'],
    ['Missing', undefined, 'Current'],
    ['Missing', deployment({}), 'NotFound'],
    ['Unknown', deployment({}), 'a new word'],
  ])('is %s', (status, object, kstatus) => {
    expect(healthOf(object, { status: kstatus, message: 'm' }).status).toBe(status);
  });
});
