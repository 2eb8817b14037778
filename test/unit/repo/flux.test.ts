import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/model/resource';
import { releaseName } from '../../../src/repo/helmRelease';
import { appNamed, discovered, type FileTable, REPO_URL, repositoryOf } from './inMemory';

function flux(kind: string, name: string, spec: JsonObject, namespace = 'flux-system'): string {
  const groups: Readonly<Record<string, string>> = {
    GitRepository: 'source.toolkit.fluxcd.io/v1',
    Kustomization: 'kustomize.toolkit.fluxcd.io/v1',
    HelmRelease: 'helm.toolkit.fluxcd.io/v2',
  };
  return JSON.stringify({ apiVersion: groups[kind], kind, metadata: { name, namespace }, spec });
}

const GIT_REF = { kind: 'GitRepository', name: 'gitops' };
const SOURCE = flux('GitRepository', 'gitops', { url: REPO_URL, ref: { branch: 'main' } });

const BASE: FileTable = {
  'clusters/staging/source.yaml': SOURCE,
  'infra/web.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n',
  'charts/shop/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
};

function kustomization(spec: JsonObject, files: FileTable = BASE): ReturnType<typeof appNamed> {
  const text = flux('Kustomization', 'infrastructure', { sourceRef: GIT_REF, ...spec });
  return appNamed(discovered({ ...files, 'clusters/staging/infra.yaml': text }), 'infrastructure');
}

function release(
  spec: JsonObject,
  files: FileTable = BASE,
  name = 'shop',
): ReturnType<typeof appNamed> {
  const text = flux('HelmRelease', name, spec, 'web');
  return appNamed(discovered({ ...files, 'clusters/staging/release.yaml': text }), name);
}

const CHART = {
  spec: { chart: './charts/shop', sourceRef: { ...GIT_REF, namespace: 'flux-system' } },
};

describe('a Flux Kustomization', () => {
  it('is rendered from its path, with its whole object for the generator', () => {
    const app = kustomization({ path: './infra', targetNamespace: 'infra', prune: true });
    expect(app).toMatchObject({
      kind: 'Kustomization',
      tool: 'flux',
      namespace: 'flux-system',
      name: 'infrastructure',
      follows: { repoUrl: REPO_URL, revision: 'main' },
      destination: { cluster: { kind: 'control' }, namespace: 'infra' },
      source: {
        kind: 'local',
        render: { kind: 'flux', path: 'infra', kustomization: { spec: { path: './infra' } } },
      },
    });
    expect(app.problems).toEqual([]);
  });

  it.each([
    [undefined, ''],
    ['./', ''],
    ['/infra/', 'infra'],
    ['../infra', 'infra'],
  ])('reads the path %s as %s', (path, expected) => {
    const app = kustomization(path === undefined ? {} : { path });
    expect(app.source).toMatchObject({ render: { path: expected } });
  });

  it('follows what source-controller checks out', () => {
    const follow = (ref: JsonObject | undefined): string | undefined =>
      kustomization(
        {},
        {
          'clusters/staging/source.yaml': flux('GitRepository', 'gitops', {
            url: REPO_URL,
            ...(ref === undefined ? {} : { ref }),
          }),
        },
      ).follows?.revision;
    expect(follow(undefined)).toBe('master');
    expect(follow({ branch: 'main', tag: 'v1' })).toBe('v1');
    expect(follow({ tag: 'v1', semver: '>=1.0.0' })).toBe('>=1.0.0');
    expect(follow({ semver: '1.x', name: 'refs/heads/x' })).toBe('refs/heads/x');
    expect(follow({ branch: 'main', commit: 'abc' })).toBe('abc');
  });

  it('leaves out what its source ignores', () => {
    const ignore = '/drafts\n!/drafts/kept.yaml\n';
    const source = flux('GitRepository', 'gitops', { url: REPO_URL, ignore });
    const files = { ...BASE, 'clusters/staging/source.yaml': source };
    expect(kustomization({}, files).source).toMatchObject({ render: { ignore } });
    expect(kustomization({}).source).not.toHaveProperty('render.ignore');
  });

  it('uses the source of its own cluster where two share a name', () => {
    const other = flux('GitRepository', 'gitops', { url: REPO_URL, ref: { branch: 'production' } });
    const app = kustomization({}, { ...BASE, 'clusters/production/source.yaml': other });
    expect(app.follows?.revision).toBe('main');
  });

  it('is elsewhere when its source is another repository', () => {
    const url = 'https://git.acme.example/acme/other';
    const app = kustomization(
      { path: './x' },
      { 'clusters/staging/source.yaml': flux('GitRepository', 'gitops', { url }) },
    );
    const git = { url, ref: 'master' };
    expect(app.source).toMatchObject({ kind: 'elsewhere', repoUrl: url, path: 'x', git });
    expect(app.source).toHaveProperty('render.kind', 'flux');
  });

  it.each([
    [{}, { ref: 'master', refKind: 'branch' }],
    [
      { ref: { branch: '1.x' }, recurseSubmodules: true },
      { ref: '1.x', refKind: 'branch', submodules: true },
    ],
    [{ ref: { tag: 'v1', branch: 'v1' } }, { ref: 'v1', refKind: 'tag' }],
    [{ ref: { semver: '1.x' }, recurseSubmodules: false }, { ref: '1.x' }],
    [{ ref: { name: 'refs/pull/1/head' } }, { ref: 'refs/pull/1/head' }],
    [{ ref: { commit: 'abc', branch: 'main' } }, { ref: 'abc' }],
  ])('says what to fetch of a source as source-controller does: %j', (spec, wanted) => {
    const url = 'https://git.acme.example/acme/other';
    const { source } = kustomization(
      {},
      { 'clusters/staging/source.yaml': flux('GitRepository', 'gitops', { url, ...spec }) },
    );
    expect(source).toHaveProperty('git', { url, ...wanted });
  });

  it('takes an undefined source in flux-system for this repository, and says so', () => {
    const app = kustomization({ path: 'infra' }, { 'infra/web.yaml': 'a: 1\n' });
    expect(app.source).toMatchObject({ kind: 'local', render: { path: 'infra' } });
    expect(app.follows).toEqual({ repoUrl: REPO_URL, revision: 'HEAD' });
    expect(app.problems).toMatchObject([{ code: 'assumed-repository', severity: 'info' }]);
  });

  it.each([
    [
      { kind: 'GitRepository', name: 'x', namespace: 'team' },
      'GitRepository team/x is not defined',
    ],
    [{ kind: 'OCIRepository', name: 'x' }, 'only Git repositories'],
    [{ kind: 'Bucket', name: 'x' }, 'Bucket flux-system/x'],
  ])('does not render from %j', (sourceRef, words) => {
    const { source } = kustomization({ sourceRef });
    expect(source).toMatchObject({ kind: 'unsupported' });
    expect(source).toHaveProperty('reason', expect.stringContaining(words));
  });

  it('reads its policy and where it goes', () => {
    const app = kustomization({
      prune: true,
      force: true,
      suspend: true,
      commonMetadata: { labels: { team: 'shop' } },
      kubeConfig: { secretRef: { name: 'production-kubeconfig' } },
      ignore: [
        { paths: ['/spec/replicas'], target: { kind: 'Deployment', name: 'web' } },
        { paths: ['/data'] },
        { paths: ['/x'], target: { labelSelector: 'a=b' } },
        { paths: ['/y'], target: { name: 'web-.*' } },
        { paths: ['/z'], target: { name: '(a+)+' } },
        { paths: ['/z'], target: { labelSelector: 'a b' } },
      ],
    });
    expect(app.destination.cluster).toEqual({
      kind: 'kubeconfig-secret',
      secret: 'production-kubeconfig',
    });
    expect(app.policy).toMatchObject({
      comparison: 'server-side',
      fieldManager: 'kustomize-controller',
      automated: true,
      selfHeal: true,
      prune: true,
      recreates: true,
      suspended: true,
      commonMetadata: { labels: { team: 'shop' } },
    });
    expect(app.policy.ignoreRules.map(({ jsonPointers }) => jsonPointers)).toEqual([
      ['/spec/replicas'],
      ['/data'],
      ['/x'],
      ['/y'],
    ]);
    expect(app.policy.ignoreRules[2]).toMatchObject({ labelSelector: 'a=b', matching: 'pattern' });
    expect(app.problems.map(({ pointer }) => pointer)).toEqual([
      '/spec/ignore/4/target',
      '/spec/ignore/5/target',
    ]);
  });
});

describe('substituteFrom', () => {
  const configMap = (name: string, data: JsonObject, namespace?: string): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      data,
    });

  it('reads ConfigMaps of the repository, later ones winning', () => {
    const app = kustomization(
      {
        postBuild: {
          substituteFrom: [
            { kind: 'ConfigMap', name: 'a' },
            { kind: 'ConfigMap', name: 'b' },
          ],
        },
      },
      {
        ...BASE,
        'clusters/staging/a.yaml': configMap('a', { x: '1', y: '1' }, 'flux-system'),
        'clusters/staging/b.yaml': configMap('b', { y: '2' }),
        'clusters/production/b.yaml': configMap('b', { y: '3' }),
      },
    );
    expect(app.source).toMatchObject({ render: { variables: { x: '1', y: '2' } } });
    expect(app.problems).toEqual([]);
  });

  it('takes the namespace from the kustomization that includes the ConfigMap', () => {
    const app = kustomization(
      { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'a' }] } },
      {
        ...BASE,
        'vars/kustomization.yaml': 'namespace: other\nresources: [a.yaml]\n',
        'vars/a.yaml': configMap('a', { x: '1' }),
      },
    );
    expect(app.problems).toMatchObject([{ code: 'unresolved-substitution' }]);
  });

  it('reads Secrets in plain text, and says which values are theirs', () => {
    const app = kustomization(
      {
        postBuild: {
          substituteFrom: [
            { kind: 'ConfigMap', name: 'a' },
            { kind: 'Secret', name: 'keys' },
          ],
        },
      },
      {
        ...BASE,
        'clusters/staging/a.yaml': configMap('a', { x: '1', v: '1' }),
        'clusters/staging/keys.yaml':
          'apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: flux-system}\ndata: {v: Mg==, z: "%"}\nstringData: {p: "3"}\n',
      },
    );
    expect(app.source).toMatchObject({
      render: { variables: { x: '1', v: '2', p: '3' }, secretVariables: ['v', 'p'] },
    });
    expect(app.source).not.toHaveProperty('render.variables.z');
    expect(app.problems).toEqual([]);
  });

  it('names what it cannot know: an encrypted Secret and what is not there', () => {
    const app = kustomization(
      {
        postBuild: {
          substituteFrom: [
            { kind: 'Secret', name: 'keys' },
            { kind: 'ConfigMap', name: 'gone', optional: true },
          ],
        },
      },
      {
        ...BASE,
        'clusters/staging/keys.yaml':
          'apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: flux-system}\nstringData: {p: "ENC[AES256_GCM,data:CANARY]"}\nsops: {}\n',
      },
    );
    expect(app.source).not.toHaveProperty('render.variables');
    expect(app.problems).toMatchObject([
      { severity: 'warning', pointer: '/spec/postBuild/substituteFrom/0' },
      { severity: 'info', pointer: '/spec/postBuild/substituteFrom/1' },
    ]);
    expect(app.problems[0]?.message).toContain('Secret flux-system/keys');
    expect(JSON.stringify(app)).not.toContain('CANARY');
  });
});

describe('a HelmRelease', () => {
  it('renders a chart of the same repository', () => {
    const app = release({
      chart: {
        spec: { ...CHART.spec, valuesFiles: ['./charts/shop/values.yaml', 'env/prod.yaml'] },
      },
      values: { replicas: 2 },
    });
    expect(app).toMatchObject({
      kind: 'HelmRelease',
      namespace: 'web',
      destination: { cluster: { kind: 'control' }, namespace: 'web' },
      follows: { repoUrl: REPO_URL, revision: 'main' },
      policy: { comparison: 'helm-manifest', fieldManager: 'helm-controller', selfHeal: false },
    });
    expect(app.source).toMatchObject({
      kind: 'local',
      render: {
        kind: 'helm',
        path: 'charts/shop',
        releaseName: 'shop',
        namespace: 'web',
        valueFiles: [],
        chartValueFiles: ['charts/shop/values.yaml', 'env/prod.yaml'],
        values: { replicas: 2 },
        includeCrds: true,
      },
    });
    expect(app.problems).toEqual([]);
  });

  it('releases into its target namespace, with drift correction when enabled', () => {
    const app = release({
      chart: CHART,
      targetNamespace: 'prod',
      driftDetection: {
        mode: 'enabled',
        ignore: [{ paths: ['/spec/replicas'], target: { kind: 'Deployment' } }],
      },
      upgrade: { force: true, crds: 'Skip' },
      install: { crds: 'Skip' },
    });
    expect(app.destination.namespace).toBe('prod');
    expect(app.source).toMatchObject({
      render: { releaseName: 'prod-shop', namespace: 'prod', includeCrds: false },
    });
    expect(app.policy).toMatchObject({
      selfHeal: true,
      recreates: true,
      ignoreRules: [{ label: 'spec.driftDetection.ignore[0] of HelmRelease shop' }],
    });
  });

  it.each([
    [{ chartRef: { kind: 'OCIRepository', name: 'x' } }, 'OCIRepository web/x'],
    [{ chartRef: { kind: 'ExternalArtifact', name: 'x' } }, 'ExternalArtifact web/x'],
    [{ chartRef: { kind: 'HelmChart', name: 'x' } }, 'HelmChart web/x'],
    [{}, 'names no chart'],
    [
      { chart: { spec: { chart: 'x', sourceRef: { kind: 'HelmRepository', name: 'y' } } } },
      'HelmRepository web/y',
    ],
  ])('does not render %j', (spec, words) => {
    const { source } = release(spec);
    expect(source.kind).toBe('unsupported');
    expect(source).toHaveProperty('reason', expect.stringContaining(words));
  });

  it('hands over its post-renderers and to what they apply', () => {
    const postRenderers = [{ kustomize: { images: [{ name: 'a', newTag: '1' }] } }];
    const app = release({ chart: CHART, postRenderers, postRenderStrategy: 'nohooks' });
    expect(app.source).toMatchObject({ render: { postRenderers, postRenderStrategy: 'nohooks' } });
    expect(app.problems).toEqual([]);
    const usual = release({ chart: CHART, postRenderStrategy: 'combined' });
    expect(usual.source).not.toHaveProperty('render.postRenderStrategy');
  });
});

describe('valuesFrom', () => {
  const object = (kind: string, name: string, fields: string): string =>
    `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}, namespace: web}\n${fields}\n`;
  const of = (valuesFrom: readonly JsonObject[], files: FileTable): ReturnType<typeof appNamed> =>
    release({ chart: CHART, valuesFrom: [...valuesFrom] }, { ...BASE, ...files });

  it('takes what the repository has, entry by entry', () => {
    const app = of(
      [
        { kind: 'ConfigMap', name: 'a' },
        { kind: 'Secret', name: 'b', valuesKey: 'k', targetPath: 'x.y', literal: true },
        { kind: 'ConfigMap', name: 'a', valuesKey: 'gone', optional: true },
      ],
      {
        'web/a.yaml': object('ConfigMap', 'a', 'data: {values.yaml: "r: 1"}'),
        'web/b.yaml': object('Secret', 'b', 'stringData: {k: s}'),
      },
    );
    expect(app.source).toMatchObject({
      render: {
        valuesFrom: [
          { kind: 'ConfigMap', name: 'a', text: 'r: 1' },
          {
            kind: 'Secret',
            name: 'b',
            valuesKey: 'k',
            targetPath: 'x.y',
            literal: true,
            text: 's',
          },
        ],
      },
    });
    expect(app.source).toHaveProperty('render.valuesFrom.length', 2);
    expect(app.problems).toEqual([]);
  });

  it('takes what a generator of the tree makes: literals, and files by their path', () => {
    const app = of(
      [
        { kind: 'ConfigMap', name: 'made' },
        { kind: 'ConfigMap', name: 'made', valuesKey: 'tag', targetPath: 'image.tag' },
        { kind: 'Secret', name: 'made', valuesKey: 'key.yaml' },
      ],
      {
        'web/kustomization.yaml': [
          'namespace: web',
          'configMapGenerator:',
          '- {name: made, files: [values.yaml=env/prod.yaml], literals: ["tag=\'1=2\'"]}',
          'secretGenerator:',
          '- {name: made, files: [../keys/key.yaml]}',
          '',
        ].join('\n'),
      },
    );
    expect(app.source).toMatchObject({
      render: {
        valuesFrom: [
          { kind: 'ConfigMap', name: 'made', file: 'web/env/prod.yaml' },
          { kind: 'ConfigMap', valuesKey: 'tag', text: '1=2' },
          { kind: 'Secret', name: 'made', file: 'keys/key.yaml' },
        ],
      },
    });
    expect(app.problems).toEqual([]);
  });

  it.each([
    [
      'a Secret of SOPS',
      'Secret',
      object(
        'Secret',
        'a',
        'stringData: {values.yaml: "ENC[AES256_GCM,data:CANARY]"}\nsops: {mac: x}',
      ),
      'encrypted by SOPS',
    ],
    [
      'a SealedSecret',
      'Secret',
      'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a, namespace: web}\nspec: {encryptedData: {values.yaml: CANARY}}\n',
      'encrypted by a SealedSecret',
    ],
    [
      'one of another namespace',
      'ConfigMap',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: other}\ndata: {values.yaml: "CANARY: 1"}\n',
      'not in this repository',
    ],
    ['a generator that merges', 'ConfigMap', '', 'not in this repository'],
  ])('names %s', (_name, kind, text, words) => {
    const merging =
      'configMapGenerator:\n- {name: a, namespace: web, behavior: merge, literals: [values.yaml=CANARY]}\n';
    const files: FileTable = {
      [text === '' ? 'web/kustomization.yaml' : 'web/a.yaml']: text === '' ? merging : text,
    };
    const app = of([{ kind, name: 'a' }], files);
    expect(app.problems).toMatchObject([
      { severity: 'warning', code: 'unresolved-values', pointer: '/spec/valuesFrom/0' },
    ]);
    expect(app.problems[0]?.message).toContain(`${kind} web/a`);
    expect(app.problems[0]?.message).toContain(words);
    expect(JSON.stringify(app)).not.toContain('CANARY');
  });

  it('tells a key that is not there, which the controller refuses, from one that may be absent', () => {
    const files = { 'web/a.yaml': object('ConfigMap', 'a', 'data: {x: y}') };
    expect(of([{ kind: 'ConfigMap', name: 'a' }], files).problems).toMatchObject([
      { severity: 'error', code: 'missing-values-key' },
    ]);
    expect(of([{ kind: 'ConfigMap', name: 'a', optional: true }], files).problems).toEqual([]);
    expect(of([{ kind: 'ConfigMap', name: 'b', optional: true }], files).problems).toMatchObject([
      { severity: 'info', code: 'unresolved-values' },
    ]);
  });
});

describe('the chart of a HelmRelease that is in no folder', () => {
  const source = (kind: string, name: string, spec: JsonObject, namespace = 'web'): FileTable => ({
    [`sources/${kind}-${name}.yaml`]: JSON.stringify({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind,
      metadata: { name, namespace },
      spec,
    }),
  });
  const chartSpec = (spec: JsonObject): JsonObject => ({
    chart: {
      spec: { chart: 'podinfo', sourceRef: { kind: 'HelmRepository', name: 'r' }, ...spec },
    },
  });
  const REPOSITORY = { url: 'https://charts.acme.example' };
  const OCI = { chartRef: { kind: 'OCIRepository', name: 'o', namespace: 'flux-system' } };
  const OCI_URL = 'oci://registry.acme.example/charts/podinfo';

  it.each([
    [
      chartSpec({}),
      source('HelmRepository', 'r', REPOSITORY),
      { repository: REPOSITORY.url, name: 'podinfo', version: '*' },
    ],
    [
      chartSpec({ version: '>=6 <7' }),
      source('HelmRepository', 'r', REPOSITORY),
      { name: 'podinfo', version: '>=6 <7' },
    ],
    [
      chartSpec({ version: '6.5.0' }),
      source('HelmRepository', 'r', {
        url: 'oci://registry.acme.example/charts',
        type: 'oci',
        insecure: true,
      }),
      {
        repository: 'oci://registry.acme.example/charts',
        name: 'podinfo',
        version: '6.5.0',
        insecure: true,
      },
    ],
    [
      OCI,
      source('OCIRepository', 'o', { url: OCI_URL }, 'flux-system'),
      { repository: OCI_URL, name: '', version: 'latest' },
    ],
    [
      OCI,
      source(
        'OCIRepository',
        'o',
        { url: OCI_URL, ref: { tag: '6.5.0', semver: '6.x' } },
        'flux-system',
      ),
      { version: '6.x' },
    ],
    [
      OCI,
      source(
        'OCIRepository',
        'o',
        { url: OCI_URL, ref: { semver: '6.x', digest: 'sha256:ab' } },
        'flux-system',
      ),
      { version: 'sha256:ab' },
    ],
    [
      { chartRef: { kind: 'HelmChart', name: 'c', namespace: 'charts' } },
      {
        ...source(
          'HelmChart',
          'c',
          { chart: 'podinfo', version: '1.x', sourceRef: { kind: 'HelmRepository', name: 'r' } },
          'charts',
        ),
        ...source('HelmRepository', 'r', REPOSITORY, 'charts'),
      },
      { repository: REPOSITORY.url, name: 'podinfo', version: '1.x' },
    ],
  ])('%j is a chart to fetch', (spec, files, expected) => {
    const app = release(spec, { ...BASE, ...files });
    expect(app.source).toMatchObject({
      kind: 'local',
      render: { kind: 'helm', path: '', releaseName: 'shop', chart: expected },
    });
    expect(app.problems).toEqual([]);
    expect(app.follows).toBeUndefined();
  });

  it('names values files of the chart itself', () => {
    const files = source('HelmRepository', 'r', REPOSITORY);
    const spec = chartSpec({
      valuesFiles: ['values.yaml', './prod.yaml'],
      ignoreMissingValuesFiles: true,
    });
    expect(release(spec, { ...BASE, ...files }).source).toMatchObject({
      render: { chartValueFiles: ['values.yaml', 'prod.yaml'], ignoreMissingValueFiles: true },
    });
  });

  it('renders the folder that a HelmChart names', () => {
    const files = source(
      'HelmChart',
      'c',
      { chart: './charts/shop', sourceRef: GIT_REF, reconcileStrategy: 'Revision' },
      'flux-system',
    );
    const ref = { chartRef: { kind: 'HelmChart', name: 'c', namespace: 'flux-system' } };
    const app = release(ref, { ...BASE, ...files });
    expect(app.source).toMatchObject({ kind: 'local', render: { path: 'charts/shop' } });
    expect(app.policy.release?.chartBy).toBe('revision');
  });

  it.each([
    [
      OCI,
      source('OCIRepository', 'o', { url: OCI_URL, ref: { semverFilter: '.*' } }, 'flux-system'),
      'semverFilter',
    ],
    [OCI, source('OCIRepository', 'o', {}, 'flux-system'), 'no URL'],
    [chartSpec({}), source('HelmRepository', 'r', {}), 'HelmRepository web/r'],
    [chartSpec({}), source('HelmRepository', 'r', REPOSITORY, 'other'), 'HelmRepository web/r'],
  ])('%j stays unsupported where its source says too little', (spec, files, words) => {
    const app = release(spec, { ...BASE, ...files });
    expect(app.source).toMatchObject({ kind: 'unsupported' });
    expect(app.source).toHaveProperty('reason', expect.stringContaining(words));
  });
});

describe('how a HelmRelease takes its chart in', () => {
  it.each([
    [
      {},
      {},
      { chartBy: 'version', crds: { install: 'CreateReplace', upgrade: 'CreateReplace' } },
      true,
    ],
    [{ reconcileStrategy: 'Revision' }, {}, { chartBy: 'revision' }, true],
    [{ reconcileStrategy: 'ChartVersion' }, {}, { chartBy: 'version' }, true],
    [
      {},
      { install: { crds: 'Skip' }, upgrade: { crds: 'CreateReplace' } },
      { crds: { install: 'Skip', upgrade: 'CreateReplace' } },
      true,
    ],
    [{}, { install: { crds: 'Skip' }, upgrade: { crds: 'Skip' } }, {}, false],
    [
      {},
      { install: { crds: 'Create', serverSideApply: false } },
      { crds: { install: 'Create', upgrade: 'Create' } },
      true,
    ],
    [
      {},
      { upgrade: { serverSideApply: 'disabled' } },
      { crds: { install: 'CreateReplace', upgrade: 'Create' } },
      true,
    ],
    [
      {},
      { install: { serverSideApply: false }, upgrade: { serverSideApply: 'enabled' } },
      { crds: { install: 'Create', upgrade: 'CreateReplace' } },
      true,
    ],
  ])('chart %j, spec %j', (chartSpec, spec, expected, includeCrds) => {
    const app = release({ chart: { spec: { ...CHART.spec, ...chartSpec } }, ...spec });
    expect(app.policy.release).toMatchObject(expected);
    expect(app.source).toMatchObject({ render: { includeCrds } });
  });
});

describe('the drift detection of a HelmRelease', () => {
  it.each([
    [{}, 'disabled'],
    [{ driftDetection: { mode: 'disabled' } }, 'disabled'],
    [{ driftDetection: { mode: 'warn' } }, 'warn'],
    [{ driftDetection: { mode: 'enabled' } }, 'enabled'],
    [{ driftDetection: { mode: 'nonsense' } }, 'disabled'],
  ] as const)('of %j is %s', (spec, mode) => {
    expect(release({ chart: CHART, ...spec }).policy).toMatchObject({
      driftDetection: mode,
      selfHeal: mode === 'enabled',
    });
  });
});

describe('the release name of helm-controller', () => {
  const long = 'a-very-long-name-of-a-release-that-helm-would-never-accept';
  it.each([
    [{}, 'shop', 'shop'],
    [{ targetNamespace: 'prod' }, 'shop', 'prod-shop'],
    [{ releaseName: 'x', targetNamespace: 'prod' }, 'shop', 'x'],
    [{}, 'n'.repeat(53), 'n'.repeat(53)],
  ])('%j %s', (spec, name, expected) => {
    expect(releaseName({ spec }, name)).toBe(expected);
  });

  it('is shortened with a hash past 53 characters', () => {
    const hash = createHash('sha256').update(long).digest('hex').slice(0, 12);
    expect(releaseName({}, long)).toBe(`${long.slice(0, 40)}-${hash}`);
    expect(releaseName({}, long)).toHaveLength(53);
  });
});

it('works without a remote', () => {
  const text = flux('Kustomization', 'infra', { sourceRef: { ...GIT_REF, name: 'flux-system' } });
  const files = { 'infra.yaml': text };
  const app = appNamed(discovered(files, { repository: repositoryOf({ remotes: [] }) }), 'infra');
  expect(app.source.kind).toBe('local');
  expect(app.follows).toBeUndefined();
});
