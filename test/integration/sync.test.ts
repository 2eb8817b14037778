import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/model/app';
import { listAt, valueAt } from '../../src/model/fields';
import type { ActionProgress, ClusterPlan } from '../../src/model/plan';
import type { JsonObject, KubeObject } from '../../src/model/resource';
import type { Refusal } from '../../src/model/workbench';
import { planArgoSync } from '../../src/sync/argoPlan';
import { planFluxReconcile, sourceChain } from '../../src/sync/fluxPlan';
import type { PlanInput } from '../../src/sync/planInput';
import { runClusterPlan } from '../../src/sync/runPlan';
import { statusOf } from '../../src/sync/statusOf';
import type { ClusterName, LabCluster } from './liveLab';
import {
  connectTo,
  describeLab,
  labState,
  never,
  object,
  remove,
  textOf,
  valueOf,
} from './liveLab';
import { plainPolicy } from '../unit/policy';

const prefix = 'plumbline-sync-test';

describe.skipIf(labState === undefined)(
  'actions through real controllers (PLUMBLINE_LAB_STATE)',
  () => {
    const lab = labState === undefined ? undefined : describeLab();
    const made: { readonly cluster: ClusterName; readonly object: KubeObject }[] = [];
    const held: Partial<Record<ClusterName, LabCluster>> = {};

    const description = (): NonNullable<typeof lab> => {
      if (lab === undefined) throw new Error('no lab');
      return lab;
    };
    const on = (name: ClusterName): LabCluster => {
      const cluster = held[name];
      if (cluster === undefined) throw new Error('not connected');
      return cluster;
    };

    beforeAll(async () => {
      held.production = await connectTo(description(), 'production');
      held.staging = await connectTo(description(), 'staging');
    });
    afterAll(async () => {
      for (const { cluster, object: it } of made.reverse())
        await remove(description(), cluster, it);
    });

    async function make(cluster: ClusterName, it: KubeObject): Promise<KubeObject> {
      made.push({ cluster, object: it });
      return on(cluster).apply(it);
    }

    const namespaceOf = (name: string): KubeObject => object('v1', 'Namespace', { name });

    function application(name: string, spec: JsonObject = {}): KubeObject {
      return object(
        'argoproj.io/v1alpha1',
        'Application',
        { namespace: 'argocd', name: `${prefix}-${name}` },
        {
          spec: {
            project: 'default',
            source: {
              repoURL: description().gitea.cloneUrl,
              targetRevision: 'main',
              path: 'apps/checkout/base',
            },
            destination: {
              server: 'https://kubernetes.default.svc',
              namespace: `${prefix}-${name}`,
            },
            syncPolicy: { syncOptions: ['CreateNamespace=true'], retry: { limit: 1 } },
            ...spec,
          },
        },
      );
    }

    async function planInput(cluster: ClusterName, wanted: KubeObject): Promise<PlanInput> {
      const { cluster: port } = on(cluster);
      const read = valueOf(await on(cluster).get(wanted));
      return {
        app: appOf(read, cluster),
        object: read,
        sources: await sourcesOf(cluster, read),
        cluster,
        context: port.context,
        server: port.server,
        confirmation: {
          title: '',
          willChange: [],
          notPruned: [],
          notIncluded: [],
          warnings: [],
          revision: '',
        },
        nowIso: new Date().toISOString(),
        user: 'ann@acme.example',
      };
    }

    async function sourcesOf(
      cluster: ClusterName,
      read: KubeObject,
    ): Promise<readonly KubeObject[]> {
      if (read.kind === 'Application') return [];
      const answers = await Promise.all(
        sourceChain(read).map((id) =>
          on(cluster).get(
            object(`${id.group}/v1`, id.kind, { namespace: id.namespace, name: id.name }),
          ),
        ),
      );
      return answers.flatMap((it) => (it.kind === 'ok' ? [it.value] : []));
    }

    async function run(
      name: ClusterName,
      plan: ClusterPlan | Refusal,
      as: LabCluster = on(name),
    ): Promise<{ readonly end: ActionProgress; readonly told: readonly string[] }> {
      if (plan.kind === 'refusal') throw new Error(plan.reason);
      const told: string[] = [];
      const end = await runClusterPlan({
        plan,
        cluster: as.cluster,
        kinds: as.kinds,
        onProgress: (it) => told.push(it.message),
        signal: never,
        clock: Date.now,
        sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      });
      return { end, told };
    }

    describe('Argo CD', () => {
      it('syncs by refresh and operation, with the options of the app, and says what it applied', async () => {
        made.push({ cluster: 'production', object: namespaceOf(`${prefix}-ok`) });
        const app = await make('production', application('ok'));
        await on('production').until(app, (it) => textOf(it, 'status', 'sync', 'revision') !== '');
        const input = await planInput('production', app);
        const revision = textOf(input.object, 'status', 'sync', 'revision');
        const { end, told } = await run('production', planArgoSync({ ...input, revision }));
        expect(end).toMatchObject({
          kind: 'succeeded',
          message: expect.stringContaining(`Synced ${revision.slice(0, 7)}`) as string,
        });
        expect(told.at(-1)).toBe(end.message);

        const synced = valueOf(await on('production').get(app));
        const operation = valueAt(synced, 'status', 'operationState', 'operation');
        expect(operation).toMatchObject({
          initiatedBy: { username: 'ann@acme.example' },
          retry: { limit: 1 },
          sync: { revision, syncOptions: ['CreateNamespace=true'] },
        });
        expect(valueAt(synced, 'operation')).toBeUndefined();
        expect(
          valueAt(synced, 'metadata', 'annotations', 'argocd.argoproj.io/refresh'),
        ).toBeUndefined();
        const status = statusOf('argocd', synced);
        expect(status.appliedRevisions).toEqual([revision]);
        expect(status.operation?.phase).toBe('Succeeded');
        expect(status.managed.map((it) => it.kind)).toEqual(
          expect.arrayContaining(['Deployment', 'ConfigMap']),
        );
        const deployment = status.managed.find((it) => it.kind === 'Deployment');
        const live = object('apps/v1', 'Deployment', {
          namespace: `${prefix}-ok`,
          name: deployment?.name ?? '',
        });
        expect((await on('production').get(live)).kind).toBe('ok');
      });

      it('reports the failure of the controller in its words', async () => {
        const app = await make(
          'production',
          application('fails', { syncPolicy: { syncOptions: ['CreateNamespace=false'] } }),
        );
        const { end } = await run('production', planArgoSync(await planInput('production', app)));
        expect(end).toMatchObject({
          kind: 'failed',
          message: expect.stringContaining(`"${prefix}-fails" not found`) as string,
        });
        const failed = statusOf('argocd', valueOf(await on('production').get(app)));
        expect(failed.operation?.phase).toBe('Failed');
        expect(failed.appliedRevisions).toEqual([]);
      });

      it('does not start what Argo CD cannot render', async () => {
        const source = {
          repoURL: description().gitea.cloneUrl,
          targetRevision: 'main',
          path: 'no/such/folder',
        };
        const app = await make('production', application('path', { source }));
        const { end } = await run('production', planArgoSync(await planInput('production', app)));
        expect(end).toMatchObject({
          kind: 'failed',
          message: expect.stringContaining('no/such/folder') as string,
        });
        expect(
          statusOf('argocd', valueOf(await on('production').get(app))).operation,
        ).toBeUndefined();
      });

      it('ends as waiting behind a sync window, and refuses a second operation meanwhile', async () => {
        const project = object(
          'argoproj.io/v1alpha1',
          'AppProject',
          { namespace: 'argocd', name: `${prefix}-frozen` },
          {
            spec: {
              sourceRepos: ['*'],
              destinations: [{ server: '*', namespace: '*' }],
              clusterResourceWhitelist: [{ group: '*', kind: '*' }],
              syncWindows: [
                {
                  kind: 'deny',
                  schedule: '* * * * *',
                  duration: '24h',
                  applications: ['*'],
                  manualSync: false,
                },
              ],
            },
          },
        );
        await make('production', project);
        const app = await make(
          'production',
          application('frozen', { project: `${prefix}-frozen` }),
        );
        await on('production').until(app, (it) => textOf(it, 'status', 'sync', 'status') !== '');
        const { end } = await run('production', planArgoSync(await planInput('production', app)));
        expect(end).toMatchObject({
          kind: 'running',
          message: expect.stringMatching(
            /^Waits for its sync window: .*blocked by sync window.*stays in Argo CD/,
          ) as string,
        });

        const again = planArgoSync(await planInput('production', app));
        expect(again).toEqual({
          kind: 'refusal',
          reason:
            'Another operation of this app is in progress: Sync operation blocked by sync window',
        });
      });

      it('does not write to an app that was deleted and made again', async () => {
        const app = await make('production', application('anew'));
        const plan = planArgoSync(await planInput('production', app));
        await remove(description(), 'production', app);
        await on('production').apply(application('anew'));
        const { end } = await run('production', plan);
        expect(end).toMatchObject({
          kind: 'refused',
          message: expect.stringContaining('made again') as string,
        });
        expect(valueAt(valueOf(await on('production').get(app)), 'operation')).toBeUndefined();
      });

      it('does not run on another cluster, nor without the right', async () => {
        const app = await make('production', application('rights'));
        const input = await planInput('production', app);
        const elsewhere = await run('production', planArgoSync(input), on('staging'));
        expect(elsewhere.end.kind).toBe('refused');

        const viewer = await connectTo(description(), 'production', 'viewer');
        const { context } = viewer.cluster;
        const refused = await run('production', planArgoSync({ ...input, context }), viewer);
        expect(refused.end).toEqual({
          kind: 'refused',
          message: 'You may not patch applications.argoproj.io in namespace argocd.',
        });
        expect(valueAt(valueOf(await on('production').get(app)), 'operation')).toBeUndefined();
      });

      it('follows the automatic sync of an app that syncs by itself', async () => {
        made.push({ cluster: 'production', object: namespaceOf(`${prefix}-auto`) });
        const syncPolicy = { automated: { prune: true }, syncOptions: ['CreateNamespace=true'] };
        const app = await make('production', application('auto', { syncPolicy }));
        await on('production').until(
          app,
          (it) => textOf(it, 'status', 'operationState', 'phase') === 'Succeeded',
        );
        const input = await planInput('production', app);
        const { end } = await run(
          'production',
          planArgoSync({ ...input, revision: textOf(input.object, 'status', 'sync', 'revision') }),
        );
        expect(end.kind).toBe('succeeded');
        const operation = valueAt(
          valueOf(await on('production').get(app)),
          'status',
          'operationState',
          'operation',
        );
        expect(operation).toMatchObject({ sync: { prune: true } });
      });
    });

    describe('Flux', () => {
      const fluxNamespace = 'flux-system';

      function kustomization(name: string, spec: JsonObject = {}): KubeObject {
        return object(
          'kustomize.toolkit.fluxcd.io/v1',
          'Kustomization',
          { namespace: fluxNamespace, name: `${prefix}-${name}` },
          {
            spec: {
              interval: '1h',
              path: './apps/checkout/base',
              prune: true,
              targetNamespace: `${prefix}-${name}`,
              sourceRef: { kind: 'GitRepository', name: 'gitops' },
              ...spec,
            },
          },
        );
      }

      it('reconciles the source, then the object, and keeps its annotation', async () => {
        await make('staging', namespaceOf(`${prefix}-ks`));
        const wanted = await make('staging', kustomization('ks'));
        await on('staging').until(wanted, (it) => statusOf('flux', it ?? wanted).sync === 'Ready');
        const input = await planInput('staging', wanted);
        const { end } = await run('staging', planFluxReconcile(input));
        expect(end).toMatchObject({
          kind: 'succeeded',
          message: expect.stringMatching(/^Applied revision: main@sha1:/) as string,
        });
        const asked = input.sources?.map((it) => on('staging').get(it)) ?? [];
        const sources = (await Promise.all(asked)).map(valueOf);
        expect(sources.map((it) => textOf(it, 'status', 'lastHandledReconcileAt'))).toEqual([
          input.nowIso,
        ]);

        const done = valueOf(await on('staging').get(wanted));
        expect(textOf(done, 'status', 'lastHandledReconcileAt')).toBe(input.nowIso);
        const managers = listAt(done, 'metadata', 'managedFields').map((it) =>
          textOf(it, 'manager'),
        );
        expect(managers).toContain('flux-client-side-apply');
        const status = statusOf('flux', done);
        expect(status.sync).toBe('Ready');
        expect(status.appliedRevisions).toEqual([expect.stringMatching(/^[0-9a-f]{40}$/)]);
        expect(
          status.managed.map((it) => `${it.group}/${it.version}/${it.kind}/${it.namespace}`),
        ).toContain(`apps/v1/Deployment/${prefix}-ks`);
      });

      it('ends with the reason of a build that fails', async () => {
        const wanted = await make('staging', kustomization('broken', { path: './no/such/folder' }));
        await on('staging').until(
          wanted,
          (it) => statusOf('flux', it ?? wanted).sync !== 'Unknown',
        );
        const { end } = await run('staging', planFluxReconcile(await planInput('staging', wanted)));
        expect(end).toMatchObject({
          kind: 'failed',
          message: expect.stringMatching(
            /^Kustomization flux-system\/plumbline-sync-test-broken: .*no\/such\/folder/,
          ) as string,
        });
      });

      it('refuses what is suspended, and what has no source', async () => {
        const suspended = await make('staging', kustomization('suspended', { suspend: true }));
        const plan = planFluxReconcile(await planInput('staging', suspended));
        expect(plan.kind === 'refusal' && plan.reason).toContain('is suspended');
        const lost = await make(
          'staging',
          kustomization('lost', { sourceRef: { kind: 'GitRepository', name: 'nobody' } }),
        );
        const other = planFluxReconcile(await planInput('staging', lost));
        expect(other.kind === 'refusal' && other.reason).toBe(
          'Its source GitRepository flux-system/nobody is not in the cluster.',
        );
      });

      it('reconciles a HelmRelease through its repository and its chart', async () => {
        await make('staging', namespaceOf(`${prefix}-hr`));
        const release = object(
          'helm.toolkit.fluxcd.io/v2',
          'HelmRelease',
          { namespace: fluxNamespace, name: `${prefix}-hr` },
          {
            spec: {
              interval: '1h',
              targetNamespace: `${prefix}-hr`,
              chart: {
                spec: {
                  chart: './charts/mailer',
                  sourceRef: { kind: 'GitRepository', name: 'gitops' },
                },
              },
            },
          },
        );
        const wanted = await make('staging', release);
        await on('staging').until(wanted, (it) => statusOf('flux', it ?? wanted).sync === 'Ready');
        const input = await planInput('staging', wanted);
        const plan = planFluxReconcile(input);
        expect(plan.kind !== 'refusal' && plan.steps.map((step) => step.id.kind)).toEqual([
          'GitRepository',
          'HelmChart',
          'HelmRelease',
        ]);
        const { end } = await run('staging', plan);
        expect(end.kind).toBe('succeeded');
        const done = valueOf(await on('staging').get(wanted));
        expect(textOf(done, 'status', 'lastHandledReconcileAt')).toBe(input.nowIso);
        expect(statusOf('flux', done).appliedRevisions).toEqual([
          expect.stringMatching(/^\d+\.\d+\.\d+/),
        ]);
      });
    });
  },
);

function appOf(read: KubeObject, cluster: ClusterName): App {
  return {
    key: `cluster:${cluster}#${read.kind}/${read.metadata.namespace ?? ''}/${read.metadata.name ?? ''}`,
    kind: read.kind as App['kind'],
    tool: read.kind === 'Application' ? 'argocd' : 'flux',
    namespace: read.metadata.namespace ?? '',
    name: read.metadata.name ?? '',
    presence: 'cluster',
    source: { kind: 'elsewhere', repoUrl: '', path: '' },
    destination: { cluster: { kind: 'control' }, namespace: '' },
    policy: { ...plainPolicy, fieldManager: '' },
    reported: { metadata: { uid: read.metadata.uid ?? '' } },
    controlCluster: cluster,
    problems: [],
  };
}
