import type { App } from '../../../src/model/app';
import type { PlanConfirmation } from '../../../src/model/plan';
import type { KubeObject } from '../../../src/model/resource';
import type { PlanInput } from '../../../src/sync/planInput';
import { plainPolicy } from '../policy';

export const commitA = 'a'.repeat(40);
export const commitB = 'b'.repeat(40);
const repoURL = 'https://git.acme.example/acme/gitops.git';

export function application(
  change: {
    readonly spec?: object;
    readonly status?: object;
    readonly operation?: object;
    readonly metadata?: object;
  } = {},
): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: 'shop',
      namespace: 'argocd',
      uid: 'u1',
      resourceVersion: '7',
      ...change.metadata,
    },
    spec: {
      project: 'default',
      source: { repoURL, path: 'charts/shop', targetRevision: 'main' },
      ...change.spec,
    },
    ...(change.status === undefined ? {} : { status: change.status }),
    ...(change.operation === undefined ? {} : { operation: change.operation }),
  };
}

export function kustomization(
  change: {
    readonly spec?: object;
    readonly status?: object;
    readonly metadata?: object;
  } = {},
): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: {
      name: 'apps',
      namespace: 'flux-system',
      uid: 'k1',
      generation: 3,
      ...change.metadata,
    },
    spec: { path: './apps', sourceRef: { kind: 'GitRepository', name: 'acme' }, ...change.spec },
    status: { observedGeneration: 3, ...change.status },
  };
}

export function helmRelease(
  change: { readonly spec?: object; readonly status?: object } = {},
): KubeObject {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'mailer', namespace: 'mail', uid: 'h1', generation: 1 },
    spec: {
      chart: {
        spec: {
          chart: 'charts/mailer',
          sourceRef: { kind: 'GitRepository', name: 'acme', namespace: 'flux-system' },
        },
      },
      ...change.spec,
    },
    status: { observedGeneration: 1, ...change.status },
  };
}

export function gitRepository(
  change: { readonly spec?: object; readonly status?: object } = {},
): KubeObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'acme', namespace: 'flux-system', uid: 'g1', generation: 1 },
    spec: { url: repoURL, ref: { branch: 'main' }, ...change.spec },
    status: { observedGeneration: 1, ...change.status },
  };
}

export function condition(type: string, status: string, message = '', reason = 'Reason'): object {
  return { type, status, reason, message };
}

export function appOf(object: KubeObject, change: Partial<App> = {}): App {
  const tool = object.kind === 'Application' ? 'argocd' : 'flux';
  return {
    key: 'key',
    kind: object.kind as App['kind'],
    tool,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
    presence: 'both',
    source: { kind: 'elsewhere', repoUrl: repoURL, path: 'charts/shop' },
    destination: { cluster: { kind: 'control' }, namespace: 'shop' },
    policy: plainPolicy,
    controlCluster: 'production',
    problems: [],
    ...change,
  };
}

const confirmation: PlanConfirmation = {
  title: 'Sync argocd/shop on production?',
  willChange: ['Deployment shop/web'],
  notPruned: [],
  notIncluded: [],
  warnings: [],
  revision: 'origin/main · aaaaaaa',
};

export function planInput(object: KubeObject, change: Partial<PlanInput> = {}): PlanInput {
  return {
    app: appOf(object),
    object,
    cluster: 'production',
    context: { file: 'kubeconfig', name: 'production' },
    server: 'https://127.0.0.1:6443',
    confirmation,
    nowIso: '2026-11-21T09:00:00.000Z',
    user: 'ann@acme.example',
    ...change,
  };
}
