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
    expect(app.source).toEqual({ kind: 'elsewhere', repoUrl: url, path: 'x' });
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

  it('names what it cannot know: a Secret, even one in the repository, and what is not there', () => {
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
          'apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: flux-system}\nstringData: {p: CANARY}\n',
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
      upgrade: { force: true },
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
    [{ chartRef: { kind: 'OCIRepository', name: 'x' } }, 'OCIRepository x'],
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

  it('says which values and renderers are left out', () => {
    const { problems } = release({
      chart: CHART,
      valuesFrom: [
        { kind: 'Secret', name: 'a' },
        { kind: 'ConfigMap', name: 'b', optional: true },
      ],
      postRenderers: [{ kustomize: {} }],
    });
    expect(problems.map(({ severity, pointer }) => `${severity} ${pointer}`)).toEqual([
      'warning /spec/valuesFrom/0',
      'info /spec/valuesFrom/1',
      'warning /spec/postRenderers',
    ]);
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
