import {
  configMap,
  container,
  containers,
  deployment,
  edited,
  image,
  mainAt,
  merged,
  named,
  operations,
  patched,
  withChange,
} from './liveMatrixObjects';
import type { Case } from './liveMatrixObjects';

export const deployments: readonly Case[] = [
  ['replicas', deployment, [edited({ spec: { replicas: 5 } })]],
  [
    'scaled',
    deployment,
    [{ by: 'kubectl', type: 'merge', subresource: 'scale', body: { spec: { replicas: 4 } } }],
  ],
  [
    'autoscaled',
    merged(deployment, { spec: { replicas: null } }),
    [
      {
        by: 'horizontal-pod-autoscaler',
        type: 'merge',
        subresource: 'scale',
        body: { spec: { replicas: 3 } },
      },
    ],
  ],
  [
    'image',
    deployment,
    [
      {
        by: 'kubectl-set',
        type: 'strategic',
        body: containers({ name: 'main', image: `${image}1` }),
      },
    ],
  ],
  [
    'env-changed',
    deployment,
    [edited(containers({ name: 'main', env: [{ name: 'MODE', value: 'red' }] }))],
  ],
  [
    'env-added',
    deployment,
    [edited(containers({ name: 'main', env: [{ name: 'DEBUG', value: '1' }] }))],
  ],
  ['env-removed', deployment, [operations({ op: 'remove', path: `${mainAt}/env/1` })]],
  [
    'sidecar',
    deployment,
    [
      {
        by: 'injector',
        type: 'apply',
        body: containers({ name: 'proxy', image: 'registry.acme.example/proxy:1' }),
      },
    ],
  ],
  [
    'limits',
    deployment,
    [edited(containers({ name: 'main', resources: { limits: { memory: '2Gi' } } }))],
  ],
  [
    'same-quantity',
    deployment,
    [edited(containers({ name: 'main', resources: { requests: { cpu: '500m' } } }))],
  ],
  [
    'limits-added',
    deployment,
    [edited(containers({ name: 'main', resources: { limits: { cpu: '2' } } }))],
  ],
  [
    'label-added',
    deployment,
    [{ by: 'kubectl-label', type: 'merge', body: { metadata: { labels: { team: 'x' } } } }],
  ],
  [
    'label-changed',
    deployment,
    [{ by: 'kubectl-label', type: 'merge', body: { metadata: { labels: { tier: 'x' } } } }],
  ],
  [
    'annotation-removed',
    deployment,
    [
      {
        by: 'kubectl-annotate',
        type: 'merge',
        body: { metadata: { annotations: { owner: null } } },
      },
    ],
  ],
  [
    'restarted',
    deployment,
    [
      edited({
        spec: {
          template: {
            metadata: {
              annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' },
            },
          },
        },
      }),
    ],
  ],
  [
    'status-written',
    deployment,
    [
      {
        by: 'reporter',
        type: 'merge',
        subresource: 'status',
        body: { status: { observedGeneration: 99 } },
      },
    ],
  ],
  ['default-changed', deployment, [edited({ spec: { revisionHistoryLimit: 3 } })]],
  [
    'default-nested',
    deployment,
    [edited({ spec: { template: { spec: { terminationGracePeriodSeconds: 5 } } } })],
  ],
  [
    'taken-by-force',
    deployment,
    [{ by: 'other-manager', type: 'apply', body: { spec: { replicas: 7 } } }],
  ],
  ['shared', deployment, [{ by: 'other-manager', type: 'apply', body: { spec: { replicas: 2 } } }]],
  ['deleted', deployment, [{ by: 'kubectl', type: 'delete' }]],
  [
    'next-image',
    deployment,
    [],
    {
      next: withChange(
        named('next-image', deployment),
        containers(container({ image: `${image}2` })),
      ),
    },
  ],
  [
    'next-no-env',
    deployment,
    [],
    {
      next: withChange(
        named('next-no-env', deployment),
        containers(container({ env: [{ name: 'MODE', value: 'blue' }] })),
      ),
    },
  ],
  [
    'next-no-replicas',
    deployment,
    [],
    { next: withChange(named('next-no-replicas', deployment), { spec: { replicas: null } }) },
  ],
  [
    'next-no-label',
    deployment,
    [],
    {
      next: withChange(named('next-no-label', deployment), {
        metadata: { labels: { tier: null } },
      }),
    },
  ],
  [
    'next-sidecar',
    deployment,
    [],
    {
      next: withChange(
        named('next-sidecar', deployment),
        containers(container({}), { name: 'proxy', image }),
      ),
    },
  ],
  [
    'next-and-drift',
    deployment,
    [edited({ spec: { replicas: 9 } })],
    { next: withChange(named('next-and-drift', deployment), { spec: { replicas: 4 } }) },
  ],
  [
    'next-is-live',
    deployment,
    [edited({ spec: { replicas: 9 } })],
    { next: withChange(named('next-is-live', deployment), { spec: { replicas: 9 } }) },
  ],
  [
    'dropped-but-shared',
    deployment,
    [{ by: 'other-manager', type: 'apply', body: { spec: { replicas: 2 } } }],
    { next: withChange(named('dropped-but-shared', deployment), { spec: { replicas: null } }) },
  ],
];

export const ruled: readonly Case[] = [
  [
    'ignored-pointer',
    deployment,
    [edited({ spec: { replicas: 5 } })],
    { ignore: { jsonPointers: ['/spec/replicas'] } },
  ],
  [
    'ignored-partly',
    deployment,
    [edited({ spec: { replicas: 5 }, metadata: { labels: { tier: 'x' } } })],
    { ignore: { jsonPointers: ['/spec/replicas'] } },
  ],
  [
    'ignored-jq',
    deployment,
    [edited(containers({ name: 'main', image: `${image}9` }))],
    {
      ignore: {
        jqPathExpressions: ['.spec.template.spec.containers[] | select(.name == "main") | .image'],
      },
      only: ['argo', 'argo-ssa', 'argo-ssd'],
    },
  ],
  [
    'ignored-manager',
    deployment,
    [{ by: 'scaler', type: 'merge', body: { spec: { replicas: 8 } } }],
    { ignore: { managedFieldsManagers: ['scaler'] }, only: ['argo', 'argo-ssa', 'argo-ssd'] },
  ],
  [
    'ignored-by-flux',
    configMap,
    [patched({ data: { mode: 'red' } })],
    {
      only: ['flux'],
      next: withChange(named('ignored-by-flux', configMap), {
        metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } },
      }),
    },
  ],
  [
    'never-created',
    merged(configMap, {
      metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } },
    }),
    [],
    { only: ['flux'] },
  ],
  [
    'only-if-absent',
    merged(configMap, {
      metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } },
    }),
    [patched({ data: { mode: 'red' } })],
    { only: ['flux'] },
  ],
  [
    'merging',
    merged(configMap, {
      metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' } },
    }),
    [patched({ data: { extra: 'red' } })],
    { only: ['flux'] },
  ],
  [
    'extraneous',
    merged(configMap, {
      metadata: { annotations: { 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' } },
    }),
    [],
    { only: ['argo'], next: null },
  ],
];
