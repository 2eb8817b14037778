import type { JsonObject } from '../../src/model/resource';
import {
  configMap,
  container,
  containers,
  deployment,
  edited,
  image,
  merged,
  named,
  patched,
  withChange,
} from './liveMatrixObjects';
import type { Case, Drift, Way } from './liveMatrixObjects';

function annotated(base: JsonObject, annotation: string, value: string): JsonObject {
  return merged(base, { metadata: { annotations: { [annotation]: value } } });
}

const optioned = (base: JsonObject, options: string): JsonObject =>
  annotated(base, 'argocd.argoproj.io/sync-options', options);

const argoWays: readonly Way[] = ['argo', 'argo-ssa', 'argo-ssd'];

/** What somebody added, and what somebody changed. */
const touched: readonly Drift[] = [
  edited({ metadata: { labels: { team: 'x' } }, spec: { replicas: 5 } }),
  {
    by: 'injector',
    type: 'apply',
    body: containers({ name: 'proxy', image: 'registry.acme.example/proxy:1' }),
  },
  edited(containers({ name: 'main', env: [{ name: 'DEBUG', value: '1' }] })),
];

/** Each option, written on the object. */
const onObjects: readonly Case[] = [
  ['option-replace', optioned(deployment, 'Replace=true'), touched, { only: argoWays }],
  [
    'option-replace-map',
    optioned(configMap, 'Replace=true'),
    [patched({ data: { extra: 'x' }, metadata: { finalizers: ['acme.example/guard'] } })],
    { only: argoWays },
  ],
  ['option-replace-same', optioned(deployment, 'Replace=true'), [], { only: argoWays }],
  ['option-server', optioned(deployment, 'ServerSideApply=true'), touched, { only: argoWays }],
  ['option-client', optioned(deployment, 'ServerSideApply=false'), touched, { only: argoWays }],
  [
    'option-force',
    optioned(deployment, 'Force=true'),
    [],
    {
      only: ['argo'],
      next: withChange(named('option-force', optioned(deployment, 'Force=true')), {
        spec: {
          selector: { matchLabels: { app: 'web', tier: 'x' } },
          template: { metadata: { labels: { app: 'web', tier: 'x' } } },
        },
      }),
    },
  ],
  [
    'option-words',
    optioned(
      deployment,
      'Validate=false,Delete=false,Prune=false,PruneLast=true,SkipDryRunOnMissingResource=true',
    ),
    touched,
    { only: argoWays },
  ],
];

/** What leaves Git where an app prunes: each word, and who hears it. */
const pruned: readonly Case[] = (
  [
    ['prune-plain', {}],
    ['prune-false', { 'argocd.argoproj.io/sync-options': 'Validate=false, Prune=false' }],
    ['prune-confirm', { 'argocd.argoproj.io/sync-options': 'Prune=confirm' }],
    ['prune-both', { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Prune=false' }],
    ['prune-last', { 'argocd.argoproj.io/sync-options': 'PruneLast=true' }],
    ['delete-false', { 'argocd.argoproj.io/sync-options': 'Delete=false' }],
    ['prune-lower', { 'argocd.argoproj.io/sync-options': 'prune=false' }],
    ['helm-keeps', { 'helm.sh/resource-policy': 'keep' }],
    ['flux-prune', { 'kustomize.toolkit.fluxcd.io/prune': 'Disabled' }],
    ['flux-reconcile', { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' }],
  ] as const
).map(([name, annotations]): Case => [
  name,
  merged(configMap, { metadata: { annotations } }),
  [],
  { only: ['argo-options', 'flux', 'helm'], next: null },
]);

const fluxGroup = 'kustomize.toolkit.fluxcd.io';
const prunedByFlux: readonly Case[] = (
  [
    ['labels-gone', { [`${fluxGroup}/name`]: null, [`${fluxGroup}/namespace`]: null }],
    ['labels-of-another', { [`${fluxGroup}/name`]: 'another' }],
    ['label-disabled', { [`${fluxGroup}/prune`]: 'disabled' }],
  ] as const
).map(([name, labels]): Case => [
  name,
  configMap,
  [patched({ metadata: { labels } })],
  { only: ['flux'], next: null },
]);

const tampered = edited({ spec: { replicas: 5 } });
const conflictWays: readonly Way[] = ['helm-polite', 'kubectl-ssa'];

/** Applies on the server that force nothing. */
const conflicts: readonly Case[] = [
  ['conflict', deployment, [tampered], { only: conflictWays }],
  [
    'conflict-and-next',
    deployment,
    [tampered],
    {
      only: conflictWays,
      next: withChange(
        named('conflict-and-next', deployment),
        containers(container({ image: `${image}2` })),
      ),
    },
  ],
  [
    'conflict-and-extra',
    deployment,
    [tampered, edited(containers({ name: 'main', env: [{ name: 'DEBUG', value: '1' }] }))],
    { only: conflictWays },
  ],
  [
    'conflict-resolved',
    deployment,
    [tampered],
    {
      only: conflictWays,
      next: withChange(named('conflict-resolved', deployment), { spec: { replicas: 5 } }),
    },
  ],
  ['pruned-not', configMap, [], { only: conflictWays, next: null }],
  [
    'no-conflict',
    configMap,
    [patched({ data: { extra: 'x' } })],
    {
      only: conflictWays,
      next: withChange(named('no-conflict', configMap), { data: { more: 'x', level: null } }),
    },
  ],
];

/** Drift of a HelmRelease that its controller does not look at. */
const releases: readonly Case[] = [
  [
    'not-detected',
    annotated(deployment, 'helm.toolkit.fluxcd.io/driftDetection', 'disabled'),
    [tampered],
    { only: ['helmrelease', 'helmrelease-warn'] },
  ],
];

/** What stays when its app goes. */
const staying: readonly Case[] = [
  ['stays-undeleted', optioned(configMap, 'Delete=false'), [], { only: ['argo-options'] }],
  [
    'stays-kept',
    annotated(configMap, 'helm.sh/resource-policy', 'keep'),
    [],
    { only: ['argo-options', 'flux', 'helmrelease-warn'] },
  ],
  [
    'stays-unpruned',
    annotated(configMap, `${fluxGroup}/prune`, 'disabled'),
    [],
    { only: ['argo-options', 'flux', 'helmrelease-warn'] },
  ],
];

const ignoredKey = { jsonPointers: ['/data/mode'] };
/** What an app does with ignored fields that respects the rules, and applies what is out of sync. */
const respected: readonly Case[] = [
  [
    'ignored-key',
    configMap,
    [patched({ data: { mode: 'red' } })],
    { only: ['argo', 'argo-options'], ignore: ignoredKey },
  ],
  [
    'ignored-key-partly',
    configMap,
    [patched({ data: { mode: 'red', level: 'debug' } })],
    { only: ['argo', 'argo-options'], ignore: ignoredKey },
  ],
  [
    'ignored-key-next',
    configMap,
    [patched({ data: { mode: 'red' } })],
    {
      only: ['argo', 'argo-options'],
      ignore: ignoredKey,
      next: withChange(named('ignored-key-next', configMap), { data: { more: 'x' } }),
    },
  ],
];

export const optionCases: readonly Case[] = [
  ...respected,
  ...staying,
  ...onObjects,
  ...pruned,
  ...prunedByFlux,
  ...conflicts,
  ...releases,
];

const fewDrifts = [
  'same-deployment',
  'same-secret',
  'same-widget',
  'replicas',
  'env-added',
  'label-added',
  'deleted',
  'key-changed',
  'secret-changed',
  'cr-rule',
  'ignored-pointer',
  'ignored-partly',
];

/** Scenarios of all that a way has where it does not have every one. */
export const few: Readonly<Partial<Record<Way, readonly string[]>>> = {
  'helmrelease-warn': fewDrifts,
  'helmrelease-off': fewDrifts,
  'helm-polite': ['same-deployment', 'key-added', 'shared', 'next-image', 'secret-changed'],
  'kubectl-ssa': [
    'same-deployment',
    'key-added',
    'shared',
    'next-image',
    'secret-changed',
    'sidecar',
  ],
  // No Deployment: these are paused, and prunes that come last wait until everything is healthy.
  'argo-options': [
    'same-configmap',
    'same-secret',
    'same-widget',
    'key-changed',
    'key-added',
    'next-key',
    'secret-changed',
    'verbs',
    'cr-rule',
    'cr-rule-weight',
  ],
};
