import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/model/ports';
import type { KubeObject } from '../../src/model/resource';
import { resourceIdOf } from '../../src/model/resource';
import type { FaultProxy, LabCluster } from './liveLab';
import {
  clustersOfLab,
  connectTo,
  describeLab,
  kubeconfigOf,
  kubeconfigWith,
  labState,
  never,
  object,
  proxyInFrontOf,
  remove,
  textOf,
  useCluster,
  valueOf,
} from './liveLab';

const namespace = 'plumbline-live-test';
const space = object('v1', 'Namespace', { name: namespace });
const labels = { app: 'web' };
const web = object(
  'apps/v1',
  'Deployment',
  { namespace, name: 'web' },
  {
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'registry.acme.example/web:1' }] },
      },
    },
  },
);

describe.skipIf(labState === undefined)(
  'live against real API servers (PLUMBLINE_LAB_STATE)',
  () => {
    const lab = labState === undefined ? undefined : describeLab();
    const held: { admin?: LabCluster; folder?: string } = {};
    const admin = (): LabCluster => {
      if (held.admin === undefined) throw new Error('not connected');
      return held.admin;
    };
    const description = (): NonNullable<typeof lab> => {
      if (lab === undefined) throw new Error('no lab');
      return lab;
    };

    beforeAll(async () => {
      held.folder = await mkdtemp(join(tmpdir(), 'plumbline-live-'));
      held.admin = await connectTo(description(), 'production');
      await admin().apply(space);
      await admin().apply(web);
    });
    afterAll(async () => {
      await remove(description(), 'production', space);
      await rm(held.folder ?? '', { recursive: true, force: true });
    });

    async function clusterBehind(text: string): Promise<Cluster> {
      const file = join(held.folder ?? '', `config-${Math.random().toString(36).slice(2)}`);
      await writeFile(file, text);
      return valueOf(await clustersOfLab([file]).connect({ file, name: 'production' }));
    }

    it('lists the contexts of three files, each file on its own, and writes none', async () => {
      const files = (['admin', 'viewer', 'namespaced'] as const).map((role) =>
        kubeconfigOf(description(), role),
      );
      const before = await Promise.all(
        files.map(async (file) => [await readFile(file, 'utf8'), (await stat(file)).mtimeMs]),
      );
      const clusters = clustersOfLab(files);
      const contexts = await clusters.contexts();
      expect(contexts.map((it) => [files.indexOf(it.ref.file), it.ref.name, it.problem])).toEqual([
        [0, 'production', undefined],
        [0, 'staging', undefined],
        [1, 'production-viewer', undefined],
        [1, 'staging-viewer', undefined],
        [2, 'production-namespaced', undefined],
        [2, 'staging-namespaced', undefined],
      ]);
      for (const { ref } of contexts)
        valueOf(await valueOf(await clusters.connect(ref)).version(never));
      const after = await Promise.all(
        files.map(async (file) => [await readFile(file, 'utf8'), (await stat(file)).mtimeMs]),
      );
      expect(after).toEqual(before);
      clusters.dispose();
    });

    it('reads version, kinds, capabilities and OpenAPI', async () => {
      const { cluster, kinds } = admin();
      expect(valueOf(await cluster.version(never))).toMatch(/^v1\.36\./);
      expect(kinds.filter((it) => it.kind === 'Deployment')).toMatchObject([
        {
          group: 'apps',
          version: 'v1',
          resource: 'deployments',
          namespaced: true,
          preferred: true,
        },
      ]);
      expect(kinds.find((it) => it.kind === 'Application')).toMatchObject({
        group: 'argoproj.io',
        preferred: true,
      });
      expect(kinds.filter((it) => it.resource.includes('/'))).toEqual([]);
      const capabilities = valueOf(await cluster.capabilities(never));
      expect(capabilities.apiVersions).toEqual(
        expect.arrayContaining([
          'v1',
          'v1/ConfigMap',
          'apps/v1/Deployment',
          'argoproj.io/v1alpha1/Application',
        ]),
      );
      const document = valueOf(await cluster.openApi('apps/v1', never));
      expect(Object.keys(document['components'] as object)).toContain('schemas');
      expect((await cluster.openApi('none.example/v1', never)).kind).toBe('not-found');
    });

    it('asks for kinds again without reading them again', async () => {
      const lines: string[] = [];
      const add = (line: string): void => void lines.push(line);
      const file = kubeconfigOf(description(), 'admin');
      const clusters = clustersOfLab([file], { debug: add, info: add, warn: add, error: add });
      const cluster = valueOf(await clusters.connect({ file, name: 'production' }));
      const first = valueOf(await cluster.kinds(never));
      const second = valueOf(await cluster.kinds(never));
      expect(second).toEqual(first);
      expect(lines.filter((line) => line.includes('→ 304'))).toHaveLength(2);
      expect(cluster.requestCount).toBe(4);
    });

    it('names the group of an aggregated API that does not answer, and gives the others', async () => {
      const service = object(
        'apiregistration.k8s.io/v1',
        'APIService',
        { name: 'v1.broken.plumbline.example' },
        {
          spec: {
            group: 'broken.plumbline.example',
            version: 'v1',
            groupPriorityMinimum: 10,
            versionPriority: 10,
            insecureSkipTLSVerify: true,
            service: { namespace, name: 'nobody' },
          },
        },
      );
      await admin().apply(service);
      try {
        await expect
          .poll(async () => valueOf(await admin().cluster.kinds(never)).missingGroups, {
            timeout: 300_000,
            interval: 500,
          })
          .toEqual(['broken.plumbline.example/v1']);
        const { kinds } = valueOf(await admin().cluster.kinds(never));
        expect(kinds.some((it) => it.kind === 'Deployment')).toBe(true);
      } finally {
        await remove(description(), 'production', service);
      }
    });

    it('reads a long list page by page, each item with its type', async () => {
      const names = Array.from(
        { length: 510 },
        (_, index) => `page-${String(index).padStart(3, '0')}`,
      );
      await Promise.all(
        names.map((name) => admin().apply(object('v1', 'ConfigMap', { namespace, name }))),
      );
      const before = admin().cluster.requestCount;
      const kind = admin().kind('v1', 'ConfigMap');
      const items = valueOf(await admin().cluster.list({ kind, namespace }, never));
      expect(
        items.filter((it) => it.metadata.name?.startsWith('page-')).map((it) => it.metadata.name),
      ).toEqual(names);
      expect(items.every((it) => it.kind === 'ConfigMap' && it.apiVersion === 'v1')).toBe(true);
      expect(admin().cluster.requestCount - before).toBe(2);
    });

    it('selects by label', async () => {
      const kind = admin().kind('apps/v1', 'Deployment');
      await admin().apply({ ...web, metadata: { ...web.metadata, labels: { tier: 'front' } } });
      const found = valueOf(
        await admin().cluster.list({ kind, labelSelector: 'tier=front' }, never),
      );
      expect(found.map((it) => it.metadata.name)).toEqual(['web']);
    });

    describe('rights', () => {
      it('a viewer may not read secrets nor patch, and is told what', async () => {
        const viewer = await connectTo(description(), 'production', 'viewer');
        expect(await viewer.cluster.list({ kind: viewer.kind('v1', 'Secret') }, never)).toEqual({
          kind: 'forbidden',
          verb: 'list',
          resource: 'secrets',
          namespace: '',
          message: 'You may not list secrets in the whole cluster.',
        });
        const request = {
          kind: viewer.kind('apps/v1', 'Deployment'),
          id: resourceIdOf(web),
          type: 'apply',
          body: web,
          fieldManager: 'argocd-controller',
          force: true,
          dryRun: true,
        } as const;
        expect(await viewer.cluster.patch(request, never)).toMatchObject({
          kind: 'forbidden',
          verb: 'patch',
          resource: 'deployments.apps',
          namespace,
        });
      });

      it('a user of one namespace may list there and nowhere else', async () => {
        const user = await connectTo(description(), 'production', 'namespaced');
        const kind = user.kind('apps/v1', 'Deployment');
        expect((await user.cluster.list({ kind }, never)).kind).toBe('forbidden');
        expect((await user.cluster.list({ kind, namespace }, never)).kind).toBe('forbidden');
        const own = description().namespacedNamespace;
        expect((await user.cluster.list({ kind, namespace: own }, never)).kind).toBe('ok');
      });
    });

    describe('dry runs', () => {
      const dryRun = (body: KubeObject, change: object = {}) =>
        admin().cluster.patch(
          {
            kind: admin().kind(body.apiVersion, body.kind),
            id: resourceIdOf(body),
            type: 'apply',
            body,
            fieldManager: 'argocd-controller',
            dryRun: true,
            ...change,
          },
          never,
        );
      const withSpec = (change: object): KubeObject => ({
        ...web,
        spec: { ...(web['spec'] as object), ...change },
      });

      it('predict and change nothing', async () => {
        const predicted = valueOf(await dryRun(withSpec({ replicas: 7 }), { force: true }));
        expect(predicted['spec']).toMatchObject({ replicas: 7, revisionHistoryLimit: 10 });
        expect(valueOf(await admin().get(web))['spec']).toMatchObject({ replicas: 1 });
      });

      it('tell a conflict and its manager', async () => {
        const access = await dryRun(withSpec({ replicas: 7 }));
        expect(access).toMatchObject({
          kind: 'conflict',
          message: expect.stringContaining('"test-setup"') as string,
        });
      });

      it('tell an immutable field from an invalid one', async () => {
        const other = { matchLabels: { app: 'other' } };
        const template = {
          ...(web['spec'] as { template: object }).template,
          metadata: { labels: other.matchLabels },
        };
        const immutable = await dryRun(withSpec({ selector: other, template }), { force: true });
        expect(immutable).toMatchObject({ kind: 'invalid', immutable: true });
        const invalid = await dryRun(withSpec({ replicas: -1 }), { force: true });
        expect(invalid).toMatchObject({ kind: 'invalid', immutable: false });
      });

      it('tell a policy that says no to this user from what nobody may', async () => {
        const name = 'plumbline-live-test';
        const policy = object(
          'admissionregistration.k8s.io/v1',
          'ValidatingAdmissionPolicy',
          { name },
          {
            spec: {
              matchConstraints: {
                namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
                resourceRules: [
                  {
                    apiGroups: [''],
                    apiVersions: ['v1'],
                    operations: ['CREATE'],
                    resources: ['configmaps'],
                  },
                ],
              },
              validations: [{ expression: `request.userInfo.username == 'controller'` }],
            },
          },
        );
        const binding = object(
          'admissionregistration.k8s.io/v1',
          'ValidatingAdmissionPolicyBinding',
          { name },
          { spec: { policyName: name, validationActions: ['Deny'] } },
        );
        try {
          await admin().apply(policy);
          await admin().apply(binding);
          const map = object('v1', 'ConfigMap', { namespace, name: 'refused' }, { data: {} });
          // The API server takes policies over a moment after they are written.
          await expect
            .poll(() => dryRun(map))
            .toMatchObject({
              kind: 'invalid',
              byPolicy: true,
              message: expect.stringContaining(`ValidatingAdmissionPolicy '${name}'`) as string,
            });
        } finally {
          for (const one of [binding, policy]) await remove(description(), 'production', one);
        }
      });

      it('say that a namespace is not there yet', async () => {
        const elsewhere = { ...web, metadata: { name: 'web', namespace: 'plumbline-not-there' } };
        expect(await dryRun(elsewhere, { force: true })).toMatchObject({
          kind: 'not-found',
          message: 'namespaces "plumbline-not-there" not found',
        });
      });

      it('keep the values of a Secret out of the refusal', async () => {
        const secret = object(
          'v1',
          'Secret',
          { namespace, name: 's' },
          { data: { token: 'CANARY not base64' } },
        );
        const access = await dryRun(secret);
        expect(access.kind).not.toBe('ok');
        expect(JSON.stringify(access)).not.toContain('CANARY');
      });

      it('send merge, strategic and JSON patches as what they are', async () => {
        const image = 'registry.acme.example/web:2';
        const container = { name: 'web', image };
        const strategic = {
          spec: { template: { spec: { containers: [container, { name: 'side', image }] } } },
        };
        const path = '/spec/template/spec/containers/0/image';
        const imagesOf = (it: KubeObject): readonly string[] => [
          textOf(it, 'spec', 'template', 'spec', 'containers', 0, 'image'),
          textOf(it, 'spec', 'template', 'spec', 'containers', 1, 'image'),
        ];
        const patch = async (type: string, body: unknown) =>
          imagesOf(valueOf(await dryRun(web, { type, body })));
        expect(await patch('strategic', strategic)).toEqual([image, image]);
        expect(
          await patch('merge', { spec: { template: { spec: { containers: [container] } } } }),
        ).toEqual([image, '']);
        expect(await patch('json', [{ op: 'replace', path, value: image }])).toEqual([image, '']);
      });
    });

    describe('an API server in trouble', () => {
      const held: { proxy?: FaultProxy; cluster?: LabCluster } = {};
      beforeAll(async () => {
        const proxy = await proxyInFrontOf(description(), 'production');
        held.proxy = proxy;
        const text = kubeconfigWith(description(), (it) => {
          it['server'] = proxy.server;
        });
        held.cluster = await useCluster(await clusterBehind(text));
      });
      afterAll(() => held.proxy?.close());

      const withFaults = async (faults: FaultProxy['faults']) => {
        const { proxy, cluster } = held;
        if (proxy === undefined || cluster === undefined) throw new Error('no proxy');
        proxy.faults = faults;
        const access = await cluster.get(web);
        proxy.faults = [];
        return access;
      };

      it.each([
        ['401', { status: 401 }, 'unauthorised'],
        ['403', { status: 403 }, 'forbidden'],
        ['500', { status: 500 }, 'failed'],
        ['half an answer', { cut: 'half' as const }, 'failed'],
        ['a reset connection', { cut: 'reset' as const }, 'unreachable'],
        ['429 once', { status: 429, times: 1, headers: { 'retry-after': '0' } }, 'ok'],
        ['half an answer once', { cut: 'half' as const, times: 1 }, 'ok'],
        ['slowness', { delayMs: 200 }, 'ok'],
      ])('gives %s as a state', async (_, fault, kind) => {
        expect((await withFaults([fault])).kind).toBe(kind);
      });

      it('lists in full when the continue token has expired', async () => {
        const { proxy, cluster } = held;
        if (proxy === undefined || cluster === undefined) throw new Error('no proxy');
        proxy.faults = [
          {
            path: /continue=/,
            status: 410,
            message: 'The provided continue parameter is too old.',
          },
        ];
        const kind = cluster.kind('v1', 'ConfigMap');
        const items = valueOf(await cluster.cluster.list({ kind, namespace }, never));
        proxy.faults = [];
        expect(items.filter((it) => it.metadata.name?.startsWith('page-'))).toHaveLength(510);
        expect(
          proxy.seen
            .filter((it) => it.path.includes('/configmaps'))
            .map((it) => it.path.includes('limit=')),
        ).toEqual([true, true, false]);
      });

      it('says which server cannot be trusted, found or reached', async () => {
        const distrusted = await clusterBehind(
          kubeconfigWith(description(), (it) => {
            delete it['certificate-authority-data'];
          }),
        );
        expect(await distrusted.version(never)).toMatchObject({
          kind: 'unreachable',
          message: expect.stringContaining('not signed by an authority') as string,
        });
        const down = await clusterBehind(
          kubeconfigWith(description(), (it) => {
            it['server'] = 'https://127.0.0.1:1';
          }),
        );
        expect(await down.version(never)).toEqual({
          kind: 'unreachable',
          message: 'Nothing answers at 127.0.0.1:1 (connection refused).',
        });
      });
    });
  },
);
