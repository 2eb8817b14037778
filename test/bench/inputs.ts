import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Generated inputs: the same text for the same arguments, on every machine. */
export type Files = ReadonlyMap<string, string>;

export function writeFiles(root: string, files: Files): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function indent(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by));
}

const templates: Readonly<Record<string, string>> = {
  'deployment.yaml': `{{- range $i := until (int .Values.copies) }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "bench.name" (list $ $i) }}
  labels: {{- include "bench.labels" (list $ $i) | nindent 4 }}
spec:
  replicas: {{ $.Values.replicas }}
  selector:
    matchLabels: {{- include "bench.selector" (list $ $i) | nindent 6 }}
  template:
    metadata:
      labels: {{- include "bench.selector" (list $ $i) | nindent 8 }}
      annotations:
        checksum/config: {{ toYaml $.Values.config | sha256sum }}
    spec:
      containers:
        - name: app
          image: "{{ $.Values.image.repository }}:{{ $.Values.image.tag }}"
          envFrom:
            - configMapRef:
                name: {{ include "bench.name" (list $ $i) }}
          ports:
            - name: http
              containerPort: {{ $.Values.port }}
          resources: {{- toYaml $.Values.resources | nindent 12 }}
          {{- with $.Values.probes }}
          readinessProbe: {{- toYaml . | nindent 12 }}
          {{- end }}
{{- end }}
`,
  'service.yaml': `{{- range $i := until (int .Values.copies) }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "bench.name" (list $ $i) }}
  labels: {{- include "bench.labels" (list $ $i) | nindent 4 }}
spec:
  selector: {{- include "bench.selector" (list $ $i) | nindent 4 }}
  ports:
    - name: http
      port: 80
      targetPort: http
{{- end }}
`,
  'configmap.yaml': `{{- range $i := until (int .Values.copies) }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "bench.name" (list $ $i) }}
data: {{- toYaml $.Values.config | nindent 2 }}
{{- end }}
`,
  'ingress.yaml': `{{- if .Values.ingress.enabled }}
{{- range $i := until (int .Values.copies) }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ include "bench.name" (list $ $i) }}
spec:
  rules:
    - host: {{ printf "app-%d.%s" $i $.Values.ingress.domain | quote }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {{ include "bench.name" (list $ $i) }}
                port:
                  name: http
{{- end }}
{{- end }}
`,
  '_helpers.tpl': `{{- define "bench.name" -}}
{{- printf "%s-%d" (index . 0).Release.Name (index . 1) | trunc 63 -}}
{{- end }}
{{- define "bench.selector" -}}
app.kubernetes.io/name: {{ include "bench.name" . }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}
{{- define "bench.labels" -}}
{{ include "bench.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
{{- end }}
`,
};

function chartValues(copies: number): string {
  return `copies: ${copies}
replicas: 2
port: 8080
image:
  repository: registry.acme.example/bench/app
  tag: "1.4.2"
config:
  LOG_LEVEL: info
  FEATURES: "a,b,c"
resources:
  requests: { cpu: 100m, memory: 128Mi }
  limits: { memory: 256Mi }
probes:
  httpGet: { path: /healthz, port: http }
ingress:
  enabled: true
  domain: acme.example
`;
}

/** A chart that renders `4 × copies` objects. */
export function chart(path: string, copies: number): Files {
  const files = new Map<string, string>([
    [`${path}/Chart.yaml`, 'apiVersion: v2\nname: bench\nversion: 1.0.0\nappVersion: "1.4.2"\n'],
    [`${path}/values.yaml`, chartValues(copies)],
  ]);
  for (const [name, text] of Object.entries(templates)) {
    files.set(`${path}/templates/${name}`, text);
  }
  return files;
}

function manifest(index: number): string {
  const name = `unit-${index}`;
  const labels = `app.kubernetes.io/name: ${name}\napp.kubernetes.io/part-of: bench\n`;
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels:
${indent(labels, 4)}spec:
  replicas: 1
  selector:
    matchLabels:
${indent(labels, 6)}  template:
    metadata:
      labels:
${indent(labels, 8)}    spec:
      containers:
        - name: app
          image: registry.acme.example/bench/${name}:1.0.0
          ports:
            - containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector:
${indent(labels, 4)}  ports:
    - port: 80
      targetPort: 8080
`;
}

/** A base of `2 × units` objects and an overlay that renames, patches and generates. */
export function overlay(path: string, units: number): Files {
  const files = new Map<string, string>();
  const names = Array.from({ length: units }, (_, i) => `unit-${i}.yaml`);
  names.forEach((name, i) => files.set(`${path}/base/${name}`, manifest(i)));
  files.set(
    `${path}/base/kustomization.yaml`,
    `resources:\n${names.map((n) => `  - ${n}\n`).join('')}`,
  );
  files.set(`${path}/overlay/kustomization.yaml`, overlayKustomization());
  return files;
}

function overlayKustomization(): string {
  return `namespace: bench
namePrefix: prod-
resources:
  - ../base
labels:
  - pairs: { environment: production }
images:
  - name: registry.acme.example/bench/unit-0
    newTag: "2.0.0"
replicas:
  - name: unit-0
    count: 3
configMapGenerator:
  - name: settings
    literals: [LOG_LEVEL=info]
patches:
  - target: { kind: Deployment, name: unit-1 }
    patch: |-
      - op: add
        path: /spec/template/spec/priorityClassName
        value: high
`;
}

function application(name: string, source: string): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
  namespace: argocd
spec:
  project: default
  destination:
    server: https://kubernetes.default.svc
    namespace: ${name}
  source:
    repoURL: https://git.acme.example/acme/bench.git
    targetRevision: main
${indent(source, 4)}`;
}

function helmApp(index: number): Files {
  const values = `charts/shared/values-${index}.yaml`;
  const source = `path: charts/shared\nhelm:\n  valueFiles:\n    - values-${index}.yaml\n`;
  return new Map([
    [values, `replicas: ${1 + (index % 5)}\nconfig:\n  APP: "${index}"\n`],
    [`apps/helm-${index}.yaml`, application(`helm-${index}`, source)],
  ]);
}

function kustomizeApp(index: number): Files {
  const path = `overlays/app-${index}`;
  return new Map([
    [
      `${path}/kustomization.yaml`,
      `namePrefix: app-${index}-\nresources:\n  - ../../bases/shared/base\nreplicas:\n  - name: unit-0\n    count: ${1 + (index % 4)}\n`,
    ],
    [`apps/kustomize-${index}.yaml`, application(`kustomize-${index}`, `path: ${path}\n`)],
  ]);
}

/** `apps` Argo CD apps, half Helm, half Kustomize, on one chart and one base; 20 objects each. */
export function fleet(apps: number): Files {
  const files = new Map([...chart('charts/shared', 5), ...overlay('bases/shared', 10)]);
  for (let index = 0; index < apps; index += 1) {
    const app = index % 2 === 0 ? helmApp(index) : kustomizeApp(index);
    for (const [path, text] of app) files.set(path, text);
  }
  return files;
}
