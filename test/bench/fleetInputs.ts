import type { Files } from './inputs';
import { chart, indent, overlay } from './inputs';

/** A repository as a platform team has it: a few charts and bases, and many apps of each. */
export interface FleetSize {
  readonly apps: number;
  /** About; each chart and each base makes as many. */
  readonly objectsPerApp: number;
  /** Each app has a Secret of its own value. */
  readonly secrets?: boolean;
}

/** Charts, and as many bases, that the apps share. */
const SHARED = 12;

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

export const sharedChart = (app: number): string => `charts/chart-${(app >> 1) % SHARED}`;
const sharedBase = (app: number): string => `bases/base-${(app >> 1) % SHARED}`;
/** Every other environment keeps its values beside the chart, as many repositories do. */
export const valuesOf = (app: number): string =>
  (app >> 1) % 2 === 0
    ? `environments/app-${app}/values.yaml`
    : `${sharedChart(app)}/values-${app}.yaml`;
export const overlayOf = (app: number): string => `overlays/app-${app}/kustomization.yaml`;

const SECRET_TEMPLATE = `apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}-login
stringData:
  password: {{ printf "login of %s" .Release.Name | quote }}
`;

function helmApp(app: number): Files {
  const values = valuesOf(app);
  const source = `path: ${sharedChart(app)}\nhelm:\n  valueFiles:\n    - /${values}\n`;
  return new Map([
    [values, `replicas: ${1 + (app % 5)}\nconfig:\n  APP: "${app}"\n`],
    [`apps/helm-${app}.yaml`, application(`helm-${app}`, source)],
  ]);
}

function kustomizeApp(app: number, secrets: boolean): Files {
  const generated = `secretGenerator:\n  - name: login\n    literals: [password=login-of-${app}]\n`;
  return new Map([
    [
      overlayOf(app),
      `namePrefix: app-${app}-\nresources:\n  - ../../${sharedBase(app)}/overlay\nreplicas:\n  - name: unit-0\n    count: ${1 + (app % 4)}\n${secrets ? generated : ''}`,
    ],
    [`apps/kustomize-${app}.yaml`, application(`kustomize-${app}`, `path: overlays/app-${app}\n`)],
  ]);
}

/** Argo CD apps, half Helm, half Kustomize. */
export function fleet({ apps, objectsPerApp, secrets = false }: FleetSize): Files {
  const files = new Map<string, string>();
  const add = (more: Files): void => {
    for (const [path, text] of more) files.set(path, text);
  };
  for (let shared = 0; shared < SHARED; shared += 1) {
    add(chart(`charts/chart-${shared}`, Math.ceil(objectsPerApp / 4)));
    if (secrets) add(new Map([[`charts/chart-${shared}/templates/login.yaml`, SECRET_TEMPLATE]]));
    add(overlay(`bases/base-${shared}`, Math.floor(objectsPerApp / 2)));
  }
  for (let app = 0; app < apps; app += 1) {
    add(app % 2 === 0 ? helmApp(app) : kustomizeApp(app, secrets));
  }
  return files;
}
