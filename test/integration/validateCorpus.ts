import type { KubeObject } from '../../src/model/resource';

/** A CRD that uses what structural schemas offer. */
export const WIDGET_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.oracle.plumbline.example' },
  spec: {
    group: 'oracle.plumbline.example',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                required: ['size', 'mode'],
                properties: {
                  size: { type: 'integer', minimum: 1, maximum: 10, format: 'int32' },
                  mode: { type: 'string', enum: ['fast', 'slow'], default: 'fast' },
                  port: {
                    'x-kubernetes-int-or-string': true,
                    anyOf: [{ type: 'integer' }, { type: 'string' }],
                  },
                  ratio: { type: 'number', minimum: 0, exclusiveMinimum: true },
                  title: { type: 'string', pattern: '^[A-Z][a-z]+$', maxLength: 8 },
                  note: { type: 'string', nullable: true },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  closed: { type: 'object' },
                  flags: { type: 'object', additionalProperties: { type: 'boolean' } },
                  tags: { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
                  template: {
                    type: 'object',
                    'x-kubernetes-embedded-resource': true,
                    properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } },
                  },
                  source: {
                    type: 'object',
                    properties: {
                      git: { type: 'object', properties: { url: { type: 'string' } } },
                      oci: { type: 'object', properties: { url: { type: 'string' } } },
                    },
                    oneOf: [{ required: ['git'] }, { required: ['oci'] }],
                  },
                  steps: {
                    type: 'array',
                    items: {
                      type: 'object',
                      required: ['name', 'retries'],
                      properties: {
                        name: { type: 'string' },
                        retries: { type: 'integer', default: 3 },
                      },
                    },
                  },
                },
              },
              status: {
                type: 'object',
                required: ['phase'],
                properties: { phase: { type: 'string' } },
              },
            },
          },
        },
      },
    ],
  },
} as const satisfies KubeObject;

export function widget(spec: object, more: object = {}): KubeObject {
  return {
    apiVersion: 'oracle.plumbline.example/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    spec,
    ...more,
  };
}

const container = {
  name: 'main',
  image: 'registry.example/app:1',
  imagePullPolicy: 'IfNotPresent',
  command: ['/app'],
  args: ['--verbose'],
  workingDir: '/srv',
  ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
  env: [
    { name: 'PLAIN', value: 'x' },
    { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
    { name: 'FROM_MAP', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
    { name: 'FROM_FIELD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
  ],
  envFrom: [{ prefix: 'X_', configMapRef: { name: 'c', optional: true } }],
  resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: 1, memory: '1Gi' } },
  livenessProbe: {
    httpGet: {
      path: '/',
      port: 'http',
      scheme: 'HTTP',
      httpHeaders: [{ name: 'X-A', value: 'b' }],
    },
    periodSeconds: 5,
  },
  readinessProbe: { tcpSocket: { port: 8080 } },
  startupProbe: { grpc: { port: 8080, service: 's' } },
  lifecycle: { preStop: { sleep: { seconds: 1 } } },
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 1000,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
  volumeMounts: [
    { name: 'data', mountPath: '/data', readOnly: true },
    { name: 'map', mountPath: '/map', subPath: 'k' },
  ],
};

const podSpec = {
  containers: [container],
  initContainers: [{ name: 'init', image: 'registry.example/init:1' }],
  serviceAccountName: 'default',
  nodeSelector: { disk: 'ssd' },
  tolerations: [
    { key: 'k', operator: 'Equal', value: 'v', effect: 'NoExecute', tolerationSeconds: 3 },
  ],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'k', operator: 'In', values: ['v'] }] }],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ key: 'k', operator: 'Exists' }] } },
      ],
    },
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: { matchLabels: { app: 'a' } },
          },
        },
      ],
    },
  },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' },
  ],
  hostAliases: [{ ip: '10.0.0.1', hostnames: ['a.example'] }],
  dnsPolicy: 'ClusterFirst',
  dnsConfig: { nameservers: ['10.0.0.2'], options: [{ name: 'ndots', value: '2' }] },
  securityContext: { fsGroup: 1, sysctls: [{ name: 'kernel.shm_rmid_forced', value: '0' }] },
  imagePullSecrets: [{ name: 'pull' }],
  readinessGates: [{ conditionType: 'example.com/ready' }],
  volumes: [
    { name: 'data', emptyDir: { sizeLimit: '1Gi' } },
    { name: 'map', configMap: { name: 'c', items: [{ key: 'k', path: 'p' }], defaultMode: 420 } },
    { name: 'sec', secret: { secretName: 's' } },
    { name: 'claim', persistentVolumeClaim: { claimName: 'c' } },
    { name: 'host', hostPath: { path: '/var', type: 'Directory' } },
    {
      name: 'down',
      downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] },
    },
    {
      name: 'proj',
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
          { secret: { name: 's', items: [{ key: 'a', path: 'b' }] } },
        ],
      },
    },
    { name: 'csi', csi: { driver: 'd.example' } },
    { name: 'nfs', nfs: { server: 's', path: '/p' } },
    {
      name: 'eph',
      ephemeral: {
        volumeClaimTemplate: {
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      },
    },
    {
      name: 'iscsi',
      iscsi: { targetPortal: '10.0.0.3', iqn: 'iqn.2001-04.com.example:disk', lun: 0 },
    },
  ],
};

const jobPodSpec = { restartPolicy: 'Never', containers: [{ name: 'j', image: 'i:1' }] };
const labels = { app: 'a' };
const selector = { matchLabels: labels };

function make(apiVersion: string, kind: string, rest: object): KubeObject {
  return { apiVersion, kind, metadata: { name: 'probe' }, ...rest };
}

/** Objects that the API server accepts, rich in fields; each field is bent in every way. */
export const ACCEPTED: readonly KubeObject[] = [
  make('v1', 'Pod', {
    metadata: {
      name: 'probe',
      labels,
      annotations: { 'example.com/a': 'b' },
      finalizers: ['example.com/f'],
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u' }],
      creationTimestamp: '2024-01-31T12:00:00Z',
    },
    spec: podSpec,
  }),
  make('apps/v1', 'Deployment', {
    spec: {
      replicas: 1,
      selector: {
        ...selector,
        matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b'] }],
      },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
      minReadySeconds: 1,
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
    },
  }),
  make('apps/v1', 'StatefulSet', {
    spec: {
      serviceName: 's',
      selector,
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
    },
  }),
  make('apps/v1', 'DaemonSet', {
    spec: {
      selector,
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
      updateStrategy: { type: 'OnDelete' },
    },
  }),
  make('apps/v1', 'ControllerRevision', { data: { a: 1 }, revision: 3 }),
  make('batch/v1', 'Job', {
    spec: {
      backoffLimit: 1,
      ttlSecondsAfterFinished: 60,
      completionMode: 'Indexed',
      completions: 2,
      podFailurePolicy: {
        rules: [
          {
            action: 'Ignore',
            onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }],
          },
          { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } },
        ],
      },
      template: { spec: jobPodSpec },
    },
  }),
  make('batch/v1', 'CronJob', {
    spec: {
      schedule: '0 3 * * *',
      concurrencyPolicy: 'Forbid',
      suspend: false,
      jobTemplate: { metadata: { labels }, spec: { template: { spec: jobPodSpec } } },
    },
  }),
  make('v1', 'Service', {
    spec: {
      type: 'ClusterIP',
      selector: labels,
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } },
      ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    },
  }),
  make('v1', 'ConfigMap', { data: { a: 'b' }, binaryData: { c: 'YQ==' }, immutable: true }),
  make('v1', 'Secret', { type: 'Opaque', data: { a: 'YQ==' }, stringData: { b: 'c' } }),
  make('v1', 'ServiceAccount', {
    automountServiceAccountToken: false,
    secrets: [{ name: 's' }],
    imagePullSecrets: [{ name: 'p' }],
  }),
  make('v1', 'Namespace', { spec: { finalizers: ['kubernetes'] } }),
  make('v1', 'PersistentVolumeClaim', {
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'fast',
      volumeMode: 'Filesystem',
      dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'x' },
    },
  }),
  make('v1', 'PersistentVolume', {
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteMany'],
      persistentVolumeReclaimPolicy: 'Retain',
      csi: { driver: 'd.example', volumeHandle: 'h', volumeAttributes: { a: 'b' } },
      claimRef: { namespace: 'default', name: 'c' },
    },
  }),
  make('v1', 'LimitRange', {
    spec: { limits: [{ type: 'Container', default: { cpu: '1' }, max: { cpu: '2' } }] },
  }),
  make('v1', 'ResourceQuota', {
    spec: {
      hard: { pods: '10', 'requests.cpu': 4 },
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }],
      },
    },
  }),
  make('v1', 'Endpoints', {
    subsets: [{ addresses: [{ ip: '10.1.2.3', hostname: 'h' }], ports: [{ name: 'p', port: 80 }] }],
  }),
  make('v1', 'ReplicationController', {
    spec: {
      replicas: 1,
      selector: labels,
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
    },
  }),
  make('v1', 'PodTemplate', {
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
  }),
  make('v1', 'Node', {
    spec: {
      podCIDR: '10.2.0.0/24',
      podCIDRs: ['10.2.0.0/24'],
      taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }],
    },
  }),
  make('networking.k8s.io/v1', 'Ingress', {
    spec: {
      ingressClassName: 'nginx',
      tls: [{ hosts: ['a.example'], secretName: 's' }],
      defaultBackend: { service: { name: 's', port: { number: 80 } } },
      rules: [
        {
          host: 'a.example',
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: 's', port: { name: 'http' } } },
              },
            ],
          },
        },
      ],
    },
  }),
  make('networking.k8s.io/v1', 'IngressClass', {
    spec: {
      controller: 'example.com/c',
      parameters: { apiGroup: 'k.example', kind: 'P', name: 'p', scope: 'Cluster' },
    },
  }),
  make('networking.k8s.io/v1', 'NetworkPolicy', {
    spec: {
      podSelector: selector,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [
            { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } },
            { namespaceSelector: { matchExpressions: [{ key: 'k', operator: 'Exists' }] } },
          ],
          ports: [{ protocol: 'TCP', port: 80, endPort: 90 }],
        },
      ],
      egress: [{ to: [{ podSelector: {} }] }],
    },
  }),
  make('policy/v1', 'PodDisruptionBudget', {
    spec: { minAvailable: '50%', selector, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
  }),
  make('autoscaling/v2', 'HorizontalPodAutoscaler', {
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
        {
          type: 'Pods',
          pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '10' } },
        },
      ],
      behavior: {
        scaleDown: {
          selectPolicy: 'Min',
          stabilizationWindowSeconds: 60,
          policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
        },
      },
    },
  }),
  make('rbac.authorization.k8s.io/v1', 'Role', {
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['p'] }],
  }),
  make('rbac.authorization.k8s.io/v1', 'ClusterRole', {
    rules: [{ nonResourceURLs: ['/healthz'], verbs: ['get'] }],
    aggregationRule: { clusterRoleSelectors: [selector] },
  }),
  make('rbac.authorization.k8s.io/v1', 'RoleBinding', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
    subjects: [
      { kind: 'ServiceAccount', name: 's', namespace: 'default' },
      { kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' },
    ],
  }),
  make('scheduling.k8s.io/v1', 'PriorityClass', {
    value: 10,
    globalDefault: false,
    description: 'd',
    preemptionPolicy: 'Never',
  }),
  make('storage.k8s.io/v1', 'StorageClass', {
    provisioner: 'd.example',
    parameters: { a: 'b' },
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'Immediate',
    allowedTopologies: [{ matchLabelExpressions: [{ key: 'z', values: ['a'] }] }],
  }),
  make('storage.k8s.io/v1', 'CSIDriver', {
    metadata: { name: 'd.example' },
    spec: { attachRequired: false, tokenRequests: [{ audience: 'a', expirationSeconds: 3600 }] },
  }),
  make('node.k8s.io/v1', 'RuntimeClass', {
    handler: 'h',
    overhead: { podFixed: { cpu: '1m' } },
    scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ operator: 'Exists' }] },
  }),
  make('discovery.k8s.io/v1', 'EndpointSlice', {
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: ['10.1.2.3'],
        conditions: { ready: true },
        hints: { forZones: [{ name: 'z' }] },
      },
    ],
    ports: [{ name: 'p', port: 80, protocol: 'TCP' }],
  }),
  make('coordination.k8s.io/v1', 'Lease', {
    spec: { holderIdentity: 'h', leaseDurationSeconds: 15 },
  }),
  make('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', {
    webhooks: [
      {
        name: 'a.example.com',
        clientConfig: { service: { namespace: 'n', name: 's', path: '/p', port: 443 } },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Ignore',
        matchPolicy: 'Exact',
        rules: [
          {
            apiGroups: ['x.example'],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['things'],
            scope: '*',
          },
        ],
        matchConditions: [{ name: 'm', expression: 'true' }],
      },
    ],
  }),
  make('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', {
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['x.example'],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['things'],
          },
        ],
      },
      variables: [{ name: 'v', expression: 'true' }],
      validations: [{ expression: 'variables.v', message: 'm' }],
      auditAnnotations: [{ key: 'k', valueExpression: "'v'" }],
    },
  }),
  make('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', {
    spec: {
      policyName: 'p',
      validationActions: ['Warn'],
      paramRef: { name: 'n', parameterNotFoundAction: 'Allow' },
    },
  }),
  make('flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', {
    spec: {
      priorityLevelConfiguration: { name: 'p' },
      matchingPrecedence: 100,
      distinguisherMethod: { type: 'ByUser' },
      rules: [
        {
          subjects: [
            { kind: 'ServiceAccount', serviceAccount: { name: 's', namespace: 'n' } },
            { kind: 'Group', group: { name: 'g' } },
          ],
          resourceRules: [
            { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['n'] },
          ],
          nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }],
        },
      ],
    },
  }),
  make('flowcontrol.apiserver.k8s.io/v1', 'PriorityLevelConfiguration', {
    spec: {
      type: 'Limited',
      limited: { nominalConcurrencyShares: 10, limitResponse: { type: 'Reject' } },
    },
  }),
  make('apiregistration.k8s.io/v1', 'APIService', {
    metadata: { name: 'v1.things.example' },
    spec: {
      group: 'things.example',
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 10,
      insecureSkipTLSVerify: true,
      service: { name: 's', namespace: 'n', port: 443 },
    },
  }),
  make('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
    metadata: { name: 'things.probe.example' },
    spec: {
      group: 'probe.example',
      names: { kind: 'Thing', plural: 'things', shortNames: ['th'] },
      scope: 'Namespaced',
      conversion: { strategy: 'None' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: {
            scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
          },
          additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: '.spec.a' }],
          selectableFields: [{ jsonPath: '.spec.a' }],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  required: ['a'],
                  properties: { a: { type: 'string' }, replicas: { type: 'integer' } },
                },
              },
            },
          },
        },
      ],
    },
  }),
  widget({
    size: 3,
    mode: 'slow',
    port: 80,
    ratio: 0.5,
    title: 'Hello',
    note: 'n',
    free: { a: { b: 1 } },
    closed: {},
    flags: { a: true },
    tags: ['t'],
    template: { apiVersion: 'v1', kind: 'K', metadata: { name: 'n' }, spec: { a: 'x' } },
    source: { git: { url: 'u' } },
    steps: [{ name: 'n', retries: 2 }],
  }),
];

export interface Refused {
  readonly label: string;
  readonly object: KubeObject;
  readonly verdict: 'undecodable' | 'invalid';
  /** As the server writes their paths. */
  readonly unknownFields?: readonly string[];
  /** Of our findings. */
  readonly codes: readonly string[];
}

function workload(spec: object): KubeObject {
  return make('apps/v1', 'Deployment', {
    spec: {
      selector,
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      ...spec,
    },
  });
}

function pod(spec: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe', ...metadata },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  };
}

const unknown = (label: string, object: KubeObject, ...fields: string[]): Refused => ({
  label,
  object,
  verdict: 'undecodable',
  unknownFields: [...fields].sort(),
  codes: fields.map(() => 'unknown-field'),
});

const undecodable = (label: string, object: KubeObject, code: string): Refused => ({
  label,
  object,
  verdict: 'undecodable',
  codes: [code],
});

const invalid = (label: string, object: KubeObject, ...codes: string[]): Refused => ({
  label,
  object,
  verdict: 'invalid',
  codes,
});

/** Mistakes of people, each with the verdict that both must give. */
export const REFUSED: readonly Refused[] = [
  unknown('a misspelt field', workload({ replica: 3 }), 'spec.replica'),
  unknown(
    'several misspelt fields',
    pod({ containers: [{ name: 'c', imag: 'i', Env: [] }], restartpolicy: 'Never' }),
    'spec.containers[0].imag',
    'spec.containers[0].Env',
    'spec.restartpolicy',
  ),
  unknown('a field one level too high', make('v1', 'Service', { ports: [{ port: 80 }] }), 'ports'),
  unknown('unknown metadata', pod({}, { label: { a: 'b' } }), 'metadata.label'),
  unknown(
    'a field of an old version',
    make('networking.k8s.io/v1', 'Ingress', {
      spec: { defaultBackend: { serviceName: 's', service: { name: 's', port: { number: 1 } } } },
    }),
    'spec.defaultBackend.serviceName',
  ),
  unknown('data beside a ConfigMap', make('v1', 'ConfigMap', { spec: { data: {} } }), 'spec'),
  unknown('an unknown custom field', widget({ size: 1, sise: 2 }), 'spec.sise'),
  unknown(
    'a custom field of a closed object',
    widget({ size: 1, closed: { a: 1 } }),
    'spec.closed.a',
  ),
  unknown(
    'a field in a custom list',
    widget({ size: 1, steps: [{ name: 'a', x: 1 }] }),
    'spec.steps[0].x',
  ),
  unknown(
    'unknown metadata of a custom resource',
    widget({ size: 1 }, { metadata: { name: 'w', lables: {} } }),
    'metadata.lables',
  ),
  unknown(
    'an unknown field of its status',
    widget({ size: 1 }, { status: { fase: 'x' } }),
    'status.fase',
  ),
  unknown('a neighbour of spec', widget({ size: 1 }, { sepc: {} }), 'sepc'),
  undecodable('text for a number', workload({ replicas: '3' }), 'wrong-type'),
  undecodable('a fraction for a number', workload({ replicas: 1.5 }), 'wrong-type'),
  undecodable('a number beyond 32 bits', workload({ replicas: 3_000_000_000 }), 'invalid-value'),
  undecodable(
    'a number for an environment value',
    pod({ containers: [{ name: 'c', image: 'i', env: [{ name: 'A', value: 1 }] }] }),
    'wrong-type',
  ),
  undecodable('an object for a list', pod({ containers: { name: 'c', image: 'i' } }), 'wrong-type'),
  undecodable('a boolean label', pod({}, { labels: { a: true } }), 'wrong-type'),
  undecodable('a text for a boolean', pod({ hostNetwork: 'true' }), 'wrong-type'),
  undecodable(
    'a secret that is not base64',
    make('v1', 'Secret', { data: { a: 'plain text!' } }),
    'invalid-value',
  ),
  undecodable(
    'a secret with cut padding',
    make('v1', 'Secret', { data: { a: 'YQ=' } }),
    'invalid-value',
  ),
  undecodable(
    'a quantity with a bad unit',
    pod({ containers: [{ name: 'c', image: 'i', resources: { limits: { memory: '1GB' } } }] }),
    'invalid-value',
  ),
  undecodable(
    'a quantity with a space inside',
    pod({ containers: [{ name: 'c', image: 'i', resources: { limits: { memory: '1 Gi' } } }] }),
    'invalid-value',
  ),
  undecodable(
    'an empty quantity',
    pod({ containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: '' } } }] }),
    'invalid-value',
  ),
  undecodable(
    'a time without a zone',
    pod({}, { creationTimestamp: '2024-01-31T12:00:00' }),
    'invalid-value',
  ),
  undecodable(
    'a day that does not exist',
    pod({}, { creationTimestamp: '2024-02-30T12:00:00Z' }),
    'invalid-value',
  ),
  invalid(
    'a missing list of containers',
    make('v1', 'Pod', { spec: { hostNetwork: false } }),
    'missing-field',
  ),
  invalid('a missing selector', workload({ selector: undefined }), 'missing-field'),
  invalid('a selector that is null', workload({ selector: null }), 'missing-field'),
  invalid(
    'a selector for other pods',
    workload({ selector: { matchLabels: { app: 'b' } } }),
    'selector-mismatch',
  ),
  invalid(
    'a selector for a label that the pods lack',
    workload({ selector: { matchLabels: { app: 'a', tier: 'web' } } }),
    'selector-mismatch',
  ),
  invalid(
    'a selector that excludes its own pods',
    workload({
      selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['a'] }] },
    }),
    'selector-mismatch',
  ),
  invalid('an empty selector', workload({ selector: {} }), 'selector-mismatch'),
  invalid(
    'a pull policy that does not exist',
    pod({ containers: [{ name: 'c', image: 'i', imagePullPolicy: 'Allways' }] }),
    'invalid-value',
  ),
  invalid(
    'a service type in lower case',
    make('v1', 'Service', { spec: { type: 'clusterip', ports: [{ port: 1 }] } }),
    'invalid-value',
  ),
  invalid('a name in upper case', pod({}, { name: 'Probe' }), 'invalid-name'),
  invalid(
    'a name with an underscore',
    make('v1', 'ConfigMap', { metadata: { name: 'a_b' } }),
    'invalid-name',
  ),
  invalid(
    'a service name with a dot',
    make('v1', 'Service', { metadata: { name: 'a.b' }, spec: { ports: [{ port: 1 }] } }),
    'invalid-name',
  ),
  invalid(
    'a namespace name with a dot',
    make('v1', 'Namespace', { metadata: { name: 'a.b' } }),
    'invalid-name',
  ),
  invalid(
    'a role name with a slash',
    make('rbac.authorization.k8s.io/v1', 'Role', { metadata: { name: 'a/b' } }),
    'invalid-name',
  ),
  invalid(
    'a CronJob name of 53 characters',
    make('batch/v1', 'CronJob', {
      metadata: { name: 'c'.repeat(53) },
      spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template: { spec: jobPodSpec } } } },
    }),
    'invalid-name',
  ),
  invalid(
    'a label value with a plus sign',
    pod({}, { labels: { version: '1.0+build' } }),
    'invalid-label',
  ),
  invalid(
    'a label value of 64 characters',
    pod({}, { labels: { a: 'x'.repeat(64) } }),
    'invalid-label',
  ),
  invalid('a label key with two slashes', pod({}, { labels: { 'a/b/c': 'd' } }), 'invalid-label'),
  invalid(
    'an annotation key with a space',
    pod({}, { annotations: { 'a b': 'c' } }),
    'invalid-label',
  ),
  invalid('no name', { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }, 'missing-name'),
  invalid('a missing custom field', widget({}), 'missing-field'),
  invalid('a custom number out of range', widget({ size: 11 }), 'invalid-value'),
  invalid('a custom number at an exclusive limit', widget({ size: 1, ratio: 0 }), 'invalid-value'),
  invalid(
    'a custom value that is not listed',
    widget({ size: 1, mode: 'medium' }),
    'invalid-value',
  ),
  invalid('a custom text off its pattern', widget({ size: 1, title: 'lower' }), 'invalid-value'),
  invalid('a custom text too long', widget({ size: 1, title: 'Abcdefghi' }), 'invalid-value'),
  invalid('an empty custom list', widget({ size: 1, tags: [] }), 'invalid-value'),
  invalid(
    'two choices at once',
    widget({ size: 1, source: { git: {}, oci: {} } }),
    'invalid-value',
  ),
  invalid('no choice', widget({ size: 1, source: {} }), 'invalid-value'),
  invalid('a custom map with another type', widget({ size: 1, flags: { a: 'yes' } }), 'wrong-type'),
  invalid('a fraction for a port or name', widget({ size: 1, port: 1.5 }), 'wrong-type'),
  invalid(
    'an embedded resource without its kind',
    widget({ size: 1, template: { apiVersion: 'v1' } }),
    'missing-field',
  ),
];
