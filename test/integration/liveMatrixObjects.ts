import type { Json, JsonObject, KubeObject } from '../../src/model/resource';

/** How objects come into the cluster, and so how their tool compares them. */
export type Way =
  | 'argo'
  | 'argo-ssa'
  | 'argo-ssd'
  | 'argo-options'
  | 'flux'
  | 'kubectl'
  | 'kubectl-ssa'
  | 'helm'
  | 'helm-polite'
  | 'helmrelease'
  | 'helmrelease-warn'
  | 'helmrelease-off';

export const ways: readonly Way[] = [
  'argo',
  'argo-ssa',
  'argo-ssd',
  // Prunes, respects what is ignored, and applies only what is out of sync.
  'argo-options',
  'flux',
  'kubectl',
  // On the server, and without force.
  'kubectl-ssa',
  'helm',
  'helm-polite',
  // By helm-controller, with drift detection that corrects, warns or is off.
  'helmrelease',
  'helmrelease-warn',
  'helmrelease-off',
];

export function isArgo(way: Way): boolean {
  return way.startsWith('argo');
}

export const releaseWays: readonly Way[] = ways.filter((way) => way.startsWith('helmrelease'));

/** One request that changes the live object behind the back of its tool. */
export interface Drift {
  readonly by: string;
  readonly type: 'merge' | 'strategic' | 'json' | 'apply' | 'delete';
  readonly body?: Json;
  readonly subresource?: 'scale' | 'status';
}

export interface Scenario {
  readonly name: string;
  readonly base: KubeObject;
  readonly drift?: readonly Drift[];
  /** What Git says after it was applied; `null`: no longer there. */
  readonly next?: KubeObject | null;
  readonly only?: readonly Way[];
  /** What the API server changes besides, when a sync writes the fields that are named. */
  readonly follows?: Readonly<Partial<Record<Way, readonly string[]>>>;
  /** Rules of the app about this object. */
  readonly ignore?: {
    readonly jsonPointers?: readonly string[];
    readonly jqPathExpressions?: readonly string[];
    readonly managedFieldsManagers?: readonly string[];
  };
}

export function named(name: string, object: JsonObject): KubeObject {
  const metadata = { ...(object['metadata'] as JsonObject | undefined), name };
  return { ...object, metadata } as unknown as KubeObject;
}

/** Deep merge; `null` takes a key away, lists are replaced. */
export function merged(base: JsonObject, change: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const old = result[key];
    if (value === null) delete result[key];
    else if (isMap(value) && isMap(old)) result[key] = merged(old, value);
    else result[key] = value;
  }
  return result;
}

export function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function withChange(base: KubeObject, change: JsonObject): KubeObject {
  return merged(base as unknown as JsonObject, change) as unknown as KubeObject;
}

export const image = 'registry.acme.example/web:1';

/** Paused, so that no pods come of it. */
export const deployment: JsonObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { labels: { app: 'web', tier: 'front' }, annotations: { owner: 'shop' } },
  spec: {
    paused: true,
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          {
            name: 'main',
            image,
            env: [
              { name: 'MODE', value: 'blue' },
              { name: 'LEVEL', value: 'info' },
            ],
            ports: [{ containerPort: 8080 }],
            resources: { requests: { cpu: '0.5', memory: '1024Mi' }, limits: { memory: '1Gi' } },
          },
        ],
      },
    },
  },
};

export function container(change: JsonObject): JsonObject {
  const [main = {}] = containersOf(deployment);
  return merged(main, change);
}

function containersOf(object: JsonObject): readonly JsonObject[] {
  const spec = object['spec'] as JsonObject;
  const template = spec['template'] as JsonObject;
  return (template['spec'] as JsonObject)['containers'] as readonly JsonObject[];
}

export function containers(...list: readonly JsonObject[]): JsonObject {
  return { spec: { template: { spec: { containers: list } } } };
}

export const configMap: JsonObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { labels: { app: 'web' } },
  data: { mode: 'blue', level: 'info' },
};
export const service: JsonObject = {
  apiVersion: 'v1',
  kind: 'Service',
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
};
/** What every scenario with a Secret holds: nothing that is told may have any of it. */
export const canaries = ['canary-8f3c-applied', 'canary-8f3c-drifted', 'canary-8f3c-next'] as const;
export const secret: JsonObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  stringData: { password: canaries[0], user: 'shop' },
};
export const ingress: JsonObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  spec: {
    rules: [
      {
        host: 'shop.acme.example',
        http: {
          paths: [
            {
              path: '/',
              pathType: 'Prefix',
              backend: { service: { name: 'web', port: { number: 80 } } },
            },
          ],
        },
      },
    ],
  },
};
export const networkPolicy: JsonObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  spec: {
    podSelector: { matchLabels: { app: 'web' } },
    ingress: [{ ports: [{ port: 8080 }] }],
  },
};
export const role: JsonObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
};
export const cronJob: JsonObject = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  spec: {
    schedule: '0 3 * * *',
    suspend: true,
    jobTemplate: {
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] } },
      },
    },
  },
};
export const autoscaler: JsonObject = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' },
    minReplicas: 1,
    maxReplicas: 3,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
      },
    ],
  },
};
export const budget: JsonObject = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
};
export const statefulSet: JsonObject = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  spec: {
    replicas: 0,
    serviceName: 'web',
    selector: { matchLabels: { app: 'db' } },
    template: {
      metadata: { labels: { app: 'db' } },
      spec: { containers: [{ name: 'main', image, env: [{ name: 'MODE', value: 'blue' }] }] },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
  },
};
export const account: JsonObject = { apiVersion: 'v1', kind: 'ServiceAccount' };

/** A kind with each of the ways in which lists and maps merge, and with defaults. */
export function widgetCrd(group: string): KubeObject {
  const text = { type: 'string' };
  const rule = {
    type: 'object',
    required: ['name'],
    properties: { name: text, action: { ...text, default: 'allow' }, weight: { type: 'integer' } },
  };
  const spec = {
    type: 'object',
    properties: {
      size: { ...text, default: 'small' },
      settings: { type: 'object', additionalProperties: text },
      rules: {
        type: 'array',
        items: rule,
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      },
      hosts: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
      steps: { type: 'array', items: text, 'x-kubernetes-list-type': 'atomic' },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  };
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec,
        status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  };
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema,
    subresources: { status: {} },
  };
  const names = { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: { group, scope: 'Namespaced', names, versions: [version] },
  };
}

export function widget(group: string): JsonObject {
  return {
    apiVersion: `${group}/v1`,
    kind: 'Widget',
    spec: {
      settings: { mode: 'blue', level: 'info' },
      rules: [{ name: 'first' }, { name: 'second', action: 'deny' }],
      hosts: ['a.acme.example', 'b.acme.example'],
      steps: ['one', 'two'],
      free: { any: { thing: 1 } },
    },
  };
}

export type Case = readonly [
  name: string,
  base: JsonObject,
  drift: readonly Drift[],
  more?: Omit<Scenario, 'name' | 'base' | 'drift'>,
];

export const edited = (body: Json): Drift => ({ by: 'kubectl-edit', type: 'strategic', body });
export const patched = (body: Json): Drift => ({ by: 'kubectl-patch', type: 'merge', body });
export const operations = (...body: readonly JsonObject[]): Drift => ({
  by: 'kubectl-patch',
  type: 'json',
  body,
});

export const mainAt = '/spec/template/spec/containers/0';
