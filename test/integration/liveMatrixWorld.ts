import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { JsonObject, KubeObject } from '../../src/model/resource';
import { textAt, valueAt } from '../../src/model/fields';
import { groupOf } from '../../src/model/resource';
import { KubeApi } from '../lab/kube.mjs';
import type { Drift, Scenario, Way } from './liveMatrixObjects';
import { scenariosOf } from './liveMatrixCases';
import {
  appOptions,
  applicationOf,
  deletionName,
  deletions,
  filesOf,
  fluxObjects,
  manifestPath,
  releaseOf,
} from './liveMatrixFiles';
import { isArgo, releaseWays, ways, widgetCrd } from './liveMatrixObjects';
import type { ClusterName } from './liveLab';
import { argoOf, describeLab, giteaOf, textOf, waitUntil } from './liveLab';
import type { TestRepository } from './pipelineWorld';
import { createRepository } from './pipelineWorld';

const NAMES: Readonly<Record<string, string>> = {
  NetworkPolicy: 'networkpolicies',
  Ingress: 'ingresses',
};

export function clusterOf(way: Way): ClusterName {
  return isArgo(way) ? 'production' : 'staging';
}

/** The objects of all ways in two clusters, applied by their tools, changed by others and in Git. */
export interface MatrixWorld {
  readonly id: string;
  readonly repository: TestRepository;
  readonly scenarios: (way: Way) => readonly Scenario[];
  readonly appName: (way: Way) => string;
  readonly namespace: (way: Way) => string;
  /** Live objects of a way by `Kind name`. */
  readonly live: (way: Way) => Promise<ReadonlyMap<string, JsonObject>>;
  /** What Argo CD asked before it went on. */
  readonly confirmations: readonly string[];
  /** Each tool applies what Git says now; ends when they are done. */
  readonly sync: () => Promise<void>;
  readonly managedResources: (way: Way) => Promise<readonly JsonObject[]>;
  /** Deletes the app itself, with what its tool then deletes. */
  readonly remove: (way: RemovableWay) => Promise<void>;
  /** Deletes Kustomizations of each policy, and tells which of their objects are left. */
  readonly removeByPolicy: () => Promise<readonly string[]>;
  readonly end: () => Promise<void>;
}

export const removableWays = ['argo-options', 'flux', 'helmrelease-warn'] as const;
export type RemovableWay = (typeof removableWays)[number];

function pathOf(object: KubeObject, namespace: string): string {
  const { apiVersion, kind, metadata } = object;
  const plural = NAMES[kind] ?? `${kind.toLowerCase()}s`;
  const root = groupOf(apiVersion) === '' ? '/api' : '/apis';
  const name = metadata.name ?? '';
  return `${root}/${apiVersion}/namespaces/${namespace}/${plural}/${name}`;
}

const mediaTypes = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
  delete: 'application/json',
};

async function disturb(api: KubeApi, base: KubeObject, drift: Drift, namespace: string) {
  const path = pathOf(base, namespace);
  if (drift.type === 'delete') {
    await api.delete(path);
    return;
  }
  const { apiVersion, kind, metadata } = base;
  const identity = { apiVersion, kind, metadata: { name: metadata.name, namespace } };
  const body = drift.type === 'apply' ? { ...identity, ...(drift.body as JsonObject) } : drift.body;
  const force = drift.type === 'apply' ? '&force=true' : '';
  const sub = drift.subresource === undefined ? '' : `/${drift.subresource}`;
  const url = `${path}${sub}?fieldManager=${drift.by}${force}`;
  const answer = await api.send('PATCH', url, body, mediaTypes[drift.type]);
  if (answer.status >= 300) {
    const { message } = answer.body as { readonly message?: string };
    throw new Error(`${url}: ${answer.status} ${message ?? ''}`);
  }
}

/** At most some at once, in the order given. */
async function inTurn<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const rest = [...all];
  const run = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) await act(next);
  };
  await Promise.all(Array.from({ length: 6 }, run));
}

const LISTED = [
  'apps/v1/deployments',
  'apps/v1/statefulsets',
  'v1/configmaps',
  'v1/services',
  'v1/secrets',
  'v1/serviceaccounts',
  'networking.k8s.io/v1/ingresses',
  'networking.k8s.io/v1/networkpolicies',
  'rbac.authorization.k8s.io/v1/roles',
  'batch/v1/cronjobs',
  'autoscaling/v2/horizontalpodautoscalers',
  'policy/v1/poddisruptionbudgets',
];

async function liveObjects(api: KubeApi, namespace: string, group: string) {
  const found = new Map<string, JsonObject>();
  await inTurn([...LISTED, `${group}/v1/widgets`], async (type) => {
    const at = type.lastIndexOf('/');
    const version = type.slice(0, at);
    const root = version === 'v1' ? '/api' : '/apis';
    const plural = type.slice(at + 1);
    const list: unknown = await api.get(`${root}/${version}/namespaces/${namespace}/${plural}`);
    const { kind, items } = list as { readonly kind: string; readonly items: JsonObject[] };
    for (const item of items) {
      const { name } = item['metadata'] as { readonly name: string };
      found.set(`${kind.replace(/List$/, '')} ${name}`, item);
    }
  });
  return found;
}

const pipelineNames: Readonly<Partial<Record<Way, string>>> = {
  kubectl: 'ways/kubectl',
  'kubectl-ssa': 'ways/kubectl-ssa',
  helm: 'matrix',
  'helm-polite': 'polite',
};

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}

export async function matrixWorld(): Promise<MatrixWorld> {
  const lab = describeLab();
  const id = `matrix-${randomBytes(3).toString('hex')}`;
  const group = `${id}.acme.example`;
  const url = `${lab.gitea.url}/plumbline/${id}.git`;
  const gitea = giteaOf(lab);
  const apis = {
    production: await KubeApi.forCluster(lab.clusters.production as never),
    staging: await KubeApi.forCluster(lab.clusters.staging as never),
  };
  const namespace = (way: Way): string => `${id}-${way}`;
  const argo = argoOf(lab);
  const kubeArguments = ['--kubeconfig', lab.kubeconfig];
  const program = (path: string, args: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(path, args, { maxBuffer: 64 * 1024 ** 2 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${args.join(' ')}: ${stderr.slice(0, 2000)}`));
      });
    });
  const kubectl = (...args: readonly string[]): Promise<string> =>
    program(lab.tools['kubectl'] ?? '', [...kubeArguments, '--context', 'staging', ...args]);
  const confirmations: string[] = [];
  const repository = createRepository(filesOf({ id, url, group }));
  repository.git('remote', 'set-url', 'origin', url);
  const push = (): void => {
    const pushUrl = url.replace('://', `://plumbline:${lab.gitea.token}@`);
    repository.git('push', '-q', pushUrl, 'HEAD:refs/heads/main');
  };
  const argoWays = ways.filter(isArgo);

  /** What Argo CD asks about is told once, and answered. */
  async function approve(way: Way, message: string): Promise<void> {
    if (confirmations.includes(message)) return;
    confirmations.push(message);
    const at = `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${id}-${way}`;
    const annotations = { 'argocd.argoproj.io/deletion-approved': new Date().toISOString() };
    await apis.production.mergePatch(at, { metadata: { annotations } });
  }

  /** It goes on trying, and all else has been corrected at once. */
  async function cannotCorrect(namespace: string): Promise<boolean> {
    const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=reason%3DDriftCorrectionFailed`;
    return listOf(((await apis.staging.get(path)) as JsonObject)['items']).length > 0;
  }

  async function syncRelease(way: Way): Promise<void> {
    const name = `${id}-${way}`;
    const at = `/apis/helm.toolkit.fluxcd.io/v2/namespaces/${name}/helmreleases/${name}`;
    const asked = randomBytes(6).toString('hex');
    const annotations = { 'reconcile.fluxcd.io/requestedAt': asked };
    await apis.staging.mergePatch(at, { metadata: { annotations } });
    await waitUntil(async () => {
      const { status } = (await apis.staging.get(at)) as { readonly status?: JsonObject };
      const ready = listOf(status?.['conditions']).find((one) => one['type'] === 'Ready');
      const isDone = status?.['lastHandledReconcileAt'] === asked && ready?.['status'] === 'True';
      return isDone || (await cannotCorrect(name));
    }, `the release of ${way}`);
  }

  async function syncArgo(way: Way): Promise<void> {
    const path = `/applications/${id}-${way}`;
    await argo('GET', `${path}?refresh=hard`);
    await argo('POST', `${path}/sync`, {
      prune: way === 'argo-options',
      // Which kinds there are is told to some later than to others.
      retryStrategy: { limit: 3, backoff: { duration: '1s', factor: 1 } },
      syncOptions: { items: ['Validate=false', ...(appOptions[way] ?? [])] },
    });
    await waitUntil(async () => {
      const state = valueAt(await argo('GET', path), 'status', 'operationState');
      const phase = textOf(state, 'phase');
      if (phase === 'Failed' || phase === 'Error') {
        throw new Error(`${way}: ${JSON.stringify(state)}`);
      }
      const message = textAt(state, 'message') ?? '';
      if (phase === 'Running' && message.includes('confirmation')) await approve(way, message);
      return phase === 'Succeeded';
    }, `the sync of ${way}`);
  }

  async function syncFlux(): Promise<void> {
    const at = `/apis/source.toolkit.fluxcd.io/v1/namespaces/${id}-flux/gitrepositories/${id}-flux`;
    const own = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${id}-flux/kustomizations/${id}-flux`;
    const commit = repository.git('rev-parse', 'HEAD');
    const now = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': commit } } };
    const says =
      (path: string, ...keys: readonly string[]) =>
      async (): Promise<boolean> => {
        const found = (await apis.staging.get(path)) as JsonObject;
        return keys.every((key) => JSON.stringify(found['status'] ?? '').includes(key));
      };
    await apis.staging.mergePatch(at, now);
    await waitUntil(says(at, commit), 'the source');
    for (const [policy] of deletions) {
      const each = `${own.slice(0, own.lastIndexOf('/'))}/${deletionName(policy)}`;
      await waitUntil(says(each, `main@sha1:${commit}`), policy);
    }
    // The new artifact has the Kustomization reconciled; asked for it, its controller may still apply
    // the old one first.
    await waitUntil(says(own, `"lastAppliedRevision":"main@sha1:${commit}"`), 'the Kustomization');
  }

  async function syncAll(): Promise<void> {
    const helm = process.env['PLUMBLINE_HELM'] ?? '';
    const at = ['--namespace', `${id}-helm`, '--kube-context', 'staging', ...kubeArguments];
    const stopped = (error: unknown): string => {
      if (error instanceof Error && /conflict/.test(error.message)) return 'stopped';
      throw error;
    };
    await Promise.all([
      ...argoWays.map(syncArgo),
      syncFlux().then(() => Promise.all(releaseWays.map(syncRelease))),
      kubectl(
        'apply',
        '--server-side',
        '-n',
        `${id}-kubectl-ssa`,
        '-f',
        repository.file('ways/kubectl-ssa'),
      ).catch(stopped),
      program(helm, [
        'upgrade',
        '--install',
        'polite',
        repository.file('ways/helm-polite'),
        ...['--namespace', `${id}-helm-polite`, '--kube-context', 'staging', ...kubeArguments],
      ]).catch(stopped),
      kubectl('apply', '-n', `${id}-kubectl`, '-f', repository.file('ways/kubectl')),
      program(helm, [
        'upgrade',
        '--install',
        '--force-conflicts',
        'matrix',
        repository.file('ways/helm'),
        ...at,
      ]),
    ]);
  }

  /** Others change live objects, and Git moves on. */
  async function disturbAll(): Promise<void> {
    const all = ways.flatMap((way) => scenariosOf(way, group).map((one) => ({ way, one })));
    await inTurn(all, async ({ way, one }) => {
      for (const drift of one.drift ?? []) {
        await disturb(apis[clusterOf(way)], one.base, drift, namespace(way));
      }
    });
    for (const { way, one } of all) {
      const path = manifestPath(way, one.name);
      if (one.next === null) repository.git('rm', '-q', path);
      else if (one.next !== undefined) repository.write({ [path]: JSON.stringify(one.next) });
    }
    repository.publish('next');
    push();
  }

  await gitea('POST', '/user/repos', { name: id, private: false });
  push();
  for (const way of ways) {
    const metadata = { name: namespace(way) };
    const space = { apiVersion: 'v1', kind: 'Namespace', metadata };
    await apis[clusterOf(way)].apply(`/api/v1/namespaces/${metadata.name}`, space);
  }
  for (const api of Object.values(apis)) {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`;
    await api.apply(path, widgetCrd(group));
    await waitUntil(
      async () => (await api.send('GET', `/apis/${group}/v1`)).status === 200,
      'the custom resource',
    );
    const name = `viewer-of-${id}`;
    const rbac = 'rbac.authorization.k8s.io';
    const rules = [{ apiGroups: [group], resources: ['*'], verbs: ['get', 'list', 'watch'] }];
    const role = { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules };
    const binding = {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'viewer' }],
    };
    await api.apply(`/apis/${rbac}/v1/clusterroles/${name}`, role);
    await api.apply(`/apis/${rbac}/v1/clusterrolebindings/${name}`, binding);
  }
  for (const way of argoWays) await argo('POST', '/applications', applicationOf(way, { id, url }));
  execFileSync(
    lab.tools['kubectl'] ?? '',
    [...kubeArguments, '--context', 'staging', 'apply', '-f', '-'],
    {
      input: JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [...fluxObjects({ id, url }), ...releaseWays.map((way) => releaseOf(way, id))],
      }),
    },
  );
  await syncAll();
  await disturbAll();
  return {
    id,
    repository,
    scenarios: (way) => scenariosOf(way, group),
    appName: (way) => pipelineNames[way] ?? `${id}-${way}`,
    namespace,
    live: (way) => liveObjects(apis[clusterOf(way)], namespace(way), group),
    sync: syncAll,
    confirmations,
    managedResources: async (way) => {
      await argo('GET', `/applications/${id}-${way}?refresh=hard`);
      const answer = await argo('GET', `/applications/${id}-${way}/managed-resources`);
      return answer['items'] as unknown as readonly JsonObject[];
    },
    remove: async (way) => {
      const name = `${id}-${way}`;
      if (way !== 'argo-options') {
        await kubectl('delete', way === 'flux' ? 'kustomization' : 'helmrelease', name, '-n', name);
        return;
      }
      await argo('DELETE', `/applications/${name}?cascade=true`);
      const at = `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`;
      const isGone = async () => (await apis.production.send('GET', at)).status === 404;
      await waitUntil(isGone, 'the end of the Application');
    },
    removeByPolicy: async () => {
      const names = deletions.map(([policy]) => deletionName(policy));
      await kubectl('delete', 'kustomization', '-n', `${id}-flux`, ...names);
      const left = await liveObjects(apis.staging, `${id}-flux`, group);
      return names.filter((name) => left.has(`ConfigMap ${name}`));
    },
    end: async () => {
      for (const way of argoWays) {
        const at = `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${id}-${way}`;
        await apis.production.send('DELETE', at);
      }
      for (const way of releaseWays) {
        const at = ['-n', `${id}-${way}`, '--wait=false', '--ignore-not-found'];
        await kubectl('delete', 'helmrelease', `${id}-${way}`, ...at);
      }
      const at = ['-n', `${id}-flux`, '--ignore-not-found'];
      await kubectl('delete', 'kustomization', `${id}-flux`, ...at);
      for (const way of ways) {
        const guarded = ['finalizer', 'option-replace-map'].map(
          (name) => `/api/v1/namespaces/${namespace(way)}/configmaps/${name}`,
        );
        const free = { metadata: { finalizers: null } };
        for (const at of guarded) {
          await apis[clusterOf(way)].send('PATCH', at, free, mediaTypes.merge);
        }
        await apis[clusterOf(way)].delete(`/api/v1/namespaces/${namespace(way)}`);
      }
      for (const api of Object.values(apis)) {
        await api.delete(
          `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`,
        );
        for (const kind of ['clusterroles', 'clusterrolebindings']) {
          await api.delete(`/apis/rbac.authorization.k8s.io/v1/${kind}/viewer-of-${id}`);
        }
        api.close();
      }
      await gitea('DELETE', `/repos/plumbline/${id}`);
      repository.remove();
    },
  };
}
