import { describe, expect, it } from 'vitest';
import { isCancellation } from '../../../src/base/userError';
import type { ClusterPlan } from '../../../src/model/plan';
import type { KubeObject } from '../../../src/model/resource';
import { planArgoSync } from '../../../src/sync/argoPlan';
import { planFluxReconcile } from '../../../src/sync/fluxPlan';
import {
  application,
  commitA,
  condition,
  gitRepository,
  kustomization,
  planInput,
} from './objects';
import type { Act } from './playCluster';
import { withMergePatch } from '../jsonMergePatch';
import { createPlayCluster, withStatus } from './playCluster';

function argoPlan(object: KubeObject = application()): ClusterPlan {
  const plan = planArgoSync(planInput(object, { revision: commitA }));
  if (plan.kind === 'refusal') throw new Error(plan.reason);
  return plan;
}

function fluxPlan(object: KubeObject, source: KubeObject): ClusterPlan {
  const plan = planFluxReconcile(planInput(object, { sources: [source] }));
  if (plan.kind === 'refusal') throw new Error(plan.reason);
  return plan;
}

const idle: Act = (object) => object;
const refreshed: Act = (object) => ({
  ...object,
  metadata: { ...object.metadata, annotations: {} },
});
const running =
  (message: string, startedAt = 'T1'): Act =>
  (object) =>
    withStatus(object, { operationState: { phase: 'Running', message, startedAt } });
const finished =
  (phase: string, message: string, resources: readonly object[] = []): Act =>
  (object) => {
    const rest = withMergePatch(object, { operation: null }) as KubeObject;
    const syncResult = { revision: commitA, resources };
    return withStatus(rest, {
      operationState: { phase, message, startedAt: 'T1', finishedAt: 'T2', syncResult },
    });
  };
const unreachable: Act = () => ({ kind: 'unreachable', message: 'Nothing answers.' });

describe('a sync of an Argo CD app', () => {
  const resources = [
    { kind: 'Deployment', name: 'web', status: 'Synced' },
    { kind: 'Service', name: 'web', status: 'Synced' },
    { kind: 'ConfigMap', name: 'old', status: 'PruneSkipped' },
    { kind: 'Job', name: 'migrate', status: 'Synced', hookType: 'PreSync' },
  ];

  it('refreshes, writes the operation once, and follows it to its end', async () => {
    const before = { operationState: { phase: 'Succeeded', message: 'old', startedAt: 'T0' } };
    const play = createPlayCluster({
      objects: [application({ status: before })],
      acts: {
        Application: [
          idle,
          refreshed,
          idle,
          idle,
          running('waiting for completion of hook'),
          finished('Succeeded', 'ok', resources),
        ],
      },
    });
    expect(await play.run(argoPlan())).toEqual({
      kind: 'succeeded',
      message: 'Synced aaaaaaa · 2 objects applied · 1 object not pruned',
    });
    expect(play.patches.map((it) => [it.type, it.fieldManager, it.dryRun, it.body])).toEqual([
      [
        'merge',
        'plumbline',
        false,
        {
          metadata: {
            uid: 'u1',
            annotations: {
              'argocd.argoproj.io/refresh': 'normal',
              'argocd.argoproj.io/refresh-timestamp': '2026-11-21T09:00:00.000Z',
            },
          },
        },
      ],
      [
        'merge',
        'plumbline',
        false,
        {
          metadata: { uid: 'u1', resourceVersion: expect.any(String) as string },
          operation: expect.objectContaining({
            sync: { prune: false, revision: commitA },
          }) as object,
          status: { operationState: null },
        },
      ],
    ]);
    expect(play.progress.map((it) => it.message)).toEqual([
      'Argo CD is asked to look at Git again.',
      'Waiting for Argo CD to take the operation.',
      'waiting for completion of hook',
      'Synced aaaaaaa · 2 objects applied · 1 object not pruned',
    ]);
  });

  it.each([
    [
      'Failed',
      'one or more objects failed to apply',
      'one or more objects failed to apply · Deployment web: denied by policy',
    ],
    ['Error', '', 'Deployment web: denied by policy'],
  ])('ends with the message of the controller: %s', async (phase, message, expected) => {
    const failed = [
      { kind: 'Deployment', name: 'web', status: 'SyncFailed', message: 'denied by policy' },
    ];
    const play = createPlayCluster({
      objects: [application()],
      acts: { Application: [refreshed, idle, running(''), finished(phase, message, failed)] },
    });
    expect(await play.run(argoPlan())).toEqual({ kind: 'failed', message: expected });
  });

  it('ends as waiting where a sync window blocks it, and says that it stays', async () => {
    const play = createPlayCluster({
      objects: [application()],
      acts: { Application: [refreshed, idle, running('Sync operation blocked by sync window')] },
    });
    const end = await play.run(argoPlan());
    expect(end.kind).toBe('running');
    expect(end.message).toMatch(/^Waits for its sync window: .*stays in Argo CD/);
  });

  it('does not sync what Argo CD cannot compare', async () => {
    const broken: Act = (object) =>
      withStatus(refreshed(object) as KubeObject, {
        conditions: [{ type: 'ComparisonError', message: 'app path does not exist' }],
      });
    const play = createPlayCluster({ objects: [application()], acts: { Application: [broken] } });
    expect(await play.run(argoPlan())).toEqual({
      kind: 'failed',
      message: 'app path does not exist',
    });
    expect(play.patches).toHaveLength(1);
  });

  it('refuses while another operation runs, also one that began after the plan', async () => {
    const other = { initiatedBy: { username: 'bob' }, sync: {} };
    const early = createPlayCluster({ objects: [application({ operation: other })] });
    expect((await early.run(argoPlan())).kind).toBe('refused');
    expect(early.patches).toEqual([]);

    const late = createPlayCluster({
      objects: [application()],
      acts: {
        Application: [(object) => ({ ...(refreshed(object) as KubeObject), operation: other })],
      },
    });
    expect(await late.run(argoPlan())).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/Another operation/) as string,
    });
    expect(late.patches).toHaveLength(1);
  });

  it('follows the automatic sync that the refresh has started', async () => {
    const automatic: Act = (object) => ({
      ...(running('syncing')(refreshed(object) as KubeObject) as KubeObject),
      operation: { initiatedBy: { automated: true }, sync: {} },
    });
    const play = createPlayCluster({
      objects: [application()],
      acts: { Application: [automatic, idle, finished('Succeeded', 'ok')] },
    });
    expect((await play.run(argoPlan())).kind).toBe('succeeded');
    expect(play.patches).toHaveLength(1);
  });

  it('tries again when the controller wrote in between, and gives up in the end', async () => {
    const conflict = { kind: 'conflict', message: 'modified' } as const;
    const twice = createPlayCluster({
      objects: [application()],
      acts: { Application: [refreshed, idle, idle, finished('Succeeded', 'ok')] },
      onPatch: (_, index) => (index === 1 || index === 2 ? conflict : undefined),
    });
    expect((await twice.run(argoPlan())).kind).toBe('succeeded');
    const always = createPlayCluster({
      objects: [application()],
      acts: { Application: [refreshed] },
      onPatch: (request) => ('operation' in (request.body as object) ? conflict : undefined),
    });
    expect(await always.run(argoPlan())).toEqual({ kind: 'failed', message: 'modified' });
    expect(always.patches).toHaveLength(6);
  });

  it('says that it does not know when the answer to the operation was lost', async () => {
    const play = createPlayCluster({
      objects: [application()],
      acts: { Application: [refreshed] },
      onPatch: (_, index) =>
        index === 1 ? { kind: 'unreachable', message: 'Connection closed.' } : undefined,
    });
    expect(await play.run(argoPlan())).toEqual({
      kind: 'failed',
      message: 'Connection closed. Whether Argo CD got the operation is not known.',
    });
  });

  it('says so when nobody takes the refresh or the operation', async () => {
    const deaf = createPlayCluster({ objects: [application()] });
    expect(await deaf.run(argoPlan())).toMatchObject({
      kind: 'failed',
      message: 'Argo CD is asked to look at Git again. There was no reaction within 60 s.',
    });
    const lame = createPlayCluster({
      objects: [application()],
      acts: { Application: [refreshed, idle] },
    });
    expect((await lame.run(argoPlan())).message).toContain('There was no reaction within 60 s.');
  });

  it('notices an operation that was taken away', async () => {
    const takenAway: Act = (object) => {
      const rest = withMergePatch(object, { operation: null }) as KubeObject;
      return rest;
    };
    const play = createPlayCluster({
      objects: [application()],
      acts: { Application: [refreshed, idle, takenAway] },
    });
    expect(await play.run(argoPlan())).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/taken away/) as string,
    });
  });

  it('waits out a short loss of contact, not a long one', async () => {
    const short = createPlayCluster({
      objects: [application()],
      acts: {
        Application: [
          refreshed,
          idle,
          unreachable,
          unreachable,
          running('on'),
          finished('Succeeded', 'ok'),
        ],
      },
    });
    expect((await short.run(argoPlan())).kind).toBe('succeeded');
    expect(short.progress.map((it) => it.message)).toContain('No contact: Nothing answers.');
    const long = createPlayCluster({
      objects: [application()],
      acts: { Application: [refreshed, idle, unreachable] },
    });
    expect((await long.run(argoPlan())).message).toBe(
      'No contact: Nothing answers. The action may go on without being watched.',
    );
  });

  it('stops following after half an hour of work', async () => {
    const play = createPlayCluster({
      objects: [application()],
      acts: { Application: [refreshed, idle, running('waiting for healthy state')] },
    });
    expect((await play.run(argoPlan())).message).toContain('Not finished after 30 min');
  });

  describe('that is cancelled', () => {
    /** Acts before the user's cancel, which comes at the next look. */
    const cancelledAfter = async (
      plan: ClusterPlan,
      objects: readonly KubeObject[],
      acts: Readonly<Record<string, readonly Act[]>>,
    ) => {
      const controller = new AbortController();
      const stop: Act = (object) => {
        controller.abort();
        return object;
      };
      const stopping = Object.entries(acts).map(([kind, list]) => [kind, [...list, stop]]);
      const play = createPlayCluster({
        objects,
        acts: Object.fromEntries(stopping) as Record<string, Act[]>,
      });
      return await play.run(plan, controller.signal).catch((error: unknown) => error);
    };

    it('rejects while nothing was written', async () => {
      const play = createPlayCluster({ objects: [application()], acts: {} });
      const error = await play.run(argoPlan(), AbortSignal.abort()).catch((it: unknown) => it);
      expect(isCancellation(error)).toBe(true);
      expect(play.patches).toEqual([]);
    });

    it('says that only a refresh was asked for', async () => {
      const end = await cancelledAfter(argoPlan(), [application()], { Application: [idle] });
      expect(end).toEqual({
        kind: 'running',
        message: 'Cancelled before the sync: Argo CD was only asked to look at Git again.',
      });
    });

    it('says that the sync goes on', async () => {
      const acts = { Application: [refreshed, idle, running('syncing')] };
      const end = await cancelledAfter(argoPlan(), [application()], acts);
      expect(end).toEqual({
        kind: 'running',
        message: 'Not followed any more: the sync goes on in Argo CD.',
      });
    });

    it('says which Flux object was asked, and what goes on', async () => {
      const source = gitRepository();
      const object = kustomization();
      const plan = fluxPlan(object, source);
      const objects = [source, object];
      expect(await cancelledAfter(plan, objects, { GitRepository: [idle] })).toEqual({
        kind: 'running',
        message: expect.stringMatching(/^Cancelled: only GitRepository \S+ was asked/) as string,
      });
      const [, ownStep] = plan.steps;
      const direct = { ...plan, steps: ownStep === undefined ? [] : [ownStep] };
      expect(await cancelledAfter(direct, objects, { Kustomization: [idle] })).toEqual({
        kind: 'running',
        message: 'Not followed any more: the reconciliation goes on in Flux.',
      });
    });
  });
});

describe('nothing is written', () => {
  it.each([
    [
      'to another server',
      { server: 'https://elsewhere:6443' },
      application(),
      /is for https:\/\/127/,
    ],
    [
      'to an object made anew',
      {},
      application({ metadata: { uid: 'u2' } }),
      /deleted and made again/,
    ],
    [
      'where the object is gone',
      {},
      application({ metadata: { name: 'other' } }),
      /no longer in the cluster/,
    ],
  ])('%s', async (_, change, object, message) => {
    const play = createPlayCluster({ objects: [object], ...change });
    const end = await play.run(argoPlan());
    expect(end.kind).not.toBe('succeeded');
    expect(end.message).toMatch(message);
    expect(play.patches).toEqual([]);
  });

  it('when the object is made anew between the look and the write', async () => {
    const play = createPlayCluster({
      objects: [application()],
      onPatch: () => ({
        kind: 'invalid',
        message: 'metadata.uid: field is immutable',
        immutable: true,
      }),
    });
    expect(await play.run(argoPlan())).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/made again/) as string,
    });
  });

  it('without the right, with the sentence of the API server', async () => {
    const message = 'You may not patch applications.argoproj.io in namespace argocd.';
    const play = createPlayCluster({
      objects: [application()],
      onPatch: () => ({
        kind: 'forbidden',
        message,
        verb: 'patch',
        resource: 'applications.argoproj.io',
        namespace: 'argocd',
      }),
    });
    expect(await play.run(argoPlan())).toEqual({ kind: 'refused', message });
  });
});

describe('a reconciliation by Flux', () => {
  const ready = (message: string) => [condition('Ready', 'True', message)];
  const handled =
    (conditions: readonly object[], more: object = {}): Act =>
    (object) =>
      withStatus(object, {
        lastHandledReconcileAt: '2026-11-21T09:00:00.000Z',
        conditions,
        ...more,
      });
  const source = gitRepository({ status: { conditions: ready('stored artifact') } });
  const object = kustomization({
    status: { lastHandledReconcileAt: 'before', conditions: ready('Applied old') },
  });

  it('does the source first, then the object, as the manager that Flux leaves alone', async () => {
    const play = createPlayCluster({
      objects: [source, object],
      acts: {
        GitRepository: [idle, handled(ready('stored artifact'))],
        Kustomization: [
          idle,
          handled([
            condition('Ready', 'Unknown'),
            condition('Reconciling', 'True', 'Running health checks'),
          ]),
          handled(ready('Applied revision: main@sha1:bbb')),
        ],
      },
    });
    expect(await play.run(fluxPlan(object, source))).toEqual({
      kind: 'succeeded',
      message: 'Applied revision: main@sha1:bbb',
    });
    expect(play.patches.map((it) => [it.id.kind, it.fieldManager, it.body])).toEqual([
      [
        'GitRepository',
        'flux-client-side-apply',
        {
          metadata: {
            uid: 'g1',
            annotations: { 'reconcile.fluxcd.io/requestedAt': '2026-11-21T09:00:00.000Z' },
          },
        },
      ],
      [
        'Kustomization',
        'flux-client-side-apply',
        {
          metadata: {
            uid: 'k1',
            annotations: { 'reconcile.fluxcd.io/requestedAt': '2026-11-21T09:00:00.000Z' },
          },
        },
      ],
    ]);
    expect(play.progress.map((it) => it.message)).toContain(
      'Kustomization flux-system/apps: Running health checks',
    );
  });

  it('does not take the result of an earlier reconciliation for its own', async () => {
    const play = createPlayCluster({ objects: [source, object], acts: { GitRepository: [idle] } });
    const end = await play.run(fluxPlan(object, source));
    expect(end.message).toContain(
      'GitRepository flux-system/acme: waiting for Flux to take the request.',
    );
    expect(end.kind).toBe('failed');
  });

  it('waits for a generation that is not observed yet', async () => {
    const play = createPlayCluster({
      objects: [source, object],
      acts: {
        GitRepository: [handled(ready('ok'))],
        Kustomization: [
          handled(ready('old'), { observedGeneration: 2 }),
          handled(ready('new'), { observedGeneration: 3 }),
        ],
      },
    });
    expect(await play.run(fluxPlan(object, source))).toEqual({ kind: 'succeeded', message: 'new' });
  });

  it('stops at a source that fails', async () => {
    const play = createPlayCluster({
      objects: [source, object],
      acts: { GitRepository: [handled([condition('Ready', 'False', 'authentication required')])] },
    });
    expect(await play.run(fluxPlan(object, source))).toEqual({
      kind: 'failed',
      message: 'GitRepository flux-system/acme: authentication required',
    });
    expect(play.patches).toHaveLength(1);
  });

  it('ends with the reason of an object that fails, also while Flux tries again', async () => {
    const conditions = [
      condition('Ready', 'False', 'kustomize build failed'),
      condition('Reconciling', 'True', 'retrying', 'ProgressingWithRetry'),
    ];
    const play = createPlayCluster({
      objects: [source, object],
      acts: { GitRepository: [handled(ready('ok'))], Kustomization: [handled(conditions)] },
    });
    expect(await play.run(fluxPlan(object, source))).toEqual({
      kind: 'failed',
      message: 'Kustomization flux-system/apps: kustomize build failed',
    });
  });

  it('refuses what was suspended after the plan', async () => {
    const suspended = { ...object, spec: { ...(object['spec'] as object), suspend: true } };
    const play = createPlayCluster({
      objects: [source, suspended],
      acts: { GitRepository: [handled(ready('ok'))] },
    });
    expect(await play.run(fluxPlan(object, source))).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/suspended/) as string,
    });
  });

  it('is patient with a controller that is busy with an earlier request', async () => {
    const busy = (object_: KubeObject) =>
      withStatus(object_, {
        conditions: [
          condition('Ready', 'Unknown'),
          condition('Reconciling', 'True', 'Running health checks', 'Progressing'),
        ],
      });
    const looks = Array.from({ length: 120 }, () => busy);
    const play = createPlayCluster({
      objects: [source, object],
      acts: {
        GitRepository: [handled(ready('ok'))],
        Kustomization: [...looks, handled(ready('done'))],
      },
    });
    expect(await play.run(fluxPlan(object, source))).toEqual({
      kind: 'succeeded',
      message: 'done',
    });
  });
});
