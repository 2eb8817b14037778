import type { JsonObject } from '../../src/model/resource';
import { deployments, ruled } from './liveMatrixDeployments';
import {
  account,
  autoscaler,
  budget,
  canaries,
  configMap,
  cronJob,
  deployment,
  edited,
  ingress,
  mainAt,
  merged,
  named,
  networkPolicy,
  operations,
  patched,
  role,
  secret,
  service,
  statefulSet,
  widget,
  withChange,
} from './liveMatrixObjects';
import type { Case, Scenario, Way } from './liveMatrixObjects';
import { few, optionCases } from './liveMatrixOptions';

function inSync(group: string): readonly Scenario[] {
  const kinds: Readonly<Record<string, JsonObject>> = {
    deployment,
    configMap,
    service,
    secret,
    ingress,
    networkPolicy,
    role,
    cronJob,
    autoscaler,
    budget,
    statefulSet,
    account,
    widget: widget(group),
  };
  return Object.entries(kinds).map(([kind, object]) => ({
    name: `same-${kind.toLowerCase()}`,
    base: named(`same-${kind.toLowerCase()}`, object),
  }));
}

const maps: readonly Case[] = [
  ['key-changed', configMap, [patched({ data: { mode: 'red' } })]],
  ['key-added', configMap, [patched({ data: { extra: 'x' } })]],
  ['key-removed', configMap, [patched({ data: { level: null } })]],
  ['map-edit-all', configMap, [patched({ data: { level: null, mode: 'red', extra: 'x' } })]],
  [
    'next-no-key',
    configMap,
    [],
    { next: withChange(named('next-no-key', configMap), { data: { level: null } }) },
  ],
  [
    'next-key',
    configMap,
    [],
    { next: withChange(named('next-key', configMap), { data: { more: 'x' } }) },
  ],
  ['gone-from-git', configMap, [], { next: null }],
  [
    'kept-from-prune',
    merged(configMap, {
      metadata: {
        annotations: {
          'argocd.argoproj.io/sync-options': 'Prune=false',
          'kustomize.toolkit.fluxcd.io/prune': 'disabled',
          'helm.sh/resource-policy': 'keep',
        },
      },
    }),
    [],
    { next: null },
  ],
  [
    'applied-on-server',
    configMap,
    [{ by: 'kubectl', type: 'apply', body: { data: { extra: 'x', mode: 'red' } } }],
  ],
  ['applied-extra', configMap, [{ by: 'kubectl', type: 'apply', body: { data: { extra: 'x' } } }]],
  ['other-writer', configMap, [{ by: 'operator', type: 'merge', body: { data: { extra: 'x' } } }]],
  [
    'other-overwrote',
    configMap,
    [{ by: 'operator', type: 'merge', body: { data: { mode: 'x' } } }],
  ],
  ['finalizer', configMap, [patched({ metadata: { finalizers: ['acme.example/guard'] } })]],
];

const lists: readonly Case[] = [
  [
    'port-added',
    service,
    [edited({ spec: { ports: [{ name: 'admin', port: 81, targetPort: 81 }] } })],
  ],
  [
    'port-target',
    service,
    [operations({ op: 'replace', path: '/spec/ports/0/targetPort', value: 9090 })],
  ],
  ['selector', service, [patched({ spec: { selector: { app: 'other' } } })]],
  // The API server fills in what is empty here: no controller finds a difference.
  [
    'empty-default',
    merged(service, { spec: { type: 'LoadBalancer', externalTrafficPolicy: '' } }),
    [],
  ],
  [
    'type',
    service,
    [patched({ spec: { type: 'NodePort' } })],
    { follows: { flux: ['/spec/externalTrafficPolicy', '/spec/ports/*/nodePort'] } },
  ],
  [
    'policy-port',
    networkPolicy,
    [patched({ spec: { ingress: [{ ports: [{ port: 8080 }, { port: 9090 }] }] } })],
  ],
  [
    'policy-rule',
    networkPolicy,
    [operations({ op: 'add', path: '/spec/ingress/-', value: { ports: [{ port: 1 }] } })],
  ],
  ['verbs', role, [operations({ op: 'add', path: '/rules/0/verbs/-', value: 'delete' })]],
  [
    'rule',
    role,
    [
      operations({
        op: 'add',
        path: '/rules/-',
        value: { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
      }),
    ],
  ],
  [
    'path',
    ingress,
    [operations({ op: 'replace', path: '/spec/rules/0/http/paths/0/path', value: '/shop' })],
  ],
  ['class', ingress, [patched({ spec: { ingressClassName: 'nginx' } })]],
  ['schedule', cronJob, [patched({ spec: { schedule: '0 4 * * *' } })]],
  ['resumed-not', cronJob, [patched({ spec: { timeZone: 'Europe/Tallinn' } })]],
  ['ceiling', autoscaler, [patched({ spec: { maxReplicas: 9 } })]],
  ['available', budget, [patched({ spec: { minAvailable: 2 } })]],
  [
    'claim-env',
    statefulSet,
    [operations({ op: 'replace', path: `${mainAt}/env/0/value`, value: 'red' })],
  ],
  ['account-secret', account, [patched({ imagePullSecrets: [{ name: 'pull' }] })]],
];

const secrets: readonly Case[] = [
  ['secret-changed', secret, [patched({ stringData: { password: canaries[1] } })]],
  ['secret-added', secret, [patched({ stringData: { token: canaries[1] } })]],
  [
    'secret-next',
    secret,
    [],
    { next: withChange(named('secret-next', secret), { stringData: { password: canaries[2] } }) },
  ],
];

function customs(group: string): readonly Case[] {
  const own = widget(group);
  return [
    ['cr-setting', own, [patched({ spec: { settings: { mode: 'red' } } })]],
    ['cr-setting-added', own, [patched({ spec: { settings: { more: 'x' } } })]],
    ['cr-rule', own, [operations({ op: 'replace', path: '/spec/rules/0/action', value: 'deny' })]],
    [
      'cr-rule-added',
      own,
      [operations({ op: 'add', path: '/spec/rules/-', value: { name: 'third' } })],
    ],
    ['cr-rule-weight', own, [operations({ op: 'add', path: '/spec/rules/0/weight', value: 3 })]],
    ['cr-host', own, [operations({ op: 'add', path: '/spec/hosts/-', value: 'c.acme.example' })]],
    ['cr-step', own, [operations({ op: 'add', path: '/spec/steps/-', value: 'three' })]],
    ['cr-default', own, [patched({ spec: { size: 'large' } })]],
    ['cr-free', own, [patched({ spec: { free: { any: { thing: 2 } } } })]],
    [
      'cr-status',
      own,
      [{ by: 'operator', type: 'merge', subresource: 'status', body: { status: { ready: true } } }],
    ],
    [
      'cr-next',
      own,
      [],
      {
        next: withChange(named('cr-next', own), {
          spec: { rules: [{ name: 'first' }], size: 'large' },
        }),
      },
    ],
    [
      'cr-applied',
      own,
      [
        {
          by: 'other-manager',
          type: 'apply',
          body: { spec: { rules: [{ name: 'third' }], hosts: ['z.acme.example'] } },
        },
      ],
    ],
  ];
}

/** Everything that happens to objects, for one way; `group` is that of the custom resource. */
export function scenariosOf(way: Way, group: string): readonly Scenario[] {
  const cases = [
    ...deployments,
    ...maps,
    ...lists,
    ...secrets,
    ...customs(group),
    ...ruled,
    ...optionCases,
  ];
  const changed = cases.map(([name, base, drift, more]): Scenario => ({
    name,
    base: named(name, base),
    drift,
    ...more,
  }));
  return [...inSync(group), ...changed].filter((one) => isOf(one, way));
}

function isOf({ name, only, ignore, next }: Scenario, way: Way): boolean {
  if (ignore !== undefined && !hasRules(way)) return false;
  // A chart of the same version is released once, so that what is left is the correction of drift.
  if (way.startsWith('helmrelease') && next !== undefined) return false;
  const picked = few[way];
  if (picked?.includes(name) === true) return true;
  return only === undefined ? picked === undefined : only.includes(way);
}

/** Only controllers have rules of an app. */
function hasRules(way: Way): boolean {
  return !way.startsWith('kubectl') && way !== 'helm' && way !== 'helm-polite';
}

function prefixed(way: Way, names: readonly string[]): readonly string[] {
  return names.map((name) => `${way} ${name}`);
}

/** What a merge takes away and an apply on the server leaves. */
const leftByApply: readonly string[] = [
  'next-no-env',
  'next-no-replicas',
  'next-no-label',
  'dropped-but-shared',
  'next-no-key',
  'applied-on-server',
  'applied-extra',
  'cr-rule',
  'cr-rule-added',
  'cr-rule-weight',
  'cr-host',
  'cr-next',
  'cr-applied',
];

/** Where the verdict of a controller is not what its sync does, and ours is. */
export const better: readonly { readonly reason: string; readonly names: readonly string[] }[] = [
  {
    reason:
      'What only live has inside a list of a custom resource is no difference for Argo CD, and a sync takes it away.',
    names: prefixed('argo', ['cr-rule', 'cr-rule-weight']),
  },
  {
    reason: 'Argo CD compares an object that it writes whole as if it merged it.',
    names: ['argo', 'argo-ssa', 'argo-ssd'].flatMap((way) =>
      prefixed(way as Way, ['option-replace', 'option-replace-map']),
    ),
  },
  {
    reason:
      'Argo CD writes the type of claim templates on one side only, where it applies on the server.',
    names: prefixed('argo-ssa', ['same-statefulset', 'claim-env']),
  },
  {
    reason:
      'With ServerSideDiff alone, Argo CD compares by a server-side apply and syncs by a client-side one, which takes away what Git no longer has.',
    names: prefixed('argo-ssd', leftByApply),
  },
  {
    reason:
      'Before it applies, kustomize-controller makes what kubectl wrote its own and so takes it away; its comparison does not know that.',
    names: prefixed('flux', [
      'env-added',
      'limits-added',
      'label-added',
      'restarted',
      'default-changed',
      'default-nested',
      'key-added',
      'map-edit-all',
      'applied-on-server',
      'applied-extra',
      'finalizer',
      'port-added',
      'type',
      'class',
      'resumed-not',
      'account-secret',
      'secret-added',
      'cr-setting-added',
      'cr-rule',
      'cr-rule-added',
      'cr-rule-weight',
      'cr-host',
      'cr-default',
    ]),
  },
];

/** Of what the API of Argo CD alone tells, a sync is foretold and not known. */
export const foretold: readonly { readonly reason: string; readonly names: readonly string[] }[] = [
  {
    reason: 'Argo CD does not foresee what becomes of an object that it writes whole.',
    names: ['argo', 'argo-ssa', 'argo-ssd'].flatMap((way) =>
      prefixed(way as Way, ['option-replace', 'option-replace-map']),
    ),
  },
  {
    reason: 'Of what its rules hide it foresees nothing, and hides the values of Secrets.',
    names: ['argo-ssa', 'argo-ssd'].flatMap((way) =>
      prefixed(way as Way, [
        'ignored-pointer',
        'ignored-partly',
        'ignored-jq',
        'ignored-manager',
        'secret-changed',
        'secret-next',
      ]),
    ),
  },
  {
    reason: 'With ServerSideDiff alone, Argo CD foresees an apply that its sync does not make.',
    names: prefixed('argo-ssd', leftByApply),
  },
  {
    reason:
      'A merge writes a list whole and without the defaults in it, so that what an apply keeps there is not told from what it adds.',
    names: prefixed('argo-ssd', [
      'claim-env',
      'policy-port',
      'policy-rule',
      'cr-setting',
      'cr-step',
      'cr-free',
    ]),
  },
];
