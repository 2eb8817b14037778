import type { JsonObject } from '../../src/model/resource';

/** A Kustomization over the folder `k/<name>`, applied by the real kustomize-controller. */
export interface FluxCase {
  readonly name: string;
  /** By path below the folder of the case. */
  readonly files: Readonly<Record<string, string>>;
  readonly spec?: JsonObject;
  /** The controller fails it; our problems say this. */
  readonly fails?: string;
}

function configMap(name: string, data: string, metadata = ''): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${metadata}}\ndata:\n${data}`;
}

const VARS = {
  A: 'alpha',
  PATH_: 'a/b/c.tar.gz',
  NUMBER: '3',
  TRUTH: 'true',
  EMPTY: '',
  MIXED: 'hello World',
  LINES: 'one\ntwo\n',
  SPECIAL: 'a: b # c',
  QUOTE: `it's "q"`,
};

/** Each operator of envsubst, as a value. */
const OPERATORS: Readonly<Record<string, string>> = {
  plain: '${A}',
  bare: '$A',
  escaped: '$${A}',
  dollar: '$ 5 and $$ x',
  colonDefault: '${NOPE:-fallback}',
  colonDefaultSet: '${A:-fallback}',
  colonDefaultEmpty: '[${EMPTY:-fallback}]',
  assign: '${NOPE:=assigned}',
  assignSet: '${A:=assigned}',
  equals: '${NOPE=equals}',
  nested: '${NOPE:-${A}}',
  emptyDefault: '[${NOPE:-}]',
  length: 'x${#A}',
  upper: '${MIXED^^}',
  lower: '${MIXED,,}',
  first: '${A^}',
  firstLower: '${MIXED,}',
  offset: '${A:2}',
  slice: '${A:1:3}',
  shortPrefix: '${PATH_#*/}',
  longPrefix: '${PATH_##*/}',
  shortSuffix: '${PATH_%.*}',
  longSuffix: '${PATH_%%.*}',
  replace: '${A/a/X}',
  replaceAll: '${A//a/X}',
  replaceStart: '${A/#al/X}',
  replaceEnd: '${A/%ha/X}',
  several: '${A}-${NUMBER}${EMPTY}-${TRUTH}',
  number: 'x${NUMBER}',
  truth: 'x${TRUTH}',
  lines: '${LINES}',
};

const operators = Object.entries(OPERATORS)
  .map(([key, value]) => `  ${key}: "${value}"\n`)
  .join('');

const substitute: FluxCase[] = [
  {
    name: 'operators',
    files: { 'cm.yaml': configMap('operators', operators) },
    spec: { postBuild: { substitute: VARS } },
  },
  {
    name: 'from',
    files: { 'cm.yaml': configMap('from', '  a: ${ONE}-${TWO}-${THREE}-${INLINE}\n') },
    spec: {
      postBuild: {
        substitute: { INLINE: 'inline' },
        substituteFrom: [
          { kind: 'ConfigMap', name: 'first' },
          { kind: 'Secret', name: 'second' },
          { kind: 'ConfigMap', name: 'third' },
          { kind: 'ConfigMap', name: 'absent', optional: true },
        ],
      },
    },
  },
  {
    name: 'strict',
    files: { 'cm.yaml': configMap('strict', '  a: ${NOT_GIVEN}\n') },
    spec: { postBuild: { substitute: VARS } },
    fails: 'NOT_GIVEN',
  },
  {
    name: 'disabled',
    files: {
      'a.yaml': configMap(
        'by-annotation',
        '  a: ${NOT_GIVEN} $${A}\n',
        ', annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}',
      ),
      'b.yaml': configMap(
        'by-label',
        '  a: ${A}\n',
        ', labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}',
      ),
      'c.yaml': configMap('neither', '  a: ${A}\n'),
    },
    spec: { postBuild: { substitute: VARS } },
  },
  {
    name: 'without-variables',
    files: { 'cm.yaml': configMap('without-variables', '  a: ${A} $${A} ${B:-x}\n') },
    spec: { postBuild: { substitute: {} } },
  },
  {
    name: 'always',
    files: { 'cm.yaml': configMap('always', '  a: $${A} ${B:-x}\n') },
    spec: { postBuild: { substituteStrategy: 'Always' } },
  },
  {
    name: 'types',
    files: {
      'all.yaml': [
        'apiVersion: apps/v1',
        'kind: Deployment',
        'metadata: {name: types}',
        'spec:',
        '  replicas: ${ZERO}',
        '  paused: ${TRUTH}',
        '  selector: {matchLabels: {a: "${A}"}}',
        '  template:',
        '    metadata: {labels: {a: "${A}"}}',
        '    spec:',
        '      containers:',
        '        - {name: c, image: "app:${NUMBER}", env: [{name: N, value: "x${NUMBER}"}, {name: Q, value: "${A}"}]}',
        '',
      ].join('\n'),
    },
    spec: { postBuild: { substitute: { ...VARS, ZERO: '0' } } },
  },
  {
    name: 'names',
    files: {
      'cm.yaml': [
        'apiVersion: v1',
        'kind: ConfigMap',
        'metadata:',
        '  name: n-${A}',
        '  annotations:',
        '    ${A}/x: number ${NUMBER}',
        'data:',
        '  ${A}-key: ${LINES}',
        '',
      ].join('\n'),
    },
    spec: { postBuild: { substitute: VARS }, namePrefix: 'p-' },
  },
  {
    name: 'unknown-operator',
    files: { 'cm.yaml': configMap('unknown-operator', '  a: ${A-default}\n') },
    spec: { postBuild: { substitute: VARS } },
    fails: 'missing closing brace',
  },
  {
    name: 'bad-name',
    files: { 'cm.yaml': configMap('bad-name', '  a: ${A}\n') },
    spec: { postBuild: { substitute: { 'not-a-name': 'x' } } },
    fails: 'not-a-name',
  },
  {
    name: 'bad-result',
    files: { 'cm.yaml': configMap('bad-result', '  a: ${SPECIAL}\n') },
    spec: { postBuild: { substitute: VARS } },
    fails: 'not an object in YAML',
  },
  {
    name: 'generated-data',
    files: {
      'kustomization.yaml':
        'configMapGenerator: [{name: generated, literals: ["a=${A}", "n=x${NUMBER}"]}]\nresources: [pod.yaml]\n',
      'pod.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: beside, annotations: {n: "n ${NUMBER}"}}\ndata: {a: "${A}"}\n',
    },
    spec: { postBuild: { substitute: VARS } },
  },
];

const overlays: FluxCase[] = [
  {
    name: 'affixes',
    files: {
      'all.yaml': `${configMap('one', '  a: b\n', ', namespace: elsewhere')}---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa}\n`,
    },
    spec: { namePrefix: 'before-', nameSuffix: '-after' },
  },
  {
    name: 'patches',
    files: {
      'all.yaml': `${configMap('patched', '  a: b\n  gone: x\n')}---\n${configMap('other', '  a: b\n')}`,
    },
    spec: {
      patches: [
        {
          target: { kind: 'ConfigMap', name: 'patched' },
          patch: '- {op: add, path: /data/added, value: "1"}\n- {op: remove, path: /data/gone}\n',
        },
        {
          patch:
            'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, labels: {by: patch}}\ndata: {a: null, b: c}\n',
        },
        {
          target: { labelSelector: 'by=patch' },
          patch: '- {op: add, path: /metadata/annotations, value: {selected: "yes"}}\n',
        },
      ],
    },
  },
  {
    name: 'images',
    files: {
      'kustomization.yaml':
        'resources: [d.yaml]\nimages: [{name: app, newTag: "2"}, {name: side, newName: other/side}]\n',
      'd.yaml': [
        'apiVersion: apps/v1',
        'kind: Deployment',
        'metadata: {name: images}',
        'spec:',
        '  replicas: 0',
        '  selector: {matchLabels: {a: b}}',
        '  template:',
        '    metadata: {labels: {a: b}}',
        '    spec: {containers: [{name: a, image: "app:1"}, {name: b, image: side}, {name: c, image: third}]}',
        '',
      ].join('\n'),
    },
    spec: {
      images: [
        { name: 'app', newTag: '3' },
        { name: 'side', digest: 'sha256:aaaa' },
        { name: 'third', newName: 'mirror/third', newTag: 'v1' },
      ],
    },
  },
  {
    name: 'components',
    files: {
      'kustomization.yaml': 'resources: [cm.yaml]\n',
      'cm.yaml': configMap('with-component', '  a: b\n'),
      'part/kustomization.yaml':
        'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [cm.yaml]\nlabels: [{pairs: {part: "yes"}}]\n',
      'part/cm.yaml': configMap('of-component', '  c: d\n'),
    },
    spec: { components: ['part', 'absent'], ignoreMissingComponents: true },
  },
  {
    name: 'common-metadata',
    files: {
      'cm.yaml': configMap(
        'common',
        '  a: b\n',
        ', labels: {team: own, kept: "yes", kustomize.toolkit.fluxcd.io/name: wrong}, annotations: {note: own}',
      ),
    },
    spec: {
      commonMetadata: { labels: { team: 'common' }, annotations: { note: 'common', more: 'x' } },
    },
  },
  {
    name: 'generated',
    files: {
      'a.yaml': configMap('top', '  a: b\n'),
      'b.yml': `# a comment\n---\n${configMap('yml', '  a: b\n')}---\n---\n# nothing\n`,
      'c.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"json"}}',
      'readme.md': 'not: a manifest',
      'deep/er/d.yaml': configMap('deep', '  a: "yes"\n  b: "010"\n'),
      'overlay/kustomization.yaml': 'namePrefix: nested-\nresources: [x.yaml]\n',
      'overlay/x.yaml': configMap('x', '  a: b\n'),
      'overlay/left-out.yaml': configMap('left-out', '  a: b\n'),
      'ignored/i.yaml': configMap('ignored', '  a: b\n'),
      'list.yaml':
        'apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: in-list}}\n',
      'crlf.yaml': configMap('crlf', '  text: |\n    one\n    two\n').replaceAll('\n', '\r\n'),
      'deep/.sourceignore': '# only here\nleft.yaml\n/top-*.yaml\n',
      'deep/left.yaml': configMap('left', '  a: b\n'),
      'deep/er/left.yaml': configMap('left-too', '  a: b\n'),
      'deep/top-x.yaml': configMap('top-x', '  a: b\n'),
      'deep/er/top-x.yaml': configMap('not-at-its-top', '  a: b\n'),
      'again/.sourceignore': '*\n!*.yaml\n',
      'again/in/excluded/folder.yaml': configMap('included-again', '  a: b\n'),
      'again/in/excluded/folder.yml': configMap('stays-excluded', '  a: b\n'),
      'own/kustomization.yaml': 'resources: [missing.yaml]\n',
      'own/plain.yaml': configMap('without-its-kustomization', '  a: b\n'),
      'by-spec.yaml': configMap('by-spec', '  a: b\n'),
      '.github/workflow.yaml': configMap('no-default-pattern', '  a: b\n'),
      '.hidden.yaml': configMap('hidden', '  a: b\n'),
    },
  },
  {
    name: 'not-applied',
    files: {
      'a.yaml': configMap(
        'ignored-by-ssa',
        '  a: b\n',
        ', annotations: {kustomize.toolkit.fluxcd.io/ssa: Ignore}',
      ),
      'b.yaml': configMap(
        'not-reconciled',
        '  a: b\n',
        ', annotations: {kustomize.toolkit.fluxcd.io/reconcile: disabled}',
      ),
      'c.yaml': configMap('reconciled', '  a: b\n'),
    },
  },
  {
    name: 'refused',
    files: { 'a.yaml': configMap('a', '  a: b\n'), 'values.yaml': 'replicas: 3\n' },
    fails: 'values.yaml',
  },
  {
    name: 'duplicate',
    files: { 'a.yaml': configMap('same', '  a: b\n'), 'b.yaml': configMap('same', '  a: c\n') },
    fails: 'is there twice',
  },
];

export const fluxCases: readonly FluxCase[] = [...substitute, ...overlays];
