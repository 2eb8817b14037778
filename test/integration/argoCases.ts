import { deployment } from './pipelineWorld';

type Table = Readonly<Record<string, string>>;
type Spec = Readonly<Record<string, unknown>>;

/** One feature of an Argo CD source: files in a folder of its own, and what the Application says. */
export interface ArgoCase {
  readonly name: string;
  /** By path below the folder of the case. */
  readonly files: Table;
  /** A `source`, or several; `path` is that of the case's folder unless given. */
  readonly sources: readonly Spec[];
  /** Argo CD renders nothing, and neither do we; or we do as its newer versions, and say so. */
  readonly fails?: true | 'in 3.2';
}

export function map(name: string, data: Table = { a: 'b' }): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })}\n`;
}

const kustomization = {
  'kustomization.yaml': 'resources: [web.yaml]\n',
  'web.yaml': deployment('web', 1),
};

/** A chart whose one object shows its values, its release and what it thinks of the cluster. */
const showing = {
  'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 1.0.0\n',
  'values.yaml': 'top: chart\nlist: [1, 2]\nnested: {a: 1, b: 2}\n',
  'one.yaml': 'top: one\nnested: {a: one}\n',
  'two.yaml': 'top: two\n',
  'files/text': 'a,b=c\nsecond\n',
  'templates/map.yaml': [
    'apiVersion: v1',
    'kind: ConfigMap',
    'metadata: {name: {{ .Release.Name }}-map, namespace: {{ .Release.Namespace }}}',
    'data:',
    '  values: {{ .Values | toJson | quote }}',
    '  upgrade: {{ .Release.IsUpgrade | quote }}',
    '',
  ].join('\n'),
};

const versions = {
  'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: 1.0.0\n',
  'templates/map.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: versions}\ndata:\n' +
    '  kube: {{ .Capabilities.KubeVersion.Version }}\n' +
    '  custom: {{ .Capabilities.APIVersions.Has "acme.example/v1" | quote }}\n' +
    '  apps: {{ .Capabilities.APIVersions.Has "apps/v1" | quote }}\n',
};

const withExtras = {
  ...showing,
  'crds/crd.yaml':
    '{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: things.acme.example}, spec: {group: acme.example, scope: Cluster, names: {kind: Thing, plural: things}, versions: []}}\n',
  'templates/test.yaml':
    '{apiVersion: v1, kind: Pod, metadata: {name: test, annotations: {helm.sh/hook: test}}}\n',
  'templates/hook.yaml':
    '{apiVersion: batch/v1, kind: Job, metadata: {name: hook, annotations: {helm.sh/hook: pre-install}}}\n',
};

const jsonnet = {
  'main.jsonnet': [
    "local lib = import 'lib.libsonnet';",
    'function(tier, count)',
    "  [lib.map('one', std.extVar('env') + '-' + tier), lib.map('two', std.toString(count + std.extVar('n').add))]",
    '',
  ].join('\n'),
};
const library = {
  'lib.libsonnet':
    "{map(name, value): {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: name}, data: {value: value}}}\n",
};

const directory: readonly ArgoCase[] = [
  {
    name: 'dir-recurse',
    files: { 'a.yaml': map('a'), 'deep/b.json': map('b'), 'deep/c.yaml': map('c'), 'x.txt': 'no' },
    sources: [{ directory: { recurse: true, exclude: '{deep/c.yaml,none}' } }],
  },
  {
    name: 'dir-include',
    files: { 'a.yaml': map('a'), 'b.yaml': map('b') },
    sources: [{ directory: { include: 'b*' } }],
  },
  {
    name: 'dir-list',
    files: { 'l.yaml': `apiVersion: v1\nkind: List\nitems:\n- ${map('a')}- ${map('b')}` },
    sources: [{}],
  },
  {
    name: 'jsonnet',
    files: { ...jsonnet, 'libs/lib.libsonnet': library['lib.libsonnet'] },
    sources: [
      {
        directory: {
          jsonnet: {
            libs: ['cases/jsonnet/libs'],
            extVars: [
              { name: 'env', value: '$ARGOCD_APP_NAME' },
              { name: 'n', value: '{add: 1}', code: true },
            ],
            tlas: [
              { name: 'tier', value: 'web' },
              { name: 'count', value: '41', code: true },
            ],
          },
        },
      },
    ],
  },
  {
    name: 'jsonnet-one',
    files: {
      ...library,
      'a.jsonnet': "(import './lib.libsonnet').map('a', importstr 'text')",
      text: 't\n',
    },
    sources: [{}],
  },
  { name: 'jsonnet-undefined', files: { ...jsonnet, ...library }, sources: [{}], fails: true },
  { name: 'jsonnet-error', files: { 'a.jsonnet': "error 'no'" }, sources: [{}], fails: true },
];

const kustomize: readonly ArgoCase[] = [
  {
    name: 'kustomize-edits',
    files: kustomization,
    sources: [
      {
        kustomize: {
          namePrefix: 'a-',
          nameSuffix: '-z',
          namespace: 'elsewhere',
          images: ['registry.acme.example/main=other.example/main:$ARGOCD_APP_NAME'],
          replicas: [{ name: 'web', count: 5 }],
          commonLabels: { app: '${ARGOCD_APP_NAME}' },
          commonAnnotations: { who: '$ARGOCD_APP_NAME' },
        },
      },
    ],
  },
  {
    name: 'kustomize-envsubst',
    files: kustomization,
    sources: [
      {
        kustomize: {
          commonAnnotations: { who: '$ARGOCD_APP_NAME of $ARGOCD_APP_NAMESPACE', cost: '$$5' },
          commonAnnotationsEnvsubst: true,
        },
      },
    ],
  },
  {
    name: 'kustomize-labels',
    files: kustomization,
    sources: [{ kustomize: { commonLabels: { tier: 'web' }, labelWithoutSelector: true } }],
  },
  {
    name: 'kustomize-templates',
    files: {
      ...kustomization,
      'kustomization.yaml':
        'resources: [web.yaml]\nlabels:\n- {pairs: {old: x}, includeTemplates: true}\n',
    },
    sources: [
      {
        kustomize: {
          commonLabels: { tier: 'web' },
          labelWithoutSelector: true,
          labelIncludeTemplates: true,
        },
      },
    ],
  },
  {
    name: 'kustomize-templates-alone',
    files: kustomization,
    sources: [{ kustomize: { commonLabels: { tier: 'web' }, labelIncludeTemplates: true } }],
    fails: true,
  },
  {
    name: 'kustomize-force',
    files: {
      ...kustomization,
      'kustomization.yaml':
        'resources: [web.yaml]\ncommonAnnotations: {team: a}\ncommonLabels: {team: a}\n',
    },
    sources: [
      {
        kustomize: {
          commonAnnotations: { team: 'b' },
          commonLabels: { team: 'b' },
          forceCommonAnnotations: true,
          forceCommonLabels: true,
        },
      },
    ],
  },
  {
    name: 'kustomize-unforced',
    files: {
      ...kustomization,
      'kustomization.yaml': 'resources: [web.yaml]\ncommonLabels: {team: a}\n',
    },
    sources: [{ kustomize: { commonLabels: { team: 'b' } } }],
    fails: true,
  },
  {
    name: 'kustomize-components',
    files: {
      'app/kustomization.yaml': 'resources: [web.yaml]\n',
      'app/web.yaml': deployment('web', 1),
      'part/kustomization.yaml':
        'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: with-\n',
    },
    sources: [
      {
        path: 'cases/kustomize-components/app',
        kustomize: { components: ['../absent', '../part'], ignoreMissingComponents: true },
      },
    ],
  },
  {
    name: 'kustomize-patches',
    files: { ...kustomization, 'kustomization.yaml': 'resources: [web.yaml]\nnamePrefix: p-\n' },
    sources: [
      {
        kustomize: {
          patches: [
            {
              target: { kind: 'Deployment', name: 'web' },
              patch:
                '- {op: replace, path: /spec/replicas, value: 7}\n- {op: replace, path: /metadata/name, value: renamed}\n',
              options: { allowNameChange: true },
            },
          ],
        },
      },
    ],
  },
];

const helm: readonly ArgoCase[] = [
  { name: 'helm-plain', files: withExtras, sources: [{}] },
  {
    name: 'helm-3',
    files: {
      ...showing,
      'values.yaml': 'kept: null\nsub: {gone: null, leaf: {value: null}}\n---\nsecond: document\n',
      'charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
      'charts/sub/values.yaml': 'gone: default\nown: null\n',
      'charts/sub/templates/map.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub}\ndata:\n  values: {{ .Values | toJson | quote }}\n  kube: "{{ .Capabilities.KubeVersion }}"\n  text: |+\n    kept\n\n',
    },
    sources: [{ helm: { kubeVersion: 'v1.31.4-eks-abc' } }],
  },
  {
    name: 'helm-4-function',
    files: {
      ...showing,
      'templates/four.yaml': '{{ if false }}{{ mustToYaml .Values }}{{ end }}\n',
    },
    sources: [{}],
    fails: true,
  },
  {
    name: 'helm-skips',
    files: withExtras,
    sources: [{ helm: { skipCrds: true, skipTests: true } }],
  },
  {
    name: 'helm-precedence',
    files: showing,
    sources: [
      {
        helm: {
          releaseName: 'named',
          valueFiles: ['one.yaml', '/cases/helm-precedence/two.yaml', 'absent.yaml'],
          ignoreMissingValueFiles: true,
          values: 'nested: {b: inline}\n',
          parameters: [
            { name: 'list[0]', value: 'set' },
            { name: 'nested.c', value: '1', forceString: true },
            { name: 'app', value: '${ARGOCD_APP_NAME},x' },
          ],
        },
      },
    ],
  },
  {
    name: 'helm-values-object',
    files: showing,
    sources: [{ helm: { values: 'top: lost\n', valuesObject: { nested: { b: null, n: 1.5 } } } }],
  },
  {
    name: 'helm-absent-values',
    files: showing,
    sources: [{ helm: { valueFiles: ['absent.yaml'] } }],
    fails: true,
  },
  {
    name: 'helm-glob',
    files: showing,
    sources: [{ helm: { valueFiles: ['t*.yaml'] } }],
    fails: 'in 3.2',
  },
  {
    name: 'helm-files',
    files: showing,
    sources: [
      {
        helm: {
          fileParameters: [
            { name: 'one', path: 'files/text' },
            { name: 'nested.two', path: '/cases/helm-files/files/text' },
          ],
        },
      },
    ],
  },
  { name: 'helm-namespace', files: showing, sources: [{ helm: { namespace: 'of-the-release' } }] },
  {
    name: 'helm-versions',
    files: versions,
    sources: [{ helm: { kubeVersion: '1.29.3', apiVersions: ['acme.example/v1'] } }],
  },
  {
    name: 'helm-schema',
    files: { ...showing, 'values.schema.json': '{"required": ["nobody"]}' },
    sources: [{ helm: {} }],
    fails: true,
  },
  {
    name: 'helm-no-schema',
    files: { ...showing, 'values.schema.json': '{"required": ["nobody"]}' },
    sources: [{ helm: { skipSchemaValidation: true } }],
  },
  {
    name: 'helm-variable',
    files: showing,
    sources: [{ helm: { valueFiles: ['$values/cases/helm-variable/two.yaml'] } }],
  },
];

const overrides: readonly ArgoCase[] = [
  {
    name: 'override-files',
    files: {
      ...showing,
      '.argocd-source.yaml': 'helm: {releaseName: b, parameters: [{name: top, value: over}]}\n',
      '.argocd-source-src-override-files.yaml': 'helm: {values: null, releaseName: c}\n',
      '.argocd-source-other.yaml': 'helm: {releaseName: never}\n',
    },
    sources: [{ helm: { values: 'nested: {a: gone}\n', releaseName: 'a' } }],
  },
  {
    name: 'override-lists',
    files: {
      ...showing,
      '.argocd-source.yaml':
        'helm: {parameters: [{name: top, value: "2"}, {name: new, value: "3"}], valueFiles: [two.yaml], valuesObject: {own: {b: null, c: 1}}}\n',
    },
    sources: [
      {
        helm: {
          parameters: [{ name: 'old', value: '1', forceString: true }],
          valueFiles: ['one.yaml', 'absent.yaml'],
          valuesObject: { own: { a: 1, b: 2 } },
        },
      },
    ],
  },
  {
    name: 'override-kustomize',
    files: {
      ...kustomization,
      '.argocd-source-src-override-kustomize.yaml':
        'kustomize: {images: ["registry.acme.example/main:2"], commonLabels: {a: null, b: why}}\n',
    },
    sources: [{ kustomize: { images: ['x:1'], commonLabels: { a: 'x' }, namePrefix: 'p-' } }],
  },
  {
    name: 'override-tool',
    files: {
      'web.yaml': deployment('web', 1),
      'kustomization.yaml': 'resources: [web.yaml]\n',
      '.argocd-source.yaml': 'kustomize: {namePrefix: over-}\npath: elsewhere\n',
    },
    sources: [{}],
  },
  {
    name: 'override-broken',
    files: { 'web.yaml': map('web'), '.argocd-source.yaml': 'helm: [\n' },
    sources: [{}],
    fails: true,
  },
];

const several: readonly ArgoCase[] = [
  {
    name: 'several-ref',
    files: { ...showing, 'extra/a.yaml': map('extra') },
    sources: [
      {
        helm: {
          valueFiles: ['one.yaml', '$values/cases/several-ref/two.yaml'],
          fileParameters: [{ name: 'text', path: '$values/cases/several-ref/files/text' }],
        },
      },
      { path: undefined, ref: 'values' },
      { path: 'cases/several-ref/extra' },
    ],
  },
  {
    name: 'several-ref-path',
    files: { ...showing, 'extra/a.yaml': map('extra') },
    sources: [
      { helm: { valueFiles: ['$values/cases/several-ref-path/two.yaml'] } },
      { path: 'cases/several-ref-path/extra', ref: 'values' },
    ],
  },
  {
    name: 'several-equal',
    files: { 'a/x.yaml': map('same', { from: 'a' }), 'b/x.yaml': map('same', { from: 'b' }) },
    sources: [{ path: 'cases/several-equal/b' }, { path: 'cases/several-equal/a' }],
  },
  {
    name: 'several-one',
    files: kustomization,
    sources: [{ kustomize: { namePrefix: 'a-' } }, { path: undefined, ref: 'unused' }],
  },
  {
    name: 'several-unknown-ref',
    files: showing,
    sources: [{ helm: { valueFiles: ['$nobody/two.yaml'] } }, { path: undefined, ref: 'values' }],
    fails: true,
  },
  {
    name: 'several-broken',
    files: { 'a/x.yaml': map('a'), 'b/x.yaml': 'apiVersion: v1\nkind: [\nmetadata:\n' },
    sources: [{ path: 'cases/several-broken/a' }, { path: 'cases/several-broken/b' }],
    fails: true,
  },
];

/** Stands for the address of a chart repository that serves `chartOfCases`. */
export const CHARTS = 'charts-of-cases';

export const chartOfCases = {
  'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.4.0\n',
  'web/values.yaml': 'top: chart\n',
  'web/own.yaml': 'own: yes-it-is\n',
  'web/templates/map.yaml': showing['templates/map.yaml'],
};

const charts: readonly ArgoCase[] = [
  {
    name: 'chart-alone',
    files: {},
    sources: [
      {
        repoURL: CHARTS,
        chart: 'web',
        targetRevision: '1.4.0',
        path: undefined,
        helm: { valueFiles: ['own.yaml'], parameters: [{ name: 'top', value: 'set' }] },
      },
    ],
  },
  {
    name: 'chart-values',
    files: { 'v.yaml': 'top: of-git\n', 'extra/a.yaml': map('extra') },
    sources: [
      {
        repoURL: CHARTS,
        chart: 'web',
        targetRevision: '^1.0.0',
        path: undefined,
        helm: { valueFiles: ['own.yaml', '$values/cases/chart-values/v.yaml'] },
      },
      { path: undefined, ref: 'values' },
      { path: 'cases/chart-values/extra' },
    ],
  },
];

export const argoCases: readonly ArgoCase[] = [
  ...directory,
  ...kustomize,
  ...helm,
  ...overrides,
  ...several,
  ...charts,
];
