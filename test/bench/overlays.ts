import type { Files } from './inputs';
import { chart, manifest, overlay } from './inputs';

/** A kustomization with what the `kustomize` command is told beside it. */
export interface OverlayInput {
  readonly input: string;
  readonly files: Files;
  readonly path: string;
  /** It inflates charts: the command calls `helm`. */
  readonly withHelm?: boolean;
}

const times = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

type Texts = Readonly<Record<string, string>>;

function files(path: string, texts: Texts): Files {
  return new Map(Object.entries(texts).map(([name, text]) => [`${path}/${name}`, text]));
}

/** `base` with units, beside what is given. */
function onBase(units: number, texts: Texts): (path: string) => Files {
  const names = times(units).map((i) => `unit-${i}.yaml`);
  const base = Object.fromEntries(names.map((name, i) => [`base/${name}`, manifest(i)]));
  const list = `resources:\n${names.map((name) => `  - ${name}\n`).join('')}`;
  return (path) => files(path, { ...base, 'base/kustomization.yaml': list, ...texts });
}

function component(i: number): Texts {
  return {
    [`components/c${i}/kustomization.yaml`]: `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [extra.yaml]\npatches:\n  - target: {kind: Deployment, name: unit-${i}}\n    patch: |-\n      - {op: add, path: /spec/template/metadata/annotations, value: {component: c${i}}}\n`,
    [`components/c${i}/extra.yaml`]: `apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: extra-${i}}\n`,
  };
}

const components = onBase(40, {
  ...Object.fromEntries(times(6).flatMap((i) => Object.entries(component(i)))),
  'overlay/kustomization.yaml': `resources: [../base]\ncomponents:\n${times(6)
    .map((i) => `  - ../components/c${i}\n`)
    .join('')}`,
});

const generators = onBase(10, {
  ...Object.fromEntries(times(20).map((i) => [`overlay/f${i}.properties`, `a=${i}\nb=two\n`])),
  'overlay/kustomization.yaml': `resources: [../base, users.yaml]\nconfigMapGenerator:\n${times(20)
    .map((i) => `  - {name: cm-${i}, files: [f${i}.properties], literals: [n=${i}]}\n`)
    .join('')}secretGenerator:\n${times(10)
    .map((i) => `  - {name: se-${i}, envs: [f${i}.properties], type: Opaque}\n`)
    .join('')}`,
  'overlay/users.yaml': times(20)
    .map(
      (i) =>
        `apiVersion: v1\nkind: Pod\nmetadata: {name: user-${i}}\nspec:\n  containers:\n    - name: a\n      image: a:1\n      envFrom: [{configMapRef: {name: cm-${i}}}, {secretRef: {name: se-${i % 10}}}]\n`,
    )
    .join('---\n'),
});

const replacements = onBase(30, {
  'overlay/kustomization.yaml': `resources: [../base, settings.yaml]\nreplacements:\n${times(10)
    .map(
      (i) =>
        `  - source: {kind: ConfigMap, name: settings, fieldPath: data.k${i}}\n    targets:\n      - select: {kind: Deployment}\n        fieldPaths: ["metadata.annotations.k${i}"]\n        options: {create: true}\n      - select: {kind: Service, name: unit-${i}}\n        fieldPaths: [spec.clusterIP]\n        options: {create: true}\n`,
    )
    .join('')}`,
  'overlay/settings.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n${times(
    10,
  )
    .map((i) => `  k${i}: v${i}\n`)
    .join('')}`,
});

/** Four folders, each over the one before. */
const nested = onBase(30, {
  ...Object.fromEntries(
    times(4).map((i) => [
      `${i === 3 ? 'overlay' : `level-${i}`}/kustomization.yaml`,
      `resources: [${i === 0 ? '../base' : `../level-${i - 1}`}]\nnamePrefix: l${i}-\nlabels:\n  - pairs: {level-${i}: "yes"}\n    includeSelectors: true\ncommonAnnotations: {level: "${i}"}\n`,
    ]),
  ),
});

const regions = onBase(12, {
  ...Object.fromEntries(
    times(8).map((i) => [
      `region-${i}/kustomization.yaml`,
      `namespace: region-${i}\nnameSuffix: -r${i}\nresources: [../base]\n`,
    ]),
  ),
  'overlay/kustomization.yaml': `resources:\n${times(8)
    .map((i) => `  - ../region-${i}\n`)
    .join('')}`,
});

const strategicPatches = onBase(40, {
  ...Object.fromEntries(
    times(40).map((i) => [
      `overlay/patch-${i}.yaml`,
      `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: unit-${i}}\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          resources: {limits: {memory: ${i + 1}Mi}}\n        - name: sidecar\n          image: sidecar:1\n`,
    ]),
  ),
  'overlay/kustomization.yaml': `resources: [../base]\npatches:\n${times(40)
    .map((i) => `  - path: patch-${i}.yaml\n`)
    .join('')}`,
});

const jsonPatches = onBase(60, {
  'overlay/kustomization.yaml': `resources: [../base]\npatches:\n${times(6)
    .map(
      (i) =>
        `  - target: {kind: Deployment, name: "unit-${i}.*"}\n    patch: |-\n      - {op: replace, path: /spec/replicas, value: ${i}}\n      - {op: add, path: /spec/template/spec/priorityClassName, value: p${i}}\n`,
    )
    .join('')}`,
});

const everything = onBase(60, {
  'overlay/kustomization.yaml': `namespace: prod\nnamePrefix: a-\nnameSuffix: -z\nresources: [../base]\ncommonAnnotations: {owner: team}\nlabels:\n  - pairs: {environment: production}\n    includeSelectors: true\nimages:\n${times(
    60,
  )
    .map((i) => `  - {name: registry.acme.example/bench/unit-${i}, newTag: "2.${i}"}\n`)
    .join('')}replicas:\n${times(60)
    .map((i) => `  - {name: unit-${i}, count: ${i}}\n`)
    .join('')}`,
});

function inflated(path: string): Files {
  return new Map([
    ...chart(`${path}/charts/bench`, 10),
    [
      `${path}/kustomization.yaml`,
      `helmCharts:\n  - name: bench\n    releaseName: web\n    namespace: prod\n    valuesInline: {replicas: 3}\nnamespace: prod\npatches:\n  - target: {kind: Deployment}\n    patch: |-\n      - {op: replace, path: /spec/replicas, value: 4}\n`,
    ],
  ]);
}

function oneFile(path: string): Files {
  return files(path, {
    'kustomization.yaml': 'namespace: prod\nresources: [all.yaml]\n',
    'all.yaml': times(120).map(manifest).join('---\n'),
  });
}

/** Schemas and name references of one's own kinds. */
const custom = onBase(10, {
  'overlay/kustomization.yaml':
    'namePrefix: p-\nresources: [../base, things.yaml]\nconfigurations: [names.yaml]\npatches:\n  - path: patch.yaml\n',
  'overlay/names.yaml':
    'nameReference:\n  - kind: Deployment\n    fieldSpecs: [{kind: Thing, path: spec/deployment}]\n',
  'overlay/things.yaml': times(30)
    .map(
      (i) =>
        `apiVersion: acme.example/v1\nkind: Thing\nmetadata: {name: t-${i}}\nspec: {deployment: unit-${i % 10}, list: [{name: a, value: ${i}}]}\n`,
    )
    .join('---\n'),
  'overlay/patch.yaml':
    'apiVersion: acme.example/v1\nkind: Thing\nmetadata: {name: t-1}\nspec: {list: [{name: b, value: 1}]}\n',
});

/** At least one for each thing that kustomizations do and that takes time. */
export function overlayInputs(): readonly OverlayInput[] {
  const of = (input: string, make: (path: string) => Files, path: string): OverlayInput => ({
    input,
    files: make(path),
    path: `${path}/overlay`,
  });
  return [
    ...[5, 50, 100, 200].map((units) =>
      of(`overlay, ${units} units`, (path) => overlay(path, units), `units-${units}`),
    ),
    of('6 components', components, 'components'),
    of('30 generators with hashes', generators, 'generators'),
    of('10 replacements', replacements, 'replacements'),
    of('bases 4 deep', nested, 'nested'),
    of('one base in 8 namespaces', regions, 'regions'),
    of('40 strategic patches', strategicPatches, 'strategic'),
    of('JSON patches by pattern', jsonPatches, 'json'),
    of('60 images and replicas', everything, 'everything'),
    of('kinds of its own', custom, 'custom'),
    { input: '120 units in one file', files: oneFile('one'), path: 'one' },
    { input: 'a chart inflated', files: inflated('inflated'), path: 'inflated', withHelm: true },
  ];
}
