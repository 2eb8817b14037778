import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { listAt, textAt } from '../../src/model/fields';
import type { JsonObject } from '../../src/model/resource';
import { KubeApi } from '../lab/kube.mjs';
import type { ClusterName } from './liveLab';
import { describeLab, waitUntil } from './liveLab';

const run = promisify(execFile);
const ARGO = '/apis/argoproj.io/v1alpha1/namespaces/argocd';
const FLUX = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations';

/** An Application, a Kustomization and a Helm release of the lab's repository, made by the real tools. */
export interface Makers {
  readonly name: string;
  /** Argo CD no longer lists a ConfigMap of the Application: its project does not permit the kind. */
  readonly forbidKind: () => Promise<void>;
  /** Each maker goes, and its objects stay. */
  readonly removeApplication: () => Promise<void>;
  readonly removeOthers: () => Promise<void>;
  readonly end: () => Promise<void>;
}

export async function makersIn(chart: string): Promise<Makers> {
  const lab = describeLab();
  const name = `left-${process.pid}`;
  const apis = {
    production: await KubeApi.forCluster(lab.clusters.production as never),
    staging: await KubeApi.forCluster(lab.clusters.staging as never),
  };
  const kubectl = async (cluster: ClusterName, ...args: readonly string[]): Promise<string> => {
    const where = ['--kubeconfig', lab.kubeconfig, '--context', cluster];
    return (await run(lab.tools['kubectl'] ?? '', [...where, ...args])).stdout;
  };
  const statusOf = async (cluster: ClusterName, path: string): Promise<string> =>
    JSON.stringify(((await apis[cluster].get(path)) as JsonObject)['status'] ?? '');
  const application = `${ARGO}/applications/${name}`;
  const repoURL =
    textAt(await apis.production.get(`${ARGO}/applications/root`), 'spec', 'source', 'repoURL') ??
    '';

  const makeApplication = async (): Promise<void> => {
    const metadata = { name, namespace: 'argocd' };
    const everything = [{ group: '*', kind: '*' }];
    await apis.production.apply(`${ARGO}/appprojects/${name}`, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AppProject',
      metadata,
      spec: {
        sourceRepos: ['*'],
        destinations: [{ server: '*', namespace: '*' }],
        clusterResourceWhitelist: everything,
      },
    });
    await apis.production.apply(application, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata,
      spec: {
        project: name,
        source: {
          repoURL,
          targetRevision: 'main',
          path: 'charts/mailer',
          helm: { releaseName: `${name}-old` },
        },
        destination: { server: 'https://kubernetes.default.svc', namespace: 'shop' },
      },
      operation: { sync: {} },
    });
    await waitUntil(
      async () => (await statusOf('production', application)).includes('"phase":"Succeeded"'),
      'the sync of the Application',
    );
  };
  const makeKustomization = async (): Promise<void> => {
    await apis.staging.apply(`${FLUX}/${name}`, {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name, namespace: 'flux-system' },
      spec: {
        interval: '1h',
        path: './apps/notifications',
        namePrefix: `${name}-`,
        targetNamespace: 'notifications',
        prune: true,
        deletionPolicy: 'Orphan',
        sourceRef: { kind: 'GitRepository', name: 'gitops' },
        postBuild: { substitute: { domain: 'acme.example', cluster_name: 'staging' } },
      },
    });
    await waitUntil(
      async () => (await statusOf('staging', `${FLUX}/${name}`)).includes('lastAppliedRevision'),
      'the Kustomization',
    );
  };
  const makeRelease = async (): Promise<void> => {
    const where = ['--kubeconfig', lab.kubeconfig, '--kube-context', 'staging', '-n', 'mailer'];
    await run(process.env['PLUMBLINE_HELM'] ?? '', ['install', name, chart, ...where]);
  };
  await Promise.all([makeApplication(), makeKustomization(), makeRelease()]);

  return {
    name,
    forbidKind: async () => {
      await apis.production.mergePatch(`${ARGO}/appprojects/${name}`, {
        spec: { namespaceResourceBlacklist: [{ group: '', kind: 'ConfigMap' }] },
      });
      await apis.production.mergePatch(application, {
        metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } },
        spec: { source: { helm: { releaseName: name } } },
      });
      await waitUntil(async () => {
        const listed = listAt(await apis.production.get(application), 'status', 'resources');
        const names = listed.map((one) => `${textAt(one, 'kind')} ${textAt(one, 'name')}`);
        return names.includes(`Service ${name}`) && !names.includes(`ConfigMap ${name}-old`);
      }, 'the new list of the Application');
    },
    removeApplication: async () => {
      await apis.production.delete(application);
    },
    removeOthers: async () => {
      await apis.staging.delete(`/api/v1/namespaces/mailer/secrets/sh.helm.release.v1.${name}.v1`);
      await kubectl('staging', 'delete', 'kustomization', name, '-n', 'flux-system');
    },
    end: async () => {
      await apis.production.send('DELETE', application);
      await apis.production.send('DELETE', `${ARGO}/appprojects/${name}`);
      await apis.staging.send('DELETE', `${FLUX}/${name}`);
      for (const [cluster, space] of [
        ['production', 'shop'],
        ['staging', 'notifications'],
        ['staging', 'mailer'],
      ] as const) {
        const kinds = 'deployment,service,configmap,secret';
        const all = await kubectl(cluster, 'get', kinds, '-n', space, '-o', 'name');
        const own = all.split('\n').filter((one) => one.includes(name));
        if (own.length > 0) await kubectl(cluster, 'delete', '-n', space, ...own);
      }
      for (const api of Object.values(apis)) api.close();
    },
  };
}
