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

export function indent(text: string, by: number): string {
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

export function manifest(index: number): string {
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
