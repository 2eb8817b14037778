import type { Files } from './inputs';
import { chart } from './inputs';

/** A chart with what the `helm` command and the engine are told beside it. */
export interface ChartInput {
  readonly input: string;
  readonly files: Files;
  /** Below the folder that the files are written to. */
  readonly path: string;
  readonly valueFiles?: readonly string[];
}

const times = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

function metadata(name: string, more = ''): string {
  return `apiVersion: v2\nname: ${name}\nversion: 1.0.0\nappVersion: "1.4.2"\n${more}`;
}

function files(path: string, texts: Readonly<Record<string, string>>): Files {
  return new Map(Object.entries(texts).map(([name, text]) => [`${path}/${name}`, text]));
}

function joined(...all: readonly Files[]): Files {
  return new Map(all.flatMap((one) => [...one]));
}

function configMap(name: string, data: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-${name}\n  labels: {{- include "x.labels" . | nindent 4 }}\ndata:\n${data}`;
}

const LABELS = `{{- define "x.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- with .Values.extraLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}
`;

function umbrella(path: string): Files {
  const parts = times(8);
  const dependencies = parts.map(
    (i) =>
      `  - {name: part-${i}, version: 1.0.0, condition: part-${i}.enabled, tags: [t${i % 2}]}\n`,
  );
  const values = parts.map((i) => `part-${i}: {enabled: ${i !== 3}, replicas: ${i + 1}}\n`);
  return joined(
    files(path, {
      'Chart.yaml': metadata('umbrella', `dependencies:\n${dependencies.join('')}`),
      'values.yaml': `global: {region: eu}\ntags: {t0: true, t1: false}\n${values.join('')}`,
      'templates/_helpers.tpl': LABELS,
      'templates/top.yaml': configMap('top', '  region: {{ .Values.global.region }}\n'),
    }),
    ...parts.map((i) => renamed(chart(`${path}/charts/part-${i}`, 3), `part-${i}`)),
  );
}

function renamed(one: Files, name: string): Files {
  return new Map(
    [...one].map(([path, text]) => [
      path,
      path.endsWith('Chart.yaml') ? metadata(name) : text.replaceAll('bench.', `${name}.`),
    ]),
  );
}

/** An application chart that makes everything by the named templates of a library. */
function library(path: string): Files {
  const helper = (kind: string, version: string): string => `{{- define "lib.${kind}" -}}
apiVersion: ${version}
kind: ${kind}
metadata:
  name: {{ .name }}
  labels: {{- include "lib.labels" . | nindent 4 }}
spec: {{- toYaml .spec | nindent 2 }}
{{- end }}
`;
  const kinds = { Deployment: 'apps/v1', Service: 'v1', NetworkPolicy: 'networking.k8s.io/v1' };
  const templates = Object.keys(kinds).map(
    (kind) =>
      `{{- range $name, $one := .Values.components }}\n---\n{{ include "lib.${kind}" (dict "name" $name "root" $ "spec" $one.${kind}) }}\n{{- end }}\n`,
  );
  const component = (i: number): string =>
    `  c${i}:\n    Deployment: {replicas: ${i}, selector: {matchLabels: {app: c${i}}}, template: {metadata: {labels: {app: c${i}}}, spec: {containers: [{name: c, image: "c:${i}"}]}}}\n    Service: {ports: [{port: ${i + 1}}], selector: {app: c${i}}}\n    NetworkPolicy: {podSelector: {matchLabels: {app: c${i}}}}\n`;
  return joined(
    files(path, {
      'Chart.yaml': metadata('app', 'dependencies: [{name: lib, version: 1.0.0}]\n'),
      'values.yaml': `components:\n${times(20).map(component).join('')}`,
      'templates/all.yaml': templates.join(''),
    }),
    files(`${path}/charts/lib`, {
      'Chart.yaml': metadata('lib', 'type: library\n'),
      'templates/_all.tpl':
        Object.entries(kinds)
          .map(([kind, version]) => helper(kind, version))
          .join('') +
        '{{- define "lib.labels" -}}\napp.kubernetes.io/name: {{ .name }}\napp.kubernetes.io/instance: {{ .root.Release.Name }}\n{{- end }}\n',
    }),
  );
}

function manyTemplates(path: string): Files {
  const template = (i: number): string =>
    configMap(
      `t${i}`,
      `  n: {{ .Values.count | quote }}\n  s: {{ printf "%s-%d" .Release.Name ${i} }}\n`,
    );
  return files(path, {
    'Chart.yaml': metadata('many'),
    'values.yaml': 'count: 1\n',
    'templates/_helpers.tpl': LABELS,
    ...Object.fromEntries(times(120).map((i) => [`templates/t-${i}.yaml`, template(i)])),
  });
}

/** Values that are templates themselves. */
function templatedValues(path: string): Files {
  const value = (i: number): string =>
    `  k${i}: '{{ .Release.Name }}-{{ .Values.region | upper }}-{{ include "x.labels" . | sha256sum | trunc 8 }}'\n`;
  return files(path, {
    'Chart.yaml': metadata('templated'),
    'values.yaml': `region: eu\nsettings:\n${times(150).map(value).join('')}`,
    'templates/_helpers.tpl': LABELS,
    'templates/a.yaml': configMap(
      'a',
      '{{- range $key, $value := .Values.settings }}\n  {{ $key }}: {{ tpl $value $ | quote }}\n{{- end }}\n',
    ),
  });
}

function withFiles(path: string): Files {
  const text = (i: number): string =>
    times(60)
      .map((line) => `key.${line} = ${line * i}\n`)
      .join('');
  return files(path, {
    'Chart.yaml': metadata('files'),
    'values.yaml': '',
    'templates/_helpers.tpl': LABELS,
    'templates/a.yaml': configMap('a', '{{ (.Files.Glob "config/**").AsConfig | indent 2 }}\n'),
    'templates/b.yaml': configMap(
      'b',
      '{{- range $path, $_ := .Files.Glob "config/*" }}\n  {{ base $path }}: {{ $.Files.Get $path | sha256sum }}\n{{- end }}\n',
    ),
    ...Object.fromEntries(times(50).map((i) => [`config/c-${i}.properties`, text(i)])),
  });
}

function bigValues(path: string): Files {
  const entry = (i: number): string =>
    `  service-${i}:\n    enabled: true\n    image: {repository: registry.acme.example/s${i}, tag: "1.${i}"}\n    env: {A: "${i}", B: two, C: three}\n    resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}}\n`;
  return files(path, {
    'Chart.yaml': metadata('big'),
    'values.yaml': `services:\n${times(400).map(entry).join('')}`,
    'templates/_helpers.tpl': LABELS,
    'templates/a.yaml': `{{- range $name, $s := .Values.services }}\n{{- if $s.enabled }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ $name }}}\ndata:\n  image: {{ $s.image.repository }}:{{ $s.image.tag }}\n  env: {{ toYaml $s.env | quote }}\n{{- end }}\n{{- end }}\n`,
  });
}

function crds(path: string): Files {
  const field = (i: number): string =>
    `                field${i}: {type: string, description: "What field ${i} of the specification is about, in some words."}\n`;
  const crd = (i: number): string =>
    `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things${i}.acme.example}\nspec:\n  group: acme.example\n  scope: Namespaced\n  names: {kind: Thing${i}, plural: things${i}}\n  versions:\n    - name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: object\n          properties:\n            spec:\n              type: object\n              properties:\n${times(200).map(field).join('')}`;
  return files(path, {
    'Chart.yaml': metadata('crds'),
    'values.yaml': '',
    'templates/_helpers.tpl': LABELS,
    'templates/a.yaml': configMap('a', '  a: b\n'),
    ...Object.fromEntries(times(12).map((i) => [`crds/crd-${i}.yaml`, crd(i)])),
  });
}

/** Named templates that call each other, and Sprig's lists, dictionaries and expressions. */
function computing(path: string): Files {
  return files(path, {
    'Chart.yaml': metadata('computing'),
    'values.yaml': 'depth: 6\n',
    'templates/_helpers.tpl': `${LABELS}{{- define "x.tree" -}}
{{- if gt (int .depth) 0 }}
{{- range $i := until 3 }}
n{{ $i }}: {{- include "x.tree" (dict "depth" (sub (int $.depth) 1)) | nindent 2 }}
{{- end }}
{{- else }}
leaf: {{ list "a" "b" "c" | join "," | regexReplaceAll "b" "x" | b64enc }}
{{- end }}
{{- end }}
`,
    'templates/a.yaml': `apiVersion: acme.example/v1\nkind: Tree\nmetadata: {name: tree}\nspec: {{- include "x.tree" (dict "depth" .Values.depth) | nindent 2 }}\n`,
  });
}

/** The values of every environment beside the chart, of which one is read. */
function besideValues(path: string): Files {
  const values = times(200).map((i) => [`${path}/values-${i}.yaml`, `replicas: ${i}\n`] as const);
  return joined(chart(path, 5), new Map(values));
}

function withSchema(path: string): Files {
  const property = (i: number): string =>
    `"p${i}": {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer", "minimum": 0}, "s": {"type": "string", "pattern": "^[a-z]+$"}}}`;
  return files(path, {
    'Chart.yaml': metadata('schema'),
    'values.yaml': times(80)
      .map((i) => `p${i}: {count: ${i}, s: abc}\n`)
      .join(''),
    'values.schema.json': `{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {${times(80).map(property).join(', ')}}}\n`,
    'templates/_helpers.tpl': LABELS,
    'templates/a.yaml': configMap('a', '  all: {{ toJson .Values | quote }}\n'),
  });
}

function hooks(path: string): Files {
  const hook = (i: number): string =>
    `apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: hook-${i}\n  annotations:\n    helm.sh/hook: ${i % 2 === 0 ? 'pre-install,pre-upgrade' : 'post-install'}\n    helm.sh/hook-weight: "${40 - i}"\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "a:1"}]}}}\n`;
  const kinds = ['ServiceAccount', 'Secret', 'Service', 'ConfigMap', 'Namespace'];
  const plain = (i: number): string =>
    `apiVersion: v1\nkind: ${kinds[i % 5] ?? ''}\nmetadata: {name: o-${i}}\n`;
  return files(path, {
    'Chart.yaml': metadata('hooks'),
    'values.yaml': '',
    'templates/hooks.yaml': times(40).map(hook).join('---\n'),
    'templates/plain.yaml': times(100).map(plain).join('---\n'),
  });
}

function severalValues(path: string): Files {
  const values = (i: number): string =>
    `config: {K${i}: "${i}"}\nresources: {limits: {cpu: ${i}}}\nreplicas: ${i}\n`;
  return joined(chart(path, 10), new Map(times(6).map((i) => [`env/${i}.yaml`, values(i + 1)])));
}

/** At least one for each thing that charts do and that takes time. */
export function chartInputs(): readonly ChartInput[] {
  const of = (input: string, make: (path: string) => Files, path: string): ChartInput => ({
    input,
    path,
    files: make(path),
  });
  return [
    ...[1, 5, 25, 100].map((copies) =>
      of(`chart, ${copies} copies`, (path) => chart(path, copies), `copies-${copies}`),
    ),
    of('8 subcharts, conditions and tags', umbrella, 'umbrella'),
    of('library chart', library, 'library'),
    of('120 templates', manyTemplates, 'many'),
    of('150 values through tpl', templatedValues, 'templated'),
    of('50 files', withFiles, 'files'),
    of('large values', bigValues, 'big'),
    of('12 large CRDs', crds, 'crds'),
    of('recursive named templates', computing, 'computing'),
    of('200 values files beside it', besideValues, 'beside'),
    of('values schema', withSchema, 'schema'),
    of('hooks and many kinds', hooks, 'hooks'),
    {
      ...of('6 values files', severalValues, 'several'),
      valueFiles: times(6).map((i) => `env/${i}.yaml`),
    },
  ];
}
